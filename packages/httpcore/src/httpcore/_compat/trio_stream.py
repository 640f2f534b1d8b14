"""`httpcore._backends.trio.TrioStream` of 1.x: a network stream over a stream of Trio that somebody else connected."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import trio

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

__all__ = ["TrioStream"]

_BROKEN = (trio.BrokenResourceError, trio.ClosedResourceError, trio.BusyResourceError, OSError)
_FOREVER = float("inf")


class TrioStream(AsyncNetworkStream):
    """Over a stream of Trio, plain or with TLS. One task may read while another writes."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._failure: Exception | None = None

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `AsyncNetworkStream.read`, but that with a `timeout` of 0 nothing is ever read."""
        try:
            self._refuse_after_failure()
            with trio.fail_after(_FOREVER if timeout is None else timeout):
                return bytes(await self._stream.receive_some(max_bytes))
        except trio.TooSlowError as error:
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
            with trio.fail_after(_FOREVER if timeout is None else timeout):
                await self._stream.send_all(buffer)
        except trio.TooSlowError as error:
            raise WriteTimeout(
                f"write timeout: {len(buffer)} bytes were not taken within {timeout} s",
                limit=timeout,
            ) from error
        except _BROKEN as error:
            raise WriteError(f"writing to the stream failed: {error!r}") from error

    async def aclose(self) -> None:
        """As `AsyncNetworkStream.aclose`."""
        self._failure = self._failure or trio.ClosedResourceError()
        await trio.aclose_forcefully(self._stream)

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
        tls: trio.SSLStream[trio.abc.Stream] | None = None
        try:
            # `https_compatible`: HTTP says itself where a message ends.
            wrapped = trio.SSLStream(
                self._stream, ssl_context, server_hostname=server_hostname, https_compatible=True
            )
            with trio.fail_after(_FOREVER if timeout is None else timeout):
                await wrapped.do_handshake()
            tls = wrapped
        except trio.TooSlowError as error:
            raise ConnectTimeout(
                f"connect timeout: the TLS handshake with {server_hostname} took longer than {timeout} s",
                limit=timeout,
            ) from error
        except (*_BROKEN, ValueError) as error:
            raise ConnectError(
                f"the TLS handshake with {server_hostname} failed: {error!r}"
            ) from error
        finally:
            if tls is None:
                await self.aclose()
        return TrioStream(tls)

    def get_extra_info(self, info: str) -> Any:
        """As `AsyncNetworkStream.get_extra_info`."""
        stream: Any = self._stream
        if info == "ssl_object":
            # It has the methods of an `ssl.SSLObject` that ask something.
            return stream if isinstance(stream, trio.SSLStream) else None
        while isinstance(stream, trio.SSLStream):
            stream = stream.transport_stream
        sock: Any = getattr(stream, "socket", None)
        if info == "is_readable":
            return is_socket_readable(sock)
        if info == "socket":
            return sock
        with suppress(OSError, AttributeError):  # it has been closed, or is none
            if info == "client_addr":
                return sock.getsockname()
            if info == "server_addr":
                return sock.getpeername()
        return None
