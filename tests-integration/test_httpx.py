"""HTTPX from the registry, unmodified, with these packages beneath it."""

import ssl
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

import httpcore

from .crowds import async_together, together
from .servers import HELLO, LARGE, Certificates, Server


def pieces() -> Iterator[bytes]:
    for _ in range(10):
        yield b"a piece, " * 100


async def async_pieces() -> AsyncIterator[bytes]:
    for piece in pieces():
        yield piece


def version(server: Server) -> str:
    return server.http_version.decode()


def test_httpx_stands_on_these_packages() -> None:
    assert httpx.__version__ == "0.28.1"
    assert httpcore.__version__.startswith("1.")
    assert issubclass(httpcore.ConnectError, httpcore.HTTPCoreError)


def test_get_needs_no_client(plain_server: Server) -> None:
    response = httpx.get(f"{plain_server.url}/")
    assert response.status_code == 200
    assert response.content == HELLO


def test_client_gets_posts_and_streams(server: Server, trusting: ssl.SSLContext) -> None:
    with httpx.Client(verify=trusting, http2=server.is_http2) as client:
        response = client.get(f"{server.url}/")
        assert (response.status_code, response.content) == (200, HELLO)
        assert response.http_version == version(server)
        assert client.post(f"{server.url}/echo", content=b"body").content == b"body"
        echoed = client.post(f"{server.url}/echo", content=pieces())
        assert echoed.content == b"".join(pieces())
        with client.stream("GET", f"{server.url}/large") as response:
            assert b"".join(response.iter_bytes()) == LARGE


async def test_async_client_gets_posts_and_streams(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with httpx.AsyncClient(verify=trusting, http2=server.is_http2) as client:
        response = await client.get(f"{server.url}/")
        assert (response.status_code, response.content) == (200, HELLO)
        assert response.http_version == version(server)
        assert (await client.post(f"{server.url}/echo", content=b"body")).content == b"body"
        echoed = await client.post(f"{server.url}/echo", content=async_pieces())
        assert echoed.content == b"".join(pieces())
        async with client.stream("GET", f"{server.url}/large") as response:
            assert b"".join([piece async for piece in response.aiter_bytes()]) == LARGE


def test_client_is_shared_by_threads(server: Server, trusting: ssl.SSLContext) -> None:
    def get(number: int) -> None:
        content = b"%d," % number * 100
        assert client.post(f"{server.url}/echo", content=content).content == content

    with httpx.Client(verify=trusting, http2=server.is_http2) as client:
        together(50, get)


async def test_client_is_shared_by_tasks(server: Server, trusting: ssl.SSLContext) -> None:
    async def get(number: int) -> None:
        content = b"%d," % number * 100
        response = await client.post(f"{server.url}/echo", content=content)
        assert response.content == content

    async with httpx.AsyncClient(verify=trusting, http2=server.is_http2) as client:
        await async_together(50, get)


def test_client_goes_through_a_proxy(
    proxy: str, python: Server, hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    with httpx.Client(verify=trusting, http2=True, proxy=proxy) as client:
        assert client.get(f"{python.url}/").content == HELLO
        response = client.get(f"{hypercorn_http2.url}/")
        assert response.content == HELLO
        assert response.http_version == "HTTP/2"


async def test_async_client_goes_through_a_proxy(
    proxy: str, python: Server, hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    async with httpx.AsyncClient(verify=trusting, http2=True, proxy=proxy) as client:
        assert (await client.get(f"{python.url}/")).content == HELLO
        response = await client.get(f"{hypercorn_http2.url}/")
        assert response.content == HELLO
        assert response.http_version == "HTTP/2"


def test_failures_are_httpx_exceptions_of_the_same_name(
    python: Server, nginx_tls: Server, dead_port: int, strict_proxy: str
) -> None:
    with httpx.Client(timeout=0.2) as client:
        with pytest.raises(httpx.ConnectError, match=r"127\.0\.0\.1"):
            client.get(f"http://127.0.0.1:{dead_port}/")
        with pytest.raises(httpx.ReadTimeout):
            client.get(f"{python.url}/never")
    with httpx.Client() as client, pytest.raises(httpx.ConnectError, match="certificate"):
        client.get(f"{nginx_tls.url}/")
    with httpx.Client(proxy=strict_proxy) as client, pytest.raises(httpx.ProxyError, match="407"):
        client.get(f"{nginx_tls.url}/")


async def test_async_failures_are_httpx_exceptions_of_the_same_name(
    python: Server, dead_port: int
) -> None:
    async with httpx.AsyncClient(timeout=0.2) as client:
        with pytest.raises(httpx.ConnectError, match=r"127\.0\.0\.1"):
            await client.get(f"http://127.0.0.1:{dead_port}/")
        with pytest.raises(httpx.ReadTimeout):
            await client.get(f"{python.url}/never")


def test_limits_and_retries_reach_the_pool(python: Server, certificates: Certificates) -> None:
    transport = httpx.HTTPTransport(
        retries=1, limits=httpx.Limits(max_connections=1, max_keepalive_connections=0)
    )
    with httpx.Client(transport=transport, timeout=httpx.Timeout(5.0, pool=0.05)) as client:
        with client.stream("GET", f"{python.url}/large"), pytest.raises(httpx.PoolTimeout):
            client.get(f"{python.url}/")
        assert client.get(f"{python.url}/").content == HELLO
