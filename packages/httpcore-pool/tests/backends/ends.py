"""What the peers of the tests are built on, by both their names: a socket and the certificates of a small world."""

from __future__ import annotations

import contextlib
import functools
import socket
import ssl
import struct
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import trustme

from httpcore_interfaces import current_async_library
from httpcore_pool._backends.addresses import Address
from httpcore_pool._backends.anyio_streams import AnyIOBackend, AnyIOStream, TrioBackend
from httpcore_pool._backends.asyncio_native import AsyncioBackend
from httpcore_pool._backends.auto import AutoBackend
from httpcore_pool._backends.blocking import SyncBackend, SyncStream
from httpcore_pool._backends.tls_sessions import keep_sessions_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Generator

    import pytest

AsyncEnd = AnyIOStream
End = SyncStream


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def server_context() -> ssl.SSLContext:
    return fresh_server_context()


def fresh_server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("tls.example", "inner.example").configure_cert(context)
    return context


@functools.cache
def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


@functools.cache
def asking_server_context(in_handshake: bool = False) -> ssl.SSLContext:
    """For a server that asks for a certificate, in its handshake, or in the middle of a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("tls.example").configure_cert(context)
    authority().configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    context.post_handshake_auth = not in_handshake
    return context


@functools.cache
def client_context_with_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    authority().issue_cert("client.example").configure_cert(context)
    context.post_handshake_auth = True
    return context


@functools.cache
def ticketless_server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("tls.example").configure_cert(context)
    context.num_tickets = 0
    return context


def resuming_client_context(version: str) -> ssl.SSLContext:
    """A context as the house makes its own."""
    context = ssl.create_default_context()
    authority().configure_trust(context)
    if version == "TLSv1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    keep_sessions_of(context)
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


def refusing() -> Address:
    """An address where nobody listens."""
    with listening() as listener:
        return Address(listener.family, listener.getsockname())


@contextmanager
def unanswering() -> Generator[Address]:
    """An address that answers nothing: the queue of its listener is full, and stays so."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for sock in (first, second):
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield Address(listener.family, listener.getsockname())


class FullSocket(socket.socket):
    """A socket that takes nothing more before it is drained."""

    peer: socket.socket

    def drain(self) -> None:
        self.peer.recv(1 << 24)


@contextmanager
def full_socket() -> Generator[FullSocket]:
    ours, theirs = socket.socketpair()
    with FullSocket(fileno=ours.detach()) as full, theirs:
        full.peer = theirs
        full.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                full.send(bytes(1 << 16))
        yield full


def names(monkeypatch: pytest.MonkeyPatch, known: dict[str, list[str]]) -> None:
    """Let these names have these addresses, and no others any."""

    def look_up(host: bytes | str) -> list[str]:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known[name]

    _replace_getaddrinfo(monkeypatch, look_up)


@contextmanager
def stalled_names(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Let no question for a name be answered in here."""
    over = threading.Event()

    def look_up(host: bytes | str) -> list[str]:
        over.wait(10.0)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    _replace_getaddrinfo(monkeypatch, look_up)
    try:
        yield
    finally:
        over.set()


def _replace_getaddrinfo(
    monkeypatch: pytest.MonkeyPatch, look_up: Callable[[bytes | str], list[str]]
) -> None:
    original = socket.getaddrinfo

    def getaddrinfo(host: bytes | str, port: int, *args: int, **hints: int) -> list[Any]:
        hints.update(zip(("family", "type", "proto", "flags"), args, strict=False))
        if hints.get("flags", 0) & socket.AI_NUMERICHOST:
            return original(host, port, **hints)
        found = look_up(host)
        return [info for address in found for info in original(address, port, **hints)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    if "uvloop" in sys.modules:  # it has a resolver of its own

        async def on_uvloop(
            loop: asyncio.AbstractEventLoop, host: bytes | str, port: int, **hints: int
        ) -> list[Any]:
            return await loop.run_in_executor(
                None, functools.partial(getaddrinfo, host, port, **hints)
            )

        monkeypatch.setattr(sys.modules["uvloop"].Loop, "getaddrinfo", on_uvloop, raising=False)


# The backends by their kind, on whatever runs the test.
async_kinds = ("native", "anyio", "auto")
kinds = ("native",)


def async_backend(kind: str, **options: Any) -> AsyncioBackend | AnyIOBackend | AutoBackend:
    if kind == "auto":
        return AutoBackend(**options)
    if kind == "anyio":
        return AnyIOBackend(**options)
    native = AsyncioBackend if current_async_library() == "asyncio" else TrioBackend
    return native(**options)


def backend(kind: str, **options: Any) -> SyncBackend:
    return SyncBackend(**options)
