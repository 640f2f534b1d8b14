"""What the AnyIO backend does with what only AnyIO can do to it."""

from __future__ import annotations

import socket
from contextlib import suppress

import anyio
import anyio.lowlevel
import pytest

from httpcore_interfaces import ReadError, WriteError
from httpcore_pool._backends import anyio_streams
from httpcore_pool._backends.anyio_streams import AnyIOStream

from .ends import full_socket


def pair() -> tuple[AnyIOStream, socket.socket]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    return AnyIOStream(ours, "peer"), theirs


@pytest.mark.parametrize("alone", [False, True])
async def test_first_of_the_sockets_ends_the_wait(alone: bool) -> None:
    with full_socket() as full, full_socket() as other:
        async with anyio.create_task_group() as tasks:
            sockets = [other] if alone else [full, other]
            tasks.start_soon(anyio_streams._wait_for_any_writable, sockets, 30.0)
            await anyio.wait_all_tasks_blocked()
            other.drain()


async def test_second_reader_is_refused() -> None:
    stream, peer = pair()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stream.read, 10)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(ReadError, match="reading from peer failed"):
            await stream.read(10)
        peer.send(b"x")
    await stream.aclose()
    peer.close()


async def test_false_alarms_are_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_readable, wait_writable = anyio.wait_readable, anyio.wait_writable
    alarms = []

    async def false_alarm(sock: socket.socket) -> None:
        alarms.append(sock)
        monkeypatch.setattr(anyio, "wait_readable", wait_readable)
        monkeypatch.setattr(anyio, "wait_writable", wait_writable)

    stream, peer = pair()
    data = bytes(1 << 20)
    received = b""
    async with anyio.create_task_group() as tasks:
        monkeypatch.setattr(anyio, "wait_readable", false_alarm)
        tasks.start_soon(stream.read, 10)
        await anyio.wait_all_tasks_blocked()
        peer.send(b"x")
    async with anyio.create_task_group() as tasks:
        monkeypatch.setattr(anyio, "wait_writable", false_alarm)
        tasks.start_soon(stream.write, data)
        peer.setblocking(False)
        while len(received) < len(data):
            await anyio.lowlevel.checkpoint()
            with suppress(BlockingIOError):
                received += peer.recv(1 << 20)
    assert received == data
    assert len(alarms) == 2
    await stream.aclose()
    peer.close()


async def test_write_that_watches_tells_failures() -> None:
    stream, peer = pair()
    peer.close()
    with pytest.raises(WriteError, match="writing to peer failed"):
        await stream.write_until_readable(b"anybody there?")
    await stream.aclose()


async def test_write_that_watches_tells_what_waiting_finds() -> None:
    stream, peer = pair()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stream.read, 10)
        await anyio.wait_all_tasks_blocked()
        # Watching is reading, and a second reader is refused, as it will be told when it reads.
        assert await stream.write_until_readable(bytes(64 << 20), 5.0) < 64 << 20
        with pytest.raises(ReadError):
            await stream.read(10)
        tasks.cancel_scope.cancel()
    await stream.aclose()
    peer.close()


def test_stream_can_be_closed_when_no_loop_runs() -> None:
    stream, peer = pair()
    with pytest.raises(StopIteration):
        stream.aclose().send(None)
    assert peer.recv(10) == b""
    peer.close()
