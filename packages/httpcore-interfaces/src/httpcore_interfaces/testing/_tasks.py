"""How a check does two things at once: tasks of asyncio or Trio, and threads.

Tasks can be cancelled and threads cannot, so a thread that hangs is left alone.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from .._parking import AsyncParker, Parker, current_async_library

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from typing import Any, Self

    import trio

__all__ = ["AsyncTask", "Task", "async_settle", "one_pass", "settle"]

T_co = TypeVar("T_co", covariant=True)

# Of the loop, in which whatever does not hang comes to its end.
_PASSES = 10


class AsyncTask(Generic[T_co]):
    """`AsyncTask(function, *args)` runs it beside the caller. One other task may wait for it. `async with` stops it."""

    def __init__(self, function: Callable[..., Awaitable[T_co]], *args: Any) -> None:
        self._function = function
        self._args = args
        self._done = AsyncParker()
        self._values: list[T_co] = []
        self._error: BaseException | None = None
        self._scope: trio.CancelScope | None = None
        self._task: asyncio.Task[None] | None = None
        if current_async_library() == "trio":
            import trio

            self._scope = trio.CancelScope()
            trio.lowlevel.spawn_system_task(self._run_trio, self._scope, trio.Cancelled)
        else:
            import asyncio

            self._task = asyncio.get_running_loop().create_task(self._run_asyncio())
            self._task.add_done_callback(self._end_asyncio)

    async def wait(self, patience: float | None = None) -> bool:
        """Wait until it has ended, `patience` seconds at most; return whether it has."""
        ended = await self._done.park(patience)
        # When the machine has stood still, time is over before what has come meanwhile was looked at. That is no hanging.
        for _ in range(_PASSES):
            ended = ended or await self._done.park(0.0)
        return ended

    def result(self) -> T_co:
        """What the function returned. Raises what it raised, and `IndexError` before its end."""
        if self._error is not None:
            raise self._error
        return self._values[0]

    def cancel(self) -> None:
        """Let its next wait, or the one that is under way, end by cancellation."""
        if self._scope is not None:
            self._scope.cancel()
        if self._task is not None:
            self._task.cancel()

    async def stop(self) -> None:
        """Cancel it and wait for its end, but not for ever: it may be what refuses to be cancelled that is tested."""
        self.cancel()
        await self._done.park(5.0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.stop()

    async def _run_asyncio(self) -> None:
        try:
            self._values.append(await self._function(*self._args))
        except BaseException as error:  # noqa: BLE001 - the task ends here, and `result` raises it
            self._error = error

    def _end_asyncio(self, task: asyncio.Task[None]) -> None:
        # A task that was cancelled before it ran has not come to its own end.
        self._done.unpark()

    async def _run_trio(self, scope: trio.CancelScope, cancelled: type[BaseException]) -> None:
        try:
            with scope:
                try:
                    self._values.append(await self._function(*self._args))
                except cancelled as error:
                    self._error = error
                    raise
                except BaseException as error:  # noqa: BLE001 - the task ends here, and `result` raises it
                    self._error = error
        finally:
            self._done.unpark()


class Task(Generic[T_co]):
    """`Task(function, *args)` runs it in a thread beside the caller."""

    def __init__(self, function: Callable[..., T_co], *args: Any) -> None:
        self._function = function
        self._args = args
        self._values: list[T_co] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, patience: float | None = None) -> bool:
        """Wait until it has ended, `patience` seconds at most; return whether it has."""
        self._thread.join(patience)
        return not self._thread.is_alive()

    def result(self) -> T_co:
        """What the function returned. Raises what it raised, and `IndexError` before its end."""
        if self._error is not None:
            raise self._error
        return self._values[0]

    def stop(self) -> None:
        """Nothing can be done about a thread."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            self._values.append(self._function(*self._args))
        except BaseException as error:  # noqa: BLE001 - the thread ends here, and `result` raises it
            self._error = error


async def async_settle(seconds: float = 0.001) -> None:
    """Let others run for a moment."""
    await AsyncParker().park(seconds)


async def one_pass() -> None:
    """Let the event loop go round once, no more: what may strike at any moment has to be tried at each."""
    if current_async_library() == "trio":
        import trio

        await trio.lowlevel.checkpoint()
    else:
        import asyncio

        await asyncio.sleep(0)


def settle(seconds: float = 0.001) -> None:
    """Let others run for a moment."""
    Parker().park(seconds)
