"""One waits, another tells it, in either order."""

from __future__ import annotations

import time

import pytest

from httpcore_interfaces import AsyncParker
from httpcore_interfaces.testing._tasks import AsyncTask, async_settle


async def test_unparking_comes_first() -> None:
    parker = AsyncParker()
    parker.unpark()
    assert await parker.park()
    assert await parker.park(0)


async def test_parking_comes_first() -> None:
    parker = AsyncParker()
    async with AsyncTask(parker.park) as parked:
        assert not await parked.wait(0.01)
        parker.unpark()
        assert await parked.wait(5.0)
        assert parked.result()
    parker.unpark()


@pytest.mark.parametrize("timeout", [0.001, 0, -1, -5.0])
async def test_the_time_runs_out(timeout: float) -> None:
    parker = AsyncParker()
    assert not await parker.park(timeout)
    assert not await parker.park(timeout)
    parker.unpark()
    assert await parker.park(timeout)


async def test_a_very_long_time_is_possible() -> None:
    parker = AsyncParker()
    async with AsyncTask(parker.park, 1e7) as parked:
        assert not await parked.wait(0.01)
        parker.unpark()
        assert await parked.wait(5.0)
        assert parked.result()


async def test_settling_waits_for_a_moment() -> None:
    before = time.monotonic()
    await async_settle(0.01)
    assert time.monotonic() - before >= 0.009
