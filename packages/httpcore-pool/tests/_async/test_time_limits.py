"""The limits at their edges: nothing, zero, infinity. What is no limit is refused, in `test_bad_input`."""

from __future__ import annotations

import pytest

from httpcore_interfaces import ConnectTimeout, PoolTimeout, ReadTimeout
from httpcore_interfaces.testing import STALL, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool

from .lines import HELLO, async_get

INF = float("inf")


@pytest.mark.parametrize("value", [None, INF])
async def test_infinity_and_none_set_no_limit(value: float | None) -> None:
    stream = AsyncScriptedStream([TURN, *HELLO])
    network = AsyncScriptedBackend([stream])
    names = ("connect", "read", "write", "pool", "total")
    async with AsyncConnectionPool(network_backend=network) as pool:
        assert await async_get(pool, **dict.fromkeys(names, value)) == b"hello"
    assert network.connects[0].timeout is None


async def test_zero_takes_what_is_there() -> None:
    stream = AsyncScriptedStream([TURN, *HELLO])
    network = AsyncScriptedBackend([stream])
    async with AsyncConnectionPool(network_backend=network) as pool:
        assert await async_get(pool, connect=0, read=0, write=0, pool=0) == b"hello"
    assert network.connects[0].timeout == 0


async def test_zero_does_not_wait_for_the_server() -> None:
    each: list[dict[str, float]] = [{"read": 0}, {"total": 0}]
    for limits in each:
        stream = AsyncScriptedStream([TURN, STALL])
        network = AsyncScriptedBackend([stream])
        async with AsyncConnectionPool(network_backend=network) as pool:
            with pytest.raises(ReadTimeout):
                await async_get(pool, "http://a/", **limits)
            assert pool.connections == []


async def test_zero_does_not_wait_for_the_network() -> None:
    each: list[dict[str, float]] = [{"connect": 0}, {"total": 0}]
    for limits in each:
        network = AsyncScriptedBackend([STALL])
        async with AsyncConnectionPool(network_backend=network) as pool:
            with pytest.raises(
                ConnectTimeout, match="^total timeout: " if "total" in limits else None
            ):
                await async_get(pool, "http://a/", **limits)
            assert pool.connections == []


async def test_zero_does_not_wait_in_line() -> None:
    network = AsyncScriptedBackend([AsyncScriptedStream([TURN, *HELLO])])
    async with (
        AsyncConnectionPool(max_connections=1, network_backend=network) as pool,
        pool.stream("GET", "http://a/") as response,
    ):
        each: list[dict[str, float]] = [{"pool": 0}, {"total": 0}]
        for limits in each:
            with pytest.raises(
                PoolTimeout, match="^total timeout: " if "total" in limits else None
            ):
                await async_get(pool, "http://b/", **limits)
        assert await response.aread() == b"hello"
