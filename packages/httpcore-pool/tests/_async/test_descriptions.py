"""What a pool says of itself to a person."""

from __future__ import annotations

from httpcore_pool import AsyncConnectionPool, AsyncHTTPProxy, AsyncSOCKSProxy

from ..support import async_run_together, async_until
from .lines import AsyncGatedBackend, async_get, async_greeter, async_greeting_network


async def test_repr_counts_requests_and_connections() -> None:
    pool = AsyncConnectionPool(max_connections=2, network_backend=async_greeting_network())
    name = type(pool).__name__
    assert repr(pool) == f"<{name} [Requests: 0 active, 0 queued | Connections: 0 active, 0 idle]>"
    await async_get(pool, "http://a/")
    assert repr(pool) == f"<{name} [Requests: 0 active, 0 queued | Connections: 0 active, 1 idle]>"
    async with pool.stream("GET", "http://b/"):
        assert (
            repr(pool) == f"<{name} [Requests: 1 active, 0 queued | Connections: 1 active, 1 idle]>"
        )
    await pool.aclose()
    assert repr(pool) == f"<{name} [Requests: 0 active, 0 queued | Connections: 0 active, 0 idle]>"


def test_repr_names_the_kind_of_pool() -> None:
    for pool in (AsyncHTTPProxy("http://proxy/"), AsyncSOCKSProxy("socks5://proxy/")):
        assert repr(pool).startswith(f"<{type(pool).__name__} [Requests: 0 active")


async def test_connections_are_listed_oldest_first_and_by_origin() -> None:
    async with AsyncConnectionPool(network_backend=async_greeting_network()) as pool:
        for url in ("http://a/", "https://b:8443/"):
            await async_get(pool, url)
        async with pool.stream("GET", "http://a/"):
            await async_get(pool, "http://a/")
            assert [connection.info() for connection in pool.connections] == [
                "'http://a:80', LINES, ACTIVE, Request Count: 2",
                "'https://b:8443', LINES, IDLE, Request Count: 1",
                "'http://a:80', LINES, IDLE, Request Count: 1",
            ]
            assert await pool.get_connection_info() == {
                "http://a:80": [
                    "'http://a:80', LINES, ACTIVE, Request Count: 2",
                    "'http://a:80', LINES, IDLE, Request Count: 1",
                ],
                "https://b:8443": ["'https://b:8443', LINES, IDLE, Request Count: 1"],
            }


async def test_dials_and_waits_are_told_too() -> None:
    network = AsyncGatedBackend([async_greeter()])
    async with AsyncConnectionPool(max_connections=1, network_backend=network) as pool:
        name = type(pool).__name__

        async def ask() -> None:
            await async_get(pool)

        async def look() -> None:
            await async_until(lambda: network.arrived and "1 queued" in repr(pool))
            assert (
                repr(pool)
                == f"<{name} [Requests: 1 active, 1 queued | Connections: 1 active, 0 idle]>"
            )
            assert await pool.get_connection_info() == {"http://a:80": ["CONNECTING"]}
            network.open()

        await async_run_together(ask, ask, look)
