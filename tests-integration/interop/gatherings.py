"""A place where many wait until all are there: tasks here, threads there."""

import threading

import anyio

PATIENCE = 30.0


class AsyncGathering:
    """For tasks."""

    def __init__(self, count: int) -> None:
        self.missing = count
        self.complete = anyio.Event()

    async def arrive(self) -> None:
        """Wait for the others."""
        self.missing -= 1
        if not self.missing:
            self.complete.set()
        with anyio.fail_after(PATIENCE):
            await self.complete.wait()


class Gathering:
    """For threads."""

    def __init__(self, count: int) -> None:
        self.barrier = threading.Barrier(count)

    def arrive(self) -> None:
        """Wait for the others."""
        self.barrier.wait(PATIENCE)
