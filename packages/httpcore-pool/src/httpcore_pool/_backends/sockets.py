"""Sockets that all backends share: how one is opened, how several race to connect, and whether one is ready.

All sockets are non-blocking from birth. A race is told when to look and looks by itself, so the three backends differ
only in how they wait for "one of these can be written to, or so many seconds have passed".
"""

from __future__ import annotations

import errno
import os
import select
import socket
from functools import partial
from typing import TYPE_CHECKING

from . import errors
from .addresses import Address, Schedule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from httpcore_interfaces import SOCKET_OPTION

__all__ = [
    "NO_WAIT",
    "ConnectRace",
    "Readiness",
    "address_of",
    "is_readable",
    "receive_nowait",
    "unix_address",
    "wait_for_any_writable",
    "wait_for_either",
]

# Middleboxes forget a silent connection after some minutes (the usual ones after 340 to 350 seconds), and a peer that
# vanished is noticed after IDLE + CNT * INTVL = 2 minutes.
_KEEPALIVE = (
    ("TCP_KEEPIDLE", 60),
    ("TCP_KEEPALIVE", 60),  # what macOS calls TCP_KEEPIDLE
    ("TCP_KEEPINTVL", 15),
    ("TCP_KEEPCNT", 4),
)

TCP_OPTIONS: list[tuple[int, int, int]] = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in _KEEPALIVE
        if hasattr(socket, name)
    ),
]

_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY, errno.EINTR}

#: The flag that keeps one call on a blocking socket from waiting; 0 where there is none, such as on Windows.
NO_WAIT: int = getattr(socket, "MSG_DONTWAIT", 0)

#: The longest that `poll` can be asked to wait, in seconds: almost 25 days.
_LONGEST = (2**31 - 1) // 1000

# Seconds after which a Unix socket whose queue was full is tried again.
_QUEUE_DELAY = 0.01


def unix_address(path: str) -> Address:
    """The address of a Unix domain socket; a name that begins with NUL is an abstract one."""
    return Address(socket.AF_UNIX, path)


class ConnectRace:
    """Attempts to connect to several addresses, of which the first to succeed wins.

    Call `step`, wait until one of `sockets` can be written to or `pause` is over, and call `step` again; and at last
    `close`, whatever happened. Times are seconds on one clock, `timeout` is for the whole race.
    """

    def __init__(
        self,
        addresses: Iterable[Address],
        local_address: str | None,
        socket_options: Iterable[SOCKET_OPTION] | None,
        started: float,
        timeout: float | None,
    ) -> None:
        self._schedule = Schedule(addresses)
        self._local_address = local_address
        self._options = tuple(socket_options or ())
        self._started = started
        self._timeout = timeout
        self._under_way: dict[socket.socket, Address] = {}
        self._failures: list[errors.Attempt] = []

    @property
    def sockets(self) -> list[socket.socket]:
        """The sockets to wait for, until one can be written to."""
        return list(self._under_way)

    def pause(self, now: float) -> float | None:
        """Seconds after which to call `step` even when no socket is ready; `None` when only they matter."""
        pause = self._schedule.pause(now)
        if self._timeout is None:
            return pause
        left = max(0.0, self._started + self._timeout - now)
        return left if pause is None else min(left, pause)

    def step(self, now: float) -> tuple[socket.socket, Address] | None:
        """Look at what is under way, begin what is due, and return the winner, which belongs to the caller.

        Raises `ConnectError` when every address has failed, `ConnectTimeout` when time is up.
        """
        # What is near, such as this machine, has answered before anybody could have waited.
        winner = self._look() or self._begin(now) or self._look()
        if winner is not None:
            return winner
        if not self._under_way and self._schedule.pause(now) is None:
            cause = self._failures[-1][1] if self._failures else None
            raise errors.connect_failed(self._failures) from cause
        # Not at the limit itself, so that a limit of 0 takes what connects without waiting.
        if self._timeout is not None and now - self._started > self._timeout:
            silent = TimeoutError(errno.ETIMEDOUT, "no answer yet")
            attempts = [*self._failures]
            attempts += [(str(address), silent) for address in self._under_way.values()]
            untried = TimeoutError(errno.ETIMEDOUT, "its turn did not come, or its queue was full")
            attempts += [(str(address), untried) for address in self._schedule.waiting]
            raise errors.connect_timed_out(self._timeout, now - self._started, attempts) from silent
        return None

    def close(self) -> None:
        """Close every socket that has not won."""
        while self._under_way:
            self._under_way.popitem()[0].close()

    def _look(self) -> tuple[socket.socket, Address] | None:
        if self._under_way:
            for sock in wait_for_any_writable(self.sockets, 0.0):
                address = self._under_way.pop(sock)
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if self._succeeded(sock, address, code):
                    return sock, address
        return None

    def _begin(self, now: float) -> tuple[socket.socket, Address] | None:
        while (address := self._schedule.next(now)) is not None:
            sock = self._start(address, now)
            if sock is not None:
                return sock, address
        return None

    def _start(self, address: Address, now: float) -> socket.socket | None:
        try:
            sock = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as error:  # a family that this machine does not have
            self._failed(address, error)
            return None
        try:
            code = self._connect(sock, address)
        except (OSError, ValueError, OverflowError) as error:
            sock.close()
            self._failed(address, error)
            return None
        except BaseException:  # socket options that are none
            sock.close()
            raise
        if code == errno.EAGAIN and isinstance(address.sockaddr, str):
            # The queue of a Unix socket is full; the kernel neither goes on with it nor tells when there is room.
            sock.close()
            self._schedule.again(address, now + _QUEUE_DELAY)
            return None
        if code in _UNDER_WAY:
            self._under_way[sock] = address
            return None
        return sock if self._succeeded(sock, address, code) else None

    def _connect(self, sock: socket.socket, address: Address) -> int:
        sock.setblocking(False)
        is_unix = isinstance(address.sockaddr, str)
        if not is_unix:
            for level, option, value in TCP_OPTIONS:
                sock.setsockopt(level, option, value)
        for arguments in self._options:
            sock.setsockopt(*arguments)
        if self._local_address is not None and not is_unix:
            try:
                sock.bind((self._local_address, 0))
            except OSError as error:
                sentence = f"it cannot be done from the local address {self._local_address!r}"
                raise OSError(error.errno, f"{sentence}: {errors.reason(error)}") from error
        return sock.connect_ex(address.sockaddr)

    def _succeeded(self, sock: socket.socket, address: Address, code: int) -> bool:
        if not code:
            return True
        sock.close()
        self._failed(address, OSError(code, os.strerror(code)))
        return False

    def _failed(self, address: Address, error: Exception) -> None:
        self._failures.append((str(address), error))
        self._schedule.failed()


