"""A connection to one origin: it dials when it is first needed and then speaks whatever protocol was agreed on."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from httpcore_interfaces import (
    AsyncConnectionInterface,
    AsyncTrace,
    ConnectError,
    ConnectionNotAvailable,
    ConnectTimeout,
    Timeouts,
    validate_request,
)

from .._backends.default import default_async_backend
from .._core.replays import backoff
from .._core.routes import as_forwarded, origin_of, plan_route, server_name, socket_path
from .._core.settings import Settings
from .._lives import forget_stream, nudge
from .._logs import TRACE
from .._protocols import (
    make_async_http2_connection,
    make_async_http11_connection,
    require_protocols,
)
from .dialing import AsyncDialer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterable
    from types import TracebackType
    from typing import Any, Self, TypeAlias

    from httpcore_interfaces import (
        SOCKET_OPTION,
        AsyncByteStream,
        AsyncNetworkBackend,
        AsyncNetworkStream,
        AsyncParker,
        Origin,
        Request,
        Response,
    )

    from .._core.ledger import Slot, Ticket
    from .._ledgers import AsyncLedger

    _Step: TypeAlias = tuple[Callable[..., Awaitable[None]], tuple[Any, ...]]
    PoolLedger: TypeAlias = AsyncLedger["AsyncHTTPConnection", AsyncParker]
    PoolSlot: TypeAlias = Slot["AsyncHTTPConnection", AsyncParker]
    PoolTicket: TypeAlias = Ticket["AsyncHTTPConnection", AsyncParker]

__all__ = ["AsyncHTTPConnection", "close_abandoned", "close_dropped"]

monotonic = time.monotonic

logger = logging.getLogger("httpcore.pool")
closing = logging.getLogger("httpcore.connection")


class AsyncHTTPConnection(AsyncConnectionInterface):
    """A connection to one origin, which it dials on the first request.

    The arguments are those of the pool. Under a pool it is also the observer of its protocol connection: it stands
    between that and the ledger.
    """

    __slots__ = (
        "__weakref__",
        "_is_dialing",
        "_is_failed",
        "_is_forward",
        "_ledger",
        "_settings",
        "_slot",
        "_stream",
        "origin",
        "protocol",
    )

    def __init__(
        self,
        origin: Origin,
        ssl_context: ssl.SSLContext | None = None,
        keepalive_expiry: float | None = None,
        http1: bool = True,
        http2: bool = False,
        retries: int = 0,
        local_address: str | None = None,
        uds: str | None = None,
        network_backend: AsyncNetworkBackend | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> None:
        require_protocols(http1, http2)
        self._start(
            origin,
            Settings(
                backend=default_async_backend() if network_backend is None else network_backend,
                ssl_context=ssl_context,
                keepalive_expiry=keepalive_expiry,
                http1=http1,
                http2=http2,
                retries=retries,
                local_address=local_address,
                uds=uds,
                socket_options=socket_options,
            ),
        )

    @classmethod
    def of(cls, origin: Origin, settings: Settings[AsyncNetworkBackend]) -> Self:
        """A connection as a pool makes it, with settings that were checked once."""
        self = cls.__new__(cls)
        self._start(origin, settings)
        return self

    def _start(self, origin: Origin, settings: Settings[AsyncNetworkBackend]) -> None:
        self.origin = origin
        self.protocol: AsyncConnectionInterface | None = None
        self._settings = settings
        self._is_dialing = False
        self._is_failed = False
        self._is_forward = False
        self._ledger: PoolLedger | None = None
        self._slot: PoolSlot | None = None
        self._stream: AsyncNetworkStream | None = None

    # A request on its own.

    async def handle_async_request(self, request: Request) -> Response:
        """Send a request, after dialing if this is the first or all dials have failed. Raises `HTTPCoreError`."""
        origin = origin_of(request.url)
        if not self.can_handle_request(origin):
            raise RuntimeError(
                f"Attempted to send request to {origin} on connection to {self.origin}"
            )
        validate_request(request)
        timeouts = Timeouts.of(request.extensions)
        if self.protocol is None:
            if not self._is_dialing:
                # Who holds a connection of his own may try again; a pool makes another one.
                self._is_failed = False
            await self.connect(request, timeouts)
        return await self.exchange(request, timeouts)

    async def exchange(self, request: Request, timeouts: Timeouts) -> Response:
        """As its protocol connection's, which a pool may call instead, unless the request is to be forwarded."""
        protocol = self.protocol
        if protocol is None:
            raise ConnectionNotAvailable("the connection is not connected", phase="start")
        if self._is_forward:
            request = self._forwarded(request)
        return await protocol.exchange(request, timeouts)

    # Dialing.

    async def connect(self, request: Request, timeouts: Timeouts) -> None:
        """Dial, again up to `retries` times after a failure, and agree on a protocol.

        Raises `ConnectError`, `ConnectTimeout`, `ProxyError`. After an error or cancellation nothing is left open.
        """
        if self._is_dialing or self._is_failed or self.protocol is not None:
            raise ConnectionNotAvailable(
                "the connection is being dialed, or has been", phase="connect"
            )
        self._is_dialing = True
        try:
            self._stream = stream = await self._dial_with_retries(request, timeouts)
            try:
                self.protocol = self._agreed(stream)
            except BaseException:
                await stream.aclose()
                raise
            if self._is_failed:
                await self.protocol.aclose()
                raise ConnectionNotAvailable(
                    "the connection was closed while it was being dialed", phase="connect"
                )
        except BaseException:
            self._is_failed = True
            raise
        finally:
            self._is_dialing = False

    async def _dial_with_retries(self, request: Request, timeouts: Timeouts) -> AsyncNetworkStream:
        settings = self._settings
        name = server_name(request.extensions)
        path = socket_path(request.extensions, settings.uds)
        route = plan_route(self.origin, name, settings.proxies, settings.proxy_mode, path)
        self._is_forward = route.is_forward
        failures = 0
        while True:
            dialer = AsyncDialer(settings, request, timeouts)
            try:
                return await dialer.dial(route)
            except (ConnectError, ConnectTimeout) as error:
                from random import random  # not for everybody who imports the pool

                pause = backoff(failures, random())  # noqa: S311 - no secret
                failures += 1
                deadline = timeouts.deadline
                if failures > settings.retries or (
                    deadline is not None and monotonic() + pause >= deadline
                ):
                    timeouts.blame_total(error)
                    error.add_details(phase="connect", origin=self.origin)
                    raise
            await dialer.pause(pause)

    def _agreed(self, stream: AsyncNetworkStream) -> AsyncConnectionInterface:
        """The connection for the protocol that ALPN chose, or that prior knowledge dictates."""
        settings = self._settings
        tls = stream.get_extra_info("ssl_object")
        is_http2 = tls is not None and tls.selected_alpn_protocol() == "h2"
        if is_http2 or not settings.http1:
            return make_async_http2_connection(self.origin, stream, settings.keepalive_expiry)
        return make_async_http11_connection(
            self.origin, stream, settings.keepalive_expiry, settings.http11_options
        )

    def _forwarded(self, request: Request) -> Request:
        assert self._settings.proxy is not None
        return as_forwarded(request, self._settings.proxy.headers)

    # Under a pool: the observer of the protocol connection.

    def bind(self, ledger: PoolLedger, slot: PoolSlot) -> None:
        """From now on tell the ledger what becomes of `slot`."""
        assert self.protocol is not None
        self._ledger = ledger
        self._slot = slot
        self.protocol.observe(self)

    def exchange_ended(self, limit: int) -> bool:
        ledger, slot = self._ledger, self._slot
        if ledger is None or slot is None:
            return False
        ledger.release(slot, limit, monotonic())
        if not limit and self.is_closed():
            ledger.lose(slot)
        return len(ledger.dropped) > 0

    def capacity_changed(self) -> None:
        ledger, slot = self._ledger, self._slot
        if ledger is not None and slot is not None:
            limit = self.stream_limit()
            ledger.resize(slot, limit)
            if not limit and self.is_closed():
                ledger.lose(slot)

    def response_dropped(self, body: AsyncByteStream) -> None:
        ledger = self._ledger
        if ledger is not None:
            ledger.abandoned.append(body)
            nudge(ledger)

    async def aclose_dropped(self) -> None:
        if self._ledger is not None:
            await close_dropped(self._ledger)

    def forget(self) -> None:
        """Close the descriptor and do nothing else: the event loop is over, or this is a forked process."""
        self._is_failed = True
        self._ledger = None
        forget_stream(self._stream)

    # What others ask.

    def as_made(self) -> AsyncConnectionInterface:
        """The connection as the pool's `create_connection` made it."""
        return self

    def stream_limit(self) -> int:
        return 0 if self.protocol is None else self.protocol.stream_limit()

    async def aclose(self) -> None:
        """Close at once; requests under way end with an error."""
        self._is_failed = True
        slot = self._slot
        if slot is not None and slot.is_gone and not slot.streams:
            # There is nothing more to report, and the slot knows this connection, too: see AsyncHTTP11Connection.aclose.
            self._slot = None
        if self.protocol is None:
            return
        if not closing.isEnabledFor(logging.DEBUG):
            await self.protocol.aclose()
            return
        closing.debug("close.started")
        try:
            await self.protocol.aclose()
        except BaseException as error:
            closing.debug("close.failed exception=%r", error)
            raise
        closing.debug("close.complete")

    def can_handle_request(self, origin: Origin) -> bool:
        return origin == self.origin

    def is_available(self) -> bool:
        return self.protocol is not None and self.protocol.is_available()

    def has_expired(self) -> bool:
        return self._is_failed if self.protocol is None else self.protocol.has_expired()

    def is_idle(self) -> bool:
        return self._is_failed if self.protocol is None else self.protocol.is_idle()

    def is_closed(self) -> bool:
        return self._is_failed if self.protocol is None else self.protocol.is_closed()

    def info(self) -> str:
        if self.protocol is None:
            return "CONNECTION FAILED" if self._is_failed else "CONNECTING"
        return self.protocol.info()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.info()}]>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()


