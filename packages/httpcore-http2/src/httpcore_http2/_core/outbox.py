"""The bytes that wait to be written, and whose turn it is to write them.

What HPACK has encoded must reach the server, all of it and in order, whatever becomes of the request it was encoded
for: a block that is lost leaves the two tables different, and every later request garbled. So the bytes belong to the
connection. Writers come and go; one that is cancelled or runs out of time leaves the rest to the next.

Positions count bytes since the connection's first. Who wants something on the wire remembers the position behind it.
"""

from __future__ import annotations

from typing import Protocol

__all__ = ["Outbox", "Unparkable"]


class Unparkable(Protocol):
    """What one can wait with; see `httpcore_interfaces.Parker`."""

    def unpark(self) -> None:
        """Wake whoever is parked."""


class Outbox:
    """A queue of bytes with at most one writer."""

    __slots__ = ("_in_flight", "_parked", "_pieces", "has_writer", "is_closed", "queued", "written")

    def __init__(self) -> None:
        self._pieces: list[bytes | memoryview] = []
        self._in_flight = b""
        self._parked: dict[Unparkable, int] = {}
        self.has_writer = False
        self.is_closed = False
        self.queued = 0
        self.written = 0

    def put(self, data: bytes | memoryview) -> None:
        """Queue bytes, or a view on bytes; when closed, forget them."""
        if self.is_closed:
            return
        self._pieces.append(data)
        self.queued += len(data)

    def begin(self, mark: int, parker: Unparkable | None) -> bytes | None:
        """Ask for the turn, in order to have everything before `mark` written.

        Returns the bytes to write, after which `end` must be called; `b""` when there is nothing to do; `None` when
        another is writing, with `parker` now in line to be unparked.
        """
        if self.is_closed:
            return b""
        if self.has_writer:
            if self.written >= mark:
                return b""
            if parker is not None:
                self._parked[parker] = mark
            return None
        if self.written == self.queued:
            return b""
        self.has_writer = True
        return self._take()

    def end(self, written: int, mark: int) -> bytes:
        """Say how many of the bytes are written, all of them; returns more to write, or `b""` when the turn is over.

        The turn passes to the next in line once `mark` is reached. With nobody there, the writer goes on.
        """
        if self.is_closed:
            return b""
        self.written += written
        self._in_flight = b""
        if self._parked:
            self._wake_satisfied()
        if self.written == self.queued or (self.written >= mark and self._parked):
            self.has_writer = False
            self._wake_next()
            return b""
        return self._take()

    def interrupt(self, written: int) -> None:
        """Give the turn back after a write that was cut short, of whose bytes the first `written` are on their way."""
        if self.is_closed:
            return
        self.written += written
        self._in_flight = self._in_flight[written:]
        self.has_writer = False
        self._wake_satisfied()
        self._wake_next()

    def leave(self, parker: Unparkable) -> None:
        """Stand in line no more; a turn that was just offered goes to the next."""
        self._parked.pop(parker, None)
        if not self.has_writer:
            self._wake_next()

    def close(self) -> None:
        """Nothing can be written any more: forget the bytes and wake everybody. `written` stays what it was."""
        self.is_closed = True
        self.has_writer = False
        self._pieces.clear()
        self._in_flight = b""
        for parker in self._parked:
            parker.unpark()
        self._parked.clear()

    def _take(self) -> bytes:
        pieces = self._pieces
        if self._in_flight:
            pieces.insert(0, self._in_flight)
        first = pieces[0]
        self._in_flight = data = (
            first if len(pieces) == 1 and type(first) is bytes else b"".join(pieces)
        )
        pieces.clear()
        return data

    def _wake_satisfied(self) -> None:
        written = self.written
        for parker in [parker for parker, mark in self._parked.items() if mark <= written]:
            del self._parked[parker]
            parker.unpark()

    def _wake_next(self) -> None:
        for parker in self._parked:
            del self._parked[parker]
            parker.unpark()
            return
