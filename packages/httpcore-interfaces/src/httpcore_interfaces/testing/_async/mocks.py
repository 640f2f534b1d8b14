"""The mock network of httpcore 1.x, for the programs that test with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._async.network import AsyncNetworkBackend, AsyncNetworkStream
from ..._exceptions import ReadError
from .._script import TLSFacts

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from typing import Any

    from ..._network import SOCKET_OPTION

__all__ = ["AsyncMockBackend", "AsyncMockStream"]


class AsyncMockStream(AsyncNetworkStream):
    """Gives each item of `buffer` to reads of its own, and takes them out of that list; then `b""`.

    It always looks encrypted; `http2` decides what ALPN is said to have chosen. Writes are thrown away. Reading after
    `aclose` raises `ReadError`. `AsyncScriptedStream` can do more.
    """

    def __init__(self, buffer: list[bytes], http2: bool = False) -> None:
        self._buffer = buffer
        self._http2 = http2
        self._closed = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next item, or as much of it as is asked for. Raises `ReadError` when closed."""
        if self._closed:
            raise ReadError("Connection closed")
        item = self._buffer.pop(0) if self._buffer else b""
        if len(item) > max_bytes:
            self._buffer.insert(0, item[max_bytes:])
        return item[:max_bytes]

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Throw it away."""

    async def aclose(self) -> None:
        """Close: reads fail from now on."""
        self._closed = True

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        """This stream."""
        return self

    def get_extra_info(self, info: str) -> Any:
        """An `ssl_object` that knows the ALPN protocol, `None` for all else."""
        return TLSFacts("h2" if self._http2 else "http/1.1") if info == "ssl_object" else None

    def __repr__(self) -> str:
        return "<httpcore.AsyncMockStream>"


class AsyncMockBackend(AsyncNetworkBackend):
    """Every connection begins with a copy of the same `buffer`; see `AsyncMockStream`."""

    def __init__(self, buffer: list[bytes], http2: bool = False) -> None:
        self._buffer = buffer
        self._http2 = http2

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """A new `AsyncMockStream`."""
        return AsyncMockStream(list(self._buffer), http2=self._http2)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """A new `AsyncMockStream`."""
        return AsyncMockStream(list(self._buffer), http2=self._http2)

    async def sleep(self, seconds: float) -> None:
        """Return at once."""
