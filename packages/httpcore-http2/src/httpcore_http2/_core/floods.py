"""How much a server may keep us busy without getting anywhere (RFC 9113, 10.5).

Frames that bring no request forward cost a token: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA, frames of unknown
types, frames for streams that are gone; and more the longer they are. Tokens come back with time, and with everything
that such frames usually come along with: requests we open, content that arrives, content that we send. An honest server
never gets near the end; one that floods does within milliseconds, and the connection ends with ENHANCE_YOUR_CALM.
"""

from __future__ import annotations

from .frames import HEADER_LENGTH, FrameKind

__all__ = ["FloodGuard"]

# Tokens.
_CAPACITY = 2000.0
_PER_SECOND = 200.0
_PER_REQUEST = 20.0
# Servers give credit for an upload in steps as small as 1 KiB, for the stream and for the connection.
_PER_DATA_SENT = 40.0
_PER_DATA_RECEIVED = 1.0

# Bytes that may come with a token, in frames that lead nowhere; and bytes of content that, coming late, are no abuse.
_BYTES = 1024

_END_STREAM = 0x1
_PADDED = 0x8
_COSTS: dict[int, float] = {FrameKind.SETTINGS: 5.0}
# Their length is bounded elsewhere, and compression needs to see them all.
_HEAD_KINDS = frozenset([FrameKind.HEADERS, FrameKind.PUSH_PROMISE, FrameKind.CONTINUATION])


class FloodGuard:
    """A bucket of tokens for one connection. Time is seconds on any steady clock."""

    __slots__ = ("_last", "tokens")

    def __init__(self) -> None:
        self.tokens = _CAPACITY
        self._last: float | None = None

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self._last is not None:
            self._add((now - self._last) * _PER_SECOND)
        self._last = now

    def opened_request(self) -> None:
        """We have opened a stream."""
        self._add(_PER_REQUEST)

    def sent_data(self, frames: int) -> None:
        """We have sent so many DATA frames."""
        self._add(_PER_DATA_SENT * frames)

    def received_data(self, frames: int) -> None:
        """So many DATA frames have come that had content."""
        self._add(_PER_DATA_RECEIVED * frames)

    def allows(self, frame: bytes, *, is_wanted: bool = True) -> bool:
        """Whether this frame may still be looked at; `is_wanted`: whether its stream, if it has one, is not gone."""
        kind = frame[3]
        cost = _COSTS.get(kind, 1.0)
        if kind == FrameKind.DATA:
            content = _content_length(frame)
            if not is_wanted:
                cost = max(0.0, 1.0 - content / _BYTES)
            elif content > 0:
                self._add(_PER_DATA_RECEIVED)
                return True
            elif frame[4] & _END_STREAM:
                return True
        elif kind not in _HEAD_KINDS:
            cost += len(frame) // _BYTES
        self.tokens -= cost
        return self.tokens > 0.0

    def _add(self, tokens: float) -> None:
        self.tokens = min(_CAPACITY, self.tokens + tokens)


def _content_length(frame: bytes) -> int:
    """Bytes of content in a DATA frame, without padding; 0 or less when there is none."""
    length = len(frame) - HEADER_LENGTH
    if frame[4] & _PADDED and length:
        length -= 1 + frame[HEADER_LENGTH]
    return length
