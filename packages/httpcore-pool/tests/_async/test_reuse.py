"""What becomes of a connection after its request."""

from __future__ import annotations

import pytest

from httpcore_interfaces import AsyncIteratorByteStream, ReadError, RemoteProtocolError
from httpcore_interfaces.testing import END, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool

from .lines import HELLO, LAST_HELLO, async_get, async_greeter, async_greeting_network, serve


async def test_connection_serves_one_request_after_another() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(network_backend=network) as pool:
        assert [await async_get(pool) for _ in range(3)] == [b"hello"] * 3
        assert len(network.connects) == 1
        assert network.streams[0].written == b"GET\t/\tHost: a\n\n" * 3
    assert network.streams[0].is_closed


async def test_each_origin_has_its_own_connection() -> None:
    network = async_greeting_network()
    urls = ["http://a/", "http://b/", "http://a:81/", "https://a/"]
    async with AsyncConnectionPool(network_backend=network) as pool:
        for url in urls * 2:
            assert await async_get(pool, url) == b"hello"
    assert [(connect.host, connect.port) for connect in network.connects] == [
        ("a", 80),
        ("b", 80),
        ("a", 81),
        ("a", 443),
    ]


async def test_default_port_is_the_same_origin_as_none() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(network_backend=network) as pool:
        for url in ("http://a/", "http://a:80/", "HTTP://A/x"):
            await async_get(pool, url)
    assert len(network.connects) == 1


async def test_each_server_name_has_its_own_connection() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(network_backend=network) as pool:
        for name in ("x", b"y", None):
            await pool.request("GET", "https://a/", extensions={"sni_hostname": name})
    names = [name for stream in network.streams for _, name in stream.handshakes]
    assert names == ["x", "y", "a"]


async def test_connection_whose_response_is_dropped_is_closed() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(network_backend=network) as pool:
        async with pool.stream("GET", "http://a/") as response:
            assert response.status == 200
        assert network.streams[0].is_closed
        assert pool.connections == []
        assert await async_get(pool) == b"hello"
    assert len(network.connects) == 2


async def test_connection_that_the_server_ends_is_closed_and_replaced() -> None:
    network = AsyncScriptedBackend([LAST_HELLO, HELLO])
    async with AsyncConnectionPool(network_backend=network) as pool:
        assert await async_get(pool) == b"hello"
        assert network.streams[0].is_closed
        assert await async_get(pool) == b"hello"


async def test_connection_that_failed_is_closed_and_its_error_explained() -> None:
    network = AsyncScriptedBackend([[ReadError("reset")], HELLO])
    async with AsyncConnectionPool(network_backend=network) as pool:
        with pytest.raises(
            ReadError,
            match=r"^reset \(GET http://a:80, new connection, 15 bytes sent, 0 bytes received\)$",
        ):
            await async_get(pool)
        assert network.streams[0].is_closed
        assert await async_get(pool) == b"hello"


async def test_failure_in_the_middle_of_a_body_closes_the_connection() -> None:
    network = AsyncScriptedBackend([[b"200 OK\n", b"hel", END]])
    async with AsyncConnectionPool(network_backend=network) as pool:
        with pytest.raises(RemoteProtocolError):
            await async_get(pool)
        assert network.streams[0].is_closed
        assert pool.connections == []


async def test_connection_that_went_stale_while_idle_is_replaced_before_use() -> None:
    stale = AsyncScriptedStream([*HELLO, END])
    network = AsyncScriptedBackend([stale, async_greeter()])
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        assert await async_get(pool) == b"hello"
        assert await async_get(pool) == b"hello"
        assert stale.is_closed
        # Nothing was tried on it.
        assert stale.written == b"GET\t/\tHost: a\n\n"
        assert len(pool.connections) == 1


async def test_stale_connection_gives_way_to_a_sound_one_that_idles_too() -> None:
    stale, sound = AsyncScriptedStream([*HELLO, END]), async_greeter()
    network = AsyncScriptedBackend([stale, sound])
    async with AsyncConnectionPool(network_backend=network) as pool:
        async with pool.stream("GET", "http://a/") as first:
            await async_get(pool)
            await first.aread()
        # The one that was used last would be taken first.
        assert await async_get(pool) == b"hello"
        assert stale.written == b"GET\t/\tHost: a\n\n"
        assert sound.written == b"GET\t/\tHost: a\n\n" * 2
        assert stale.is_closed
        assert len(network.connects) == 2


async def test_keepalive_expiry_ends_idle_connections() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(keepalive_expiry=0.0, network_backend=network) as pool:
        await async_get(pool)
        assert network.streams[0].is_closed
        assert pool.connections == []


async def test_no_more_connections_idle_than_may() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_keepalive_connections=1, network_backend=network) as pool:
        await async_get(pool, "http://a/")
        await async_get(pool, "http://b/")
        assert [stream.is_closed for stream in network.streams] == [True, False]
        assert [*await pool.get_connection_info()] == ["http://b:80"]


async def test_body_of_the_request_is_sent_and_an_error_of_its_maker_frees_the_connection() -> None:
    good = AsyncIteratorByteStream(Chunks([b"a", b"b"]))
    network = AsyncScriptedBackend(lambda connect: AsyncScriptedStream(on_write=serve))
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        await pool.request("POST", "http://a/", headers={"Host": "a"}, content=good)
        assert network.streams[0].written == (
            b"POST\t/\tHost: a\tTransfer-Encoding: chunked\na\nb\n\n"
        )
        broken = AsyncIteratorByteStream(Chunks([b"a"], ZeroDivisionError()))
        with pytest.raises(ZeroDivisionError):
            await pool.request("POST", "http://a/", content=broken)
        assert network.streams[0].is_closed
        assert await async_get(pool) == b"hello"


async def test_answers_of_one_connection_come_in_turn() -> None:
    network = AsyncScriptedBackend([[*HELLO, TURN, *HELLO]])
    async with AsyncConnectionPool(network_backend=network) as pool:
        assert await async_get(pool) == b"hello"
        assert await async_get(pool) == b"hello"


class Chunks:
    """The body of a request, which may end in an error."""

    def __init__(self, chunks: list[bytes], error: Exception | None = None) -> None:
        self._chunks = chunks
        self._error = error

    def __aiter__(self) -> Chunks:
        return self

    async def __anext__(self) -> bytes:
        if self._chunks:
            return self._chunks.pop(0)
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration
