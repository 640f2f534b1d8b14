"""CONNECT and Upgrade: the stream is handed over with the bytes that came too early."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from httpcore_http11 import AsyncHTTP11Connection
from httpcore_interfaces import ConnectError, Origin, ReadError, Request
from httpcore_interfaces.testing import STALL, TURN, AsyncScriptedStream

ORIGIN = Origin(b"http", b"a", 80)
CONNECT = Request(
    "CONNECT", "http://a/", headers={"Host": "b:443"}, extensions={"target": b"b:443"}
)
UPGRADE = Request(
    "GET", "http://a/", headers={"Host": "a", "Connection": "Upgrade", "Upgrade": "websocket"}
)
CONNECTED = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "head", "status"), [(CONNECT, CONNECTED, 200), (UPGRADE, UPGRADED, 101)]
)
async def test_the_stream_is_handed_over(request_: Request, head: bytes, status: int) -> None:
    stream = AsyncScriptedStream([TURN, head + b"early", b"late", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.handle_async_request(request_)
    assert response.status == status
    assert not connection.is_available()
    assert "ACTIVE" in connection.info()
    handed: Any = response.extensions["network_stream"]
    assert handed.get_extra_info("is_readable") is True
    assert await handed.read(3, 1.0) == b"ear"
    assert await handed.read(100) == b"ly"
    assert await handed.read(100, 2.0) == b"late"
    assert stream.operations[-1] == ("read", 2.0)
    await handed.write(b"more", 3.0)
    assert stream.writes[-1] == b"more"
    assert stream.operations[-1] == ("write", 3.0)
    assert handed.get_extra_info("is_readable") is False
    assert handed.get_extra_info("unknown") is None
    # The response has no body, and reading it ends nothing.
    assert await response.aread() == b""
    assert not stream.is_closed
    await response.aclose()
    assert stream.is_closed
    assert connection.is_closed()


async def test_the_stream_can_be_closed_by_whoever_has_it() -> None:
    for early in (b"", b"early"):
        stream = AsyncScriptedStream([TURN, UPGRADED + early, STALL])
        connection = AsyncHTTP11Connection(ORIGIN, stream)
        response = await connection.handle_async_request(UPGRADE)
        handed: Any = response.extensions["network_stream"]
        await handed.aclose()
        assert stream.is_closed
        await connection.aclose()
        await response.aclose()


async def test_nothing_can_be_read_after_closing() -> None:
    stream = AsyncScriptedStream([TURN, UPGRADED + b"early", STALL])
    response = await AsyncHTTP11Connection(ORIGIN, stream).handle_async_request(UPGRADE)
    handed: Any = response.extensions["network_stream"]
    await handed.aclose()
    with pytest.raises(ReadError):
        await handed.read(5)
    await response.aclose()


async def test_stream_on_which_nothing_came_early_is_the_connections_own() -> None:
    stream = AsyncScriptedStream([TURN, CONNECTED, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.handle_async_request(CONNECT)
    assert response.extensions["network_stream"] is stream
    await connection.aclose()


async def test_tls_can_be_started_when_the_early_bytes_have_been_read() -> None:
    stream = AsyncScriptedStream([TURN, CONNECTED + b"early", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.handle_async_request(CONNECT)
    handed: Any = response.extensions["network_stream"]
    assert await handed.read(100) == b"early"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert await handed.start_tls(context, "b", 1.0) is stream
    assert stream.handshakes == [(context, "b")]
    await connection.aclose()


async def test_tls_is_not_started_when_something_came_before_it() -> None:
    stream = AsyncScriptedStream([TURN, CONNECTED + b"HTTP/1.1", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.handle_async_request(CONNECT)
    handed: Any = response.extensions["network_stream"]
    with pytest.raises(ConnectError, match="8 bytes before the TLS handshake"):
        await handed.start_tls(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "b")
    assert stream.is_closed


@pytest.mark.parametrize("request_", [CONNECT, UPGRADE])
async def test_a_refusal_is_a_plain_response(request_: Request) -> None:
    stream = AsyncScriptedStream([TURN, b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.handle_async_request(request_)
    assert response.extensions["network_stream"] is stream
    assert await response.aread() == b"no"
    assert connection.is_idle()
