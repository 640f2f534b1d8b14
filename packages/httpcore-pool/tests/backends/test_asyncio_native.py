"""What only the native asyncio backend does: its timer, its buffer, and its dealings with the event loop."""

from __future__ import annotations

import asyncio
import gc
import socket
import struct
import time

import pytest
import uvloop

from httpcore_interfaces import ReadError, ReadTimeout, WriteError, WriteTimeout
from httpcore_pool._backends import asyncio_native
from httpcore_pool._backends.asyncio_native import AsyncioBackend, AsyncioStream

from .ends import accept, full_socket, listening


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return ("asyncio", {"use_uvloop": request.param == "uvloop"})


async def connected() -> tuple[AsyncioStream, socket.socket]:
    with listening() as listener:
        stream = await AsyncioBackend().connect_tcp("127.0.0.1", listener.getsockname()[1], 5.0)
        assert isinstance(stream, AsyncioStream)
        peer = accept(listener)
        peer.setblocking(True)
        return stream, peer


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_many_reads_share_one_timer() -> None:
    stream, peer = await connected()
    timers = set()
    for _ in range(5):
        reading = asyncio.create_task(stream.read(10, 5.0))
        await turns()
        timers.add(stream._timer)
        peer.send(b"x")
        assert await reading == b"x"
    assert len(timers) == 1
    await stream.aclose()
    assert stream._timer is None
    peer.close()


async def test_shorter_limit_moves_the_timer() -> None:
    stream, peer = await connected()
    reading = asyncio.create_task(stream.read(10, 60.0))
    await turns()
    peer.send(b"x")
    await reading
    with pytest.raises(ReadTimeout):
        await stream.read(10, 0.01)
    await stream.aclose()
    peer.close()


@pytest.mark.parametrize("limit", [0.1, None])
async def test_timer_of_an_earlier_read_does_not_end_a_later_one(limit: float | None) -> None:
    stream, peer = await connected()
    peer.send(b"x")
    assert await stream.read(10, 0.02) == b"x"
    reading = asyncio.create_task(stream.read(10, 0.02))
    await turns()
    peer.send(b"y")
    assert await reading == b"y"
    started = time.monotonic()
    reading = asyncio.create_task(stream.read(10, limit))
    if limit is None:
        await asyncio.wait([reading], timeout=0.05)
        assert not reading.done()
        peer.send(b"z")
        assert await reading == b"z"
    else:
        with pytest.raises(ReadTimeout):
            await reading
        assert time.monotonic() - started >= 0.09
    await stream.aclose()
    peer.close()


async def test_timer_that_rings_between_reads_is_gone() -> None:
    stream, peer = await connected()
    reading = asyncio.create_task(stream.read(10, 0.01))
    await turns()
    peer.send(b"x")
    await reading
    while stream._timer is not None:
        await asyncio.sleep(0.001)
    await stream.aclose()
    peer.close()


async def test_busy_loop_does_not_make_a_read_late() -> None:
    stream, peer = await connected()
    reading = asyncio.create_task(stream.read(10, 0.02))
    await turns()
    peer.send(b"in time")
    time.sleep(0.05)  # noqa: ASYNC251 - a task that keeps the loop from looking
    assert await reading == b"in time"
    await stream.aclose()
    peer.close()


async def test_flood_that_nobody_reads_stays_in_the_kernel() -> None:
    stream, peer = await connected()
    peer.setblocking(False)
    sent = 0
    blocked = 0
    while blocked < 20:
        try:
            sent += peer.send(bytes(65536))
            blocked = 0
        except BlockingIOError:
            blocked += 1
        await turns(1)
    assert asyncio_native._HIGH_WATER <= stream._size <= 2 * asyncio_native._HIGH_WATER
    received = 0
    while received < sent:
        received += len(await stream.read(100_000, 5.0))
    assert received == sent
    assert stream._size == 0
    await stream.aclose()
    peer.close()


async def test_flood_stays_in_the_kernel_until_who_waited_for_it_has_come() -> None:
    stream, peer = await connected()
    reader = asyncio.create_task(stream.read(10**7, 5.0))
    await turns()
    # As uvloop may call it several times in one turn, which it does not when there is little.
    stream.data_received(bytes(asyncio_native._HIGH_WATER))
    paused = [stream._paused]
    peer.sendall(b"more")
    assert len(await reader) == asyncio_native._HIGH_WATER
    paused.append(stream._paused)
    assert paused == [True, False]
    assert await stream.read(10, 5.0) == b"more"
    await stream.aclose()
    peer.close()


async def test_what_is_left_of_a_flood_can_be_read_after_the_end() -> None:
    stream, peer = await connected()
    stream.data_received(bytes(2 * asyncio_native._HIGH_WATER))
    stream.connection_lost(None)
    assert len(await stream.read(10**7)) == 2 * asyncio_native._HIGH_WATER
    assert await stream.read(10) == b""
    with pytest.raises(WriteError):
        await stream.write(b"data")
    await stream.aclose()
    peer.close()


