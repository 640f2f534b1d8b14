"""The backend that suits whatever runs: asyncio's own under asyncio and uvloop, AnyIO's under Trio.

It asks at each connect, so one pool object may be made anywhere, even outside of an event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import AsyncNetworkBackend, current_async_library

from .names import Names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from httpcore_interfaces import SOCKET_OPTION, AsyncNetworkStream

    from .addresses import Address
    from .anyio_streams import AnyIOBackend
    from .asyncio_native import AsyncioBackend
    from .names import AsyncResolver, Resolver

__all__ = ["AutoBackend"]


class AutoBackend(AsyncNetworkBackend):
    """Connects by the backend that suits the library of the current task.

    Every method raises `RuntimeError` outside of asyncio and Trio, and under Trio without AnyIO, besides what
    `AsyncNetworkBackend` promises.
    """

    def __init__(
        self,
        *,
        resolver: AsyncResolver | Resolver | None = None,
        cache_size: int = 0,
        cache_seconds: float = 30.0,
    ) -> None:
        """Make a backend.

        `resolver`: whom to ask for addresses, before the operating system. `cache_size`: names whose addresses are kept;
        0 for none. `cache_seconds`: for how long, unless the resolver says.
        """
        self._names = Names(resolver, cache_size, cache_seconds)
        self._asyncio: AsyncioBackend | None = None
        self._anyio: AnyIOBackend | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """As `AsyncNetworkBackend.connect_tcp`."""
        return await self._backend().connect_tcp(host, port, timeout, local_address, socket_options)

    async def resolve(
        self, host: str, port: int, timeout: float | None = None
    ) -> Sequence[Address]:
        """Return the addresses of `host`, in the order in which to try them."""
        return await self._backend().resolve(host, port, timeout)

    async def connect_addresses(
        self,
        addresses: Sequence[Address],
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to the first of the addresses that answers."""
        return await self._backend().connect_addresses(
            addresses, timeout, local_address, socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """As `AsyncNetworkBackend.connect_unix_socket`."""
        return await self._backend().connect_unix_socket(path, timeout, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        await self._backend().sleep(seconds)

    def _backend(self) -> AsyncioBackend | AnyIOBackend:
        if current_async_library() == "asyncio":
            if self._asyncio is None:
                from .asyncio_native import AsyncioBackend

                self._asyncio = AsyncioBackend()
                self._asyncio._names = self._names
            return self._asyncio
        if self._anyio is None:
            try:
                from .anyio_streams import AnyIOBackend
            except ModuleNotFoundError as error:
                raise RuntimeError(
                    "under Trio the network needs AnyIO, which is not installed: "
                    "pip install 'httpcore[trio]', or 'httpcore-pool[trio]'"
                ) from error
            self._anyio = AnyIOBackend()
            self._anyio._names = self._names
        return self._anyio
