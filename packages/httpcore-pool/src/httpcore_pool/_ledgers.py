"""The ledger for tasks, and the ledger for threads: the same decisions, there each under one short lock.

The lock is held for a few microseconds, never around I/O, user code or anything that waits. Finalizers do not come
here at all.
"""

from __future__ import annotations

from _thread import allocate_lock
from typing import TYPE_CHECKING

from ._core.ledger import FOREVER, AsyncLedger, C, Slot, Ticket, W

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from ._core.ledger import Limits

__all__ = ["AsyncLedger", "SynchronizedLedger"]


# Twice for every request; `super()` makes an object of each call.
_acquire = AsyncLedger.acquire
_release = AsyncLedger.release


class SynchronizedLedger(AsyncLedger[C, W]):
    """`AsyncLedger` for callers in many threads."""

    def __init__(self, limits: Limits, make_waker: Callable[[], W]) -> None:
        super().__init__(limits, make_waker)
        self._lock = allocate_lock()

    def acquire(
        self, key: Hashable, now: float, may_share: bool = False, fresh: bool = False
    ) -> Slot[C, W] | Ticket[C, W] | None:
        with self._lock:
            return _acquire(self, key, now, may_share, fresh)

    def cancel(self, ticket: Ticket[C, W]) -> Slot[C, W] | None:
        with self._lock:
            return super().cancel(ticket)

    def replace(
        self, slot: Slot[C, W], now: float, may_share: bool = False
    ) -> Slot[C, W] | Ticket[C, W] | None:
        with self._lock:
            return super().replace(slot, now, may_share)

    def connected(self, slot: Slot[C, W], width: int, retires_at: float = FOREVER) -> bool:
        with self._lock:
            return super().connected(slot, width, retires_at)

    def dial_failed(self, slot: Slot[C, W]) -> None:
        with self._lock:
            super().dial_failed(slot)

    def release(self, slot: Slot[C, W], width: int, now: float) -> None:
        with self._lock:
            _release(self, slot, width, now)

    def resize(self, slot: Slot[C, W], width: int) -> None:
        with self._lock:
            super().resize(slot, width)

    def lose(self, slot: Slot[C, W]) -> None:
        with self._lock:
            super().lose(slot)

    def close(self) -> None:
        with self._lock:
            super().close()

    def forget(self) -> list[C]:
        # A thread that held the lock may not exist any more, nor one that waits for it.
        self._lock = allocate_lock()
        return super().forget()
