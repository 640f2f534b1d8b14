"""The request face and its conveniences; what a connection answers by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

import pytest

from httpcore_interfaces import (
    AsyncByteStream,
    AsyncConnectionInterface,
    AsyncHTTPTransport,
    AsyncRequestInterface,
    Request,
    Response,
    StreamClosed,
    StreamConsumed,
    Timeouts,
    async_whole_response,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class AsyncBody(AsyncByteStream):
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"body"
        if self.error is not None:
            raise self.error

    async def aclose(self) -> None:
        self.closed = True


class AsyncTransport(AsyncRequestInterface):
    def __init__(self, error: Exception | None = None) -> None:
        self.requests: list[Request] = []
        self.body = AsyncBody(error)

    async def handle_async_request(self, request: Request) -> Response:
        self.requests.append(request)
        return Response(200, content=self.body)


class AsyncConnection(AsyncConnectionInterface):
    closed = False

    async def handle_async_request(self, request: Request) -> Response:
        return Response(204)

    def is_closed(self) -> bool:
        return self.closed


async def test_request_reads_and_closes() -> None:
    transport = AsyncTransport()
    response = await transport.request(
        "POST",
        "https://example.com/path",
        headers={"A": "b"},
        content=b"x",
        extensions={"timeout": {}},
    )
    assert response.content == b"body"
    assert transport.body.closed
    (request,) = transport.requests
    assert request.method == b"POST"
    assert request.headers == [(b"Host", b"example.com"), (b"A", b"b"), (b"Content-Length", b"1")]
    assert request.extensions == {"timeout": {}}


async def test_request_closes_after_an_error() -> None:
    transport = AsyncTransport(OSError("broken"))
    with pytest.raises(OSError, match="broken"):
        await transport.request("GET", "https://example.com/")
    assert transport.body.closed


async def test_stream_leaves_the_reading_and_closes() -> None:
    transport = AsyncTransport()
    async with transport.stream("GET", "https://example.com/") as response:
        assert not transport.body.closed
        assert await response.aread() == b"body"
    assert transport.body.closed


async def test_stream_closes_after_an_error() -> None:
    transport = AsyncTransport(OSError("broken"))

    async def read() -> None:
        async with transport.stream("GET", "https://example.com/") as response:
            await response.aread()

    with pytest.raises(OSError, match="broken"):
        await read()
    assert transport.body.closed


async def test_exchange_is_a_request_for_a_connection_that_does_not_say_otherwise() -> None:
    request = Request("GET", "https://example.com/")
    assert (await AsyncConnection().exchange(request, Timeouts())).status == 204


async def test_an_open_connection_takes_one_request() -> None:
    connection = AsyncConnection()
    assert connection.stream_limit() == 1
    connection.closed = True
    assert connection.stream_limit() == 0


async def test_a_transport_closes_when_left() -> None:
    class AsyncClosing(AsyncHTTPTransport):
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    transport = AsyncClosing()
    async with transport as entered:
        assert entered is transport
    assert transport.closed


async def test_closing_the_bare_transport_does_nothing() -> None:
    transport: Any = AsyncHTTPTransport()
    await transport.aclose()
    await transport.__aexit__()


class AsyncWholeTransport(AsyncRequestInterface):
    def __init__(self, content: bytes = b"body") -> None:
        self.content = content

    async def handle_async_request(self, request: Request) -> Response:
        return async_whole_response(200, [(b"a", b"b")], self.content, {"x": 1})


async def test_a_response_that_is_all_here_is_given_as_if_it_had_been_read() -> None:
    response = await AsyncWholeTransport().request("GET", "https://example.com/")
    assert (response.status, response.headers, response.extensions) == (
        200,
        [(b"a", b"b")],
        {"x": 1},
    )
    assert response.content == await response.aread() == b"body"
    with pytest.raises(StreamClosed):
        response.aiter_stream()
    body: Any = response.stream
    with pytest.raises(StreamClosed):
        aiter(body)
    await response.aclose()
    assert response.content == b"body"


@pytest.mark.parametrize(("content", "chunks"), [(b"body", [b"body"]), (b"", [])])
async def test_a_response_that_is_all_here_is_read_like_any_other(
    content: bytes, chunks: list[bytes]
) -> None:
    async with AsyncWholeTransport(content).stream("GET", "https://example.com/") as response:
        with pytest.raises(RuntimeError):
            _ = response.content
        body: Any = response.stream
        assert [chunk async for chunk in body] == chunks
        with pytest.raises(StreamConsumed):
            aiter(body)
        assert await anext(body, None) is None
        with pytest.raises(StreamConsumed):
            await body.aread_whole()
    with pytest.raises(StreamClosed):
        aiter(body)
    with pytest.raises(StreamClosed):
        await anext(body)
    async with AsyncWholeTransport(content).stream("GET", "https://example.com/") as response:
        assert await response.aread() == response.content == content
        read: Any = response.stream
        assert await anext(read, None) is None


async def test_what_a_subclass_makes_of_a_response_is_what_is_read() -> None:
    class AsyncCounting(AsyncWholeTransport):
        async def handle_async_request(self, request: Request) -> Response:
            response = await super().handle_async_request(request)
            body = AsyncBody()
            if request.url.target == b"/wrapped":
                response.stream = body
            elif request.url.target == b"/begun":
                assert [chunk async for chunk in response.aiter_stream()] == [b"whole"]
            else:
                response = AsyncUpper.from_wire(200, [], response.stream, {})
            return response

    class AsyncUpper(Response):
        async def aread(self) -> bytes:
            self._content = (await super().aread()).upper()
            return self._content

    transport = AsyncCounting(b"whole")
    assert (await transport.request("GET", "https://example.com/wrapped")).content == b"body"
    assert (await transport.request("GET", "https://example.com/other")).content == b"WHOLE"
    with pytest.raises(RuntimeError, match="more than once"):
        await transport.request("GET", "https://example.com/begun")


async def test_a_response_of_another_make_need_only_be_read_and_closed() -> None:
    class AsyncOther:
        calls: ClassVar[list[str]] = []

        async def aread(self) -> None:
            self.calls.append("read")

        async def aclose(self) -> None:
            self.calls.append("close")

    class AsyncFake(AsyncRequestInterface):
        async def handle_async_request(self, request: Request) -> Response:
            return cast("Response", AsyncOther())

    assert type(await AsyncFake().request("GET", "https://example.com/")).__name__ == "AsyncOther"
    assert AsyncOther.calls == ["read", "close"]
