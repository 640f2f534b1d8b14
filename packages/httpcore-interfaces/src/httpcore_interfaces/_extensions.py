"""The keys of the `extensions` dictionaries, and the one reader of the time-outs among them.

Extensions are open: any key may be there, unknown ones are passed on untouched. The keys that the house itself reads or
writes are typed here, and `Timeouts` is the only code that reads `extensions["timeout"]`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypedDict, cast

from ._exceptions import TimeoutException

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from ._async.network import AsyncNetworkStream
    from ._fields import Fields
    from ._sync.network import NetworkStream

__all__ = [
    "AsyncTraceCallback",
    "RequestExtensions",
    "ResponseExtensions",
    "TimeoutExtension",
    "Timeouts",
    "TraceCallback",
    "checked_answer",
    "checked_async_answer",
]

monotonic = time.monotonic


class TimeoutExtension(TypedDict, total=False):
    """Limits in seconds; a key that is absent or `None` sets no limit, `0` allows no waiting at all.

    - `connect`: the way to the peer: resolving, TCP, proxy steps, TLS.
    - `read`: each wait for the server's next useful bytes.
    - `write`: each wait for the server to take bytes.
    - `pool`: all waiting for a connection or an HTTP/2 stream.
    - `total`: from asking the pool to the last byte of the body.
    """

    connect: float | None
    read: float | None
    write: float | None
    pool: float | None
    total: float | None


class TraceCallback(Protocol):
    """Called with an event's name, such as `"connection.connect_tcp.started"`, and its details."""

    def __call__(self, name: str, info: dict[str, Any], /) -> None: ...


class AsyncTraceCallback(Protocol):
    """The asynchronous form of `TraceCallback`: a coroutine function."""

    def __call__(self, name: str, info: dict[str, Any], /) -> Awaitable[None]: ...


class RequestExtensions(TypedDict, total=False):
    """What a caller may ask for besides method, URL, fields and content.

    - `timeout`: see `TimeoutExtension`.
    - `trace`: a callback for the steps of the request.
    - `sni_hostname`: the server name to ask for, and to verify, in TLS.
    - `uds`: the Unix domain socket to connect to, instead of the first stop on the way.
    - `target`: the request target to send instead of the URL's path and query.
    - `trailers`: trailer fields to send after the content, or a function that gives them then.
    - `informational`: called with status and fields of every 1xx response; a coroutine function in an asynchronous
      request, and a plain one in a synchronous request, else the request fails with `TypeError` when one comes.
    - `duplex`: `True` for an HTTP/2 request whose content is written while the response is read, through the
      response's `network_stream`.
    - `protocol`: the protocol that an extended CONNECT over HTTP/2 asks for (RFC 8441), such as `b"websocket"`.
    """

    timeout: TimeoutExtension
    trace: TraceCallback | AsyncTraceCallback
    sni_hostname: str | bytes
    uds: str
    target: bytes | str
    trailers: Fields | Callable[[], Fields]
    informational: Callable[[int, Fields], Awaitable[None] | None]
    duplex: bool
    protocol: bytes


class ResponseExtensions(TypedDict, total=False):
    """What a response says besides status, fields and content.

    - `http_version`: `b"HTTP/1.1"`, `b"HTTP/1.0"` or `b"HTTP/2"`.
    - `reason_phrase`: HTTP/1's reason phrase, maybe empty; absent in HTTP/2.
    - `network_stream`: the stream beneath, for `CONNECT`, `Upgrade` and for asking about the socket.
    - `stream_id`: HTTP/2's stream identifier.
    - `trailers`: the trailer fields, there once the body has been read to its end.
    - `skipped_fields`: lines of the head that a lenient HTTP/1.1 connection left out.
    - `unannounced_end`: `True` when a lenient HTTP/1.1 connection has taken a body for whole although nothing but the end of the
      connection ended it, and TLS did not announce that; there once the body has been read to its end.
    """

    http_version: bytes
    reason_phrase: bytes
    network_stream: NetworkStream | AsyncNetworkStream
    stream_id: int
    trailers: Fields
    skipped_fields: list[bytes]
    unannounced_end: bool


