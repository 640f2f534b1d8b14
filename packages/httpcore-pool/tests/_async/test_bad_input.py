"""What cannot be is refused with an error that says what was given and what is expected; the pool is as before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from httpcore_interfaces import (
    URL,
    AsyncIteratorByteStream,
    LocalProtocolError,
    Request,
    StreamClosed,
    StreamConsumed,
    UnsupportedProtocol,
)
from httpcore_pool import AsyncConnectionPool, AsyncHTTPConnection

from .lines import async_get, async_greeting_network

if TYPE_CHECKING:
    from httpcore_interfaces.testing import AsyncScriptedBackend


def a_pool() -> tuple[AsyncConnectionPool, AsyncScriptedBackend]:
    network = async_greeting_network()
    return AsyncConnectionPool(max_connections=1, network_backend=network), network


async def async_require_as_before(pool: AsyncConnectionPool, network: AsyncScriptedBackend) -> None:
    """Nothing was connected for what was refused, and the pool's one slot is free."""
    assert network.connects == []
    assert repr(pool).endswith("[Requests: 0 active, 0 queued | Connections: 0 active, 0 idle]>")
    assert await async_get(pool, pool=0.0) == b"hello"
    await pool.aclose()


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("/path", UnsupportedProtocol, r"missing an 'http://' or 'https://' protocol"),
        ("example.com", UnsupportedProtocol, r"missing an 'http://' or 'https://' protocol"),
        ("ftp://a/", UnsupportedProtocol, r"unsupported protocol 'ftp://'"),
        ("", UnsupportedProtocol, r"missing an 'http://' or 'https://' protocol"),
        ("ftp://a b/", UnsupportedProtocol, r"unsupported protocol 'ftp://'"),
        ("socks5://a/", UnsupportedProtocol, r"unsupported protocol 'socks5://'"),
        ("http:///path", LocalProtocolError, r"has no host: URL\(scheme=b'http', host=b''"),
        ("http://a b/", LocalProtocolError, r"the host b'a b' has illegal bytes"),
        ("http://a/b c", LocalProtocolError, r"illegal byte b' ' at offset 2"),
        ("http://a/\r\nX: y", LocalProtocolError, r"illegal byte b'\\r' at offset 1"),
        ("http://a:65536/", ValueError, r"0 to 65535, but got 65536"),
        ("http://a:-1/", ValueError, r"0 to 65535, but the URL has b'-1'"),
        ("http://a:port/", ValueError, r"0 to 65535, but the URL has b'port'"),
        ("http://\xe9/", TypeError, r"may not include unicode"),
        (7, TypeError, r"url must be a URL, bytes, or str, but got int"),
        (None, TypeError, r"but got NoneType"),
    ],
)
async def test_bad_url(url: Any, error: type[Exception], message: str) -> None:
    pool, network = a_pool()
    with pytest.raises(error, match=message):
        await pool.request("GET", url)
    await async_require_as_before(pool, network)


async def test_bad_url_given_in_parts() -> None:
    pool, network = a_pool()
    for url, error in (
        (URL(scheme="", host="a", port=80, target="/"), UnsupportedProtocol),
        (URL(scheme="gopher", host="a", port=70, target="/"), UnsupportedProtocol),
        (URL(scheme="gopher", host="a", target=""), UnsupportedProtocol),
        (URL(), UnsupportedProtocol),
        (URL(scheme="https", host="", target="/"), LocalProtocolError),
        (URL(scheme="https", host="a", target=""), LocalProtocolError),
        (URL(scheme="https", host=b"\xff", target="/"), LocalProtocolError),
        (URL(scheme="http", host="a", port=65536, target="/"), LocalProtocolError),
        (URL(scheme="http", host="a", port=-1, target="/"), LocalProtocolError),
    ):
        with pytest.raises(error):
            await pool.handle_async_request(Request("GET", url))
    await async_require_as_before(pool, network)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"X\r\n", b"y"),
        (b"X\n", b"y"),
        (b"X\0", b"y"),
        (b"", b"y"),
        (b"X Y", b"y"),
        (b"X:", b"y"),
        (b"X", b"y\r\nZ: z"),
        (b"X", b"y\n"),
        (b"X", b"y\r"),
        (b"X", b"y\0z"),
        (b"X", b" y"),
    ],
)
async def test_bad_field(name: bytes, value: bytes) -> None:
    pool, network = a_pool()
    with pytest.raises(LocalProtocolError, match="header"):
        await pool.request("GET", "http://a/", headers=[(name, value)])
    await async_require_as_before(pool, network)


@pytest.mark.parametrize("method", ["", "GE T", "GET\r\n", "G\0"])
async def test_bad_method(method: str) -> None:
    pool, network = a_pool()
    with pytest.raises(LocalProtocolError, match="method"):
        await pool.request(method, "http://a/")
    await async_require_as_before(pool, network)


