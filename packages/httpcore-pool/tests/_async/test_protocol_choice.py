"""Which protocol a connection speaks, and what changes when it carries many requests at a time."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_interfaces import ConnectError, PoolTimeout, RemoteProtocolError
from httpcore_interfaces.testing import AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool
from httpcore_pool._async import connection as connections

from ..support import async_run_together, async_until
from .lines import (
    AsyncGatedBackend,
    AsyncWideConnection,
    async_get,
    async_greeter,
    async_greeting_network,
)


def async_wide(**extra_info: Any) -> AsyncScriptedStream:
    """A stream on which the server chose HTTP/2."""
    return AsyncScriptedStream(alpn="h2", extra_info=extra_info)


def protocol_of(pool: AsyncConnectionPool, number: int = 0) -> AsyncWideConnection:
    protocol = pool._held()[number].protocol
    assert isinstance(protocol, AsyncWideConnection)
    return protocol


async def test_alpn_chooses_the_protocol() -> None:
    network = AsyncScriptedBackend([async_wide(), async_greeter(alpn="http/1.1"), async_greeter()])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        for url, version in (
            ("https://a/", b"HTTP/2"),
            ("https://b/", b"HTTP/1.1"),
            ("https://c/", b"HTTP/1.1"),
        ):
            response = await pool.request("GET", url)
            assert response.extensions["http_version"] == version


async def test_http2_alone_is_used_with_prior_knowledge() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(http1=False, http2=True, network_backend=network) as pool:
        response = await pool.request("GET", "http://a/")
        assert response.extensions["http_version"] == b"HTTP/2"
        assert (await pool.request("GET", "https://a/")).extensions["http_version"] == b"HTTP/2"


async def test_plain_connections_speak_http1_where_both_are_allowed() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        response = await pool.request("GET", "http://a/")
        assert response.extensions["http_version"] == b"HTTP/1.1"


async def test_protocol_that_cannot_be_made_leaves_no_stream_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*args: object) -> None:
        raise ModuleNotFoundError("gone since")

    monkeypatch.setattr(connections, "make_async_http2_connection", fail)
    stream = async_wide()
    async with AsyncConnectionPool(
        http2=True, network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        with pytest.raises(ModuleNotFoundError):
            await async_get(pool, "https://a/")
        assert stream.is_closed
        assert pool.connections == []


async def test_requests_share_a_dial_and_its_connection() -> None:
    network = AsyncGatedBackend([async_wide()])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:

        async def ask() -> bytes:
            return await async_get(pool, "https://a/")

        async def steer() -> bytes:
            await async_until(lambda: "3 queued" in repr(pool))
            network.open()
            return b"hello"

        assert await async_run_together(ask, ask, ask, ask, steer) == [b"hello"] * 5
        assert len(network.connects) == 1
        assert protocol_of(pool).requests == 4


async def test_each_dials_when_the_shared_dial_turns_out_not_to_multiplex() -> None:
    network = AsyncGatedBackend(lambda connect: async_greeter(alpn="http/1.1"))
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:

        async def ask() -> bytes:
            return await async_get(pool, "https://a/")

        async def steer() -> bytes:
            await async_until(lambda: "2 queued" in repr(pool))
            network.open()
            # The connection that is there may serve one of them before he would dial.
            await async_until(lambda: network.arrived == 3)
            network.open()
            network.open()
            return b"hello"

        assert await async_run_together(ask, ask, ask, steer) == [b"hello"] * 4
        assert len(pool.connections) == 3


async def test_next_sharer_takes_over_a_dial_that_failed() -> None:
    network = AsyncGatedBackend([ConnectError("refused"), async_wide()])
    outcomes = []
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:

        async def ask() -> None:
            try:
                outcomes.append(await async_get(pool, "https://a/"))
            except ConnectError:
                outcomes.append(b"failed")

        async def steer() -> None:
            await async_until(lambda: "2 queued" in repr(pool))
            network.open()
            await async_until(lambda: network.arrived == 2)
            network.open()

        await async_run_together(ask, ask, ask, steer)
        assert sorted(outcomes) == [b"failed", b"hello", b"hello"]
        assert len(pool.connections) == 1


async def test_wait_for_a_shared_dial_counts_against_the_pool_timeout() -> None:
    network = AsyncGatedBackend([async_wide()])
    async with AsyncConnectionPool(
        max_connections=None, http2=True, network_backend=network
    ) as pool:

        async def ask() -> None:
            assert await async_get(pool, "https://a/") == b"hello"

        async def wait() -> None:
            await async_until(lambda: network.arrived)
            with pytest.raises(PoolTimeout, match=r"for a connection; 1 are in use and 0 more"):
                await async_get(pool, "https://a/", pool=0.01)
            network.open()

        await async_run_together(ask, wait)


async def test_streams_of_a_connection_are_capacity() -> None:
    network = AsyncScriptedBackend([async_wide(stream_limit=2)])
    async with AsyncConnectionPool(max_connections=1, http2=True, network_backend=network) as pool:
        async with pool.stream("GET", "https://a/"), pool.stream("GET", "https://a/"):
            with pytest.raises(PoolTimeout):
                await async_get(pool, "https://a/", pool=0.0)
        assert await async_get(pool, "https://a/") == b"hello"
        assert len(network.connects) == 1


async def test_second_connection_is_dialed_when_streams_run_out() -> None:
    network = AsyncScriptedBackend([async_wide(stream_limit=1), async_wide()])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        async with pool.stream("GET", "https://a/"):
            assert await async_get(pool, "https://a/") == b"hello"
        assert len(network.connects) == 2


async def test_raised_stream_limit_serves_those_who_wait() -> None:
    network = AsyncScriptedBackend([async_wide(stream_limit=1)])
    pool = AsyncConnectionPool(max_connections=1, http2=True, network_backend=network)

    async def hold() -> None:
        async with pool.stream("GET", "https://a/"):
            await async_until(lambda: "1 queued" in repr(pool))
            protocol_of(pool).change_limit(2)
            await async_until(lambda: protocol_of(pool).requests == 2)
            await async_until(lambda: "1 active, 0 queued" in repr(pool))

    async def wait() -> None:
        await async_until(lambda: "1 active" in repr(pool))
        assert await async_get(pool, "https://a/") == b"hello"

    await async_run_together(hold, wait)
    await pool.aclose()


async def test_connection_that_says_goodbye_ends_with_its_last_stream() -> None:
    going, fresh = async_wide(), async_wide()
    network = AsyncScriptedBackend([going, fresh])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        async with pool.stream("GET", "https://a/") as response:
            protocol_of(pool).change_limit(0)
            assert await async_get(pool, "https://a/") == b"hello"
            assert await response.aread() == b"hello"
        assert going.is_closed
        assert not fresh.is_closed
        assert len(pool.connections) == 1


@pytest.mark.parametrize("is_told", [False, True])
async def test_place_of_a_connection_that_dies_is_free_though_a_response_of_it_is_held(
    is_told: bool,
) -> None:
    dead, fresh = async_wide(), async_wide()
    network = AsyncScriptedBackend([dead, fresh])
    pool = AsyncConnectionPool(max_connections=1, http2=True, network_backend=network)
    async with pool, pool.stream("GET", "https://a/"):
        async with pool.stream("GET", "https://a/"):
            protocol_of(pool).die()
            if is_told:
                protocol_of(pool).change_limit(0)
                assert pool.connections == []
        assert pool.connections == []
        assert dead.is_closed
        assert await async_get(pool, "https://a/") == b"hello"
        assert len(network.connects) == 2
    assert fresh.is_closed


async def test_connection_that_dies_while_idle_leaves_the_pool() -> None:
    lost = async_wide()
    network = AsyncScriptedBackend([lost, async_wide()])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        await async_get(pool, "https://a/")
        protocol_of(pool).change_limit(0)
        assert pool.connections == []
        # Whoever comes next closes it.
        assert await async_get(pool, "https://b/") == b"hello"
        assert lost.is_closed


async def test_connection_that_refuses_although_it_claims_to_be_free_is_replaced() -> None:
    refusing = async_wide(refusals=1000)
    network = AsyncScriptedBackend([refusing, async_wide()])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
        assert len(network.connects) == 2
    assert refusing.is_closed


@pytest.mark.parametrize("is_traced", [False, True])
async def test_new_connections_that_are_of_no_use_are_not_made_for_ever(is_traced: bool) -> None:
    network = AsyncScriptedBackend(
        [async_wide(refusals=1, stream_limit=0) for _ in range(6)] + [async_wide()]
    )
    extensions = {"trace": async_ignore} if is_traced else {}
    async with AsyncConnectionPool(max_connections=1, http2=True, network_backend=network) as pool:
        with pytest.raises(RemoteProtocolError, match="each of 6 new connections") as caught:
            await pool.request("POST", "https://a/", content=b"x", extensions=extensions)
        assert "(not yet)" in caught.value.message
        assert caught.value.safe_to_retry
        assert caught.value.__cause__ is not None
        assert len(network.connects) == 6
        assert all(stream.is_closed for stream in network.streams)
        assert pool.connections == []
        assert await async_get(pool, "https://a/") == b"hello"


async def test_request_that_fails_alone_is_not_sent_again_on_another_connection() -> None:
    network = AsyncScriptedBackend([async_wide(resets=True), async_wide()])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        with pytest.raises(RemoteProtocolError, match="reset the stream"):
            await pool.request("GET", "https://a/")
        assert len(network.connects) == 1
        assert pool.stats().replays == 0


async def async_ignore(name: str, info: object) -> None:
    """What a trace may do."""


async def test_connection_in_use_that_refuses_one_more_is_left_to_those_it_serves() -> None:
    network = AsyncScriptedBackend([async_wide(), async_wide()])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        async with pool.stream("GET", "https://a/") as response:
            (connection,) = pool._held()
            protocol = connection.protocol
            assert isinstance(protocol, AsyncWideConnection)
            protocol.refuse(1)
            assert await async_get(pool, "https://a/") == b"hello"
            assert len(network.connects) == 2
            assert await response.aread() == b"hello"
        # When a stream ends it says anew how many it carries.
        assert await async_get(pool, "https://a/") == b"hello"
        assert len(network.connects) == 2


async def test_connection_that_was_closed_after_its_dial_is_replaced() -> None:
    closed = async_wide(refusals=1, stream_limit=0)
    network = AsyncScriptedBackend([closed, async_wide()])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
        assert len(network.connects) == 2
    assert closed.is_closed


async def test_idle_wide_connection_is_probed_but_not_while_it_is_used() -> None:
    first = AsyncScriptedStream([b"an unwanted frame"], alpn="h2", extra_info={})
    network = AsyncScriptedBackend([first, async_wide()])
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        async with pool.stream("GET", "https://a/"):
            assert await async_get(pool, "https://a/") == b"hello"
            assert len(network.connects) == 1
        assert await async_get(pool, "https://a/") == b"hello"
        assert len(network.connects) == 2
        assert first.is_closed
