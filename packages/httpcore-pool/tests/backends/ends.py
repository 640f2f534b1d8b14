"""What the peers of the tests are built on, by both their names: a socket and the certificates of a small world."""

from __future__ import annotations

import functools
import socket
import ssl
import struct

import trustme

from httpcore_interfaces import current_async_library
from httpcore_pool._backends.anyio_streams import AnyIOBackend, AnyIOStream, TrioBackend
from httpcore_pool._backends.asyncio_native import AsyncioBackend
from httpcore_pool._backends.auto import AutoBackend
from httpcore_pool._backends.blocking import SyncBackend, SyncStream

AsyncEnd = AnyIOStream
End = SyncStream


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("tls.example", "inner.example").configure_cert(context)
    return context


@functools.cache
def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


def reset(sock: socket.socket) -> None:
    """Close a socket so that the other side gets an error and not an end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def accept(listener: socket.socket) -> socket.socket:
    """The other end of a connection that was made; it is there already."""
    listener.settimeout(5.0)
    sock, _ = listener.accept()
    sock.setblocking(False)
    return sock


# The backends by their kind, on whatever runs the test.
async_kinds = ("native", "anyio", "auto")
kinds = ("native",)


def async_backend(kind: str) -> AsyncioBackend | AnyIOBackend | AutoBackend:
    if kind == "auto":
        return AutoBackend()
    if kind == "anyio":
        return AnyIOBackend()
    return AsyncioBackend() if current_async_library() == "asyncio" else TrioBackend()


def backend(kind: str) -> SyncBackend:
    return SyncBackend()
