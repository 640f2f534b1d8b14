"""A connection on its own, without a pool."""

from __future__ import annotations

import weakref

import pytest

from httpcore_interfaces import (
    ConnectError,
    ConnectionNotAvailable,
    LocalProtocolError,
    Origin,
    Request,
    Timeouts,
    UnsupportedProtocol,
)
from httpcore_interfaces.testing import AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncHTTPConnection

from ..support import async_run_together, async_until
from .lines import (
    LAST_HELLO,
    AsyncGatedBackend,
    AsyncLineConnection,
    async_get,
    async_greeter,
    async_greeting_network,
)

ORIGIN = Origin(b"http", b"a", 80)


async def test_connection_dials_once_and_serves_request_after_request() -> None:
    network = async_greeting_network()
    async with AsyncHTTPConnection(ORIGIN, network_backend=network, keepalive_expiry=7.0) as alone:
        assert network.connects == []
        assert [await async_get(alone) for _ in range(3)] == [b"hello"] * 3
        assert len(network.connects) == 1
        assert isinstance(alone.protocol, AsyncLineConnection)
        assert alone.protocol.keepalive_expiry == 7.0
    assert network.streams[0].is_closed


async def test_states_are_shown() -> None:
    alone = AsyncHTTPConnection(ORIGIN, network_backend=async_greeting_network())
    name = type(alone).__name__
    assert repr(alone) == f"<{name} [CONNECTING]>"
    assert alone.info() == "CONNECTING"
    assert not alone.is_available()
    assert not alone.is_idle()
    assert not alone.is_closed()
    assert not alone.has_expired()
    assert alone.stream_limit() == 0
    await async_get(alone)
    assert repr(alone) == f"<{name} ['http://a:80', LINES, IDLE, Request Count: 1]>"
    assert alone.is_available()
    assert alone.is_idle()
    assert not alone.is_closed()
    assert not alone.has_expired()
    assert alone.stream_limit() == 1
    await alone.aclose()
    assert alone.is_closed()
    assert alone.stream_limit() == 0
    await alone.aclose()


async def test_connection_can_be_referred_to_weakly() -> None:
    alone = AsyncHTTPConnection(ORIGIN, network_backend=async_greeting_network())
    assert weakref.ref(alone)() is alone


async def test_connection_takes_no_exchange_before_its_dial() -> None:
    alone = AsyncHTTPConnection(ORIGIN, network_backend=async_greeting_network())
    with pytest.raises(ConnectionNotAvailable, match="the connection is not connected"):
        await alone.exchange(Request("GET", "http://a/"), Timeouts())
    assert await async_get(alone) == b"hello"
    await alone.aclose()


async def test_connection_that_is_closed_before_its_dial_looks_closed_and_can_still_dial() -> None:
    network = async_greeting_network()
    alone = AsyncHTTPConnection(ORIGIN, network_backend=network)
    await alone.aclose()
    assert alone.info() == "CONNECTION FAILED"
    assert alone.is_closed()
    assert alone.is_idle()
    assert alone.has_expired()
    assert network.connects == []
    assert await async_get(alone) == b"hello"
    assert not alone.is_closed()
    await alone.aclose()
    assert network.streams[0].is_closed


async def test_failed_connection_dials_again_when_it_is_asked_again() -> None:
    network = AsyncScriptedBackend(
        [ConnectError("refused"), ConnectError("again"), async_greeter()]
    )
    alone = AsyncHTTPConnection(ORIGIN, network_backend=network)
    for reason in ("refused", "again"):
        with pytest.raises(ConnectError, match=rf"^{reason} \(http://a:80\)$"):
            await async_get(alone)
        assert alone.info() == "CONNECTION FAILED"
        assert alone.is_closed()
    assert await async_get(alone) == b"hello"
    assert alone.is_available()
    await alone.aclose()
    with pytest.raises(ConnectionNotAvailable):
        await async_get(alone)


async def test_connection_ends_with_its_server() -> None:
    alone = AsyncHTTPConnection(ORIGIN, network_backend=AsyncScriptedBackend([LAST_HELLO]))
    assert await async_get(alone) == b"hello"
    assert alone.is_closed()
    with pytest.raises(ConnectionNotAvailable):
        await async_get(alone)


async def test_request_to_another_origin_is_refused() -> None:
    alone = AsyncHTTPConnection(ORIGIN, network_backend=async_greeting_network())
    assert alone.can_handle_request(ORIGIN)
    assert not alone.can_handle_request(Origin(b"http", b"b", 80))
    with pytest.raises(
        RuntimeError,
        match=r"^Attempted to send request to http://b:80 on connection to http://a:80$",
    ):
        await async_get(alone, "http://b/")
    assert await async_get(alone) == b"hello"
    await alone.aclose()


async def test_bad_requests_are_refused_before_anything_is_done() -> None:
    network = async_greeting_network()
    alone = AsyncHTTPConnection(ORIGIN, network_backend=network)
    for url in ("/path", "ftp://a/"):
        with pytest.raises(UnsupportedProtocol):
            await async_get(alone, url)
    with pytest.raises(LocalProtocolError):
        await alone.request("GET", "http://a/", headers={"a": "\r\n"})
    assert network.connects == []
    assert await async_get(alone) == b"hello"
    await alone.aclose()


async def test_second_request_during_the_dial_is_sent_elsewhere() -> None:
    network = AsyncGatedBackend([async_greeter()])
    alone = AsyncHTTPConnection(ORIGIN, network_backend=network)

    async def first() -> bytes:
        return await async_get(alone)

    async def second() -> bytes:
        await async_until(lambda: network.arrived)
        with pytest.raises(ConnectionNotAvailable, match="is being dialed"):
            await async_get(alone)
        network.open()
        return b"refused"

    assert await async_run_together(first, second) == [b"hello", b"refused"]
    await alone.aclose()


async def test_connection_that_is_closed_during_its_dial_leaves_nothing_open() -> None:
    stream = AsyncScriptedStream()
    network = AsyncGatedBackend([stream])
    alone = AsyncHTTPConnection(ORIGIN, network_backend=network)

    async def first() -> None:
        with pytest.raises(ConnectionNotAvailable, match="closed while it was being dialed"):
            await async_get(alone)

    async def second() -> None:
        await async_until(lambda: network.arrived)
        await alone.aclose()
        network.open()

    await async_run_together(first, second)
    assert stream.is_closed


async def test_options_are_those_of_a_pool() -> None:
    network = async_greeting_network(alpn="h2")
    alone = AsyncHTTPConnection(
        Origin(b"https", b"a", 443),
        http2=True,
        retries=1,
        local_address="192.0.2.7",
        socket_options=[(1, 2, 3)],
        network_backend=network,
    )
    response = await alone.request("GET", "https://a/")
    assert response.extensions["http_version"] == b"HTTP/2"
    assert network.connects[0].local_address == "192.0.2.7"
    assert network.connects[0].socket_options == ((1, 2, 3),)
    await alone.aclose()


async def test_connection_through_a_unix_domain_socket() -> None:
    network = async_greeting_network()
    async with AsyncHTTPConnection(ORIGIN, uds="/run/server", network_backend=network) as alone:
        assert await async_get(alone) == b"hello"
    assert network.connects[0].path == "/run/server"


def test_connection_makes_its_own_network_when_it_is_given_none() -> None:
    assert AsyncHTTPConnection(ORIGIN).info() == "CONNECTING"
