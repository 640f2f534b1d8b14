"""The limits of a connection's life and number, and the switch that turns safe replays off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import RemoteProtocolError
from httpcore_interfaces.testing import END, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool
from httpcore_pool._async import connection
from httpcore_pool._async import pool as engine

from ..support import async_run_together, async_until
from .lines import (
    HELLO,
    AsyncLineConnection,
    async_get,
    async_greeter,
    async_greeting_network,
)

if TYPE_CHECKING:
    from httpcore_interfaces import Request, Response, Timeouts


async def test_one_origin_gets_no_more_connections_than_it_may_have() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connections_per_origin=1, network_backend=network) as pool:

        async def hold() -> None:
            async with pool.stream("GET", "http://a/") as response:
                await async_until(lambda: "1 queued" in repr(pool))
                assert await async_get(pool, "http://b/") == b"hello"
                await response.aread()

        async def wait() -> None:
            await async_until(lambda: "1 active" in repr(pool))
            assert await async_get(pool, "http://a/") == b"hello"

        await async_run_together(hold, wait)
        assert len(network.connects) == 2


async def test_connection_takes_no_more_requests_than_it_may_serve() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(max_requests_per_connection=2, network_backend=network) as pool:
        for _ in range(5):
            assert await async_get(pool) == b"hello"
        assert len(network.connects) == 3
        assert [stream.is_closed for stream in network.streams] == [True, True, False]


@pytest.mark.parametrize(("chance", "ages"), [(0.0, 100.0), (1.0, 90.0)])
async def test_connection_ends_with_its_age(
    monkeypatch: pytest.MonkeyPatch, chance: float, ages: float
) -> None:
    now = 0.0
    monkeypatch.setattr(engine, "monotonic", lambda: now)
    monkeypatch.setattr(connection, "monotonic", lambda: now)
    monkeypatch.setattr("random.random", lambda: chance)
    network = async_greeting_network()
    async with AsyncConnectionPool(max_connection_age=100.0, network_backend=network) as pool:
        await async_get(pool)
        now = ages - 1.0
        await async_get(pool)
        assert len(network.connects) == 1
        now = ages
        await async_get(pool)
        assert len(network.connects) == 2


@pytest.mark.parametrize("name", ["max_connections_per_origin", "max_requests_per_connection"])
async def test_limits_must_be_positive_numbers(name: str) -> None:
    for value in (0, -1):
        with pytest.raises(ValueError, match=f"^{name} must be at least 1, or None for no limit"):
            AsyncConnectionPool(**{name: value})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=f"^{name} must be int or None, but got float$"):
        AsyncConnectionPool(**{name: 1.0})  # type: ignore[arg-type]


async def test_age_must_be_a_duration() -> None:
    with pytest.raises(ValueError, match=r"^max_connection_age must not be negative or NaN"):
        AsyncConnectionPool(max_connection_age=-1.0)


async def test_nothing_is_sent_again_when_that_is_switched_off() -> None:
    network = AsyncScriptedBackend([AsyncScriptedStream([*HELLO, TURN, END])])
    async with AsyncConnectionPool(replay=False, network_backend=network) as pool:
        await async_get(pool)
        with pytest.raises(RemoteProtocolError, match="reused connection") as caught:
            await async_get(pool)
        assert caught.value.safe_to_retry


async def test_what_the_server_did_not_act_on_is_sent_again_whatever_the_method(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused: list[bytes] = []
    exchange = AsyncLineConnection.exchange

    async def refuse(self: AsyncLineConnection, request: Request, timeouts: Timeouts) -> Response:
        try:
            return await exchange(self, request, timeouts)
        except RemoteProtocolError as error:
            refused.append(request.method)
            error.unprocessed = error.safe_to_retry = True
            raise

    monkeypatch.setattr(AsyncLineConnection, "exchange", refuse)
    network = AsyncScriptedBackend([AsyncScriptedStream([END]), async_greeter()])
    async with AsyncConnectionPool(network_backend=network) as pool:
        response = await pool.request("POST", "http://a/", content=b"content")
        assert response.content == b"hello"
        assert refused == [b"POST"]
