"""What the house's own backends and streams share: the steps of connecting, and TLS over whatever there is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from httpcore_interfaces import AsyncNetworkBackend, AsyncNetworkStream

from .._backends import errors
from .._backends.names import Names
from .._backends.sockets import unix_address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Sequence

    from httpcore_interfaces import SOCKET_OPTION

    from .._backends.addresses import Address
    from .._backends.names import AsyncResolver, Found

__all__ = ["AsyncSocketBackend", "AsyncSocketStream"]

monotonic = time.monotonic


class AsyncSocketStream(AsyncNetworkStream):
    """A stream over which the house itself speaks TLS."""

    __slots__ = ()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        """As `AsyncNetworkStream.start_tls`; the context offers by ALPN whatever it was told to."""
        from .tls_stream import AsyncTLSStream  # only who needs it pays for loading OpenSSL

        return await AsyncTLSStream.handshake(self, ssl_context, server_hostname, timeout)

    async def start_tls_for_request(
        self,
        alpn_protocols: tuple[str, ...] | None,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        """`start_tls` for a caller who writes next: the last words of the handshake go along with what he writes.

        `alpn_protocols`: what to offer, whatever another thread wants of the same context meanwhile; `None` for what the
        context says.
        """
        from .tls_stream import AsyncTLSStream

        return await AsyncTLSStream.handshake(
            self, ssl_context, server_hostname, timeout, alpn_protocols, is_written_next=True
        )


class AsyncSocketBackend(AsyncNetworkBackend):
    """Connects in two steps, `resolve` and `connect_addresses`; either can be overridden."""

    # For a subclass whose constructor does not call this one.
    _names = Names()

    def __init__(
        self,
        *,
        resolver: AsyncResolver | None = None,
        cache_size: int = 0,
        cache_seconds: float = 30.0,
    ) -> None:
        """Make a backend.

        `resolver`: whom to ask for addresses, before the operating system. `cache_size`: names whose addresses are kept;
        0 for none. `cache_seconds`: for how long, unless the resolver says.
        """
        self._names = Names(resolver, cache_size, cache_seconds)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """As `AsyncNetworkBackend.connect_tcp`; the addresses race as RFC 8305 says."""
        started = monotonic()
        addresses = await self.resolve(host, port, timeout)
        if timeout is not None:
            timeout = max(0.0, timeout - (monotonic() - started))
        return await self.connect_addresses(addresses, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """As `AsyncNetworkBackend.connect_unix_socket`; a `path` that begins with NUL is an abstract socket."""
        return await self.connect_addresses([unix_address(path)], timeout, None, socket_options)

    async def resolve(
        self, host: str, port: int, timeout: float | None = None
    ) -> Sequence[Address]:
        """Return the addresses of `host`, in the order in which to try them.

        `timeout`: seconds. Raises `ConnectTimeout` and `ConnectError`.
        """
        started = monotonic()
        try:
            addresses = self._names.known(host, port, started)
            if addresses:
                return addresses
            found = await self._find(host, port, timeout)
        except TimeoutError as error:
            elapsed = monotonic() - started
            raise errors.resolve_timed_out(host, timeout, elapsed) from error
        except (OSError, ValueError) as error:
            raise errors.resolve_failed(host, error) from error
        return self._names.learn(host, port, found, monotonic())

    async def connect_addresses(
        self,
        addresses: Sequence[Address],
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to the first of the addresses that answers; arguments and errors as for `connect_tcp`."""
        raise NotImplementedError

    async def _find(self, host: str, port: int, timeout: float | None) -> Found:
        """Ask the resolver, or else the operating system. Raises `TimeoutError`, `OSError`, `ValueError`."""
        raise NotImplementedError
