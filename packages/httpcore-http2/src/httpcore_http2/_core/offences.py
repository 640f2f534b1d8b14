"""What a server did wrong, in a sentence.

h2 judges, hyperframe and hpack read; each says what it found in the words of its own inside: the name of a state, a bare
number, the address of a buffer. Who reads an error wants to know which frame it was, of which stream, and what is wrong
with it. All of that is in the frame, so the sentence is made from there, and of a foreign exception only its class counts.

A sentence completes "the server broke HTTP/2: ".
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

import h2.exceptions
from h2.settings import SettingCodes
from hpack.exceptions import (
    HPACKError,
    InvalidTableIndexError,
    InvalidTableSizeError,
    OversizedHeaderListError,
)
from hyperframe.exceptions import HyperframeError

from .frames import HEADER_LENGTH, FrameKind
from .settings import MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE
from .states import StreamState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperframe.frame import HeadersFrame, PushPromiseFrame

    from .streams import Stream

__all__ = ["Offence", "Scene", "stream_offence"]

_LARGEST_WINDOW = 2**31 - 1

_END_STREAM = 0x1
_ACK = 0x1
_PADDED = 0x8
_PRIORITY = 0x20

_read_header = Struct(">HBBBL").unpack_from
_settings = Struct(">HL").iter_unpack

# RFC 9113, 6: which frames belong to a stream, which to the connection; and the length of those that have but one.
_OF_STREAMS = frozenset(
    [
        FrameKind.DATA,
        FrameKind.HEADERS,
        FrameKind.PRIORITY,
        FrameKind.RST_STREAM,
        FrameKind.PUSH_PROMISE,
        FrameKind.CONTINUATION,
    ]
)
_OF_THE_CONNECTION = frozenset([FrameKind.SETTINGS, FrameKind.PING, FrameKind.GOAWAY])
_LENGTHS: dict[int, int] = {
    FrameKind.PRIORITY: 5,
    FrameKind.RST_STREAM: 4,
    FrameKind.PING: 8,
    FrameKind.WINDOW_UPDATE: 4,
}
_SMALLEST_GOAWAY = 8
_SETTING = 6

# RFC 9113, 6.5.2.
_RIGHT_SETTINGS: dict[int, tuple[int, int]] = {
    SettingCodes.ENABLE_PUSH: (0, 0),
    SettingCodes.INITIAL_WINDOW_SIZE: (0, _LARGEST_WINDOW),
    SettingCodes.MAX_FRAME_SIZE: (2**14, 2**24 - 1),
    SettingCodes.ENABLE_CONNECT_PROTOCOL: (0, 1),
}

# RFC 9113, 8.2.1 and 8.2.2.
_NAME = frozenset(range(0x21, 0x7F)) - frozenset(range(0x41, 0x5B))
_FORBIDDEN_IN_VALUES = frozenset(b"\0\r\n")
_OF_HTTP_1 = frozenset(
    [
        b"connection",
        b"proxy-connection",
        b"keep-alive",
        b"transfer-encoding",
        b"upgrade",
    ]
)

# Bytes of a field's name or value that are shown.
_SHOWN = 60


class Offence(h2.exceptions.ProtocolError):
    """What h2 found, in our words; h2's own exception is the cause."""

    def __init__(self, error: h2.exceptions.ProtocolError, scene: Scene) -> None:
        super().__init__(scene.sentence(error))
        self.error_code = error.error_code


def stream_offence(stream_id: int) -> str:
    """What makes h2 reset a stream; of all else it makes an end of the connection."""
    return f"a window of more than {_LARGEST_WINDOW} bytes for stream {stream_id}"


