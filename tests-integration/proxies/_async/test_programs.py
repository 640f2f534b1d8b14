"""Requests through other people's proxies: what can be sent, and what happens to who may not."""

import ssl
from collections.abc import AsyncIterator

import pytest

import httpcore

from ...servers import HELLO, LARGE, Server

NOT_FOR_EVER = {"timeout": {"pool": 20.0, "connect": 20.0, "read": 20.0, "write": 20.0}}
BODY = b"a chunk of some length " * 400


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b"a chunk of some length " * 20


async def test_plain_request(way: list[httpcore.Proxy], python: Server) -> None:
    # tinyproxy closes each connection without saying so, and a POST is not sent again: it needs a fresh one.
    async with httpcore.AsyncConnectionPool(proxy=way, max_keepalive_connections=0) as pool:
        response = await pool.request("GET", f"{python.url}/", extensions=NOT_FOR_EVER)
        assert response.status == 200
        assert response.content == HELLO
        response = await pool.request(
            "POST",
            f"{python.url}/echo",
            headers={"Content-Length": str(len(BODY))},
            content=chunks(),
            extensions=NOT_FOR_EVER,
        )
        assert response.content == BODY
        assert response.extensions["http_version"] == b"HTTP/1.1"


async def test_secure_request(
    way: list[httpcore.Proxy], hypercorn_tls: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(ssl_context=trusting, proxy=way) as pool:
        for number in range(1, 3):
            response = await pool.request(
                "POST", f"{hypercorn_tls.url}/echo", content=chunks(), extensions=NOT_FOR_EVER
            )
            assert response.content == BODY
            assert response.extensions["http_version"] == b"HTTP/1.1"
            assert f"Request Count: {number}" in pool.connections[0].info()
        assert len(pool.connections) == 1


async def test_http2(
    way: list[httpcore.Proxy], hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(ssl_context=trusting, proxy=way, http2=True) as pool:
        response = await pool.request(
            "POST", f"{hypercorn_http2.url}/echo", content=chunks(), extensions=NOT_FOR_EVER
        )
        assert response.content == BODY
        response = await pool.request(
            "GET", f"{hypercorn_http2.url}/large", extensions=NOT_FOR_EVER
        )
        assert response.content == LARGE
        assert response.extensions["http_version"] == b"HTTP/2"
        assert len(pool.connections) == 1


async def test_wrong_password(
    wrong_way: list[httpcore.Proxy], nginx_tls: Server, python: Server, trusting: ssl.SSLContext
) -> None:
    is_http = wrong_way[0].url.scheme in (b"http", b"https")
    async with httpcore.AsyncConnectionPool(ssl_context=trusting, proxy=wrong_way) as pool:
        with pytest.raises(httpcore.ProxyError) as caught:
            await pool.request("GET", f"{nginx_tls.url}/", extensions=NOT_FOR_EVER)
        assert pool.connections == []
        error = caught.value
        assert error.proxy == wrong_way[0].url.origin
        assert "not it" not in str(error) + repr(vars(error))
        if is_http:
            assert error.status in (401, 407)
            # tinyproxy names no scheme in what it answers.
            names = [name.lower() for name, _ in error.headers]
            assert b"proxy-authenticate" in names or error.status == 401
            assert b"<html" in error.body.lower()
            # What is forwarded is answered by the proxy like any other request.
            response = await pool.request("GET", f"{python.url}/", extensions=NOT_FOR_EVER)
            assert response.status in (401, 407)


async def test_failure_behind_the_proxy(way: list[httpcore.Proxy], dead_port: int) -> None:
    async with httpcore.AsyncConnectionPool(proxy=way) as pool:
        with pytest.raises(httpcore.ProxyError) as caught:
            await pool.request("GET", f"https://127.0.0.1:{dead_port}/", extensions=NOT_FOR_EVER)
        assert caught.value.proxy == way[-1].url.origin
        assert caught.value.safe_to_retry
        assert pool.connections == []


async def test_haproxy_forwards(forwarder: httpcore.Proxy) -> None:
    async with httpcore.AsyncConnectionPool(proxy=forwarder) as pool:
        for _ in range(2):
            response = await pool.request(
                "POST", "http://any.example/echo", content=chunks(), extensions=NOT_FOR_EVER
            )
            assert response.content == BODY
        assert len(pool.connections) == 1
    # It opens no tunnels.
    async with httpcore.AsyncConnectionPool(proxy=forwarder) as pool:
        with pytest.raises(httpcore.ProxyError):
            await pool.request("GET", "https://any.example/", extensions=NOT_FOR_EVER)
        assert pool.connections == []
