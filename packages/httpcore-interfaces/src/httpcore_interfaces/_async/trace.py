"""Telling a request's steps to its `trace` callback and to a logger, at the price of one test when nobody listens.

A room asks once per request for an `AsyncTrace` and gets `None` when nobody listens. Where it got one, it runs its
steps through `step`, which says when each began and how it ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .._extensions import checked_async_answer

if TYPE_CHECKING:
    import logging
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from .._extensions import AsyncTraceCallback

__all__ = ["AsyncTrace"]

T = TypeVar("T")

_DEBUG = 10


class AsyncTrace:
    """The listeners of one request: its `trace` callback, and a logger that is enabled for DEBUG, or another level.

    An event is named `prefix.step.started`, `.complete` or `.failed`. Its details are the step's own, then
    `{"return_value": ...}`, or `{"exception": ...}`. The logger gets the name without the prefix, and the details, at
    `level`.
    """

    __slots__ = ("_callback", "_level", "_logger", "_prefix")

    def __init__(
        self,
        prefix: str,
        callback: AsyncTraceCallback | None,
        logger: logging.Logger | None,
        level: int = _DEBUG,
    ) -> None:
        self._prefix = prefix
        self._callback = callback
        self._logger = logger
        self._level = level

    @classmethod
    def of(
        cls, extensions: Mapping[str, Any], logger: logging.Logger, prefix: str, level: int = _DEBUG
    ) -> AsyncTrace | None:
        """The listeners that `extensions["trace"]` and `logger` make, `None` when there are none."""
        callback = extensions.get("trace")
        if logger.isEnabledFor(level):
            return cls(prefix, callback, logger, level)
        return None if callback is None else cls(prefix, callback, None)

    async def event(self, name: str, info: dict[str, Any]) -> None:
        """Tell of something that has no duration.

        Raises `TypeError` when the callback is not of the right kind, and whatever the callback raises.
        """
        if self._logger is not None:
            details = "".join(
                f" {key}={value!r}"
                for key, value in info.items()
                if not (key == "return_value" and value is None)
            )
            self._logger.log(self._level, "%s%s", name, details)
        if self._callback is not None:
            await checked_async_answer(self._callback(f"{self._prefix}.{name}", info), "trace")

    async def step(
        self,
        name: str,
        info: dict[str, Any],
        function: Callable[..., Awaitable[T]],
        *args: Any,
    ) -> T:
        """Call `function(*args)` and tell when it starts, completes or fails."""
        await self.event(f"{name}.started", info)
        try:
            value = await function(*args)
        except BaseException as error:
            await self.event(f"{name}.failed", {"exception": error})
            raise
        await self.event(f"{name}.complete", {"return_value": value})
        return value
