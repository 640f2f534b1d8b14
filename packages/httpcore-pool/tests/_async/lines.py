"""Two protocols made for these tests, so that the pool is tested without HTTP/1.1 and HTTP/2, and what is asked over them.

`AsyncLineConnection` serves one request at a time. A request is a line, `GET<TAB>/target<TAB>Name: value...`, a line
for each chunk of its body, and an empty line; a response likewise, with `200 OK` in the place of method and target.
The line `REFUSED` stands for a response, and says that the server has not acted on the request.
`AsyncWideConnection` serves many at a time and answers each at once, without a word on the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from httpcore_interfaces import (
    AsyncByteStream,
    AsyncConnectionInterface,
    AsyncParker,
    ConnectionNotAvailable,
    HTTPCoreError,
    RemoteProtocolError,
    Response,
    StreamClosed,
    StreamConsumed,
    Timeouts,
)
from httpcore_interfaces.testing import AsyncScriptedBackend, AsyncScriptedStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
    from typing import Any

    from httpcore_interfaces import (
        AsyncConnectionObserver,
        AsyncNetworkStream,
        AsyncRequestInterface,
        Origin,
        Request,
    )
    from httpcore_interfaces.testing import Steps

#: A response in the steps in which it arrives.
HELLO = [b"200 OK\n", b"hello\n", b"\n"]
LAST_HELLO = [b"200 OK\tConnection: close\n", b"hello\n", b"\n"]

_IDEMPOTENT = (b"GET", b"HEAD", b"PUT", b"DELETE")


def serve(data: bytes) -> Steps | None:
    """A server, for the `on_write` of a scripted stream: it greets everybody."""
    return HELLO if data == b"\n" else None


def async_greeter(**options: Any) -> AsyncScriptedStream:
    """A stream that leads to that server."""
    return AsyncScriptedStream(on_write=serve, **options)


def async_greeting_network(**options: Any) -> AsyncScriptedBackend:
    """A network in which that server is everywhere."""
    return AsyncScriptedBackend(lambda connect: async_greeter(**options))


async def async_get(
    client: AsyncRequestInterface, url: str = "http://a/", **timeout: float
) -> bytes:
    """What is there at a URL."""
    response = await client.request("GET", url, extensions={"timeout": timeout})
    assert response.status == 200
    return response.content


class AsyncGatedBackend(AsyncScriptedBackend):
    """A network that lets nobody connect before it is opened. One `open` lets one in."""

    def __init__(self, outcomes: Any) -> None:
        super().__init__(outcomes)
        self._gates: list[AsyncParker] = []
        self.arrived = 0

    def open(self) -> None:
        self._gates.pop(0).unpark()

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> AsyncNetworkStream:
        gate = AsyncParker()
        self._gates.append(gate)
        self.arrived += 1
        await gate.park()
        return await super().connect_tcp(*args, **kwargs)


class AsyncSteppedBackend(AsyncScriptedBackend):
    """A network whose resolving and connecting are steps of their own, as those of the house are."""

    def __init__(self, outcomes: Any) -> None:
        super().__init__(outcomes)
        self.left: list[float | None] = []

    async def resolve(self, host: str, port: int, timeout: float | None = None) -> list[str]:
        return [f"{host} at 192.0.2.1, {port}"]

    async def connect_addresses(
        self,
        addresses: list[str],
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> AsyncNetworkStream:
        self.left.append(timeout)
        return await super().connect_tcp(addresses[0], 0, timeout, local_address, socket_options)

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> AsyncNetworkStream:
        raise AssertionError("whoever looks calls the steps")


class AsyncRecorder:
    """A `trace` callback that remembers the events of some rooms, or of all."""

    def __init__(self, *rooms: str) -> None:
        self.rooms = rooms
        self.events: list[tuple[str, dict[str, Any]]] = []

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.events]

    async def __call__(self, name: str, info: dict[str, Any]) -> None:
        if not self.rooms or name.partition(".")[0] in self.rooms:
            self.events.append((name, info))


class AsyncBody(AsyncByteStream):
    """A response's body: `read` gives the chunks, `end` is told whether the end was reached."""

    def __init__(
        self, read: Callable[[], Awaitable[bytes]], end: Callable[[bool], Awaitable[None]]
    ) -> None:
        self._read = read
        self._end = end
        self._is_ended = False
        self._is_closed = False
        self.observer: AsyncConnectionObserver | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._is_closed:
            raise StreamClosed
        if self._is_ended:
            raise StreamConsumed
        return cast("AsyncIterator[bytes]", self)

    async def __anext__(self) -> bytes:
        if self._is_closed:
            raise StreamClosed
        if self._is_ended:
            raise StopAsyncIteration
        try:
            chunk = await self._read()
        except BaseException:
            self._is_ended = True
            await self._end(False)
            raise
        if chunk:
            return chunk
        self._is_ended = True
        await self._end(True)
        raise StopAsyncIteration

    def __del__(self) -> None:
        if not self._is_ended and self.observer is not None:
            self.observer.response_dropped(self)

    async def aclose(self) -> None:
        self._is_closed = True
        if not self._is_ended:
            self._is_ended = True
            await self._end(False)


