"""One request's stream as its caller sees it: what has come for it, what it may still send, and who waits for which.

Body bytes lie here until the caller takes them. How many may lie here is the stream's window, so memory is bounded by
what we have granted; what is taken is credited back in halves of the window, not frame by frame.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from .settings import STREAM_WINDOW
from .states import STREAM, StreamInput, StreamState

if TYPE_CHECKING:
    from httpcore_interfaces import Fields

    from .failures import Failure
    from .outbox import Unparkable

__all__ = ["Stream", "Wanted"]

# Chunks shorter than this are gathered: a server that sends byte by byte would otherwise cost an object for each.
_SMALL = 1024
_GATHERED = 16 * 1024


class Wanted(IntEnum):
    """What somebody waits for."""

    HEAD = 0
    BODY = 1
    WINDOW = 2


# By names of their own: in Python 3.11 it takes ten times as long to find a member of an enumeration in its class.
_AWAITING = StreamState.AWAITING
_RECEIVING = StreamState.RECEIVING
_COMPLETE = StreamState.COMPLETE
_WANTS_HEAD = Wanted.HEAD


class Stream:
    """The state of one stream. Changed by the engine alone."""

    __slots__ = (
        "bytes_received",
        "bytes_sent",
        "chunks",
        "expected",
        "failure",
        "fields",
        "interims",
        "is_duplex",
        "is_head",
        "is_plain",
        "is_reset",
        "is_sent",
        "lying",
        "news",
        "news_size",
        "parked",
        "received",
        "sent",
        "start",
        "state",
        "status",
        "stream_id",
        "taken",
        "to_send",
        "trailers",
        "window",
    )

    def __init__(
        self,
        stream_id: int,
        start: int,
        to_send: int | None,
        *,
        is_duplex: bool = False,
        is_head: bool = False,
        wants_news: bool = False,
    ) -> None:
        self.stream_id = stream_id
        self.state = _AWAITING
        # Whether h2 has not been told of it.
        self.is_plain = True
        # The response: what was asked for by HEAD has no content. Bytes of content that came, and that were promised.
        self.is_head = is_head
        self.received = 0
        self.expected: int | None = None
        self.status = 0
        self.fields: Fields = []
        self.chunks: list[bytes | bytearray] = []
        self.trailers: Fields | None = None
        self.failure: Failure | None = None
        # Interim responses: how many have come, and, where somebody wants to hear of them, those not yet told of, with
        # the bytes of all so far, counted as a header section's.
        self.interims = 0
        self.news: list[tuple[int, Fields]] | None = [] if wants_news else None
        self.news_size = 0
        # The request: whether it is one side of a conversation, which goes on when the other side has ended; whether
        # END_STREAM is queued; whether the server wants no more of it.
        self.is_duplex = is_duplex
        self.is_sent = False
        self.is_reset = False
        self.to_send = to_send
        self.sent = 0
        # Flow control in our direction, in bytes as RFC 9113, 6.9.1 counts them, padding included.
        self.window = STREAM_WINDOW
        self.lying = 0
        self.taken = 0
        # For exceptions: the position in the outbox where the request begins, and sums.
        self.start = start
        self.bytes_sent = 0
        self.bytes_received = 0
        self.parked: dict[Unparkable, Wanted] = {}

    def advance(self, event: StreamInput) -> None:
        """Move on in the table."""
        self.state = STREAM[self.state, event]

    @property
    def wants_upload(self) -> bool:
        """Whether the server still takes the request's body."""
        return not self.is_reset and (
            self.state <= _RECEIVING or (self.is_duplex and self.state == _COMPLETE)
        )

    @property
    def is_over(self) -> bool:
        """Whether both sides have ended it."""
        return self.state == _COMPLETE and self.is_sent

    def has(self, wanted: Wanted) -> bool:
        """Whether there is no need to wait for head or body: it is there, or will never come.

        For whoever wants to hear of them, interim responses are worth an end of the wait for the head.
        """
        if self.state >= _COMPLETE:
            return True
        return bool((self.status or self.news) if wanted == _WANTS_HEAD else self.chunks)

    def put(self, data: bytes, counted: int) -> None:
        """Take in a DATA frame: its content, and what it counts for flow control."""
        if not data:
            self.taken += counted
            return
        self.lying += counted
        chunks = self.chunks
        if len(data) < _SMALL and chunks:
            last = chunks[-1]
            if len(last) < _GATHERED:
                if type(last) is not bytearray:
                    chunks[-1] = last = bytearray(last)
                last += data
                return
        chunks.append(data)

    def take(self) -> bytes:
        """All of the body that lies here."""
        chunks = self.chunks
        if not chunks:
            return b""
        data = bytes(chunks[0]) if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self.taken += self.lying
        self.lying = 0
        return data
