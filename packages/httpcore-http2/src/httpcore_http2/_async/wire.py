"""The waiting: one reader and one writer at a time, and nobody's in particular.

Requests share the connection, so whoever waits for a response reads for all, and whoever has something to send writes
what all have queued. Nobody keeps such a turn when it has what it came for, when its time is up, or when it is
cancelled; the engine then offers it to the next.
"""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from httpcore_interfaces import (
    AsyncParker,
    HTTPCoreError,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)

from .._core.failures import Failure
from .._core.states import ConnectionState
from .._core.streams import Wanted
from .._core.turns import Turn

if TYPE_CHECKING:
    from httpcore_interfaces import AsyncNetworkStream

    from .._core.streams import Stream
    from .._engines import AsyncEngine

__all__ = ["AsyncWire"]

# A little more than what TLS asks for at most: of the ciphertext before, a part may be left, and all should come at once.
READ_SIZE = 124 * 1024

# Reads of what is there already, before going on with one's own.
_ABSORBED_READS = 16

# During an upload the server is listened to after so much was sent, or so many seconds.
_LOOK_AFTER_BYTES = 256 * 1024
_LOOK_AFTER_SECONDS = 0.02

# Seconds to look for answers after writing has failed: they came before, or not at all.
_SALVAGE = 1.0

# Seconds for what is said in parting, to a server that may not listen any more.
_PARTING = 1.0


# By names of their own: in Python 3.11 it takes ten times as long to find a member of an enumeration in its class.
_CLOSED = ConnectionState.CLOSED
_READY = Turn.READY
_READ = Turn.READ
_PARK = Turn.PARK


