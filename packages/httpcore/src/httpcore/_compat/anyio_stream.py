"""`httpcore._backends.anyio.AnyIOStream` of 1.x: a network stream over a stream of AnyIO that somebody else connected."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import anyio
from anyio.abc import SocketAttribute
from anyio.streams.tls import TLSAttribute, TLSStream

from httpcore_interfaces import (
    AsyncNetworkStream,
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)

from .sockets import is_socket_readable

if TYPE_CHECKING:
    import ssl
    from typing import Any

    from anyio.abc import ByteStream

__all__ = ["AnyIOStream"]

_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.BusyResourceError, OSError)

_ATTRIBUTES: dict[str, Any] = {
    "client_addr": SocketAttribute.local_address,
    "server_addr": SocketAttribute.remote_address,
    "socket": SocketAttribute.raw_socket,
    "ssl_object": TLSAttribute.ssl_object,
}


class AnyIOStream(AsyncNetworkStream):
    """Over a stream of AnyIO, plain or with TLS. One task may read while another writes."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._failure: Exception | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `AsyncNetworkStream.read`, but that with a `timeout` of 0 nothing is ever read."""
        try:
            self._refuse_after_failure()
            with anyio.fail_after(timeout):
                return await self._stream.receive(max_bytes)
        except anyio.EndOfStream:
            return b""
        except TimeoutError as error:
            raise ReadTimeout(
                f"read timeout: nothing came within {timeout} s", limit=timeout
            ) from error
        except _BROKEN as error:
            self._failure = error
            raise ReadError(f"reading from the stream failed: {error!r}") from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As `AsyncNetworkStream.write`."""
        if not buffer:
            return
        try:
            self._refuse_after_failure()
            with anyio.fail_after(timeout):
                await self._stream.send(buffer)
        except TimeoutError as error:
            raise WriteTimeout(
                f"write timeout: {len(buffer)} bytes were not taken within {timeout} s",
                limit=timeout,
            ) from error
        except _BROKEN as error:
            raise WriteError(f"writing to the stream failed: {error!r}") from error

    async def aclose(self) -> None:
        """As `AsyncNetworkStream.aclose`."""
        self._failure = self._failure or anyio.ClosedResourceError()
        await anyio.aclose_forcefully(self._stream)

    def _refuse_after_failure(self) -> None:
        # The kernel tells of a failure once, and a limit of 0 would hide that the stream is closed.
        if self._failure is not None:
            raise self._failure

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        """As `AsyncNetworkStream.start_tls`."""
        tls: TLSStream | None = None
        try:
            with anyio.fail_after(timeout):
                tls = await TLSStream.wrap(
                    self._stream,
                    hostname=server_hostname,
                    ssl_context=ssl_context,
                    server_side=False,
                    # HTTP says itself where a message ends.
                    standard_compatible=False,
                )
        except TimeoutError as error:
            raise ConnectTimeout(
                f"connect timeout: the TLS handshake with {server_hostname} took longer than {timeout} s",
                limit=timeout,
            ) from error
        except (*_BROKEN, anyio.EndOfStream, ValueError) as error:
            raise ConnectError(
                f"the TLS handshake with {server_hostname} failed: {error!r}"
            ) from error
        finally:
            if tls is None:
                await self.aclose()
        return AnyIOStream(tls)

    def get_extra_info(self, info: str) -> Any:
        """As `AsyncNetworkStream.get_extra_info`."""
        if info == "is_readable":
            return is_socket_readable(self.get_extra_info("socket"))
        attribute = _ATTRIBUTES.get(info)
        if attribute is None:
            return None
        with suppress(OSError, AttributeError):  # it has been closed; uvloop has no socket then
            return self._stream.extra(attribute, None)  # noqa: S610 - AnyIO's, not Django's
        return None
