"""What parkers of tasks have that those of threads have not, and the other way round."""

from __future__ import annotations

import asyncio
import sys

import pytest

from httpcore_interfaces import AsyncParker, Parker, current_async_library
from httpcore_interfaces.testing._tasks import AsyncTask, Task


async def test_the_library_is_the_one_that_runs(anyio_backend_name: str) -> None:
    assert current_async_library() == anyio_backend_name


def test_outside_of_a_task_there_is_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match="no asyncio or Trio task is running here"):
        current_async_library()
    monkeypatch.delitem(sys.modules, "trio", raising=False)
    monkeypatch.delitem(sys.modules, "asyncio", raising=False)
    with pytest.raises(RuntimeError, match="no asyncio or Trio task is running here"):
        current_async_library()


def test_trio_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "trio", raising=False)

    async def ask() -> str:
        return current_async_library()

    assert asyncio.run(ask()) == "asyncio"


async def test_a_cancelled_wait_loses_no_unparking() -> None:
    parker = AsyncParker()
    async with AsyncTask(parker.park) as parked:
        assert not await parked.wait(0.01)
        parker.unpark()
        parked.cancel()
        assert await parked.wait(5.0)
    assert await parker.park(0)


async def test_unparking_between_the_end_of_the_time_and_the_waking_counts() -> None:
    parker = AsyncParker()

    async def unpark_late() -> None:
        parker.unpark()

    async with AsyncTask(unpark_late):
        assert await parker.park(5.0)


def test_a_time_longer_than_a_lock_knows_is_possible() -> None:
    parker = Parker()
    with Task(parker.park, 1e300) as parked:
        assert not parked.wait(0.01)
        parker.unpark()
        assert parked.wait(5.0)
        assert parked.result()


def test_a_thread_tells_what_became_of_it() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with Task(fail) as task:
        assert task.wait(5.0)
        with pytest.raises(ZeroDivisionError):
            task.result()
    parker = Parker()
    with Task(parker.park) as parked, pytest.raises(IndexError):
        parked.result()
    parker.unpark()


def test_two_threads_may_unpark_at_the_same_moment() -> None:
    parker = Parker()
    parker.unpark()
    # As the second saw it, before the first had written.
    parker._unparked = False
    parker.unpark()
    assert parker.park()
