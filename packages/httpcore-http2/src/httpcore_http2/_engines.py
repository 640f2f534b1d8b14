"""The engine as the two worlds use it: bare where one task runs at a time, with a lock where threads do."""

from __future__ import annotations

from _thread import allocate_lock
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from ._core.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AsyncEngine", "SynchronizedEngine"]

P = ParamSpec("P")
T = TypeVar("T")

#: Between two awaits nothing else runs, so every step is atomic as it is.
AsyncEngine = Engine


def _locked(
    step: Callable[Concatenate[Engine, P], T],
) -> Callable[Concatenate[SynchronizedEngine, P], T]:
    @wraps(step)
    def locked(self: SynchronizedEngine, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._lock:
            return step(self, *args, **kwargs)

    return locked


class SynchronizedEngine(Engine):
    """An engine whose steps are atomic among threads. The lock is never held while anything waits.

    The questions that a pool asks under a lock of its own (`can_open`, `stream_limit`, `state`) take none.
    """

    def __init__(self) -> None:
        self._lock = allocate_lock()
        super().__init__()

    open = _locked(Engine.open)
    send = _locked(Engine.send)
    send_trailers = _locked(Engine.send_trailers)
    take_news = _locked(Engine.take_news)
    take_body = _locked(Engine.take_body)
    give_up = _locked(Engine.give_up)
    wait = _locked(Engine.wait)
    leave = _locked(Engine.leave)
    begin_reading = _locked(Engine.begin_reading)
    stop_reading = _locked(Engine.stop_reading)
    receive = _locked(Engine.receive)
    lose = _locked(Engine.lose)
    close = _locked(Engine.close)
    lose_writing = _locked(Engine.lose_writing)
    ping = _locked(Engine.ping)
    shut = _locked(Engine.shut)
    take_remote_settings = _locked(Engine.take_remote_settings)
    take_capacity_change = _locked(Engine.take_capacity_change)
    begin_write = _locked(Engine.begin_write)
    end_write = _locked(Engine.end_write)
    interrupt_write = _locked(Engine.interrupt_write)
    leave_write = _locked(Engine.leave_write)
