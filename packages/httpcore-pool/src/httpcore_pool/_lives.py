"""What can happen to a pool from outside: its event loop ends, its process forks, nobody refers to it any more.

In none of these may the usual way of closing be gone. A loop that is over must not be called; after a fork, what one
process says on a connection, or to the event loop's selector, happens to the other as well; a finalizer may run between
any two lines of anybody, who may hold the ledger's lock. So the connections are *forgotten*: their descriptors are
closed in this process, and nothing else is done.
"""

from __future__ import annotations

import os
import sys
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from ._errors import WrongEventLoop

if TYPE_CHECKING:
    from ._core.ledger import AsyncLedger

__all__ = ["Home", "current_loop", "forget_connections", "forget_stream", "nudge", "watch"]

_modules = sys.modules


class Home:
    """The event loop that a pool's connections belong to; `None` before the first request, and for threads."""

    __slots__ = ("__weakref__", "loop")

    def __init__(self) -> None:
        self.loop: Any = None

    def enter(self, loop: object, ledger: AsyncLedger[Any, Any]) -> None:
        """Move to another loop, forgetting what belonged to the last. Raises `WrongEventLoop` when that still lives."""
        last = self.loop
        if last is not None and loop is not None:
            busy = any(slot.streams for slot in ledger.slots()) or ledger.waiting()
            if _is_running(last) or (busy and not _is_over(last)):
                raise WrongEventLoop
            forget_connections(ledger)
        if loop is not None:
            self.loop = loop


class _Pool(Protocol):
    _ledger: Any
    _home: Home


_pools: weakref.WeakSet[Any] = weakref.WeakSet()


def current_loop() -> object:
    """The event loop of asyncio, or the run of Trio, that the caller is in; `None` outside of both."""
    trio = _modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_task():
        return trio.lowlevel.current_trio_token()
    asyncio = _modules.get("asyncio")
    return None if asyncio is None else asyncio._get_running_loop()


def watch(pool: _Pool) -> None:
    """See to it that a fork, and the end of the last reference to it, leave nothing of this pool behind."""
    _pools.add(pool)
    weakref.finalize(pool, _orphan, pool._ledger, pool._home)


def forget_connections(ledger: AsyncLedger[Any, Any]) -> None:
    """Make a ledger as new, and its connections as if they had never been."""
    for connection in ledger.forget():
        connection.forget()


def forget_stream(stream: object) -> None:
    """Close the descriptor of a stream of the house, and no more. A stream of another house is left to itself."""
    forget = getattr(stream, "forget", None)
    if forget is not None:
        forget()


def nudge(ledger: AsyncLedger[Any, Any]) -> None:
    """Wake one of those who wait, so that he frees what was abandoned. May be called by a finalizer."""
    for ticket, loop in list(ledger.parked.items())[:1]:
        if loop is None:
            ticket.waker.unpark()
        else:
            with suppress(RuntimeError):  # it is over, and so are all who waited in it
                _call_soon(loop, ticket.waker.unpark)


def _after_fork_in_child() -> None:
    for pool in list(_pools):
        pool._home.loop = None
        forget_connections(pool._ledger)


def _orphan(ledger: AsyncLedger[Any, Any], home: Home) -> None:
    """The pool was collected, or the interpreter ends: close what idles, and let what is under way end by itself."""
    # Whatever is released from now on is dropped, and closed by who released it.
    ledger.keep_nothing()
    idle = [
        slot.connection
        for slot in ledger.slots()
        if slot.connection is not None and not slot.streams
    ]
    idle.extend(iter(ledger.next_dropped, None))
    loop = home.loop
    if loop is None or _is_over(loop):
        for connection in idle:
            connection.forget()
    elif current_loop() is loop:
        _close_now(idle)
    else:
        with suppress(RuntimeError):  # it is over by now
            _call_soon(loop, _close_now, idle)


def _close_now(connections: list[Any]) -> None:
    """Close without waiting, which streams of the house never do."""
    for connection in connections:
        closing = connection.aclose()
        with suppress(StopIteration, Exception):
            closing.send(None)
        closing.close()


def _call_soon(loop: Any, function: Any, *args: object) -> None:
    """From any thread, and any place. Raises `RuntimeError` when the loop is over."""
    if hasattr(loop, "call_soon_threadsafe"):
        loop.call_soon_threadsafe(function, *args)
    else:
        loop.run_sync_soon(function, *args)


def _is_running(loop: Any) -> bool:
    is_running = getattr(loop, "is_running", None)
    return not _is_over(loop) if is_running is None else bool(is_running())


def _is_over(loop: Any) -> bool:
    if hasattr(loop, "is_closed"):
        return bool(loop.is_closed())
    try:
        loop.run_sync_soon(_do_nothing)  # how Trio is asked
    except RuntimeError:
        return True
    return False


def _do_nothing() -> None:
    """Something for Trio to do."""


if hasattr(os, "register_at_fork"):  # pragma: no branch - not on Windows
    os.register_at_fork(after_in_child=_after_fork_in_child)
