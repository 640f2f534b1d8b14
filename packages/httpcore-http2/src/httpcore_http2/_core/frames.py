"""Cutting the incoming bytes into frames (RFC 9113, 4.1), before h2 sees them.

h2 could do that itself, but hands out nothing of what it has parsed when a later frame in the same bytes is bad, waits
for all of a frame before it looks at its length, and does not say which frame made it do what. Given one frame at a
time, it loses nothing, holds nothing that is too long, and floods can be counted by kind.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct

__all__ = ["HEADER_LENGTH", "FrameKind", "FrameSplitter", "FrameTooLarge"]

HEADER_LENGTH = 9

# Length (in two parts), kind, flags, stream identifier with the reserved bit.
_read_header = Struct(">HBBBL").unpack_from
# Length, and all that is behind it.
_read_size = Struct(">HB6s").unpack_from


class FrameKind(IntEnum):
    """The types of frames that are told apart here (RFC 9113, 6)."""

    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


class FrameTooLarge(Exception):
    """A frame is longer than we allow."""


class FrameSplitter:
    """Finds whole frames. `add` what came, then call `next` until it returns `None`.

    A frame that comes in two reads is put together by itself, in a buffer of its own: what comes behind it in the second
    read is not copied, and a read may be large.
    """

    __slots__ = ("_behind", "_max_length", "_needed", "_position", "buffer")

    def __init__(self, max_length: int) -> None:
        self.buffer: bytes | bytearray = b""
        self._position = 0
        self._needed = HEADER_LENGTH
        self._max_length = max_length
        # What was read last, and where in it to go on when the buffer is used up.
        self._behind: tuple[bytes, int] | None = None

    def add(self, data: bytes) -> None:
        """Take bytes from the network; all frames in earlier ones have been fetched by `next`."""
        buffer, position = self.buffer, self._position
        left = len(buffer) - position
        missing = self._needed - left
        if not left:
            self.buffer = data
        elif self._needed > HEADER_LENGTH and missing <= len(data):
            self.buffer = buffer[position:] + data[:missing]
            self._behind = (data, missing)
        elif left <= len(data):
            self.buffer = buffer[position:] + data
        else:
            # A bytearray grows in place, so a frame that drips in byte by byte is not copied for each of them.
            if not isinstance(buffer, bytearray):
                self.buffer = buffer = bytearray(buffer[position:])
            elif position:
                del buffer[:position]
            buffer += data
        self._position = 0

    def next(self) -> tuple[int, int, int, int, int] | None:
        """Kind, flags and stream identifier of the next whole frame, and where in `buffer` it begins and ends.

        Raises `FrameTooLarge` as soon as a header says so.
        """
        buffer, position = self.buffer, self._position
        available = len(buffer) - position
        if available < self._needed:
            if self._behind is None:
                return None
            self.buffer, self._position = buffer, position = self._behind
            self._behind = None
            available = len(buffer) - position
            if available < HEADER_LENGTH:
                return None
        high, low, kind, flags, stream_id = _read_header(buffer, position)
        length = high << 8 | low
        if length > self._max_length:
            raise FrameTooLarge(f"a frame of {length} bytes, where {self._max_length} are allowed")
        needed = HEADER_LENGTH + length
        if available < needed:
            self._needed = needed
            return None
        self._needed = HEADER_LENGTH
        self._position = end = position + needed
        return kind, flags, stream_id & 0x7FFF_FFFF, position, end

    def take_run(self, start: int, most: int) -> tuple[bytes, int]:
        """The payloads of the frame at `start`, which `next` gave last, and of those behind it that are of one kind with it.

        Same type, flags and stream, whole, not empty, and no more than `most` bytes together. Returns how many they are, too.
        """
        buffer = self.buffer
        view = memoryview(buffer)
        kind = bytes(view[start + 3 : start + HEADER_LENGTH])
        largest = self._max_length
        total = len(buffer)
        pieces: list[memoryview] = []
        position = start
        while position + HEADER_LENGTH <= total:
            high, low, same = _read_size(buffer, position)
            size = high << 8 | low
            begin = position + HEADER_LENGTH
            end = begin + size
            if same != kind or not 0 < size <= most or size > largest or end > total:
                break
            pieces.append(view[begin:end])
            most -= size
            # Most frames are as long as the one before.
            head = buffer[position:begin]
            position = end
            end += HEADER_LENGTH + size
            while size <= most and end <= total and buffer.startswith(head, position):
                pieces.append(view[position + HEADER_LENGTH : end])
                most -= size
                position = end
                end += HEADER_LENGTH + size
        if pieces:
            self._position = position
        return b"".join(pieces), len(pieces)
