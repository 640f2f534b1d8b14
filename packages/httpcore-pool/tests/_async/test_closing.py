"""Closing a pool, with whatever it is doing."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_interfaces import ConnectError, ReadError, Request
from httpcore_interfaces.testing import STALL, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool, AsyncHTTPProxy, PoolClosed

from ..support import async_run_together, async_until
from .lines import (
    HELLO,
    AsyncGatedBackend,
    async_get,
    async_greeter,
    async_greeting_network,
)


async def test_closing_closes_idle_connections_and_again_does_nothing() -> None:
    network = async_greeting_network()
    pool = AsyncConnectionPool(network_backend=network)
    await async_get(pool, "http://a/")
    await async_get(pool, "http://b/")
    await pool.aclose()
    assert all(stream.is_closed for stream in network.streams)
    assert pool.connections == []
    await pool.aclose()


async def test_what_a_closed_connection_is_told_late_changes_nothing() -> None:
    pool = AsyncConnectionPool(network_backend=async_greeting_network())
    await async_get(pool)
    connection: Any = pool.connections[0]
    await pool.aclose()
    # Otherwise each would keep the other, until the garbage collector comes.
    assert connection._slot is None
    assert not connection.exchange_ended(1)
    connection.capacity_changed()
    assert pool.connections == []


async def test_request_after_closing_is_refused() -> None:
    pool = AsyncConnectionPool(network_backend=async_greeting_network())
    await pool.aclose()
    with pytest.raises(PoolClosed, match=r"^the pool is closed; make a new one$") as caught:
        await async_get(pool)
    assert caught.value.safe_to_retry
    assert isinstance(caught.value, RuntimeError)


async def test_closing_ends_requests_that_wait() -> None:
    network = async_greeting_network()
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)

    async def hold() -> None:
        async with pool.stream("GET", "http://a/") as response:
            await async_until(lambda: "2 queued" in repr(pool))
            await pool.aclose()
            with pytest.raises(ReadError):
                await response.aread()

    async def wait() -> None:
        await async_until(lambda: "1 active" in repr(pool))
        with pytest.raises(
            PoolClosed,
            match=r"^the pool was closed while the request waited for a connection$",
        ):
            await async_get(pool, "http://b/")

    await async_run_together(hold, wait, wait)
    assert all(stream.is_closed for stream in network.streams)


async def test_closing_ends_a_request_that_waits_for_its_response() -> None:
    stream = AsyncScriptedStream([STALL])
    pool = AsyncConnectionPool(network_backend=AsyncScriptedBackend([stream]))

    async def ask() -> None:
        with pytest.raises(
            PoolClosed, match=r"^the pool was closed while the request was under way \("
        ) as caught:
            await async_get(pool)
        assert isinstance(caught.value.__cause__, ReadError)
        assert caught.value.method == "GET"
        assert caught.value.safe_to_retry

    async def close() -> None:
        await async_until(lambda: stream.operations and stream.operations[-1][0] == "read")
        await pool.aclose()

    await async_run_together(ask, close)
    assert stream.is_closed
    assert pool.connections == []


async def test_dial_that_succeeds_after_closing_is_closed() -> None:
    stream = async_greeter()
    network = AsyncGatedBackend([stream])
    pool = AsyncConnectionPool(network_backend=network)

    async def ask() -> None:
        with pytest.raises(
            PoolClosed, match=r"^the pool was closed while the request was connecting$"
        ):
            await async_get(pool)

    async def close() -> None:
        await async_until(lambda: network.arrived)
        assert "CONNECTING" in repr(pool.connections)
        await pool.aclose()
        network.open()

    await async_run_together(ask, close)
    assert stream.is_closed
    assert stream.written == b""


async def test_dial_that_fails_after_closing_says_why() -> None:
    network = AsyncGatedBackend([ConnectError("refused")])
    pool = AsyncConnectionPool(network_backend=network)

    async def ask() -> None:
        with pytest.raises(ConnectError, match="refused"):
            await async_get(pool)

    async def close() -> None:
        await async_until(lambda: network.arrived)
        await pool.aclose()
        network.open()

    await async_run_together(ask, close)


async def test_closing_in_the_middle_of_a_proxy_handshake_leaves_nothing_open() -> None:
    stream = AsyncScriptedStream([STALL])
    pool = AsyncHTTPProxy("http://proxy/", network_backend=AsyncScriptedBackend([stream]))

    async def ask() -> None:
        with pytest.raises(PoolClosed):
            await async_get(pool, "https://a/")

    async def close() -> None:
        await async_until(lambda: stream.operations and stream.operations[-1][0] == "read")
        await pool.aclose()
        stream.feed(b"200 Connected\n")

    await async_run_together(ask, close)
    assert stream.is_closed


async def test_closing_that_is_interrupted_closes_the_rest_all_the_same() -> None:
    class Interruption(BaseException):
        pass

    def interrupt() -> None:
        raise Interruption

    # Two writes and three reads come before it.
    first = async_greeter(interrupt_at=6, interrupt=interrupt)
    second = async_greeter()
    pool = AsyncConnectionPool(network_backend=AsyncScriptedBackend([first, second]))
    await async_get(pool, "http://a/")
    await async_get(pool, "http://b/")
    assert len(first.operations) == 5
    with pytest.raises(Interruption):
        await pool.aclose()
    assert first.is_closed
    assert second.is_closed


async def test_body_that_outlives_the_pool_ends_with_an_error() -> None:
    network = AsyncScriptedBackend([HELLO])
    async with AsyncConnectionPool(network_backend=network) as pool:
        response = await pool.handle_async_request(_request())
    with pytest.raises(ReadError):
        await response.aread()
    await response.aclose()
    assert network.streams[0].is_closed


def _request() -> Request:
    return Request("GET", "http://a/", headers={"Host": "a"})
