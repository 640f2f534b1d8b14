"""What a pool is told about HTTP/1.1 reaches its connections, and those to proxies."""

import pytest

import httpcore
from httpcore_http11 import Limits
from httpcore_interfaces.testing import STALL, TURN, AsyncScriptedBackend, AsyncScriptedStream

HEAD = b"HTTP/1.1 200 OK\r\nX-Bad: a\x00b\r\nX-Good: c\r\nContent-Length: 5\r\n\r\nhello"


async def test_limits_hold() -> None:
    network = AsyncScriptedBackend([AsyncScriptedStream([TURN, HEAD.replace(b"\x00", b""), STALL])])
    async with httpcore.AsyncConnectionPool(
        network_backend=network, http11_limits=Limits(head_bytes=30)
    ) as pool:
        with pytest.raises(httpcore.RemoteProtocolError, match="the limit head_bytes is 30"):
            await pool.request("GET", "http://a.example/")
        assert pool.connections == []


async def test_limits_hold_for_a_proxy() -> None:
    answer = b"HTTP/1.1 200 Connected\r\nVia: a-proxy-of-many-words\r\n\r\n"
    network = AsyncScriptedBackend([AsyncScriptedStream([TURN, answer, STALL])])
    async with httpcore.AsyncConnectionPool(
        proxy=httpcore.Proxy("http://proxy.example"),
        network_backend=network,
        http11_limits=Limits(head_bytes=30),
    ) as pool:
        with pytest.raises(httpcore.ProxyError, match="the limit head_bytes is 30"):
            await pool.request("GET", "https://a.example/")
        assert pool.connections == []


async def test_broken_values_are_left_out_when_that_is_asked_for() -> None:
    network = AsyncScriptedBackend(lambda _: AsyncScriptedStream([TURN, HEAD, STALL]))
    async with httpcore.AsyncConnectionPool(network_backend=network) as pool:
        with pytest.raises(httpcore.RemoteProtocolError, match="X-Bad"):
            await pool.request("GET", "http://a.example/")
    async with httpcore.AsyncConnectionPool(network_backend=network, http11_lenient=True) as pool:
        response = await pool.request("GET", "http://a.example/")
        assert response.content == b"hello"
        assert response.headers == [(b"X-Good", b"c"), (b"Content-Length", b"5")]
        assert response.extensions["skipped_fields"] == [b"X-Bad: a\x00b"]


async def test_an_answer_to_the_expectation_is_awaited_for_as_long_as_said() -> None:
    stream = AsyncScriptedStream([TURN, STALL])
    network = AsyncScriptedBackend([stream])
    async with httpcore.AsyncConnectionPool(network_backend=network, continue_timeout=7.5) as pool:
        with pytest.raises(httpcore.ReadTimeout):
            await pool.request(
                "POST",
                "http://a.example/",
                headers={"Expect": "100-continue"},
                content=b"hello",
                extensions={"timeout": {"read": 3.0}},
            )
    limits = [limit for name, limit in stream.operations if name == "read"]
    assert 7.0 < (limits[0] or 0.0) <= 7.5
    assert limits[1:] == [3.0]
    assert stream.written.endswith(b"\r\n\r\nhello")