class AsyncWire:
    """A network stream and the engine that understands it."""

    __slots__ = (
        "_asked_at",
        "_base",
        "_engine",
        "_heard_at",
        "_is_closed",
        "_is_pinged",
        "_looked_at",
        "_ping_interval",
        "_ping_timeout",
        "_reads",
        "_unlooked",
        "network",
    )

    def __init__(
        self,
        network: AsyncNetworkStream,
        engine: AsyncEngine,
        ping_interval: float | None,
        ping_timeout: float,
    ) -> None:
        self.network = network
        self._engine = engine
        self._is_closed = False
        # What the stream had written before it was ours; None when it does not count.
        self._base: int | None = network.get_extra_info("bytes_written")
        self._ping_interval = ping_interval
        self._ping_timeout = ping_timeout
        self._is_pinged = False
        self._heard_at = 0.0
        self._reads = 0
        # What was sent in parts since the server was last heard or listened to, and when somebody last listened.
        self._unlooked = 0
        self._looked_at = 0.0
        # Since when an answer to the question after a time-out is missing.
        self._asked_at: float | None = None

    @property
    def can_be_interrupted(self) -> bool:
        """Whether a write that is cut short can be taken up by another."""
        return self._base is not None

    async def flush(self, mark: int, timeout: float | None) -> None:
        """Have everything before position `mark` written, and whatever else waits.

        `timeout`: seconds. Raises `WriteTimeout`. A connection that can only be read any more is not an error here: the
        answer may be on its way already.
        """
        data = self._engine.begin_write(mark, None)
        if data is None:
            data = await self._line_up(mark, timeout)
        while data:
            try:
                await self.network.write(data, timeout)
            except WriteError as error:
                self._engine.lose_writing(Failure(type(error), error.message, error))
                return
            except BaseException:
                self._write_was_interrupted()
                raise
            data = self._engine.end_write(len(data), mark)

    async def flush_quietly(self) -> None:
        """Write what waits, if nobody is writing; a server that does not take it is no matter."""
        with suppress(HTTPCoreError):
            await self.flush(0, _PARTING)

    async def wait(
        self, stream: Stream, wanted: Wanted, timeout: float | None, write_timeout: float | None
    ) -> None:
        """Wait until something is there for this stream, reading for all where nobody else does.

        `timeout`: seconds for all of it. `write_timeout`: seconds for what has to be written in between. Raises
        `ReadTimeout`, or `WriteTimeout` when what is waited for is the window.
        """
        engine = self._engine
        turn = engine.wait(stream, wanted, None)
        if turn == _READY:
            return
        start = monotonic()
        reads = self._reads
        deadline = None if timeout is None else start + timeout
        while turn != _READY:
            if turn == _READ:
                in_time = await self._read(stream, wanted, deadline, write_timeout)
                if in_time is None:
                    return
            else:
                parker = AsyncParker()
                turn = engine.wait(stream, wanted, parker)
                if turn != _PARK:
                    # Between the two questions the turn became free, and is ours now, or there is no need of it.
                    continue
                in_time = await self._park(stream, parker, deadline)
            if not in_time:
                if reads == self._reads:
                    self._ask()
                raise _timed_out(wanted, timeout, monotonic() - start)
            turn = engine.wait(stream, wanted, None)

    def judge(self) -> None:
        """Give the connection up if the question after a time-out was not answered, before a request is put on it.

        A connection that nobody uses is given up at once, for another costs less than a request that fails.
        """
        asked_at = self._asked_at
        if asked_at is None:
            return
        silence = monotonic() - asked_at
        if self._engine.state == ConnectionState.IDLE or silence > self._ping_timeout:
            sentence = f"the server has said nothing after a time-out, nor answered a PING for {silence:.3g} s"
            self._engine.lose(Failure(ReadError, sentence))

    async def look(self, sent: int) -> None:
        """Between two parts of an upload, see what the server says: no more of it, perhaps.

        Looking costs as much as sending a part, so not everybody looks who has just sent `sent` bytes.
        """
        now = monotonic()
        self._unlooked += sent
        looked_at = max(self._looked_at, self._heard_at)
        if self._unlooked >= _LOOK_AFTER_BYTES or now - looked_at >= _LOOK_AFTER_SECONDS:
            self._unlooked = 0
            self._looked_at = now
            await self.absorb()

    async def absorb(self) -> None:
        """Take in what the server has sent while nobody was waiting; do not wait for more."""
        engine = self._engine
        for _ in range(_ABSORBED_READS):
            # The turn comes first: over TLS, to ask is to decrypt, which must not happen behind a reader's back.
            if not engine.begin_reading():
                return
            if not self.network.get_extra_info("is_readable"):
                engine.stop_reading()
                return
            try:
                data = await self.network.read(READ_SIZE, 0.0)
            except ReadTimeout:
                engine.stop_reading()
                return
            except HTTPCoreError as error:
                engine.lose(Failure(type(error), error.message, error))
                engine.stop_reading()
                return
            except BaseException:
                engine.stop_reading()
                raise
            now = self._hear()
            engine.receive(data, now, None, Wanted.HEAD)
            if engine.state == _CLOSED:
                return

    async def aclose(self) -> None:
        """Say what is still to be said, and close the network stream. Calling it again does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        try:
            data = self._engine.begin_write(0, None)
            if data:
                await self.network.write(data, _PARTING)
        except HTTPCoreError:
            pass
        finally:
            self._engine.shut()
            await self.network.aclose()

    async def _read(
        self,
        stream: Stream,
        wanted: Wanted,
        deadline: float | None,
        write_timeout: float | None,
    ) -> bool | None:
        """Read for all; returns `None` when what is wanted has come, and else whether there is time left."""
        engine = self._engine
        is_over = False
        self._heard_at = monotonic()
        try:
            while not is_over and engine.state != _CLOSED:
                limit, is_mine = self._patience(deadline)
                try:
                    data = await self.network.read(READ_SIZE, limit)
                except ReadTimeout:
                    if is_mine:
                        return False
                    await self._examine(write_timeout)
                    continue
                except HTTPCoreError as error:
                    engine.lose(Failure(type(error), error.message, error))
                    return True
                now = self._hear()
                is_over = engine.receive(data, now, stream, wanted)
                # Acknowledgements; they need not wait for a writer to come by.
                if engine.outbox.queued != engine.outbox.written:
                    await self.flush(0, write_timeout)
        finally:
            if not is_over:
                engine.stop_reading()
        return None if is_over else True

    def _hear(self) -> float:
        """Something has come, so the server is alive; returns the time."""
        self._heard_at = now = monotonic()
        self._unlooked = 0
        self._reads += 1
        self._is_pinged = False
        self._asked_at = None
        return now

    def _ask(self) -> None:
        """Nothing came before a time was up, for anybody: the question goes out with what ends the request."""
        if self._asked_at is None and self._ping_interval is not None:
            self._asked_at = monotonic()
            self._engine.ping()

    def _patience(self, deadline: float | None) -> tuple[float | None, bool]:
        """How long the next read may take, and whether it is the reader's own time that is up then."""
        now = monotonic()
        if self._engine.outbox.is_closed:
            examination = now + _SALVAGE
        elif self._is_pinged:
            examination = self._heard_at + self._ping_timeout
        elif self._ping_interval is not None:
            examination = self._heard_at + self._ping_interval
        else:
            return _left(deadline), True
        if deadline is not None and deadline <= examination:
            return max(0.0, deadline - now), True
        return max(0.0, examination - now), False

    async def _examine(self, write_timeout: float | None) -> None:
        """The server has been silent for long: ask whether it is there, or give it up if it was asked already."""
        engine = self._engine
        if engine.outbox.is_closed:
            assert engine.failure is not None
            engine.lose(engine.failure)
        elif self._is_pinged:
            sentence = f"the server has not answered a PING for {self._ping_timeout:.3g} s"
            engine.lose(Failure(ReadError, sentence))
        else:
            self._is_pinged = True
            self._heard_at = monotonic()
            engine.ping()
            await self.flush(0, write_timeout)

    async def _park(self, stream: Stream, parker: AsyncParker, deadline: float | None) -> bool:
        """Let another read; returns whether it is time to ask again."""
        told = False
        try:
            told = await parker.park(_left(deadline))
        finally:
            if not told:
                self._engine.leave(stream, parker)
        return told

    async def _line_up(self, mark: int, timeout: float | None) -> bytes:
        """Wait while another writes; returns what is left to write."""
        start = monotonic()
        deadline = None if timeout is None else start + timeout
        while True:
            parker = AsyncParker()
            data = self._engine.begin_write(mark, parker)
            if data is not None:
                return data
            told = False
            try:
                told = await parker.park(_left(deadline))
            finally:
                if not told:
                    self._engine.leave_write(parker)
            if not told:
                raise _timed_out(Wanted.WINDOW, timeout, monotonic() - start)

    def _write_was_interrupted(self) -> None:
        """Keep the rest for the next writer where the stream knows what it has taken; else nothing can be saved."""
        if self._base is None:
            sentence = "a write was cut short, and the network stream cannot tell where"
            self._engine.lose(Failure(WriteError, sentence))
            self._engine.shut()
        else:
            counted = self.network.get_extra_info("bytes_written") - self._base
            self._engine.interrupt_write(counted - self._engine.outbox.written)


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - monotonic())


def _timed_out(wanted: Wanted, limit: float | None, elapsed: float) -> ReadTimeout | WriteTimeout:
    if wanted == Wanted.WINDOW:
        return WriteTimeout(
            f"write timeout: the server took no more of this request for {elapsed:.3g} s",
            limit=limit or 0.0,
            elapsed=elapsed,
        )
    return ReadTimeout(
        f"read timeout: the server sent nothing for this request for {elapsed:.3g} s",
        limit=limit or 0.0,
        elapsed=elapsed,
    )
