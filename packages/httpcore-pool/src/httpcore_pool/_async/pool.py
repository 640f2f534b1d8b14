"""The pool: gives each request a connection, and knows what becomes of it.

All decisions are the ledger's. What is left here is the waiting: for a place, for a dial, for the response. Between
those waits the state changes in one synchronous step, so cancellation can only strike at a wait, and each wait gives
back what was granted to it.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from httpcore_interfaces import (
    AsyncParker,
    AsyncTrace,
    ConnectError,
    ConnectionNotAvailable,
    HTTPCoreError,
    LocalProtocolError,
    PoolTimeout,
    RemoteProtocolError,
    Timeouts,
    validate_request,
)

from .._backends.default import default_async_backend
from .._core.ledger import Limits, Ticket
from .._core.old_fashioned import OldFashioned, can_turn_to_http11, is_old_fashioned
from .._core.replays import LARGEST_REFUSALS, can_replay, lifetime
from .._core.routes import SECURE_SCHEMES, connection_key, is_forwarder, origin_of
from .._core.settings import CONTINUE_SECONDS, FOREVER, Settings, checked_limit, checked_seconds
from .._errors import PoolClosed
from .._ledgers import AsyncLedger
from .._lives import (
    Home,
    current_loop,  # unasync: remove
    nudge,
    watch,
)
from .._logs import TRACE
from .._protocols import http11_options, require_protocols
from .connection import AsyncHTTPConnection, close_abandoned, close_dropped

if TYPE_CHECKING:
    import ssl
    from collections.abc import Hashable, Iterable, Sequence
    from types import TracebackType
    from typing import Self

    from httpcore_http11 import Limits as HTTP11Limits
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
    from .connection import PoolLedger, PoolSlot, PoolTicket

__all__ = ["AsyncPool"]

monotonic = time.monotonic

logger = logging.getLogger("httpcore.pool")
is_logging = logger.isEnabledFor

_NO_LIMITS = Timeouts.of({})

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
        http11_limits: HTTP11Limits | None = None,
        http11_lenient: bool = False,
        continue_timeout: float = CONTINUE_SECONDS,
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
            http11_options=http11_options(http11_limits, http11_lenient, continue_timeout),
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
        self._old_fashioned = OldFashioned()
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
        extensions = request.extensions
        try:
            start = validate_request(request)
        except LocalProtocolError:
            # A scheme that is none of ours is the reason that people want to hear, and look for.
            origin_of(request.url)
            raise
        if start is None or extensions:
            key = connection_key(request.url, extensions)
        else:
            key = start.key
            if key is None:
                key = start.key = connection_key(request.url, extensions)
        origin_key = key
        if self._old_fashioned:
            key = self._old_fashioned.key_for(key, monotonic())
        timeouts = Timeouts.of(extensions) if extensions else _NO_LIMITS
        trace = None
        if "trace" in extensions or is_logging(TRACE):
            trace = AsyncTrace.of(extensions, logger, "pool", TRACE)
        ledger = self._ledger
        if ledger.dropped or ledger.abandoned:
            await close_abandoned(ledger, trace)
        # Whether a connection that is dialed for the request may turn out to multiplex.
        settings = self._settings
        may_share = settings.http2 and (request.url.scheme in SECURE_SCHEMES or not settings.http1)
        replays = refusals = 0
        lease: PoolSlot | PoolTicket | None = None
        while True:
            if trace is None:
                # Without a coroutine of its own, for each waiter would have it, and each request that need not wait.
                if lease is None:
                    lease = ledger.acquire(key, monotonic(), may_share, replays > 0)
                    if lease is None:
                        raise PoolClosed
                slot = (
                    await self._wait(lease, request, timeouts)
                    if isinstance(lease, Ticket)
                    else lease
                )
                connection = slot.connection
                if connection is None or slot.is_dialing:
                    connection = await self._dial(slot, request, timeouts)
            else:
                slot, connection = await self._assign(
                    trace, key, request, timeouts, may_share, replays > 0
                )
            lease = None
            try:
                protocol = connection.protocol
                if protocol is None or connection._is_forward:
                    return await connection.exchange(request, timeouts)
                return await protocol.exchange(request, timeouts)
            except ConnectionNotAvailable as refusal:
                if refusal.bytes_sent is not None:
                    # What the request's own callback or content raised; the exchange has ended and been reported.
                    raise
                # Refused at the door: nothing was begun, so the connection reports nothing.
                if slot.uses == 1:
                    # It was made for this request.
                    refusals += 1
                    if refusals > LARGEST_REFUSALS:
                        ledger.release(slot, 0, monotonic())
                        await close_dropped(ledger)
                        raise self._refused(refusal, refusals, request) from refusal
                if trace is None and self._is_stale(slot, connection):
                    lease = ledger.replace(slot, monotonic(), may_share)
                else:
                    # Whatever it claims, it carries no more than it does now, or it would be asked again and again.
                    width = min(connection.stream_limit(), slot.streams - 1)
                    ledger.release(slot, width, monotonic())
            except HTTPCoreError as error:
                if ledger.is_closed:
                    raise self._closed_under_way(error, request) from error
                # Where the connection goes on, the error is the request's own, and would be so on another.
                is_another_way = error.unprocessed or not connection.stream_limit()
                if error.http11_required:
                    is_another_way = can_turn_to_http11(request, settings)
                    if is_another_way:
                        key = self._old_fashioned.add(origin_key, monotonic())
                if not (self._replays and is_another_way and can_replay(error, request, replays)):
                    self._explain(error, request)
                    raise
                replays += 1
                ledger.counts.replays += 1
                if trace is not None:
                    origin = request.url.origin
                    await trace.event("replay.started", {"origin": origin, "exception": error})

    async def _assign(
        self,
        trace: AsyncTrace,
        key: Hashable,
        request: Request,
        timeouts: Timeouts,
        may_share: bool,
        is_replay: bool,
    ) -> tuple[PoolSlot, AsyncHTTPConnection]:
        """A slot with a connection that is ready, and tell those who listen how it was come by."""
        began = monotonic()
        slot: PoolSlot | None = None
        try:
            await trace.event("assign.started", {"origin": request.url.origin})
            granted = await self._acquire(key, request, timeouts, may_share, is_replay, trace)
            connection = granted.connection
            is_dial = granted.is_dialing or connection is None
            if is_dial or connection is None:
                connection = await self._dial(granted, request, timeouts, trace)
            slot = granted
            details = {"return_value": connection.as_made(), "reused": not is_dial} | _elapsed(
                began
            )
            await trace.event("assign.complete", details)
            if is_replay:
                await trace.event("replay.complete", details)
        except BaseException as error:
            if slot is not None:
                self._give_back(slot)
                raise
            details = {"exception": error} | _elapsed(began)
            await trace.event("assign.failed", details)
            if is_replay:
                await trace.event("replay.failed", details)
            raise
        return slot, connection

    async def _acquire(
        self,
        key: Hashable,
        request: Request,
        timeouts: Timeouts,
        may_share: bool,
        fresh: bool,
        trace: AsyncTrace,
    ) -> PoolSlot:
        """A slot with a sound connection, or one to dial for."""
        lease = self._ledger.acquire(key, monotonic(), may_share, fresh)
        while True:
            if lease is None:
                raise PoolClosed
            slot = (
                await self._wait(lease, request, timeouts, trace)
                if isinstance(lease, Ticket)
                else lease
            )
            connection = slot.connection
            if connection is None or slot.is_dialing:
                return slot
            is_stale = self._is_stale(slot, connection)
            await self._tell_reuse(trace, slot, connection, is_stale)
            if not is_stale:
                return slot
            lease = self._ledger.replace(slot, monotonic(), may_share)

    def _is_stale(self, slot: PoolSlot, connection: AsyncHTTPConnection) -> bool:
        """Whether the connection has become useless: only one that rested can, and only the one in hand is looked at."""
        try:
            return slot.streams == 1 and connection.has_expired()
        except BaseException:
            self._ledger.release(slot, 0, monotonic())
            raise

    async def _tell_reuse(
        self, trace: AsyncTrace, slot: PoolSlot, connection: AsyncHTTPConnection, is_stale: bool
    ) -> None:
        details: dict[str, Any] = {"origin": connection.origin, "connection": connection.as_made()}
        try:
            await trace.event("reuse.started", details)
            if is_stale:
                stale = ConnectionNotAvailable(
                    "the connection became useless while it was idle: too old, or closed by the server",
                    origin=connection.origin,
                )
                await trace.event("reuse.failed", {"exception": stale})
            else:
                await trace.event("reuse.complete", {"return_value": connection.as_made()})
        except BaseException:
            self._give_back(slot)
            raise

    async def _wait(
        self,
        ticket: PoolTicket,
        request: Request,
        timeouts: Timeouts,
        trace: AsyncTrace | None = None,
    ) -> PoolSlot:
        """Wait in line until a slot is granted."""
        began = monotonic()
        # All waits of a request together have what one has.
        limit = None if timeouts.pool is None else began + timeouts.pool - timeouts.waited
        ledger = self._ledger
        ledger.parked[ticket] = self._home.loop
        try:
            if trace is not None:
                details = {"origin": request.url.origin, "timeout": timeouts.pool}
                await trace.event("wait.started", details)
            while True:
                if ledger.abandoned:
                    await close_abandoned(ledger, trace)
                left = None if limit is None else max(0.0, limit - monotonic())
                if timeouts.deadline is not None:
                    left = timeouts.bounded(left)
                if not await ticket.waker.park(left) or ticket.slot is not None:
                    break
                # A finalizer may have woken this one only to close what was abandoned. First the waker, then the look:
                # who grants does it the other way round.
                ticket.waker = AsyncParker()
                if ticket.slot is not None or ledger.is_closed:
                    break
            # A slot that was granted at the last moment is used.
            slot = ticket.slot or ledger.cancel(ticket)
            # A connection that was lost since it was granted refuses the request, and then there will be another.
            if slot is None or (slot.is_gone and ledger.is_closed):
                raise self._not_granted(request, timeouts, monotonic() - began)
            if trace is not None:
                await trace.event("wait.complete", {"return_value": None} | _elapsed(began))
        except BaseException as error:
            slot = ledger.cancel(ticket)
            if slot is not None:
                self._give_back(slot)
            if trace is not None:
                await trace.event("wait.failed", {"exception": error} | _elapsed(began))
            raise
        finally:
            ledger.parked.pop(ticket, None)
            if ledger.abandoned:
                nudge(ledger)
        if limit is not None:
            timeouts.waited += monotonic() - began
        return slot

    def _give_back(self, slot: PoolSlot) -> None:
        """Return a slot that was granted and will not be used."""
        connection = slot.connection
        if slot.is_dialing or connection is None:
            self._ledger.dial_failed(slot)
        else:
            self._ledger.release(slot, connection.stream_limit(), monotonic())

    async def _dial(
        self,
        slot: PoolSlot,
        request: Request,
        timeouts: Timeouts,
        trace: AsyncTrace | None = None,
    ) -> AsyncHTTPConnection:
        began = monotonic()
        ledger = self._ledger
        connection: AsyncHTTPConnection | None = None
        try:
            if trace is not None:
                await trace.event("dial.started", {"origin": request.url.origin})
            lane = slot.lane
            if lane.origin is None:
                lane.origin = request.url.origin
            connection = slot.connection = self._connection_to(lane.origin)
            if self._old_fashioned and is_old_fashioned(lane.key):
                connection._settings = connection._settings.for_http11()
            if slot.is_gone:
                raise ConnectionNotAvailable
            if ledger.dropped:
                await close_dropped(ledger, trace)
            await connection.connect(request, timeouts)
            if trace is not None:
                await trace.event(
                    "dial.complete", {"return_value": connection.as_made()} | _elapsed(began)
                )
            connection.bind(ledger, slot)
            age = self._max_age
            retires_at = FOREVER
            if age is not None:
                from random import random  # not for everybody who imports the pool

                retires_at = monotonic() + lifetime(age, random())  # noqa: S311 - no secret
            if not ledger.connected(slot, connection.stream_limit(), retires_at):
                raise ConnectionNotAvailable
        except BaseException as error:
            was_gone = slot.is_gone
            ledger.dial_failed(slot)
            if connection is not None:
                await connection.aclose()
            if trace is not None:
                await trace.event("dial.failed", {"exception": error} | _elapsed(began))
            if was_gone and isinstance(error, ConnectionNotAvailable):
                raise self._gone(request) from error
            if isinstance(error, HTTPCoreError):
                self._explain(error, request)
            raise
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

    def _refused(
        self, refusal: ConnectionNotAvailable, count: int, request: Request
    ) -> RemoteProtocolError:
        """Why no more connections are made for a request."""
        error = RemoteProtocolError(
            f"the server gave up each of {count} new connections before the request could be sent "
            f"({refusal.message}); try again later",
            phase="write request",
            bytes_sent=0,
            bytes_received=0,
            reused=False,
            safe_to_retry=True,
        )
        self._explain(error, request)
        return error

    def _gone(self, request: Request) -> PoolClosed | ConnectError:
        """Why a connection that was being dialed is not wanted any more."""
        if self._ledger.is_closed:
            return PoolClosed("the pool was closed while the request was connecting")
        error = ConnectError(
            "the connection was given up while it was being made, for the process has forked, or the pool was used "
            "under another event loop; send the request again"
        )
        self._explain(error, request)
        return error

    def _not_granted(
        self, request: Request, timeouts: Timeouts, elapsed: float
    ) -> PoolClosed | PoolTimeout:
        """Why a wait in line ended with nothing."""
        if self._ledger.is_closed:
            return PoolClosed("the pool was closed while the request waited for a connection")
        self._ledger.counts.timeouts += 1
        elapsed += timeouts.waited
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
        timeouts.blame_total(error)
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
        from .._core.stats import stats_of  # not for everybody who imports the pool

        return stats_of(self._ledger)

    @property
    def connections(self) -> list[AsyncConnectionInterface]:
        """The connections of this pool, open or being dialed."""
        return [connection.as_made() for connection in self._held()]

    def _held(self) -> list[AsyncHTTPConnection]:
        return [slot.connection for slot in self._ledger.slots() if slot.connection is not None]

    async def get_connection_info(self) -> dict[str, list[str]]:
        """For each origin, its connections in a few words. It is awaited as in httpcore 0.12, but waits for nothing."""
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


def _elapsed(began: float) -> dict[str, Any]:
    """The time that an event tells, in seconds."""
    return {"elapsed": round(monotonic() - began, 6)}
