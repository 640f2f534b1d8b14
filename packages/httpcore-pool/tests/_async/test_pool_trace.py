"""What the `trace` callback hears of the pool itself: waiting, assignment, dialing, reuse, replay and closing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import (
    ConnectError,
    ConnectionNotAvailable,
    Origin,
    PoolTimeout,
    Request,
)
from httpcore_interfaces.testing import END, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool, PoolClosed

from ..support import async_run_together, async_until
from .lines import HELLO, AsyncRecorder, async_get, async_greeter, async_greeting_network

if TYPE_CHECKING:
    from typing import Any

    from httpcore_interfaces import AsyncNetworkBackend

A = Origin(b"http", b"a", 80)


async def ask(
    client: AsyncConnectionPool, trace: Any, url: str = "http://a/", **timeout: float
) -> bytes:
    extensions = {"trace": trace, "timeout": timeout}
    return (await client.request("GET", url, extensions=extensions)).content


def pool_of(network: AsyncNetworkBackend, **options: Any) -> AsyncConnectionPool:
    return AsyncConnectionPool(network_backend=network, **options)


async def test_dial_is_told_around_the_steps_of_connecting() -> None:
    trace = AsyncRecorder()
    async with pool_of(async_greeting_network()) as pool:
        began = time.monotonic()
        await ask(pool, trace)
        ended = time.monotonic()
        (connection,) = pool.connections
    assert trace.names == [
        "pool.assign.started",
        "pool.dial.started",
        "connection.connect_tcp.started",
        "connection.connect_tcp.complete",
        "pool.dial.complete",
        "pool.assign.complete",
    ]
    infos = [info for _, info in trace.events]
    assert infos[0] == infos[1] == {"origin": A}
    assert infos[4]["return_value"] is infos[5]["return_value"] is connection
    assert infos[5]["reused"] is False
    assert 0.0 <= infos[4]["elapsed"] <= infos[5]["elapsed"] <= ended - began


async def test_reuse_is_told_with_the_connection() -> None:
    trace = AsyncRecorder()
    async with pool_of(async_greeting_network()) as pool:
        await async_get(pool)
        await ask(pool, trace)
        (connection,) = pool.connections
    assert trace.names == [
        "pool.assign.started",
        "pool.reuse.started",
        "pool.reuse.complete",
        "pool.assign.complete",
    ]
    infos = [info for _, info in trace.events]
    assert infos[1] == {"origin": A, "connection": connection}
    assert infos[2] == {"return_value": connection}
    assert infos[3]["reused"] is True


async def test_stale_connection_is_a_reuse_that_failed_and_is_closed() -> None:
    trace = AsyncRecorder("pool")
    network = AsyncScriptedBackend([[*HELLO, END], async_greeter()])
    async with pool_of(network) as pool:
        await async_get(pool)
        (stale,) = pool.connections
        await ask(pool, trace)
    assert trace.names == [
        "pool.assign.started",
        "pool.reuse.started",
        "pool.reuse.failed",
        "pool.dial.started",
        "pool.close.started",
        "pool.close.complete",
        "pool.dial.complete",
        "pool.assign.complete",
    ]
    infos = [info for _, info in trace.events]
    assert isinstance(infos[2]["exception"], ConnectionNotAvailable)
    assert infos[4] == {"origin": A, "connection": stale}
    assert infos[5] == {"return_value": None}


async def test_wait_is_told_with_its_limit_and_its_time() -> None:
    trace = AsyncRecorder("pool")
    async with pool_of(async_greeting_network(), max_connections=1) as pool:
        response = await pool.handle_async_request(Request("GET", "http://a/"))

        async def wait() -> None:
            await ask(pool, trace, pool=30.0)

        async def give() -> None:
            await async_until(lambda: "1 queued" in repr(pool))
            await response.aread()

        await async_run_together(wait, give)
    assert trace.names == [
        "pool.assign.started",
        "pool.wait.started",
        "pool.wait.complete",
        "pool.reuse.started",
        "pool.reuse.complete",
        "pool.assign.complete",
    ]
    infos = [info for _, info in trace.events]
    assert infos[1]["timeout"] == 30.0
    assert infos[2]["return_value"] is None
    assert 0.0 < infos[2]["elapsed"] <= infos[5]["elapsed"] < 30.0


async def test_wait_that_takes_too_long_has_failed() -> None:
    trace = AsyncRecorder("pool")
    async with (
        pool_of(async_greeting_network(), max_connections=1) as pool,
        pool.stream("GET", "http://a/"),
    ):
        with pytest.raises(PoolTimeout) as caught:
            await ask(pool, trace, pool=0.01)
    assert trace.names == [
        "pool.assign.started",
        "pool.wait.started",
        "pool.wait.failed",
        "pool.assign.failed",
    ]
    failed = trace.events[2][1]
    assert failed["exception"] is trace.events[3][1]["exception"] is caught.value
    assert failed["elapsed"] >= 0.009


async def test_dial_that_fails_is_told() -> None:
    error = ConnectError("refused")
    trace = AsyncRecorder("pool")
    async with pool_of(AsyncScriptedBackend([error])) as pool:
        with pytest.raises(ConnectError):
            await ask(pool, trace)
    assert trace.names == [
        "pool.assign.started",
        "pool.dial.started",
        "pool.dial.failed",
        "pool.assign.failed",
    ]
    assert trace.events[2][1]["exception"] is error


@pytest.mark.parametrize("outcome", ["complete", "failed"])
async def test_replay_is_told_from_the_error_to_the_fresh_connection(outcome: str) -> None:
    race = AsyncScriptedStream([*HELLO, TURN, END])
    fresh = async_greeter() if outcome == "complete" else ConnectError("refused")
    trace = AsyncRecorder("pool")
    async with pool_of(AsyncScriptedBackend([race, fresh])) as pool:
        await async_get(pool)
        try:
            await ask(pool, trace)
        except ConnectError:
            assert outcome == "failed"
    assert trace.names[4:] == [
        "pool.replay.started",
        "pool.assign.started",
        "pool.dial.started",
        f"pool.dial.{outcome}",
        f"pool.assign.{outcome}",
        f"pool.replay.{outcome}",
    ]
    assert "the server has gone" in str(trace.events[4][1]["exception"])


async def test_closing_for_the_sake_of_another_origin_is_told() -> None:
    trace = AsyncRecorder("pool")
    async with pool_of(async_greeting_network(), max_connections=1) as pool:
        await async_get(pool)
        (idle,) = pool.connections
        await ask(pool, trace, "http://b/")
    assert trace.events[2] == (
        "pool.close.started",
        {"origin": A, "connection": idle},
    )
    assert trace.names[3] == "pool.close.complete"


class AsyncFailing(AsyncRecorder):
    """Raises at the event of this number."""

    def __init__(self, number: int, error: BaseException) -> None:
        super().__init__()
        self.number = number
        self.error = error

    async def __call__(self, name: str, info: dict[str, Any]) -> None:
        await super().__call__(name, info)
        if len(self.events) == self.number:
            raise self.error


def racing_network() -> AsyncScriptedBackend:
    """Connections are found stale, or fail when they are used again, in turn."""
    numbers = iter(range(1000))

    def connect(_: object) -> AsyncScriptedStream:
        if next(numbers) % 2:
            return AsyncScriptedStream([*HELLO, TURN, END])
        return AsyncScriptedStream([*HELLO, END])

    return AsyncScriptedBackend(connect)


async def compete(trace: AsyncFailing, error: BaseException) -> None:
    """Two ask for a pool's only place, until one of them fails; then the pool is whole."""
    network = racing_network()
    async with pool_of(network, max_connections=1) as pool:

        async def ask_all() -> None:
            for url in ("http://a/", "http://a/", "http://b/", "http://b/", "http://b/"):
                try:
                    await ask(pool, trace, url)
                except (ZeroDivisionError, ConnectionNotAvailable) as caught:
                    if caught is not error:
                        raise

        async def let_them_in() -> None:
            await async_until(lambda: "2 queued" in repr(pool))
            await response.aread()

        response = await pool.handle_async_request(Request("GET", "http://a/"))
        await async_run_together(ask_all, ask_all, let_them_in)
        assert "Requests: 0 active, 0 queued" in repr(pool), trace.names
        assert pool.stats().connections.active == 0, trace.names
        assert await async_get(pool, pool=5.0) == b"hello"
    assert all(stream.is_closed for stream in network.streams), trace.names


