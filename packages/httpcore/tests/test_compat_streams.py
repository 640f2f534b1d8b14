"""The streams of httpcore 1.x over what somebody else connected: sockets, streams of AnyIO, streams of Trio."""

from __future__ import annotations

import functools
import select
import socket
import ssl
import struct
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import anyio
import anyio.abc
import pytest
import trio
import trio.testing
import trustme

import httpcore
from httpcore._compat.anyio_stream import AnyIOStream
from httpcore._compat.sockets import is_socket_readable
from httpcore._compat.sync_stream import SyncStream
from httpcore._compat.trio_stream import TrioStream
from httpcore_interfaces.testing import check_async_network_stream, check_network_stream

from .servers import answering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AsyncStream = AnyIOStream | TrioStream


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("tls.example").configure_cert(context)
    return context


def client_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority().configure_trust(context)
    return context


def connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    return client, server


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Peer:
    """The other end, for the checks: a blocking socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def receive(self, max_bytes: int) -> bytes:
        return self._sock.recv(max_bytes)

    def end(self) -> None:
        self._sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        reset(self._sock)

    def close(self) -> None:
        self._sock.close()


class AsyncPeer:
    """The other end, for the checks: a socket of whatever library runs."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock

    async def send(self, data: bytes) -> None:
        while data:
            await anyio.wait_writable(self._sock)
            data = data[self._sock.send(data) :]

    async def receive(self, max_bytes: int) -> bytes:
        await anyio.wait_readable(self._sock)
        return self._sock.recv(max_bytes)

    async def end(self) -> None:
        self._sock.shutdown(socket.SHUT_WR)

    async def reset(self) -> None:
        reset(self._sock)

    async def aclose(self) -> None:
        if self._sock.fileno() >= 0:
            anyio.notify_closing(self._sock)
            self._sock.close()


async def over_anyio(sock: socket.socket) -> AnyIOStream:
    return AnyIOStream(await anyio.abc.SocketStream.from_socket(sock))


async def over_trio(sock: socket.socket) -> TrioStream:
    return TrioStream(trio.SocketStream(trio.socket.from_stdlib_socket(sock)))


@pytest.fixture
def over(anyio_backend: Any) -> Callable[[socket.socket], Any]:
    """What makes a stream of a connected socket, each kind where tools use it."""
    return over_trio if anyio_backend[0] == "trio" else over_anyio


def test_the_blocking_stream_keeps_the_contract() -> None:
    def make() -> tuple[SyncStream, Peer]:
        client, server = connected()
        return SyncStream(client), Peer(server)

    check_network_stream(make)


async def test_the_asynchronous_streams_keep_the_contract(
    over: Callable[[socket.socket], Any], anyio_backend: Any
) -> None:
    async def make() -> tuple[AsyncStream, AsyncPeer]:
        client, server = connected()
        return await over(client), AsyncPeer(server)

    # What neither AnyIO nor Trio can do with streams of theirs.
    skip = ["no_time_takes_what_is_there"]
    if anyio_backend[0] == "asyncio":
        # AnyIO keeps bytes back there that nobody can ask for.
        skip.append("is_readable_is_true")
    await check_async_network_stream(make, skip=skip)


# TLS.


def serve_tls(sock: socket.socket) -> None:
    """Be the other end: answer a handshake and then `ping` with `pong`."""
    with sock, suppress(OSError):
        sock.settimeout(5)
        with server_context().wrap_socket(sock, server_side=True) as tls:
            if tls.recv(4) == b"ping":
                tls.sendall(b"pong")


@contextmanager
def tls_server() -> Iterator[socket.socket]:
    client, server = connected()
    thread = threading.Thread(target=serve_tls, args=(server,))
    thread.start()
    try:
        yield client
    finally:
        client.close()
        thread.join()


def test_tls_over_a_socket() -> None:
    with tls_server() as sock:
        plain = SyncStream(sock)
        assert plain.get_extra_info("ssl_object") is None
        stream = plain.start_tls(client_context(), "tls.example", 5)
        assert stream.get_extra_info("ssl_object").version() == "TLSv1.3"
        with pytest.raises(httpcore.ConnectError, match="TLS inside TLS"):
            stream.start_tls(client_context(), "tls.example")
        stream.write(b"ping", 5)
        assert stream.read(100, 5) == b"pong"
        stream.close()


