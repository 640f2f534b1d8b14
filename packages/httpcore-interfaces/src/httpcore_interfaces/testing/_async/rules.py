"""Running one rule: nothing that it does may hang the whole check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._conformance import ConformanceError, verdict
from .._tasks import AsyncTask

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

__all__ = ["keep_rule", "put_away"]


async def keep_rule(rule: Callable[..., Awaitable[None]], patience: float, *args: Any) -> None:
    """Call `rule(*args)`. Raises `ConformanceError` when it is broken, or takes more seconds than `patience`."""
    async with AsyncTask(rule, *args) as task:
        ended = await task.wait(patience)
    if not ended:
        late = TimeoutError(f"nothing more happened for {patience:g} s")
        raise verdict(rule, late)
    try:
        task.result()
    except ConformanceError:
        raise
    except Exception as error:
        raise verdict(rule, error) from error


async def put_away(patience: float, *things: Any) -> None:
    """Close what a rule has used, whatever state it is in; what closing is worth has rules of its own."""
    for thing in things:
        async with AsyncTask(thing.aclose) as task:
            await task.wait(patience)
