"""One request after another: what goes out, what comes back, and what the connection says of itself."""

from inspect import iscoroutinefunction
from typing import Any

import pytest

from httpcore_http2 import AsyncHTTP2Connection
from httpcore_interfaces import (
    AsyncIteratorByteStream,
    ConnectionNotAvailable,
    Fields,
    LocalProtocolError,
    PlainByteStream,
    ReadTimeout,
    Request,
    StreamClosed,
    StreamConsumed,
    Timeouts,
)

from ..servers import Server
from .meeting import ORIGIN, URL, AsyncObserver, async_meet


async def test_a_response_has_status_fields_content_and_extensions() -> None:
    connection, stream = async_meet()
    response = await connection.request("GET", f"{URL}/path?query")
    assert response.status == 200
    assert response.headers == []
    assert response.content == b"hello"
    assert response.extensions["http_version"] == b"HTTP/2"
    assert response.extensions["stream_id"] == 1
    assert response.extensions["network_stream"] is stream
    assert "trailers" not in response.extensions
    await connection.aclose()


async def test_a_request_goes_out_in_one_write_with_the_preface_and_its_content() -> None:
    server = Server(Server.echo)
    connection, stream = async_meet(server)
    response = await connection.request("POST", URL, headers={"X-Big": "1"}, content=b"content")
    assert response.content == b"content"
    assert server.seen[1].fields == [
        (b":method", b"POST"),
        (b":authority", b"example.com"),
        (b":scheme", b"https"),
        (b":path", b"/"),
        (b"x-big", b"1"),
        (b"content-length", b"7"),
    ]
    assert stream.operations[0][0] == "write"
    assert stream.operations[1][0] == "read"
    assert stream.written.startswith(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
    await connection.aclose()


async def test_states_and_counts_are_shown() -> None:
    connection, _ = async_meet()
    name = type(connection).__name__
    assert repr(connection) == f"<{name} ['https://example.com:443', IDLE, Request Count: 0]>"
    assert connection.info() == "'https://example.com:443', HTTP/2, IDLE, Request Count: 0"
    assert connection.is_idle()
    assert connection.is_available()
    assert not connection.is_closed()
    assert connection.stream_limit() == 100
    response = await connection.handle_async_request(Request("GET", URL))
    assert connection.info() == "'https://example.com:443', HTTP/2, ACTIVE, Request Count: 1"
    assert not connection.is_idle()
    assert connection.is_available()
    await response.aclose()
    assert connection.is_idle()
    await connection.aclose()
    await connection.aclose()
    assert connection.is_closed()
    assert not connection.is_available()
    assert connection.stream_limit() == 0
    assert repr(connection) == f"<{name} ['https://example.com:443', CLOSED, Request Count: 1]>"


async def test_leaving_the_context_closes_the_connection() -> None:
    connection, stream = async_meet()
    async with connection:
        await connection.request("GET", URL)
    assert connection.is_closed()
    assert stream.closes == 1


async def test_an_idle_connection_expires_after_its_time() -> None:
    connection, _ = async_meet(keepalive_expiry=0.0)
    assert not connection.has_expired()
    await connection.request("GET", URL)
    while not connection.has_expired():
        pass
    with pytest.raises(ConnectionNotAvailable, match="has expired") as caught:
        await connection.exchange(Request("GET", URL), Timeouts())
    assert caught.value.bytes_sent is None
    # Whoever asks this very connection does not mind.
    response = await connection.handle_async_request(Request("GET", URL))
    assert not connection.has_expired()
    await response.aclose()
    await connection.aclose()


async def test_a_body_is_iterated_once() -> None:
    connection, _ = async_meet()
    response = await connection.handle_async_request(Request("GET", URL))
    body: Any = response.stream
    assert [bytes(chunk) async for chunk in body] == [b"hello"]
    with pytest.raises(StreamConsumed):
        aiter(body)
    with pytest.raises(StopAsyncIteration):
        await body.__anext__()
    await connection.aclose()


async def test_a_closed_body_cannot_be_read() -> None:
    connection, _ = async_meet()
    response = await connection.handle_async_request(Request("GET", URL))
    body: Any = response.stream
    await response.aclose()
    await response.aclose()
    with pytest.raises(StreamClosed):
        await aiter(body).__anext__()
    await connection.aclose()


async def test_interim_responses_are_passed_over() -> None:
    def answer(server: Server, stream_id: int) -> None:
        server.head(stream_id, b"103", (b"link", b"</style.css>"))
        server.head(stream_id, b"100")
        server.hello(stream_id)

    connection, _ = async_meet(Server(answer))
    response = await connection.request("GET", URL)
    assert response.status == 200
    assert response.content == b"hello"
    await connection.aclose()


async def test_interim_responses_are_shown_to_whoever_asks_for_them() -> None:
    def answer(server: Server, stream_id: int) -> None:
        server.head(stream_id, b"103", (b"link", b"</style.css>"))
        server.head(stream_id, b"102")
        server.hello(stream_id)

    async def listen(status: int, fields: Fields) -> None:
        heard.append((status, fields))

    heard: list[tuple[int, Fields]] = []
    connection, _ = async_meet(Server(answer))
    for read in (None, 5.0):
        heard.clear()
        response = await connection.request(
            "GET", URL, extensions={"informational": listen, "timeout": {"read": read}}
        )
        assert response.content == b"hello"
        assert heard == [(103, [(b"link", b"</style.css>")]), (102, [])]
    await connection.aclose()


async def test_interim_response_does_not_extend_the_read_timeout() -> None:
    async def listen(status: int, fields: Fields) -> None:
        heard.append(status)

    heard: list[int] = []
    connection, _ = async_meet(Server(lambda server, stream_id: server.head(stream_id, b"103")))
    with pytest.raises(ReadTimeout):
        await connection.request(
            "GET", URL, extensions={"informational": listen, "timeout": {"read": 0.05}}
        )
    assert heard == [103]
    await connection.aclose()


async def test_listener_that_fails_ends_its_request_alone() -> None:
    def answer(server: Server, stream_id: int) -> None:
        server.head(stream_id, b"103")
        server.hello(stream_id)

    async def listen(status: int, fields: Fields) -> None:
        raise ValueError("no more hints")

    connection, _ = async_meet(Server(answer))
    with pytest.raises(ValueError, match="no more hints"):
        await connection.request("GET", URL, extensions={"informational": listen})
    assert connection.is_idle()
    response = await connection.request("GET", URL)
    assert response.content == b"hello"
    await connection.aclose()


async def test_listener_of_the_wrong_kind_ends_its_request_alone() -> None:
    """A coroutine that nobody runs would be a listener that is never called."""

    def answer(server: Server, stream_id: int) -> None:
        server.head(stream_id, b"103")
        server.hello(stream_id)

    connection, _ = async_meet(Server(answer))
    namespace: dict[str, Any] = {}
    # A plain function is wrong in one world, a coroutine function in the other.
    kind = b"" if iscoroutinefunction(connection.handle_async_request) else b"async "
    exec(kind + b"def listen(status, fields): pass", namespace)
    with pytest.raises(TypeError, match=r"the informational callback of .* request must be a "):
        await connection.request("GET", URL, extensions={"informational": namespace["listen"]})
    assert connection.is_idle()
    await connection.aclose()


async def test_trailers_are_there_after_the_body() -> None:
    connection, _ = async_meet(
        Server(
            lambda server, stream_id: server.respond(stream_id, b"hello", [(b"grpc-status", b"0")])
        )
    )
    response = await connection.handle_async_request(Request("GET", URL))
    assert "trailers" not in response.extensions
    assert await response.aread() == b"hello"
    assert response.extensions["trailers"] == [(b"grpc-status", b"0")]
    await connection.aclose()


async def test_a_response_that_will_be_read_at_once_ends_its_exchange_when_it_is_there() -> None:
    connection, _ = async_meet(
        Server(
            lambda server, stream_id: server.respond(stream_id, b"hello", [(b"grpc-status", b"0")])
        )
    )
    connection.observe(observer := AsyncObserver(drops=True))
    for number in range(1, 3):
        request = Request("GET", URL)
        request.reads_whole = True
        response = await connection.handle_async_request(request)
        assert connection.is_idle()
        assert (observer.ended, observer.dropped) == (number, number)
        assert response.extensions["trailers"] == [(b"grpc-status", b"0")]
        assert await response.aread() == b"hello"
        await response.aclose()
        assert observer.ended == number
    await connection.aclose()


async def test_a_response_without_content() -> None:
    connection, _ = async_meet(
        Server(lambda server, stream_id: server.head(stream_id, b"204", (b"", b"")))
    )
    response = await connection.request("GET", URL)
    assert response.status == 204
    assert response.content == b""
    assert connection.is_idle()
    await connection.aclose()


async def test_a_large_response_needs_credit() -> None:
    content = bytes(range(256)) * 40_000
    connection, _ = async_meet(Server(lambda server, stream_id: server.respond(stream_id, content)))
    response = await connection.request("GET", URL)
    assert response.content == content
    await connection.aclose()


async def test_a_request_for_another_origin_is_refused() -> None:
    connection, _ = async_meet()
    assert connection.can_handle_request(ORIGIN)
    with pytest.raises(RuntimeError, match=r"request to https://other\.example:443 on connection"):
        await connection.request("GET", "https://other.example")
    assert connection.is_idle()
    await connection.aclose()


async def test_a_request_that_http2_cannot_say_is_refused_and_reported() -> None:
    connection, stream = async_meet()
    observer = AsyncObserver(drops=True)
    connection.observe(observer)
    request = Request("GET", URL, headers=[("Upgrade", "websocket")])
    with pytest.raises(LocalProtocolError, match="upgrade") as caught:
        await connection.handle_async_request(request)
    assert caught.value.safe_to_retry
    assert caught.value.bytes_sent == 0
    assert observer.ended == 1
    assert observer.dropped == 1
    assert stream.operations == []
    with pytest.raises(LocalProtocolError, match="Content-Length"):
        await connection.request("GET", URL, headers=[("Content-Length", "5")])
    assert connection.is_idle()
    await connection.aclose()


async def test_content_of_the_wrong_kind_is_refused() -> None:
    connection, _ = async_meet()
    observer = AsyncObserver()
    connection.observe(observer)
    request = Request("POST", URL, headers=[("Transfer-Encoding", "chunked")])
    request.stream = 5  # type: ignore[assignment]
    with pytest.raises(TypeError, match="int"):
        await connection.exchange(request, Timeouts())
    assert observer.ended == 1
    await connection.aclose()


async def test_a_body_that_no_field_announces_is_taken_for_none() -> None:
    server = Server()
    connection, _ = async_meet(server)
    for headers in ([], [("Content-Length", "0")]):
        request = Request("GET", URL, headers=headers)
        request.stream = AsyncIteratorByteStream(_unasked())
        response = await connection.handle_async_request(request)
        await response.aread()
        await request.stream.aclose()
    assert server.seen[1].content == server.seen[3].content == b""
    await connection.aclose()


async def _unasked() -> Any:
    yield b"nobody asks for this"


async def test_the_observer_hears_of_every_end_once() -> None:
    connection, _ = async_meet()
    observer = AsyncObserver()
    connection.observe(observer)
    await connection.request("GET", URL)
    assert observer.ended == 1
    response = await connection.handle_async_request(Request("GET", URL))
    await response.aclose()
    await response.aclose()
    assert observer.ended == 2
    assert observer.dropped == 0
    await connection.aclose()


async def test_a_plain_body_of_a_subclass_is_iterated() -> None:
    class Content(PlainByteStream):
        pass

    server = Server(Server.echo)
    connection, _ = async_meet(server)
    request = Request("POST", URL, headers=[("Content-Length", "2")])
    request.stream = Content(b"ab")
    response = await connection.handle_async_request(request)
    assert await response.aread() == b"ab"
    await connection.aclose()


def test_its_signature_agrees_with_httpcore_1() -> None:
    import inspect

    parameters = list(inspect.signature(AsyncHTTP2Connection).parameters)
    assert parameters[:3] == ["origin", "stream", "keepalive_expiry"]
