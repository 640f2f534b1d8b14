"""Making connections: what the network is asked for, failures, retries, and the connect time-out."""

from __future__ import annotations

import socket
import ssl

import pytest

from httpcore_interfaces import AsyncConnectionInterface, ConnectError, ConnectTimeout, Origin
from httpcore_interfaces.testing import STALL, AsyncScriptedBackend, AsyncScriptedStream, Delayed
from httpcore_pool import AsyncConnectionPool

from ..support import async_run_together, async_until
from .lines import (
    HELLO,
    AsyncGatedBackend,
    async_get,
    async_greeter,
    async_greeting_network,
)


class RecordingContext(ssl.SSLContext):
    """Remembers which lists it was told to offer."""

    def set_alpn_protocols(self, alpn_protocols: object) -> None:
        assert isinstance(alpn_protocols, list)
        self.offered = [*getattr(self, "offered", []), alpn_protocols]
        super().set_alpn_protocols(alpn_protocols)


OPTION = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)


async def test_network_is_told_where_and_how_to_connect() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(
        local_address="192.0.2.7", socket_options=[OPTION], network_backend=network
    ) as pool:
        await async_get(pool, "http://a.example:8080/", connect=5.0)
    (connect,) = network.connects
    assert (connect.host, connect.port, connect.path) == ("a.example", 8080, None)
    assert connect.timeout is not None
    assert 4.0 < connect.timeout <= 5.0
    assert connect.local_address == "192.0.2.7"
    assert connect.socket_options == (OPTION,)


async def test_unix_domain_socket_takes_the_place_of_every_host() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(
        uds="/run/server", socket_options=[OPTION], network_backend=network
    ) as pool:
        await async_get(pool, "http://a/")
        await async_get(pool, "https://b/", connect=5.0)
    first, second = network.connects
    assert (first.host, first.path, first.timeout) == (None, "/run/server", None)
    assert first.socket_options == (OPTION,)
    assert (second.path, second.timeout) == ("/run/server", 5.0)
    assert network.streams[1].handshakes[0][1] == "b"


async def test_server_name_is_the_host_unless_the_request_says_another() -> None:
    network = async_greeting_network()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with AsyncConnectionPool(ssl_context=context, network_backend=network) as pool:
        await async_get(pool, "https://a/")
        await pool.request("GET", "https://b/", extensions={"sni_hostname": "c"})
    assert [stream.handshakes for stream in network.streams] == [[(context, "a")], [(context, "c")]]


async def test_own_list_of_a_context_is_left_alone_until_it_matters() -> None:
    """Somebody else has made this context offer HTTP/2, and the server takes the offer."""
    wide, narrow = AsyncScriptedStream(alpn="h2"), async_greeter(alpn="http/1.1")
    network = AsyncScriptedBackend([wide, narrow, async_greeter(alpn="http/1.1")])
    context = RecordingContext(ssl.PROTOCOL_TLS_CLIENT)
    async with AsyncConnectionPool(ssl_context=context, network_backend=network) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
        assert wide.is_closed
        assert context.offered == [["http/1.1"]]
        assert await async_get(pool, "https://b/") == b"hello"
    assert context.offered == [["http/1.1"]]


async def test_server_that_chooses_what_nobody_offered_is_spoken_to_all_the_same() -> None:
    network = AsyncScriptedBackend([AsyncScriptedStream(alpn="h2") for _ in range(2)])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with AsyncConnectionPool(ssl_context=context, network_backend=network) as pool:
        response = await pool.request("GET", "https://a/")
        assert response.extensions["http_version"] == b"HTTP/2"


async def test_context_of_a_user_is_told_what_to_offer() -> None:
    context = RecordingContext(ssl.PROTOCOL_TLS_CLIENT)
    network = async_greeting_network()
    async with AsyncConnectionPool(
        ssl_context=context, http2=True, network_backend=network
    ) as pool:
        await async_get(pool, "https://a/")
        await async_get(pool, "https://b/")
    assert context.offered == [["h2", "http/1.1"]]


async def test_failed_dial_is_explained_and_frees_its_slot() -> None:
    network = AsyncScriptedBackend([ConnectError("refused"), HELLO])
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        with pytest.raises(ConnectError, match=r"^refused \(GET http://a:80\)$") as caught:
            await async_get(pool)
        assert caught.value.phase == "connect"
        assert caught.value.origin == Origin(b"http", b"a", 80)
        assert caught.value.safe_to_retry
        assert pool.connections == []
        assert await async_get(pool) == b"hello"
    assert network.sleeps == []


