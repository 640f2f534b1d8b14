"""Backends that were written for httpcore 1.x carry everything, on every way."""

import ssl

import pytest

import httpcore

from ...servers import HELLO, LARGE, Server
from ..other_backends import async_other_backend

NOT_FOR_EVER = {"timeout": {"pool": 20.0, "connect": 20.0, "read": 20.0, "write": 20.0}}


async def test_plain_and_secure_requests(
    python: Server, hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(
        ssl_context=trusting, http2=True, network_backend=async_other_backend()
    ) as pool:
        for server in (python, hypercorn_http2):
            for _ in range(2):
                response = await pool.request("GET", f"{server.url}/large", extensions=NOT_FOR_EVER)
                assert response.content == LARGE
                assert response.extensions["http_version"] == server.http_version
        assert len(pool.connections) == 2


# A stream of another make need not know TLS in TLS: those of httpcore 1.x do not.
@pytest.mark.parametrize("route", ["direct", "tunnel", "SOCKS"], indirect=True)
async def test_every_way_to_a_secure_server(
    route: list[httpcore.Proxy], hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(
        ssl_context=trusting, proxy=route, http2=True, network_backend=async_other_backend()
    ) as pool:
        response = await pool.request("GET", f"{hypercorn_http2.url}/", extensions=NOT_FOR_EVER)
        assert response.content == HELLO
        assert response.extensions["http_version"] == b"HTTP/2"


async def test_one_context_for_pools_of_both_protocols(
    hypercorn_http2: Server, trusting: ssl.SSLContext
) -> None:
    for http2 in (False, True, False):
        async with httpcore.AsyncConnectionPool(
            ssl_context=trusting, http2=http2, network_backend=async_other_backend()
        ) as pool:
            response = await pool.request("GET", f"{hypercorn_http2.url}/", extensions=NOT_FOR_EVER)
            version = b"HTTP/2" if http2 else b"HTTP/1.1"
            assert response.extensions["http_version"] == version


async def test_errors_are_those_that_the_backend_raises(
    dead_port: int, mute_port: int, python: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(
        ssl_context=trusting, retries=1, network_backend=async_other_backend()
    ) as pool:
        for url, limits, kind in (
            (f"http://127.0.0.1:{dead_port}/", {}, httpcore.ConnectError),
            (f"https://127.0.0.1:{python.port}/", {}, httpcore.ConnectError),
            (f"https://127.0.0.1:{mute_port}/", {"connect": 0.1}, httpcore.ConnectTimeout),
            (f"http://127.0.0.1:{mute_port}/", {"read": 0.1}, httpcore.ReadTimeout),
        ):
            with pytest.raises(kind):
                await pool.request("GET", url, extensions={"timeout": limits})
            assert pool.connections == []
