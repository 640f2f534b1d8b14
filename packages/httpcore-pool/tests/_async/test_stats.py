"""The numbers that a pool tells about itself."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from httpcore_interfaces import ConnectError, PoolTimeout
from httpcore_interfaces.testing import END, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool, ConnectionStats, PoolStats

from ..support import async_run_together, async_until
from .lines import HELLO, AsyncGatedBackend, async_get, async_greeter, async_greeting_network


async def test_new_pool_has_only_zeros() -> None:
    stats = AsyncConnectionPool(network_backend=async_greeting_network()).stats()
    assert stats == PoolStats(ConnectionStats(), {}, *[0] * 12)
    with pytest.raises(FrozenInstanceError):
        stats.dials = 1  # type: ignore[misc]


async def test_connections_are_counted_by_state_and_origin() -> None:
    network = AsyncGatedBackend(lambda connect: async_greeter())
    async with AsyncConnectionPool(network_backend=network) as pool:

        async def fetch() -> None:
            assert await async_get(pool, "http://a/") == b"hello"

        async def look() -> None:
            await async_until(lambda: network.arrived)
            assert pool.stats().connections == ConnectionStats(dialing=1)
            assert pool.stats().requests == 1
            network.open()

        await async_run_together(fetch, look)
        async with pool.stream("GET", "http://a/") as response:
            stats = pool.stats()
            assert stats.connections == ConnectionStats(active=1)
            assert stats.origins == {"http://a:80": ConnectionStats(active=1)}
            assert (stats.dials, stats.reuses) == (1, 1)
            await response.aread()
        assert pool.stats().connections == ConnectionStats(idle=1)
        assert pool.stats().connections.total == 1


async def test_what_went_wrong_is_counted_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(5, "httpcore.pool")
    race = AsyncScriptedStream([*HELLO, TURN, END])
    network = AsyncScriptedBackend([race, async_greeter(), ConnectError("refused")])
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        await async_get(pool)
        await async_get(pool)
        async with pool.stream("GET", "http://a/"):
            with pytest.raises(PoolTimeout):
                await async_get(pool, pool=0.0)
        with pytest.raises(ConnectError):
            await async_get(pool, "http://b/")
        stats = pool.stats()
        assert (stats.replays, stats.timeouts, stats.waits, stats.failed_dials) == (1, 1, 1, 1)
    said = [record.getMessage().partition(" ") for record in caplog.records]
    assert {record.levelno for record in caplog.records} == {5}
    steps = [
        *("assign.started", "dial.started", "dial.complete", "assign.complete"),
        *("assign.started", "reuse.started", "reuse.complete", "assign.complete"),
        *("close.started", "close.complete", "replay.started"),
        *("assign.started", "dial.started", "dial.complete", "assign.complete", "replay.complete"),
        *("assign.started", "reuse.started", "reuse.complete", "assign.complete"),
        *("assign.started", "wait.started", "wait.failed", "assign.failed"),
        *("close.started", "close.complete"),
        *("assign.started", "dial.started", "dial.failed", "assign.failed"),
    ]
    assert [name for name, _, _ in said] == steps
    assert said[5][2].startswith("origin=Origin(scheme=b'http', host=b'a', port=80) connection=<")
    assert " elapsed=" in said[2][2]


async def test_place_that_was_just_granted_has_no_origin_yet() -> None:
    async with AsyncConnectionPool(network_backend=async_greeting_network()) as pool:
        pool._ledger.acquire("a", 0.0)
        stats = pool.stats()
        assert stats.connections == ConnectionStats(dialing=1)
        assert stats.origins == {}
