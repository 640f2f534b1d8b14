"""How a check says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import Any

__all__ = ["ConformanceError"]


class ConformanceError(AssertionError):
    """A rule of a contract is broken.

    - `rule`: the rule's name, which `skip` of the checks takes.
    - `promise`: what the contract says.
    - `found`: what happened instead.
    """

    def __init__(self, rule: str, promise: str, found: str) -> None:
        super().__init__(rule, promise, found)
        self.rule = rule
        self.promise = promise
        self.found = found

    def __str__(self) -> str:
        return f"{self.rule}: {self.promise} Found: {self.found}"


class Broken(Exception):
    """What a rule raises when it finds itself broken; whoever runs it adds its name."""


def require(condition: bool, found: str) -> None:
    """Raise `Broken` unless the condition holds."""
    if not condition:
        raise Broken(found)


def verdict(rule: Callable[..., Any], error: Exception) -> ConformanceError:
    """The error of a rule as its caller gets it. An error that is not `Broken` is one that nobody expected."""
    found = str(error) if isinstance(error, Broken) else f"an unexpected {error!r}."
    promise = " ".join((rule.__doc__ or "").split())
    return ConformanceError(rule.__name__, promise, found)


def without(skip: Collection[str], rules: Sequence[Callable[..., Any]]) -> list[Callable[..., Any]]:
    """The rules that are left. Raises `ValueError` for a name that no rule has."""
    unknown = set(skip) - {rule.__name__ for rule in rules}
    if unknown:
        raise ValueError(f"there is no rule named {sorted(unknown)[0]!r}")
    return [rule for rule in rules if rule.__name__ not in skip]