class Scene:
    """A frame that h2 did not like, and where it came.

    - `frame`: all of it.
    - `stream`: the request under way that it is for, if there is one, as it was before.
    - `fields`: the header section that was decoded last.
    - `block`: the stream of a header section that has begun and is not whole, or 0.
    - `opening`: the first frame of the header section that had begun before, if there was one.
    """

    __slots__ = (
        "block",
        "fields",
        "flags",
        "frame",
        "kind",
        "length",
        "name",
        "opening",
        "stream",
        "stream_id",
    )

    def __init__(
        self,
        frame: bytes,
        stream: Stream | None,
        fields: Sequence[tuple[bytes, bytes]],
        block: int,
        opening: HeadersFrame | PushPromiseFrame | None = None,
    ) -> None:
        _, _, self.kind, self.flags, stream_id = _read_header(frame)
        self.stream_id = stream_id & _LARGEST_WINDOW
        self.frame = frame
        self.length = len(frame) - HEADER_LENGTH
        self.stream = stream
        self.fields = fields
        self.block = block
        self.opening = opening
        self.name = _name_of_kind(self.kind)

    def sentence(self, error: h2.exceptions.ProtocolError) -> str:
        """What is wrong with the frame, given what h2 raised."""
        cause = error.__cause__
        if isinstance(cause, HyperframeError):
            return self._layout()
        if isinstance(cause, HPACKError) or isinstance(error, h2.exceptions.DenialOfServiceError):
            return self._compression(cause)
        if self.block:
            return self._interruption()
        if isinstance(error, h2.exceptions.FlowControlError):
            return self._flow()
        if isinstance(error, h2.exceptions.FrameTooLargeError):
            return f"a {self.name} frame of {self.length} bytes, where {MAX_FRAME_SIZE} are allowed"
        if isinstance(error, h2.exceptions.InvalidBodyLengthError):
            return (
                f"{error.actual_length} bytes of content on stream {self.stream_id}, "
                f"where Content-Length promised {error.expected_length}"
            )
        if isinstance(error, (h2.exceptions.NoSuchStreamError, h2.exceptions.StreamIDTooLowError)):
            return f"a {self.name} frame on stream {self.stream_id}, {self._absence(error)}"
        return self._matter()

    def _layout(self) -> str:
        """Hyperframe could not read the frame, or says that it cannot be on such a stream."""
        kind, name, length = self.kind, self.name, self.length
        if kind in _OF_STREAMS and not self.stream_id:
            return f"a {name} frame on stream 0, which is for the connection itself"
        if kind in _OF_THE_CONNECTION and self.stream_id:
            return f"a {name} frame on stream {self.stream_id}, where it belongs on stream 0"
        right = _LENGTHS.get(kind, length)
        if length != right:
            return f"a {name} frame of {length} bytes, where {right} are right"
        if kind == FrameKind.SETTINGS:
            if self.flags & _ACK:
                return (
                    f"an acknowledgement of SETTINGS with {length} bytes, where there must be none"
                )
            return f"a SETTINGS frame of {length} bytes, which is no multiple of {_SETTING}"
        if kind == FrameKind.GOAWAY:
            return f"a GOAWAY frame of {length} bytes, where {_SMALLEST_GOAWAY} are the least"
        if kind == FrameKind.WINDOW_UPDATE:
            return (
                f"a WINDOW_UPDATE frame with an increment of 0 for {self._place()}, "
                f"where 1 to {_LARGEST_WINDOW} is right"
            )
        if self.flags & _PADDED:
            return f"a {name} frame on stream {self.stream_id} with more padding than it has bytes"
        return f"a {name} frame of {length} bytes on stream {self.stream_id}, too short for what is in it"

    def _compression(self, cause: BaseException | None) -> str:
        whose = f"a header section on stream {self.stream_id}"
        if cause is None or isinstance(cause, OversizedHeaderListError):
            return f"{whose} that unpacks to more than {MAX_HEADER_LIST_SIZE} bytes"
        if isinstance(cause, InvalidTableIndexError):
            return f"{whose} that refers to an entry the compression table does not have"
        if isinstance(cause, InvalidTableSizeError):
            return f"{whose} that sets a size of the compression table that was not agreed on"
        return f"{whose} that cannot be unpacked: it is cut short, or its compression is wrong"

    def _interruption(self) -> str:
        if self.kind == FrameKind.CONTINUATION and self.stream_id == self.block:
            return f"a header section on stream {self.block} in too many CONTINUATION frames"
        return (
            f"a {self.name} frame on stream {self.stream_id} in the middle of a header section "
            f"on stream {self.block}"
        )

    def _flow(self) -> str:
        if self.kind == FrameKind.SETTINGS:
            return f"a window of more than {_LARGEST_WINDOW} bytes for a stream, by INITIAL_WINDOW_SIZE"
        if self.kind == FrameKind.WINDOW_UPDATE:
            return f"a window of more than {_LARGEST_WINDOW} bytes for {self._place()}"
        return f"more content on stream {self.stream_id} than its window or the connection's allows"

    def _absence(self, error: h2.exceptions.ProtocolError) -> str:
        if isinstance(error, (h2.exceptions.StreamClosedError, h2.exceptions.StreamIDTooLowError)):
            return "which is over"
        return "which no request has opened"

    def _matter(self) -> str:
        """The frame is well made; what it says is wrong, or comes at a wrong time."""
        kind, stream, stream_id = self.kind, self.stream, self.stream_id
        if kind == FrameKind.PUSH_PROMISE or hasattr(self.opening, "promised_stream_id"):
            return "a pushed response, which we have disabled"
        if kind == FrameKind.SETTINGS:
            return self._setting()
        if kind == FrameKind.PRIORITY:
            return self._dependency()
        if kind in (FrameKind.HEADERS, FrameKind.CONTINUATION) and stream is not None:
            flaw = self._section(stream)
            if flaw is None and self._depends_on_itself():
                return self._dependency()
            return f"{flaw or 'a header section that must not come now'} on stream {stream_id}"
        if kind == FrameKind.DATA and stream is not None and stream.state == StreamState.AWAITING:
            return f"content on stream {stream_id} before the head of its response"
        if kind in _OF_STREAMS and stream is None:
            return f"a {self.name} frame on stream {stream_id}, which no request has opened"
        return f"a {self.name} frame on {self._place()} that must not come there now"

    def _setting(self) -> str:
        whole = self.length - self.length % _SETTING
        for code, value in _settings(self.frame[HEADER_LENGTH : HEADER_LENGTH + whole]):
            lowest, highest = _RIGHT_SETTINGS.get(code, (0, value))
            if not lowest <= value <= highest:
                right = f"{lowest} to {highest}" if lowest != highest else f"{lowest}"
                return f"the setting {SettingCodes(code).name} with {value}, where {right} is right"
        return "a SETTINGS frame with a value that is not allowed"

    def _section(self, stream: Stream) -> str | None:
        """A header section that could be unpacked; `None` when nothing is wrong with what is in it."""
        status = next((value for name, value in self.fields if name == b":status"), None)
        is_interim = status is not None and status.startswith(b"1")
        is_last = self._ends_stream()
        if stream.state != StreamState.AWAITING:
            pseudo = next((name for name, _ in self.fields if name[:1] == b":"), None)
            if is_last and pseudo is not None:
                return f"the pseudo-header field {_shown(pseudo)} in a trailer section"
            if status is not None:
                return (
                    "an interim response after the final one"
                    if is_interim
                    else "a second final response"
                )
        flaw = _flaw(self.fields)
        if flaw is not None:
            return flaw
        if stream.state == StreamState.AWAITING and status is None:
            return "a response without :status"
        if is_interim:
            return "the end of the stream with an interim response" if is_last else None
        if stream.state != StreamState.AWAITING and not is_last:
            return "trailers without the end of the stream"
        return None

    def _ends_stream(self) -> bool:
        if self.opening is not None:
            return "END_STREAM" in self.opening.flags
        return bool(self.flags & _END_STREAM)

    def _depends_on_itself(self) -> bool:
        """Whether a header section has a stream dependency, and it is its own stream (RFC 9113, 5.3.1 and 6.2)."""
        opening = self.opening
        if opening is not None:
            return "PRIORITY" in opening.flags and opening.depends_on == self.stream_id  # type: ignore[union-attr]  # a promise has no such flag
        start = HEADER_LENGTH + bool(self.flags & _PADDED)
        parent = int.from_bytes(self.frame[start : start + 4], "big") & _LARGEST_WINDOW
        return bool(self.flags & _PRIORITY) and parent == self.stream_id

    def _dependency(self) -> str:
        return f"a priority that makes stream {self.stream_id} depend on itself"

    def _place(self) -> str:
        return f"stream {self.stream_id}" if self.stream_id else "the connection"


