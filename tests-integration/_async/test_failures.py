"""What goes wrong with real servers: each failure has its class and its fields, and the pool is as before."""

import ssl
from collections.abc import AsyncIterator

import pytest

import httpcore

from ..servers import HELLO, Server
from .pools import async_pool_for


async def test_refused_connection_names_every_address(dead_port: int) -> None:
    async with httpcore.AsyncConnectionPool() as pool:
        with pytest.raises(httpcore.ConnectError, match=r"127\.0\.0\.1") as caught:
            await pool.request("GET", f"http://127.0.0.1:{dead_port}/")
        assert pool.connections == []
    assert [address for address, _ in caught.value.attempts] == [f"127.0.0.1:{dead_port}"]
    assert isinstance(caught.value.attempts[0][1], ConnectionRefusedError)
    assert caught.value.safe_to_retry


async def test_certificate_of_an_unknown_authority_is_refused(nginx_tls: Server) -> None:
    async with httpcore.AsyncConnectionPool() as pool:
        with pytest.raises(httpcore.ConnectError, match="certificate") as caught:
            await pool.request("GET", f"{nginx_tls.url}/")
        assert pool.connections == []
    assert caught.value.origin is not None
    assert caught.value.origin.host == b"localhost"


async def test_certificate_for_another_name_is_refused(
    nginx_tls: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(ssl_context=trusting) as pool:
        with pytest.raises(httpcore.ConnectError, match=r"other\.invalid"):
            await pool.request(
                "GET", f"{nginx_tls.url}/", extensions={"sni_hostname": "other.invalid"}
            )
        response = await pool.request(
            "GET", f"{nginx_tls.url}/", extensions={"sni_hostname": "www.example.com"}
        )
        assert response.content == HELLO


async def test_plain_http_on_a_tls_port_is_no_connection(
    nginx: Server, trusting: ssl.SSLContext
) -> None:
    async with httpcore.AsyncConnectionPool(ssl_context=trusting) as pool:
        with pytest.raises(httpcore.ConnectError, match="TLS"):
            await pool.request("GET", f"https://127.0.0.1:{nginx.port}/")
        assert pool.connections == []


async def test_connect_timeout_holds_for_a_handshake_that_is_not_answered(mute_port: int) -> None:
    async with httpcore.AsyncConnectionPool() as pool:
        with pytest.raises(httpcore.ConnectTimeout) as caught:
            await pool.request(
                "GET",
                f"https://127.0.0.1:{mute_port}/",
                extensions={"timeout": {"connect": 0.05}},
            )
        assert pool.connections == []
    assert caught.value.phase == "tls"
    assert caught.value.elapsed is not None
    assert caught.value.elapsed >= 0.04


async def test_write_timeout_holds_when_the_server_takes_nothing(mute_port: int) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(100_000)

    async with httpcore.AsyncConnectionPool() as pool:
        with pytest.raises(httpcore.WriteTimeout) as caught:
            await pool.request(
                "POST",
                f"http://127.0.0.1:{mute_port}/",
                content=endless(),
                extensions={"timeout": {"write": 0.05}},
            )
        assert pool.connections == []
    assert not caught.value.safe_to_retry


async def test_read_timeout_holds_for_the_head(
    slow_server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(slow_server, trusting, max_connections=1) as pool:
        for _ in range(3):
            with pytest.raises(httpcore.ReadTimeout) as caught:
                await pool.request(
                    "GET", f"{slow_server.url}/never", extensions={"timeout": {"read": 0.05}}
                )
            assert caught.value.method == "GET"
        response = await pool.request(
            "GET", f"{slow_server.url}/", extensions={"timeout": {"pool": 5.0, "read": 10.0}}
        )
        assert response.content == HELLO


async def test_read_timeout_holds_for_the_body(
    slow_server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(slow_server, trusting, max_connections=1) as pool:
        async with pool.stream(
            "GET", f"{slow_server.url}/drip", extensions={"timeout": {"read": 0.1}}
        ) as response:
            assert response.status == 200
            with pytest.raises(httpcore.ReadTimeout):
                await response.aread()
        response = await pool.request(
            "GET", f"{slow_server.url}/", extensions={"timeout": {"pool": 5.0, "read": 10.0}}
        )
        assert response.content == HELLO


async def test_total_timeout_ends_a_request_that_has_no_other(
    slow_server: Server, trusting: ssl.SSLContext
) -> None:
    async with async_pool_for(slow_server, trusting) as pool:
        with pytest.raises(
            httpcore.ReadTimeout,
            match=r"^total timeout: 0\.3 s .* raise the total timeout",
        ):
            await pool.request(
                "GET", f"{slow_server.url}/drip", extensions={"timeout": {"total": 0.3}}
            )
        response = await pool.request("GET", f"{slow_server.url}/")
        assert response.content == HELLO


async def test_pool_timeout_ends_the_wait_for_a_connection(python: Server) -> None:
    async with httpcore.AsyncConnectionPool(max_connections=1) as pool:
        async with pool.stream("GET", f"{python.url}/large") as response:
            with pytest.raises(httpcore.PoolTimeout) as caught:
                await pool.request("GET", f"{python.url}/", extensions={"timeout": {"pool": 0.05}})
            await response.aread()
        assert caught.value.limit == 0.05
        response = await pool.request(
            "GET", f"{python.url}/", extensions={"timeout": {"pool": 5.0}}
        )
        assert response.content == HELLO
        assert len(pool.connections) == 1


async def test_closed_pool_takes_no_request(python: Server) -> None:
    pool = httpcore.AsyncConnectionPool()
    async with pool:
        await pool.request("GET", f"{python.url}/")
    with pytest.raises(httpcore.PoolClosed):
        await pool.request("GET", f"{python.url}/")


async def test_request_that_cannot_be_sent_reaches_no_server(python: Server) -> None:
    async with httpcore.AsyncConnectionPool() as pool:
        with pytest.raises(httpcore.LocalProtocolError):
            await pool.request("GET", f"{python.url}/", headers={"a": "b\r\nc: d"})
        with pytest.raises(httpcore.UnsupportedProtocol):
            await pool.request("GET", "ftp://127.0.0.1/")
        assert pool.connections == []
