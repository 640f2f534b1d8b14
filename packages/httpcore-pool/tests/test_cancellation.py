"""Cancellation at every moment, with several requests in contention: the pool stays whole, and no stream stays open.

Threads cannot be cancelled, so these tests have no synchronous twin.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from httpcore_interfaces import ConnectError, current_async_library
from httpcore_interfaces.testing import END, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import (
    AsyncConnectionPool,
    AsyncHTTPConnection,
    AsyncHTTPProxy,
    AsyncSOCKSProxy,
)

from ._async.lines import (
    HELLO,
    AsyncSteppedBackend,
    async_get,
    async_greeter,
    async_greeting_network,
)
from .support import async_run_together, async_until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from httpcore_interfaces import AsyncConnectionInterface, Origin, Request, Response
    from httpcore_interfaces.testing import Steps

pytestmark = pytest.mark.usefixtures("line_protocols")

PLACES = 2
# More than there are places, of two origins, so that some wait in line and some are handed what others had.
PLAIN = ["http://a/", "http://b/", "http://a/", "http://a/"]
SECURE = ["https://a/", "https://b/", "https://a/", "https://a/"]


class Server:
    """Answers as a proxy first, if it is one, and greets then; perhaps not more than so many times."""

    def __init__(self, handshake: Sequence[bytes] = (), greetings: int = 1000, end: bool = False):
        self._answers = list(handshake)
        self._greetings = greetings
        self._ends = end

    def __call__(self, data: bytes) -> Steps | None:
        is_socks = data.startswith((b"\x05", b"\x01"))
        if self._answers and (is_socks or data == b"\n"):
            return self._answers.pop(0)
        if data != b"\n":
            return None
        if not self._greetings:
            return END
        self._greetings -= 1
        return [*HELLO, END] if self._ends else HELLO


def serving(*args: Any, **kwargs: Any) -> AsyncScriptedBackend:
    return AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(on_write=Server(*args, **kwargs))
    )


class Contest:
    """A pool with too few places, and what is asked of it at the same time."""

    def __init__(
        self,
        pool: AsyncConnectionPool | AsyncHTTPProxy | AsyncSOCKSProxy,
        network: AsyncScriptedBackend,
        urls: list[str],
        *,
        reads: bool = True,
        traces: bool = False,
    ) -> None:
        self.pool = pool
        self.network = network
        self.urls = urls
        self.reads = reads
        self.extensions = {"trace": self.listen} if traces else {}

    async def listen(self, name: str, info: object) -> None:
        await anyio.lowlevel.checkpoint()

    async def ask(self, url: str) -> bytes:
        async with self.pool.stream("GET", url, extensions=self.extensions) as response:
            return await response.aread() if self.reads else b"hello"

    async def require_whole(self) -> None:
        assert "Requests: 0 active, 0 queued" in repr(self.pool)
        # As many as there are places can be under way at once.
        for url in self.urls[:2]:
            await self.fill_all_places(url)
        await self.pool.aclose()
        assert all(stream.is_closed for stream in self.network.streams), self.network.streams

    async def fill_all_places(self, url: str) -> None:
        held: list[str] = []

        async def hold() -> None:
            async with self.pool.stream("GET", url, extensions=self.extensions) as response:
                held.append(url)
                await async_until(lambda: len(held) == PLACES)
                await response.aread()

        await async_run_together(*[hold] * PLACES)


def plain() -> Contest:
    network = async_greeting_network()
    return Contest(
        AsyncConnectionPool(max_connections=PLACES, network_backend=network), network, PLAIN
    )


def dropped_responses() -> Contest:
    contest = plain()
    contest.reads = False
    return contest


def secure_and_traced() -> Contest:
    network = AsyncSteppedBackend(lambda connect: async_greeter())
    pool = AsyncConnectionPool(max_connections=PLACES, network_backend=network)
    return Contest(pool, network, SECURE, traces=True)


def retried() -> Contest:
    numbers = iter(range(1000))

    def outcome(connect: object) -> AsyncScriptedStream | ConnectError:
        return async_greeter() if next(numbers) % 2 else ConnectError("refused")

    network = AsyncScriptedBackend(outcome)
    pool = AsyncConnectionPool(max_connections=PLACES, retries=9, network_backend=network)
    return Contest(pool, network, PLAIN)


def tunnelled() -> Contest:
    network = serving([b"200 Connected\n"])
    pool = AsyncHTTPProxy("https://proxy/", max_connections=PLACES, network_backend=network)
    return Contest(pool, network, SECURE)


def socks() -> Contest:
    network = serving([b"\x05\x02", b"\x01\x00", b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"])
    pool = AsyncSOCKSProxy(
        "socks5://proxy/", ("user", "pass"), max_connections=PLACES, network_backend=network
    )
    return Contest(pool, network, SECURE)


def stale() -> Contest:
    network = serving(end=True)
    return Contest(
        AsyncConnectionPool(max_connections=PLACES, network_backend=network), network, PLAIN
    )


def replayed() -> Contest:
    network = serving(greetings=1)
    return Contest(
        AsyncConnectionPool(max_connections=PLACES, network_backend=network), network, PLAIN
    )


def nothing_kept() -> Contest:
    network = async_greeting_network()
    pool = AsyncConnectionPool(
        max_connections=PLACES, max_keepalive_connections=0, network_backend=network
    )
    return Contest(pool, network, PLAIN)


def shared() -> Contest:
    network = AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(alpn="h2", extra_info={"stream_limit": 2})
    )
    pool = AsyncConnectionPool(max_connections=PLACES, http2=True, network_backend=network)
    return Contest(pool, network, SECURE)


def adopted() -> Contest:
    network = async_greeting_network()

    class Stranger(AsyncHTTPConnection):
        """Its method is not that of the house, so the pool takes it for another's."""

        async def handle_async_request(self, request: Request) -> Response:
            return await super().handle_async_request(request)

    class Strangers(AsyncConnectionPool):
        def create_connection(self, origin: Origin) -> AsyncConnectionInterface:
            return Stranger(origin, network_backend=network)

    return Contest(Strangers(max_connections=PLACES), network, PLAIN)


