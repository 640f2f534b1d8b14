"""The body of a response, read from its stream's inbox.

It is an object, not a generator: that costs less for each chunk, and where it stands can be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import AsyncByteStream, StreamClosed, StreamConsumed

if TYPE_CHECKING:
    from typing import Self

    from httpcore_interfaces import AsyncTrace, Request, ResponseExtensions, Timeouts

    from .._core.streams import Stream
    from .connection import AsyncHTTP2Connection

__all__ = ["AsyncHTTP2Body"]


class AsyncHTTP2Body(AsyncByteStream):
    """Chunks of a response's content, as they come.

    Each wait is limited by the request's `read` timeout. Raises `HTTPCoreError`, after which the exchange is over, as it
    is when a wait is cancelled: the stream is reset, other requests are not touched. At the end, `trailers` appears
    among the response's extensions if the server sent any. One reader at a time.
    """

    __slots__ = (
        "_connection",
        "_extensions",
        "_has_begun",
        "_is_closed",
        "_is_over",
        "_request",
        "_stream",
        "_timeouts",
        "_trace",
    )

    def __init__(
        self,
        connection: AsyncHTTP2Connection,
        stream: Stream,
        request: Request,
        timeouts: Timeouts,
        trace: AsyncTrace | None,
        extensions: ResponseExtensions,
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._request = request
        self._timeouts = timeouts
        self._trace = trace
        self._extensions = extensions
        self._has_begun = False
        self._is_over = False
        self._is_closed = False

    @property
    def is_over(self) -> bool:
        """Whether the exchange has ended."""
        return self._is_over

    def __aiter__(self) -> Self:
        if self._is_over and not self._is_closed:
            raise StreamConsumed
        return self

    async def __anext__(self) -> bytes:
        if self._is_over:
            if self._is_closed:
                raise StreamClosed
            raise StopAsyncIteration
        trace = self._trace
        if trace is not None and not self._has_begun:
            self._has_begun = True
            await trace.event("receive_response_body.started", self._info())
        try:
            data = await self._connection.receive_body(self._stream, self._timeouts)
        except BaseException as error:
            self._is_over = self._is_closed = True
            try:
                if trace is not None:
                    await trace.event("receive_response_body.failed", {"exception": error})
            finally:
                await self._connection.fail(
                    error,
                    self._stream,
                    self._request,
                    "read response body",
                    self._timeouts,
                    trace,
                )
            raise
        if data:
            return data
        self.tell_trailers()
        if trace is not None:
            await trace.event("receive_response_body.complete", {"return_value": None})
        await self._end()
        raise StopAsyncIteration

    def tell_trailers(self) -> None:
        """At the end of the content: put the trailers, if there are any, where the caller looks for them."""
        if self._stream.trailers is not None:
            self._extensions["trailers"] = self._stream.trailers

    async def aclose(self) -> None:
        """Give up what is left of the body; after its end there is nothing to do. Calling it again does nothing."""
        if not self._is_over:
            self._is_closed = True
            await self._end()

    def __del__(self) -> None:
        if not self._is_over:
            self._connection.dropped(self, self._request)

    async def _end(self) -> None:
        self._is_over = True
        trace = self._trace
        if trace is None:
            await self._connection.finish(self._stream)
            return
        try:
            await trace.event("response_closed.started", {"stream_id": self._stream.stream_id})
        finally:
            # Whatever the callback raises, the stream is given up.
            await self._connection.finish(self._stream)
        await trace.event("response_closed.complete", {"return_value": None})

    def _info(self) -> dict[str, object]:
        return {"request": self._request, "stream_id": self._stream.stream_id}
