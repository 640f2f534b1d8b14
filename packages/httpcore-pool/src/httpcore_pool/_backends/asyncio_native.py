"""The asyncio backend: one object per connection that is both asyncio's protocol and the stream.

What a read costs is what makes an asyncio client fast or slow, so: bytes that have come are handed over without a
future, a task switch or a timer; a stream has one timer, moved only when it rings; and nothing is waited for in
closing. Streams of asyncio (`StreamReader`) cost a time-out context for each read, AnyIO's a cancel scope.

It needs nothing but the documented interface of event loops, so it runs on uvloop as it is.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections import deque
from typing import TYPE_CHECKING, cast

from .._async.network import AsyncSocketBackend, AsyncSocketStream
from . import errors
from .addresses import addresses_from
from .sockets import (
    NO_WAIT,
    ConnectRace,
    Readiness,
    address_of,
    receive_nowait,
    wait_for_any_writable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from httpcore_interfaces import SOCKET_OPTION, AsyncNetworkStream

    from .addresses import Address
    from .names import Found
    from .sockets import PollReadiness, SelectReadiness

__all__ = ["AsyncioBackend", "AsyncioStream"]

monotonic = time.monotonic

# Bytes that may lie here unread before the peer is made to wait. Also when somebody was waiting for them, who will come
# only in the next turn of the loop: uvloop goes on taking what the kernel has, and measured, 6 MB came in one turn. To read
# large responses took three times as much CPU so.
_HIGH_WATER = 256 * 1024
_LOW_WATER = 64 * 1024

# What the loop takes from the kernel for one stream in one go. By itself asyncio asks for four times as much, for which
# glibc maps memory each time, and unmaps it when less has come: that costs more than all else about a small response.
_PIECE = 64 * 1024

# After a large piece there is probably more, and it is taken from the socket without waiting for the loop to come round
# to it: as much as this, below what memory is mapped for, and so often before the loop is let to its other work again.
_LARGE_PIECE = 32 * 1024
_LARGE_READ = 124 * 1024
_DIRECT_READS = 8

# As good as for ever, and small enough for the timers of every event loop: three years.
_FAR = 1e8
_INF = float("inf")

# What may never be collected.
_forgotten: list[asyncio.BaseTransport | None] = []


class AsyncioStream(asyncio.Protocol, AsyncSocketStream):
    """A connected transport. One task may read while another writes, and any task of the loop may close it."""

    __slots__ = (
        "_chunks",
        "_closed",
        "_direct_reads",
        "_eof",
        "_error",
        "_is_watching",
        "_loop",
        "_lost",
        "_offset",
        "_paused",
        "_peer",
        "_probe",
        "_read_deadline",
        "_read_waiter",
        "_size",
        "_sock",
        "_timer",
        "_timer_at",
        "_transport",
        "_write_paused",
        "_write_waiter",
        "_written",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket, peer: str) -> None:
        """Make a protocol for a transport over `sock`; `peer` is what errors call the other side."""
        self._loop = loop
        self._sock = sock
        self._peer = peer
        self._probe: PollReadiness | SelectReadiness | None = None
        self._transport: asyncio.Transport | None = None
        # What has come and was not read yet; of the first chunk, `_offset` bytes were.
        self._chunks: deque[bytes] = deque()
        self._offset = 0
        self._size = 0
        # How often the socket may be read without the loop.
        self._direct_reads = 0
        self._paused = False
        self._eof = False
        self._lost = False
        self._error: Exception | None = None
        self._closed = False
        self._read_waiter: asyncio.Future[None] | None = None
        self._read_deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._write_paused = False
        self._write_waiter: asyncio.Future[None] | None = None
        # Whoever waits for room in order to write wants to be woken by what comes, too.
        self._is_watching = False
        self._written = 0

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if hasattr(transport, "max_size"):
            transport.max_size = _PIECE

    def data_received(self, data: bytes) -> None:
        self._chunks.append(data)
        self._size += len(data)
        if self._read_waiter is not None:
            _settle(self._read_waiter)
        elif self._is_watching:
            self._wake()
        if self._size >= _HIGH_WATER and not self._paused:
            assert self._transport is not None
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        self._eof = True
        if self._read_waiter is not None:
            _settle(self._read_waiter)
        elif self._is_watching:
            self._wake()
        # The peer has nothing more to say, but may well go on listening: keep the transport.
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and not self._closed:
            # A failed write makes the loop give up the socket, though an answer may already lie in it, such as a 413.
            self._drain_socket()
        self._lost = True
        self._error = exc or self._error
        self._wake()

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        if self._write_waiter is not None:
            _settle(self._write_waiter)

    # What the protocols call.

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `AsyncNetworkStream.read`. An `aclose` by another task ends it with `ReadError`."""
        if self._chunks and not self._closed:
            return self._take(max_bytes)
        if self._direct_reads:
            data = self._take_directly(max_bytes)
            if data:
                return data
        started = monotonic()
        while not (self._eof or self._lost or self._closed):
            await self._wait_for_bytes(started, timeout)
            if self._chunks and not self._closed:
                return self._take(max_bytes)
        if self._closed:
            raise errors.closed_for_reading(self._peer)
        if self._error is not None and not self._eof:
            raise errors.read_failed(self._peer, self._error) from self._error
        return b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As `AsyncNetworkStream.write`. An `aclose` by another task ends it with `WriteError`.

        It waits only while the transport holds more than its high-water mark, 64 KiB, back; what is below that will
        be sent, even when the write is cancelled.
        """
        if not buffer:
            return
        transport = self._transport
        if self._closed or self._lost or transport is None:
            raise self._cannot_write()
        transport.write(buffer)
        self._written += len(buffer)
        if self._write_paused or transport.is_closing():
            await self._wait_for_room(timeout)

    async def write_until_readable(self, buffer: bytes, timeout: float | None = None) -> int:
        """As `AsyncNetworkStream` describes it.

        What the transport holds back counts as taken, but nothing more is given to it while it has no room.
        """
        transport = self._transport
        if self._closed or self._lost or transport is None:
            raise self._cannot_write()
        if self._write_paused:
            await self._wait_for_room(timeout, is_watching=True)
            if self._write_paused:
                return 0
        transport.write(buffer)
        self._written += len(buffer)
        if self._write_paused or transport.is_closing():
            await self._wait_for_room(timeout, is_watching=True)
        return len(buffer)

    async def aclose(self) -> None:
        """As `AsyncNetworkStream.aclose`. What the kernel takes at once is sent, and nothing is waited for."""
        if self._closed:
            return
        self._closed = True
        self._cancel_timer()
        self._chunks.clear()
        self._wake()
        if self._loop.is_closed():
            self.forget()
        elif self._transport is not None:
            if self._transport.get_write_buffer_size():
                # uvloop sends in the next turn of the loop what was written in this one.
                self._transport.close()
                self._loop.call_soon(self._transport.abort)
            else:
                self._transport.abort()

    def forget(self) -> None:
        """Close the descriptor alone. For an event loop that is over, and for a process that was forked.

        The loop is not called, nor its selector, which a forked process shares with its parent.
        """
        self._closed = self._lost = True
        self._timer = self._read_waiter = self._write_waiter = None
        self._chunks.clear()
        transport, self._transport = self._transport, None
        # A transport of asyncio complains when it is collected, unless it has been told of its end.
        end: Any = getattr(transport, "_call_connection_lost", None)
        if end is not None:
            end(None)
        elif not self._loop.is_closed():  # pragma: no cover - uvloop in a forked process
            # uvloop's would do in its destructor what must not be done.
            _forgotten.append(transport)
        fd = self._sock.detach()
        if fd >= 0:
            os.close(fd)

    def read_nowait(self, max_bytes: int) -> bytes | None:
        """Return what can be read without waiting; `None` when that is nothing, `b""` at the end or after an error."""
        if self._chunks:
            return self._take(max_bytes)
        if self._eof or self._lost or self._closed:
            return b""
        # The loop may not have come round to what lies in the socket. It does not mind if that is gone when it does.
        return receive_nowait(self._sock, max_bytes)

    def get_extra_info(self, info: str) -> Any:
        """As `AsyncNetworkStream.get_extra_info`."""
        if info == "is_readable":
            if self._chunks or self._eof or self._lost or self._closed:
                return True
            # The loop may not have come round to what lies in the socket.
            return self._is_readable()
        if info == "socket":
            return self._sock
        if info == "bytes_written":
            return self._written
        if info in ("client_addr", "server_addr"):
            return address_of(self._sock, info)
        return None

    def _is_readable(self) -> bool:
        if self._sock.fileno() < 0:
            return True
        if self._probe is None:
            self._probe = Readiness(self._sock)
        return bool(self._probe.look())

    def _take(self, max_bytes: int) -> bytes:
        chunks = self._chunks
        chunk = chunks[0]
        if len(chunk) - self._offset <= max_bytes:
            chunks.popleft()
            if self._offset:
                chunk = chunk[self._offset :]
                self._offset = 0
            # Where a call cannot be kept from waiting, the loop may be reading at any time.
            self._direct_reads = _DIRECT_READS if NO_WAIT and len(chunk) >= _LARGE_PIECE else 0
        else:
            chunk = chunk[self._offset : self._offset + max_bytes]
            self._offset += max_bytes
        self._size -= len(chunk)
        if self._paused and self._size <= _LOW_WATER:
            self._paused = False
            if not (self._lost or self._closed):
                assert self._transport is not None
                self._transport.resume_reading()
        return chunk

    def _take_directly(self, max_bytes: int) -> bytes | None:
        """What lies in the socket already. That nothing more will come is for the loop to say."""
        if self._eof or self._lost or self._closed:
            return None
        try:
            data = self._sock.recv(min(max_bytes, _LARGE_READ), NO_WAIT)
        except BlockingIOError:
            self._direct_reads = 0
            return None
        except OSError as error:
            # The kernel tells it once, so the loop would take what follows for the end.
            self._lost = True
            self._error = error
            assert self._transport is not None
            self._transport.abort()
            raise errors.read_failed(self._peer, error) from error
        self._direct_reads = self._direct_reads - 1 if len(data) >= _LARGE_PIECE else 0
        return data

    async def _wait_for_bytes(self, started: float, timeout: float | None) -> None:
        if timeout is not None:
            self._read_deadline = deadline = started + min(timeout, _FAR)
            if self._timer is None or deadline < self._timer_at:
                self._set_timer(deadline)
        else:
            self._read_deadline = _INF
        self._read_waiter = waiter = self._loop.create_future()
        try:
            await waiter
        finally:
            self._read_waiter = None
        if timeout is not None and not (self._chunks or self._eof or self._lost or self._closed):
            raise errors.read_timed_out(self._peer, timeout, monotonic() - started)

    def _set_timer(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = at
        self._timer = self._loop.call_later(max(0.0, at - monotonic()), self._on_timer)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _on_timer(self) -> None:
        # The timer is not moved for each read: it rings for one that is over, and is set again for the one that waits.
        self._timer = None
        if self._read_waiter is None or self._read_deadline == _INF:
            return
        # A loop that was busy for long sees what has come only after its timers: the socket is asked, too.
        if monotonic() < self._read_deadline or self._is_readable():
            self._set_timer(self._read_deadline)
        else:
            _settle(self._read_waiter)

    async def _wait_for_room(self, timeout: float | None, *, is_watching: bool = False) -> None:
        """Wait until the transport takes more; when watching, also until something can be read."""
        transport = self._transport
        assert transport is not None
        while self._has_no_room(transport) and not (is_watching and (self._chunks or self._eof)):
            left = transport.get_write_buffer_size()
            started = monotonic()
            self._write_waiter = waiter = self._loop.create_future()
            self._is_watching = is_watching
            timer = None
            if timeout is not None:
                timer = self._loop.call_later(min(timeout, _FAR), _settle, waiter)
            try:
                await waiter
            finally:
                self._write_waiter = None
                self._is_watching = False
                if timer is not None:
                    timer.cancel()
            if (
                self._write_paused
                and not (self._closed or self._lost)
                and not (is_watching and (self._chunks or self._eof))
                and transport.get_write_buffer_size() >= left
            ):
                elapsed = monotonic() - started
                raise errors.write_timed_out(self._peer, timeout or 0.0, elapsed)
        if self._closed or self._lost:
            raise self._cannot_write()

    def _has_no_room(self, transport: asyncio.Transport) -> bool:
        """Whether to wait before more is written: for room, or for the loop to say that the connection is lost."""
        return not (self._closed or self._lost) and (self._write_paused or transport.is_closing())

    def _cannot_write(self) -> Exception:
        if self._closed or self._error is None:
            return errors.closed_for_writing(self._peer)
        error = errors.write_failed(self._peer, self._error)
        error.__cause__ = self._error
        return error

    def _wake(self) -> None:
        if self._read_waiter is not None:
            _settle(self._read_waiter)
        if self._write_waiter is not None:
            _settle(self._write_waiter)

    def _drain_socket(self) -> None:
        # Whether an end follows cannot be told: the kernel reports a failure once, and after that an end.
        while data := receive_nowait(self._sock, _HIGH_WATER):
            self._chunks.append(data)
            self._size += len(data)


class AsyncioBackend(AsyncSocketBackend):
    """Connects for tasks of asyncio."""

    async def _find(self, host: str, port: int, timeout: float | None) -> Found:
        async with asyncio.timeout(None if timeout is None else min(timeout, _FAR)):
            found = await self._names.async_ask(host, port)
            if found is not None:
                return found
            # Bytes, for text would go through a codec that is slow to load and knows an older IDNA.
            name = host.encode("ascii") if host.isascii() else host
            loop = asyncio.get_running_loop()
            infos = await loop.getaddrinfo(name, port, type=socket.SOCK_STREAM)
            return addresses_from(infos), None

    async def connect_addresses(
        self,
        addresses: Sequence[Address],
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to the first of the addresses that answers; arguments and errors as for `connect_tcp`."""
        loop = asyncio.get_running_loop()
        now = monotonic()
        race = ConnectRace(addresses, local_address, socket_options, now, timeout)
        try:
            while (winner := race.step(now)) is None:
                await _wait_for_any_writable(loop, race.sockets, race.pause(now))
                now = monotonic()
        finally:
            race.close()
        sock, address = winner
        stream = AsyncioStream(loop, sock, str(address))
        # When this is cancelled the loop closes the socket, which belongs to a transport by then.
        if sock.family == socket.AF_UNIX:
            await loop.create_unix_connection(lambda: stream, sock=sock)
        else:
            await loop.create_connection(lambda: stream, sock=sock)
        return stream


async def _wait_for_any_writable(
    loop: asyncio.AbstractEventLoop, sockets: Sequence[socket.socket], timeout: float | None
) -> None:
    waiter = loop.create_future()
    # By number: asyncio would describe each socket in an error that nobody reads.
    watched: list[int] = []
    timer = None if timeout is None else loop.call_later(min(timeout, _FAR), _settle, waiter)
    try:
        for sock in sockets:
            loop.add_writer(sock.fileno(), _settle, waiter)
            watched.append(sock.fileno())
        await waiter
    except NotImplementedError:
        # The loop of Windows watches no sockets. A thread does, for as long as it takes.
        await loop.run_in_executor(None, wait_for_any_writable, sockets, timeout)
    finally:
        for descriptor in watched:
            loop.remove_writer(descriptor)
        if timer is not None:
            timer.cancel()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
