"""From received bytes to filled inboxes: what each frame means for the requests under way.

h2 judges the frames that come through the gate. Three things it does are undone here: it takes a GOAWAY for the end of
everything and forgets what it had queued (RFC 9113, 6.8 lets streams finish), it answers every frame that was under way
to a stream we have reset, and it lets a server open streams of its own, which cannot be when push is disabled (RFC 9113, 8.4). Its outbound checks
are off: the fields come validated and mapped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from httpcore_interfaces import RemoteProtocolError

from .failures import Failure
from .fields import flaw_of, response_fields
from .frames import HEADER_LENGTH, FrameKind, FrameSplitter, FrameTooLarge
from .gate import Gate
from .lane import WITHOUT_CONTENT, Lane
from .offences import Offence, Scene, stream_offence
from .settings import (
    CONNECTION_WINDOW,
    MAX_FRAME_SIZE,
    MAX_HEADER_LIST_SIZE,
    MAX_INFORMATIONAL,
    MAX_STREAM_WINDOW,
    OWN_STREAM_LIMIT,
)
from .states import CONNECTION, ConnectionInput, ConnectionState, StreamInput, StreamState
from .streams import Stream, Wanted
from .turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpcore_interfaces import Fields

__all__ = ["Multiplexer"]

_RST_STREAM_LENGTH = HEADER_LENGTH + 4
_WINDOW_UPDATE_LENGTH = HEADER_LENGTH + 4

_DATA = int(FrameKind.DATA)
_HEADERS = int(FrameKind.HEADERS)
_GOAWAY = int(FrameKind.GOAWAY)
_WINDOW_UPDATE = int(FrameKind.WINDOW_UPDATE)

# HTTP/2 does not have it (RFC 9113, 8.6).
_SWITCHING_PROTOCOLS = b"101"

_HTTP_1_1_REQUIRED = h2.errors.ErrorCodes.HTTP_1_1_REQUIRED

# With these a server says that it has not acted on a request (RFC 9113, 7 and 8.7).
_UNPROCESSED = frozenset([h2.errors.ErrorCodes.REFUSED_STREAM, _HTTP_1_1_REQUIRED])


# By names of their own: in Python 3.11 it takes ten times as long to find a member of an enumeration in its class.
_WINDOW = Wanted.WINDOW
_CLOSED = ConnectionState.CLOSED


class _StreamEndedError(h2.exceptions.ProtocolError):
    """Something came behind END_STREAM (RFC 9113, 5.1)."""

    error_code = h2.errors.ErrorCodes.STREAM_CLOSED


class Multiplexer(Lane):
    """The state of a connection, and how received frames change it. `Engine` adds what callers do."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ConnectionState.IDLE
        self.failure: Failure | None = None
        self.limit = OWN_STREAM_LIMIT
        self.active = 0
        self.opened = 0
        # Stands for the connection itself: its head has come when the server's first SETTINGS have.
        self.preface = Stream(0, 0, None)
        self.capacity_has_changed = False
        self._remote_settings: h2.events.RemoteSettingsChanged | None = None
        self._turns = Turns()
        self._granted = 0
        self._frame_length = 0
        self._gate = Gate()
        self._splitter = FrameSplitter(MAX_FRAME_SIZE)

    # Receiving.

    def _receive(self, data: bytes, now: float) -> None:
        guard = self._guard
        guard.tick(now)
        splitter = self._splitter
        splitter.add(data)
        streams = self._streams
        gate = self._gate
        passed = 0
        is_judged = False
        try:
            while (frame := splitter.next()) is not None:
                kind, flags, stream_id, start, end = frame
                if kind <= _HEADERS and not gate.is_narrow:
                    stream = streams.get(stream_id)
                    if stream is not None:
                        if kind == _DATA and not flags:
                            count = self._pass_run(stream, splitter, start)
                            passed += count
                        else:
                            payload = bytes(splitter.buffer[start + HEADER_LENGTH : end])
                            count = (
                                self._pass_last(stream, flags, payload)
                                if kind == _DATA
                                else self._pass_head(stream, flags, payload)
                            )
                            if count:
                                passed += kind == _DATA
                                stream.bytes_received += end - start
                        if count:
                            if stream.parked:
                                self._wake(stream)
                            continue
                    elif kind == _DATA and self._pass_late(
                        stream_id, flags, end - start - HEADER_LENGTH
                    ):
                        continue
                if passed:
                    guard.received_data(passed)
                    passed = 0
                if kind == _WINDOW_UPDATE and self._open_window(stream_id, start, end):
                    continue
                is_judged = True
                self._judge(kind, flags, stream_id, bytes(splitter.buffer[start:end]))
                if self.state == _CLOSED:
                    # A good-bye to everybody: what is behind it concerns nobody.
                    break
        except (h2.exceptions.ProtocolError, FrameTooLarge) as error:
            self._break(error)
        if passed:
            guard.received_data(passed)
        if is_judged:
            self._collect()

    def _open_window(self, stream_id: int, start: int, end: int) -> bool:
        """Take in a WINDOW_UPDATE, unless h2 must look at it."""
        if self._gate.is_narrow or end - start != _WINDOW_UPDATE_LENGTH:
            return False
        stream = self._streams.get(stream_id)
        if stream is None and stream_id:
            return False
        payload = self._splitter.buffer[start + HEADER_LENGTH : end]
        # When there are no tokens left, that is for the judge to say.
        if self._guard.tokens <= 1.0 or not self._pass_window(
            stream, int.from_bytes(payload, "big")
        ):
            return False
        self._guard.tokens -= 1.0
        if stream is None:
            self._wake_all()
        else:
            self._wake(stream)
        return True

    def _judge(self, kind: int, flags: int, stream_id: int, frame: bytes) -> None:
        """Have h2 look at a frame, and do what follows."""
        stream = self._streams.get(stream_id)
        if not self._guard.allows(frame, is_wanted=stream is not None):
            raise h2.exceptions.DenialOfServiceError("more empty or idle frames than is sane")
        length = self._frame_length = len(frame)
        highest = self._h2.highest_outbound_stream_id
        if not self._gate.admits(kind, flags, stream_id, length, highest):
            return
        # Of a stream that is gone, h2 reads header sections first, for the sake of the table.
        if kind <= _HEADERS and (
            kind == _DATA and self._has_ended(stream_id)
            if stream is None
            else stream.state == StreamState.COMPLETE
        ):
            name = FrameKind(kind).name
            raise _StreamEndedError(f"a {name} frame on stream {stream_id}, which is over")
        if stream is not None:
            if stream.is_over:
                # h2 would forget it with the next request; what comes too late must not depend on that.
                self._forget(stream)
            elif stream.is_plain:
                self._adopt(stream)
        elif kind <= _HEADERS and stream_id:
            self._take_late(frame, stream_id)
            return
        if kind == _GOAWAY:
            # Before h2 forgets it.
            self._collect()
        for event in self._ask(frame, stream):
            handler = _HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)

    def _take_late(self, frame: bytes, stream_id: int) -> None:
        """Take in DATA or HEADERS of a stream that is gone: they were under way when we reset it."""
        if frame[3] == FrameKind.DATA:
            # Of what was granted to streams that are gone, some may still come; more than that is an abuse.
            self._late_window -= len(frame) - HEADER_LENGTH
            if self._late_window < 0:
                raise h2.exceptions.FlowControlError(
                    "more content than was granted to streams that are over"
                )
        self._collect()
        self._ask(frame, None)
        # h2 keeps the HPACK table and the connection's window right, and answers each such frame with one more
        # RST_STREAM. The server knows; some take a number of these for an attack.
        answer = self._h2.data_to_send()
        if (
            len(answer) >= _RST_STREAM_LENGTH
            and answer[3 - _RST_STREAM_LENGTH] == FrameKind.RST_STREAM
        ):
            answer = answer[:-_RST_STREAM_LENGTH]
        if answer:
            self.outbox.put(answer)

    def _ask(self, frame: bytes, stream: Stream | None) -> list[h2.events.Event]:
        """Have h2 judge a frame. Raises `Offence`."""
        opening = self._unfinished_section()
        try:
            return self._h2.receive_data(frame)
        except h2.exceptions.ProtocolError as error:
            begun = self._unfinished_section()
            block = 0 if begun is None else begun.stream_id
            scene = Scene(frame, stream, self._decoder.fields, block, opening)
            raise Offence(error, scene) from error

    def _break(self, error: h2.exceptions.ProtocolError | FrameTooLarge) -> None:
        code = h2.errors.ErrorCodes.FRAME_SIZE_ERROR
        if isinstance(error, h2.exceptions.ProtocolError):
            code = error.error_code
        if self._h2.state_machine.state != h2.connection.ConnectionState.CLOSED:
            # h2 has queued a GOAWAY for what it found itself, not for what we found.
            self._h2.close_connection(code)
        self._collect()
        sentence = f"the server broke HTTP/2: {error}"
        if self._gate.is_new and self._splitter.buffer.startswith(b"HTTP/1"):
            sentence = "the server answered in HTTP/1, so it is not one for HTTP/2; allow HTTP/1.1"
        self._end(Failure(RemoteProtocolError, sentence, error.__cause__ or error))

    def _on_interim(self, event: h2.events.InformationalResponseReceived) -> None:
        stream = self._streams.get(event.stream_id or 0)
        if stream is None:
            return
        stream.advance(StreamInput.INTERIM)
        stream.bytes_received += self._frame_length
        stream.interims += 1
        assert event.headers is not None
        status, fields = response_fields(event.headers)
        if stream.interims > MAX_INFORMATIONAL:
            self._refuse(stream, f"more than {MAX_INFORMATIONAL} interim responses")
        elif len(status) != 3 or not status.isdigit() or status == _SWITCHING_PROTOCOLS:
            self._refuse(stream, f"the status code {status!r}")
        elif stream.news is not None:
            self._keep_news(stream, int(status), fields)

    def _keep_news(self, stream: Stream, status: int, fields: Fields) -> None:
        assert stream.news is not None
        stream.news_size += sum(len(name) + len(value) + 32 for name, value in fields)
        if (flaw := flaw_of(fields)) is not None:
            self._refuse(stream, flaw)
        elif stream.news_size > MAX_HEADER_LIST_SIZE:
            self._refuse(stream, f"more than {MAX_HEADER_LIST_SIZE} bytes of interim responses")
        else:
            stream.news.append((status, fields))
            self._wake(stream)

    def _on_head(self, event: h2.events.ResponseReceived) -> None:
        stream = self._streams.get(event.stream_id or 0)
        if stream is None:
            return
        assert event.headers is not None
        stream.bytes_received += self._frame_length
        status, stream.fields = response_fields(event.headers)
        if len(status) != 3 or not status.isdigit():
            self._refuse(stream, f"the status code {status!r}")
            return
        if (flaw := flaw_of(stream.fields)) is not None:
            self._refuse(stream, flaw)
            return
        stream.status = int(status)
        stream.advance(StreamInput.HEAD)
        self._learn_head(stream, stream.status)
        self._wake(stream)

    def _on_data(self, event: h2.events.DataReceived) -> None:
        assert event.stream_id is not None
        assert event.data is not None
        counted = event.flow_controlled_length
        assert counted is not None
        stream = self._streams[event.stream_id]
        stream.advance(StreamInput.DATA)
        stream.bytes_received += self._frame_length
        stream.received += len(event.data)
        stream.put(event.data, counted)
        if stream.taken * 2 >= stream.window:
            # Nothing but padding, for a long time: nobody will take it, so it is credited here.
            self._credit(stream, caught_up=False)
        self._wake(stream)

    def _on_trailers(self, event: h2.events.TrailersReceived) -> None:
        stream = self._streams.get(event.stream_id or 0)
        if stream is None:
            return
        assert event.headers is not None
        stream.bytes_received += self._frame_length
        trailers = [(name, value) for name, value in event.headers]
        if (flaw := flaw_of(trailers)) is not None:
            self._refuse(stream, flaw)
        else:
            stream.trailers = trailers

    def _on_end(self, event: h2.events.StreamEnded) -> None:
        stream = self._streams.get(event.stream_id or 0)
        if stream is None:
            return
        expected = stream.expected
        if expected and stream.received != expected and stream.status not in WITHOUT_CONTENT:
            # h2 does not count where END_STREAM comes with a header section.
            self._refuse(stream, f"{stream.received} bytes of content and promised {expected}")
            return
        stream.advance(StreamInput.END)
        self._wake(stream)

    def _on_reset(self, event: h2.events.StreamReset) -> None:
        stream = self._streams.get(event.stream_id or 0)
        if stream is None:
            return
        if event.remote_reset:
            sentence = f"the server reset the stream ({_name_of(event.error_code)})"
        else:
            sentence = f"the server broke HTTP/2: {stream_offence(stream.stream_id)}"
        is_untouched = event.remote_reset and stream.state == StreamState.AWAITING
        self._fail(
            stream,
            Failure(
                RemoteProtocolError,
                sentence,
                unprocessed=is_untouched and event.error_code in _UNPROCESSED,
                http11_required=event.error_code == _HTTP_1_1_REQUIRED,
            ),
        )

    def _on_window(self, event: h2.events.WindowUpdated) -> None:
        if event.stream_id:
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                self._wake(stream)
        else:
            self._wake_all()

    def _on_settings(self, event: h2.events.RemoteSettingsChanged) -> None:
        self._learn_window()
        for code in event.changed_settings:
            # h2 would remember what means nothing here, and there are many numbers.
            if not isinstance(code, h2.settings.SettingCodes):
                del self._h2.remote_settings[code]
        limit = min(self._h2.remote_settings.max_concurrent_streams, OWN_STREAM_LIMIT)
        if limit != self.limit:
            self.limit = limit
            self.capacity_has_changed = True
        self.preface.status = 200
        self._remote_settings = event
        self._wake(self.preface)
        self._wake_all()

    def _on_goaway(self, event: h2.events.ConnectionTerminated) -> None:
        # The streams that the server has accepted go on (RFC 9113, 6.8), so h2 must.
        self._h2.state_machine.state = h2.connection.ConnectionState.CLIENT_OPEN
        last = event.last_stream_id or 0
        failure = Failure(
            RemoteProtocolError,
            f"the server is going away ({_name_of(event.error_code)}) and has not acted on this request; "
            "send it again",
            unprocessed=True,
            http11_required=event.error_code == _HTTP_1_1_REQUIRED,
        )
        for stream in [stream for stream in self._streams.values() if stream.stream_id > last]:
            self._fail(stream, failure)
        self._last_call()
        if not self._streams:
            # Nothing can come any more, whoever may still hold a response that has failed.
            self._end(failure)

    # What follows from it.

    def _refuse(self, stream: Stream, what: str) -> None:
        """End a stream on which something came that HTTP does not allow, and that h2 lets pass."""
        if not self._h2.streams[stream.stream_id].closed:
            self._reset(stream, h2.errors.ErrorCodes.PROTOCOL_ERROR)
        self._fail(stream, Failure(RemoteProtocolError, f"the server sent {what}"))

    def _reset(self, stream: Stream, code: h2.errors.ErrorCodes) -> None:
        """Queue RST_STREAM; what is under way to the stream is let pass from now on."""
        if stream.is_plain:
            self._adopt(stream)
        self._h2.reset_stream(stream.stream_id, code)
        if stream.state != StreamState.COMPLETE:
            self._late_window += stream.window
        # While h2 has it, an interim response that was under way would be an error of the connection.
        self._forget(stream)

    def _fail(self, stream: Stream, failure: Failure) -> None:
        """Nothing more comes to the stream from now on, for h2 has closed it, or the server will not act on it."""
        del self._streams[stream.stream_id]
        if stream.is_plain:
            self._adopt(stream)
        stream.is_reset = True
        if stream.state != StreamState.COMPLETE:
            stream.failure = failure
        stream.advance(StreamInput.FAIL)
        self._forget(stream)
        self._wake(stream)

    def _last_call(self) -> None:
        self._move(ConnectionInput.LAST_CALL)
        self.capacity_has_changed = True

    def _end(self, failure: Failure) -> None:
        if self.failure is None:
            self.failure = failure
        for stream in list(self._streams.values()):
            self._fail(stream, self.failure)
        if self.state != _CLOSED:
            self.capacity_has_changed = True
        self._move(ConnectionInput.END)
        self.preface.failure = self.failure
        self.preface.advance(StreamInput.FAIL)
        self._wake(self.preface)

    def _move(self, event: ConnectionInput) -> None:
        self.state = CONNECTION[self.state, event]

    def _has(self, stream: Stream, wanted: Wanted) -> bool:
        if wanted == _WINDOW:
            return not stream.wants_upload or self._send_room(stream) > 0
        return stream.has(wanted)

    def _wake(self, stream: Stream) -> None:
        if stream.parked:
            for parker, wanted in list(stream.parked.items()):
                if self._has(stream, wanted):
                    self._turns.unpark(stream, parker)

    def _wake_all(self) -> None:
        for stream in self._streams.values():
            self._wake(stream)

    def _credit(self, stream: Stream, *, caught_up: bool) -> None:
        if stream.is_plain:
            self._adopt(stream)
        self._h2.acknowledge_received_data(stream.taken, stream.stream_id)
        stream.taken = 0
        # A reader that keeps up may be held back by the window alone: let it grow, as long as all windows together
        # stay below half the connection's.
        extra = min(stream.window, MAX_STREAM_WINDOW - stream.window)
        if caught_up and extra and self._granted + extra <= CONNECTION_WINDOW // 2:
            self._h2.increment_flow_control_window(extra, stream.stream_id)
            stream.window += extra
            self._granted += extra
        self._collect()


_HANDLERS: dict[type[h2.events.Event], Callable[[Multiplexer, Any], None]] = {
    h2.events.InformationalResponseReceived: Multiplexer._on_interim,
    h2.events.ResponseReceived: Multiplexer._on_head,
    h2.events.DataReceived: Multiplexer._on_data,
    h2.events.TrailersReceived: Multiplexer._on_trailers,
    h2.events.StreamEnded: Multiplexer._on_end,
    h2.events.StreamReset: Multiplexer._on_reset,
    h2.events.WindowUpdated: Multiplexer._on_window,
    h2.events.RemoteSettingsChanged: Multiplexer._on_settings,
    h2.events.ConnectionTerminated: Multiplexer._on_goaway,
}


def _name_of(code: h2.errors.ErrorCodes | int | None) -> str:
    return code.name if isinstance(code, h2.errors.ErrorCodes) else f"error code {code}"
