"""HTTP/2 with other people's servers."""

import hashlib
import ssl
from collections.abc import AsyncIterator

import pytest

from ..._async.pools import async_pool_for
from ...crowds import async_together
from ...servers import Server
from ..abilities import over_http2
from ..content import HELLO, HINT, LARGE, PIECES, digest
from ..gatherings import AsyncGathering
from .callers import NOT_FOR_EVER, AsyncListener, AsyncPiecewise, field

STREAMS = 100


@over_http2("GET")
async def test_fifty_requests_need_one_connection(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        for number in range(1, 51):
            response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
            assert response.status == 200
            assert response.content == HELLO
            assert response.extensions["http_version"] == b"HTTP/2"
            assert response.extensions["stream_id"] == 2 * number - 1
            assert f"HTTP/2, IDLE, Request Count: {number}" in pool.connections[0].info()
        assert len(pool.connections) == 1


@over_http2("POST")
async def test_content_comes_back(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        for content in (PIECES[:10_000], AsyncPiecewise(PIECES[:10_000], 100)):
            response = await pool.request(
                "POST",
                f"{server.url}/app/echo",
                headers={"Content-Length": "10000"},
                content=content,
                extensions=NOT_FOR_EVER,
            )
            assert response.status == 200
            assert response.content == PIECES[:10_000]
        response = await pool.request(
            "POST",
            f"{server.url}/app/echo",
            headers={"Transfer-Encoding": "chunked"},
            content=AsyncPiecewise(PIECES[:10_000], 3000),
            extensions=NOT_FOR_EVER,
        )
        assert response.content == PIECES[:10_000]
        assert "HTTP/2, IDLE, Request Count: 3" in pool.connections[0].info()


@over_http2("HEAD")
async def test_head_has_the_fields_of_get_and_no_content(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting) as pool:
        for path, length in (("/", len(HELLO)), ("/large", len(LARGE))):
            response = await pool.request("HEAD", f"{server.url}{path}", extensions=NOT_FOR_EVER)
            assert response.status == 200
            assert response.content == b""
            assert field(response, b"content-length") == str(length).encode()
        assert "HTTP/2, IDLE, Request Count: 2" in pool.connections[0].info()


@over_http2("304")
async def test_not_modified_has_no_content(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
        tag, date = field(response, b"etag"), field(response, b"last-modified")
        headers = {"If-None-Match": tag} if tag else {"If-Modified-Since": date or b"?"}
        for _ in range(2):
            response = await pool.request(
                "GET",
                f"{server.url}/",
                headers=[(name.encode(), value) for name, value in headers.items()],
                extensions=NOT_FOR_EVER,
            )
            assert response.status == 304
            assert response.content == b""
        assert "HTTP/2, IDLE, Request Count: 3" in pool.connections[0].info()


@over_http2("10 MB")
async def test_ten_megabytes_come_down_unchanged(server: Server, trusting: ssl.SSLContext) -> None:
    checksum = hashlib.sha256()
    async with async_pool_for(server, trusting) as pool:
        async with pool.stream("GET", f"{server.url}/large", extensions=NOT_FOR_EVER) as response:
            async for piece in response.aiter_stream():
                checksum.update(piece)
        assert checksum.digest() == hashlib.sha256(LARGE).digest()
        assert "HTTP/2, IDLE, Request Count: 1" in pool.connections[0].info()


@over_http2("10 MB")
@pytest.mark.parametrize("size", [len(LARGE), 300_000], ids=["whole", "in-pieces"])
async def test_ten_megabytes_go_up_unchanged(
    server: Server, trusting: ssl.SSLContext, size: int
) -> None:
    content = LARGE if size == len(LARGE) else AsyncPiecewise(LARGE, size)
    async with async_pool_for(server, trusting) as pool:
        response = await pool.request(
            "POST",
            f"{server.url}/app/digest",
            headers={"Content-Length": str(len(LARGE))},
            content=content,
            extensions=NOT_FOR_EVER,
        )
        assert response.status == 200
        # nghttpd knows no digests and sends back what it got.
        assert response.content in (digest(LARGE), LARGE)
        assert "HTTP/2, IDLE, Request Count: 1" in pool.connections[0].info()


@over_http2("streams")
async def test_hundred_streams_are_open_at_the_same_time(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async def halves(content: bytes) -> AsyncIterator[bytes]:
        yield content[:300]
        # Nobody goes on before the last stream was opened.
        await gathering.arrive()
        yield content[300:]

    async def post(number: int) -> None:
        content = b"%d," % number * 300
        response = await pool.request(
            "POST",
            f"{server.url}/app/echo",
            headers={"Content-Length": str(len(content))},
            content=halves(content),
            extensions=NOT_FOR_EVER,
        )
        assert response.status == 200
        assert response.content == content
        streams.add(response.extensions["stream_id"])

    gathering = AsyncGathering(STREAMS)
    streams: set[int] = set()
    async with async_pool_for(server, trusting, max_connections=1) as pool:
        # By its answer the server's own limit is known, which may be lower than what is assumed before.
        await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
        await async_together(STREAMS, post)
        assert len(streams) == STREAMS
        assert f"HTTP/2, IDLE, Request Count: {STREAMS + 1}" in pool.connections[0].info()


@over_http2("trailers over HTTP/2")
async def test_trailers_follow_the_content(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        for _ in range(2):
            response = await pool.request(
                "GET",
                f"{server.url}/app/trailers",
                headers={"TE": "trailers"},
                extensions=NOT_FOR_EVER,
            )
            assert response.content == PIECES
            trailers = response.extensions["trailers"]
            assert [name for name, _ in trailers] == [b"checksum"]
        assert "HTTP/2, IDLE, Request Count: 2" in pool.connections[0].info()


@over_http2("trailers of requests over HTTP/2")
async def test_trailers_of_a_request_are_taken(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        for _ in range(2):
            response = await pool.request(
                "POST",
                f"{server.url}/app/digest",
                content=PIECES,
                extensions={**NOT_FOR_EVER, "trailers": [(b"checksum", b"of the client")]},
            )
            assert response.status == 200
            assert response.content in (digest(PIECES), PIECES)
        assert "HTTP/2, IDLE, Request Count: 2" in pool.connections[0].info()


@over_http2("trailers to the application")
async def test_trailers_of_a_request_reach_the_application(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting) as pool:
        response = await pool.request(
            "POST",
            f"{server.url}/app/digest",
            # Of known length, HAProxy would pass it on with a Content-Length, and HTTP/1.1 has no trailers then.
            headers={"Transfer-Encoding": "chunked", "Trailer": "checksum"},
            content=AsyncPiecewise(PIECES),
            extensions={**NOT_FOR_EVER, "trailers": lambda: [(b"checksum", b"of the client")]},
        )
    assert response.content == digest(PIECES)
    assert field(response, b"request-trailer") == b"of the client"


@over_http2("early hints over HTTP/2")
async def test_early_hints_come_before_the_response(
    server: Server, trusting: ssl.SSLContext
) -> None:
    listener = AsyncListener()
    async with async_pool_for(server, trusting) as pool:
        for _ in range(2):
            response = await pool.request(
                "GET",
                f"{server.url}/app/hints",
                extensions={**NOT_FOR_EVER, "informational": listener},
            )
            assert response.status == 200
            assert response.content == b"hinted\n"
        assert "HTTP/2, IDLE, Request Count: 2" in pool.connections[0].info()
    assert listener.heard == [(103, [HINT])] * 2


@over_http2("early close")
async def test_response_that_is_closed_early_costs_nothing(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting, max_connections=1) as pool:
        for number in range(3):
            async with pool.stream(
                "GET", f"{server.url}/large", extensions=NOT_FOR_EVER
            ) as response:
                async for piece in response.aiter_stream():
                    assert LARGE.startswith(piece)
                    break
            response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
            assert response.content == HELLO
            assert f"IDLE, Request Count: {2 * number + 2}" in pool.connections[0].info()
