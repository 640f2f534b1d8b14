"""The exception tree, and the fields every exception carries.

Programs decide by class and by field, people read the sentence. So each exception has typed fields (what was being
done, to whom, how far it got, whether it may safely be repeated) and its text is made from them when it is asked for.
The room that notices a failure knows the sentence, the limit and the byte counts; the rooms above it add what they
know with `add_details()`, which never overwrites what is already there.

The names of the leaves are httpcore's, because programs catch them and HTTPX maps them one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Self, Unpack

    from ._urls import Origin

__all__ = [
    "CloseError",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionNotAvailable",
    "ErrorDetails",
    "HTTPCoreError",
    "LocalProtocolError",
    "NetworkError",
    "PoolTimeout",
    "ProtocolError",
    "ProxyError",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "StreamClosed",
    "StreamConsumed",
    "TimeoutException",
    "UnsupportedProtocol",
    "WriteError",
    "WriteTimeout",
]


class ErrorDetails(TypedDict, total=False):
    """The fields of an `HTTPCoreError`, as keyword arguments."""

    phase: str | None
    method: str | None
    origin: Origin | None
    proxy: Origin | None
    peer: str | None
    reused: bool | None
    bytes_sent: int | None
    bytes_received: int | None
    limit: float | None
    elapsed: float | None
    safe_to_retry: bool | None
    unprocessed: bool | None
    http11_required: bool | None
    attempts: tuple[tuple[str, BaseException], ...] | None


class HTTPCoreError(Exception):
    """The root of everything the house raises on purpose.

    Arguments: the sentence (or the exception it stands for), then any of the fields by keyword. Fields that nobody
    knew are `None`.

    - `phase`: what was being done, such as `"connect"`, `"write request"`, `"read response head"`.
    - `method`, `origin`, `proxy`: the request, where it was going, and through which proxy.
    - `peer`: the address at the other end of the socket.
    - `reused`: whether the connection had served an earlier request.
    - `bytes_sent`, `bytes_received`: what this request put on the wire and what came back for it.
    - `limit`, `elapsed`: for a time-out, seconds allowed and seconds waited.
    - `safe_to_retry`: `True` only when repeating the request cannot make the server act twice.
    - `unprocessed`: `True` when the server has said that it did not act on the request (RFC 9113, 8.7).
    - `http11_required`: `True` when the server has said that it takes the request over HTTP/1.1 alone (RFC 9113, 7).
    - `attempts`: for a failed connect, each address tried with its cause.

    Instances can be pickled; `__cause__` is kept by whoever raises, never suppressed.
    """

    phase: str | None = None
    method: str | None = None
    origin: Origin | None = None
    proxy: Origin | None = None
    peer: str | None = None
    reused: bool | None = None
    bytes_sent: int | None = None
    bytes_received: int | None = None
    limit: float | None = None
    elapsed: float | None = None
    safe_to_retry: bool = False
    unprocessed: bool | None = None
    http11_required: bool | None = None
    attempts: tuple[tuple[str, BaseException], ...] = ()

    default_message = "the request failed"

    def __init__(self, *args: object, **details: Unpack[ErrorDetails]) -> None:
        super().__init__(*args)
        if details:
            unknown = details.keys() - ErrorDetails.__annotations__.keys()
            if unknown:
                raise TypeError(f"{type(self).__name__} has no field named {sorted(unknown)[0]!r}")
            self.add_details(**details)

    def add_details(self, **details: Unpack[ErrorDetails]) -> Self:
        """Fill in fields that are not set yet, and return the exception itself."""
        for name, value in details.items():
            if name not in self.__dict__ and value is not None:
                self.__dict__[name] = value
        return self

    @property
    def message(self) -> str:
        """The sentence without the context, never empty."""
        if not self.args:
            return self.default_message
        return str(self.args[0]) or _name_of(self.args[0]) or self.default_message

    def __str__(self) -> str:
        context = self._context()
        return f"{self.message} ({context})" if context else self.message

    def _context(self) -> str:
        parts = []
        if self.origin is not None:
            parts.append(f"{self.method} {self.origin}" if self.method else str(self.origin))
        elif self.method is not None:
            parts.append(self.method)
        if self.proxy is not None:
            parts.append(f"through proxy {self.proxy}")
        if self.reused is not None:
            parts.append("reused connection" if self.reused else "new connection")
        if self.bytes_sent is not None:
            parts.append(f"{self.bytes_sent} bytes sent")
        if self.bytes_received is not None:
            parts.append(f"{self.bytes_received} bytes received")
        parts.extend(
            f"{address}: {_name_of(cause)} {cause}".rstrip() for address, cause in self.attempts
        )
        return ", ".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _name_of(value: object) -> str:
    return type(value).__name__ if isinstance(value, BaseException) else ""


def _rebuild(
    kind: type[HTTPCoreError], args: tuple[object, ...], fields: dict[str, Any]
) -> HTTPCoreError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(fields)
    return error


class ConnectionNotAvailable(HTTPCoreError):
    """The connection cannot take this request now; another one, or this one later, may.

    Raised before anything of the request was used up, so it is always safe to send the request elsewhere.
    """

    default_message = "the connection cannot take another request now"
    safe_to_retry = True


class ProxyError(HTTPCoreError):
    """A proxy refused or broke the handshake.

    `status`, `headers` and `body` hold what an HTTP proxy answered: its status code, its fields, and the beginning of
    its content. They are `None`, `()` and `b""` for other proxies.
    """

    default_message = "the proxy refused the connection"
    safe_to_retry = True
    status: int | None = None
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""

    def with_answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Self:
        """Attach what the proxy answered, and return the exception itself."""
        self.status, self.headers, self.body = status, headers, body
        return self


class UnsupportedProtocol(HTTPCoreError):
    """The URL's scheme is missing, or is not one that this transport speaks."""

    default_message = "the URL has no scheme that this transport speaks"


