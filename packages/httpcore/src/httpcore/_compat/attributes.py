"""The private attributes of 1.x's pools, for the tools that read or replace them.

`transport._pool._network_backend = backend` is how dnspython brings its own name resolution, and there has never been a
public way for a user of HTTPX. The pools here keep their arguments elsewhere and know nothing of these names; `install`
puts them on the classes. To read one gives the argument as it is in use; to set one that a pool looks at when it
connects has the effect it had, on later connections. The others can only be read: a limit is the ledger's, and what a
subclass sets for itself under one of these names is its own.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["READ", "REPLACED", "install"]


class Read:
    """An attribute that is made when it is read. One of the same name on the instance goes before it."""

    def __init__(self, make: Callable[[Any], object]) -> None:
        self.make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, pool: Any, owner: type) -> Any:
        if pool is None or "_settings" not in vars(pool):  # it is being made, by a subclass
            raise AttributeError(f"{owner.__name__!r} has no attribute {self.name!r} yet")
        return self.make(pool)


class Replaced(Read):
    """An attribute that can be replaced, and is looked at for each new connection."""

    def __init__(self, setting: str) -> None:
        super().__init__(lambda pool: getattr(pool._settings, setting))
        self.setting = setting

    def __set__(self, pool: Any, value: object) -> None:
        # Before the pool is made there is nothing to replace; its arguments will say what holds.
        if "_settings" in vars(pool):
            setattr(pool._settings, self.setting, value)


def _limit(name: str) -> Callable[[Any], object]:
    def make(pool: Any) -> object:
        limit = getattr(pool._ledger.limits, name)
        # No limit was the largest integer.
        return sys.maxsize if limit == float("inf") else limit

    return make


def _expiry(pool: Any) -> float | None:
    seconds: float = pool._ledger.limits.idle_seconds
    return None if seconds == float("inf") else seconds


def _of_proxy(name: str) -> Callable[[Any], object]:
    return lambda pool: getattr(pool._settings.proxy, name)


#: Those that can be set, with the names of the settings behind them.
REPLACED: Final = {
    "_http1": "http1",
    "_http2": "http2",
    "_local_address": "local_address",
    "_network_backend": "backend",
    "_retries": "retries",
    "_socket_options": "socket_options",
    "_ssl_context": "ssl_context",
    "_uds": "uds",
}

#: Those that can be read alone. The last four are for pools with a proxy.
READ: Final[dict[str, Callable[[Any], object]]] = {
    "_connections": lambda pool: pool.connections,
    "_keepalive_expiry": _expiry,
    "_max_connections": _limit("total"),
    "_max_keepalive_connections": _limit("idle"),
    "_proxy": lambda pool: pool._settings.proxy,
    "_proxy_auth": _of_proxy("auth"),
    "_proxy_headers": _of_proxy("headers"),
    "_proxy_ssl_context": _of_proxy("ssl_context"),
    "_proxy_url": _of_proxy("url"),
}


def install(pool: type) -> None:
    """Give the engine of a pool, and with it every pool that is made of it, these attributes."""
    found: dict[str, Read] = {name: Read(make) for name, make in READ.items()}
    found |= {name: Replaced(setting) for name, setting in REPLACED.items()}
    for name, attribute in found.items():
        attribute.__set_name__(pool, name)
        setattr(pool, name, attribute)
