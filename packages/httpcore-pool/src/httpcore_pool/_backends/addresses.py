"""Which address is tried when (RFC 8305, Happy Eyeballs): plain values, no socket and no clock.

A name often has addresses of both families, and one family is often broken in a way that answers nothing. So the
families take turns, and the next address is tried a quarter of a second after the last one, or at once when one
fails. An attempt that is under way is never cut short for that: a slow path may be the only one.
"""

from __future__ import annotations

import socket
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Address", "Schedule", "addresses_from", "interleaved", "numeric_addresses"]

_NUMERIC = int(socket.AI_NUMERICHOST | socket.AI_NUMERICSERV)

#: Seconds between the beginnings of two attempts (RFC 8305 section 5).
ATTEMPT_DELAY = 0.25


class Address(NamedTuple):
    """Where to connect to: a socket address and its family, such as `socket.AF_INET6`."""

    family: int
    sockaddr: tuple[str, int] | tuple[str, int, int, int] | str

    def __str__(self) -> str:
        if isinstance(self.sockaddr, str):
            # The name of an abstract socket begins with NUL; the usual way to write that is "@".
            return "@" + self.sockaddr[1:] if self.sockaddr[:1] == "\0" else self.sockaddr
        host, port = self.sockaddr[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def addresses_from(infos: Iterable[tuple[object, ...]]) -> list[Address]:
    """What `socket.getaddrinfo` returned, as addresses in the order in which to try them."""
    found = (Address(info[0], info[4]) for info in infos)  # type: ignore[arg-type]  # getaddrinfo's union
    return interleaved(list(dict.fromkeys(found)))


def interleaved(addresses: Sequence[Address]) -> list[Address]:
    """The addresses with the families taking turns, each in its own order (RFC 8305 section 4)."""
    queues: dict[int, deque[Address]] = {}
    for address in addresses:
        queues.setdefault(address.family, deque()).append(address)
    ordered: list[Address] = []
    while queues:
        for family in list(queues):
            ordered.append(queues[family].popleft())
            if not queues[family]:
                del queues[family]
    return ordered


def numeric_addresses(host: str, port: int) -> list[Address]:
    """The address that `host` spells out, an empty list when it is a name. Asks no name server.

    Raises `OSError` for what looks like an address and is none.
    """
    # No top-level domain ends in a digit (RFC 3696 section 2), so a name is told from an address by its last character.
    if ":" not in host and not host[-1:].isdigit():
        return []
    with suppress(OSError, ValueError):
        # The usual ways to write an address, without what `getaddrinfo` costs.
        if ":" not in host:
            socket.inet_pton(socket.AF_INET, host)
            return [Address(socket.AF_INET, (host, port))]
        packed = socket.inet_pton(socket.AF_INET6, host)
        text = socket.inet_ntop(socket.AF_INET6, packed)
        return [Address(socket.AF_INET6, (text, port, 0, 0))]
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=_NUMERIC)
    except socket.gaierror:
        if ":" in host:
            raise
        return []  # a name of a local network may be "node7"
    return addresses_from(infos)


class Schedule:
    """When to begin which attempt; times are seconds on any clock that does not jump."""

    __slots__ = ("_delay", "_due", "_waiting")

    def __init__(self, addresses: Iterable[Address], delay: float = ATTEMPT_DELAY) -> None:
        self._waiting = deque(addresses)
        self._due: float | None = None
        self._delay = delay

    @property
    def waiting(self) -> list[Address]:
        """The addresses whose turn has not come yet."""
        return list(self._waiting)

    def next(self, now: float) -> Address | None:
        """Take the address whose turn has come; `None` while there is none."""
        if not self._waiting or (self._due is not None and now < self._due):
            return None
        self._due = now + self._delay
        return self._waiting.popleft()

    def failed(self) -> None:
        """An attempt failed: the next one need not wait."""
        self._due = None

    def again(self, address: Address, due: float) -> None:
        """Try an address once more, not before `due`."""
        self._waiting.appendleft(address)
        self._due = due

    def pause(self, now: float) -> float | None:
        """Seconds until the next attempt; `None` when no address is left."""
        if not self._waiting:
            return None
        return 0.0 if self._due is None else max(0.0, self._due - now)
