"""How a library is made to do a job: one after the other, in threads, or in tasks of an event loop.

A module for a library says how to begin: `opened(job)` for blocking calls, `await async_opened(job)` for the others. Each
returns what does an exchange, again and again, and what ends it all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench_clients.holding import KINDS, holding_client
from bench_clients.measuring import AsyncOpened, Cost, Job, Opened, measured, measured_async


def sync_client(job: Job, opened: Callable[[Job], Opened]) -> Cost:
    """Do the job by blocking calls: in one thread, or in several that share what was opened."""
    exchange, close = opened(job)

    def work(times: int) -> None:
        for _ in range(times):
            exchange()

    try:
        if job.face == "sync":
            return measured(job, work)
        with ThreadPoolExecutor(job.tasks) as threads:

            def share(times: int) -> None:
                list(threads.map(work, [times // job.tasks] * job.tasks))

            return measured(job, share)
    finally:
        close()


async def async_client(job: Job, opened: Callable[[Job], Awaitable[AsyncOpened]]) -> Cost:
    """Do the job in tasks that share what was opened."""
    exchange, close = await opened(job)
    together = _in_nursery if job.face == "trio" else _gathered

    async def task(times: int) -> None:
        for _ in range(times):
            await exchange()

    async def work(times: int) -> None:
        if job.tasks == 1:
            await task(times)
        else:
            await together(task, job.tasks, times // job.tasks)

    try:
        return await measured_async(job, work)
    finally:
        await close()


def run(face: str, function: Callable[..., Coroutine[Any, Any, Cost]], *arguments: object) -> Cost:
    """Run a coroutine function by the event loop of that name."""
    if face == "trio":
        import trio

        return trio.run(function, *arguments)
    if face == "uvloop":
        import uvloop

        return uvloop.run(function(*arguments))
    return asyncio.run(function(*arguments))


async def _gathered(
    task: Callable[[int], Coroutine[Any, Any, None]], tasks: int, times: int
) -> None:
    await asyncio.gather(*[task(times) for _ in range(tasks)])


async def _in_nursery(task: Callable[[int], Awaitable[None]], tasks: int, times: int) -> None:
    import trio

    async with trio.open_nursery() as nursery:
        for _ in range(tasks):
            nursery.start_soon(task, times)


def client(
    job: Job,
    opened: Callable[[Job], Opened] | None,
    async_opened: Callable[[Job], Awaitable[AsyncOpened]] | None,
) -> Cost:
    """Do the job by the face that it names."""
    if job.face in ("sync", "threads"):
        assert opened is not None
        return sync_client(job, opened)
    return run(
        job.face, holding_client if job.workload in KINDS else async_client, job, async_opened
    )
