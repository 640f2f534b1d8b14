"""What the `trace` callback and the loggers hear of connecting, by httpcore 1.x's names and more."""

from __future__ import annotations

import logging

import pytest

from httpcore_interfaces import ConnectError, Origin
from httpcore_interfaces.testing import TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import (
    AsyncConnectionPool,
    AsyncHTTPProxy,
    AsyncSOCKSProxy,
)

from .lines import (
    HELLO,
    AsyncRecorder,
    AsyncSteppedBackend,
    async_greeter,
    async_greeting_network,
    serve,
)

DIALING = ("connection", "proxy", "socks")
DONE = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"


async def test_steps_of_connecting_are_told_with_their_arguments_and_results() -> None:
    network, trace = async_greeting_network(), AsyncRecorder(*DIALING)
    extensions = {"trace": trace, "timeout": {"connect": 5.0}}
    async with AsyncConnectionPool(network_backend=network) as pool:
        await pool.request("GET", "https://a/", extensions=extensions)
    assert trace.names == [
        "connection.connect_tcp.started",
        "connection.connect_tcp.complete",
        "connection.start_tls.started",
        "connection.start_tls.complete",
    ]
    connect, connected, handshake, encrypted = [info for _, info in trace.events]
    stream = network.streams[0]
    assert connect == {
        "host": "a",
        "port": 443,
        "local_address": None,
        "timeout": 5.0,
        "socket_options": None,
    }
    assert connected == {"return_value": stream}
    assert sorted(handshake) == ["server_hostname", "ssl_context", "timeout"]
    assert handshake["ssl_context"] is stream.handshakes[0][0]
    assert handshake["server_hostname"] == "a"
    assert 4.0 < handshake["timeout"] <= 5.0
    assert encrypted == {"return_value": stream}


async def test_connection_that_is_there_already_has_no_steps() -> None:
    network, trace = async_greeting_network(), AsyncRecorder(*DIALING)
    async with AsyncConnectionPool(network_backend=network) as pool:
        await pool.request("GET", "http://a/")
        await pool.request("GET", "http://a/", extensions={"trace": trace})
    assert trace.events == []


async def test_unix_domain_socket_is_a_step_of_its_own() -> None:
    network, trace = async_greeting_network(), AsyncRecorder(*DIALING)
    async with AsyncConnectionPool(uds="/run/server", network_backend=network) as pool:
        await pool.request("GET", "http://a/", extensions={"trace": trace})
    assert trace.events == [
        (
            "connection.connect_unix_socket.started",
            {"path": "/run/server", "timeout": None, "socket_options": None},
        ),
        ("connection.connect_unix_socket.complete", {"return_value": network.streams[0]}),
    ]


async def test_resolving_is_told_apart_where_the_backend_can() -> None:
    network, trace = AsyncSteppedBackend([HELLO]), AsyncRecorder(*DIALING)
    extensions = {"trace": trace, "timeout": {"connect": 5.0}}
    async with AsyncConnectionPool(local_address="192.0.2.7", network_backend=network) as pool:
        await pool.request("GET", "http://a/", extensions=extensions)
    assert trace.names == [
        "connection.resolve.started",
        "connection.resolve.complete",
        "connection.connect_tcp.started",
        "connection.connect_tcp.complete",
    ]
    asked, addresses, connect, _ = [info for _, info in trace.events]
    assert asked == {"host": "a", "port": 80, "timeout": 5.0}
    assert addresses == {"return_value": ["a at 192.0.2.1, 80"]}
    assert connect == {
        "host": "a",
        "port": 80,
        "local_address": "192.0.2.7",
        "timeout": 5.0,
        "socket_options": None,
    }
    # What is left after resolving.
    (left,) = network.left
    assert left is not None
    assert 4.0 < left <= 5.0
    assert network.connects[0].local_address == "192.0.2.7"


async def test_failure_and_retry_are_told() -> None:
    error = ConnectError("refused")
    network, trace = AsyncScriptedBackend([error, HELLO]), AsyncRecorder(*DIALING)
    async with AsyncConnectionPool(retries=1, network_backend=network) as pool:
        await pool.request("GET", "http://a/", extensions={"trace": trace})
    assert trace.names == [
        "connection.connect_tcp.started",
        "connection.connect_tcp.failed",
        "connection.retry.started",
        "connection.retry.complete",
        "connection.connect_tcp.started",
        "connection.connect_tcp.complete",
    ]
    infos = [info for _, info in trace.events]
    assert infos[1] == {"exception": error}
    assert infos[2] == infos[0]
    assert infos[3] == {"return_value": None}
    assert network.sleeps == [0.0]


