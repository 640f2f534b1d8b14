"""Which requests may be sent again after a failure, and how long to wait before connecting again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import NetworkError, PlainByteStream, RemoteProtocolError

if TYPE_CHECKING:
    from httpcore_interfaces import HTTPCoreError, Request

__all__ = ["LARGEST_REFUSALS", "backoff", "can_replay", "is_replayable", "lifetime"]

_BACKOFF_FACTOR = 0.5
_BACKOFF_JITTER = 0.25
_AGE_JITTER = 0.1


# Where many callers share connections that the server ends after a number of requests, others may have used up the
# fresh connection too before this request has its turn; a server that refuses everything must be heard in the end.
_REPLAYS_OF_REFUSED = 5

#: New connections that may turn out to be of no use before a request is put on one, as when a server says goodbye at
#: once; without a limit they would be dialed for ever.
LARGEST_REFUSALS = 5


def can_replay(error: HTTPCoreError, request: Request, replays: int = 0) -> bool:
    """Whether the pool itself may send the request again, on a fresh connection, after so many `replays`.

    Once, where it had gone to a connection that was used before and died before the first byte of the response, the
    usual race with a server that closes idle connections, and where repeating it is safe; or, a few times, where the
    server has said that it did not act on it (RFC 9113, 8.7), which holds for every method and every connection. And
    only where its body can be had again.
    """
    return (
        replays < (_REPLAYS_OF_REFUSED if error.unprocessed else 1)
        and error.safe_to_retry
        and (error.unprocessed or (error.reused is True and not error.bytes_received))
        and isinstance(error, (NetworkError, RemoteProtocolError))
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


def backoff(attempt: int, chance: float = 0.0) -> float:
    """Seconds to wait before connecting again: 0, 0.5, 1, 2, 4, ... for the attempts 0, 1, 2, ... that failed.

    `chance`: from 0 to 1, takes up to a quarter off, so that those who failed together do not come again together.
    """
    if attempt == 0:
        return 0.0
    return _BACKOFF_FACTOR * 2.0 ** (attempt - 1) * (1.0 - _BACKOFF_JITTER * chance)


def lifetime(seconds: float, chance: float) -> float:
    """How long a connection may be used that was given so many seconds.

    `chance`: from 0 to 1, takes up to a tenth off, so that connections made together do not end together.
    """
    return seconds * (1.0 - _AGE_JITTER * chance)