class ProtocolError(HTTPCoreError):
    """One of the two sides broke the protocol."""

    default_message = "the protocol was broken"


class RemoteProtocolError(ProtocolError):
    """The server broke the protocol, or ended the connection in the middle of a message."""

    default_message = "the server broke the protocol"


class LocalProtocolError(ProtocolError):
    """The request cannot be sent as it is; nothing of it reached the server unless `bytes_sent` says so."""

    default_message = "the request cannot be sent as it is"


class TimeoutException(HTTPCoreError):
    """One of the limits in the `timeout` extension ran out; `limit` and `elapsed` are in seconds."""

    default_message = "the time allowed ran out"


class PoolTimeout(TimeoutException):
    """No connection, and no HTTP/2 stream, became free in time. Nothing was sent."""

    default_message = "no connection became free in time"
    safe_to_retry = True


class ConnectTimeout(TimeoutException):
    """The way to the peer (resolving, TCP, proxy steps, TLS) took too long. Nothing of the request was sent."""

    default_message = "connecting took too long"
    safe_to_retry = True


class ReadTimeout(TimeoutException):
    """The server sent nothing useful for this request in time."""

    default_message = "the server sent nothing in time"


class WriteTimeout(TimeoutException):
    """The server did not take the request in time."""

    default_message = "the server did not take the request in time"


class NetworkError(HTTPCoreError):
    """The operating system, or TLS, reported a failure of the connection."""

    default_message = "the network failed"


class ConnectError(NetworkError):
    """No connection could be made; `attempts` lists each address with its cause. Nothing of the request was sent."""

    default_message = "no connection could be made"
    safe_to_retry = True


class ReadError(NetworkError):
    """The connection failed while reading."""

    default_message = "the connection failed while reading"


class WriteError(NetworkError):
    """The connection failed while writing."""

    default_message = "the connection failed while writing"


class CloseError(NetworkError):
    """The connection failed while closing. Kept for programs that catch it; closing does not raise."""

    default_message = "the connection failed while closing"


class StreamConsumed(HTTPCoreError, RuntimeError):
    """A body that can be read once was read a second time."""

    default_message = "the body was already read; read it once and keep what you need"


class StreamClosed(HTTPCoreError, RuntimeError):
    """A body was read after it was closed."""

    default_message = "the body was closed before it was read to its end"
