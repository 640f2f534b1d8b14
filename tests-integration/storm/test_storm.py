"""Thousands of requests in bad weather, cancelled and timed out at random: then the pool has all its places again.

`HTTPCORE_STORM=200000` says how many requests there are.
"""

from __future__ import annotations

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import anyio

from httpcore import AsyncConnectionPool, ConnectionPool, HTTPCoreError

from .weather import StormyServer

if TYPE_CHECKING:
    from typing import Any

REQUESTS = int(os.environ.get("HTTPCORE_STORM", "3000"))
SEED = int(os.environ.get("HTTPCORE_STORM_SEED", "1"))
PLACES = 8
CROWD = 40


async def test_tasks_lose_no_place() -> None:
    chance = random.Random(SEED)
    left = REQUESTS
    outcomes = {"answered": 0, "failed": 0, "cancelled": 0}

    async def ask(pool: AsyncConnectionPool, url: str) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            limits: dict[str, Any] = {"read": 0.02, "pool": chance.choice([0.005, 5.0])}
            cancels_after = chance.random() * 0.02 if chance.random() < 0.3 else 30.0
            with anyio.move_on_after(cancels_after) as scope:
                try:
                    async with pool.stream("GET", url, extensions={"timeout": limits}) as response:
                        if chance.random() < 0.9:
                            assert await response.aread() == b"hello"
                    outcomes["answered"] += 1
                except HTTPCoreError:
                    outcomes["failed"] += 1
            outcomes["cancelled"] += scope.cancelled_caught

    with StormyServer(SEED) as server:
        async with AsyncConnectionPool(max_connections=PLACES) as pool:
            async with anyio.create_task_group() as tasks:
                for _ in range(CROWD):
                    tasks.start_soon(ask, pool, server.url)
            stats = pool.stats()
            assert (stats.requests, stats.waiting, stats.connections.dialing) == (0, 0, 0), stats
            assert stats.connections.active == 0
            server.calm = True
            await _fill(pool, server.url)
    assert sum(outcomes.values()) >= REQUESTS
    assert all(outcomes.values()), outcomes


async def _fill(pool: AsyncConnectionPool, url: str) -> None:
    """As many requests at once as there are places."""
    held = 0
    everybody = anyio.Event()

    async def hold() -> None:
        nonlocal held
        async with pool.stream("GET", url, extensions={"timeout": {"pool": 10.0}}) as response:
            held += 1
            if held == PLACES:
                everybody.set()
            await everybody.wait()
            assert await response.aread() == b"hello"

    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            for _ in range(PLACES):
                tasks.start_soon(hold)


def test_threads_lose_no_place() -> None:
    lock = threading.Lock()
    left = REQUESTS
    outcomes = {"answered": 0, "failed": 0}

    def ask(pool: ConnectionPool, url: str, seed: int) -> None:
        nonlocal left
        chance = random.Random(seed)
        while True:
            with lock:
                left -= 1
                if left < 0:
                    return
            limits = {"read": 0.02, "pool": chance.choice([0.005, 5.0])}
            try:
                with pool.stream("GET", url, extensions={"timeout": limits}) as response:
                    if chance.random() < 0.9:
                        assert response.read() == b"hello"
                outcome = "answered"
            except HTTPCoreError:
                outcome = "failed"
            with lock:
                outcomes[outcome] += 1

    with StormyServer(SEED) as server, ConnectionPool(max_connections=PLACES) as pool:
        with ThreadPoolExecutor(16) as threads:
            for done in [threads.submit(ask, pool, server.url, SEED + n) for n in range(16)]:
                done.result()
        stats = pool.stats()
        assert (stats.requests, stats.waiting, stats.connections.dialing) == (0, 0, 0), stats
        server.calm = True
        barrier = threading.Barrier(PLACES, timeout=20)

        def hold() -> None:
            extensions = {"timeout": {"pool": 10.0}}
            with pool.stream("GET", server.url, extensions=extensions) as response:
                barrier.wait()
                assert response.read() == b"hello"

        with ThreadPoolExecutor(PLACES) as threads:
            for done in [threads.submit(hold) for _ in range(PLACES)]:
                done.result()
    assert sum(outcomes.values()) == REQUESTS
    assert all(outcomes.values()), outcomes
