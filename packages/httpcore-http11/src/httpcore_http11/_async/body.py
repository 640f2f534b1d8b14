"""The body of a response: what reads it from the connection, piece by piece as it arrives.

An object and not a generator: a generator that is not read to its end is torn down by whoever finds it, in another
task, when it is too late to close a connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import AsyncByteStream, StreamClosed, StreamConsumed

from .._core.states import END_KEEP, END_LAST, RECEIVING

if TYPE_CHECKING:
    from typing import Any

    from httpcore_interfaces import AsyncTrace, Request, Timeouts

    from .connection import AsyncHTTP11Connection

__all__ = ["AsyncResponseBody", "AsyncTracedResponseBody"]

# `_WAITING` is `_READING` while the next piece has not arrived.
_UNREAD, _READING, _WAITING, _ENDED, _CLOSED = range(5)


class AsyncResponseBody(AsyncByteStream):
    """The body of one response. Iterate once; each piece is all that had arrived.

    Raises what `AsyncHTTP11Connection.exchange` raises for a body that does not arrive whole, `StreamConsumed` when
    iterated again or while another reads, which harms nobody, and `StreamClosed` when read after `aclose()`. Reading to
    the end, an error, and `aclose()` free the connection; cancellation while reading, and `aclose()` while another
    reads, close it.
    """

    __slots__ = ("_connection", "_extensions", "_state", "_timeouts")

    def __init__(
        self, connection: AsyncHTTP11Connection, timeouts: Timeouts, extensions: dict[str, Any]
    ) -> None:
        self._connection = connection
        self._timeouts = timeouts
        self._extensions = extensions
        self._state = _UNREAD

    def __aiter__(self) -> AsyncResponseBody:
        if self._state > _READING:
            raise StreamClosed if self._state == _CLOSED else StreamConsumed
        self._state = _READING
        return self

    async def __anext__(self) -> bytes:
        if self._state != _READING:
            self._check_state()
        connection = self._connection
        codec = connection._codec
        try:
            chunk = codec.next_chunk()
            while chunk is None:
                self._state = _WAITING
                await connection._receive(self._timeouts, self._extensions)
                if self._state == _WAITING:
                    self._state = _READING
                chunk = codec.next_chunk()
        except BaseException as error:
            self._state = _CLOSED
            await self._fail(error)
            raise
        if chunk:
            return chunk
        # After CONNECT and Upgrade the stream is the caller's until it is closed.
        if not codec.switched:
            self._state = _ENDED
            if codec.trailers:
                self._extensions["trailers"] = codec.trailers
            left = connection._complete()
            if left:
                await connection._aclose_ended(left)
        raise StopAsyncIteration

    async def aread_whole(self) -> bytes:
        if self._state == _UNREAD:
            connection = self._connection
            codec = connection._codec
            # Most bodies are small and have come with their head.
            whole = codec.take_whole()
            if whole is not None:
                self._state = _ENDED
                left = connection._ended(END_KEEP if connection._state is RECEIVING else END_LAST)
                if left:
                    await connection._aclose_ended(left)
                return whole
        return await super().aread_whole()

    async def aclose(self) -> None:
        """Give up the rest: the connection is kept if that is here already and short, and else closed."""
        state, self._state = self._state, _CLOSED
        if state < _ENDED:
            await self._abandon(may_drain=state != _WAITING)

    def __del__(self) -> None:
        if self._state < _ENDED:
            self._connection._dropped(self)

    async def _abandon(self, may_drain: bool) -> None:
        await self._connection._abandon(may_drain, None)

    async def _fail(self, error: BaseException) -> None:
        await self._connection._fail(error, self._timeouts, None)

    def _check_state(self) -> None:
        if self._state == _CLOSED:
            raise StreamClosed
        if self._state == _ENDED:
            raise StopAsyncIteration
        if self._state == _WAITING:
            raise StreamConsumed(
                "the body is being read by another; only one can read it at a time"
            )
        self._state = _READING


class AsyncTracedResponseBody(AsyncResponseBody):
    """The same body, for a request whose steps are told to somebody."""

    __slots__ = ("_begun", "_request", "_trace")

    def __init__(
        self,
        connection: AsyncHTTP11Connection,
        timeouts: Timeouts,
        extensions: dict[str, Any],
        request: Request,
        trace: AsyncTrace,
    ) -> None:
        super().__init__(connection, timeouts, extensions)
        self._request = request
        self._trace = trace
        self._begun = False

    async def __anext__(self) -> bytes:
        if self._state == _ENDED:
            raise StopAsyncIteration
        if not self._begun and self._state == _READING:
            self._begun = True
            try:
                await self._trace.event("receive_response_body.started", {"request": self._request})
            except BaseException as error:
                self._state = _CLOSED
                await self._connection._fail(error, self._timeouts, self._trace)
                raise
        try:
            return await super().__anext__()
        finally:
            if self._state == _ENDED:
                await self._tell_the_end()

    async def aread_whole(self) -> bytes:
        return await AsyncByteStream.aread_whole(self)

    async def _tell_the_end(self) -> None:
        nothing = {"return_value": None}
        await self._trace.event("receive_response_body.complete", nothing)
        await self._trace.event("response_closed.started", {})
        await self._trace.event("response_closed.complete", nothing)

    async def _abandon(self, may_drain: bool) -> None:
        await self._connection._abandon(may_drain, self._trace)

    async def _fail(self, error: BaseException) -> None:
        try:
            await self._trace.event("receive_response_body.failed", {"exception": error})
        finally:
            await self._connection._fail(error, self._timeouts, self._trace)