async def test_nothing_is_waited_for_when_bytes_are_there() -> None:
    stream, peer = await connected()
    assert stream.read_nowait(10) is None
    peer.send(b"abcd")
    assert stream.get_extra_info("is_readable")
    assert stream.read_nowait(2) == b"ab"
    stream.data_received(b"efgh")
    assert stream.read_nowait(2) == b"ef"
    coroutine = stream.read(10, 5.0)
    with pytest.raises(StopIteration) as caught:
        coroutine.send(None)
    assert caught.value.value == b"gh"
    with pytest.raises(StopIteration):
        stream.write(b"x").send(None)
    await stream.aclose()
    assert stream.read_nowait(10) == b""
    peer.close()


async def test_cancelled_write_is_sent_all_the_same() -> None:
    stream, peer = await connected()
    data = bytes(16 << 20)
    writing = asyncio.create_task(stream.write(data))
    await turns(5)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    loop = asyncio.get_running_loop()

    def receive_all() -> int:
        received = 0
        while received < len(data):
            received += len(peer.recv(1 << 20))
        return received

    assert await loop.run_in_executor(None, receive_all) == len(data)
    await stream.write(b"more")
    await stream.aclose()
    peer.close()


async def test_slow_peer_that_takes_something_is_not_timed_out() -> None:
    stream, peer = await connected()
    data = bytes(16 << 20)
    loop = asyncio.get_running_loop()
    writing = asyncio.create_task(stream.write(data, 0.25))
    received = 0
    while received < len(data):
        # Less than what lets the writer go on at once, so that its limit passes several times.
        received += len(await loop.run_in_executor(None, peer.recv, 300_000))
        await asyncio.sleep(0.015)
    await writing
    await stream.aclose()
    peer.close()


async def full(stream: AsyncioStream) -> None:
    """Write more than there is room for."""
    with pytest.raises(WriteTimeout):
        await stream.write(bytes(64 << 20), 0.01)


async def test_end_of_the_peers_side_does_not_end_a_write() -> None:
    stream, peer = await connected()
    await full(stream)
    writing = asyncio.create_task(stream.write(b"more", 30.0))
    await turns()
    peer.shutdown(socket.SHUT_WR)
    while not stream.get_extra_info("is_readable"):
        await turns()
    await turns()
    assert not writing.done()
    loop = asyncio.get_running_loop()
    while not writing.done():
        await loop.run_in_executor(None, peer.recv, 1 << 20)
    await writing
    await stream.aclose()
    peer.close()


@pytest.mark.parametrize("says", [b"enough", b""])
async def test_bytes_or_the_end_end_a_write_that_watches(says: bytes) -> None:
    stream, peer = await connected()
    await full(stream)
    before = stream.get_extra_info("bytes_written")
    writing = asyncio.create_task(stream.write_until_readable(b"more", 30.0))
    await turns()
    assert not writing.done()
    peer.sendall(says)
    if not says:
        peer.shutdown(socket.SHUT_WR)
    # The transport has no room, so nothing more is given to it.
    assert await writing == 0
    assert await stream.write_until_readable(b"more", 30.0) == 0
    assert stream.get_extra_info("bytes_written") == before
    assert await stream.read(100, 5.0) == says
    await stream.aclose()
    with pytest.raises(WriteError, match="closed on this side"):
        await stream.write_until_readable(b"more")
    peer.close()


async def test_write_that_watches_is_taken_when_there_is_room_and_then_watches() -> None:
    stream, peer = await connected()
    data = bytes(64 << 20)
    writing = asyncio.create_task(stream.write_until_readable(data, 30.0))
    await turns()
    assert not writing.done()
    peer.sendall(b"enough")
    assert await writing == len(data)
    assert await stream.read(100, 5.0) == b"enough"
    await stream.aclose()
    peer.close()


async def after_a_large_piece() -> tuple[AsyncioStream, socket.socket]:
    """A stream that has reason to believe that more has come than the loop knows of."""
    stream, peer = await connected()
    peer.sendall(bytes(asyncio_native._LARGE_PIECE))
    left = asyncio_native._LARGE_PIECE
    while left:
        # Never in two pieces, but who knows.
        left -= len(await stream.read(left, 5.0))
    return stream, peer


def read_at_once(stream: AsyncioStream, max_bytes: int = 10**6) -> bytes | None:
    """What a read returns without waiting; `None` when it would wait."""
    coroutine = stream.read(max_bytes, 5.0)
    try:
        coroutine.send(None)
    except StopIteration as end:
        data: bytes = end.value
        return data
    coroutine.close()
    return None


async def test_after_a_large_piece_the_loop_is_not_waited_for() -> None:
    stream, peer = await after_a_large_piece()
    peer.sendall(b"more")
    assert read_at_once(stream, 2) == b"mo"
    # That was a small piece, so there is probably no more.
    assert read_at_once(stream) is None
    assert await stream.read(10, 5.0) == b"re"
    await stream.aclose()
    peer.close()