CONTESTS = [
    adopted,
    plain,
    dropped_responses,
    secure_and_traced,
    retried,
    tunnelled,
    socks,
    stale,
    replayed,
    nothing_kept,
    shared,
]


async def strike(contest: Contest, victims: Sequence[int], passes: int, natively: bool) -> bool:
    """Cancel the victims after so many passes of the event loop; return whether that came before their end."""
    scopes = [anyio.CancelScope() for _ in contest.urls]
    tasks: dict[int, asyncio.Task[Any] | None] = {}
    outcomes: dict[int, bytes] = {}

    async def ask(number: int) -> None:
        if natively:
            tasks[number] = asyncio.current_task()
        try:
            with scopes[number]:
                outcomes[number] = await contest.ask(contest.urls[number])
        except asyncio.CancelledError:
            if not natively:
                raise

    async with anyio.create_task_group() as group:
        for number in range(len(contest.urls)):
            group.start_soon(ask, number)
        for _ in range(passes):
            await anyio.lowlevel.checkpoint()
        struck = any(victim not in outcomes for victim in victims)
        for victim in victims:
            task = tasks.get(victim)
            if task is None:
                scopes[victim].cancel()
            else:
                task.cancel()
    for number in range(len(contest.urls)):
        assert outcomes.get(number) == b"hello" or number in victims
    return struck


@pytest.mark.parametrize("victims", [[0], [2], [0, 1]], ids=["first", "third", "two"])
@pytest.mark.parametrize("make", CONTESTS)
async def test_cancelled_requests_leave_the_pool_whole(
    make: Callable[[], Contest], victims: list[int]
) -> None:
    passes = 0
    strikes = True
    while strikes:
        contest = make()
        # Asyncio's own cancellation strikes once, that of AnyIO and Trio again and again until the request has ended.
        natively = current_async_library() == "asyncio" and bool(passes % 2)
        strikes = await strike(contest, victims, passes, natively)
        await contest.require_whole()
        passes += 1
    assert passes > 5


async def test_cancelled_closing_closes_everything() -> None:
    for victim in range(4):
        network = async_greeting_network()
        pool = AsyncConnectionPool(network_backend=network)
        for url in ("http://a/", "http://b/", "http://c/"):
            await async_get(pool, url)
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(pool.aclose)
                for _ in range(victim):
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
        if victim:
            assert all(stream.is_closed for stream in network.streams)
        await pool.aclose()
        assert all(stream.is_closed for stream in network.streams)


async def test_pool_is_closed_by_a_cancelled_block() -> None:
    network = async_greeting_network()
    with anyio.CancelScope() as scope:
        async with AsyncConnectionPool(network_backend=network) as pool:
            await async_get(pool, "http://a/")
            await async_get(pool, "http://b/")
            scope.cancel()
            await async_get(pool, "http://c/")
    assert len(network.streams) == 2
    assert all(stream.is_closed for stream in network.streams)


async def test_place_that_a_waiter_is_granted_while_he_is_cancelled_goes_to_the_next() -> None:
    # The end of the response is there with its beginning, so that nothing is waited for.
    network = AsyncScriptedBackend([[b"".join(HELLO), TURN, *HELLO]])
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        scope = anyio.CancelScope()
        outcomes: list[bytes] = []

        async def give_up() -> None:
            with scope:
                outcomes.append(await async_get(pool))

        async def wait() -> None:
            await async_until(lambda: "1 queued" in repr(pool))
            outcomes.append(await async_get(pool))

        async with (
            anyio.create_task_group() as group,
            pool.stream("GET", "http://a/") as response,
        ):
            group.start_soon(give_up)
            group.start_soon(wait)
            await async_until(lambda: "2 queued" in repr(pool))
            scope.cancel()
            await response.aread()
        assert outcomes == [b"hello"]
        assert len(network.connects) == 1


async def test_dial_that_a_waiter_is_granted_while_he_is_cancelled_goes_to_the_next() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        scope = anyio.CancelScope()
        outcomes: list[bytes] = []

        async def give_up() -> None:
            with scope:
                outcomes.append(await async_get(pool, "http://b/"))

        async def wait() -> None:
            await async_until(lambda: "1 queued" in repr(pool))
            outcomes.append(await async_get(pool, "http://c/"))

        async with (
            anyio.create_task_group() as group,
            pool.stream("GET", "http://a/") as response,
        ):
            group.start_soon(give_up)
            group.start_soon(wait)
            await async_until(lambda: "2 queued" in repr(pool))
            scope.cancel()
            await response.aclose()
        assert outcomes == [b"hello"]
        assert [connect.host for connect in network.connects] == ["a", "c"]