@pytest.mark.parametrize("error", [ZeroDivisionError(), ConnectionNotAvailable("mine")])
async def test_whatever_event_a_callback_fails_at_the_pool_stays_whole(
    error: BaseException,
) -> None:
    number = 0
    heard = 1
    names: set[str] = set()
    while heard >= number:
        number += 1
        trace = AsyncFailing(number, error)
        await compete(trace, error)
        heard = len(trace.events)
        names |= set(trace.names)
    steps = {name.split(".")[1] for name in names if name.startswith("pool.")}
    assert steps == {"assign", "wait", "dial", "reuse", "replay", "close"}


async def test_callback_may_ask_the_pool() -> None:
    seen: list[str] = []

    class AsyncAsking(AsyncRecorder):
        async def __call__(self, name: str, info: dict[str, Any]) -> None:
            await super().__call__(name, info)
            seen.append(repr(pool))
            assert await async_get(pool, "http://other/", pool=5.0) == b"hello"
            assert pool.stats().requests <= 2

    async with pool_of(async_greeting_network(), max_connections=2) as pool:
        trace = AsyncAsking()
        for url in ("http://a/", "http://a/", "http://b/"):
            assert await ask(pool, trace, url) == b"hello"
        assert "Requests: 0 active, 0 queued" in repr(pool)
    assert len(seen) == len(trace.events) > 12


async def test_closed_pool_says_so_to_who_listens() -> None:
    trace = AsyncRecorder()
    pool = pool_of(async_greeting_network())
    await pool.aclose()
    with pytest.raises(PoolClosed):
        await ask(pool, trace)
    assert trace.names == ["pool.assign.started", "pool.assign.failed"]
