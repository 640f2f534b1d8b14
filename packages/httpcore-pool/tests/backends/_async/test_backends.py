"""What every backend does alike: connecting, resolving, and what its streams say of themselves."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import (
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)
from httpcore_interfaces.testing._tasks import AsyncTask
from httpcore_pool._backends.addresses import Address

from ..ends import (
    accept,
    async_backend,
    async_kinds,
    client_context,
    listening,
    names,
    refusing,
    stalled_names,
    unanswering,
)
from .peers import AsyncSocketPeer, async_connected, async_encrypted

if TYPE_CHECKING:
    from pathlib import Path

    from httpcore_interfaces import AsyncNetworkStream
    from httpcore_interfaces.testing import AsyncPeer

pytestmark = pytest.mark.parametrize("kind", async_kinds)


async def write_much(stream: AsyncNetworkStream, timeout: float | None) -> None:
    """Write more than any kernel keeps for a connection."""
    for _ in range(64):
        await stream.write(bytes(1 << 20), timeout)


async def test_name_is_resolved_and_connected_to(kind: str) -> None:
    with listening() as listener:
        port = listener.getsockname()[1]
        stream = await async_backend(kind).connect_tcp("localhost", port, 5.0)
        peer = AsyncSocketPeer(accept(listener))
        await stream.write(b"hello")
        assert await peer.receive(10) == b"hello"
        await stream.aclose()
        await peer.aclose()


async def test_without_a_time_out_too(kind: str) -> None:
    with listening() as listener:
        port = listener.getsockname()[1]
        stream = await async_backend(kind).connect_tcp("localhost", port)
        peer = AsyncSocketPeer(accept(listener))
        await peer.send(b"hello")
        assert await stream.read(10) == b"hello"
        await peer.aclose()
        assert await stream.read(10) == b""
        await stream.aclose()


async def test_resolving_and_connecting_can_be_done_apart(kind: str) -> None:
    network = async_backend(kind)
    with listening() as listener:
        addresses = await network.resolve("127.0.0.1", listener.getsockname()[1])
        assert [str(address) for address in addresses] == [f"127.0.0.1:{listener.getsockname()[1]}"]
        stream = await network.connect_addresses([refusing(), *addresses])
        peer = AsyncSocketPeer(accept(listener))
        await stream.aclose()
        await peer.aclose()


@pytest.mark.parametrize("timeout", [None, 5.0])
async def test_all_addresses_of_a_name_are_tried_in_turns(
    kind: str, timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, {"server.example": ["192.0.2.1", "192.0.2.2", "2001:db8::1"]})
    addresses = await async_backend(kind).resolve("server.example", 80, timeout)
    assert [str(address) for address in addresses] == [
        "192.0.2.1:80",
        "[2001:db8::1]:80",
        "192.0.2.2:80",
    ]


async def test_silent_address_does_not_hold_up_the_next(kind: str) -> None:
    started = time.monotonic()
    with listening() as listener, unanswering() as silent:
        address = Address(listener.family, listener.getsockname())
        stream = await async_backend(kind).connect_addresses([silent, address], 5.0)
        peer = AsyncSocketPeer(accept(listener))
        await stream.aclose()
        await peer.aclose()
    assert 0.2 < time.monotonic() - started < 1.0


@pytest.mark.parametrize("timeout", [None, 5.0])
async def test_refused_connection_names_the_address(kind: str, timeout: float | None) -> None:
    address = refusing()
    with pytest.raises(ConnectError) as caught:
        await async_backend(kind).connect_tcp("127.0.0.1", int(address.sockaddr[1]), timeout)
    assert caught.value.message == f"cannot connect to {address}: Connection refused"
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert caught.value.safe_to_retry


@pytest.mark.parametrize("timeout", [0.0, 0.05])
async def test_connecting_takes_no_longer_than_allowed(kind: str, timeout: float) -> None:
    with unanswering() as silent:
        started = time.monotonic()
        with pytest.raises(ConnectTimeout) as caught:
            await async_backend(kind).connect_addresses([silent], timeout)
    assert timeout <= time.monotonic() - started < timeout + 1.0
    assert caught.value.limit == timeout
    assert [name for name, _ in caught.value.attempts] == [str(silent)]


@pytest.mark.parametrize("timeout", [None, 5.0])
async def test_unknown_name_is_an_error(
    kind: str, timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, {})
    with pytest.raises(ConnectError, match=r"cannot resolve 'server\.example'") as caught:
        await async_backend(kind).connect_tcp("server.example", 80, timeout)
    assert isinstance(caught.value.__cause__, socket.gaierror)
    assert caught.value.phase == "resolve"


@pytest.mark.parametrize("timeout", [None, 5.0])
@pytest.mark.parametrize("host", ["2001:db8:::1", "a" * 300 + "ö.example", "a\0b.example"])
async def test_name_that_can_be_none_is_an_error(
    kind: str, host: str, timeout: float | None
) -> None:
    with pytest.raises(ConnectError, match="cannot resolve"):
        await async_backend(kind).connect_tcp(host, 80, timeout)


async def test_resolving_takes_no_longer_than_allowed(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with stalled_names(monkeypatch), pytest.raises(ConnectTimeout) as caught:
        await async_backend(kind).connect_tcp("server.example", 80, 0.05)
    assert "'server.example' was not resolved within" in caught.value.message
    assert (caught.value.limit, caught.value.phase) == (0.05, "resolve")


@pytest.mark.parametrize("abstract", [False, True])
async def test_unix_socket(kind: str, tmp_path: Path, abstract: bool) -> None:
    path = f"\0{tmp_path}" if abstract else str(tmp_path / "server")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        options = [(socket.SOL_SOCKET, socket.SO_SNDBUF, 50000)]
        stream = await async_backend(kind).connect_unix_socket(path, 5.0, options)
        peer = AsyncSocketPeer(accept(listener))
    assert stream.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 100000
    tls_stream, tls_peer = await async_encrypted(stream, peer)
    await tls_stream.write(b"hello")
    assert await tls_peer.receive(10) == b"hello"
    await tls_stream.aclose()
    await peer.aclose()


async def test_full_queue_of_a_unix_socket_is_waited_for(kind: str, tmp_path: Path) -> None:
    path = str(tmp_path / "server")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(0)
        first = await async_backend(kind).connect_unix_socket(path)
        with pytest.raises(ConnectTimeout, match=r"no connection to .*/server within") as caught:
            await async_backend(kind).connect_unix_socket(path, 0.05)
        assert "queue was full" in str(caught.value)
        async with AsyncTask(async_backend(kind).connect_unix_socket, path, 5.0) as connecting:
            assert not await connecting.wait(0.03)
            accept(listener).close()
            assert await connecting.wait(5.0)
            await connecting.result().aclose()
        await first.aclose()


async def test_unix_socket_that_is_not_there_is_an_error(kind: str, tmp_path: Path) -> None:
    path = str(tmp_path / "server")
    with pytest.raises(ConnectError, match="No such file or directory") as caught:
        await async_backend(kind).connect_unix_socket(path)
    assert caught.value.peer == path


async def test_local_address_and_socket_options(kind: str) -> None:
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)]
    with listening() as listener:
        stream = await async_backend(kind).connect_tcp(
            "127.0.0.1", listener.getsockname()[1], 5.0, "127.0.0.3", options
        )
        peer = AsyncSocketPeer(accept(listener))
    assert stream.get_extra_info("client_addr")[0] == "127.0.0.3"
    sock = stream.get_extra_info("socket")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    await stream.aclose()
    await peer.aclose()


async def test_facts(kind: str) -> None:
    stream, peer = await async_connected(async_backend(kind))
    assert stream.get_extra_info("server_addr") == peer.sock.getsockname()
    assert stream.get_extra_info("client_addr") == peer.sock.getpeername()
    assert stream.get_extra_info("ssl_object") is None
    assert stream.get_extra_info("is_readable") is False
    await peer.send(b"x")
    while not stream.get_extra_info("is_readable"):
        await async_backend(kind).sleep(0.0)
    await stream.aclose()
    assert stream.get_extra_info("is_readable") is True
    await peer.aclose()


async def test_errors_name_the_peer_and_the_limit(kind: str) -> None:
    stream, peer = await async_connected(async_backend(kind))
    name = f"127.0.0.1:{peer.sock.getsockname()[1]}"
    with pytest.raises(ReadTimeout) as read_timeout:
        await stream.read(10, 0.01)
    assert read_timeout.value.message.startswith(f"read timeout: {name} sent nothing for")
    assert read_timeout.value.limit == 0.01
    assert read_timeout.value.elapsed is not None
    assert read_timeout.value.elapsed >= 0.009
    with pytest.raises(WriteTimeout) as write_timeout:
        await write_much(stream, 0.01)
    assert write_timeout.value.message.startswith(f"write timeout: {name} took nothing for")
    assert write_timeout.value.limit == 0.01
    with pytest.raises(WriteTimeout):
        await write_much(stream, 0.01)
    await peer.reset()
    with pytest.raises(ReadError) as read_error:
        await stream.read(10)
    assert read_error.value.message == f"reading from {name} failed: Connection reset by peer"
    assert read_error.value.peer == name
    assert isinstance(read_error.value.__cause__, ConnectionResetError)
    await stream.aclose()
    with pytest.raises(ReadError, match=f"cannot read from {name}: the stream was closed"):
        await stream.read(10)
    with pytest.raises(WriteError, match=f"cannot write to {name}: the stream was closed"):
        await stream.write(b"data")


async def test_failed_write_leaves_what_came_before_to_be_read(kind: str) -> None:
    """A server may refuse an upload by answering and closing: the answer is worth more than the error."""
    stream, peer = await async_connected(async_backend(kind))
    await stream.write(b"POST / HTTP/1.1\r\n")
    await peer.send(b"HTTP/1.1 413 Content Too Large\r\n\r\n")
    # It closes with bytes unread, so it resets the connection behind its answer.
    await peer.aclose()
    with pytest.raises(WriteError):
        await write_much(stream, 5.0)
    assert await stream.read(100, 5.0) == b"HTTP/1.1 413 Content Too Large\r\n\r\n"
    with pytest.raises(ReadError):
        await stream.read(100, 5.0)
    await stream.aclose()


@pytest.mark.parametrize("layers", [0, 1, 2], ids=["plain", "TLS", "TLS in TLS"])
async def test_writing_goes_on_where_it_was_cut_short(kind: str, layers: int) -> None:
    stream, end = await async_connected(async_backend(kind))
    peer: AsyncPeer = end
    for _ in range(layers):
        stream, peer = await async_encrypted(stream, peer)
    data = bytes(range(251)) * 64_000
    before = stream.get_extra_info("bytes_written")
    with pytest.raises(WriteTimeout):
        await stream.write(data, 0.01)
    written = stream.get_extra_info("bytes_written") - before
    assert 0 < written <= len(data)

    async def write_rest() -> None:
        await stream.write(data[written:], 5.0)
        await stream.write(b"the end", 5.0)

    async with AsyncTask(write_rest) as writing:
        received = bytearray()
        while not received.endswith(b"the end"):
            received += await peer.receive(1 << 20)
        assert await writing.wait(5.0)
        writing.result()
    assert received == data + b"the end"
    await stream.aclose()
    await peer.aclose()


@pytest.mark.parametrize("layers", [0, 1, 2], ids=["plain", "TLS", "TLS in TLS"])
async def test_asking_takes_nothing_from_a_read_under_way(kind: str, layers: int) -> None:
    stream, end = await async_connected(async_backend(kind))
    peer: AsyncPeer = end
    for _ in range(layers):
        stream, peer = await async_encrypted(stream, peer)
    async with AsyncTask(stream.read, 100) as reading:
        assert not await reading.wait(0.05)
        await peer.send(b"hello")
        stream.get_extra_info("is_readable")
        assert await reading.wait(5.0)
        assert reading.result() == b"hello"
    await stream.aclose()
    await peer.aclose()


async def test_write_that_was_waiting_fails_when_the_peer_goes(kind: str) -> None:
    stream, peer = await async_connected(async_backend(kind))
    async with AsyncTask(write_much, stream, None) as writing:
        assert not await writing.wait(0.05)
        await peer.reset()
        assert await writing.wait(5.0)
        with pytest.raises(WriteError, match=r"Connection reset by peer|Broken pipe"):
            writing.result()
    await stream.aclose()


async def test_refused_certificate_says_whose_and_why(kind: str) -> None:
    stream, peer = await async_connected(async_backend(kind))
    name = f"127.0.0.1:{peer.sock.getsockname()[1]}"
    with pytest.raises(ConnectError) as caught:
        await async_encrypted(stream, peer, "other.example")
    assert caught.value.message.startswith(
        f"the TLS handshake with other.example at {name} failed: the certificate was not accepted: "
        "Hostname mismatch"
    )
    assert stream.get_extra_info("is_readable") is True
    await peer.aclose()


async def test_sleep(kind: str) -> None:
    started = time.monotonic()
    await async_backend(kind).sleep(0.01)
    assert time.monotonic() - started >= 0.009


async def test_start_tls_needs_a_name_to_verify(kind: str) -> None:
    stream, peer = await async_connected(async_backend(kind))
    with pytest.raises(ConnectError, match="check_hostname requires server_hostname"):
        await stream.start_tls(client_context())
    assert stream.get_extra_info("is_readable") is True
    await peer.aclose()
