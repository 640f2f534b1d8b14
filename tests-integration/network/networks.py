"""The backends with options, by names that lead from one world to the other."""

from typing import Any

from httpcore_pool import AutoBackend, SyncBackend


def async_network(**options: Any) -> AutoBackend:
    """For tasks."""
    return AutoBackend(**options)


def network(**options: Any) -> SyncBackend:
    """For threads."""
    return SyncBackend(**options)
