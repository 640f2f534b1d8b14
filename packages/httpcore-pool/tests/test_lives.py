"""Pools in forked processes, pools that nobody closes, and pools in a pickle."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
import sys
from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import Request
from httpcore_pool import AsyncConnectionPool, ConnectionPool
from httpcore_pool._lives import _after_fork_in_child, forget_connections

from ._async.lines import async_get, async_greeting_network
from ._sync.lines import greeting_network
from .backends.ends import client_context
from .peers import LineServer
from .support import until

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.usefixtures("line_protocols"),
    # Python warns of forks beside threads since 3.12; the server's threads are not used in the child.
    pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning"),
]

NAME = {"sni_hostname": "tls.example"}


def in_child(function: Callable[[], object]) -> None:
    """Run the function in a forked process, which must not fail."""
    child = os.fork()
    if not child:  # pragma: no cover - another process
        code = 1
        try:
            function()
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0


def get(pool: ConnectionPool, server: LineServer) -> None:
    assert pool.request("GET", server.url, extensions=NAME).content == b"hello"


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_forked_process_makes_connections_of_its_own(tls: bool) -> None:
    with LineServer(tls=tls) as server:
        pool = ConnectionPool(ssl_context=client_context())
        get(pool, server)
        response = pool.handle_request(Request("GET", server.url, extensions=NAME))
        before = pool.connections

        def use() -> None:  # pragma: no cover - another process
            assert pool.connections == []
            # Closing what the parent is reading says nothing to the server.
            response.close()
            get(pool, server)
            get(pool, server)
            assert len(pool.connections) == 1
            pool.close()

        pool._ledger._lock.acquire()
        try:
            in_child(use)
        finally:
            pool._ledger._lock.release()
        assert pool.connections == before
        assert response.read() == b"hello"
        get(pool, server)
        assert pool.connections == before
        assert server.ends == ["end"]
        assert server.requests == 5
        pool.close()
        until(lambda: server.ends == ["end"] * 2)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("uses_uvloop", [False, True], ids=["asyncio", "uvloop"])
def test_forked_process_does_not_disturb_the_event_loop_of_its_parent(
    uses_uvloop: bool, tls: bool
) -> None:
    make_loop = (
        pytest.importorskip("uvloop").new_event_loop if uses_uvloop else asyncio.new_event_loop
    )
    with LineServer(tls=tls) as server:
        pool = AsyncConnectionPool(ssl_context=client_context())

        async def fetch() -> None:
            response = await pool.request("GET", server.url, extensions=NAME)
            assert response.content == b"hello"

        def use() -> None:  # pragma: no cover - another process
            assert pool.connections == []
            asyncio.run(fetch())
            asyncio.run(fetch())
            asyncio.run(pool.aclose())

        async def main() -> None:
            await fetch()
            response = await pool.handle_async_request(Request("GET", server.url, extensions=NAME))
            before = pool.connections
            in_child(use)
            assert await response.aread() == b"hello"
            await fetch()
            assert pool.connections == before
            await pool.aclose()

        with asyncio.Runner(loop_factory=make_loop) as runner:
            runner.run(main())
        until(lambda: len(server.ends) == 3)
        assert server.requests == 5


def test_what_was_forgotten_reports_to_nobody() -> None:
    network = greeting_network()
    pool = ConnectionPool(network_backend=network)
    response = pool.handle_request(Request("GET", "http://a/"))
    (connection,) = pool._held()
    forget_connections(pool._ledger)
    response.close()
    connection.capacity_changed()
    connection.response_dropped(response.stream)  # type: ignore[arg-type]
    connection.aclose_dropped()
    assert pool.connections == []
    assert pool.request("GET", "http://a/").content == b"hello"
    pool.close()


def test_what_was_forgotten_reports_to_no_event_loop() -> None:
    pool = AsyncConnectionPool(network_backend=async_greeting_network())

    async def main() -> None:
        response = await pool.handle_async_request(Request("GET", "http://a/"))
        (connection,) = pool._held()
        forget_connections(pool._ledger)
        await response.aclose()
        connection.capacity_changed()
        connection.response_dropped(response.stream)  # type: ignore[arg-type]
        await connection.aclose_dropped()
        assert pool.connections == []
        await pool.aclose()

    asyncio.run(main())


def test_fork_is_an_end_for_connections_alone() -> None:
    with LineServer() as server:
        pool = ConnectionPool()
        get(pool, server)
        (connection,) = pool._held()
        # As in the child, where coverage does not look.
        _after_fork_in_child()
        assert connection.is_closed() is False
        until(lambda: len(server.ends) == 1)
        connection.close()
        get(pool, server)
        pool.close()


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_pool_that_nobody_closed_ends_its_idle_connections(tls: bool) -> None:
    with LineServer(tls=tls) as server:
        pool = ConnectionPool(ssl_context=client_context())
        get(pool, server)
        del pool
        gc.collect()
        until(lambda: len(server.ends) == 1)


def test_response_outlives_its_pool() -> None:
    with LineServer() as server:
        pool = ConnectionPool()
        get(pool, server)
        response = pool.handle_request(Request("GET", server.url, extensions=NAME))
        del pool
        gc.collect()
        assert response.read() == b"hello"
        until(lambda: len(server.ends) == 1)


def test_async_pool_that_nobody_closed_ends_its_idle_connections() -> None:
    with LineServer() as server:

        async def main() -> None:
            pool = AsyncConnectionPool()
            await async_get(pool, server.url)
            del pool
            gc.collect()

        asyncio.run(main())
        gc.collect()
        until(lambda: len(server.ends) == 1)


def test_async_pool_that_nobody_closed_may_be_collected_after_its_loop() -> None:
    with LineServer() as server:
        pool = AsyncConnectionPool()
        asyncio.run(async_get(pool, server.url))
        del pool
        gc.collect()
        until(lambda: len(server.ends) == 1)


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_async_pool_that_nobody_closed_may_be_collected_in_another_thread(library: str) -> None:
    import trio

    pools: list[AsyncConnectionPool] = []

    def drop() -> None:
        pools.clear()
        gc.collect()

    with LineServer() as server:

        async def use_trio() -> None:
            pools.append(AsyncConnectionPool())
            await async_get(pools[0], server.url)
            await trio.to_thread.run_sync(drop)
            while not server.ends:
                await trio.sleep(0.001)

        async def use_asyncio() -> None:
            pools.append(AsyncConnectionPool())
            await async_get(pools[0], server.url)
            await asyncio.to_thread(drop)
            while not server.ends:
                await asyncio.sleep(0.001)

        if library == "trio":
            trio.run(use_trio)
        else:
            asyncio.run(use_asyncio())


def test_pool_cannot_be_pickled_or_copied() -> None:
    for pool in (
        ConnectionPool(network_backend=greeting_network()),
        AsyncConnectionPool(network_backend=async_greeting_network()),
    ):
        message = (
            f"^cannot pickle or copy '{type(pool).__name__}': connections belong to one process"
        )
        with pytest.raises(TypeError, match=message):
            pickle.dumps(pool)
        with pytest.raises(TypeError, match=message):
            copy.copy(pool)
