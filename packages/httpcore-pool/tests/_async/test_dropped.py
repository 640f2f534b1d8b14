"""Responses that are collected without being closed give their place back."""

from __future__ import annotations

import gc

import pytest

from httpcore_interfaces import PoolTimeout, Request
from httpcore_pool import AsyncConnectionPool

from ..support import async_run_together, async_until
from .lines import AsyncBody, async_get, async_greeting_network

GET = Request("GET", "http://a/")


async def test_next_request_frees_the_place() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        await pool.handle_async_request(GET)
        gc.collect()
        assert await async_get(pool) == b"hello"
        assert [stream.is_closed for stream in network.streams] == [True, False]


async def test_one_who_waits_is_woken_to_free_the_place() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=2, network_backend=network) as pool:
        responses = [await pool.handle_async_request(GET) for _ in range(2)]

        async def drop() -> None:
            await async_until(lambda: "3 queued" in repr(pool))
            responses.clear()
            gc.collect()

        async def wait() -> bytes:
            return await async_get(pool, pool=30.0)

        assert (await async_run_together(drop, wait, wait, wait))[1:] == [b"hello"] * 3
        assert "0 active, 0 queued" in repr(pool)


async def test_who_is_woken_in_vain_goes_on_waiting() -> None:
    network = async_greeting_network()
    async with (
        AsyncConnectionPool(max_connections=1, network_backend=network) as pool,
        pool.stream("GET", "http://a/"),
    ):

        async def wake() -> None:
            await async_until(lambda: pool._ledger.parked)
            for ticket in pool._ledger.parked:
                ticket.waker.unpark()

        async def wait() -> None:
            with pytest.raises(PoolTimeout):
                await async_get(pool, pool=0.05)

        await async_run_together(wake, wait)


async def test_who_leaves_passes_the_call_on() -> None:
    network = async_greeting_network()
    async with (
        AsyncConnectionPool(max_connections=1, network_backend=network) as pool,
        pool.stream("GET", "http://a/") as response,
    ):
        ended: list[object] = []

        async def end(is_complete: bool) -> None:
            ended.append(is_complete)

        async def drop() -> None:
            await async_until(lambda: len(pool._ledger.parked) == 2)
            # As if the note came when the first of them had just stopped waiting.
            pool._ledger.abandoned.append(AsyncBody(response.aread, end))
            await async_until(lambda: ended)
            await response.aread()

        async def give_up() -> None:
            with pytest.raises(PoolTimeout):
                await async_get(pool, pool=0.5)

        async def wait() -> None:
            assert await async_get(pool) == b"hello"
            assert ended == [False]

        await async_run_together(drop, give_up, wait)


async def test_note_is_seen_that_comes_before_the_waiting() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        response = await pool.handle_async_request(GET)
        ledger = pool._ledger
        acquire = ledger.acquire

        def drop_meanwhile(*args: object) -> object:
            nonlocal response
            lease = acquire(*args)  # type: ignore[arg-type]
            response = None  # type: ignore[assignment]
            gc.collect()
            ledger.acquire = acquire  # type: ignore[method-assign]
            return lease

        ledger.acquire = drop_meanwhile  # type: ignore[assignment, method-assign]
        assert await async_get(pool, pool=30.0) == b"hello"
        assert response is None


async def test_error_of_a_dropped_response_is_nobodys() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(network_backend=network) as pool:

        async def fail(is_complete: bool) -> None:
            raise ZeroDivisionError

        pool._ledger.abandoned.append(AsyncBody(pool.aclose, fail))  # type: ignore[arg-type]
        assert await async_get(pool) == b"hello"


async def test_interruption_of_closing_a_dropped_response_comes_after_the_rest() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(network_backend=network) as pool:
        ended: list[object] = []

        async def interrupt(is_complete: bool) -> None:
            raise KeyboardInterrupt

        async def end(is_complete: bool) -> None:
            ended.append(is_complete)

        bodies = [AsyncBody(pool.aclose, how) for how in (interrupt, end)]  # type: ignore[arg-type]
        pool._ledger.abandoned.extend(bodies)
        with pytest.raises(KeyboardInterrupt):
            await async_get(pool)
        assert ended == [False]


async def test_closed_pool_forgets_what_was_dropped() -> None:
    network = async_greeting_network()
    pool = AsyncConnectionPool(network_backend=network)
    await pool.handle_async_request(GET)
    gc.collect()
    await pool.aclose()
    assert not pool._ledger.abandoned
    assert network.streams[0].is_closed
