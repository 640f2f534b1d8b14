"""The blocking backend: a thread waits in the call itself when there is no limit, and in `poll` when there is one.

Without a limit a read is one `recv` and a write one `send`. With one, a write waits only for what the kernel did not
take, and a read is one `poll` and one `recv`. Python's own time-outs would poll before every call, and share one limit
between the thread that reads and the one that writes; `SO_RCVTIMEO` would begin anew with every signal that arrives.
Measured: without the poll, 5 % of the instructions of a small request are saved.
"""

from __future__ import annotations

import socket
import time
from _thread import allocate_lock
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from httpcore_interfaces import Parker

from .._sync.network import SocketBackend, SocketStream
from . import errors
from .addresses import addresses_from
from .sockets import (
    NO_WAIT,
    ConnectRace,
    Readiness,
    address_of,
    is_readable,
    receive_nowait,
    wait_for_any_writable,
    wait_for_either,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from httpcore_interfaces import SOCKET_OPTION, NetworkStream

    from .addresses import Address
    from .names import Found
    from .sockets import PollReadiness, SelectReadiness

__all__ = ["SyncBackend", "SyncStream"]

monotonic = time.monotonic


class SyncStream(SocketStream):
    """A connected socket. One thread may read while another writes, and any thread may close it."""

    __slots__ = (
        "_closed",
        "_failure",
        "_leaving",
        "_peer",
        "_probe",
        "_readable",
        "_reading",
        "_sock",
        "_writable",
        "_writing",
        "_written",
    )

    def __init__(self, sock: socket.socket, peer: str) -> None:
        """Take over `sock`, which is connected; `peer` is what errors call the other side."""
        self._sock = sock
        # Where one call cannot be kept from waiting, none may.
        sock.setblocking(NO_WAIT != 0)
        self._peer = peer
        # One thread reads, one writes, and others ask whether there is something to read.
        self._readable: PollReadiness | SelectReadiness | None = None
        self._probe: PollReadiness | SelectReadiness | None = None
        self._writable: PollReadiness | SelectReadiness | None = None
        self._closed = False
        self._failure: OSError | None = None
        self._written = 0
        # While one of these is set nobody closes the descriptor: its number could come to mean another connection
        # under the hands of the thread that uses it. Set before `_closed` is looked at, looked at after it is set.
        self._reading = False
        self._writing = False
        self._leaving = allocate_lock()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `NetworkStream.read`. A `close` by another thread ends it with `ReadError`."""
        self._reading = True
        try:
            while not self._closed:
                try:
                    if timeout is None and NO_WAIT:
                        data = self._sock.recv(max_bytes)
                    else:
                        self._wait_for_bytes(timeout)
                        data = self._sock.recv(max_bytes, NO_WAIT)
                except BlockingIOError:  # the kernel dropped what it had announced
                    continue
                if data:
                    return data
                if not self._closed:
                    return self._end()
            raise errors.closed_for_reading(self._peer)
        except OSError as error:
            self._failure = error
            raise errors.read_failed(self._peer, error) from error
        finally:
            self._reading = False
            if self._closed:
                self._leave()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As `NetworkStream.write`. A `close` by another thread ends it with `WriteError`."""
        if not buffer:
            return
        self._writing = True
        try:
            if self._closed:
                raise errors.closed_for_writing(self._peer)
            try:
                sent = self._sock.send(buffer, 0 if timeout is None else NO_WAIT)
                self._written += sent
            except BlockingIOError:
                sent = 0
            if sent < len(buffer):
                self._write_rest(memoryview(buffer)[sent:], timeout)
        except OSError as error:
            self._failure = error
            raise errors.write_failed(self._peer, error) from error
        finally:
            self._writing = False
            if self._closed:
                self._leave()

    def write_until_readable(self, buffer: bytes, timeout: float | None = None) -> int:
        """As `NetworkStream` describes it."""
        self._writing = True
        try:
            sent = 0
            while True:
                if self._closed:
                    raise errors.closed_for_writing(self._peer)
                with suppress(BlockingIOError):
                    count = self._sock.send(memoryview(buffer)[sent:] if sent else buffer, NO_WAIT)
                    self._written += count
                    sent += count
                if sent == len(buffer):
                    return sent
                started = monotonic()
                is_readable, is_writable = wait_for_either(self._sock, timeout)
                if is_readable and not self._closed:
                    return sent
                if not (is_readable or is_writable):
                    elapsed = monotonic() - started
                    raise errors.write_timed_out(self._peer, timeout or 0.0, elapsed)
        except OSError as error:
            self._failure = error
            raise errors.write_failed(self._peer, error) from error
        finally:
            self._writing = False
            if self._closed:
                self._leave()

    def _wait_for_bytes(self, timeout: float | None) -> None:
        if self._readable is None:
            self._readable = Readiness(self._sock)
        started = monotonic()
        if not self._readable.wait(timeout):
            raise errors.read_timed_out(self._peer, timeout or 0.0, monotonic() - started)

    def _end(self) -> bytes:
        """The end, unless the kernel has told of a failure before, which it does once."""
        if self._failure is not None:
            raise self._failure
        return b""

    def _write_rest(self, rest: memoryview, timeout: float | None) -> None:
        if self._writable is None:
            self._writable = Readiness(self._sock, for_writing=True)
        while rest:
            started = monotonic()
            if not self._writable.wait(timeout):
                raise errors.write_timed_out(self._peer, timeout or 0.0, monotonic() - started)
            if self._closed:
                raise errors.closed_for_writing(self._peer)
            try:
                sent = self._sock.send(rest, NO_WAIT)
            except BlockingIOError:
                continue
            self._written += sent
            rest = rest[sent:]

    def close(self) -> None:
        """As `NetworkStream.close`; wakes the threads that read and write."""
        if self._closed:
            return
        self._closed = True
        self._leave()

    def forget(self) -> None:
        """Close the descriptor alone. For a process that was forked, whose other threads are gone."""
        self._closed = True
        self._reading = self._writing = False
        self._leaving = allocate_lock()
        self._sock.close()

    def _leave(self) -> None:
        """Close the socket, or wake the thread that is still using it; whoever leaves last closes."""
        with self._leaving:
            if not (self._reading or self._writing):
                self._sock.close()
                return
            with suppress(OSError):  # the peer has gone
                self._sock.shutdown(socket.SHUT_RDWR)

    def read_nowait(self, max_bytes: int) -> bytes | None:
        """Return what can be read without waiting; `None` when that is nothing, `b""` at the end or after an error."""
        return receive_nowait(self._sock, max_bytes)

    def get_extra_info(self, info: str) -> Any:
        """As `NetworkStream.get_extra_info`."""
        if info == "is_readable":
            if self._closed or self._sock.fileno() < 0:
                return True
            if self._probe is None:
                self._probe = Readiness(self._sock)
            try:
                return bool(self._probe.look())
            except RuntimeError:  # another thread is asking
                return is_readable(self._sock)
        if info == "socket":
            return self._sock
        if info == "bytes_written":
            return self._written
        if info in ("client_addr", "server_addr"):
            return address_of(self._sock, info)
        return None


class SyncBackend(SocketBackend):
    """Connects for threads. To resolve a name with a limit, a thread is started, and left to itself when it takes too long."""

    def _find(self, host: str, port: int, timeout: float | None) -> Found:
        if timeout is None:
            return self._look_up(host, port)
        return _in_thread(self._look_up, host, port, timeout)

    def _look_up(self, host: str, port: int) -> Found:
        found = self._names.ask(host, port)
        if found is not None:
            return found
        # Bytes, for text would go through a codec that is slow to load and knows an older IDNA.
        name = host.encode("ascii") if host.isascii() else host
        return addresses_from(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)), None

    def connect_addresses(
        self,
        addresses: Sequence[Address],
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        """Connect to the first of the addresses that answers; arguments and errors as for `connect_tcp`."""
        now = monotonic()
        race = ConnectRace(addresses, local_address, socket_options, now, timeout)
        try:
            while (winner := race.step(now)) is None:
                wait_for_any_writable(race.sockets, race.pause(now))
                now = monotonic()
        finally:
            race.close()
        return SyncStream(winner[0], str(winner[1]))


def _in_thread(look_up: Callable[[str, int], Found], host: str, port: int, timeout: float) -> Found:
    found: list[Found] = []
    failures: list[Exception] = []
    parker = Parker()

    def run() -> None:
        try:
            found.append(look_up(host, port))
        except Exception as error:  # noqa: BLE001 - raised where somebody waits for it
            failures.append(error)
        parker.unpark()

    Thread(target=run, name="httpcore-resolve", daemon=True).start()
    if not parker.park(timeout):
        raise TimeoutError
    if failures:
        raise failures[0]
    return found[0]
