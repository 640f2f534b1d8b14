"""What users of such pools have reported, as tests of this one.

More of it is with the unit tests of the pool: places lost by cancellation, event loops that end, processes that fork.
"""

from __future__ import annotations

import gc
import socket
from typing import TYPE_CHECKING

import pytest

from httpcore import (
    AsyncConnectionPool,
    ConnectError,
    ConnectionNotAvailable,
    PoolTimeout,
    ReadTimeout,
    Request,
)
from httpcore_interfaces.testing import STALL, AsyncScriptedBackend, AsyncScriptedStream

from ...crowds import async_together
from ...figures import note, percentile
from ...sweeps.peers import by_troubles, http2_server
from ..weather import StormyServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

PLACES = 4
CROWD = 16

IN_TIME = {"timeout": {"read": 20.0, "write": 20.0, "connect": 20.0, "pool": 20.0}}


async def require_all_places(pool: AsyncConnectionPool, url: str) -> None:
    """As many requests as there are places, all under way at once."""
    held = [0]

    async def hold(_: int) -> None:
        async with pool.stream("GET", url, extensions=IN_TIME) as response:
            held[0] += 1
            while held[0] < PLACES:
                await pool._settings.backend.sleep(0.001)
            assert await response.aread() == b"hello"

    await async_together(PLACES, hold)
    assert "Requests: 0 active, 0 queued" in repr(pool)


async def test_pool_survives_connects_that_fail() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    failures = [0]

    async def ask(_: int) -> None:
        for _ in range(30):
            with pytest.raises(ConnectError):
                await pool.request("GET", refused, extensions=IN_TIME)
            failures[0] += 1

    with StormyServer(1) as server:
        server.calm = True
        async with AsyncConnectionPool(max_connections=PLACES) as pool:
            await async_together(CROWD, ask)
            assert pool.connections == []
            await require_all_places(pool, server.url)
    assert failures[0] == CROWD * 30


async def test_pool_survives_http2_read_timeouts() -> None:
    backend = AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(
            at_end=STALL, on_write=by_troubles(10), alpn="h2", suspend=False
        )
    )
    async with AsyncConnectionPool(
        http1=False, http2=True, max_connections=2, network_backend=backend
    ) as pool:
        limits = {"timeout": {"read": 0.01, "pool": 5.0}}

        async def ask(caller: int) -> None:
            for _ in range(10):
                with pytest.raises(ReadTimeout):
                    await pool.request("GET", f"http://{caller % 4}/never", extensions=limits)

        await async_together(8, ask)
        assert "Requests: 0 active, 0 queued" in repr(pool)
        for number in range(4):
            response = await pool.request("GET", f"http://{number}/", extensions=IN_TIME)
            assert response.content == b"hello"
            assert len(pool.connections) <= 2


async def test_connection_is_never_closed_under_the_request_that_was_given_it() -> None:
    # Every request of one origin makes room by closing what idles of the other.
    with StormyServer(1) as first, StormyServer(2) as second:
        first.calm = second.calm = True

        async def ask(caller: int) -> None:
            for number in range(60):
                server = (first, second)[(caller + number) % 2]
                response = await pool.request("GET", server.url, extensions=IN_TIME)
                assert response.content == b"hello"

        async with AsyncConnectionPool(
            max_connections=PLACES, max_keepalive_connections=2, replay=False
        ) as pool:
            await async_together(CROWD, ask)
            assert pool.stats().evictions > 0
            assert pool.stats().requests == 0


@pytest.mark.filterwarnings("ignore:.*neither read to its end nor closed:ResourceWarning")
async def test_responses_that_the_collector_finds_in_the_midst_of_the_pools_work() -> None:
    dropped = [0]

    async def ask(caller: int) -> None:
        for number in range(40):
            response: Any = await pool.request("GET", server.url, extensions=IN_TIME)
            assert response.content == b"hello"
            if number % 4 == caller % 4:
                lost: Any = await pool.handle_async_request(
                    Request("GET", server.url, headers={"Host": "a"}, extensions=IN_TIME)
                )
                # Only the collector can find it, whenever it runs.
                cycle: list[Any] = [lost]
                cycle.append(cycle)
                dropped[0] += 1
                del lost, cycle, response

    thresholds = gc.get_threshold()
    with StormyServer(1) as server:
        server.calm = True
        async with AsyncConnectionPool(max_connections=PLACES) as pool:
            # At nearly every allocation: between any two lines of the pool, also those under its lock.
            gc.set_threshold(3, 2, 2)
            try:
                await async_together(CROWD, ask)
            finally:
                gc.set_threshold(*thresholds)
            gc.collect()
            await require_all_places(pool, server.url)
            assert pool.stats().abandoned == dropped[0]
    assert dropped[0] == CROWD * 10


