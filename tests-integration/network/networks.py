"""The backends with options, by names that lead from one world to the other."""

from typing import Any

from httpcore_pool import AnyIOBackend, AutoBackend, SyncBackend

#: Every backend by its name, for whatever runs the test.
async_networks = ("auto", "anyio")
networks = ("sync",)


def async_network(kind: str = "auto", **options: Any) -> AutoBackend | AnyIOBackend:
    """For tasks."""
    return AnyIOBackend(**options) if kind == "anyio" else AutoBackend(**options)


def network(kind: str = "sync", **options: Any) -> SyncBackend:
    """For threads."""
    return SyncBackend(**options)
