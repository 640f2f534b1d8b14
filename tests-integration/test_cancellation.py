"""Requests that are given up at any moment: the pool loses nothing, and goes on. For threads there is no such thing."""

import ssl

import anyio

import httpcore

from .servers import HELLO, Server


async def test_pool_is_whole_after_requests_were_cancelled_at_any_moment(
    slow_server: Server, trusting: ssl.SSLContext
) -> None:
    server = slow_server

    async def get(number: int) -> None:
        # From "has not begun" to "is long over".
        with anyio.move_on_after(number * 0.001):
            path = ("/", "/large", "/never")[number % 3]
            await pool.request("GET", f"{server.url}{path}")

    async with httpcore.AsyncConnectionPool(
        ssl_context=trusting, http2=server.is_http2, max_connections=3
    ) as pool:
        async with anyio.create_task_group() as group:
            for number in range(60):
                group.start_soon(get, number)
        assert len(pool.connections) <= 3
        assert all(connection.is_idle() for connection in pool.connections)
        for _ in range(5):
            response = await pool.request(
                "GET", f"{server.url}/", extensions={"timeout": {"pool": 5.0, "read": 10.0}}
            )
            assert response.content == HELLO
