"""What the checks do two things at once with."""

import time

from httpcore_interfaces import AsyncParker
from httpcore_interfaces.testing._tasks import AsyncTask, one_pass


async def test_what_a_machine_that_stood_still_has_held_up_is_not_taken_for_hanging() -> None:
    async def stand_still() -> str:
        time.sleep(0.05)  # noqa: ASYNC251 - to stand still is what it is about
        for _ in range(3):
            await one_pass()
        return "done"

    async with AsyncTask(stand_still) as task:
        assert await task.wait(0.01)
        assert task.result() == "done"


async def test_what_hangs_is_told_from_it() -> None:
    async with AsyncTask(AsyncParker().park) as task:
        assert not await task.wait(0.01)
