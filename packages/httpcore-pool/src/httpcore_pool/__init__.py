"""Connection pools for threads, asyncio and Trio.

The pool owns no tasks and no threads, decides in O(1), and loses no slot. It speaks whatever protocol packages are
installed beside it: `httpcore-http11`, `httpcore-http2`, or both.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .__about__ import __version__
from ._async.connection import AsyncHTTPConnection
from ._backends.auto import AutoBackend
from ._backends.blocking import SyncBackend
from ._backends.names import AsyncResolver, Resolved, Resolver, StaticResolver
from ._errors import PoolClosed, WrongEventLoop
from ._faces import (
    AsyncConnectionPool,
    AsyncHTTPProxy,
    AsyncSOCKSProxy,
    SyncConnectionPool,
    SyncHTTPProxy,
)
from ._logs import log_as_told
from ._sync.connection import HTTPConnection
from ._sync.request_face import ConnectionPool, HTTPProxy, SOCKSProxy
from ._tls import default_ssl_context

if TYPE_CHECKING:
    from ._backends.anyio_streams import AnyIOBackend, TrioBackend
    from ._backends.asyncio_native import AsyncioBackend
    from ._core.stats import ConnectionStats, PoolStats

__all__ = [
    "AnyIOBackend",
    "AsyncConnectionPool",
    "AsyncHTTPConnection",
    "AsyncHTTPProxy",
    "AsyncResolver",
    "AsyncSOCKSProxy",
    "AsyncioBackend",
    "AutoBackend",
    "ConnectionPool",
    "ConnectionStats",
    "HTTPConnection",
    "HTTPProxy",
    "PoolClosed",
    "PoolStats",
    "Resolved",
    "Resolver",
    "SOCKSProxy",
    "StaticResolver",
    "SyncBackend",
    "SyncConnectionPool",
    "SyncHTTPProxy",
    "TrioBackend",
    "WrongEventLoop",
    "__version__",
    "default_ssl_context",
]

log_as_told(os.environ)

# What not every program uses: it needs a package, or a module of the standard library that takes long to load.
_LOADED_WHEN_ASKED_FOR = {
    "AnyIOBackend": "._backends.anyio_streams",
    "AsyncioBackend": "._backends.asyncio_native",
    "ConnectionStats": "._core.stats",
    "PoolStats": "._core.stats",
    "TrioBackend": "._backends.anyio_streams",
}


def __getattr__(name: str) -> object:
    module = _LOADED_WHEN_ASKED_FOR.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(module, __name__), name)
    return value
