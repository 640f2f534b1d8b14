"""What could cost the pool a place, a connection or a wake-up, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import (
    AsyncIteratorByteStream,
    AsyncParker,
    ConnectError,
    ConnectionNotAvailable,
    PoolTimeout,
    Request,
    Timeouts,
)
from httpcore_interfaces.testing import END, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool, PoolClosed
from httpcore_pool._lives import forget_connections

from ..support import async_run_together, async_until
from .lines import HELLO, AsyncRecorder, async_get, async_greeter, async_greeting_network, serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Any

    from httpcore_interfaces import AsyncNetworkStream

GET = Request("GET", "http://a/")


async def test_place_that_was_granted_is_not_dialed_for_after_the_pool_was_closed() -> None:
    network = async_greeting_network()
    pool = AsyncConnectionPool(network_backend=network)
    slot: Any = pool._ledger.acquire("a", 0.0)
    await pool.aclose()
    with pytest.raises(PoolClosed, match="while the request was connecting"):
        await pool._dial(slot, GET, Timeouts())
    assert network.connects == []


async def test_waiter_who_was_granted_a_place_hears_that_the_pool_was_closed() -> None:
    network = async_greeting_network()
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)
    response = await pool.handle_async_request(GET)
    ledger = pool._ledger
    release = ledger.release

    def release_and_close(*args: Any) -> None:
        release(*args)
        # Before whom it was granted to has come to.
        ledger.close()

    async def wait() -> None:
        with pytest.raises(PoolClosed):
            await async_get(pool, "http://b/")

    async def give() -> None:
        await async_until(lambda: "1 queued" in repr(pool))
        ledger.release = release_and_close  # type: ignore[assignment, method-assign]
        await response.aclose()

    await async_run_together(wait, give)
    await pool.aclose()
    assert len(network.connects) == 1
    assert all(stream.is_closed for stream in network.streams)


@pytest.mark.parametrize("is_traced", [False, True])
async def test_waiter_whose_connection_is_lost_before_he_comes_to_is_given_another(
    is_traced: bool,
) -> None:
    network = async_greeting_network()
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)
    response = await pool.handle_async_request(GET)
    ledger = pool._ledger
    release = ledger.release

    def release_and_lose(slot: Any, *args: Any) -> None:
        del ledger.release
        release(slot, *args)
        slot.connection.protocol._state = "CLOSED"
        ledger.lose(slot)

    async def wait() -> None:
        trace = {"trace": AsyncRecorder()} if is_traced else {}
        answer = await pool.request("GET", "http://a/", extensions=trace)
        assert answer.content == b"hello"

    async def give() -> None:
        await async_until(lambda: "1 queued" in repr(pool))
        ledger.release = release_and_lose  # type: ignore[assignment, method-assign]
        await response.aread()

    await async_run_together(wait, give)
    assert repr(pool).endswith("[Requests: 0 active, 0 queued | Connections: 0 active, 1 idle]>")
    await pool.aclose()
    assert len(network.connects) == 2
    assert all(stream.is_closed for stream in network.streams)


class AsyncOvertaken(AsyncScriptedBackend):
    """While it connects, something happens of which the connection is not told."""

    meanwhile: Callable[[], object]

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> AsyncNetworkStream:
        self.meanwhile()
        return await super().connect_tcp(*args, **kwargs)


@pytest.mark.parametrize("is_closed", [True, False], ids=["closed", "forgotten"])
async def test_connection_that_is_made_for_nobody_is_closed(is_closed: bool) -> None:
    network = AsyncOvertaken(lambda connect: async_greeter())
    pool = AsyncConnectionPool(network_backend=network)

    def lose() -> None:
        (slot,) = pool._ledger.slots()
        slot.connection = None  # as a thread may have seen it a moment ago
        if is_closed:
            pool._ledger.close()
        else:
            forget_connections(pool._ledger)

    network.meanwhile = lose
    expected = PoolClosed if is_closed else ConnectError
    with pytest.raises(expected) as caught:
        await async_get(pool)
    assert caught.value.safe_to_retry
    assert network.streams[0].is_closed
    await pool.aclose()


@pytest.mark.parametrize("is_traced", [False, True])
async def test_place_is_kept_when_the_look_at_a_connection_fails(is_traced: bool) -> None:
    class AsyncBlind(AsyncScriptedStream):
        def get_extra_info(self, info: str) -> Any:
            if info == "is_readable":
                raise ZeroDivisionError
            return super().get_extra_info(info)

    numbers = iter(range(10))

    def connect(_: object) -> AsyncScriptedStream:
        return async_greeter() if next(numbers) else AsyncBlind(on_write=serve)

    async def trace(name: str, info: dict[str, Any]) -> None:
        pass

    network = AsyncScriptedBackend(connect)
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        await async_get(pool)
        with pytest.raises(ZeroDivisionError):
            await pool.request(
                "GET", "http://a/", extensions={"trace": trace} if is_traced else None
            )
        assert await async_get(pool, pool=1.0) == b"hello"
        assert [stream.is_closed for stream in network.streams] == [True, False]


async def test_connection_that_cannot_be_closed_is_no_error_of_another_request() -> None:
    class AsyncStuck(AsyncScriptedStream):
        async def aclose(self) -> None:
            await super().aclose()
            raise OSError("cannot close")

    network = AsyncScriptedBackend(lambda connect: AsyncStuck(on_write=serve))
    pool = AsyncConnectionPool(max_connections=1, network_backend=network)
    for url in ("http://a/", "http://b/", "http://c/"):
        assert await async_get(pool, url) == b"hello"
    await pool.aclose()
    assert all(stream.is_closed for stream in network.streams)


async def test_refusal_that_is_the_contents_own_is_no_refusal_of_the_connection() -> None:
    mine = ConnectionNotAvailable("mine")

    async def chunks() -> AsyncIterator[bytes]:
        raise mine
        yield b""

    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        for _ in range(3):
            with pytest.raises(ConnectionNotAvailable) as caught:
                await pool.request("PUT", "http://a/", content=AsyncIteratorByteStream(chunks()))
            assert caught.value is mine
            assert "Requests: 0 active, 0 queued" in repr(pool)
            assert await async_get(pool, pool=1.0) == b"hello"


async def test_all_waits_of_a_request_have_one_limit() -> None:
    race = AsyncScriptedStream([*HELLO, TURN, *HELLO, TURN, END])
    network = AsyncScriptedBackend([race, async_greeter()])
    trace = AsyncRecorder("pool")
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        await async_get(pool)
        first = await pool.handle_async_request(GET)

        async def wait_twice() -> None:
            extensions = {"trace": trace, "timeout": {"pool": 0.6}}
            with pytest.raises(PoolTimeout) as caught:
                await pool.request("GET", "http://a/", extensions=extensions)
            assert caught.value.limit == 0.6
            assert caught.value.elapsed is not None
            assert caught.value.elapsed >= 0.59

        async def let_it_wait() -> None:
            await async_until(lambda: "1 queued" in repr(pool))

            async def get_in_between() -> None:
                # It has the place that the race sets free, and holds it.
                async with pool.stream("GET", "http://b/"):
                    await async_until(lambda: "pool.wait.failed" in trace.names)

            async def free() -> None:
                await async_until(lambda: "2 queued" in repr(pool))
                await AsyncParker().park(0.4)
                await first.aread()

            await async_run_together(get_in_between, free)

        await async_run_together(wait_twice, let_it_wait)
    waits = [
        info["elapsed"]
        for name, info in trace.events
        if name in ("pool.wait.complete", "pool.wait.failed")
    ]
    assert len(waits) == 2
    assert waits[0] >= 0.39
    assert sum(waits) < 0.9