class Timeouts:
    """The limits of one request, read once; `total` has become a deadline on `time.monotonic()`.

    Attributes are seconds or `None`. `Timeouts.of(extensions)` starts the clock of `total`, so make it when the request
    enters, and hand it on. `pool` is one limit on all waits of the request for a connection; `waited` is what of it they
    have used up so far.
    """

    __slots__ = ("connect", "deadline", "pool", "read", "total", "waited", "write")

    def __init__(
        self,
        *,
        connect: float | None = None,
        read: float | None = None,
        write: float | None = None,
        pool: float | None = None,
        total: float | None = None,
    ) -> None:
        self.connect = connect
        self.read = read
        self.write = write
        self.pool = pool
        self.total = total
        self.deadline = None if total is None else monotonic() + total
        self.waited = 0.0

    @classmethod
    def of(cls, extensions: Mapping[str, Any]) -> Timeouts:
        """Read `extensions["timeout"]`.

        Raises `TypeError` when it is not a mapping or a limit is not a number, `ValueError` for a negative limit or NaN.
        Infinity is the same as `None`.
        """
        given = extensions.get("timeout")
        if given is None:
            return _NO_LIMITS
        get = getattr(given, "get", None)
        if get is None:
            raise TypeError(
                f"the timeout extension must be a mapping such as {{'connect': 5.0, 'read': 5.0}}, "
                f"but got {type(given).__name__}"
            )
        limits = (get("connect"), get("read"), get("write"), get("pool"), get("total"))
        # Programs have few sets of limits and send many requests. What equals a number that was checked may be `True`.
        if not _PLAIN_TYPES.issuperset(map(type, limits)) or limits not in _known_limits:
            limits = _checked_limits(limits)
        self = cls.__new__(cls)
        self.connect, self.read, self.write, self.pool, total = limits
        self.total = total
        self.deadline = None if total is None else monotonic() + total
        self.waited = 0.0
        return self

    def bounded(self, limit: float | None) -> float | None:
        """The given limit, or what is left of `total` if that is less; never negative."""
        if self.deadline is None:
            return limit
        left = self.deadline - monotonic()
        if left <= 0.0:
            return 0.0
        return left if limit is None or left < limit else limit

    def blame_total(self, error: BaseException) -> None:
        """Let a time-out that came because `total` was over say so, whatever was being waited for.

        Its class stays, for that tells what was.
        """
        deadline, total = self.deadline, self.total
        # Clocks of event loops are not all equally fine.
        if (
            deadline is None
            or total is None
            or not isinstance(error, TimeoutException)
            or monotonic() < deadline - _CLOCK_SECONDS
        ):
            return
        what = error.message.partition(";")[0]
        error.args = (
            f"total timeout: {total:.3g} s were over ({what}); raise the total timeout if the request needs longer",
        )
        error.limit = total


_INF = float("inf")
_CLOCK_SECONDS = 0.001


def _checked(name: str, value: object) -> float | None:
    if value is None or (type(value) is float and 0.0 <= value < _INF):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(
            f"the {name} timeout must be a number of seconds or None, but got {type(value).__name__}"
        )
    if not value >= 0:
        raise ValueError(
            f"the {name} timeout must not be negative or NaN, but got {value!r}; use None for no limit"
        )
    return None if value == _INF else float(value)


_NO_LIMITS = Timeouts()

_Limits: TypeAlias = "tuple[float | None, float | None, float | None, float | None, float | None]"

# Sets of limits that were checked, up to a bound.
_known_limits: set[_Limits] = set()
_KNOWN_LIMIT = 64
_PLAIN_TYPES = frozenset((float, int, type(None)))


def _checked_limits(limits: tuple[Any, Any, Any, Any, Any]) -> _Limits:
    connect, read, write, pool, total = limits
    checked = (
        _checked("connect", connect),
        _checked("read", read),
        _checked("write", write),
        _checked("pool", pool),
        _checked("total", total),
    )
    if len(_known_limits) < _KNOWN_LIMIT:
        _known_limits.add(checked)
    return checked


def checked_async_answer(answer: object, name: str) -> Awaitable[None]:
    """What the callback of an asynchronous request returned, if it can be awaited; `name` is the extension's.

    Raises `TypeError`.
    """
    if not hasattr(answer, "__await__"):
        raise TypeError(
            f"the {name} callback of an asynchronous request must be a coroutine function, but it returned "
            f"{type(answer).__name__}; write `async def`"
        )
    return cast("Awaitable[None]", answer)


def checked_answer(answer: object, name: str) -> None:
    """What the callback of a synchronous request returned must not be a coroutine, which nobody would run.

    `name` is the extension's. Raises `TypeError`.
    """
    if hasattr(answer, "__await__"):
        close = getattr(answer, "close", None)
        if close is not None:
            close()
        raise TypeError(
            f"the {name} callback of a synchronous request must be a plain function, not a coroutine function; "
            "write `def`"
        )