@pytest.mark.parametrize(
    "arguments",
    [
        {"method": 7},
        {"method": None},
        {"headers": 7},
        {"headers": "X: y"},
        {"headers": ["X: y"]},
        {"headers": {"X": 7}},
        {"headers": {7: "y"}},
        {"content": "text"},
        {"content": 7},
        {"content": bytearray(b"bytes")},
        {"extensions": 7},
        {"extensions": {"timeout": 5.0}},
        {"extensions": {"timeout": {"connect": "5"}}},
        {"extensions": {"timeout": {"read": True}}},
        {"extensions": {"target": 7}},
        {"extensions": {"sni_hostname": ["a"]}},
    ],
    ids=repr,
)
async def test_wrong_types(arguments: dict[str, Any]) -> None:
    pool, network = a_pool()
    with pytest.raises(TypeError):
        await pool.request(**{"method": "GET", "url": "http://a/", **arguments})
    await async_require_as_before(pool, network)


@pytest.mark.parametrize("name", ["connect", "read", "write", "pool", "total"])
async def test_bad_timeout(name: str) -> None:
    pool, network = a_pool()
    for value in (-1, -0.001, float("nan")):
        with pytest.raises(ValueError, match=f"the {name} timeout must not be negative or NaN"):
            await pool.request("GET", "http://a/", extensions={"timeout": {name: value}})
    await async_require_as_before(pool, network)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"max_connections": 0}, ValueError, "max_connections must be at least 1, or None for no"),
        ({"max_connections": -1}, ValueError, "but got -1"),
        ({"max_connections": 1.5}, TypeError, "max_connections must be int or None, but got float"),
        ({"max_connections": True}, TypeError, "but got bool"),
        ({"max_keepalive_connections": -1}, ValueError, "must be at least 0, or None for no limit"),
        ({"max_keepalive_connections": "1"}, TypeError, "but got str"),
        ({"keepalive_expiry": -1}, ValueError, "keepalive_expiry must not be negative or NaN"),
        ({"keepalive_expiry": float("nan")}, ValueError, "but got nan"),
        ({"keepalive_expiry": "5"}, TypeError, "must be a number of seconds or None, but got str"),
        ({"keepalive_expiry": True}, TypeError, "but got bool"),
        ({"retries": -1}, ValueError, "retries must not be negative, but got -1"),
        ({"retries": None}, TypeError, "retries must be int, but got NoneType"),
        ({"retries": True}, TypeError, "retries must be int, but got bool"),
        ({"http1": False}, ValueError, "http1 and http2 are both off"),
        ({"socket_options": 7}, TypeError, "int"),
    ],
    ids=repr,
)
def test_bad_limits_of_a_pool(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        AsyncConnectionPool(**arguments)


def test_bad_limits_of_a_connection() -> None:
    origin = URL("http://a/").origin
    with pytest.raises(ValueError, match="retries must not be negative"):
        AsyncHTTPConnection(origin, retries=-1)
    with pytest.raises(ValueError, match="keepalive_expiry must not be negative"):
        AsyncHTTPConnection(origin, keepalive_expiry=-1.0)
    with pytest.raises(ValueError, match="both off"):
        AsyncHTTPConnection(origin, http1=False)


async def test_content_that_was_sent_already() -> None:
    pool, _ = a_pool()
    content = AsyncIteratorByteStream(Once([b"a"]))
    await pool.request("POST", "http://a/", content=content)
    with pytest.raises(StreamConsumed):
        await pool.request("POST", "http://a/", content=content)
    assert await async_get(pool, pool=0.0) == b"hello"
    await pool.aclose()


async def test_response_that_was_read_already() -> None:
    pool, _ = a_pool()
    async with pool.stream("GET", "http://a/") as response:
        assert await response.aread() == b"hello"
        with pytest.raises(RuntimeError, match="more than once"):
            response.aiter_stream()
    assert await async_get(pool, pool=0.0) == b"hello"
    await pool.aclose()


async def test_response_that_was_closed() -> None:
    pool, _ = a_pool()
    response = await pool.handle_async_request(Request("GET", "http://a/"))
    chunks = response.aiter_stream()
    await response.aclose()
    with pytest.raises(StreamClosed):
        await response.aread()
    with pytest.raises(StreamClosed):
        await anext(chunks)
    await response.aclose()
    assert await async_get(pool, pool=0.0) == b"hello"
    await pool.aclose()


async def test_server_name_that_is_no_ascii_frees_its_slot() -> None:
    pool, network = a_pool()
    with pytest.raises(ValueError, match="ascii"):
        await pool.request("GET", "https://a/", extensions={"sni_hostname": b"\xff"})
    await async_require_as_before(pool, network)


class Once:
    """What can be iterated once."""

    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    def __aiter__(self) -> Once:
        return self

    async def __anext__(self) -> bytes:
        if not self._chunks:
            raise StopAsyncIteration
        return self._chunks.pop(0)
