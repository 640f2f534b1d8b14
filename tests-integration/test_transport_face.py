"""The transport face with real servers: both classes, since for threads it is not the twin of the other."""

import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

import httpcore

from .servers import HELLO, Server

BODY = b"some bytes " * 1000
LIMITS = {"timeout": {"connect": 10.0, "read": 10.0, "write": 10.0, "pool": 10.0}}


def place(server: Server, target: bytes) -> tuple[bytes, bytes, int, bytes]:
    scheme, _, rest = server.url.partition("://")
    return (scheme.encode(), rest.partition(":")[0].encode(), server.port, target)


def fields(server: Server, *more: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return [(b"Host", server.url.partition("://")[2].encode()), *more]


def pieces() -> Iterator[bytes]:
    for start in range(0, len(BODY), 100):
        yield BODY[start : start + 100]


async def async_pieces() -> AsyncIterator[bytes]:
    for piece in pieces():
        yield piece


CHUNKED = (b"Transfer-Encoding", b"chunked")
KNOWN = (b"Content-Length", b"%d" % len(BODY))


def check(server: Server, ext: dict[str, Any]) -> None:
    assert ext["http_version"] == server.http_version.decode()
    # HTTP/2 has none, and in HTTP/1.1 it may be empty.
    assert ext["reason"] == "" if server.is_http2 else ext["reason"] in ("OK", "")


async def test_arequest_gets(server: Server, trusting: ssl.SSLContext) -> None:
    async with httpcore.AsyncConnectionPool(
        ssl_context=trusting, http2=server.is_http2, max_keepalive_connections=5
    ) as pool:
        status, _, stream, ext = await pool.arequest(
            b"GET", place(server, b"/"), fields(server), ext=dict(LIMITS)
        )
        assert status == 200
        check(server, ext)
        assert b"".join([piece async for piece in stream]) == HELLO
        await stream.aclose()
        info = await pool.get_connection_info()
    assert [len(connections) for connections in info.values()] == [1]


@pytest.mark.parametrize("framing", [CHUNKED, KNOWN], ids=["streamed", "known"])
async def test_arequest_posts(
    server: Server, trusting: ssl.SSLContext, framing: tuple[bytes, bytes]
) -> None:
    body: httpcore.AsyncByteStream = (
        httpcore.PlainByteStream(BODY)
        if framing is KNOWN
        else httpcore.AsyncIteratorByteStream(async_pieces())
    )
    async with httpcore.AsyncConnectionPool(ssl_context=trusting, http2=server.is_http2) as pool:
        status, _, stream, _ = await pool.arequest(
            b"POST", place(server, b"/echo"), fields(server, framing), body
        )
        assert status == 200
        async with stream:
            assert b"".join([piece async for piece in stream]) == BODY


def test_request_gets(server: Server, trusting: ssl.SSLContext) -> None:
    with httpcore.SyncConnectionPool(
        ssl_context=trusting, http2=server.is_http2, max_keepalive_connections=5
    ) as pool:
        status, _, stream, ext = pool.request(
            b"GET", place(server, b"/"), fields(server), ext=dict(LIMITS)
        )
        assert status == 200
        check(server, ext)
        assert b"".join(stream) == HELLO
        stream.close()
        info = pool.get_connection_info()
    assert [len(connections) for connections in info.values()] == [1]


@pytest.mark.parametrize("framing", [CHUNKED, KNOWN], ids=["streamed", "known"])
def test_request_posts(
    server: Server, trusting: ssl.SSLContext, framing: tuple[bytes, bytes]
) -> None:
    body: httpcore.SyncByteStream = (
        httpcore.PlainByteStream(BODY)
        if framing is KNOWN
        else httpcore.IteratorByteStream(pieces())
    )
    with httpcore.SyncConnectionPool(ssl_context=trusting, http2=server.is_http2) as pool:
        status, _, stream, _ = pool.request(
            b"POST", place(server, b"/echo"), fields(server, framing), body
        )
        assert status == 200
        with stream:
            assert b"".join(stream) == BODY


def address(proxy: str) -> tuple[bytes, bytes, int, bytes]:
    host, _, port = proxy.partition("://")[2].partition(":")
    return (b"http", host.encode(), int(port), b"/")


async def test_async_proxy_forwards_and_tunnels(
    proxy: str, python: Server, hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncHTTPProxy(
        address(proxy), ssl_context=trusting, http2=True, proxy_mode="DEFAULT"
    ) as pool:
        for server in (python, hypercorn_http2):
            status, _, stream, ext = await pool.arequest(
                b"GET", place(server, b"/"), fields(server)
            )
            assert status == 200
            check(server, ext)
            assert b"".join([piece async for piece in stream]) == HELLO


def test_sync_proxy_forwards_and_tunnels(
    proxy: str, python: Server, hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    with httpcore.SyncHTTPProxy(
        address(proxy), ssl_context=trusting, http2=True, proxy_mode="DEFAULT"
    ) as pool:
        for server in (python, hypercorn_http2):
            status, _, stream, ext = pool.request(b"GET", place(server, b"/"), fields(server))
            assert status == 200
            check(server, ext)
            assert b"".join(stream) == HELLO


def test_tunnel_can_be_asked_for_also_without_tls(proxy: str, python: Server) -> None:
    with httpcore.SyncHTTPProxy(address(proxy), proxy_mode="TUNNEL_ONLY") as pool:
        status, _, stream, _ = pool.request(b"GET", place(python, b"/"), fields(python))
        assert (status, b"".join(stream)) == (200, HELLO)


def test_text_where_bytes_are_needed_is_refused(python: Server) -> None:
    with httpcore.SyncConnectionPool() as pool:
        with pytest.raises(TypeError, match="bytes"):
            pool.request("GET", place(python, b"/"), fields(python))  # type: ignore[arg-type]  # the point
        status, _, stream, _ = pool.request(b"GET", place(python, b"/"), fields(python))
        assert (status, b"".join(stream)) == (200, HELLO)
