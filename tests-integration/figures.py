"""What tests have measured, for who asks to see it (`pytest -rP`)."""

from collections.abc import Sequence


def note(sentence: str) -> None:
    """Say it where the report of a test is kept."""
    print(sentence)  # noqa: T201 - pytest keeps it


def percentile(seconds: Sequence[float], percent: int) -> float:
    """That many percent took no longer; in milliseconds."""
    ordered = sorted(seconds)
    return ordered[(len(ordered) - 1) * percent // 100] * 1000
