"""Network streams and backends that follow a script, for tests of what is built on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._async.network import AsyncNetworkBackend, AsyncNetworkStream
from ..._exceptions import (
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)
from ..._parking import AsyncParker
from .._script import (
    STALL,
    Connect,
    Delayed,
    Mark,
    Operations,
    Script,
    ScriptError,
    Steps,
    TLSFacts,
    as_steps,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, TypeAlias

    from ..._network import SOCKET_OPTION

    Outcome: TypeAlias = "AsyncScriptedStream | Steps | Delayed[AsyncScriptedStream | Steps]"

__all__ = ["AsyncScriptedBackend", "AsyncScriptedStream"]


class AsyncScriptedStream(AsyncNetworkStream):
    r"""A network stream whose peer follows a script, and that remembers what was done with it.

    `AsyncScriptedStream([b"HTTP/1.1 200 OK\r\n", b"Content-Length: 0\r\n\r\n", TURN, b"...", END])`

    - `script`: what reads give: bytes (no more than `max_bytes` at a time), an exception to raise, `END`, `STALL`,
      `TURN`, or one of them `Delayed`.
    - `at_end`: what comes after the last step: `END`, `STALL`, or `None`, which makes reading on a `ScriptError`.
    - `write_steps`: one for each write: `None` to take it, an exception to raise, `STALL`. Then all are taken.
    - `on_write`: called with the bytes of every write; the steps it returns, if any, are fed. It can be a server.
    - `tls`: what `start_tls` gives: another scripted stream, an exception to raise, `STALL`, or `None` for this stream.
    - `alpn`: what the `ssl_object` says after `start_tls`; with `encrypted=True` it is there from the beginning.
    - `extra_info`: more answers for `get_extra_info`, before all others.
    - `fail_at`: the number of the operation (`read`, `write`, `start_tls`, `aclose`; the first is 1) that fails, with
      `error`, or with `ReadError`, `WriteError` or `ConnectError` when that is `None`. `aclose` counts but never fails.
    - `interrupt_at`: the number of the operation that calls `interrupt()`, which may cancel the task or raise, and then
      waits to be cancelled, or for `aclose`. Where nothing can be cancelled, let `interrupt` raise.
    - `suspend`: whether each operation lets other tasks run once before it does anything.

    Two reads at once, or two writes, raise `ScriptError`.

    - `operations`: what was called, as pairs of name and time-out.
    - `writes`, `written`: what was written, in pieces and as a whole.
    - `closes`: how often `aclose` was called.
    - `handshakes`: pairs of SSL context and server name.
    """

    def __init__(
        self,
        script: Steps = (),
        *,
        at_end: Mark | None = None,
        write_steps: Iterable[BaseException | type[BaseException] | Mark | None] = (),
        on_write: Callable[[bytes], Steps | None] | None = None,
        tls: AsyncScriptedStream | BaseException | type[BaseException] | Mark | None = None,
        alpn: str | None = None,
        encrypted: bool = False,
        extra_info: Mapping[str, Any] | None = None,
        fail_at: int | None = None,
        error: BaseException | type[BaseException] | None = None,
        interrupt_at: int | None = None,
        interrupt: Callable[[], object] | None = None,
        suspend: bool = True,
    ) -> None:
        self._script = Script(script, at_end)
        self._write_steps = iter(tuple(write_steps))
        self._on_write = on_write
        self._tls = tls
        self._alpn = alpn
        self._encrypted = encrypted
        self._extra_info = dict(extra_info or {})
        self._suspend = suspend
        self._operations = Operations(fail_at, error, interrupt_at, interrupt)
        self._reader: AsyncParker | None = None
        self._writer: AsyncParker | None = None
        self._stuck: list[AsyncParker] = []
        self.writes: list[bytes] = []
        self.closes = 0
        self.handshakes: list[tuple[ssl.SSLContext, str | None]] = []

    @property
    def operations(self) -> list[tuple[str, float | None]]:
        """What was called so far, each with its time-out; `aclose` has `None`."""
        return self._operations.log

    @property
    def written(self) -> bytes:
        """All that was written."""
        return b"".join(self.writes)

    @property
    def is_closed(self) -> bool:
        """Whether `aclose` was called."""
        return self.closes > 0

    def feed(self, steps: Steps = ()) -> None:
        """Add steps to the end of the script, take the first `STALL` out of it, and wake a read that waits."""
        self._script.feed(steps)
        _wake(self._reader)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What the script says. Raises `ReadTimeout`, `ReadError` after closing, and the script's own errors."""
        if self._reader is not None:
            raise ScriptError("two reads at once on one stream")
        self._reader = AsyncParker()
        try:
            await self._begin("read", timeout, ReadError)
            while True:
                # The parker comes before the look at the script: what is fed in between must not be missed.
                self._reader = AsyncParker()
                if self.closes:
                    raise ReadError("the scripted stream was closed")
                data = self._script.take(max_bytes)
                if data is not None:
                    return data
                await self._wait_for_step(self._reader, timeout)
        finally:
            self._reader = None

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Remember `buffer`. Raises what `write_steps` says, `WriteError` after closing."""
        if self._writer is not None:
            raise ScriptError("two writes at once on one stream")
        self._writer = AsyncParker()
        try:
            await self._begin("write", timeout, WriteError)
            step = next(self._write_steps, None)
            if step is STALL and not self.closes and not await self._writer.park(timeout):
                raise WriteTimeout("the script stalls", limit=timeout or 0.0)
            if self.closes:
                raise WriteError("the scripted stream was closed")
            if step is not None and not isinstance(step, Mark):
                raise step
        finally:
            self._writer = None
        if buffer:
            self._take_write(bytes(buffer))

    async def aclose(self) -> None:
        """Close, and end a read or write that is under way with an error."""
        number = self._operations.count("aclose", None)
        self.closes += 1
        _wake(self._reader)
        _wake(self._writer)
        stuck, self._stuck = self._stuck, []
        for parker in stuck:
            parker.unpark()
        if self._operations.interrupts(number):
            await self._be_stuck(None)
        if self._suspend:
            await AsyncParker().park(0)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        """Make a handshake in name only. Whatever goes wrong closes the stream, as the contract says."""
        try:
            await self._begin("start_tls", timeout, ConnectError)
            self.handshakes.append((ssl_context, server_hostname))
            if self._tls is STALL and not self.closes and not await self._be_stuck(timeout):
                raise ConnectTimeout("the script stalls", limit=timeout or 0.0)
            if self.closes:
                raise ConnectError("the scripted stream was closed")
            if isinstance(self._tls, (type, BaseException)):
                raise self._tls
        except BaseException:
            self.closes += 1
            raise
        if isinstance(self._tls, AsyncScriptedStream):
            return self._tls
        self._encrypted = True
        return self

    def get_extra_info(self, info: str) -> Any:
        """`extra_info`, then `ssl_object` and `is_readable` as the script has them."""
        if info in self._extra_info:
            return self._extra_info[info]
        if info == "ssl_object":
            return TLSFacts(self._alpn) if self._encrypted else None
        if info == "is_readable":
            return self.closes > 0 or self._script.is_readable()
        return None

    def __repr__(self) -> str:
        state = "closed" if self.closes else "open"
        return f"<{type(self).__name__} [{state}, {len(self.operations)} operations]>"

    async def _begin(self, name: str, timeout: float | None, usual: type[BaseException]) -> None:
        number = self._operations.count(name, timeout)
        if self._operations.interrupts(number):
            await self._be_stuck(None)
        if self._suspend:
            await AsyncParker().park(0)
        self._operations.fail(number, usual)

    async def _be_stuck(self, timeout: float | None) -> bool:
        """Wait for the next `aclose`; return whether it came in time."""
        parker = AsyncParker()
        self._stuck.append(parker)
        return await parker.park(timeout)

    async def _wait_for_step(self, parker: AsyncParker, timeout: float | None) -> None:
        delay = self._script.delay()
        if delay is not None and (timeout is None or delay <= timeout):
            if not await parker.park(delay):
                self._script.end_delay()
        elif not await parker.park(timeout):
            raise ReadTimeout("the script stalls", limit=timeout or 0.0)

    def _take_write(self, buffer: bytes) -> None:
        self.writes.append(buffer)
        self._script.note_write()
        answer = None if self._on_write is None else self._on_write(buffer)
        if answer is not None:
            self._script.feed(answer)
        _wake(self._reader)


class AsyncScriptedBackend(AsyncNetworkBackend):
    r"""A network whose every connection follows a script.

    `AsyncScriptedBackend([[b"HTTP/1.1 200 OK\r\n..."], ConnectError("refused"), STALL, Delayed(0.1, ...)])`

    `outcomes`: one for each connect, in order: a stream, the script of one, an exception to raise, or `STALL`, which waits
    for the time-out; any of them may be `Delayed`. Or a function that is given the `Connect` and returns such an outcome. A connect that has no outcome left raises `ScriptError`. `suspend`: as for the streams.

    - `connects`: a `Connect` for each call.
    - `streams`: the streams that were given out.
    - `sleeps`: the seconds of each `sleep`, which returns at once.
    """

    def __init__(
        self,
        outcomes: Iterable[Outcome] | Callable[[Connect], Outcome] = (),
        *,
        suspend: bool = True,
    ) -> None:
        if callable(outcomes):
            self._outcome_of = outcomes
        else:
            self._outcome_of = _in_order(outcomes)
        self._suspend = suspend
        self.connects: list[Connect] = []
        self.streams: list[AsyncScriptedStream] = []
        self.sleeps: list[float] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """The next outcome. Raises it when it is an exception, `ConnectTimeout` when it takes too long."""
        options = tuple(socket_options or ())
        return await self._connect(Connect(host, port, None, timeout, local_address, options))

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """As `connect_tcp`."""
        options = tuple(socket_options or ())
        return await self._connect(Connect(None, None, path, timeout, None, options))

    async def sleep(self, seconds: float) -> None:
        """Remember the wish and return."""
        self.sleeps.append(seconds)
        if self._suspend:
            await AsyncParker().park(0)

    async def _connect(self, connect: Connect) -> AsyncNetworkStream:
        self.connects.append(connect)
        outcome = self._outcome_of(connect)
        if self._suspend:
            await AsyncParker().park(0)
        if isinstance(outcome, Delayed):
            limit = connect.timeout
            late = limit is not None and outcome.seconds > limit
            await AsyncParker().park(limit if late else outcome.seconds)
            outcome = STALL if late else outcome.step
        if outcome is STALL:
            await AsyncParker().park(connect.timeout)
            raise ConnectTimeout("the script stalls", limit=connect.timeout or 0.0)
        if isinstance(outcome, (type, BaseException)):
            raise outcome
        stream = (
            outcome
            if isinstance(outcome, AsyncScriptedStream)
            else AsyncScriptedStream(as_steps(outcome), suspend=self._suspend)
        )
        self.streams.append(stream)
        return stream


def _in_order(outcomes: Iterable[Outcome]) -> Callable[[Connect], Outcome]:
    left = iter(tuple(outcomes))

    def outcome_of(connect: Connect) -> Outcome:
        try:
            return next(left)
        except StopIteration:
            raise ScriptError(f"no outcome is left for {connect}") from None

    return outcome_of


def _wake(parker: AsyncParker | None) -> None:
    if parker is not None:
        parker.unpark()