async def test_failed_dial_lets_the_next_in_line_dial() -> None:
    network = AsyncGatedBackend([ConnectError("refused"), HELLO])
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)

    async def fail() -> bytes:
        with pytest.raises(ConnectError):
            await async_get(pool)
        return b"failed"

    async def wait() -> bytes:
        await async_until(lambda: network.arrived)
        return await async_get(pool, "http://b/")

    async def steer() -> bytes:
        await async_until(lambda: "1 queued" in repr(pool))
        network.open()
        await async_until(lambda: network.arrived == 2)
        network.open()
        return b"steered"

    outcomes = await async_run_together(fail, wait, steer)
    assert outcomes == [b"failed", b"hello", b"steered"]
    await pool.aclose()


async def test_failed_handshake_leaves_no_stream_open() -> None:
    stream = AsyncScriptedStream(tls=ConnectError("bad certificate"))
    async with AsyncConnectionPool(network_backend=AsyncScriptedBackend([stream])) as pool:
        with pytest.raises(ConnectError, match="bad certificate"):
            await async_get(pool, "https://a/")
        assert stream.is_closed
        assert pool.connections == []


async def test_connecting_is_retried_with_growing_pauses() -> None:
    failures = [ConnectError("refused"), ConnectTimeout("slow"), ConnectError("refused")]
    network = AsyncScriptedBackend([*failures, HELLO])
    async with AsyncConnectionPool(retries=3, network_backend=network) as pool:
        assert await async_get(pool) == b"hello"
    assert network.sleeps[0] == 0.0
    assert 0.375 <= network.sleeps[1] <= 0.5
    assert 0.75 <= network.sleeps[2] <= 1.0


async def test_last_failure_is_raised_when_retries_are_used_up() -> None:
    network = AsyncScriptedBackend([ConnectError("first"), ConnectError("second")])
    async with AsyncConnectionPool(retries=1, network_backend=network) as pool:
        with pytest.raises(ConnectError, match="second"):
            await async_get(pool)
        assert pool.connections == []


async def test_failed_handshake_is_retried_from_the_beginning() -> None:
    broken = AsyncScriptedStream(tls=ConnectError("reset"))
    network = AsyncScriptedBackend([broken, async_greeter()])
    async with AsyncConnectionPool(retries=1, network_backend=network) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
    assert broken.is_closed


async def test_no_retry_begins_that_the_total_timeout_would_not_let_end() -> None:
    network = AsyncScriptedBackend([ConnectError("1"), ConnectError("2"), ConnectError("3")])
    async with AsyncConnectionPool(retries=5, network_backend=network) as pool:
        with pytest.raises(ConnectError, match="2"):
            await async_get(pool, total=0.3)
    assert network.sleeps == [0.0]


async def test_nothing_but_connecting_is_retried() -> None:
    network = AsyncScriptedBackend([ZeroDivisionError()])
    async with AsyncConnectionPool(retries=5, network_backend=network) as pool:
        with pytest.raises(ZeroDivisionError):
            await async_get(pool)
        assert pool.connections == []


async def test_connect_timeout_covers_all_steps_together() -> None:
    stream = async_greeter()
    network = AsyncScriptedBackend([Delayed(0.02, stream)])
    async with AsyncConnectionPool(network_backend=network) as pool:
        await async_get(pool, "https://a/", connect=5.0)
    assert network.connects[0].timeout == 5.0
    name, left = stream.operations[0]
    assert name == "start_tls"
    assert left is not None
    assert 4.0 < left < 4.99


async def test_connect_timeout_ends_the_handshake() -> None:
    stream = AsyncScriptedStream(tls=STALL)
    async with AsyncConnectionPool(network_backend=AsyncScriptedBackend([stream])) as pool:
        with pytest.raises(ConnectTimeout):
            await async_get(pool, "https://a/", connect=0.01)
        assert stream.is_closed
        assert pool.connections == []


async def test_connect_timeout_ends_the_connecting() -> None:
    async with AsyncConnectionPool(network_backend=AsyncScriptedBackend([STALL])) as pool:
        with pytest.raises(ConnectTimeout):
            await async_get(pool, connect=0.01)


async def test_total_timeout_bounds_connecting() -> None:
    async with AsyncConnectionPool(network_backend=AsyncScriptedBackend([STALL])) as pool:
        with pytest.raises(ConnectTimeout):
            await async_get(pool, connect=5.0, total=0.01)


async def test_connection_that_cannot_be_made_gives_its_place_back() -> None:
    class Pool(AsyncConnectionPool):
        def create_connection(self, origin: Origin) -> AsyncConnectionInterface:
            if origin.host == b"bad":
                raise ValueError("not this one")
            return super().create_connection(origin)

    async with Pool(max_connections=1, network_backend=async_greeting_network()) as pool:
        with pytest.raises(ValueError, match="not this one"):
            await async_get(pool, "http://bad/")
        assert pool.connections == []
        assert await async_get(pool, "http://good/", pool=0.0) == b"hello"