class AsyncLineConnection(AsyncConnectionInterface):
    """Keeps the contract between a connection and its pool, and says why when it cannot."""

    def __init__(
        self,
        origin: Origin,
        stream: AsyncNetworkStream,
        keepalive_expiry: float | None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self.origin = origin
        self.network_stream = stream
        self.keepalive_expiry = keepalive_expiry
        self._state = "NEW"
        self._observer: AsyncConnectionObserver | None = None
        self._requests = 0
        self._buffer = b""
        self._sent = self._received = 0

    async def handle_async_request(self, request: Request) -> Response:
        return await self.exchange(request, Timeouts.of(request.extensions))

    async def exchange(self, request: Request, timeouts: Timeouts) -> Response:
        if self._state not in ("NEW", "IDLE"):
            raise ConnectionNotAvailable(f"the connection is {self._state}")
        try:
            has_expired = self.has_expired()
        except BaseException:
            await self._end(False)
            raise
        if has_expired:
            raise ConnectionNotAvailable("the connection has expired")
        self._state = "ACTIVE"
        self._requests += 1
        self._sent = self._received = 0
        try:
            await self._send(request, timeouts)
            head = await self._line(timeouts)
        except BaseException as error:
            if isinstance(error, HTTPCoreError):
                error.add_details(
                    reused=self._requests > 1,
                    bytes_sent=self._sent,
                    bytes_received=self._received,
                    safe_to_retry=request.method in _IDEMPOTENT and not self._received,
                )
            await self._end(False)
            raise
        status, *fields = head.split(b"\t")
        code, _, reason = status.partition(b" ")
        headers = [(name, value) for name, _, value in (field.partition(b": ") for field in fields)]
        is_last = (b"Connection", b"close") in headers

        async def read() -> bytes:
            return await self._line(timeouts)

        async def end(is_complete: bool) -> None:
            await self._end(is_complete and not is_last)

        extensions = {
            "http_version": b"HTTP/1.1",
            "reason_phrase": reason,
            "network_stream": self.network_stream,
        }
        body = AsyncBody(read, end)
        body.observer = self._observer
        return Response.from_wire(int(code), headers, body, extensions)

    async def _send(self, request: Request, timeouts: Timeouts) -> None:
        fields = [b"%b: %b" % field for field in request.headers]
        head = b"\t".join([request.method, request.url.target, *fields])
        limit = timeouts.bounded(timeouts.write)
        await self._write(head + b"\n", limit)
        async for chunk in cast("AsyncIterable[bytes]", request.stream):
            await self._write(chunk + b"\n", limit)
        await self._write(b"\n", limit)

    async def _write(self, data: bytes, limit: float | None) -> None:
        await self.network_stream.write(data, limit)
        self._sent += len(data)

    async def _line(self, timeouts: Timeouts) -> bytes:
        while b"\n" not in self._buffer:
            data = await self.network_stream.read(100, timeouts.bounded(timeouts.read))
            if not data:
                raise RemoteProtocolError("the server has gone")
            self._received += len(data)
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        if line == b"REFUSED":
            self._received = 0
            raise RemoteProtocolError("the server has not acted on it", unprocessed=True)
        return line

    async def _end(self, is_reusable: bool) -> None:
        if self._state != "CLOSED":
            self._state = "IDLE" if is_reusable else "CLOSED"
        try:
            if self._observer is not None and self._observer.exchange_ended(self.stream_limit()):
                await self._observer.aclose_dropped()
        finally:
            if self._state == "CLOSED":
                await self.network_stream.aclose()

    def observe(self, observer: AsyncConnectionObserver) -> None:
        self._observer = observer

    async def aclose(self) -> None:
        self._state = "CLOSED"
        await self.network_stream.aclose()

    def info(self) -> str:
        return f"'{self.origin}', LINES, {self._state}, Request Count: {self._requests}"

    def can_handle_request(self, origin: Origin) -> bool:
        return origin == self.origin

    def is_available(self) -> bool:
        return self._state in ("NEW", "IDLE")

    def has_expired(self) -> bool:
        return self._state == "IDLE" and bool(self.network_stream.get_extra_info("is_readable"))

    def is_idle(self) -> bool:
        return self._state == "IDLE"

    def is_closed(self) -> bool:
        return self._state == "CLOSED"


class AsyncWideConnection(AsyncConnectionInterface):
    """Many requests at a time.

    The stream's extra information may say how many, in `stream_limit`, that so many requests are refused first, in
    `refusals`, that the server resets every one, in `resets`, and that it wants HTTP/1.1, in `wants_http11`.
    """

    def __init__(
        self, origin: Origin, stream: AsyncNetworkStream, keepalive_expiry: float | None
    ) -> None:
        limit = stream.get_extra_info("stream_limit")
        self.network_stream = stream
        self.keepalive_expiry = keepalive_expiry
        self.requests = 0
        self._origin = origin
        self._streams = 0
        self._limit: int = 100 if limit is None else limit
        self._refusals = stream.get_extra_info("refusals") or 0
        self._is_dead = False
        self._observer: AsyncConnectionObserver | None = None

    def refuse(self, requests: int) -> None:
        """Refuse so many requests from now on."""
        self._refusals = requests

    async def exchange(self, request: Request, timeouts: Timeouts) -> Response:
        if self._refusals:
            self._refusals -= 1
            raise ConnectionNotAvailable("not yet")
        if self._streams >= self._limit:
            raise ConnectionNotAvailable("no stream is free")
        if self.is_idle() and self.requests and self.has_expired():
            raise ConnectionNotAvailable("the connection has expired")
        self._streams += 1
        self.requests += 1
        if self.network_stream.get_extra_info("resets"):
            await self._end(False)
            raise RemoteProtocolError(
                "the server reset the stream", reused=True, bytes_received=0, safe_to_retry=True
            )
        if self.network_stream.get_extra_info("wants_http11"):
            await self._end(False)
            raise RemoteProtocolError(
                "the server wants HTTP/1.1",
                unprocessed=True,
                http11_required=True,
                safe_to_retry=True,
            )
        chunks = [b"hello", b""]

        async def read() -> bytes:
            await AsyncParker().park(0)
            return chunks.pop(0)

        try:
            await AsyncParker().park(0)
        except BaseException:
            await self._end(False)
            raise
        body = AsyncBody(read, self._end)
        return Response.from_wire(200, [], body, {"http_version": b"HTTP/2"})

    async def _end(self, is_complete: bool) -> None:
        self._streams -= 1
        try:
            if self._observer is not None and self._observer.exchange_ended(self.stream_limit()):
                await self._observer.aclose_dropped()
        finally:
            if self.is_closed() and not self._streams:
                await self.network_stream.aclose()

    def change_limit(self, limit: int) -> None:
        """The server has changed its mind: 0 is its good-bye."""
        self._limit = limit
        assert self._observer is not None
        self._observer.capacity_changed()

    def die(self) -> None:
        """The connection is closed, and nobody is told yet."""
        self._limit = 0
        self._is_dead = True

    def stream_limit(self) -> int:
        return self._limit

    def observe(self, observer: AsyncConnectionObserver) -> None:
        self._observer = observer

    async def aclose(self) -> None:
        self._limit = 0
        await self.network_stream.aclose()

    def info(self) -> str:
        return f"'{self._origin}', WIDE, Request Count: {self.requests}"

    def is_available(self) -> bool:
        return self._streams < self._limit

    def has_expired(self) -> bool:
        return bool(self.network_stream.get_extra_info("is_readable"))

    def is_idle(self) -> bool:
        return not self._streams

    def is_closed(self) -> bool:
        return self._is_dead or not (self._limit or self._streams)
