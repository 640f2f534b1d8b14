"""The pool: gives each request a connection, and knows what becomes of it.

All decisions are the ledger's. What is left here is the waiting: for a place, for a dial, for the response. Between
those waits the state changes in one synchronous step, so cancellation can only strike at a wait, and each wait gives
back what was granted to it.
"""

from __future__ import annotations

import logging
import time
from random import random
from typing import TYPE_CHECKING

from httpcore_interfaces import (
    AsyncParker,
    ConnectionNotAvailable,
    HTTPCoreError,
    PoolTimeout,
    Timeouts,
    validate_request,
)

from .._backends.default import default_async_backend
from .._core.ledger import Limits, Ticket
from .._core.replays import can_replay, lifetime
from .._core.routes import SECURE_SCHEMES, connection_key, is_forwarder
from .._core.settings import FOREVER, Settings, checked_limit, checked_seconds
from .._core.stats import stats_of
from .._errors import PoolClosed
from .._ledgers import AsyncLedger
from .._lives import (
    Home,
    current_loop,  # unasync: remove
    nudge,
    watch,
)
from .._logs import TRACE
from .._protocols import require_protocols
from .connection import AsyncHTTPConnection, close_abandoned, close_dropped

if TYPE_CHECKING:
    import ssl
    from collections.abc import Hashable, Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from httpcore_interfaces import (
        SOCKET_OPTION,
        AsyncConnectionInterface,
        AsyncNetworkBackend,
        Origin,
        Proxy,
        Request,
        Response,
    )

    from .._core.routes import ProxyMode
    from .._core.stats import PoolStats
    from .connection import PoolLedger, PoolSlot

__all__ = ["AsyncPool"]

monotonic = time.monotonic

logger = logging.getLogger("httpcore.pool")

# Who subclasses or patches it has made a connection of their own.
_OWN = AsyncHTTPConnection.handle_async_request


