"""The request face and its conveniences; what a connection answers by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from httpcore_interfaces import (
    AsyncByteStream,
    AsyncConnectionInterface,
    AsyncHTTPTransport,
    AsyncRequestInterface,
    Request,
    Response,
    Timeouts,
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
