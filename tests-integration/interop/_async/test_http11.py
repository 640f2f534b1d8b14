"""HTTP/1.1 with other people's servers."""

import hashlib
import ssl

from ..._async.pools import async_pool_for
from ...servers import Server
from ..abilities import over_http11
from ..content import HELLO, HINT, LARGE, PIECES, digest
from .callers import NOT_FOR_EVER, AsyncListener, AsyncPiecewise, field

CHUNKED = {"Transfer-Encoding": "chunked"}


@over_http11("keep-alive")
async def test_fifty_requests_need_one_connection(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        for number in range(1, 51):
            response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
            assert response.content == HELLO
            assert response.extensions["http_version"] == b"HTTP/1.1"
            assert len(pool.connections) == 1
            assert f"IDLE, Request Count: {number}" in pool.connections[0].info()


@over_http11("chunks")
async def test_chunked_response_arrives_whole_and_the_connection_goes_on(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting) as pool:
        for _ in range(3):
            response = await pool.request(
                "GET", f"{server.url}/app/chunks", extensions=NOT_FOR_EVER
            )
            assert response.content == PIECES
            assert field(response, b"transfer-encoding") == b"chunked"
            assert field(response, b"content-length") is None
        assert "IDLE, Request Count: 3" in pool.connections[0].info()


@over_http11("chunks")
async def test_chunked_request_arrives_whole_and_the_connection_goes_on(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting) as pool:
        for size in (1, 100, 100_000):
            response = await pool.request(
                "POST",
                f"{server.url}/app/echo",
                headers=CHUNKED,
                content=AsyncPiecewise(PIECES[:10_000], size),
                extensions=NOT_FOR_EVER,
            )
            assert response.status == 200
            assert response.content == PIECES[:10_000]
        assert "IDLE, Request Count: 3" in pool.connections[0].info()


@over_http11("100-continue")
async def test_content_is_sent_when_the_server_asks_for_it(
    server: Server, trusting: ssl.SSLContext
) -> None:
    listener = AsyncListener()
    async with async_pool_for(server, trusting) as pool:
        for headers in ({"Content-Length": "10000"}, CHUNKED):
            response = await pool.request(
                "POST",
                f"{server.url}/app/digest",
                headers={"Expect": "100-continue", **headers},
                content=AsyncPiecewise(PIECES[:10_000]),
                extensions={**NOT_FOR_EVER, "informational": listener},
            )
            assert response.status == 200
            assert response.content == digest(PIECES[:10_000])
        response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
        assert response.content == HELLO
    # Some say it twice: once themselves, and once more for the server behind them.
    assert [status for status, _ in listener.heard][:2] == [100, 100]


@over_http11("refusal before content")
async def test_content_that_the_server_refuses_is_not_sent(
    server: Server, trusting: ssl.SSLContext
) -> None:
    listener = AsyncListener()
    content = AsyncPiecewise(PIECES[:10_000])
    async with async_pool_for(server, trusting) as pool:
        response = await pool.request(
            "POST",
            f"{server.url}/app/refuse",
            headers={"Expect": "100-continue", "Content-Length": "10000"},
            content=content,
            extensions={**NOT_FOR_EVER, "informational": listener},
        )
        assert response.status == 413
        assert listener.heard == []
        assert not content.was_read
        # The server waits for content that never comes, so this connection is of no use any more.
        assert pool.connections == []
        response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
        assert response.content == HELLO


@over_http11("trailers")
async def test_trailers_follow_the_content(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        for number in (1, 2):
            response = await pool.request(
                "GET",
                f"{server.url}/app/trailers",
                headers={"TE": "trailers", "Connection": "TE"},
                extensions=NOT_FOR_EVER,
            )
            assert response.content == PIECES
            trailers = response.extensions["trailers"]
            assert [name.lower() for name, _ in trailers] == [b"checksum"]
            assert f"IDLE, Request Count: {number}" in pool.connections[0].info()


@over_http11("trailers of requests")
async def test_trailers_of_a_request_are_taken(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        for _ in range(2):
            response = await pool.request(
                "POST",
                f"{server.url}/app/digest",
                headers={**CHUNKED, "Trailer": "checksum"},
                content=AsyncPiecewise(PIECES),
                extensions={**NOT_FOR_EVER, "trailers": [(b"checksum", b"of the client")]},
            )
            assert response.content == digest(PIECES)
        assert "IDLE, Request Count: 2" in pool.connections[0].info()


@over_http11("trailers to the application")
async def test_trailers_of_a_request_reach_the_application(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting) as pool:
        response = await pool.request(
            "POST",
            f"{server.url}/app/digest",
            headers={**CHUNKED, "Trailer": "checksum"},
            content=AsyncPiecewise(PIECES),
            extensions={**NOT_FOR_EVER, "trailers": lambda: [(b"checksum", b"of the client")]},
        )
    assert response.content == digest(PIECES)
    assert field(response, b"request-trailer") == b"of the client"


@over_http11("early hints")
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
        assert "IDLE, Request Count: 2" in pool.connections[0].info()
    assert listener.heard == [(103, [HINT])] * 2


@over_http11("HEAD")
async def test_head_has_the_fields_of_get_and_no_content(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting) as pool:
        for path, length in (("/", len(HELLO)), ("/large", len(LARGE)), ("/app/chunks", None)):
            response = await pool.request("HEAD", f"{server.url}{path}", extensions=NOT_FOR_EVER)
            assert response.status == 200
            assert response.content == b""
            if length is not None:
                assert field(response, b"content-length") == str(length).encode()
        assert "IDLE, Request Count: 3" in pool.connections[0].info()


@over_http11("304")
async def test_not_modified_has_no_content(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
        tag = field(response, b"etag")
        assert tag is not None
        for _ in range(2):
            response = await pool.request(
                "GET",
                f"{server.url}/",
                headers={"If-None-Match": tag.decode()},
                extensions=NOT_FOR_EVER,
            )
            assert response.status == 304
            assert response.content == b""
        response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
        assert response.content == HELLO
        assert "IDLE, Request Count: 4" in pool.connections[0].info()


@over_http11("10 MB")
async def test_ten_megabytes_come_down_unchanged(server: Server, trusting: ssl.SSLContext) -> None:
    checksum = hashlib.sha256()
    async with async_pool_for(server, trusting) as pool:
        async with pool.stream("GET", f"{server.url}/large", extensions=NOT_FOR_EVER) as response:
            async for piece in response.aiter_stream():
                checksum.update(piece)
        assert checksum.digest() == hashlib.sha256(LARGE).digest()
        assert "IDLE, Request Count: 1" in pool.connections[0].info()


@over_http11("10 MB")
async def test_ten_megabytes_go_up_unchanged(server: Server, trusting: ssl.SSLContext) -> None:
    async with async_pool_for(server, trusting) as pool:
        for headers, content in (
            ({}, LARGE),
            ({"Content-Length": str(len(LARGE))}, AsyncPiecewise(LARGE, 300_000)),
            (CHUNKED, AsyncPiecewise(LARGE, 300_000)),
        ):
            response = await pool.request(
                "POST",
                f"{server.url}/app/digest",
                headers=headers,
                content=content,
                extensions=NOT_FOR_EVER,
            )
            assert response.status == 200
            assert response.content == digest(LARGE)
        assert "IDLE, Request Count: 3" in pool.connections[0].info()


@over_http11("early close")
async def test_response_that_is_closed_early_costs_a_connection_and_nothing_else(
    server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(server, trusting, max_connections=1) as pool:
        for _ in range(3):
            async with pool.stream(
                "GET", f"{server.url}/large", extensions=NOT_FOR_EVER
            ) as response:
                async for piece in response.aiter_stream():
                    assert LARGE.startswith(piece)
                    break
            response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
            assert response.content == HELLO
            assert "IDLE, Request Count: 1" in pool.connections[0].info()
