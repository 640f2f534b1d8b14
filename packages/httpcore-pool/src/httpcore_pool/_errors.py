"""What only a pool can say.

Both are kinds of `LocalProtocolError`, so that programs which know the tree of exceptions, as HTTPX does, know them.
"""

from __future__ import annotations

from httpcore_interfaces import LocalProtocolError

__all__ = ["PoolClosed", "WrongEventLoop"]


class PoolClosed(LocalProtocolError, RuntimeError):
    """The pool was closed: before this request, while it was waiting or dialing, or before its response began.

    Only in the last case may something have been sent; `safe_to_retry` says whether it can be sent again.
    """

    default_message = "the pool is closed; make a new one"
    safe_to_retry = True


class WrongEventLoop(LocalProtocolError, RuntimeError):
    """An asynchronous pool was used under one event loop while it was in use under another. Nothing was sent."""

    default_message = (
        "the pool is in use under another event loop, which still runs or has requests under way; "
        "make a pool for each event loop"
    )
    safe_to_retry = True
