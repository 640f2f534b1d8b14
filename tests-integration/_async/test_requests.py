"""What everybody does, with each server and each protocol."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import httpcore

from ..crowds import async_together
from ..servers import HELLO, LARGE, Server
from .pools import async_pool_for


async def chunks() -> AsyncIterator[bytes]:
    for number in range(50):
        yield b"%04d " % number * 200


BODY = b"".join(b"%04d " % number * 200 for number in range(50))


async def test_get_gives_status_body_and_version(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        response = await pool.request("GET", f"{server.url}/")
    assert response.status == 200
    assert response.content == HELLO
    assert response.extensions["http_version"] == server.http_version


async def test_post_of_known_length_arrives_whole(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        response = await pool.request("POST", f"{server.url}/echo", content=BODY)
    assert response.status == 200
    assert response.content == BODY


async def test_post_of_a_stream_arrives_whole(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        response = await pool.request("POST", f"{server.url}/echo", content=chunks())
    assert response.status == 200
    assert response.content == BODY


async def test_response_can_be_read_piece_by_piece(
    server: Server, trusting: ssl.SSLContext
) -> None:
    pieces = []
    async with (
        async_pool_for(server, trusting) as pool,
        pool.stream("GET", f"{server.url}/large") as response,
    ):
        async for piece in response.aiter_stream():
            pieces.append(piece)
    assert len(pieces) > 1
    assert b"".join(pieces) == LARGE


async def test_connection_is_used_again_when_a_response_was_read(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting) as pool:
        for number in range(1, 6):
            response = await pool.request("GET", f"{server.url}/")
            assert response.content == HELLO
            assert len(pool.connections) == 1
            assert f"Request Count: {number}" in pool.connections[0].info()
            assert pool.connections[0].is_idle()


async def test_hundred_requests_at_once_all_get_their_own_response(
    server: Server, trusting: ssl.SSLContext
) -> None:
    received: dict[int, bytes] = {}

    async def post(number: int) -> None:
        content = b"%d," % number * 1000
        response = await pool.request("POST", f"{server.url}/echo", content=content)
        assert response.status == 200
        received[number] = response.content

    async with async_pool_for(server, trusting, max_connections=10) as pool:
        await async_together(100, post)
        assert received == {number: b"%d," % number * 1000 for number in range(100)}
        assert 1 <= len(pool.connections) <= 10
        assert all(connection.is_idle() for connection in pool.connections)
    assert pool.connections == []


async def test_pool_is_whole_after_large_responses_were_closed_early(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting, max_connections=1) as pool:
        # More than any window of flow control that a connection has.
        for _ in range(5):
            async with pool.stream("GET", f"{server.url}/large") as response:
                async for piece in response.aiter_stream():
                    assert LARGE.startswith(piece)
                    break
        response = await pool.request(
            "GET", f"{server.url}/large", extensions={"timeout": {"pool": 5.0, "read": 10.0}}
        )
        assert response.content == LARGE
        assert len(pool.connections) == 1
        if server.is_http2:
            assert "Request Count: 6" in pool.connections[0].info()


async def test_head_and_no_content_leave_the_connection_ready(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting) as pool:
        for _ in range(2):
            response = await pool.request(
                "HEAD", f"{server.url}/", extensions={"timeout": {"read": 10.0}}
            )
            assert response.content == b""
        assert len(pool.connections) <= 1


async def test_http2_without_tls_is_spoken_by_prior_knowledge(hypercorn: Server) -> None:
    async with httpcore.AsyncConnectionPool(http1=False, http2=True) as pool:
        response = await pool.request("POST", f"{hypercorn.url}/echo", content=chunks())
        assert response.content == BODY
        assert response.extensions["http_version"] == b"HTTP/2"


async def test_alpn_falls_back_to_http11_where_the_server_has_nothing_else(
    nginx_tls: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(ssl_context=trusting, http2=True) as pool:
        response = await pool.request("GET", f"{nginx_tls.url}/")
        assert response.content == HELLO
        assert response.extensions["http_version"] == b"HTTP/1.1"


async def test_unix_domain_socket_is_connected_to(nginx_socket: Path) -> None:
    async with httpcore.AsyncConnectionPool(uds=str(nginx_socket)) as pool:
        response = await pool.request("GET", "http://nginx.example/")
        assert response.content == HELLO


async def test_connection_that_the_server_closed_is_not_used_again(python: Server) -> None:
    async with httpcore.AsyncConnectionPool(max_connections=1) as pool:
        for _ in range(5):
            response = await pool.request("GET", f"{python.url}/then-close")
            assert response.content == HELLO
        assert len(pool.connections) <= 1


@pytest.mark.parametrize("number", [1, 2])
async def test_idle_connections_beyond_the_limit_are_closed(python: Server, number: int) -> None:
    async def get(_: int) -> None:
        response = await pool.request("GET", f"{python.url}/")
        assert response.content == HELLO

    async with httpcore.AsyncConnectionPool(max_keepalive_connections=number) as pool:
        await async_together(10, get)
        assert len(pool.connections) <= number
