"""One HTTP/2 connection, over any network stream, serving many requests at a time.

The engine decides and the wire waits; this room sends a request through them and answers a pool's questions. It never
asks about ALPN or the scheme: whoever makes the connection knows that the server speaks HTTP/2, which is also how prior
knowledge (RFC 9113, 3.3) works.
"""

from __future__ import annotations

import logging
from sys import is_finalizing
from time import monotonic
from typing import TYPE_CHECKING, cast
from warnings import warn

from httpcore_interfaces import (
    AsyncConnectionInterface,
    AsyncTrace,
    ConnectionNotAvailable,
    HTTPCoreError,
    LocalProtocolError,
    PlainByteStream,
    ReadError,
    Response,
    Timeouts,
    async_whole_response,
    checked_async_answer,
    validate_fields,
    validate_request,
)

from .._core.failures import Failure
from .._core.fields import RequestMapper, trailer_fields
from .._core.states import ConnectionState
from .._core.streams import Wanted
from .._engines import AsyncEngine
from .bodies import AsyncHTTP2Body
from .duplex import AsyncHTTP2Stream
from .sources import AsyncSource, check_content
from .wire import AsyncWire

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Any, Self

    from httpcore_interfaces import (
        AsyncConnectionObserver,
        AsyncNetworkStream,
        Fields,
        Origin,
        Request,
        ResponseExtensions,
    )

    from .._core.streams import Stream

__all__ = ["AsyncHTTP2Connection"]

logger = logging.getLogger("httpcore.http2")

