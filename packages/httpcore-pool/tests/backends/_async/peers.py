"""Connections to try streams on: one end is the stream, the other a peer on this machine."""

from __future__ import annotations

import contextlib
import socket
import ssl
from typing import TYPE_CHECKING

from httpcore_interfaces.testing._tasks import AsyncTask

from ..ends import AsyncEnd, accept, client_context, listening, reset, server_context

if TYPE_CHECKING:
    from httpcore_interfaces import AsyncNetworkBackend, AsyncNetworkStream
    from httpcore_interfaces.testing import AsyncPeer


class AsyncSocketPeer:
    """A plain socket as the other end."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.end_of_it = AsyncEnd(sock, "the stream")

    async def send(self, data: bytes) -> None:
        await self.end_of_it.write(data)

    async def receive(self, max_bytes: int) -> bytes:
        return await self.end_of_it.read(max_bytes)

    async def end(self) -> None:
        self.sock.shutdown(socket.SHUT_WR)

    async def reset(self) -> None:
        reset(self.sock)

    async def aclose(self) -> None:
        await self.end_of_it.aclose()


class AsyncTLSPeer:
    """A TLS server over a stream or another peer, as the other end."""

    def __init__(self, below: AsyncPeer, context: ssl.SSLContext | None = None) -> None:
        self.below = below
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        context = context or server_context()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    async def handshake(self) -> None:
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                await self.flush()
                await self.take()
            except ssl.SSLError:
                await self.flush()
                raise
            else:
                await self.flush()
                return

    async def flush(self) -> None:
        if self.outgoing.pending:
            await self.below.send(self.outgoing.read())

    async def take(self) -> None:
        data = await self.below.receive(65536)
        if data:
            self.incoming.write(data)
        else:
            self.incoming.write_eof()

    async def send(self, data: bytes) -> None:
        self.tls.write(data)
        await self.flush()

    async def receive(self, max_bytes: int) -> bytes:
        while True:
            try:
                return self.tls.read(max_bytes)
            except ssl.SSLWantReadError:
                await self.take()
            except ssl.SSLZeroReturnError:
                return b""

    async def end(self) -> None:
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        await self.flush()

    async def reset(self) -> None:
        await self.below.reset()

    async def aclose(self) -> None:
        await self.below.aclose()


async def async_connected(
    backend: AsyncNetworkBackend,
) -> tuple[AsyncNetworkStream, AsyncSocketPeer]:
    """A plain connection over TCP."""
    with listening() as listener:
        port = listener.getsockname()[1]
        stream = await backend.connect_tcp("127.0.0.1", port, 5.0)
        return stream, AsyncSocketPeer(accept(listener))


async def async_encrypted(
    stream: AsyncNetworkStream, peer: AsyncPeer, name: str = "tls.example"
) -> tuple[AsyncNetworkStream, AsyncTLSPeer]:
    """TLS over a connection."""
    tls_peer = AsyncTLSPeer(peer)
    async with AsyncTask(tls_peer.handshake) as shaking:
        tls_stream = await stream.start_tls(client_context(), name, 5.0)
        await shaking.wait(5.0)
        shaking.result()
    return tls_stream, tls_peer