async def close_abandoned(ledger: PoolLedger, trace: AsyncTrace | None = None) -> None:
    """End the exchanges of responses that nobody has any more, then close what was dropped; likewise all of it."""
    interruption: BaseException | None = None
    while (body := ledger.next_abandoned()) is not None:
        ledger.counts.abandoned += 1
        try:
            await body.aclose()
        except Exception:  # noqa: BLE001, S110 - an error of a request that is nobody's
            pass
        except BaseException as error:  # noqa: BLE001 - raised when all are closed
            interruption = error
    await close_dropped(ledger, trace)
    if interruption is not None:
        raise interruption


async def close_dropped(ledger: PoolLedger, trace: AsyncTrace | None = None) -> None:
    """Close what the ledger has dropped: all of it, even when cancelled, for nobody else would.

    That a connection cannot be closed in good order is no error of whoever happens to close it, so it is not raised.
    What the callback of `trace` raises is, at the end.
    """
    interruption: BaseException | None = None
    if trace is None and ledger.dropped:
        trace = AsyncTrace.of({}, logger, "pool", TRACE)
    while (connection := ledger.next_dropped()) is not None:
        steps: list[_Step] = [(_close, (connection,))]
        if trace is not None:
            details = {"origin": connection.origin, "connection": connection.as_made()}
            steps.insert(0, (trace.event, ("close.started", details)))
            steps.append((trace.event, ("close.complete", {"return_value": None})))
        for function, arguments in steps:
            try:
                await function(*arguments)
            except BaseException as error:  # noqa: BLE001 - raised when all are closed
                interruption = error
    if interruption is not None:
        raise interruption


async def _close(connection: AsyncHTTPConnection) -> None:
    with suppress(Exception):
        await connection.aclose()
