"""What only a pool can say."""

from __future__ import annotations

from httpcore_interfaces import HTTPCoreError

__all__ = ["PoolClosed"]


class PoolClosed(HTTPCoreError, RuntimeError):
    """The pool was closed, before this request or while it was waiting or dialing. Nothing of it was sent."""

    default_message = "the pool is closed; make a new one"
    safe_to_retry = True