async def test_steps_behind_a_tunnel_are_the_proxys() -> None:
    stream = AsyncScriptedStream([b"200 Connected\n", TURN, *HELLO])
    trace = AsyncRecorder(*DIALING)
    async with AsyncHTTPProxy(
        "https://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        await pool.request("GET", "https://a/", extensions={"trace": trace})
    # Between these come the events of HTTP/1.1, which the protocol of the tests does not tell.
    assert trace.names == [
        "connection.connect_tcp.started",
        "connection.connect_tcp.complete",
        "connection.start_tls.started",
        "connection.start_tls.complete",
        "proxy.start_tls.started",
        "proxy.start_tls.complete",
    ]


async def test_steps_of_a_socks_proxy_have_names_of_their_own_and_tell_no_password() -> None:
    stream = AsyncScriptedStream([b"\x05\x02", b"\x01\x00", DONE, TURN, *HELLO])
    trace = AsyncRecorder(*DIALING)
    async with AsyncSOCKSProxy(
        "socks5://proxy/",
        proxy_auth=("user", "pass"),
        network_backend=AsyncScriptedBackend([stream]),
    ) as pool:
        await pool.request("GET", "https://a/", extensions={"trace": trace})
    assert trace.names == [
        "socks.connect_tcp.started",
        "socks.connect_tcp.complete",
        "socks.setup_socks5_connection.started",
        "socks.setup_socks5_connection.complete",
        "socks.start_tls.started",
        "socks.start_tls.complete",
    ]
    assert trace.events[2][1] == {
        "stream": stream,
        "host": "a",
        "port": 443,
        "auth": (b"user", b"***"),
    }
    assert trace.events[3][1] == {"return_value": stream}


async def test_socks_proxy_without_credentials_is_told_as_such() -> None:
    stream = AsyncScriptedStream([b"\x05\x00", DONE, TURN, *HELLO])
    trace = AsyncRecorder(*DIALING)
    async with AsyncSOCKSProxy(
        "socks5://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        await pool.request("GET", "http://a/", extensions={"trace": trace})
    assert trace.events[2][1]["auth"] is None


async def test_logger_hears_the_same(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "httpcore.connection")
    async with AsyncConnectionPool(network_backend=AsyncScriptedBackend([async_greeter()])) as pool:
        await pool.request("GET", "http://a/")
    assert [(record.name, record.getMessage()) for record in caplog.records][:1] == [
        (
            "httpcore.connection",
            "connect_tcp.started host='a' port=80 local_address=None timeout=None socket_options=None",
        ),
    ]
    # A connection that was closed is told once; one that was never made has nothing to close.
    assert [record.getMessage() for record in caplog.records][-2:] == [
        "close.started",
        "close.complete",
    ]
    caplog.clear()
    await pool.create_connection(Origin(b"http", b"a", 80)).aclose()
    assert caplog.records == []


async def test_error_of_the_callback_ends_the_request_and_frees_the_slot() -> None:
    class Failing(AsyncRecorder):
        async def __call__(self, name: str, info: dict[str, object]) -> None:
            if name == "connection.connect_tcp.complete":
                raise ZeroDivisionError

    network = async_greeting_network()
    async with AsyncConnectionPool(network_backend=network) as pool:
        with pytest.raises(ZeroDivisionError):
            await pool.request("GET", "http://a/", extensions={"trace": Failing()})
        assert pool.connections == []
    assert network.streams[0].is_closed


async def test_closing_a_connection_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="httpcore.connection")
    pool = AsyncConnectionPool(network_backend=async_greeting_network())
    await pool.request("GET", "http://a/")
    await pool.aclose()
    assert caplog.record_tuples[-2:] == [
        ("httpcore.connection", logging.DEBUG, "close.started"),
        ("httpcore.connection", logging.DEBUG, "close.complete"),
    ]


async def test_closing_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class AsyncFailing(AsyncScriptedStream):
        async def aclose(self) -> None:
            await super().aclose()
            raise OSError("why")

    caplog.set_level(logging.DEBUG, logger="httpcore.connection")
    network = AsyncScriptedBackend(lambda connect: AsyncFailing(on_write=serve))
    pool = AsyncConnectionPool(network_backend=network)
    await pool.request("GET", "http://a/")
    await pool.aclose()
    assert caplog.messages[-2:] == ["close.started", "close.failed exception=OSError('why')"]
