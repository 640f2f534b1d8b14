"""Which network a pool uses when it was given none, or only a name for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .auto import AutoBackend
from .blocking import SyncBackend

if TYPE_CHECKING:
    from httpcore_interfaces import AsyncNetworkBackend, NetworkBackend

__all__ = [
    "async_backend_named",
    "backend_named",
    "default_async_backend",
    "default_backend",
    "has_separate_steps",
]


def default_async_backend() -> AsyncNetworkBackend:
    """Fits whatever event loop runs when a connection is made."""
    return AutoBackend()


def default_backend() -> NetworkBackend:
    """Blocking sockets."""
    return SyncBackend()


def async_backend_named(backend: AsyncNetworkBackend | str) -> AsyncNetworkBackend:
    """The transport face's `backend` argument: a name, or a backend. Raises `ValueError` for an unknown name."""
    if not isinstance(backend, str):
        return backend
    if backend == "auto":
        return AutoBackend()
    if backend == "asyncio":
        from .asyncio_native import AsyncioBackend

        return AsyncioBackend()
    if backend in ("anyio", "trio"):
        from .anyio_streams import AnyIOBackend

        return AnyIOBackend()
    raise ValueError(
        f"backend must be 'auto', 'asyncio', 'trio', 'anyio' or a backend, but got {backend!r}"
    )


def backend_named(backend: NetworkBackend | str) -> NetworkBackend:
    """The transport face's `backend` argument: a name, or a backend. Raises `ValueError` for an unknown name."""
    if not isinstance(backend, str):
        return backend
    if backend in ("sync", "auto"):
        return SyncBackend()
    raise ValueError(f"backend must be 'sync' or a backend, but got {backend!r}")


def has_separate_steps(backend: object) -> bool:
    """Whether this backend's `connect_tcp` is nothing but its `resolve` and its `connect_addresses`.

    True for the house's own, and for a subclass that overrides either step; not for one that overrides `connect_tcp`.
    """
    for kind in type(backend).__mro__:
        if "connect_tcp" in vars(kind):
            return "connect_addresses" in vars(kind)
    return False