async def test_what_the_socket_does_not_have_is_waited_for() -> None:
    stream, peer = await after_a_large_piece()
    assert read_at_once(stream) is None
    peer.sendall(b"more")
    assert await stream.read(10, 5.0) == b"more"
    await stream.aclose()
    peer.close()


async def test_a_fast_peer_does_not_keep_others_from_the_loop() -> None:
    stream, peer = await after_a_large_piece()
    received = []
    for _ in range(asyncio_native._DIRECT_READS):
        peer.sendall(bytes(asyncio_native._LARGE_PIECE))
        data = read_at_once(stream)
        assert data is not None
        received.append(len(data))
    assert received == [asyncio_native._LARGE_PIECE] * asyncio_native._DIRECT_READS
    peer.sendall(b"more")
    assert read_at_once(stream) is None
    assert await stream.read(10, 5.0) == b"more"
    await stream.aclose()
    peer.close()


async def test_the_end_is_for_the_loop_to_say() -> None:
    stream, peer = await after_a_large_piece()
    peer.close()
    assert read_at_once(stream) is None
    for _ in range(2):
        assert await stream.read(10, 5.0) == b""
    await stream.aclose()


async def test_a_reset_that_the_loop_has_not_seen_is_no_end() -> None:
    stream, peer = await after_a_large_piece()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    for _ in range(2):
        with pytest.raises(ReadError, match="reset by peer"):
            await stream.read(10, 5.0)
        await turns()
    with pytest.raises(WriteError, match="reset by peer"):
        await stream.write(b"data")
    await stream.aclose()


async def test_a_stream_that_was_closed_is_not_read_after_a_large_piece() -> None:
    stream, peer = await after_a_large_piece()
    peer.sendall(b"more")
    await stream.aclose()
    with pytest.raises(ReadError, match="closed"):
        await stream.read(10, 5.0)
    peer.close()


async def test_asyncio_maps_no_memory_for_a_read() -> None:
    stream, peer = await connected()
    # uvloop copies from memory of its own.
    assert getattr(stream._transport, "max_size", asyncio_native._PIECE) == asyncio_native._PIECE
    await stream.aclose()
    peer.close()


async def test_a_socket_that_was_taken_away_counts_as_readable() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.setblocking(False)
        stream = AsyncioStream(asyncio.get_running_loop(), ours, "peer")
        assert not stream.get_extra_info("is_readable")
        ours.close()
        assert stream.get_extra_info("is_readable")
        await stream.aclose()


async def test_answer_that_lies_in_the_socket_survives_a_failed_write() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        stream = AsyncioStream(asyncio.get_running_loop(), ours, "peer")
        theirs.send(b"answer")
        stream.connection_lost(BrokenPipeError())
        assert await stream.read(100) == b"answer"
        with pytest.raises(ReadError, match="reading from peer failed: BrokenPipeError"):
            await stream.read(100)
        with pytest.raises(WriteError, match="writing to peer failed: BrokenPipeError"):
            await stream.write(b"data")
        await stream.aclose()


async def test_loop_that_watches_no_sockets_is_helped_by_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def add_writer(*args: object) -> None:
        raise NotImplementedError

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "add_writer", add_writer)
    with full_socket() as full, full_socket() as waits, socket.socket() as closed:
        began = time.monotonic()
        await asyncio_native._wait_for_any_writable(loop, [full, waits], 0.05)
        assert 0.04 < time.monotonic() - began < 5.0
        # What is not connected is as ready as it will ever be.
        await asyncio_native._wait_for_any_writable(loop, [full, closed], None)


@pytest.mark.parametrize("timeout", [None, 5.0])
async def test_first_of_several_sockets_ends_the_wait(timeout: float | None) -> None:
    loop = asyncio.get_running_loop()
    with full_socket() as full, full_socket() as other:
        waiting = asyncio.ensure_future(
            asyncio_native._wait_for_any_writable(loop, [full, other], timeout)
        )
        await asyncio.sleep(0)
        assert not waiting.done()
        other.drain()
        await waiting


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_stream_of_a_loop_that_has_ended_can_be_closed(new_loop: object) -> None:
    assert callable(new_loop)
    loop: asyncio.AbstractEventLoop = new_loop()
    stream, peer = loop.run_until_complete(connected())
    loop.close()
    with pytest.raises(StopIteration):
        stream.aclose().send(None)
    assert peer.recv(10) == b""
    peer.close()
    del stream
    gc.collect()


def test_forgetting_closes_a_descriptor_that_no_transport_closes() -> None:
    """uvloop's transports end with their loop, but leave the socket that they were made of."""
    loop = asyncio.new_event_loop()
    ours, theirs = socket.socketpair()
    stream = AsyncioStream(loop, ours, "the peer")
    loop.close()
    stream.forget()
    assert ours.fileno() == -1
    assert theirs.recv(1) == b""
    theirs.close()
