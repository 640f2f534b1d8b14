"""Many at the same time: tasks here, threads there."""

from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio


async def async_together(count: int, function: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Call `function` with 0, 1, 2, ... at the same time, in tasks, and wait for all."""
    async with anyio.create_task_group() as group:
        for number in range(count):
            group.start_soon(function, number)


def together(count: int, function: Callable[[int], None]) -> None:
    """Call `function` with 0, 1, 2, ... at the same time, in threads, and wait for all."""
    with ThreadPoolExecutor(count) as executor:
        list(executor.map(function, range(count)))