def _name_of_kind(kind: int) -> str:
    """The name of a frame's type."""
    return FrameKind(kind).name if kind <= FrameKind.CONTINUATION else f"type {kind}"


def _flaw(fields: Sequence[tuple[bytes, bytes]]) -> str | None:
    """What HTTP/2 does not allow in these fields; `None` when that is not to be seen."""
    lengths: set[bytes] = set()
    seen: set[bytes] = set()
    for name, value in fields:
        flaw = _flaw_of_field(name, value)
        if flaw is None and name[:1] == b":":
            if name in seen:
                flaw = "which is there twice"
            elif any(earlier[:1] != b":" for earlier in seen):
                flaw = "which does not stand before all others"
            elif name != b":status":
                flaw = "which a response does not have"
        elif name == b"content-length":
            lengths.add(value)
            if not value.isdigit():
                flaw = f"which is {_shown(value)} and no number"
            elif len(lengths) > 1:
                flaw = "which is there twice, with different numbers"
        if flaw is not None:
            return f"the field {_shown(name)}, {flaw},"
        seen.add(name)
    return None


def _flaw_of_field(name: bytes, value: bytes) -> str | None:
    if not name:
        return "which has no name"
    if name != name.lower():
        return "whose name is not in lower case"
    if not _NAME.issuperset(name) or b":" in name[1:]:
        return "whose name has an illegal character"
    if not _FORBIDDEN_IN_VALUES.isdisjoint(value):
        return "whose value has a NUL, CR or LF in it"
    if value != value.strip(b" \t"):
        return "whose value begins or ends with white space"
    if name in _OF_HTTP_1:
        return "which only HTTP/1.1 has"
    if name == b"te" and value.lower() != b"trailers":
        return "which may say nothing but trailers"
    return None


def _shown(data: bytes) -> str:
    return repr(data if len(data) <= _SHOWN else data[:_SHOWN] + b"...")
