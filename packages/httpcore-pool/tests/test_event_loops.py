"""One asynchronous pool under several event loops: in turn it works, at the same time it is refused."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from typing import TYPE_CHECKING

import pytest
import trio

from httpcore_interfaces import HTTPCoreError, Request
from httpcore_interfaces.testing import AsyncScriptedBackend
from httpcore_pool import AnyIOBackend, AsyncConnectionPool, WrongEventLoop
from httpcore_pool._lives import Home, current_loop

from ._async.lines import async_get, async_greeting_network
from .backends.ends import client_context
from .peers import LineServer
from .support import async_until, until

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

pytestmark = pytest.mark.usefixtures("line_protocols")


def run_uvloop(main: Callable[[], Coroutine[Any, Any, Any]]) -> object:
    uvloop = pytest.importorskip("uvloop")
    with warnings.catch_warnings():
        # When it is closed, uvloop complains of what is open, which nobody can prevent.
        warnings.simplefilter("ignore", ResourceWarning)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(main())


RUNNERS: dict[str, Callable[[Any], object]] = {
    "asyncio": lambda main: asyncio.run(main()),
    "uvloop": run_uvloop,
    "trio": trio.run,
}


def fetching(
    pool: AsyncConnectionPool, server: LineServer, times: int = 1
) -> Callable[[], Coroutine[Any, Any, None]]:
    async def main() -> None:
        for _ in range(times):
            response = await pool.request(
                "GET", server.url, extensions={"sni_hostname": "tls.example"}
            )
            assert response.content == b"hello"

    return main


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("second", RUNNERS)
@pytest.mark.parametrize("first", RUNNERS)
def test_pool_goes_on_under_another_loop(first: str, second: str, tls: bool) -> None:
    with LineServer(tls=tls) as server:
        pool = AsyncConnectionPool(ssl_context=client_context())
        RUNNERS[first](fetching(pool, server, 2))
        assert len(pool.connections) == 1
        RUNNERS[second](fetching(pool, server, 2))
        assert len(pool.connections) == 1
        until(lambda: len(server.ends) >= 1)
        assert server.requests == 4
        asyncio.run(pool.aclose())
        until(lambda: len(server.ends) == 2)
        gc.collect()


def test_pool_of_anyio_streams_goes_on_under_another_loop() -> None:
    with LineServer() as server:
        pool = AsyncConnectionPool(network_backend=AnyIOBackend())
        for _ in range(2):
            asyncio.run(fetching(pool, server, 2)())
        asyncio.run(pool.aclose())
        until(lambda: len(server.ends) == 2)


def test_what_a_loop_left_unfinished_is_forgotten() -> None:
    pool = AsyncConnectionPool(max_connections=1)
    left: list[object] = []

    async def leave(url: str) -> None:
        left.append(await pool.handle_async_request(Request("GET", url)))
        task = asyncio.get_running_loop().create_task(async_get(pool, url))
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        left.append(task)
        await async_until(lambda: "1 active, 1 queued" in repr(pool))

    with LineServer() as server:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(leave(server.url))
        loop.close()
        asyncio.run(fetching(pool, server)())
        assert "0 active, 0 queued" in repr(pool)
        left.clear()
        gc.collect()
        asyncio.run(fetching(pool, server)())
        asyncio.run(pool.aclose())


def test_pool_that_another_loop_uses_is_refused() -> None:
    pool = AsyncConnectionPool(network_backend=async_greeting_network())
    errors: list[BaseException] = []

    async def use() -> None:
        await async_get(pool)
        await asyncio.to_thread(in_thread.start)
        await asyncio.to_thread(in_thread.join)
        assert await async_get(pool) == b"hello"

    def use_too(run: Callable[[Any], object]) -> None:
        for function in (lambda: async_get(pool), pool.aclose):
            try:
                run(function)
            except HTTPCoreError as error:
                errors.append(error)

    for run in RUNNERS.values():
        in_thread = threading.Thread(target=use_too, args=[run])
        asyncio.run(use())
    assert len(errors) == 6
    for error in errors:
        assert isinstance(error, WrongEventLoop)
        assert isinstance(error, RuntimeError)
        assert error.safe_to_retry
        assert "make a pool for each event loop" in str(error)
    asyncio.run(pool.aclose())


def test_pool_that_a_run_of_trio_uses_is_refused() -> None:
    pool = AsyncConnectionPool(network_backend=async_greeting_network())

    def use_too() -> None:
        with pytest.raises(WrongEventLoop):
            asyncio.run(async_get(pool))

    async def use() -> None:
        await async_get(pool)
        await trio.to_thread.run_sync(use_too)

    trio.run(use)
    asyncio.run(pool.aclose())


def test_pool_with_requests_under_way_in_a_loop_that_pauses_is_refused() -> None:
    pool = AsyncConnectionPool(network_backend=async_greeting_network())
    loop = asyncio.new_event_loop()
    context = pool.stream("GET", "http://a/")
    response = loop.run_until_complete(context.__aenter__())
    with pytest.raises(WrongEventLoop):
        asyncio.run(async_get(pool))
    loop.run_until_complete(response.aread())
    loop.run_until_complete(context.__aexit__(None, None, None))
    # Now nothing of that loop is under way.
    assert asyncio.run(async_get(pool)) == b"hello"
    loop.run_until_complete(pool.aclose())
    loop.close()


def test_streams_of_another_house_are_left_to_themselves() -> None:
    network = async_greeting_network()
    pool = AsyncConnectionPool(network_backend=network)
    asyncio.run(async_get(pool))
    asyncio.run(async_get(pool))
    assert len(network.connects) == 2
    assert not network.streams[0].is_closed
    assert not any(stream.is_closed for stream in network.streams)


def test_without_a_loop_there_is_nothing_to_compare() -> None:
    assert current_loop() is None
    home = Home()
    pool = AsyncConnectionPool(network_backend=AsyncScriptedBackend([]))
    home.enter(None, pool._ledger)
    assert home.loop is None
