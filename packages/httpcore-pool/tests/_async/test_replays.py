"""The race with a server that closes an idle connection: what the pool repeats, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import (
    AsyncIteratorByteStream,
    PlainByteStream,
    ReadTimeout,
    RemoteProtocolError,
    Request,
)
from httpcore_interfaces.testing import END, STALL, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool

from .lines import HELLO, async_get, async_greeter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def race(*after: bytes) -> AsyncScriptedStream:
    """It serves one request, and ends, after so many bytes, before the response to the next."""
    return AsyncScriptedStream([*HELLO, TURN, *after, END])


async def test_request_is_sent_again_on_a_fresh_connection() -> None:
    network = AsyncScriptedBackend([race(), async_greeter()])
    async with AsyncConnectionPool(network_backend=network) as pool:
        assert await async_get(pool) == b"hello"
        assert await async_get(pool) == b"hello"
        assert network.streams[0].written == b"GET\t/\tHost: a\n\n" * 2
        assert network.streams[1].written == b"GET\t/\tHost: a\n\n"
        assert network.streams[0].is_closed


async def test_replay_takes_no_other_idle_connection() -> None:
    # Both idle connections would fail alike: the server has restarted.
    first, second = race(), race()
    network = AsyncScriptedBackend([first, second, async_greeter()])
    async with AsyncConnectionPool(network_backend=network) as pool:
        async with pool.stream("GET", "http://a/") as response:
            await async_get(pool)
            await response.aread()
        assert await async_get(pool) == b"hello"
        assert len(network.connects) == 3
        assert second.written == b"GET\t/\tHost: a\n\n"


async def test_request_is_sent_again_only_once() -> None:
    broken = AsyncScriptedStream([END])
    network = AsyncScriptedBackend([race(), broken])
    async with AsyncConnectionPool(network_backend=network) as pool:
        await async_get(pool)
        with pytest.raises(RemoteProtocolError, match="new connection") as caught:
            await async_get(pool)
        assert caught.value.method == "GET"
        assert pool.connections == []


@pytest.mark.parametrize(("refusals", "is_heard"), [(1, True), (5, True), (6, False)])
async def test_request_that_is_refused_unprocessed_is_sent_again_a_few_times(
    refusals: int, is_heard: bool
) -> None:
    refusing = [AsyncScriptedStream([b"REFUSED\n"]) for _ in range(refusals)]
    network = AsyncScriptedBackend([*refusing, async_greeter()])
    async with AsyncConnectionPool(network_backend=network) as pool:
        if is_heard:
            assert await async_get(pool) == b"hello"
        else:
            with pytest.raises(RemoteProtocolError, match="not acted"):
                await async_get(pool)
        assert len(network.connects) == min(refusals + 1, 6)
        assert all(stream.is_closed for stream in refusing)


async def test_replay_with_content_sends_all_of_it() -> None:
    network = AsyncScriptedBackend([race(), async_greeter()])
    async with AsyncConnectionPool(network_backend=network) as pool:
        await async_get(pool)
        await pool.request("PUT", "http://a/", headers={"Host": "a"}, content=b"content")
        assert network.streams[1].written == b"PUT\t/\tHost: a\tContent-Length: 7\ncontent\n\n"


async def test_first_request_of_a_connection_is_not_sent_again() -> None:
    network = AsyncScriptedBackend([[END]])
    async with AsyncConnectionPool(network_backend=network) as pool:
        with pytest.raises(RemoteProtocolError, match="new connection"):
            await async_get(pool)


async def test_request_that_may_act_twice_is_not_sent_again() -> None:
    network = AsyncScriptedBackend([race()])
    async with AsyncConnectionPool(network_backend=network) as pool:
        await async_get(pool)
        with pytest.raises(RemoteProtocolError, match="reused connection"):
            await pool.request("POST", "http://a/", content=b"content")


async def test_request_whose_response_had_begun_is_not_sent_again() -> None:
    network = AsyncScriptedBackend([race(b"200")])
    async with AsyncConnectionPool(network_backend=network) as pool:
        await async_get(pool)
        with pytest.raises(RemoteProtocolError, match="3 bytes received"):
            await async_get(pool)


async def test_request_that_timed_out_is_not_sent_again() -> None:
    network = AsyncScriptedBackend([[*HELLO, TURN, STALL]])
    async with AsyncConnectionPool(network_backend=network) as pool:
        await async_get(pool)
        with pytest.raises(ReadTimeout, match="reused connection"):
            await async_get(pool, read=0.01)


async def test_request_whose_body_is_gone_is_not_sent_again() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"content"

    network = AsyncScriptedBackend([race()])
    async with AsyncConnectionPool(network_backend=network) as pool:
        await async_get(pool)
        with pytest.raises(RemoteProtocolError, match="reused connection"):
            await pool.request("PUT", "http://a/", content=AsyncIteratorByteStream(chunks()))


async def test_pool_waits_in_line_for_a_replay() -> None:
    network = AsyncScriptedBackend([race(), async_greeter()])
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        await async_get(pool)
        request = Request("GET", "http://a/", content=PlainByteStream(b"x"))
        response = await pool.handle_async_request(request)
        assert await response.aread() == b"hello"
        assert len(pool.connections) == 1
