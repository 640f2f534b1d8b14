"""How one task, or one thread, waits to be told something by another.

A parker is used once: one side parks, the other unparks, in either order. The asynchronous one works under asyncio
(and uvloop) and Trio without importing either before it must wait. It is the only waiting primitive that the pool and
HTTP/2 need, which is why it is so small.
"""

from __future__ import annotations

import sys
from _thread import TIMEOUT_MAX, allocate_lock
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable

    import trio

__all__ = ["AsyncParker", "Parker", "current_async_library"]


_modules = sys.modules


def current_async_library() -> Literal["asyncio", "trio"]:
    """Which library runs the current task. Raises `RuntimeError` outside of both."""
    return "trio" if _current_loop() is None else "asyncio"


def _current_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop of asyncio, or `None` in a task of Trio. Raises `RuntimeError` outside of both."""
    trio = _modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        return None
    module = _modules.get("asyncio")
    loop: asyncio.AbstractEventLoop | None = None if module is None else module._get_running_loop()
    if loop is None:
        raise RuntimeError(
            "no asyncio or Trio task is running here; call this from a coroutine, or use the synchronous classes"
        )
    return loop


class AsyncParker:
    """Lets one task wait until another unparks it."""

    __slots__ = ("_event", "_future", "_unparked")

    def __init__(self) -> None:
        self._unparked = False
        self._future: asyncio.Future[bool] | None = None
        self._event: trio.Event | None = None

    def unpark(self) -> None:
        """Let the parked task go on, or the next `park` return at once. Only from the same event loop."""
        self._unparked = True
        future = self._future
        if future is not None:
            if not future.done():
                future.set_result(True)
        elif self._event is not None:
            self._event.set()

    def park(self, timeout: float | None = None) -> Awaitable[bool]:
        """Wait for `unpark`; `timeout` in seconds, `None` waits for ever, less than nothing is `0`.

        Returns whether `unpark` was called; `False` means that the time ran out. One task at a time. When cancelled, an
        `unpark` that came at the same moment is not lost: the next `park` returns at once.
        """
        # Not itself a coroutine, which each of ten thousand waiters would have and the garbage collector look at.
        if self._unparked:
            return self._pass()
        loop = _current_loop()
        if loop is None:
            return self._park_trio(timeout)
        if timeout is not None:
            return self._park_asyncio(loop, timeout)
        self._future = future = loop.create_future()
        return future

    async def _pass(self) -> bool:
        return True

    async def _park_asyncio(self, loop: asyncio.AbstractEventLoop, timeout: float) -> bool:
        self._future = future = loop.create_future()
        timer = loop.call_later(timeout, _settle, future)
        try:
            await future
        finally:
            self._future = None
            timer.cancel()
        return self._unparked

    async def _park_trio(self, timeout: float | None) -> bool:
        import trio

        if timeout is not None and timeout <= 0.0:
            # A time-out would do the same, by an exception that Trio keeps, with all frames, until the task waits again.
            await trio.lowlevel.checkpoint()
            return self._unparked
        self._event = trio.Event()
        try:
            with trio.move_on_after(float("inf") if timeout is None else timeout):
                await self._event.wait()
        finally:
            self._event = None
        return self._unparked


class Parker:
    """Lets one thread wait until another unparks it."""

    __slots__ = ("_lock", "_unparked")

    def __init__(self) -> None:
        self._unparked = False
        self._lock = allocate_lock()
        self._lock.acquire()

    def unpark(self) -> None:
        """Let the parked thread go on, or the next `park` return at once. From any thread, as often as you like."""
        if not self._unparked:
            self._unparked = True
            with suppress(RuntimeError):  # another was a moment faster
                self._lock.release()

    def park(self, timeout: float | None = None) -> bool:
        """Wait for `unpark`; `timeout` in seconds, `None` waits for ever, less than nothing is `0`.

        Returns whether `unpark` was called; `False` means that the time ran out. One thread at a time.
        """
        if not self._unparked:
            # -1 is how a lock is told to wait for ever, and it knows no more seconds than TIMEOUT_MAX.
            seconds = -1.0 if timeout is None else min(max(0.0, timeout), TIMEOUT_MAX)
            self._lock.acquire(timeout=seconds)
        return self._unparked


def _settle(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(True)
