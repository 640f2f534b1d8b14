"""The network as the protocols see it: something to read from and write to, and something that connects.

Written for whoever implements them. `httpcore_interfaces.testing` has checks that an implementation can be run against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._parking import AsyncParker

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from typing import Any

    from .._network import SOCKET_OPTION

__all__ = ["AsyncNetworkBackend", "AsyncNetworkStream"]


class AsyncNetworkStream:
    """A connected byte stream, plain or TLS.

    One `read` and one `write` may be under way at the same time; two reads, or two writes, may not. After `aclose`, they
    raise `ReadError` and `WriteError`.

    A stream may have one method more, `async def write_until_readable(self, buffer, timeout=None) -> int`. It does what `write`
    does, but does not wait while bytes, the end, or an error can be read: it returns then, with the number of bytes that it
    took, and the caller keeps the others. No `read` may be under way. Over HTTP/1.1 an answer that comes while the peer does
    not take the request is noticed at once on such a stream, and on others when writing fails.
    """

    __slots__ = ()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Wait for bytes and return some, at least one and at most `max_bytes`.

        `timeout`: seconds; `None` waits for ever, `0` takes only what is there.
        Returns `b""` when the peer has ended its side, and again on every later call.
        Raises `ReadTimeout`, after which the stream can be read again with nothing lost, and `ReadError`. Cancellation
        also loses no byte.
        """
        raise NotImplementedError

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Hand over all of `buffer`, waiting while the peer does not take it.

        `buffer`: bytes, or a contiguous `memoryview` of them, which is not kept. An empty one does nothing.
        `timeout`: seconds for each wait, as in `read`.
        Raises `WriteTimeout` and `WriteError`. After either, and after cancellation, some of the buffer may have been
        sent: close the stream.
        """
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close at once, without waiting for the peer.

        Never raises for what the network does, may be called again, and ends a `read` or `write` that is under way in
        another place with an error. When cancelled, the stream is closed all the same.
        """
        raise NotImplementedError

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        """Make a TLS client handshake and return the encrypted stream, which owns this one from then on.

        `server_hostname`: what to ask for by SNI and to verify. `timeout`: seconds for the whole handshake.
        Raises `ConnectTimeout` and `ConnectError`; then, and when cancelled, this stream is closed.
        """
        raise NotImplementedError

    def get_extra_info(self, info: str) -> Any:
        """Facts about the stream; `None` for what is not known. Never blocks, never raises.

        - `"ssl_object"`: the `ssl.SSLObject` or `ssl.SSLSocket`, `None` for a plain stream.
        - `"client_addr"`, `"server_addr"`: socket addresses.
        - `"socket"`: the socket.
        - `"bytes_written"`: how many bytes `write` has taken since the stream was made, those of writes that were cut
          short included: the next write goes on behind them. HTTP/2 needs it to survive a write that is cancelled.
        - `"is_readable"`: whether bytes, the end, or an error could be read without waiting.
        - `"unannounced_end"`: `True` once a TLS stream has ended without TLS's own word for it (`close_notify`), so that
          somebody else than the peer may have ended it.
        """
        return None


class AsyncNetworkBackend:
    """Makes connections. One backend may serve any number of pools."""

    __slots__ = ()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Resolve `host` and connect to it.

        `timeout`: seconds for all of it; `None` waits for ever. `local_address`: the address to connect from.
        `socket_options`: arguments for `setsockopt`, applied before connecting.
        Raises `ConnectTimeout` and `ConnectError`. Nothing is left open by an error or by cancellation.
        """
        raise NotImplementedError

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to the Unix domain socket at `path`; the rest as `connect_tcp`."""
        raise NotImplementedError

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds. What is here suits asyncio and Trio."""
        await AsyncParker().park(seconds)
