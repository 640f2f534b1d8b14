"""What a scripted peer says, step by step, without any waiting: the waiting is in the streams.

A script is a list of steps for `read`. Nothing is guessed: a script that is over, and did not say how, is a mistake of
the test, and reading on raises `ScriptError` instead of hanging.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._network import SOCKET_OPTION

__all__ = ["END", "STALL", "TURN", "Connect", "Delayed", "ScriptError", "Step", "Steps", "TLSFacts"]


class ScriptError(AssertionError):
    """The code under test did what its script has no answer for, or what the contract of a stream forbids."""


class Mark(enum.Enum):
    """The steps that are neither bytes nor errors."""

    END = "END"
    STALL = "STALL"
    TURN = "TURN"

    def __repr__(self) -> str:
        return self.name


#: The peer has ended its side: `b""`, again and again. Whatever follows it is never read.
END: Literal[Mark.END] = Mark.END
#: Nothing comes: wait for the time-out, the cancellation, the closing, or `feed()`, of which each ends one stall.
STALL: Literal[Mark.STALL] = Mark.STALL
#: Nothing comes before the next write: put it between two answers on one connection.
TURN: Literal[Mark.TURN] = Mark.TURN


T_co = TypeVar("T_co", covariant=True)


class Delayed(Generic[T_co]):
    """`Delayed(seconds, step)` comes after so many seconds. A time-out or a cancellation before that starts it anew."""

    __slots__ = ("seconds", "step")

    def __init__(self, seconds: float, step: T_co) -> None:
        self.seconds = seconds
        self.step = step

    def __repr__(self) -> str:
        return f"Delayed({self.seconds!r}, {self.step!r})"


BareStep: TypeAlias = bytes | BaseException | type[BaseException] | Mark
#: One step: bytes to read, an error to raise, `END`, `STALL`, `TURN`, or one of these `Delayed`.
Step: TypeAlias = BareStep | Delayed[BareStep]
#: Several steps, or one.
Steps: TypeAlias = Iterable[Step] | Step


class Connect(NamedTuple):
    """One call of `connect_tcp` (`host` and `port`) or `connect_unix_socket` (`path`) of a scripted backend."""

    host: str | None
    port: int | None
    path: str | None
    timeout: float | None
    local_address: str | None
    socket_options: tuple[SOCKET_OPTION, ...]


class TLSFacts:
    """Stands for the `ssl.SSLObject` of a scripted stream."""

    def __init__(self, alpn: str | None) -> None:
        self._alpn = alpn

    def selected_alpn_protocol(self) -> str | None:
        """The protocol that the handshake agreed on."""
        return self._alpn

    def version(self) -> str:
        """The version of TLS."""
        return "TLSv1.3"


class Script:
    """The steps that are left, and how far the first of them is used up."""

    def __init__(self, steps: Steps, at_end: Mark | None) -> None:
        self._steps: deque[Step] = deque(as_steps(steps))
        self._at_end = at_end
        self._turned = False

    def feed(self, steps: Steps) -> None:
        """Add steps, and take away the first stall that is left, though it may not have been reached."""
        if STALL in self._steps:
            self._steps.remove(STALL)
        self._steps.extend(as_steps(steps))

    def note_write(self) -> None:
        """Something was written: the turn that comes next, if one does, is the peer's."""
        self._turned = True

    def is_readable(self) -> bool:
        """Whether the next read would not have to wait."""
        self._pass_turn()
        head = self._steps[0] if self._steps else self._at_end
        return head is not None and head not in (STALL, TURN) and not isinstance(head, Delayed)

    def take(self, max_bytes: int) -> bytes | None:
        """What a read gives now, `None` when it has to wait. Raises the step's error, or `ScriptError`."""
        self._pass_turn()
        if not self._steps:
            return self._take_at_end()
        head = self._steps[0]
        if head is END:
            return b""
        if isinstance(head, (Mark, Delayed)):
            return None
        self._steps.popleft()
        self._turned = False
        if not isinstance(head, bytes):
            raise head
        if len(head) > max_bytes:
            self._steps.appendleft(head[max_bytes:])
        return head[:max_bytes]

    def delay(self) -> float | None:
        """How many seconds the next step is delayed, `None` when it is not."""
        head = self._steps[0] if self._steps else None
        return head.seconds if isinstance(head, Delayed) else None

    def end_delay(self) -> None:
        """The seconds of a delayed step have passed."""
        delayed = self._steps[0]
        assert isinstance(delayed, Delayed)
        self._steps[0] = delayed.step

    def _pass_turn(self) -> None:
        if self._turned and self._steps and self._steps[0] is TURN:
            self._steps.popleft()
            self._turned = False

    def _take_at_end(self) -> bytes | None:
        if self._at_end is None:
            raise ScriptError(
                "the script is over, but read() was called; end it with END or STALL, or give at_end"
            )
        return b"" if self._at_end is END else None


def as_steps(steps: Steps) -> Iterable[Step]:
    """The steps as an iterable, checked: a wrong one would show up far from where it was written."""
    if isinstance(steps, (bytes, BaseException, type, Mark, Delayed)):
        listed: tuple[Step, ...] = (steps,)
    else:
        listed = tuple(steps)
    for step in listed:
        bare = step.step if isinstance(step, Delayed) else step
        is_error = isinstance(bare, type) and issubclass(bare, BaseException)
        if not is_error and not isinstance(bare, (bytes, BaseException, Mark)):
            raise TypeError(
                f"a step must be bytes, an exception, END, STALL, TURN or Delayed, but got {step!r}"
            )
        if bare == b"":
            raise ValueError("a step of no bytes would look like the end; use END")
    return listed


class Operations:
    """Counts what is done with a stream, from 1, and knows at which count to fail or to interrupt."""

    def __init__(
        self,
        fail_at: int | None,
        error: BaseException | type[BaseException] | None,
        interrupt_at: int | None,
        interrupt: Callable[[], object] | None,
    ) -> None:
        self.log: list[tuple[str, float | None]] = []
        self._fail_at = fail_at
        self._error = error
        self._interrupt_at = interrupt_at
        self._interrupt = interrupt

    def count(self, name: str, timeout: float | None) -> int:
        """Note an operation and return its number."""
        self.log.append((name, timeout))
        return len(self.log)

    def fail(self, number: int, usual: type[BaseException]) -> None:
        """Raise, if this is the operation to fail."""
        if number == self._fail_at:
            if self._error is not None:
                raise self._error
            raise usual(f"the script says: fail at operation {number}")

    def interrupts(self, number: int) -> bool:
        """Call `interrupt`, if this is the operation to interrupt, and return whether it is."""
        if number != self._interrupt_at:
            return False
        if self._interrupt is not None:
            self._interrupt()
        return True