def address_of(sock: socket.socket, info: str) -> object:
    """The socket's own address for `"client_addr"`, its peer's for `"server_addr"`; `None` when it has none."""
    try:
        return sock.getsockname() if info == "client_addr" else sock.getpeername()
    except OSError:
        return None


def receive_nowait(sock: socket.socket, max_bytes: int) -> bytes | None:
    """Take what lies in a socket; `None` when that is nothing, `b""` at the end or after an error."""
    try:
        return sock.recv(max_bytes, NO_WAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def is_readable(sock: socket.socket) -> bool:
    """Whether bytes, the end or an error can be read from a socket now. A closed one says yes."""
    return sock.fileno() < 0 or Readiness(sock).wait(0.0)


def _bounded(timeout: float | None) -> float | None:
    # A negative time-out would mean for ever.
    return None if timeout is None else max(0.0, min(timeout, _LONGEST))


def _milliseconds(timeout: float | None) -> float | None:
    return None if timeout is None else max(0.0, min(timeout, _LONGEST)) * 1000


class PollReadiness:
    """Waits until one socket can be read, or written to. One thread at a time."""

    __slots__ = ("_poll", "look")

    def __init__(self, sock: socket.socket, *, for_writing: bool = False) -> None:
        self._poll = select.poll()
        self._poll.register(sock, select.POLLOUT if for_writing else select.POLLIN)
        #: `wait(0)`, as true or false, in one call: each request asks so.
        self.look = partial(self._poll.poll, 0)

    def wait(self, timeout: float | None) -> bool:
        """Return whether it is ready, or has failed, within so many seconds; `None` waits for ever."""
        return bool(self._poll.poll(_milliseconds(timeout) if timeout else timeout))


class SelectReadiness:
    """`PollReadiness` for a platform without `poll`, such as Windows, where sockets above 1024 are no trouble."""

    __slots__ = ("_reading", "_writing")

    def __init__(self, sock: socket.socket, *, for_writing: bool = False) -> None:
        self._reading = () if for_writing else (sock,)
        self._writing = (sock,) if for_writing else ()

    def look(self) -> bool:
        """`wait(0)`."""
        return self.wait(0.0)

    def wait(self, timeout: float | None) -> bool:
        """Return whether it is ready, or has failed, within so many seconds; `None` waits for ever."""
        return any(select.select(self._reading, self._writing, self._writing, _bounded(timeout)))


def poll_any_writable(
    sockets: Sequence[socket.socket], timeout: float | None
) -> list[socket.socket]:
    """Wait until one of the sockets can be written to or has failed, and return those."""
    poll = select.poll()
    for sock in sockets:
        poll.register(sock, select.POLLOUT)
    ready = {fd for fd, _ in poll.poll(_milliseconds(timeout))}
    return [sock for sock in sockets if sock.fileno() in ready]


def select_any_writable(
    sockets: Sequence[socket.socket], timeout: float | None
) -> list[socket.socket]:
    """`poll_any_writable` for a platform without `poll`."""
    # Windows reports a refused connection as an exceptional condition alone.
    _, writable, failed = select.select((), sockets, sockets, _bounded(timeout))
    return [sock for sock in sockets if sock in writable or sock in failed]


def poll_either(sock: socket.socket, timeout: float | None) -> tuple[bool, bool]:
    """Wait until a socket can be read or written to, and return which of the two; one that has failed can be written to."""
    poll = select.poll()
    poll.register(sock, select.POLLIN | select.POLLOUT)
    found = poll.poll(_milliseconds(timeout))
    events = found[0][1] if found else 0
    return bool(events & select.POLLIN), bool(events & ~select.POLLIN)


def select_either(sock: socket.socket, timeout: float | None) -> tuple[bool, bool]:
    """`poll_either` for a platform without `poll`."""
    readable, writable, failed = select.select([sock], [sock], [sock], _bounded(timeout))
    return bool(readable), bool(writable or failed)


Readiness: type[PollReadiness | SelectReadiness]
if hasattr(select, "poll"):
    Readiness, wait_for_any_writable, wait_for_either = (
        PollReadiness,
        poll_any_writable,
        poll_either,
    )
else:  # pragma: no cover - the other platforms
    Readiness, wait_for_any_writable, wait_for_either = (
        SelectReadiness,
        select_any_writable,
        select_either,
    )