# Sending these twice is no worse than sending them once (RFC 9110, 9.2.2).
_IDEMPOTENT = frozenset([b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"])


# By names of their own: in Python 3.11 it takes ten times as long to find a member of an enumeration in its class.
_IDLE = ConnectionState.IDLE
_CLOSED = ConnectionState.CLOSED
_HEAD = Wanted.HEAD
_BODY = Wanted.BODY
_WINDOW = Wanted.WINDOW


class AsyncHTTP2Connection(AsyncConnectionInterface):
    """An HTTP/2 connection to `origin` over `stream`, for any number of tasks at the same time.

    - `origin`: what it leads to.
    - `stream`: a connected network stream whose peer speaks HTTP/2. It belongs to the connection from now on.
    - `keepalive_expiry`: seconds it may stay idle before `has_expired()` says so; `None` for no limit.
    - `ping_interval`: seconds of silence, with a request under way, after which a PING asks whether the server is still
      there; `None` never asks. Servers for gRPC take less than five minutes for an abuse.
      It is also asked when a request's time is up and nothing came meanwhile for any other;
      without an answer, the next request does not go to this connection.
    - `ping_timeout`: seconds for the answer; without one all requests under way end with `ReadError`.

    A time-out, a cancellation, or closing a response early ends that one request; the others go on. That holds for a
    write that is cut short if the stream's `get_extra_info("bytes_written")` counts the bytes it has taken; with a
    stream that does not count, the connection is lost, for nobody knows what the server has got.
    """

    def __init__(
        self,
        origin: Origin,
        stream: AsyncNetworkStream,
        keepalive_expiry: float | None = None,
        *,
        ping_interval: float | None = 300.0,
        ping_timeout: float = 20.0,
    ) -> None:
        self._origin = origin
        self._engine = AsyncEngine()
        self._wire = AsyncWire(stream, self._engine, ping_interval, ping_timeout)
        self._mapper = RequestMapper()
        self._keepalive_expiry = keepalive_expiry
        self._expires_at: float | None = None
        self._observer: AsyncConnectionObserver | None = None

    # Requests.

    async def handle_async_request(self, request: Request) -> Response:
        """Send `request` and return the response once its head is there; its body is still to be read.

        Raises `HTTPCoreError`; `ConnectionNotAvailable` when all streams are taken or the connection takes no more,
        with nothing of the request used up; `RuntimeError` for a request to another origin. May be called while other
        requests are under way.
        """
        validate_request(request)
        origin = request.url.origin
        if origin != self._origin:
            raise RuntimeError(
                f"Attempted to send request to {origin} on connection to {self._origin}"
            )
        # Whoever asks this very connection does not mind how long it was idle.
        self._expires_at = None
        return await self.exchange(request, Timeouts.of(request.extensions))

    async def exchange(self, request: Request, timeouts: Timeouts) -> Response:
        """`handle_async_request` for a caller that has validated the request and read its time-outs already."""
        if self.has_expired():
            raise ConnectionNotAvailable(
                "the connection has expired and takes no request; use another one",
                origin=self._origin,
            )
        trace = AsyncTrace.of(request.extensions, logger, "http2")
        try:
            stream = await self._admit(request, timeouts, trace)
        except BaseException as error:
            if isinstance(error, ConnectionNotAvailable) and error.bytes_sent is None:
                raise
            if isinstance(error, HTTPCoreError):
                timeouts.blame_total(error)
                self._describe(error, None, request, "write request")
            await self._end_exchange()
            raise
        phase = "write request"
        try:
            if trace is None:
                await self._send(request, stream, timeouts)
                phase = "read response head"
                await self._receive_head(request, stream, timeouts)
            else:
                info: dict[str, Any] = {"request": request, "stream_id": stream.stream_id}
                await trace.step("send_request_headers", info, self._send_head, timeouts)
                await trace.step("send_request_body", info, self._send, request, stream, timeouts)
                phase = "read response head"
                await trace.step(
                    "receive_response_headers",
                    info,
                    self._receive_head,
                    request,
                    stream,
                    timeouts,
                    trace,
                )
        except BaseException as error:
            await self.fail(error, stream, request, phase, timeouts, trace)
            raise
        extensions: ResponseExtensions = {
            "http_version": b"HTTP/2",
            "network_stream": self._wire.network,
            "stream_id": stream.stream_id,
        }
        if (
            trace is None
            and stream.is_over
            and not stream.is_duplex
            and getattr(request, "reads_whole", False)
        ):
            if stream.trailers is not None:
                extensions["trailers"] = stream.trailers
            content = self._engine.take_body(stream)
            await self.finish(stream)
            return async_whole_response(
                stream.status, stream.fields, content, cast("dict[str, Any]", extensions)
            )
        body = AsyncHTTP2Body(self, stream, request, timeouts, trace, extensions)
        if stream.is_duplex:
            extensions["network_stream"] = AsyncHTTP2Stream(self, stream, body)
        return Response.from_wire(
            stream.status, stream.fields, body, cast("dict[str, Any]", extensions)
        )

    async def receive_body(self, stream: Stream, timeouts: Timeouts) -> bytes:
        """The next part of a response's content, `b""` at its end. For the body that belongs to the stream."""
        if not stream.has(_BODY):
            await self._wire.wait(
                stream,
                _BODY,
                timeouts.bounded(timeouts.read),
                timeouts.bounded(timeouts.write),
            )
        engine = self._engine
        data = engine.take_body(stream)
        if engine.outbox.queued != engine.outbox.written:
            await self._wire.flush(0, timeouts.bounded(timeouts.write))
        if engine.capacity_has_changed:
            await self._settle()
        if not data and stream.failure is not None:
            raise stream.failure.error()
        return data

    async def fail(
        self,
        error: BaseException,
        stream: Stream,
        request: Request,
        phase: str,
        timeouts: Timeouts,
        trace: AsyncTrace | None = None,
    ) -> None:
        """End an exchange by an error: tell what is known about it, and give up the stream."""
        if isinstance(error, HTTPCoreError):
            timeouts.blame_total(error)
            self._describe(error, stream, request, phase)
        self._engine.give_up(stream)
        # In a task that is being cancelled a write may be cut short.
        can_write = isinstance(error, Exception) or self._wire.can_be_interrupted
        if trace is None:
            await self._end_exchange(can_write=can_write)
            return
        try:
            await trace.event("response_closed.started", {"stream_id": stream.stream_id})
        finally:
            await self._end_exchange(can_write=can_write)
        await trace.event("response_closed.complete", {"return_value": None})

    async def finish(self, stream: Stream) -> None:
        """End an exchange whose body was read to its end, or is not wanted any more."""
        self._engine.give_up(stream)
        await self._end_exchange()

    def dropped(self, body: AsyncHTTP2Body, request: Request) -> None:
        """The body was collected while its response was under way. No lock and no I/O here: this may be any moment."""
        if self._engine.state == _CLOSED or is_finalizing():
            return
        if self._observer is not None:
            self._observer.response_dropped(body)
        # With tracemalloc, the warning tells where the response was made.
        warn(
            f"the response to {request.method.decode('ascii', 'backslashreplace')} {self._origin} was neither read to "
            "its end nor closed, and kept its stream until it was collected; close it, or use `stream()`",
            ResourceWarning,
            stacklevel=3,
            source=body,
        )

    # What a pool asks.

    def observe(self, observer: AsyncConnectionObserver) -> None:
        """From now on tell `observer`, which replaces an earlier one."""
        self._observer = observer

    def stream_limit(self) -> int:
        """How many requests may be under way at once: the server's limit, but 100 at most; 0 when it takes no more."""
        return self._engine.stream_limit()

    def can_handle_request(self, origin: Origin) -> bool:
        """Whether it leads to this origin."""
        return origin == self._origin

    def is_available(self) -> bool:
        """Whether it can take a request now."""
        return self._engine.can_open()

    def has_expired(self) -> bool:
        """Whether it has been idle for too long.

        Bytes that have come meanwhile do not make it stale: a server may send PING, SETTINGS, or the end of a response
        that was closed early. They are looked at when the next request comes, before any of it is used up.
        """
        return (
            self._engine.state == _IDLE
            and self._expires_at is not None
            and monotonic() > self._expires_at
        )

    def is_idle(self) -> bool:
        """Whether it is open and serves no request."""
        return self._engine.state == _IDLE

    def is_closed(self) -> bool:
        """Whether it is closed for good."""
        return self._engine.state == _CLOSED

    def info(self) -> str:
        """The connection in a few words, for people."""
        return (
            f"{str(self._origin)!r}, HTTP/2, {self._engine.state.name}, "
            f"Request Count: {self._engine.opened}"
        )

    def network_info(self, info: str) -> Any:
        """What the network stream beneath knows; see `AsyncNetworkStream.get_extra_info`."""
        return self._wire.network.get_extra_info(info)

    async def aclose(self) -> None:
        """Close at once; requests under way end with `ReadError`. Calling it again does nothing."""
        self._engine.close(
            Failure(ReadError, "the connection was closed while the request was under way")
        )
        await self._wire.aclose()

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} [{str(self._origin)!r}, {self._engine.state.name}, "
            f"Request Count: {self._engine.opened}]>"
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    # The steps of a request.

    async def _admit(
        self, request: Request, timeouts: Timeouts, trace: AsyncTrace | None
    ) -> Stream:
        """Open a stream for a request, or raise `ConnectionNotAvailable`."""
        engine = self._engine
        is_idle = engine.state == _IDLE
        if is_idle:
            await self._wire.absorb()
        self._wire.judge()
        if is_idle or engine.capacity_has_changed:
            await self._settle()
        if not engine.can_open():
            failure = engine.failure
            raise ConnectionNotAvailable(
                f"the connection takes {engine.stream_limit()} requests at once"
                if failure is None
                else failure.sentence,
                origin=self._origin,
            )
        if trace is not None and not engine.opened:
            info: dict[str, Any] = {"request": request}
            await trace.step("send_connection_init", info, self._send_head, timeouts)
        if "protocol" in request.extensions:
            await self._require_extended_connect(timeouts)
        return self._open(request)

    def _open(self, request: Request) -> Stream:
        fields, length = self._mapper.fields_of(request)
        body = request.stream
        if type(body) is PlainByteStream:
            has_content = bool(body.content)
        else:
            check_content(body)
            # HTTP/1.1 would announce content in these fields; one that is not announced is an empty one.
            has_content = length != 0 and _announces_content(request)
        if length and not has_content:
            raise LocalProtocolError(
                f"the request has no content, but its Content-Length promises {length} bytes"
            )
        extensions = request.extensions
        trailers = extensions.get("trailers")
        if trailers and not callable(trailers):
            # What is wrong with them is said before anything is sent.
            validate_fields(trailers, "trailer")
            trailer_fields(trailers)
        is_duplex = _is_duplex(request)
        return self._engine.open(
            fields,
            length,
            end=not (has_content or is_duplex or trailers),
            is_duplex=is_duplex,
            wants_news=extensions.get("informational") is not None,
        )

    async def _send_head(self, timeouts: Timeouts) -> None:
        await self._wire.flush(self._engine.outbox.queued, timeouts.bounded(timeouts.write))

    async def _send(self, request: Request, stream: Stream, timeouts: Timeouts) -> None:
        """Send the content, in one write with the head where both are there already."""
        body = request.stream
        trailers = request.extensions.get("trailers")
        goes_on = trailers or stream.is_duplex
        if stream.is_sent:
            await self._send_head(timeouts)
            return
        if type(body) is PlainByteStream:
            await self._send_piece(stream, body.content, timeouts, end=not goes_on)
        else:
            await self._send_head(timeouts)
            source = AsyncSource(body)
            try:
                while (piece := await source.next_piece()) is not None:
                    # With the last promised byte END_STREAM can go along.
                    end = stream.to_send == len(piece) and not goes_on
                    sent = await self._send_piece(stream, piece, timeouts, end=end)
                    if not stream.wants_upload:
                        return
                    await self._wire.look(sent)
            finally:
                await source.aclose()
        if not stream.is_duplex:
            await self.send_end(
                stream, trailers() if callable(trailers) else trailers or (), timeouts
            )

    async def send_piece(
        self, stream: Stream, piece: bytes | memoryview, timeouts: Timeouts, *, end: bool
    ) -> None:
        """Send a part of a request's content. For the two-way stream that the request has become."""
        await self._send_piece(stream, piece, timeouts, end=end)

    async def _send_piece(
        self, stream: Stream, piece: bytes | memoryview, timeouts: Timeouts, *, end: bool
    ) -> int:
        """Send a part of a request's content; returns how many bytes were sent since somebody last thought of listening."""
        engine, wire = self._engine, self._wire
        outbox = engine.outbox
        view = memoryview(piece)
        while True:
            sent = engine.send(stream, view, end=end)
            if outbox.queued != outbox.written:
                await self._send_head(timeouts)
            if sent == len(view):
                return sent
            if sent:
                view = view[sent:]
                await wire.look(sent)
            # Unless there is room, this listens.
            limit = timeouts.bounded(timeouts.write)
            await wire.wait(stream, _WINDOW, limit, limit)

    async def send_end(
        self, stream: Stream, trailers: Sequence[tuple[bytes, bytes]], timeouts: Timeouts
    ) -> None:
        """End a request's content. Does nothing when it has ended."""
        if trailers:
            validate_fields(trailers, "trailer")
            self._engine.send_trailers(stream, trailer_fields(trailers))
        else:
            self._engine.send(stream, b"", end=True)
        await self._send_head(timeouts)

    async def _require_extended_connect(self, timeouts: Timeouts) -> None:
        """Wait for the server's settings, which say whether CONNECT may name a protocol (RFC 8441, 3)."""
        engine = self._engine
        write_timeout = timeouts.bounded(timeouts.write)
        await self._send_head(timeouts)
        await self._wire.wait(engine.preface, _HEAD, timeouts.bounded(timeouts.read), write_timeout)
        if engine.preface.failure is not None:
            raise engine.preface.failure.error()
        if not engine.allows_extended_connect():
            raise LocalProtocolError(
                "the server does not take CONNECT with a protocol over HTTP/2; use HTTP/1.1 and Upgrade"
            )

    async def _receive_head(
        self,
        request: Request,
        stream: Stream,
        timeouts: Timeouts,
        trace: AsyncTrace | None = None,
    ) -> tuple[int, Fields]:
        if stream.news is not None:
            await self._tell_news(request, stream, timeouts)
        else:
            await self._wire.wait(
                stream,
                _HEAD,
                timeouts.bounded(timeouts.read),
                timeouts.bounded(timeouts.write),
            )
        if self._engine.capacity_has_changed:
            await self._settle()
        if trace is not None and (settings := self._engine.take_remote_settings()) is not None:
            await trace.event("receive_remote_settings.started", {})
            await trace.event("receive_remote_settings.complete", {"return_value": settings})
        if not stream.status:
            assert stream.failure is not None
            raise stream.failure.error()
        return stream.status, stream.fields

    async def _tell_news(self, request: Request, stream: Stream, timeouts: Timeouts) -> None:
        """Wait for the final head, and show each 1xx response before it to whoever asked for them."""
        callback = request.extensions["informational"]
        began = monotonic()
        limit = timeouts.read
        while True:
            await self._wire.wait(
                stream, _HEAD, timeouts.bounded(limit), timeouts.bounded(timeouts.write)
            )
            news = self._engine.take_news(stream)
            if not news:
                return
            for status, fields in news:
                await checked_async_answer(callback(status, fields), "informational")
            if timeouts.read is not None:
                # A 1xx response is no progress: time goes on running.
                limit = max(0.0, timeouts.read - (monotonic() - began))

    # The end of an exchange.

    async def _end_exchange(self, *, can_write: bool = True) -> None:
        engine = self._engine
        if engine.state == _IDLE and self._keepalive_expiry is not None:
            self._expires_at = monotonic() + self._keepalive_expiry
        engine.take_capacity_change()
        observer = self._observer
        is_dropping = observer is not None and observer.exchange_ended(self.stream_limit())
        try:
            if engine.state == _CLOSED:
                await self._wire.aclose()
            elif can_write and engine.opened and engine.outbox.queued != engine.outbox.written:
                await self._wire.flush_quietly()
                if engine.capacity_has_changed:
                    await self._settle()
        finally:
            if is_dropping:
                assert observer is not None
                await observer.aclose_dropped()

    async def _settle(self) -> None:
        """Do what follows from a change that the server has made."""
        if self._engine.take_capacity_change() and self._observer is not None:
            self._observer.capacity_changed()
        if self._engine.state == _CLOSED:
            await self._wire.aclose()

    def _describe(
        self, error: HTTPCoreError, stream: Stream | None, request: Request, phase: str
    ) -> None:
        """Fill in what this room knows about an error that leaves it."""
        sent = received = 0
        if stream is not None:
            if self._engine.outbox.written > stream.start:
                sent = stream.bytes_sent
            received = stream.bytes_received
        error.add_details(
            phase=phase,
            method=request.method.decode("ascii", "backslashreplace"),
            origin=self._origin,
            reused=stream is not None and stream.stream_id > 1,
            bytes_sent=sent,
            bytes_received=received,
            safe_to_retry=not sent or (not received and request.method in _IDEMPOTENT),
        )


def _is_duplex(request: Request) -> bool:
    """Whether the request stays open for writing when the response has begun."""
    return request.method == b"CONNECT" or bool(request.extensions.get("duplex"))


def _announces_content(request: Request) -> bool:
    """Whether content that is not there yet is to be expected; HTTP/1.1 would say so in these fields."""
    return any(
        name.lower() in (b"content-length", b"transfer-encoding") for name, _ in request.headers
    )
