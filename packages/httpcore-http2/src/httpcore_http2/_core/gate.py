"""What a frame must pass before h2 sees it: the rules that h2 does not have, or keeps too late.

h2 gathers a header section however large until it is whole, remembers settings and frames of types that mean nothing
here, and lets frames pass on streams that nobody has opened, or before a server has said that it is one. None of that is
of use to anybody but an attacker.
"""

from __future__ import annotations

import h2.exceptions

from .frames import HEADER_LENGTH, FrameKind
from .settings import MAX_HEADER_LIST_SIZE, MAX_SETTINGS

__all__ = ["Gate"]

_HEADERS = int(FrameKind.HEADERS)
_SETTINGS = int(FrameKind.SETTINGS)
_GOAWAY = int(FrameKind.GOAWAY)
_CONTINUATION = int(FrameKind.CONTINUATION)

_ACK = 0x1
_END_HEADERS = 0x4

_SETTING_LENGTH = 6

# On a stream that is idle, these are errors (RFC 9113, 5.1); what is left is PRIORITY, which means nothing any more.
_NEED_A_STREAM = frozenset(
    [FrameKind.DATA, FrameKind.HEADERS, FrameKind.RST_STREAM, FrameKind.WINDOW_UPDATE]
)
_OPENS_BLOCK = frozenset([_HEADERS, int(FrameKind.PUSH_PROMISE)])

# A field takes fewer bytes in a block than it counts in a list (RFC 9113, 6.5.2); the rest is for padding and the like.
_LARGEST_BLOCK = MAX_HEADER_LIST_SIZE + 1024


class Gate:
    """The rules, and how far a header section has come that is sent in parts.

    `is_narrow`: whether every frame must come through here, at first and in a header section.
    """

    __slots__ = ("_block", "is_narrow", "is_new")

    def __init__(self) -> None:
        self.is_new = True
        self.is_narrow = True
        self._block = 0

    def admits(self, kind: int, flags: int, stream_id: int, length: int, highest: int) -> bool:
        """Whether a frame of so many bytes says anything; `highest` is the last stream that we have opened.

        Raises h2's exceptions.
        """
        if self.is_narrow:
            if self.is_new:
                self._greet(kind, flags)
            elif kind == _CONTINUATION:
                self._gather(flags, length)
                return True
            else:
                # It is for h2 to say what is broken off.
                return True
        if kind in _NEED_A_STREAM and (stream_id > highest or (stream_id and not stream_id & 1)):
            raise h2.exceptions.ProtocolError(
                f"a {FrameKind(kind).name} frame on stream {stream_id}, which no request has opened"
            )
        if kind in _OPENS_BLOCK:
            self._block = 0
            self._gather(flags, length)
        elif kind == _SETTINGS:
            _check_settings(flags, length - HEADER_LENGTH)
        elif kind == _CONTINUATION:
            raise h2.exceptions.ProtocolError("a CONTINUATION frame that continues nothing")
        # Extensions that were not asked for are passed over (RFC 9113, 5.5).
        return kind <= _CONTINUATION

    def _greet(self, kind: int, flags: int) -> None:
        """Take the first frame (RFC 9113, 3.4). A server that has no time for us may say only that."""
        if kind == _GOAWAY:
            return
        if kind != _SETTINGS or flags & _ACK:
            name = FrameKind(kind).name if kind <= _CONTINUATION else "unknown"
            raise h2.exceptions.ProtocolError(f"a frame, {name}, where SETTINGS must come first")
        self.is_new = self.is_narrow = False

    def _gather(self, flags: int, length: int) -> None:
        self.is_narrow = not flags & _END_HEADERS
        self._block += length - HEADER_LENGTH
        if self._block > _LARGEST_BLOCK:
            raise h2.exceptions.DenialOfServiceError(
                f"a header section of more than {MAX_HEADER_LIST_SIZE} bytes"
            )


def _check_settings(flags: int, length: int) -> None:
    if flags & _ACK and length:
        raise h2.exceptions.FrameTooLargeError(
            f"an acknowledgement of SETTINGS with {length} bytes, where there must be none"
        )
    if length > MAX_SETTINGS * _SETTING_LENGTH:
        raise h2.exceptions.DenialOfServiceError(f"more than {MAX_SETTINGS} settings in one frame")
