"""The connection without its waiting: requests and received bytes go in, bytes to write and filled inboxes come out.

Every public method is one atomic step: it leaves stream identifiers, HPACK tables, outbox and inboxes in agreement. The
asynchronous connection calls them as they are, for nothing else runs between two awaits; the synchronous one, which
threads share, has a subclass that holds a lock for each step. So no public method may call another one.

Whoever waits for something on a stream asks for a turn. When nobody is reading it is the asker's turn to read, for
everybody; otherwise it parks. A reader that has what it wanted offers the turn to the one that has been parked longest.

h2 judges the frames. Three things it does are undone here: it takes a GOAWAY for the end of everything and forgets what
it had queued (RFC 9113, 6.8 lets streams finish), and it lets a server open streams of its own, which cannot be when
push is disabled (RFC 9113, 8.4). Its outbound checks are off: the fields come validated and mapped.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import TYPE_CHECKING, Any

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from httpcore_interfaces import (
    ConnectionNotAvailable,
    LocalProtocolError,
    RemoteProtocolError,
)

from .failures import Failure
from .fields import response_fields
from .floods import FloodGuard
from .frames import HEADER_LENGTH, FrameKind, FrameSplitter, FrameTooLarge
from .hpack_memory import RememberingDecoder, RememberingEncoder
from .outbox import Outbox
from .settings import (
    CONNECTION_WINDOW,
    MAX_FRAME_SIZE,
    MAX_HEADER_LIST_SIZE,
    MAX_INFORMATIONAL,
    MAX_STREAM_WINDOW,
    OWN_STREAM_LIMIT,
    STREAM_WINDOW,
    local_settings,
)
from .states import CONNECTION, ConnectionInput, ConnectionState, StreamInput, StreamState
from .streams import Stream, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpcore_interfaces import Fields

    from .outbox import Unparkable

__all__ = ["Engine", "Turn"]

# Bytes of one request's content that may be queued in one step, so that others get their turn between them.
_SEND_AT_ONCE = 128 * 1024


_RST_STREAM_LENGTH = HEADER_LENGTH + 4


class Turn(IntEnum):
    """The answer to who wants to wait."""

    READY = auto()  # no need to
    READ = auto()  # nobody reads: read, for all
    PARK = auto()  # another reads: park


class _H2Connection(h2.connection.H2Connection):
    """h2 with a smaller memory of streams that are gone: it serves frames that were under way when we reset one."""

    MAX_CLOSED_STREAMS = 8192


class Engine:
    """One HTTP/2 client connection. See the module for how its methods may be called."""

    def __init__(self) -> None:
        self.state = ConnectionState.IDLE
        self.outbox = Outbox()
        self.failure: Failure | None = None
        self.limit = OWN_STREAM_LIMIT
        self.active = 0
        self.opened = 0
        # Stands for the connection itself: its head has come when the server's first SETTINGS have.
        self.preface = Stream(0, 0, None)
        self.capacity_has_changed = False
        self._streams: dict[int, Stream] = {}
        self._has_reader = False
        self._parked: dict[Unparkable, Stream] = {}
        self._granted = 0
        self._frame_length = 0
        self._late_window = 0
        self._splitter = FrameSplitter(MAX_FRAME_SIZE)
        self._guard = FloodGuard()
        self._h2 = _H2Connection(
            h2.config.H2Configuration(
                client_side=True,
                header_encoding=None,
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        self._h2.local_settings = local_settings()
        self._h2.max_inbound_frame_size = MAX_FRAME_SIZE
        self._h2.encoder = RememberingEncoder()
        self._h2.decoder = RememberingDecoder(MAX_HEADER_LIST_SIZE)
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(
            CONNECTION_WINDOW - self._h2.inbound_flow_control_window
        )
        self._collect()
        self._handlers: dict[type[h2.events.Event], Callable[[Any], None]] = {
            h2.events.InformationalResponseReceived: self._on_interim,
            h2.events.ResponseReceived: self._on_head,
            h2.events.DataReceived: self._on_data,
            h2.events.TrailersReceived: self._on_trailers,
            h2.events.StreamEnded: self._on_end,
            h2.events.StreamReset: self._on_reset,
            h2.events.WindowUpdated: self._on_window,
            h2.events.RemoteSettingsChanged: self._on_settings,
            h2.events.ConnectionTerminated: self._on_goaway,
        }

    # Questions: plain reads, without a lock in either world.

    def can_open(self) -> bool:
        """Whether `open` would succeed now."""
        return self.state <= ConnectionState.ACTIVE and self.active < self.limit

    def stream_limit(self) -> int:
        """How many requests may be under way at once; 0 when no more are taken."""
        return self.limit if self.state <= ConnectionState.ACTIVE else 0

    def allows_extended_connect(self) -> bool:
        """Whether the server has said so (RFC 8441, 3); meaningful once `preface` has its head."""
        return bool(self._h2.remote_settings.enable_connect_protocol)

    # One request's life.

    def open(self, fields: Fields, to_send: int | None, *, end: bool) -> Stream:
        """Begin a request: queue its HEADERS.

        `to_send`: the bytes of content that its Content-Length promises, `None` for no promise. `end`: whether there is
        no content. Raises `ConnectionNotAvailable`, with nothing changed.
        """
        if not self.can_open():
            raise ConnectionNotAvailable(
                f"the connection has {self.active} requests under way and takes "
                f"{self.stream_limit()}; send this one later, or over another connection"
            )
        stream_id = self._h2.get_next_available_stream_id()
        stream = Stream(stream_id, self.outbox.queued, to_send)
        self._h2.send_headers(stream_id, fields, end_stream=end)
        self._streams[stream_id] = stream
        self.active += 1
        self.opened += 1
        self._granted += STREAM_WINDOW
        self._move(ConnectionInput.OPEN)
        if stream_id >= self._h2.HIGHEST_ALLOWED_STREAM_ID - 1:
            self._move(ConnectionInput.LAST_CALL)
            self.capacity_has_changed = True
        stream.is_sent = end
        self._guard.opened_request()
        self._collect()
        stream.bytes_sent = self.outbox.queued - stream.start
        return stream

    def send(self, stream: Stream, data: memoryview | bytes, *, end: bool) -> int:
        """Queue as much of `data` as the windows allow, and a fair share at most; returns how much that was.

        `end`: whether the request ends with `data`. Raises `LocalProtocolError` when that is not what Content-Length has
        promised. Does nothing when the server wants no more: see `Stream.wants_upload`.
        """
        length = len(data)
        if not stream.wants_upload:
            return length
        if stream.to_send is not None and (
            length > stream.to_send or (end and length < stream.to_send)
        ):
            raise LocalProtocolError(
                f"the content is {'longer' if length > stream.to_send else 'shorter'} than its Content-Length: "
                f"{stream.to_send} bytes are left, and {length} {'came at the end' if end else 'came'}"
            )
        if stream.is_sent:
            return length
        if not length:
            if end:
                self._h2.end_stream(stream.stream_id)
                stream.is_sent = True
                self._collect()
            return 0
        sent = self._send_frames(stream, data, end=end)
        if stream.to_send is not None:
            stream.to_send -= sent
        return sent

    def send_trailers(self, stream: Stream, fields: Fields) -> None:
        """End the request with a trailer section."""
        if stream.wants_upload and not stream.is_sent:
            self._h2.send_headers(stream.stream_id, fields, end_stream=True)
            stream.is_sent = True
            self._collect()

    def take_body(self, stream: Stream) -> bytes:
        """Take the body that has come, and give credit for it; `b""` when there is none, or no more."""
        data = stream.take()
        if stream.taken * 2 >= stream.window and stream.state == StreamState.RECEIVING:
            self._credit(stream, caught_up=len(data) * 4 <= stream.window)
        return data

    def give_up(self, stream: Stream) -> None:
        """End the exchange, whatever is left of it. Frames that still come for it are credited, not kept.

        To be called once for every stream that was opened.
        """
        self._streams.pop(stream.stream_id, None)
        if self.state != ConnectionState.CLOSED:
            complete = stream.state == StreamState.COMPLETE
            if not stream.is_reset and not (complete and stream.is_sent):
                # With the response complete, the rest of the upload is merely of no use (RFC 9113, 8.1).
                code = h2.errors.ErrorCodes
                self._h2.reset_stream(stream.stream_id, code.NO_ERROR if complete else code.CANCEL)
                if not complete:
                    self._late_window += stream.window
            stream.take()
            if stream.taken:
                self._h2.acknowledge_received_data(stream.taken, stream.stream_id)
            self._collect()
        stream.is_reset = True
        stream.advance(StreamInput.GIVE_UP)
        self._granted -= stream.window
        self._wake(stream)
        self.active -= 1
        if not self.active:
            self._move(ConnectionInput.EMPTY)

    # Waiting and reading.

    def wait(self, stream: Stream, wanted: Wanted, parker: Unparkable | None) -> Turn:
        """Ask how to wait for what is wanted.

        After `READ`, call `receive` until it says that the turn is over, or
        `stop_reading`; after `PARK`, ask again with a parker if there was none, park, ask again or call `leave`.
        """
        if self._has(stream, wanted):
            # Perhaps it was this one that the turn to read was offered to.
            self._offer_reading()
            return Turn.READY
        if not self._has_reader:
            self._has_reader = True
            return Turn.READ
        if parker is not None:
            self._parked[parker] = stream
            stream.parked[parker] = wanted
        return Turn.PARK

    def leave(self, stream: Stream, parker: Unparkable) -> None:
        """Stop waiting; a turn to read that was just offered goes to the next."""
        self._parked.pop(parker, None)
        stream.parked.pop(parker, None)
        self._offer_reading()

    def begin_reading(self) -> bool:
        """Take the turn to read without waiting for anything in particular; whether it was free."""
        if self._has_reader:
            return False
        self._has_reader = True
        return True

    def stop_reading(self) -> None:
        """Give the turn to read back."""
        self._has_reader = False
        self._offer_reading()

    def receive(self, data: bytes, now: float, stream: Stream | None, wanted: Wanted) -> bool:
        """Take in what was read, `b""` for the end of file; `now` in seconds on any steady clock.

        Returns whether the reader's turn is over, because what it wanted is there.
        """
        if not data:
            self._end(
                Failure(
                    RemoteProtocolError,
                    "the server closed the connection in the middle of a request",
                )
            )
        elif self.state != ConnectionState.CLOSED:
            self._receive(data, now)
        if stream is not None and not self._has(stream, wanted):
            return False
        self._has_reader = False
        self._offer_reading()
        return True

    def lose(self, failure: Failure) -> None:
        """The connection is gone: every request under way fails."""
        self._end(failure)

    def close(self, failure: Failure) -> None:
        """We end the connection: queue a GOAWAY, and every request under way fails."""
        if self.state != ConnectionState.CLOSED:
            self._h2.close_connection()
            self._collect()
            self._end(failure)

    def lose_writing(self, failure: Failure) -> None:
        """Nothing can be written any more. Responses that are already on their way may still be read."""
        if self.failure is None:
            self.failure = failure
        self.outbox.close()
        self._last_call()
        for stream in self._streams.values():
            stream.is_reset = True
            self._wake(stream)

    def shut(self) -> None:
        """Forget what could not be written, and wake who waited for it."""
        self.outbox.close()

    def ping(self) -> None:
        """Queue a PING. Any bytes that come are answer enough."""
        if self.state != ConnectionState.CLOSED:
            self._h2.ping(bytes(8))
            self._collect()

    def take_capacity_change(self) -> bool:
        """Whether `stream_limit` or the state has changed by what the server did, since this was last asked."""
        changed = self.capacity_has_changed
        self.capacity_has_changed = False
        return changed

    # Writing: the outbox, as atomic steps of the engine.

    def begin_write(self, mark: int, parker: Unparkable | None) -> bytes | None:
        """See `Outbox.begin`."""
        return self.outbox.begin(mark, parker)

    def end_write(self, written: int, mark: int) -> bytes:
        """See `Outbox.end`."""
        return self.outbox.end(written, mark)

    def interrupt_write(self, written: int) -> None:
        """See `Outbox.interrupt`."""
        self.outbox.interrupt(written)

    def leave_write(self, parker: Unparkable) -> None:
        """See `Outbox.leave`."""
        self.outbox.leave(parker)

    # Sending.

    def _send_frames(self, stream: Stream, data: memoryview | bytes, *, end: bool) -> int:
        view = memoryview(data)
        total = min(len(view), self._window(stream), _SEND_AT_ONCE)
        size = self._h2.max_outbound_frame_size
        sent = 0
        while sent < total:
            length = min(size, total - sent)
            is_last = end and sent + length == len(view)
            self._h2.send_data(stream.stream_id, view[sent : sent + length], end_stream=is_last)
            stream.is_sent = is_last
            sent += length
            self._guard.sent_data()
        if sent:
            stream.bytes_sent += sent
            self._collect()
        return sent

    def _window(self, stream: Stream) -> int:
        # Negative when the server has lowered it in mid-stream, which is legal (RFC 9113, 6.9.2).
        return min(
            self._h2.outbound_flow_control_window,
            self._h2.streams[stream.stream_id].outbound_flow_control_window,
        )

    def _credit(self, stream: Stream, *, caught_up: bool) -> None:
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

    def _collect(self) -> None:
        data = self._h2.data_to_send()
        if data:
            self.outbox.put(data)

    # Receiving.

    def _receive(self, data: bytes, now: float) -> None:
        guard = self._guard
        guard.tick(now)
        self._splitter.add(data)
        try:
            while (frame := self._splitter.next()) is not None:
                if not guard.allows(frame):
                    raise h2.exceptions.DenialOfServiceError(
                        "more empty or idle frames than is sane"
                    )
                self._frame_length = len(frame)
                if frame[3] <= FrameKind.HEADERS:
                    stream_id = int.from_bytes(frame[5:9], "big") & 0x7FFF_FFFF
                    if stream_id not in self._streams:
                        self._take_late(frame, stream_id)
                        continue
                for event in self._h2.receive_data(frame):
                    handler = self._handlers.get(type(event))
                    if handler is not None:
                        handler(event)
        except (h2.exceptions.ProtocolError, FrameTooLarge) as error:
            self._break(error)
        self._collect()

    def _take_late(self, frame: bytes, stream_id: int) -> None:
        """Take in DATA or HEADERS of a stream that is gone: they were under way when we reset it."""
        if not stream_id & 1 and stream_id:
            raise h2.exceptions.ProtocolError("a frame on a stream that we did not open")
        if frame[3] == FrameKind.DATA:
            # Of what was granted to streams that are gone, some may still come; more than that is an abuse.
            self._late_window -= len(frame) - HEADER_LENGTH
            if self._late_window < 0:
                raise h2.exceptions.FlowControlError("content for a stream that is over")
        self._collect()
        self._h2.receive_data(frame)
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

    def _break(self, error: h2.exceptions.ProtocolError | FrameTooLarge) -> None:
        code = h2.errors.ErrorCodes.FRAME_SIZE_ERROR
        if isinstance(error, h2.exceptions.ProtocolError):
            code = error.error_code
        if self._h2.state_machine.state != h2.connection.ConnectionState.CLOSED:
            # h2 has queued a GOAWAY for what it found itself, not for what we found.
            self._h2.close_connection(code)
        self._collect()
        self._end(
            Failure(
                RemoteProtocolError,
                f"the server broke HTTP/2: {str(error).rstrip('.') or type(error).__name__}",
                error,
            )
        )

    def _on_interim(self, event: h2.events.InformationalResponseReceived) -> None:
        stream = self._streams.get(event.stream_id or 0)
        if stream is None:
            return
        stream.advance(StreamInput.INTERIM)
        stream.bytes_received += self._frame_length
        stream.interims += 1
        if stream.interims > MAX_INFORMATIONAL:
            self._refuse(stream, f"more than {MAX_INFORMATIONAL} interim responses")

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
        stream.status = int(status)
        stream.advance(StreamInput.HEAD)
        self._wake(stream)

    def _on_data(self, event: h2.events.DataReceived) -> None:
        assert event.stream_id is not None
        assert event.data is not None
        counted = event.flow_controlled_length
        assert counted is not None
        stream = self._streams.get(event.stream_id)
        if stream is None:
            self._h2.acknowledge_received_data(counted, event.stream_id)
            return
        stream.advance(StreamInput.DATA)
        stream.bytes_received += self._frame_length
        stream.put(event.data, counted)
        if stream.taken * 2 >= stream.window:
            # Nothing but padding, for a long time: nobody will take it, so it is credited here.
            self._credit(stream, caught_up=False)
        self._wake(stream)

    def _on_trailers(self, event: h2.events.TrailersReceived) -> None:
        stream = self._streams.get(event.stream_id or 0)
        if stream is not None:
            assert event.headers is not None
            stream.bytes_received += self._frame_length
            stream.trailers = [(name, value) for name, value in event.headers]

    def _on_end(self, event: h2.events.StreamEnded) -> None:
        stream = self._streams.get(event.stream_id or 0)
        if stream is not None:
            stream.advance(StreamInput.END)
            self._wake(stream)

    def _on_reset(self, event: h2.events.StreamReset) -> None:
        stream = self._streams.get(event.stream_id or 0)
        if stream is None:
            return
        name = _name_of(event.error_code)
        if event.remote_reset:
            sentence = f"the server reset the stream ({name})"
        else:
            sentence = f"the server broke HTTP/2 on this stream ({name})"
        unprocessed = event.error_code == h2.errors.ErrorCodes.REFUSED_STREAM
        self._fail(
            stream,
            Failure(RemoteProtocolError, sentence, unprocessed=unprocessed and event.remote_reset),
        )

    def _on_window(self, event: h2.events.WindowUpdated) -> None:
        if event.stream_id:
            stream = self._streams.get(event.stream_id)
            if stream is not None:
                self._wake(stream)
        else:
            self._wake_all()

    def _on_settings(self, event: h2.events.RemoteSettingsChanged) -> None:
        limit = min(self._h2.remote_settings.max_concurrent_streams, OWN_STREAM_LIMIT)
        if limit != self.limit:
            self.limit = limit
            self.capacity_has_changed = True
        self.preface.status = 200
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
        )
        for stream in [stream for stream in self._streams.values() if stream.stream_id > last]:
            self._fail(stream, failure)
        self._last_call()

    # What follows from it.

    def _refuse(self, stream: Stream, what: str) -> None:
        """End a stream on which something came that HTTP does not allow, and that h2 lets pass."""
        self._h2.reset_stream(stream.stream_id, h2.errors.ErrorCodes.PROTOCOL_ERROR)
        self._late_window += stream.window
        self._fail(stream, Failure(RemoteProtocolError, f"the server sent {what}"))

    def _fail(self, stream: Stream, failure: Failure) -> None:
        """The stream is over in h2's eyes, or of no interest to it; nothing more comes to it from now on."""
        del self._streams[stream.stream_id]
        stream.is_reset = True
        if stream.state != StreamState.COMPLETE:
            stream.failure = failure
        stream.advance(StreamInput.FAIL)
        self._wake(stream)

    def _last_call(self) -> None:
        self._move(ConnectionInput.LAST_CALL)
        self.capacity_has_changed = True

    def _end(self, failure: Failure) -> None:
        if self.failure is None:
            self.failure = failure
        for stream in list(self._streams.values()):
            self._fail(stream, self.failure)
        if self.state != ConnectionState.CLOSED:
            self.capacity_has_changed = True
        self._move(ConnectionInput.END)
        self.preface.failure = self.failure
        self.preface.advance(StreamInput.FAIL)
        self._wake(self.preface)

    def _move(self, event: ConnectionInput) -> None:
        self.state = CONNECTION[self.state, event]

    def _has(self, stream: Stream, wanted: Wanted) -> bool:
        if wanted == Wanted.WINDOW:
            return not stream.wants_upload or self._window(stream) > 0
        return stream.has(wanted)

    def _wake(self, stream: Stream) -> None:
        if stream.parked:
            for parker, wanted in list(stream.parked.items()):
                if self._has(stream, wanted):
                    del stream.parked[parker]
                    del self._parked[parker]
                    parker.unpark()

    def _wake_all(self) -> None:
        for stream in self._streams.values():
            self._wake(stream)

    def _offer_reading(self) -> None:
        if not self._has_reader:
            for parker, stream in self._parked.items():
                del self._parked[parker]
                del stream.parked[parker]
                parker.unpark()
                return


def _name_of(code: h2.errors.ErrorCodes | int | None) -> str:
    return code.name if isinstance(code, h2.errors.ErrorCodes) else f"error code {code}"
