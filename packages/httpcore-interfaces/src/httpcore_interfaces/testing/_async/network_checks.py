"""What every network stream must do, as rules that can be run against one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from ..._exceptions import (
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)
from .. import _cancellation  # unasync: remove
from .._conformance import require, without
from .._tasks import AsyncTask, async_settle
from .rules import keep_rule, put_away

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from ..._async.network import AsyncNetworkStream

__all__ = ["AsyncPeer", "check_async_network_stream"]

# More than any kernel keeps for a connection, in pieces.
_PIECE = bytes(range(256)) * 4096
_PIECES = 64
# Long enough for what is in memory or on this machine to happen, and to see that nothing does.
_MOMENT = 0.05
_SOON = 0.5


class AsyncPeer(Protocol):
    """The other end of a network stream under test. Its methods may raise anything once the connection is gone."""

    async def send(self, data: bytes) -> None:
        """Send all of `data`."""

    async def receive(self, max_bytes: int) -> bytes:
        """Wait for bytes and return some, `b""` at the end."""

    async def end(self) -> None:
        """Send nothing more: close that direction, or all of it where one alone cannot be closed."""

    async def reset(self) -> None:
        """Break the connection off, so that the other side gets an error and not an end."""

    async def aclose(self) -> None:
        """Close. Called once for each peer, whatever was called before."""


async def check_async_network_stream(
    make: Callable[[], Awaitable[tuple[AsyncNetworkStream, AsyncPeer]]],
    *,
    patience: float = 5.0,
    skip: Collection[str] = (),
) -> None:
    """Check a kind of network stream against the contract of `AsyncNetworkStream`.

    `make`: gives a new connected pair, called once for each rule. `patience`: seconds after which something that does
    not happen is taken to hang. `skip`: names of rules to leave out.
    Raises `ConformanceError` for the first rule that is broken. Streams and peers are closed.
    """
    for rule in without(skip, RULES):
        stream, peer = await make()
        try:
            await keep_rule(rule, patience, stream, peer)
        finally:
            await put_away(patience, stream, peer)


async def reads_give_some_and_no_more_than_asked(
    stream: AsyncNetworkStream, peer: AsyncPeer
) -> None:
    """A read returns at least one byte and at most `max_bytes`, in order."""
    sent = _PIECE[:10_000]
    await peer.send(sent)
    received = b""
    sizes = (1, 7, 300, 100_000)
    while len(received) < len(sent):
        max_bytes = sizes[len(received) % len(sizes)]
        data = await stream.read(max_bytes, None)
        require(isinstance(data, bytes), f"read({max_bytes}) returned a {type(data).__name__}.")
        require(len(data) > 0, "read returned nothing, though the peer has not ended.")
        require(len(data) <= max_bytes, f"read({max_bytes}) returned {len(data)} bytes.")
        received += data
    require(received == sent, "the bytes that were read are not those that were sent.")


async def a_read_waits_for_bytes(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """A read that finds nothing waits until something comes."""
    async with AsyncTask(stream.read, 100) as reading:
        early = await reading.wait(_MOMENT)
        require(not early, "read returned before anything was sent.")
        await peer.send(b"late")
        await reading.wait()
        received = reading.result()
        require(received == b"late", f"b'late' was sent, {received!r} was read.")


async def the_end_repeats(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """When the peer has ended its side, reads give what is left, and then `b""` every time."""
    await peer.send(b"last words")
    await peer.end()
    received = await _read_exactly(stream, len(b"last words"))
    require(received == b"last words", f"b'last words' was sent, {received!r} was read.")
    for number in range(1, 4):
        data = await stream.read(100)
        require(data == b"", f"read number {number} at the end returned {data!r}.")


async def read_time_outs_lose_nothing(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """A read whose time runs out raises `ReadTimeout`, and the next reads get every byte."""
    await _require_read_timeout(stream, _MOMENT)
    sent = b""
    received = b""
    for number in range(40):
        piece = bytes([number]) * 3
        sending = AsyncTask(peer.send, piece)
        sent += piece
        with suppress(ReadTimeout):
            received += await stream.read(2, number * 0.0001)
        await sending.wait()
        sending.result()
    received += await _read_exactly(stream, len(sent) - len(received))
    require(received == sent, "bytes were lost or changed around a time-out.")


async def no_time_takes_what_is_there(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """A read with `timeout=0` raises `ReadTimeout` when nothing is there, and otherwise returns it."""
    await _require_read_timeout(stream, 0)
    await peer.send(b"there")
    received = b""
    while not received:
        await async_settle()
        with suppress(ReadTimeout):
            received = await stream.read(100, 0)
    received += await _read_exactly(stream, len(b"there") - len(received))
    require(received == b"there", f"b'there' was sent, {received!r} was read.")


async def a_reset_is_a_read_error(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """When the connection breaks off, a read that waits raises `ReadError`, and so does the next one."""
    async with AsyncTask(stream.read, 100) as reading:
        await reading.wait(_MOMENT)
        await peer.reset()
        await reading.wait()
        _require_error(reading, ReadError, "the read that waited")
    async with AsyncTask(stream.read, 100) as again:
        await again.wait()
        _require_error(again, ReadError, "the read after it")


async def a_reset_is_a_write_error(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """When the connection breaks off, writing raises `WriteError`, at the latest after some writes."""
    await peer.reset()
    for _ in range(_PIECES):
        async with AsyncTask(stream.write, b"anybody there?", 1.0) as writing:
            await writing.wait()
        if _error_of(writing) is not None:
            _require_error(writing, WriteError, "a write")
            return
        await async_settle()
    require(False, f"{_PIECES} writes succeeded.")


async def a_closed_stream_refuses(stream: AsyncNetworkStream, _peer: AsyncPeer) -> None:
    """After closing, read raises `ReadError` and write `WriteError`; closing again does nothing."""
    await stream.aclose()
    async with AsyncTask(stream.read, 100) as reading:
        await reading.wait()
        _require_error(reading, ReadError, "a read")
    async with AsyncTask(stream.write, b"data") as writing:
        await writing.wait()
        _require_error(writing, WriteError, "a write")
    await stream.aclose()
    stream.get_extra_info("is_readable")
    stream.get_extra_info("server_addr")


async def closing_tells_the_peer(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """The peer gets what was written, and then learns that the stream was closed."""
    await stream.write(b"goodbye")
    await stream.aclose()
    received = await _receive_until_end(peer)
    require(received == b"goodbye", f"b'goodbye' was written, the peer got {received!r}.")


async def closing_ends_a_read(stream: AsyncNetworkStream, _peer: AsyncPeer) -> None:
    """A read that is under way when the stream is closed ends with `ReadError`."""
    async with AsyncTask(stream.read, 100) as reading:
        await reading.wait(_MOMENT)
        await stream.aclose()
        require(await reading.wait(_SOON), "the read still waits.")
        _require_error(reading, ReadError, "the read")


async def closing_ends_a_write_and_never_waits(
    stream: AsyncNetworkStream, _peer: AsyncPeer
) -> None:
    """Closing does not wait for a peer that takes nothing, and a write under way ends with `WriteError`."""
    async with AsyncTask(_write_much, stream, None) as writing:
        await writing.wait(_MOMENT * 4)
        async with AsyncTask(stream.aclose) as closing:
            require(await closing.wait(_SOON), "closing waits for the peer.")
            closing.result()
        require(await writing.wait(_SOON), "the write still waits.")
        _require_error(writing, WriteError, "the write")


async def an_empty_write_does_nothing(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """Writing `b""` sends nothing and raises nothing."""
    await stream.write(b"")
    await stream.write(b"after")
    await stream.write(b"")
    await stream.aclose()
    received = await _receive_until_end(peer)
    require(received == b"after", f"b'after' was written, the peer got {received!r}.")


async def a_big_write_waits_for_a_slow_reader(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """A write hands over the whole buffer, however slowly the peer takes it."""
    sent = _PIECE * 4
    received = bytearray()
    async with AsyncTask(stream.write, sent) as writing:
        while len(received) < len(sent):
            if len(received) < 100_000:
                await async_settle()
            data = await peer.receive(50_000)
            require(data != b"", "the stream ended in the middle of a write.")
            received += data
        await writing.wait()
        writing.result()
    require(bytes(received) == sent, "the peer got other bytes than were written.")


async def a_write_gives_up_in_time(stream: AsyncNetworkStream, _peer: AsyncPeer) -> None:
    """A write raises `WriteTimeout` when the peer takes nothing for so long."""
    async with AsyncTask(_write_much, stream, _MOMENT) as writing:
        await writing.wait()
        _require_error(writing, WriteTimeout, f"writing {_PIECES} MiB to a peer that reads nothing")


async def a_watching_write_stops_for_what_comes(
    stream: AsyncNetworkStream, peer: AsyncPeer
) -> None:
    """`write_until_readable`, where there is one, waits for the peer until something comes, and tells what it took."""
    write = getattr(stream, "write_until_readable", None)
    if write is None:
        return
    async with AsyncTask(_write_watching, write, None) as writing:
        require(
            not await writing.wait(_MOMENT * 4), "it does not wait for a peer that takes nothing."
        )
        await peer.send(b"enough")
        require(await writing.wait(_SOON), "it goes on waiting, though something can be read.")
        taken = writing.result()
    received = await _read_exactly(stream, len(b"enough"))
    require(received == b"enough", f"b'enough' was sent, {received!r} was read.")
    sent = _PIECE * (taken // len(_PIECE)) + _PIECE[: taken % len(_PIECE)] + b"the end"
    arrived = bytearray()
    async with AsyncTask(write, b"the end", None) as ending:
        while len(arrived) < len(sent):
            data = await peer.receive(50_000)
            require(data != b"", "the stream ended.")
            arrived += data
        await ending.wait()
        require(ending.result() == len(b"the end"), "it did not take everything, without a reason.")
    require(bytes(arrived) == sent, "the peer got other bytes than were taken.")


async def a_watching_write_gives_up_in_time(stream: AsyncNetworkStream, _peer: AsyncPeer) -> None:
    """`write_until_readable`, where there is one, raises `WriteTimeout` when the peer does nothing for so long."""
    write = getattr(stream, "write_until_readable", None)
    if write is None:
        return
    async with AsyncTask(_write_watching, write, _MOMENT) as writing:
        await writing.wait()
        _require_error(writing, WriteTimeout, f"writing {_PIECES} MiB to a peer that reads nothing")


async def closing_ends_a_watching_write(stream: AsyncNetworkStream, _peer: AsyncPeer) -> None:
    """`write_until_readable`, where there is one, ends with `WriteError` when the stream is closed, or has been."""
    write = getattr(stream, "write_until_readable", None)
    if write is None:
        return
    async with AsyncTask(_write_watching, write, None) as writing:
        await writing.wait(_MOMENT * 4)
        await stream.aclose()
        require(await writing.wait(_SOON), "the write still waits.")
        _require_error(writing, WriteError, "the write")
    async with AsyncTask(write, b"data") as again:
        await again.wait()
        _require_error(again, WriteError, "the write after it")


async def reads_and_writes_go_on_together(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """One read and one write may be under way at the same time."""
    async with AsyncTask(stream.read, 100) as reading:
        await reading.wait(_MOMENT)
        await stream.write(b"ping")
        heard = await peer.receive(100)
        require(heard == b"ping", f"b'ping' was written, the peer got {heard!r}.")
        await peer.send(b"pong")
        await reading.wait()
        require(reading.result() == b"pong", f"b'pong' was sent, {reading.result()!r} was read.")
    async with (
        AsyncTask(_echo, peer, len(_PIECE)),
        AsyncTask(stream.write, _PIECE) as writing,
    ):
        received = await _read_exactly(stream, len(_PIECE))
        await writing.wait()
        writing.result()
    require(received == _PIECE, "the peer's echo came back changed.")


async def is_readable_is_true(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """`is_readable` says whether bytes, the end, or an error could be read without waiting; `None` if it is not known."""
    idle = stream.get_extra_info("is_readable")
    if idle is None:
        return
    require(idle is False, f"it is {idle!r}, though nothing was sent.")
    await peer.send(b"0123456789")
    await _require_readable(stream, "bytes have come")
    await _read_exactly(stream, 4)
    await _require_readable(stream, "bytes are left")
    await _read_exactly(stream, 6)
    idle = stream.get_extra_info("is_readable")
    require(idle is False, f"it is {idle!r}, though all was read.")
    await peer.end()
    await _require_readable(stream, "the peer has ended")
    require(await stream.read(100) == b"", "bytes came out of nowhere.")
    await _require_readable(stream, "the end was read once")


async def unknown_extra_info_is_none(stream: AsyncNetworkStream, _peer: AsyncPeer) -> None:
    """`get_extra_info` returns `None` for what is not known."""
    fact = stream.get_extra_info("no such fact")
    require(fact is None, f"it returned {fact!r}.")


async def a_failed_start_tls_closes(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """`start_tls` raises `ConnectError` when the handshake fails, and the stream is closed. Tried on plain streams."""
    if stream.get_extra_info("ssl_object") is not None:
        return
    await peer.send(b"HTTP/1.1 400 This is not TLS\r\n\r\n")
    await _require_failed_tls(stream, None, ConnectError)


async def a_late_start_tls_closes(stream: AsyncNetworkStream, _peer: AsyncPeer) -> None:
    """`start_tls` raises `ConnectTimeout` when the handshake takes too long, and the stream is closed."""
    if stream.get_extra_info("ssl_object") is not None:
        return
    await _require_failed_tls(stream, _MOMENT, ConnectTimeout)


RULES = (
    reads_give_some_and_no_more_than_asked,
    a_read_waits_for_bytes,
    the_end_repeats,
    read_time_outs_lose_nothing,
    no_time_takes_what_is_there,
    a_reset_is_a_read_error,
    a_reset_is_a_write_error,
    a_closed_stream_refuses,
    closing_tells_the_peer,
    closing_ends_a_read,
    closing_ends_a_write_and_never_waits,
    an_empty_write_does_nothing,
    a_big_write_waits_for_a_slow_reader,
    a_write_gives_up_in_time,
    a_watching_write_stops_for_what_comes,
    a_watching_write_gives_up_in_time,
    closing_ends_a_watching_write,
    reads_and_writes_go_on_together,
    is_readable_is_true,
    unknown_extra_info_is_none,
    a_failed_start_tls_closes,
    a_late_start_tls_closes,
    *_cancellation.NETWORK_RULES,  # unasync: remove
)


async def _read_exactly(stream: AsyncNetworkStream, count: int) -> bytes:
    received = b""
    while len(received) < count:
        data = await stream.read(count - len(received))
        require(data != b"", f"the stream ended {count - len(received)} bytes too early.")
        received += data
    return received


async def _receive_until_end(peer: AsyncPeer) -> bytes:
    received = b""
    while data := await peer.receive(100):
        received += data
    return received


async def _echo(peer: AsyncPeer, count: int) -> None:
    while count:
        data = await peer.receive(10_000)
        count -= len(data)
        await peer.send(data)


async def _write_much(stream: AsyncNetworkStream, timeout: float | None) -> None:
    for _ in range(_PIECES):
        await stream.write(_PIECE, timeout)


async def _write_watching(
    write: Callable[[bytes, float | None], Awaitable[int]], timeout: float | None
) -> int:
    """Write until something can be read, and return how many bytes were taken."""
    taken = 0
    for _ in range(_PIECES):
        count = await write(_PIECE, timeout)
        taken += count
        if count < len(_PIECE):
            break
    return taken


async def _require_read_timeout(stream: AsyncNetworkStream, timeout: float) -> None:
    async with AsyncTask(stream.read, 100, timeout) as reading:
        await reading.wait()
        _require_error(reading, ReadTimeout, f"read with timeout={timeout:g}")


async def _require_readable(stream: AsyncNetworkStream, reason: str) -> None:
    for _ in range(200):
        if stream.get_extra_info("is_readable") is True:
            return
        await async_settle()
    fact = stream.get_extra_info("is_readable")
    require(False, f"it stays {fact!r}, though {reason}.")


async def _require_failed_tls(
    stream: AsyncNetworkStream, timeout: float | None, expected: type[Exception]
) -> None:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with AsyncTask(stream.start_tls, context, "tls.example", timeout) as starting:
        await starting.wait()
        if isinstance(_error_of(starting), NotImplementedError):
            return
        _require_error(starting, expected, "start_tls")
    async with AsyncTask(stream.read, 100, 0) as reading:
        await reading.wait()
        _require_error(reading, ReadError, "the read after it")


def _error_of(task: AsyncTask[object]) -> BaseException | None:
    try:
        task.result()
    except BaseException as error:  # noqa: BLE001 - it is to be looked at
        return error
    return None


def _require_error(task: AsyncTask[object], expected: type[Exception], what: str) -> None:
    error = _error_of(task)
    if error is None:
        require(False, f"{what} returned {task.result()!r} instead of raising {expected.__name__}.")
    require(isinstance(error, expected), f"{what} raised {error!r} instead of {expected.__name__}.")
