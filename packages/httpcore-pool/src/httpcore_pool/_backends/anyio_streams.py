"""The backend for Trio, and for whoever asks for AnyIO: non-blocking sockets, with AnyIO to wait for them.

AnyIO's own streams are not used: they have no time-outs, lose the order of errors, and their `aclose` may wait. Here
bytes are taken from the kernel in the same step in which they are returned, so a cancelled read cannot lose any, and
closing never awaits.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from .._async.network import AsyncSocketBackend, AsyncSocketStream
from . import errors
from .addresses import addresses_from
from .sockets import ConnectRace, address_of, is_readable, receive_nowait

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from httpcore_interfaces import SOCKET_OPTION, AsyncNetworkStream

    from .addresses import Address
    from .names import Found

__all__ = ["AnyIOBackend", "AnyIOStream", "TrioBackend"]

monotonic = time.monotonic
_INF = float("inf")

# What the kernel reports, and what waiting raises when the socket was closed meanwhile, or when there is a second reader
# that has no business there.
_FAILURES = (OSError, anyio.ClosedResourceError, anyio.BusyResourceError)


class AnyIOStream(AsyncSocketStream):
    """A connected socket. One task may read while another writes, and any task may close it."""

    __slots__ = ("_closed", "_failure", "_peer", "_sock", "_written")

    def __init__(self, sock: socket.socket, peer: str) -> None:
        """Take over `sock`, which is connected and non-blocking; `peer` is what errors call the other side."""
        self._sock = sock
        self._peer = peer
        self._closed = False
        self._failure: Exception | None = None
        self._written = 0

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `AsyncNetworkStream.read`. An `aclose` by another task ends it with `ReadError`."""
        started = monotonic()
        limit = _INF if timeout is None else timeout
        try:
            while not self._closed:
                # First wait: what was not asked for yet is seldom there, and each read is a checkpoint this way.
                with anyio.move_on_after(limit) as scope:
                    await anyio.wait_readable(self._sock)
                try:
                    return self._sock.recv(max_bytes) or self._end()
                except BlockingIOError:
                    pass
                if scope.cancelled_caught:
                    raise errors.read_timed_out(self._peer, limit, monotonic() - started)
        except _FAILURES as error:
            if not self._closed:
                self._failure = error
                raise errors.read_failed(self._peer, error) from error
        raise errors.closed_for_reading(self._peer)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As `AsyncNetworkStream.write`. An `aclose` by another task ends it with `WriteError`."""
        if not buffer:
            return
        try:
            if not self._closed:
                try:
                    sent = self._sock.send(buffer)
                    self._written += sent
                except BlockingIOError:
                    sent = 0
                if sent < len(buffer):
                    await self._write_rest(memoryview(buffer)[sent:], timeout)
                return
        except _FAILURES as error:
            if not self._closed:
                self._failure = error
                raise errors.write_failed(self._peer, error) from error
        raise errors.closed_for_writing(self._peer)

    async def write_until_readable(self, buffer: bytes, timeout: float | None = None) -> int:
        """As `AsyncNetworkStream` describes it."""
        limit = _INF if timeout is None else timeout
        sent = 0
        try:
            while not self._closed:
                with suppress(BlockingIOError):
                    count = self._sock.send(memoryview(buffer)[sent:] if sent else buffer)
                    self._written += count
                    sent += count
                if sent == len(buffer):
                    return sent
                started = monotonic()
                is_readable, is_writable = await _wait_for_either(self._sock, limit)
                if is_readable and not self._closed:
                    return sent
                if not (is_readable or is_writable):
                    raise errors.write_timed_out(self._peer, limit, monotonic() - started)
        except _FAILURES as error:
            self._failure = error
            raise errors.write_failed(self._peer, error) from error
        raise errors.closed_for_writing(self._peer)

    def _end(self) -> bytes:
        """The end, unless the kernel has told of a failure before, which it does once."""
        if self._failure is not None:
            raise self._failure
        return b""

    async def _write_rest(self, rest: memoryview, timeout: float | None) -> None:
        limit = _INF if timeout is None else timeout
        while rest:
            started = monotonic()
            with anyio.move_on_after(limit) as scope:
                await anyio.wait_writable(self._sock)
            try:
                sent = self._sock.send(rest)
            except BlockingIOError:
                pass
            else:
                self._written += sent
                rest = rest[sent:]
                continue
            if scope.cancelled_caught:
                raise errors.write_timed_out(self._peer, limit, monotonic() - started)

    async def aclose(self) -> None:
        """As `AsyncNetworkStream.aclose`; wakes the tasks that read and write, and does not wait itself."""
        if self._closed:
            return
        self._closed = True
        with suppress(RuntimeError):  # no event loop is running any more, so nobody waits
            anyio.notify_closing(self._sock)
        self._sock.close()

    def forget(self) -> None:
        """Close the descriptor alone. For an event loop that is over, and for a process that was forked."""
        self._closed = True
        self._sock.close()

    def read_nowait(self, max_bytes: int) -> bytes | None:
        """Return what can be read without waiting; `None` when that is nothing, `b""` at the end or after an error."""
        return receive_nowait(self._sock, max_bytes)

    def get_extra_info(self, info: str) -> Any:
        """As `AsyncNetworkStream.get_extra_info`."""
        if info == "is_readable":
            return is_readable(self._sock)
        if info == "socket":
            return self._sock
        if info == "bytes_written":
            return self._written
        if info in ("client_addr", "server_addr"):
            return address_of(self._sock, info)
        return None


class AnyIOBackend(AsyncSocketBackend):
    """Connects for tasks of whichever library AnyIO runs on."""

    async def _find(self, host: str, port: int, timeout: float | None) -> Found:
        with anyio.fail_after(timeout):
            found = await self._names.async_ask(host, port)
            if found is not None:
                return found
            infos = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return addresses_from(infos), None

    async def connect_addresses(
        self,
        addresses: Sequence[Address],
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to the first of the addresses that answers; arguments and errors as for `connect_tcp`."""
        now = monotonic()
        race = ConnectRace(addresses, local_address, socket_options, now, timeout)
        try:
            while (winner := race.step(now)) is None:
                await _wait_for_any_writable(race.sockets, race.pause(now))
                now = monotonic()
        finally:
            race.close()
        return AnyIOStream(winner[0], str(winner[1]))