class AsyncPool:
    """The engine under both faces; the arguments are documented where they are public."""

    def __init__(
        self,
        ssl_context: ssl.SSLContext | None = None,
        proxy: Proxy | Sequence[Proxy] | None = None,
        max_connections: int | None = 10,
        max_keepalive_connections: int | None = None,
        keepalive_expiry: float | None = None,
        http1: bool = True,
        http2: bool = False,
        retries: int = 0,
        local_address: str | None = None,
        uds: str | None = None,
        network_backend: AsyncNetworkBackend | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
        proxy_mode: ProxyMode = "DEFAULT",
        *,
        max_connections_per_origin: int | None = None,
        max_connection_age: float | None = None,
        max_requests_per_connection: int | None = None,
        replay: bool = True,
    ) -> None:
        seconds = checked_seconds("keepalive_expiry", keepalive_expiry)
        self._settings = Settings(
            backend=default_async_backend() if network_backend is None else network_backend,
            ssl_context=ssl_context,
            proxy=proxy,
            proxy_mode=proxy_mode,
            http1=http1,
            http2=http2,
            retries=retries,
            local_address=local_address,
            uds=uds,
            socket_options=socket_options,
        )
        require_protocols(http1, http2, any(map(is_forwarder, self._settings.proxies)))
        limits = Limits(
            total=checked_limit("max_connections", max_connections, least=1),
            idle=checked_limit("max_keepalive_connections", max_keepalive_connections, least=0),
            idle_seconds=FOREVER if seconds is None else seconds,
            per_lane=checked_limit(
                "max_connections_per_origin", max_connections_per_origin, least=1
            ),
            uses=checked_limit("max_requests_per_connection", max_requests_per_connection, least=1),
        )
        self._max_age = checked_seconds("max_connection_age", max_connection_age)
        self._replays = replay
        self._ledger: PoolLedger = AsyncLedger(limits, AsyncParker)
        self._home = Home()
        watch(self)

    # A request.

    async def handle_async_request(self, request: Request) -> Response:
        """Send `request` exactly as it is and return the response, whose body is still to be read.

        The response must be read to its end or closed: until then it occupies its connection. Raises
        `UnsupportedProtocol` and `LocalProtocolError` for a request that cannot be sent, `PoolTimeout`, the errors of
        connecting and of the protocol, `PoolClosed`. After any of these, and after cancellation, the pool is whole.
        """
        loop = current_loop()  # unasync: remove
        if loop is not self._home.loop:  # unasync: remove
            self._home.enter(loop, self._ledger)  # unasync: remove
        key = connection_key(request.url, request.extensions)
        validate_request(request)
        timeouts = Timeouts.of(request.extensions)
        ledger = self._ledger
        if ledger.dropped or ledger.abandoned:
            await close_abandoned(ledger)
        replays = 0
        while True:
            slot = await self._acquire(key, request, timeouts, replays > 0)
            connection = slot.connection
            if slot.is_dialing or connection is None:
                connection = await self._dial(slot, request, timeouts)
            elif logger.isEnabledFor(TRACE):
                logger.log(TRACE, "reuse origin=%s connection=%r", request.url.origin, connection)
            try:
                return await connection.exchange(request, timeouts)
            except ConnectionNotAvailable:
                # Refused at the door: nothing was begun, so the connection reports nothing. Whatever it claims, it carries
                # no more than it does now, or it would be asked again and again.
                width = min(connection.stream_limit(), slot.streams - 1)
                self._ledger.release(slot, width, monotonic())
            except HTTPCoreError as error:
                if ledger.is_closed:
                    raise self._closed_under_way(error, request) from error
                if not (self._replays and can_replay(error, request, replays)):
                    self._explain(error, request)
                    raise
                replays += 1
                ledger.counts.replays += 1
                logger.log(TRACE, "replay origin=%s error=%r", request.url.origin, error)

    async def _acquire(
        self, key: Hashable, request: Request, timeouts: Timeouts, fresh: bool
    ) -> PoolSlot:
        """A slot with a sound connection, or one to dial for."""
        ledger = self._ledger
        settings = self._settings
        may_share = settings.http2 and (request.url.scheme in SECURE_SCHEMES or not settings.http1)
        began = now = monotonic()
        lease = ledger.acquire(key, now, may_share, fresh)
        while True:
            if lease is None:
                raise PoolClosed
            slot = (
                await self._wait(lease, request, timeouts, began)
                if isinstance(lease, Ticket)
                else lease
            )
            connection = slot.connection
            if (
                connection is None
                or slot.is_dialing
                # Only a connection that rested can have gone stale, and only the one in hand is looked at.
                or slot.streams > 1
                or not connection.has_expired()
            ):
                return slot
            lease = ledger.replace(slot, monotonic(), may_share)

    async def _wait(
        self,
        ticket: Ticket[AsyncHTTPConnection, AsyncParker],
        request: Request,
        timeouts: Timeouts,
        began: float,
    ) -> PoolSlot:
        """Wait in line until a slot is granted."""
        limit = timeouts.pool
        ledger = self._ledger
        ledger.parked[ticket] = self._home.loop
        try:
            while True:
                if ledger.abandoned:
                    await close_abandoned(ledger)
                left = None if limit is None else max(0.0, began + limit - monotonic())
                if not await ticket.waker.park(timeouts.bounded(left)):
                    break
                # A finalizer may have woken this one only to close what was abandoned. First the waker, then the look:
                # who grants does it the other way round.
                ticket.waker = AsyncParker()
                if ticket.slot is not None or ledger.is_closed:
                    break
        except BaseException:
            slot = ledger.cancel(ticket)
            if slot is not None:
                self._give_back(slot)
            raise
        finally:
            ledger.parked.pop(ticket, None)
            if ledger.abandoned:
                nudge(ledger)
        # A slot that was granted at the last moment is used.
        slot = ledger.cancel(ticket)
        waited = monotonic() - began
        if slot is not None:
            logger.log(TRACE, "wait.complete origin=%s elapsed=%.6f", request.url.origin, waited)
            return slot
        logger.log(TRACE, "wait.failed origin=%s elapsed=%.6f", request.url.origin, waited)
        if ledger.is_closed:
            raise PoolClosed("the pool was closed while the request waited for a connection")
        ledger.counts.timeouts += 1
        raise self._pool_timeout(request, timeouts, waited)

    def _give_back(self, slot: PoolSlot) -> None:
        """Return a slot that was granted and will not be used."""
        connection = slot.connection
        if slot.is_dialing or connection is None:
            self._ledger.dial_failed(slot)
        else:
            self._ledger.release(slot, connection.stream_limit(), monotonic())

    async def _dial(
        self, slot: PoolSlot, request: Request, timeouts: Timeouts
    ) -> AsyncHTTPConnection:
        began = monotonic()
        try:
            connection = slot.connection = self._connection_to(request.url.origin)
            if self._ledger.dropped:
                await close_dropped(self._ledger)
            await connection.connect(request, timeouts)
        except BaseException as error:
            logger.log(TRACE, "dial.failed origin=%s error=%r", request.url.origin, error)
            self._ledger.dial_failed(slot)
            if isinstance(error, HTTPCoreError) and not isinstance(error, ConnectionNotAvailable):
                self._explain(error, request)
            if self._ledger.is_closed and isinstance(error, ConnectionNotAvailable):
                raise PoolClosed("the pool was closed while the request was connecting") from error
            raise
        elapsed = monotonic() - began
        logger.log(TRACE, "dial.complete connection=%r elapsed=%.6f", connection, elapsed)
        connection.bind(self._ledger, slot)
        age = self._max_age
        retires_at = FOREVER
        if age is not None:
            retires_at = monotonic() + lifetime(age, random())  # noqa: S311 - no secret
        self._ledger.connected(slot, connection.stream_limit(), retires_at)
        return connection

    def _connection_to(self, origin: Origin) -> AsyncHTTPConnection:
        made = self.create_connection(origin)
        if isinstance(made, AsyncHTTPConnection) and type(made).handle_async_request is _OWN:
            return made
        from .adopted import AsyncAdoptedConnection

        return AsyncAdoptedConnection.around(made, origin, self._settings)

    def create_connection(self, origin: Origin) -> AsyncConnectionInterface:
        """A connection to `origin` that is still to be dialed, with the settings of this pool.

        Override it to have the pool use connections of another make: they need `handle_async_request`, which dials when
        it is first called, `aclose`, `info` and the questions of `AsyncConnectionInterface`, and nothing beside that.
        """
        return AsyncHTTPConnection.of(origin, self._settings)

    # Errors.

    def _explain(self, error: HTTPCoreError, request: Request) -> None:
        """Add to the error what only the pool knows."""
        proxy = self._settings.proxy
        error.add_details(
            method=request.method.decode("ascii"),
            origin=request.url.origin,
            proxy=None if proxy is None else proxy.url.origin,
        )

    def _closed_under_way(self, error: HTTPCoreError, request: Request) -> PoolClosed:
        closed = PoolClosed(
            "the pool was closed while the request was under way",
            phase=error.phase,
            reused=error.reused,
            bytes_sent=error.bytes_sent,
            bytes_received=error.bytes_received,
            safe_to_retry=error.safe_to_retry,
        )
        self._explain(closed, request)
        return closed

    def _pool_timeout(self, request: Request, timeouts: Timeouts, elapsed: float) -> PoolTimeout:
        total = self._ledger.limits.total
        # Without a limit the wait was for a dial under way, to share its connection.
        in_use = f"{len(self._ledger.slots())}{'' if total == FOREVER else f' of {total}'}"
        error = PoolTimeout(
            f"pool timeout: waited {elapsed:.3g} s for a connection; {in_use} are in "
            f"use and {self._ledger.waiting()} more requests wait; read or close responses, raise max_connections "
            "or the pool timeout",
            phase="wait for a connection",
            elapsed=elapsed,
            limit=timeouts.total if timeouts.pool is None else timeouts.pool,
        )
        self._explain(error, request)
        return error

    # Closing.

    async def aclose(self) -> None:
        """Close every connection, idle or not; requests under way and waiting end with an error. Again does nothing."""
        loop = current_loop()  # unasync: remove
        if loop is not self._home.loop:  # unasync: remove
            self._home.enter(loop, self._ledger)  # unasync: remove
        self._ledger.close()
        await close_dropped(self._ledger)

    def __getstate__(self) -> object:
        raise TypeError(
            f"cannot pickle or copy {type(self).__name__!r}: connections belong to one process; "
            "make a pool with the same arguments instead"
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    # What a person asks.

    def stats(self) -> PoolStats:
        """What the pool is doing now, and what it has done since it was made, as numbers."""
        return stats_of(self._ledger)

    @property
    def connections(self) -> list[AsyncConnectionInterface]:
        """The connections of this pool, open or being dialed."""
        return [connection.as_made() for connection in self._held()]

    def _held(self) -> list[AsyncHTTPConnection]:
        return [slot.connection for slot in self._ledger.slots() if slot.connection is not None]

    def get_connection_info(self) -> dict[str, list[str]]:
        """For each origin, its connections in a few words."""
        info: dict[str, list[str]] = {}
        for connection in self._held():
            info.setdefault(str(connection.origin), []).append(connection.info())
        return info

    def __repr__(self) -> str:
        slots = self._ledger.slots()
        requests = sum(slot.streams for slot in slots)
        idle = sum(not slot.streams for slot in slots)
        return (
            f"<{type(self).__name__} [Requests: {requests} active, {self._ledger.waiting()} queued | "
            f"Connections: {len(slots) - idle} active, {idle} idle]>"
        )
