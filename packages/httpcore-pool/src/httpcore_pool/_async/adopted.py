"""Connections that somebody else makes: a pool's `create_connection` can be overridden, and its results are adopted.

Such a connection knows `handle_async_request` and the questions, and nothing of observers. It dials in its first request,
and how many requests it carries shows only as it goes. Here it gets what the pool needs of a connection, with the
pool's guarantees: a place is given back exactly once, whatever the connection does; after an error it gets no more
requests; what it says is not believed where that could cost a place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import (
    AsyncByteStream,
    AsyncConnectionInterface,
    ConnectionNotAvailable,
    Response,
    StreamClosed,
)

from .._lives import forget_stream
from .connection import AsyncHTTPConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Any

    from httpcore_interfaces import AsyncConnectionObserver, Origin, Request, Timeouts

    from .._core.settings import Settings

__all__ = ["AsyncAdoptedConnection"]


class AsyncAdoptedConnection(AsyncHTTPConnection):
    """What the pool holds in place of a connection of another make."""

    __slots__ = ("made",)

    made: AsyncConnectionInterface

    @classmethod
    def around(
        cls, made: AsyncConnectionInterface, origin: Origin, settings: Settings[Any]
    ) -> AsyncAdoptedConnection:
        """Adopt `made`. Raises `TypeError` for what is no connection."""
        if not hasattr(made, "handle_async_request"):
            raise TypeError(
                f"create_connection() must return a connection, but returned {type(made).__name__}"
            )
        self = cls.of(origin, settings)
        self.made = made
        self.protocol = _Protocol(made)
        return self

    async def connect(self, request: Request, timeouts: Timeouts) -> None:
        """Left to the connection, which does it in its first request."""

    def as_made(self) -> AsyncConnectionInterface:
        return self.made

    def forget(self) -> None:
        super().forget()
        forget_stream(self.made)


class _Protocol(AsyncConnectionInterface):
    """The connection, as the pool asks it. Each request under way has a token in `_running`."""

    __slots__ = ("_has_failed", "_made", "_observer", "_running")

    # The pool observes it before it sends the first request.
    _observer: AsyncConnectionObserver

    def __init__(self, made: AsyncConnectionInterface) -> None:
        self._made = made
        self._running: set[object] = set()
        self._has_failed = False

    async def exchange(self, request: Request, timeouts: Timeouts) -> Response:
        if not self._running and self.has_expired():
            raise ConnectionNotAvailable("the connection has expired; use another one")
        token = object()
        self._running.add(token)
        try:
            response = await self._made.handle_async_request(request)
            body = _Body(self, token, response.stream)
        except BaseException as error:
            if isinstance(error, ConnectionNotAvailable) and error.bytes_sent is None:
                self._running.discard(token)
                raise
            self.fail()
            await self.end(token)
            raise
        # Another may share it now: that it multiplexes shows when it is free again so soon.
        self._observer.capacity_changed()
        return Response(
            response.status, headers=response.headers, content=body, extensions=response.extensions
        )

    def fail(self) -> None:
        """An error was seen, so nothing more is sent there."""
        self._has_failed = True

    async def end(self, token: object) -> None:
        """One request is over."""
        self._running.discard(token)
        if self._observer.exchange_ended(self.stream_limit()):
            await self._observer.aclose_dropped()

    def dropped(self, body: _Body) -> None:
        """A body was collected before it was closed."""
        self._observer.response_dropped(body)

    def observe(self, observer: AsyncConnectionObserver) -> None:
        self._observer = observer

    async def aclose(self) -> None:
        await self._made.aclose()

    # Questions, which may not raise: whoever asks has a place in hand.

    def _ask(self, question: Callable[[], object], otherwise: bool) -> bool:
        try:
            return bool(question())
        except Exception:  # noqa: BLE001 - whatever the connection does
            self._has_failed = True
            return otherwise

    def stream_limit(self) -> int:
        if self.is_closed():
            return 0
        return max(1, len(self._running) + self.is_available())

    def is_available(self) -> bool:
        return self._ask(self._made.is_available, False) and not self._has_failed

    def has_expired(self) -> bool:
        return self._ask(self._made.has_expired, True) or self._has_failed

    def is_idle(self) -> bool:
        return self._ask(self._made.is_idle, False)

    def is_closed(self) -> bool:
        return self._ask(self._made.is_closed, True) or self._has_failed

    def info(self) -> str:
        return self._made.info()


class _Body(AsyncByteStream):
    """The body of a response of such a connection; its end, an error and `aclose()` give the place back."""

    __slots__ = ("_is_closed", "_iterator", "_protocol", "_stream", "_token")

    def __init__(self, protocol: _Protocol, token: object, stream: Any) -> None:
        self._protocol = protocol
        self._token = token
        self._stream = stream
        self._iterator: AsyncIterator[bytes] | None = None
        self._is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._is_closed:
            raise StreamClosed
        if self._iterator is None:
            self._iterator = aiter(self._stream)
        return self

    async def __anext__(self) -> bytes:
        if self._is_closed or self._iterator is None:
            raise StopAsyncIteration
        try:
            return await anext(self._iterator)
        except StopAsyncIteration:
            await self.aclose()
            raise
        except BaseException:
            self._protocol.fail()
            await self.aclose()
            raise

    async def aclose(self) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            parts: tuple[Any, ...] = (self._iterator, self._stream)
            # A generator that is not closed here is closed by the event loop, too late.
            for part in parts:
                if hasattr(part, "aclose"):
                    await part.aclose()
        except BaseException:
            self._protocol.fail()
            raise
        finally:
            await self._protocol.end(self._token)

    def __del__(self) -> None:
        if not self._is_closed:
            self._protocol.dropped(self)
