"""Cutting the incoming bytes into frames (RFC 9113, 4.1), before h2 sees them.

h2 could do that itself, but hands out nothing of what it has parsed when a later frame in the same bytes is bad, waits
for all of a frame before it looks at its length, and does not say which frame made it do what. Given one frame at a
time, it loses nothing, holds nothing that is too long, and floods can be counted by kind.
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["HEADER_LENGTH", "FrameKind", "FrameSplitter", "FrameTooLarge"]

HEADER_LENGTH = 9


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
    """Gives whole frames as `bytes`, header included. `add` what came, then call `next` until it returns `None`."""

    __slots__ = ("_buffer", "_max_length", "_needed", "_position")

    def __init__(self, max_length: int) -> None:
        self._buffer: bytes | bytearray = b""
        self._position = 0
        self._needed = HEADER_LENGTH
        self._max_length = max_length

    def add(self, data: bytes) -> None:
        """Take bytes from the network; all frames in earlier ones have been fetched by `next`."""
        if self._position == len(self._buffer):
            self._buffer = data
        else:
            # A bytearray grows in place, so a frame that drips in byte by byte is not copied for each of them.
            if not isinstance(self._buffer, bytearray):
                self._buffer = bytearray(self._buffer[self._position :])
            elif self._position:
                del self._buffer[: self._position]
            self._buffer += data
        self._position = 0

    def next(self) -> bytes | None:
        """The next whole frame. Raises `FrameTooLarge` as soon as a header says so."""
        available = len(self._buffer) - self._position
        if available < self._needed:
            return None
        position = self._position
        length = int.from_bytes(self._buffer[position : position + 3], "big")
        if length > self._max_length:
            raise FrameTooLarge(f"a frame of {length} bytes, where {self._max_length} are allowed")
        end = position + HEADER_LENGTH + length
        if end > len(self._buffer):
            self._needed = HEADER_LENGTH + length
            return None
        self._needed = HEADER_LENGTH
        self._position = end
        return bytes(self._buffer[position:end])
