"""The request face: `Request` in, `Response` out; and what a pool may ask of a connection."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from .._messages import Response, prepared_request
from .byte_streams import CLOSED, UNREAD, AsyncWholeByteStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, MutableMapping
    from typing import Any

    from .._extensions import Timeouts
    from .._fields import Fields
    from .._messages import Request
    from .._types import ContentTypes, HeaderTypes
    from .._urls import URL, Origin
    from .byte_streams import AsyncByteStream

__all__ = [
    "AsyncConnectionInterface",
    "AsyncConnectionObserver",
    "AsyncRequestInterface",
    "async_whole_response",
]

_new = object.__new__
_from_wire = Response.from_wire


def async_whole_response(
    status: int, headers: Fields, content: bytes, extensions: MutableMapping[str, Any]
) -> Response:
    """`Response.from_wire` for a response that is all here, of an exchange that is over. To be read once, as any other.

    For a request that `reads_whole`: `request()` need not ask its body for one piece after the other.
    """
    body = _new(AsyncWholeByteStream)
    body._content = content
    body._state = UNREAD
    return _from_wire(status, headers, body, extensions)


class AsyncRequestInterface:
    """Anything that turns a `Request` into a `Response`.

    Implement `handle_async_request`; `request` and `stream` are conveniences made of it.
    """

    __slots__ = ()

    async def request(
        self,
        method: bytes | str,
        url: URL | bytes | str,
        *,
        headers: HeaderTypes = None,
        content: ContentTypes = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> Response:
        """Send a request, read the response to its end, and return it.

        `Host`, and `Content-Length` or `Transfer-Encoding`, are added where they are absent. Raises what
        `handle_async_request` raises.
        """
        request = prepared_request(method, url, headers, content, extensions)
        request.reads_whole = True
        response = await self.handle_async_request(request)
        if type(response) is Response:
            body = response.stream
            if type(body) is AsyncWholeByteStream and body._state == UNREAD:
                # What reading and closing it come to, in fewer steps.
                response._content = body._content
                response._closed = True
                body._state = CLOSED
                return response
        try:
            await response.aread()
        finally:
            await response.aclose()
        return response

    @asynccontextmanager
    async def stream(
        self,
        method: bytes | str,
        url: URL | bytes | str,
        *,
        headers: HeaderTypes = None,
        content: ContentTypes = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> AsyncIterator[Response]:
        """As `request`, for use with `async with`: the body is still to be read, and is closed at the end."""
        response = await self.handle_async_request(
            prepared_request(method, url, headers, content, extensions)
        )
        try:
            yield response
        finally:
            await response.aclose()

    async def handle_async_request(self, request: Request) -> Response:
        """Send `request` exactly as it is and return the response, whose body is still to be read.

        The response must be read to its end or closed. Raises `HTTPCoreError`.
        """
        raise NotImplementedError


class AsyncConnectionObserver(Protocol):
    """Who is told when a connection's capacity changes: the pool. One observer belongs to one connection.

    The methods that are not coroutines only change state; they never wait and never raise.
    """

    def exchange_ended(self, limit: int) -> bool:
        """One exchange is over, and the connection's state already says what that means for it.

        `limit`: how many requests may be under way from now on, as `stream_limit()`.
        Returns whether something is waiting to be closed, this connection perhaps; then await `aclose_dropped()`.
        """

    def capacity_changed(self) -> None:
        """`stream_limit()` or `is_closed()` now answers differently, and no exchange has ended."""

    def response_dropped(self, body: AsyncByteStream) -> None:
        """A response was collected with its `body` neither read to its end nor closed.

        Called by a finalizer, in any thread and between any two lines of anybody: take no lock, and leave it to another
        to call `body.aclose()`, which ends the exchange.
        """

    async def aclose_dropped(self) -> None:
        """Close what the pool has dropped."""


class AsyncConnectionInterface(AsyncRequestInterface):
    """One connection to one origin, as a pool sees it.

    The questions never block. `exchange`, `stream_limit` and `observe` are how the house's own pool talks to a
    connection; the answers given here suit a connection that serves one request at a time.
    """

    __slots__ = ()

    async def exchange(self, request: Request, timeouts: Timeouts) -> Response:
        """`handle_async_request` for a caller that has validated the request and read its time-outs already.

        A `ConnectionNotAvailable` without `bytes_sent` says that the exchange has not begun, and the observer is told
        nothing: all streams are in use, say, or the connection `has_expired()`, which it is for this method to ask. Any
        other error, also one that the request's content or callbacks raise, ends the exchange: the observer is told, and
        an `HTTPCoreError` has its `bytes_sent`.
        """
        return await self.handle_async_request(request)

    def observe(self, observer: AsyncConnectionObserver) -> None:
        """From now on tell `observer`, which replaces an earlier one."""
        raise NotImplementedError

    def stream_limit(self) -> int:
        """How many requests may be under way at once; 0 when the connection takes no more."""
        return 0 if self.is_closed() else 1

    async def aclose(self) -> None:
        """Close at once; requests under way end with an error."""
        raise NotImplementedError

    def info(self) -> str:
        """The connection in a few words, for people."""
        raise NotImplementedError

    def can_handle_request(self, origin: Origin) -> bool:
        """Whether it leads to this origin."""
        raise NotImplementedError

    def is_available(self) -> bool:
        """Whether it can take a request now."""
        raise NotImplementedError

    def has_expired(self) -> bool:
        """Whether an idle connection has become useless: too old, closed by the server, or with bytes nobody asked for."""
        raise NotImplementedError

    def is_idle(self) -> bool:
        """Whether it is open and serves no request."""
        raise NotImplementedError

    def is_closed(self) -> bool:
        """Whether it is closed for good."""
        raise NotImplementedError