async def test_request_to_a_fast_origin_waits_a_bounded_time_for_a_slow_one() -> None:
    """On a full pool the longest waiter is passed over 32 times, however many ask the slow origin."""
    waits: list[float] = []
    asked = [0]

    async def trace(name: str, info: dict[str, Any]) -> None:
        if name == "pool.wait.complete":
            waits.append(info["elapsed"])

    with StormyServer(1) as slow, StormyServer(2) as fast:
        slow.calm = fast.calm = True

        async def ask(caller: int) -> None:
            if caller:
                while len(waits) < 12:
                    await pool.request("GET", f"{slow.url}slow", extensions=IN_TIME)
                return
            while len(waits) < 12:
                before = slow.acted[b"/slow"]
                response = await pool.request(
                    "GET", fast.url, extensions={"trace": trace, **IN_TIME}
                )
                assert response.content == b"hello"
                asked.append(slow.acted[b"/slow"] - before)

        async with AsyncConnectionPool(max_connections=PLACES) as pool:
            await async_together(CROWD + 1, ask)
    # Those who stood in line before it, those who passed it over, and those who had a connection already.
    assert max(asked) <= CROWD + 32 + PLACES
    note(
        f"{CROWD} ask an origin that takes 20 ms, on {PLACES} connections; one asks another: it waits "
        f"{percentile(waits, 50):.0f} ms (median), {percentile(waits, 100):.0f} ms at most, "
        f"while the slow one answers {max(asked)} requests at most"
    )


class Trouble(Exception):
    """What user code raises."""


SERVED = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def http11_network() -> AsyncScriptedBackend:
    """Answers every request that is whole."""

    def answer(data: bytes) -> list[bytes] | None:
        return [SERVED] if data.endswith((b"\r\n\r\n", b"0\r\n\r\n", b"!")) else None

    return AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(on_write=answer, at_end=STALL, suspend=False)
    )


def http2_network() -> AsyncScriptedBackend:
    """Likewise, over HTTP/2."""
    return AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(
            on_write=http2_server(lambda server, stream: server.respond(stream, b"hello")),
            at_end=STALL,
            alpn="h2",
            suspend=False,
        )
    )


@pytest.mark.parametrize("error", [Trouble(), ConnectionNotAvailable("mine"), KeyboardInterrupt()])
@pytest.mark.parametrize("is_http2", [False, True], ids=["http11", "http2"])
async def test_pool_survives_whatever_the_callers_own_code_raises(
    is_http2: bool, error: BaseException
) -> None:
    step = [0]
    target = 0

    def count() -> None:
        step[0] += 1
        if step[0] == target:
            raise error

    async def trace(name: str, info: dict[str, Any]) -> None:
        count()

    async def content() -> AsyncIterator[bytes]:
        for piece in (b"1", b"2"):
            count()
            yield piece
        count()

    extensions = {"trace": trace, "timeout": {"pool": 5.0, "read": 5.0, "write": 5.0}}
    while step[0] >= target:
        step[0], target = 0, target + 1
        network = http2_network() if is_http2 else http11_network()
        async with AsyncConnectionPool(
            http1=not is_http2, http2=is_http2, max_connections=1, network_backend=network
        ) as pool:
            for method in ("GET", "PUT"):
                body = content() if method == "PUT" else None
                try:
                    await pool.request(method, "http://a/", content=body, extensions=extensions)
                except BaseException as caught:
                    if caught is not error and caught.__context__ is not error:
                        raise
                assert "Requests: 0 active, 0 queued" in repr(pool), (method, target)
            # The one place is there, once.
            for _ in range(2):
                async with pool.stream("GET", "http://a/", extensions=IN_TIME) as response:
                    assert pool.stats().requests == 1
                    if not is_http2:
                        with pytest.raises(PoolTimeout):
                            await pool.request(
                                "GET", "http://a/", extensions={"timeout": {"pool": 0.0}}
                            )
                    assert await response.aread() == b"hello"
            assert len(pool.connections) == 1
        assert all(stream.is_closed for stream in network.streams), target
    assert target > 20
