"""Responses that are collected without being closed: the observer is told, and so is the programmer."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from httpcore_http2._async import connection as module
from httpcore_interfaces import Request

from .meeting import URL, AsyncObserver, async_meet

if TYPE_CHECKING:
    from httpcore_http2 import AsyncHTTP2Connection
    from httpcore_interfaces import AsyncByteStream


class AsyncPool(AsyncObserver):
    """An observer that keeps the bodies."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[AsyncByteStream] = []

    def response_dropped(self, body: object) -> None:
        self.bodies.append(body)  # type: ignore[arg-type]


async def drop(connection: AsyncHTTP2Connection) -> None:
    await connection.handle_async_request(Request("GET", URL))
    gc.collect()


async def test_dropped_response_is_handed_to_the_observer_with_a_warning() -> None:
    connection, _ = async_meet()
    pool = AsyncPool()
    connection.observe(pool)
    with pytest.warns(ResourceWarning, match="the response to GET https://example.com:443 was"):
        await drop(connection)
    (body,) = pool.bodies
    await body.aclose()
    assert pool.ended == 1
    assert connection.is_idle()
    await connection.aclose()


async def test_dropped_response_is_warned_of_without_an_observer() -> None:
    connection, _ = async_meet()
    with pytest.warns(ResourceWarning, match="close it, or use"):
        await drop(connection)
    await connection.aclose()


@pytest.mark.parametrize("ends", ["read", "aclose", "connection"])
async def test_response_that_has_ended_can_be_dropped(ends: str) -> None:
    connection, _ = async_meet()
    pool = AsyncPool()
    connection.observe(pool)
    response = await connection.handle_async_request(Request("GET", URL))
    if ends == "read":
        await response.aread()
    elif ends == "aclose":
        await response.aclose()
    else:
        await connection.aclose()
    del response
    gc.collect()
    assert not pool.bodies
    await connection.aclose()


async def test_nothing_is_said_when_the_interpreter_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_finalizing", lambda: True)
    connection, _ = async_meet()
    await connection.handle_async_request(Request("GET", URL))
    gc.collect()
    await connection.aclose()
