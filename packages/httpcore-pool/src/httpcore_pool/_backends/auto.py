"""The backend that suits whatever runs: asyncio's own under asyncio and uvloop, AnyIO's under Trio.

It asks at each connect, so one pool object may be made anywhere, even outside of an event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import current_async_library

from .._async.network import AsyncSocketBackend

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from httpcore_interfaces import SOCKET_OPTION, AsyncNetworkStream

    from .addresses import Address
    from .anyio_streams import AnyIOBackend
    from .asyncio_native import AsyncioBackend
    from .names import AsyncResolver

__all__ = ["AutoBackend"]


class AutoBackend(AsyncSocketBackend):
    """Connects by the backend that suits the library of the current task.

    Every method raises `RuntimeError` outside of asyncio and Trio, and under Trio without AnyIO, besides what
    `AsyncNetworkBackend` promises.
    """

    def __init__(
        self,
        *,
        resolver: AsyncResolver | None = None,
        cache_size: int = 0,
        cache_seconds: float = 30.0,
    ) -> None:
        """Make a backend; the arguments are those of `AsyncioBackend`."""
        super().__init__(resolver=resolver, cache_size=cache_size, cache_seconds=cache_seconds)
        self._asyncio: AsyncioBackend | None = None
        self._anyio: AnyIOBackend | None = None

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
