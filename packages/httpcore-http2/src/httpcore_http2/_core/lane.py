"""h2, and a lane around it for the plainest frames.

h2 is the judge of what a server may do, and most of what a server does needs no judge: a response's head that is, byte
for byte, one that h2 has seen before, content within the windows, its end. In h2 each such frame becomes an object, a
dozen of calls and two or three events; measured, that is four fifths of what a small response costs.

So a stream is *plain* at first, and h2 does not know it: its HEADERS and DATA are made and read here. Whatever is not
certain is declined: h2 is told of the stream, in the state that it would be in had h2 seen everything, and gets the
very same frame. From then on the lane serves only its DATA and WINDOW_UPDATE frames, and keeps h2's counters in step. The lane may be
stricter than h2, never laxer; a differential test holds the two together.

What is touched of h2 that is not public is touched here alone.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, cast

import h2.config
import h2.connection
import h2.exceptions
import h2.stream

from .floods import FloodGuard
from .frames import HEADER_LENGTH, FrameKind
from .hpack_memory import Head, RememberingDecoder, RememberingEncoder
from .outbox import Outbox
from .settings import (
    CONNECTION_WINDOW,
    MAX_FRAME_SIZE,
    MAX_HEADER_LIST_SIZE,
    STREAM_WINDOW,
    local_settings,
)
from .states import StreamInput, StreamState

if TYPE_CHECKING:
    from hyperframe.frame import HeadersFrame, PushPromiseFrame

    from httpcore_interfaces import Fields

    from .frames import FrameSplitter
    from .streams import Stream

__all__ = ["WITHOUT_CONTENT", "Lane"]

# Length (in two parts), kind, flags, stream identifier: RFC 9113, 4.1.
_HEADER = Struct(">HBBBL").pack

# Bytes: RFC 9113, 6.9.1.
_LARGEST_WINDOW = 2**31 - 1

_END_STREAM = 0x1
_END_HEADERS = 0x4

_DATA = int(FrameKind.DATA)
_HEADERS = int(FrameKind.HEADERS)
_CONTINUATION = int(FrameKind.CONTINUATION)

_AWAITING = StreamState.AWAITING
_RECEIVING = StreamState.RECEIVING
_COMPLETE = StreamState.COMPLETE
_HEAD = StreamInput.HEAD
_END = StreamInput.END

#: Responses whose Content-Length is that of another one (RFC 9110, 8.6).
WITHOUT_CONTENT = frozenset([204, 304])

# Bytes of late content in a frame; with less, it is for the guard against floods to say whether there are too many.
_SMALLEST_LATE = 1024

_H2_OPEN = h2.connection.ConnectionState.CLIENT_OPEN
_SEND_HEADERS = h2.connection.ConnectionInputs.SEND_HEADERS
_ENDED = h2.stream.StreamClosedBy.RECV_END_STREAM
_RESET = h2.stream.StreamClosedBy.SEND_RST_STREAM
_Inputs = h2.stream.StreamInputs


class _H2Connection(h2.connection.H2Connection):
    """h2 with a smaller memory of streams that are gone: it serves frames that were under way when we reset one."""

    MAX_CLOSED_STREAMS = 8192


class Lane:
    """The streams under way, and h2 as far as it knows of them."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self._streams: dict[int, Stream] = {}
        # Bytes of content that were granted to streams we have reset, and may be under way.
        self._late_window = 0
        self._guard = FloodGuard()
        self._encoder = RememberingEncoder()
        self._decoder = RememberingDecoder(MAX_HEADER_LIST_SIZE)
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
        self._h2.encoder = self._encoder
        self._h2.decoder = self._decoder
        self._h2.initiate_connection()
        self._h2.increment_flow_control_window(
            CONNECTION_WINDOW - self._h2.inbound_flow_control_window
        )
        self._window = self._h2._inbound_flow_control_window_manager
        # What the server's settings say, which h2 would look up each time.
        self._initial_window = self._h2.remote_settings.initial_window_size
        self._collect()

    # What we send.

    def _send_head(self, stream: Stream, fields: Fields, *, end: bool) -> None:
        """Queue the HEADERS of a request, whose stream is plain from now on."""
        known = self._h2
        if known.state_machine.state != _H2_OPEN:
            known.state_machine.process_input(_SEND_HEADERS)
        stream_id = known.highest_outbound_stream_id = stream.stream_id
        block = self._encoder.encode(fields)
        limit = known.max_outbound_frame_size
        length = len(block)
        flags = _END_STREAM if end else 0
        if length <= limit:
            head = _HEADER(length >> 8, length & 0xFF, _HEADERS, flags | _END_HEADERS, stream_id)
            self.outbox.put(head + block)
            return
        kind = _HEADERS
        for start in range(0, length, limit):
            piece = block[start : start + limit]
            flags |= _END_HEADERS if start + limit >= length else 0
            size = len(piece)
            self.outbox.put(_HEADER(size >> 8, size & 0xFF, kind, flags, stream_id) + piece)
            kind, flags = _CONTINUATION, 0

    def _send_data(self, stream: Stream, data: memoryview, total: int, *, end: bool) -> None:
        """Queue the first `total` bytes of content, for which there is window, and END_STREAM behind them for `end`."""
        known = self._h2
        put = self.outbox.put
        stream_id = stream.stream_id
        # What may change before it is written must be copied.
        whole = data[:total] if type(data.obj) is bytes else memoryview(bytes(data[:total]))
        limit = known.max_outbound_frame_size
        # The end of a stream that h2 knows is h2's.
        is_judged = end and not stream.is_plain
        for start in range(0, total, limit):
            piece = whole[start : start + limit]
            size = len(piece)
            is_last = end and start + size == total
            if is_last and is_judged:
                known.send_data(stream_id, piece, end_stream=True)
                self._collect()
                total -= size
                break
            put(_HEADER(size >> 8, size & 0xFF, _DATA, _END_STREAM if is_last else 0, stream_id))
            put(piece)
        self._guard.sent_data(-(-total // limit))
        known.outbound_flow_control_window -= total
        if stream.is_plain:
            stream.sent += total
        else:
            known.streams[stream_id].outbound_flow_control_window -= total

    def _send_end(self, stream: Stream) -> None:
        """Queue END_STREAM on a frame of its own."""
        if stream.is_plain:
            self.outbox.put(_HEADER(0, 0, _DATA, _END_STREAM, stream.stream_id))
        else:
            self._h2.end_stream(stream.stream_id)
            self._collect()

    def _send_room(self, stream: Stream) -> int:
        """Bytes that may be sent now. Negative when the server has lowered the window (RFC 9113, 6.9.2)."""
        known = self._h2
        if stream.is_plain:
            room = self._initial_window - stream.sent
        else:
            room = known.streams[stream.stream_id].outbound_flow_control_window
        return min(known.outbound_flow_control_window, room)

    # What we receive.

    def _pass_head(self, stream: Stream, flags: int, block: bytes) -> bool:
        """Take in the HEADERS of a plain stream, if they are the head of a response such as h2 has judged before."""
        if stream.state != _AWAITING or flags & ~_END_STREAM != _END_HEADERS:
            return False
        known = self._decoder.find(block) if stream.is_plain else None
        if known is None or (head := known.head) is None:
            return False
        expected = 0 if stream.is_head else head.length
        if flags & _END_STREAM and expected and head.status not in WITHOUT_CONTENT:
            return False
        self._decoder.apply(known)
        stream.status = head.status
        stream.fields = head.fields.copy()
        stream.expected = expected
        stream.advance(_HEAD)
        if flags & _END_STREAM:
            stream.advance(_END)
        return True

    def _pass_run(self, stream: Stream, splitter: FrameSplitter, start: int) -> int:
        """Take in the DATA frame at `start`, and those of its stream behind it, if h2 could not mind; returns how many.

        They have neither padding nor the end of the stream. What came in one read becomes one chunk.
        """
        if stream.state != _RECEIVING:
            return 0
        window = self._window
        received = stream.received
        most = window.current_window_size
        if stream.expected is not None:
            most = min(most, stream.expected - received)
        known = None
        if stream.is_plain:
            most = min(most, STREAM_WINDOW - received)
        else:
            known = self._h2.streams[stream.stream_id]
            most = min(most, known._inbound_window_manager.current_window_size)
        data, count = splitter.take_run(start, most)
        if count:
            length = len(data)
            if known is not None:
                known._inbound_window_manager.current_window_size -= length
                known._actual_content_length += length
            window.current_window_size -= length
            stream.received = received + length
            stream.bytes_received += length + count * HEADER_LENGTH
            stream.put(data, length)
        return count

    def _pass_last(self, stream: Stream, flags: int, data: bytes) -> bool:
        """Take in the DATA frame that ends a plain stream, if there is nothing about it that h2 could mind."""
        if stream.state != _RECEIVING or flags != _END_STREAM or not stream.is_plain:
            return False
        length = len(data)
        window = self._window
        received = stream.received + length
        if (
            length > window.current_window_size
            or received > STREAM_WINDOW
            or (stream.expected is not None and received != stream.expected)
        ):
            return False
        window.current_window_size -= length
        stream.received = received
        stream.put(data, length)
        stream.advance(_END)
        return True

    def _pass_late(self, stream_id: int, flags: int, length: int) -> bool:
        """Take in a DATA frame without padding for a stream that we have reset, of which only the length counts.

        A response that is closed early leaves a window full of these, and what other streams wait for comes behind.
        """
        window = self._window
        if (
            flags & ~_END_STREAM
            or not _SMALLEST_LATE <= length <= self._late_window
            or length > window.current_window_size
            or self._h2._closed_streams.get(stream_id) != _RESET
        ):
            return False
        self._late_window -= length
        window.current_window_size -= length
        self._credit_connection(length)
        return True

    def _pass_window(self, stream: Stream | None, increment: int) -> bool:
        """Take in a WINDOW_UPDATE of a stream, or without one of the connection."""
        known = self._h2
        if not 0 < increment <= _LARGEST_WINDOW:
            return False
        if stream is None:
            if known.outbound_flow_control_window + increment > _LARGEST_WINDOW:
                return False
            known.outbound_flow_control_window += increment
        elif stream.state > _RECEIVING:
            return False
        elif stream.is_plain:
            if self._initial_window - stream.sent + increment > _LARGEST_WINDOW:
                return False
            stream.sent -= increment
        else:
            judged = known.streams[stream.stream_id]
            if judged.outbound_flow_control_window + increment > _LARGEST_WINDOW:
                return False
            judged.outbound_flow_control_window += increment
        return True

    def _learn_head(self, stream: Stream, status: int) -> None:
        """h2 has judged the head of this response; the next one like it may pass."""
        known = self._h2.streams[stream.stream_id]
        stream.expected = known._expected_content_length
        block = self._decoder.last
        # For HEAD, h2 does not look at Content-Length.
        if block is not None and not stream.is_head:
            block.head = Head(status, stream.fields.copy(), stream.expected)

    # What h2 must know.

    def _adopt(self, stream: Stream) -> None:
        """Tell h2 of a plain stream, as if it had seen everything so far."""
        connection = self._h2
        stream.is_plain = False
        known = h2.stream.H2Stream(
            stream.stream_id,
            config=connection.config,
            inbound_window_size=STREAM_WINDOW,
            outbound_window_size=self._initial_window,
        )
        known.max_outbound_frame_size = connection.max_outbound_frame_size
        known.request_method = b"HEAD" if stream.is_head else b"GET"
        known.outbound_flow_control_window -= stream.sent
        step = known.state_machine.process_input
        step(_Inputs.SEND_HEADERS)
        if stream.status:
            step(_Inputs.RECV_HEADERS)
            known._expected_content_length = stream.expected
            known._actual_content_length = stream.received
            known._inbound_window_manager.window_consumed(stream.received)
        if stream.is_sent:
            step(_Inputs.SEND_END_STREAM)
        if stream.state == _COMPLETE:
            step(_Inputs.RECV_END_STREAM)
        connection.streams[stream.stream_id] = known

    def _unfinished_section(self) -> HeadersFrame | PushPromiseFrame | None:
        """The first frame of a header section that has begun and is not whole."""
        pieces = self._h2.incoming_buffer._headers_buffer
        return cast("HeadersFrame | PushPromiseFrame", pieces[0]) if pieces else None

    def _learn_window(self) -> None:
        """After a change of the initial window: h2 looks only at the streams that it knows (RFC 9113, 6.9.2)."""
        initial = self._initial_window = self._h2.remote_settings.initial_window_size
        for stream in self._streams.values():
            if stream.is_plain and initial - stream.sent > _LARGEST_WINDOW:
                raise h2.exceptions.FlowControlError(
                    f"a window of more than {_LARGEST_WINDOW} bytes for a stream, by INITIAL_WINDOW_SIZE"
                )

    def _has_ended(self, stream_id: int) -> bool:
        """Whether a stream that is gone had come to its end on both sides, and was not reset."""
        return self._h2._stream_is_closed_by_end(stream_id)

    def _credit_connection(self, length: int) -> None:
        """Give back what was granted on the connection and is not needed any more."""
        increment = self._window.process_bytes(length)
        if increment:
            put = self.outbox.put
            put(_HEADER(0, 4, int(FrameKind.WINDOW_UPDATE), 0, 0) + increment.to_bytes(4, "big"))

    def _forget(self, stream: Stream) -> None:
        """The stream is over; h2 keeps no more of it than how it ended."""
        connection = self._h2
        if stream.is_plain:
            connection._closed_streams[stream.stream_id] = _ENDED
            return
        known = connection.streams.get(stream.stream_id)
        if known is not None and known.closed:
            del connection.streams[stream.stream_id]
            connection._closed_streams[stream.stream_id] = known.closed_by

    def _collect(self) -> None:
        data = self._h2.data_to_send()
        if data:
            self.outbox.put(data)
