"""The network stream after CONNECT or Upgrade where bytes of it came with the response: the same, beginning with those."""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import AsyncNetworkStream, ConnectError

if TYPE_CHECKING:
    import ssl
    from typing import Any

__all__ = ["AsyncSwitchedStream"]


class AsyncSwitchedStream(AsyncNetworkStream):
    """`stream`, whose first bytes `leading` have been read already."""

    __slots__ = ("_leading", "_stream")

    def __init__(self, stream: AsyncNetworkStream, leading: bytes) -> None:
        self._stream = stream
        self._leading = leading

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `AsyncNetworkStream.read`; the leading bytes come first and need no waiting."""
        leading = self._leading
        if leading:
            self._leading = leading[max_bytes:]
            return leading[:max_bytes]
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As `AsyncNetworkStream.write`."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """As `AsyncNetworkStream.aclose`."""
        self._leading = b""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        """As `AsyncNetworkStream.start_tls`. Leading bytes would be lost to the handshake, so there may be none."""
        if self._leading:
            await self._stream.aclose()
            raise _early_bytes(self._leading)
        return await self._stream.start_tls(ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        """As `AsyncNetworkStream.get_extra_info`."""
        if info == "is_readable" and self._leading:
            return True
        return self._stream.get_extra_info(info)


def _early_bytes(leading: bytes) -> ConnectError:
    return ConnectError(
        f"the peer sent {len(leading)} bytes before the TLS handshake: {leading[:40]!r}"
    )
