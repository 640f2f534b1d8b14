"""Waiting in line: who waits, what he is handed, and what he is told when it takes too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import AsyncParker, Origin, PoolTimeout
from httpcore_interfaces.testing import STALL, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool

from ..support import async_run_together, async_until
from .lines import HELLO, LAST_HELLO, async_get, async_greeting_network

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def test_request_beyond_the_limit_waits_and_is_handed_the_connection() -> None:
    network = async_greeting_network()
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)

    async def hold() -> bytes:
        async with pool.stream("GET", "http://a/") as response:
            await async_until(lambda: "1 queued" in repr(pool))
            return await response.aread()

    async def wait() -> bytes:
        await async_until(lambda: "1 active, 0 queued" in repr(pool))
        return await async_get(pool)

    assert await async_run_together(hold, wait) == [b"hello", b"hello"]
    assert len(network.connects) == 1
    await pool.aclose()


async def test_many_requests_share_few_connections() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=3, network_backend=network) as pool:

        async def ask() -> bytes:
            return await async_get(pool)

        assert await async_run_together(*[ask] * 30) == [b"hello"] * 30
        assert len(pool.connections) <= 3
        assert "0 active, 0 queued" in repr(pool)


async def test_many_origins_share_few_connections() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=2, network_backend=network) as pool:

        async def get_a() -> bytes:
            return await async_get(pool, "http://a/")

        async def get_b() -> bytes:
            return await async_get(pool, "https://b/")

        async def get_c() -> bytes:
            return await async_get(pool, "http://c/")

        assert await async_run_together(*[get_a, get_b, get_c] * 8) == [b"hello"] * 24
        assert len(pool.connections) <= 2
        closed = sum(stream.is_closed for stream in network.streams)
        assert len(network.streams) - closed == len(pool.connections)
    assert all(stream.is_closed for stream in network.streams)


async def test_freed_connection_is_closed_for_who_waits_for_another_origin() -> None:
    network = async_greeting_network()
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)

    async def hold() -> bytes:
        async with pool.stream("GET", "http://a/") as response:
            await async_until(lambda: "1 queued" in repr(pool))
            return await response.aread()

    async def wait() -> bytes:
        await async_until(lambda: "1 active, 0 queued" in repr(pool))
        return await async_get(pool, "http://b/")

    await async_run_together(hold, wait)
    assert [connect.host for connect in network.connects] == ["a", "b"]
    assert network.streams[0].is_closed
    await pool.aclose()


async def test_waiter_dials_when_the_connection_he_waits_for_ends() -> None:
    network = AsyncScriptedBackend([LAST_HELLO, HELLO])
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)

    async def hold() -> bytes:
        async with pool.stream("GET", "http://a/") as response:
            await async_until(lambda: "1 queued" in repr(pool))
            return await response.aread()

    async def wait() -> bytes:
        await async_until(lambda: "1 active, 0 queued" in repr(pool))
        return await async_get(pool)

    assert await async_run_together(hold, wait) == [b"hello", b"hello"]
    assert len(network.connects) == 2
    await pool.aclose()


async def test_connection_that_is_handed_over_dead_is_replaced() -> None:
    dead = AsyncScriptedStream([*HELLO, STALL])
    network = AsyncScriptedBackend([dead, HELLO])
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)

    async def hold() -> bytes:
        async with pool.stream("GET", "http://a/") as response:
            await async_until(lambda: "1 queued" in repr(pool))
            dead.feed(b"nobody asked for this")
            # The end of the body comes first.
            return await response.aread()

    async def wait() -> bytes:
        await async_until(lambda: "1 active, 0 queued" in repr(pool))
        return await async_get(pool)

    assert await async_run_together(hold, wait) == [b"hello", b"hello"]
    assert len(network.connects) == 2
    assert dead.is_closed
    await pool.aclose()


async def test_pool_timeout_says_what_was_waited_for_and_changes_nothing() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        async with pool.stream("GET", "http://a/") as response:
            with pytest.raises(PoolTimeout) as caught:
                await async_get(pool, "http://b/", pool=0.01)
            error = caught.value
            assert str(error) == (
                f"pool timeout: waited {error.elapsed:.3g} s for a connection; 1 of 1 are in use and 0 more requests "
                "wait; read or close responses, raise max_connections or the pool timeout (GET http://b:80)"
            )
            assert error.limit == 0.01
            assert error.elapsed is not None
            assert error.elapsed >= 0.005
            assert error.phase == "wait for a connection"
            assert error.method == "GET"
            assert error.origin == Origin(b"http", b"b", 80)
            assert error.safe_to_retry
            assert "1 active, 0 queued" in repr(pool)
            await response.aread()
        assert await async_get(pool, "http://b/") == b"hello"


async def test_pool_timeout_of_zero_does_not_wait() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        assert await async_get(pool, pool=0.0) == b"hello"
        async with pool.stream("GET", "http://a/"):
            with pytest.raises(PoolTimeout):
                await async_get(pool, pool=0.0)


async def test_total_timeout_bounds_the_wait_too() -> None:
    network = async_greeting_network()
    async with (
        AsyncConnectionPool(max_connections=1, network_backend=network) as pool,
        pool.stream("GET", "http://a/"),
    ):
        with pytest.raises(PoolTimeout) as caught:
            await async_get(pool, total=0.01)
        assert caught.value.limit == 0.01
        with pytest.raises(PoolTimeout) as caught:
            await async_get(pool, total=5.0, pool=0.01)
        assert caught.value.limit == 0.01


async def test_without_a_limit_nobody_waits() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=None, network_backend=network) as pool:

        async def hold() -> None:
            async with pool.stream("GET", "http://a/"):
                await async_until(lambda: len(network.streams) == 30)

        await async_run_together(*[hold] * 30)
    assert len(network.connects) == 30
    assert all(stream.is_closed for stream in network.streams)


async def test_slot_of_a_failed_request_goes_to_the_next() -> None:
    failing = AsyncScriptedStream([STALL])
    network = AsyncScriptedBackend([failing, HELLO])
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)

    async def fail() -> bytes:
        with pytest.raises(ZeroDivisionError):
            await async_get(pool)
        return b"failed"

    async def wait() -> bytes:
        await async_until(lambda: failing.operations and failing.operations[-1][0] == "read")
        return await async_get(pool)

    async def break_it() -> bytes:
        await async_until(lambda: "1 queued" in repr(pool))
        failing.feed(ZeroDivisionError())
        return b"broken"

    outcomes = await async_run_together(fail, wait, break_it)
    assert outcomes == [b"failed", b"hello", b"broken"]
    assert failing.is_closed
    await pool.aclose()


class Interruption(BaseException):
    """Ctrl-C, to whoever waits."""


class AsyncInterruptedParker(AsyncParker):
    """Its wait is interrupted, after something else has happened."""

    def __init__(self, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    async def park(self, timeout: float | None = None) -> bool:
        await self._meanwhile()
        raise Interruption


async def test_interrupted_wait_leaves_the_line() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:

        async def nothing() -> None:
            assert "1 queued" in repr(pool)

        pool._ledger._make_waker = lambda: AsyncInterruptedParker(nothing)
        async with pool.stream("GET", "http://a/") as response:
            with pytest.raises(Interruption):
                await async_get(pool)
            assert "1 active, 0 queued" in repr(pool)
            await response.aread()
        assert await async_get(pool) == b"hello"
        assert len(network.connects) == 1


async def test_interrupted_wait_gives_back_the_connection_that_it_was_granted() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        async with pool.stream("GET", "http://a/") as response:
            pool._ledger._make_waker = lambda: AsyncInterruptedParker(response.aread)
            with pytest.raises(Interruption):
                await async_get(pool)
            assert "0 active, 0 queued | Connections: 0 active, 1 idle" in repr(pool)
        assert await async_get(pool) == b"hello"
        assert len(network.connects) == 1


async def test_interrupted_wait_gives_back_the_dial_that_it_was_granted() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        async with pool.stream("GET", "http://a/") as response:
            pool._ledger._make_waker = lambda: AsyncInterruptedParker(response.aclose)
            with pytest.raises(Interruption):
                await async_get(pool, "http://b/")
            assert "0 active, 0 queued | Connections: 0 active, 0 idle" in repr(pool)
        assert await async_get(pool) == b"hello"
        assert [connect.host for connect in network.connects] == ["a", "a"]
