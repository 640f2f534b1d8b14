"""Which requests may be sent again after a failure, and how long to wait before connecting again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import PlainByteStream, TimeoutException

if TYPE_CHECKING:
    from httpcore_interfaces import HTTPCoreError, Request

__all__ = ["backoff", "can_replay", "is_replayable"]

_BACKOFF_FACTOR = 0.5


def can_replay(error: HTTPCoreError, request: Request) -> bool:
    """Whether the pool itself may send the request again, once, on a fresh connection.

    Only where it had gone to a connection that was used before and died before the first byte of the response, the
    usual race with a server that closes idle connections; where repeating it is safe; and where its body can be had
    again.
    """
    return (
        error.safe_to_retry
        and error.reused is True
        and not error.bytes_received
        and not isinstance(error, TimeoutException)
        and is_replayable(request)
    )


def is_replayable(request: Request) -> bool:
    """Whether the request's body can be produced a second time.

    True for bytes and sequences, and for streams that can be iterated in both worlds: these hold their content, while
    those made from an iterator belong to one.
    """
    stream = request.stream
    return isinstance(stream, (PlainByteStream, list, tuple)) or (
        hasattr(stream, "__iter__")
        and hasattr(stream, "__aiter__")
        and not hasattr(stream, "__next__")
        and not hasattr(stream, "__anext__")
    )


def backoff(attempt: int) -> float:
    """Seconds to wait before connecting again: 0, 0.5, 1, 2, 4, ... for the attempts 0, 1, 2, ... that failed."""
    return 0.0 if attempt == 0 else _BACKOFF_FACTOR * 2.0 ** (attempt - 1)