async def test_tls_over_a_stream(over: Callable[[socket.socket], Any]) -> None:
    with tls_server() as sock:
        plain = await over(sock)
        assert plain.get_extra_info("ssl_object") is None
        stream = await plain.start_tls(client_context(), "tls.example", 5)
        assert stream.get_extra_info("ssl_object").version() == "TLSv1.3"
        assert stream.get_extra_info("ssl_object").selected_alpn_protocol() is None
        assert stream.get_extra_info("server_addr")[0] == "127.0.0.1"
        await stream.write(b"ping", 5)
        assert await stream.read(100, 5) == b"pong"
        await stream.aclose()


def test_a_certificate_for_another_name_fails_the_handshake_and_closes_the_socket() -> None:
    with tls_server() as sock:
        stream = SyncStream(sock)
        with pytest.raises(httpcore.ConnectError, match=r"handshake with other\.example failed"):
            stream.start_tls(client_context(), "other.example", 5)
        with pytest.raises(httpcore.ReadError):
            stream.read(1)


async def test_a_certificate_for_another_name_fails_the_handshake_and_closes_the_stream(
    over: Callable[[socket.socket], Any],
) -> None:
    with tls_server() as sock:
        stream = await over(sock)
        with pytest.raises(httpcore.ConnectError, match=r"handshake with other\.example failed"):
            await stream.start_tls(client_context(), "other.example", 5)
        with pytest.raises(httpcore.ReadError):
            await stream.read(1)


async def test_a_name_that_cannot_be_fails_the_handshake_and_closes_the_stream(
    over: Callable[[socket.socket], Any],
) -> None:
    client, server = connected()
    with server:
        stream = await over(client)
        with pytest.raises(httpcore.ConnectError, match="leading dot"):
            await stream.start_tls(client_context(), ".example", 5)
        with pytest.raises(httpcore.ReadError):
            await stream.read(1)


# What a stream says of itself.

ASKED = ("client_addr", "server_addr", "socket", "is_readable", "ssl_object", "something else")


def test_what_a_socket_says() -> None:
    client, server = connected()
    stream = SyncStream(client)
    with server:
        said = {name: stream.get_extra_info(name) for name in ASKED}
        assert said == {
            "client_addr": server.getpeername(),
            "server_addr": server.getsockname(),
            "socket": client,
            "is_readable": False,
            "ssl_object": None,
            "something else": None,
        }
        stream.close()
        assert stream.get_extra_info("client_addr") is None
        assert stream.get_extra_info("is_readable")


async def test_what_a_stream_says(over: Callable[[socket.socket], Any]) -> None:
    client, server = connected()
    stream = await over(client)
    with server:
        said = {name: stream.get_extra_info(name) for name in ASKED}
        assert said.pop("socket").fileno() >= 0
        assert said == {
            "client_addr": server.getpeername(),
            "server_addr": server.getsockname(),
            "is_readable": False,
            "ssl_object": None,
            "something else": None,
        }
        await stream.aclose()


def test_what_is_no_socket_has_no_address() -> None:
    stream = TrioStream(trio.testing.memory_stream_pair()[0])
    assert stream.get_extra_info("client_addr") is None
    assert stream.get_extra_info("socket") is None
    assert stream.get_extra_info("is_readable") is True


def test_a_socket_is_readable_when_something_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = socket.socketpair()
    with near, far:
        for _ in range(2):
            assert not is_socket_readable(near)
            far.send(b"x")
            assert is_socket_readable(near)
            near.recv(1)
            # Once more, as on a platform without it.
            monkeypatch.delattr(select, "poll", raising=False)
    assert is_socket_readable(near)
    assert is_socket_readable(None)


# What they are for.

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_connection_over_a_socket_that_somebody_else_connected() -> None:
    with answering(ANSWER) as server:
        url = httpcore.URL(server.url)
        sock = socket.create_connection(("127.0.0.1", url.origin.port))
        with httpcore.HTTP11Connection(url.origin, SyncStream(sock)) as connection:
            assert connection.request("GET", server.url).content == b"ok"


async def test_a_connection_over_a_stream_that_somebody_else_connected(
    over: Callable[[socket.socket], Any],
) -> None:
    with answering(ANSWER) as server:
        url = httpcore.URL(server.url)
        stream = await over(socket.create_connection(("127.0.0.1", url.origin.port)))
        async with httpcore.AsyncHTTP11Connection(url.origin, stream) as connection:
            assert (await connection.request("GET", server.url)).content == b"ok"