class TrioBackend(AnyIOBackend):
    """`AnyIOBackend` under the name that says where it is used."""


async def _wait_for_any_writable(sockets: Sequence[socket.socket], timeout: float | None) -> None:
    with anyio.move_on_after(timeout):
        if len(sockets) == 1:
            await anyio.wait_writable(sockets[0])
            return
        async with anyio.create_task_group() as tasks:

            async def wait_for(sock: socket.socket) -> None:
                await anyio.wait_writable(sock)
                tasks.cancel_scope.cancel()

            for sock in sockets:
                tasks.start_soon(wait_for, sock)
            if not sockets:
                await anyio.sleep_forever()


async def _wait_for_either(sock: socket.socket, timeout: float) -> tuple[bool, bool]:
    """Wait until a socket can be read or written to, and return which of the two; one that has failed can be read."""
    ready = [False, False]
    with anyio.move_on_after(timeout):
        async with anyio.create_task_group() as tasks:

            async def wait_for(way: int) -> None:
                try:
                    await (anyio.wait_writable(sock) if way else anyio.wait_readable(sock))
                    ready[way] = True
                except _FAILURES:
                    # Reading will tell what it is.
                    ready[0] = True
                tasks.cancel_scope.cancel()

            tasks.start_soon(wait_for, 0)
            tasks.start_soon(wait_for, 1)
    return ready[0], ready[1]
