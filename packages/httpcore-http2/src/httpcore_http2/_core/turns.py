"""Who reads, and who waits for it.

Requests share one connection, so one reads for all: whoever asks while nobody is reading. The others park. A reader
that has what it wanted, or may not wait any longer, gives the turn back, and it is offered to the one that has been
parked longest. An offer binds nobody: who is woken asks again, and may find that the turn is taken, or that what it
wanted has come; then the offer goes on.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .outbox import Unparkable
    from .streams import Stream, Wanted

__all__ = ["Turn", "Turns"]


class Turn(IntEnum):
    """The answer to who wants to wait."""

    READY = auto()  # no need to
    READ = auto()  # nobody reads: read, for all
    PARK = auto()  # another reads: park


class Turns:
    """At most one reader, and a line of those who wait, longest first."""

    __slots__ = ("_has_reader", "_line")

    def __init__(self) -> None:
        self._has_reader = False
        self._line: dict[Unparkable, Stream] = {}

    def take(self) -> bool:
        """Take the turn if it is free; returns whether it was."""
        if self._has_reader:
            return False
        self._has_reader = True
        return True

    def give_back(self) -> None:
        """The reader reads no more."""
        self._has_reader = False
        self.offer()

    def offer(self) -> None:
        """With nobody reading, wake the one that has been parked longest."""
        if not self._has_reader:
            for parker, stream in self._line.items():
                self.unpark(stream, parker)
                return

    def park(self, stream: Stream, wanted: Wanted, parker: Unparkable) -> None:
        """Stand in line."""
        self._line[parker] = stream
        stream.parked[parker] = wanted

    def unpark(self, stream: Stream, parker: Unparkable) -> None:
        """Leave the line, woken."""
        del self._line[parker]
        del stream.parked[parker]
        parker.unpark()

    def leave(self, stream: Stream, parker: Unparkable) -> None:
        """Leave the line by oneself. An offer that came at the same moment goes on."""
        self._line.pop(parker, None)
        stream.parked.pop(parker, None)
        self.offer()
