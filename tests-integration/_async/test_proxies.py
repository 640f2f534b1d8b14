"""Requests through proxies: forwarded, and through tunnels."""

import ssl
from collections.abc import AsyncIterator

import pytest

import httpcore

from ..crowds import async_together
from ..servers import HELLO, LARGE, Server


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b"a chunk of some length " * 20


BODY = b"a chunk of some length " * 400


async def test_plain_request_is_forwarded(proxy: str, python: Server) -> None:
    async with httpcore.AsyncConnectionPool(proxy=httpcore.Proxy(proxy)) as pool:
        for _ in range(3):
            response = await pool.request("GET", f"{python.url}/")
            assert response.status == 200
            assert response.content == HELLO
    # tinyproxy closes each connection without saying so, and a POST is not sent again: it needs a fresh one.
    async with httpcore.AsyncConnectionPool(proxy=httpcore.Proxy(proxy)) as pool:
        response = await pool.request("POST", f"{python.url}/echo", content=BODY)
        assert response.content == BODY


async def test_secure_request_goes_through_a_tunnel(
    proxy: str, nginx_tls: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(
        ssl_context=trusting, proxy=httpcore.Proxy(proxy)
    ) as pool:
        for number in range(1, 4):
            response = await pool.request("POST", f"{nginx_tls.url}/echo", content=chunks())
            assert response.content == BODY
            assert response.extensions["http_version"] == b"HTTP/1.1"
            assert f"Request Count: {number}" in pool.connections[0].info()
        assert len(pool.connections) == 1


async def test_http2_goes_through_a_tunnel(
    proxy: str, http2_server: Server, trusting: ssl.SSLContext
) -> None:
    server = http2_server

    async def get(_: int) -> None:
        response = await pool.request("GET", f"{server.url}/large")
        assert response.content == LARGE

    async with httpcore.AsyncConnectionPool(
        ssl_context=trusting, proxy=httpcore.Proxy(proxy), http2=True
    ) as pool:
        response = await pool.request("POST", f"{server.url}/echo", content=chunks())
        assert response.content == BODY
        assert response.extensions["http_version"] == b"HTTP/2"
        await async_together(3, get)
        assert len(pool.connections) == 1


async def test_credentials_are_for_the_proxy(
    strict_proxy: str, python: Server, nginx_tls: Server, trusting: ssl.SSLContext
) -> None:
    proxy = httpcore.Proxy(strict_proxy, auth=("user", "secret"))
    async with httpcore.AsyncConnectionPool(ssl_context=trusting, proxy=proxy) as pool:
        for server in (python, nginx_tls):
            response = await pool.request("GET", f"{server.url}/")
            assert response.status == 200
            assert response.content == HELLO


async def test_proxy_that_is_not_told_who_asks_refuses(
    strict_proxy: str, python: Server, nginx_tls: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(
        ssl_context=trusting, proxy=httpcore.Proxy(strict_proxy)
    ) as pool:
        response = await pool.request("GET", f"{python.url}/")
        assert response.status == 407
        with pytest.raises(httpcore.ProxyError, match="407") as caught:
            await pool.request("GET", f"{nginx_tls.url}/")
        assert caught.value.status == 407
        assert caught.value.body == b"who are you?"
        assert all(connection.is_idle() for connection in pool.connections)


async def test_tunnel_to_where_nobody_listens_is_an_error_of_the_proxy(
    proxy: str, dead_port: int
) -> None:
    async with httpcore.AsyncConnectionPool(proxy=httpcore.Proxy(proxy)) as pool:
        with pytest.raises(httpcore.ProxyError):
            await pool.request(
                "GET",
                f"https://127.0.0.1:{dead_port}/",
                extensions={"timeout": {"connect": 10.0}},
            )
        assert pool.connections == []


async def test_proxy_that_is_not_there_is_a_failure_to_connect(
    python: Server, dead_port: int
) -> None:
    proxy = httpcore.Proxy(f"http://127.0.0.1:{dead_port}")
    async with httpcore.AsyncConnectionPool(proxy=proxy) as pool:
        with pytest.raises(httpcore.ConnectError):
            await pool.request("GET", f"{python.url}/")
        assert pool.connections == []


async def test_http_proxy_is_a_pool_with_a_proxy(proxy: str, python: Server) -> None:
    async with httpcore.AsyncHTTPProxy(proxy_url=proxy) as pool:
        response = await pool.request("GET", f"{python.url}/")
        assert response.content == HELLO


async def test_way_to_the_proxy_can_be_encrypted(
    tls_proxy: str, python: Server, hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    proxy = httpcore.Proxy(tls_proxy, ssl_context=trusting)
    async with httpcore.AsyncConnectionPool(ssl_context=trusting, proxy=proxy, http2=True) as pool:
        response = await pool.request("GET", f"{python.url}/")
        assert response.content == HELLO
        # TLS in TLS.
        response = await pool.request("GET", f"{hypercorn_http2.url}/large")
        assert response.content == LARGE
        assert response.extensions["http_version"] == b"HTTP/2"


async def test_socks_proxy_carries_everything(
    socks_proxy: str, python: Server, hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(
        ssl_context=trusting, proxy=httpcore.Proxy(socks_proxy), http2=True
    ) as pool:
        for _ in range(2):
            response = await pool.request("POST", f"{python.url}/echo", content=chunks())
            assert response.content == BODY
            response = await pool.request("GET", f"{hypercorn_http2.url}/large")
            assert response.content == LARGE
            assert response.extensions["http_version"] == b"HTTP/2"
        assert len(pool.connections) == 2


async def test_socks_proxy_is_told_who_asks(
    strict_socks_proxy: str, python: Server, dead_port: int
) -> None:
    async with httpcore.AsyncSOCKSProxy(strict_socks_proxy, proxy_auth=("user", "secret")) as pool:
        response = await pool.request("GET", f"{python.url}/")
        assert response.content == HELLO
        with pytest.raises(httpcore.ProxyError):
            await pool.request("GET", f"http://127.0.0.1:{dead_port}/")
    for auth in (None, ("user", "wrong")):
        async with httpcore.AsyncSOCKSProxy(strict_socks_proxy, proxy_auth=auth) as pool:
            with pytest.raises(httpcore.ProxyError):
                await pool.request("GET", f"{python.url}/")
            assert pool.connections == []
