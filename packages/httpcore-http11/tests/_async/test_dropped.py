"""Responses that are collected without being closed: the observer is told, and so is the programmer."""

from __future__ import annotations

import gc
import tracemalloc
import warnings
from typing import TYPE_CHECKING

import pytest

from httpcore_http11 import AsyncHTTP11Connection
from httpcore_http11._async import connection as module
from httpcore_interfaces import Origin, Request
from httpcore_interfaces.testing import TURN, AsyncScriptedStream

if TYPE_CHECKING:
    from httpcore_interfaces import AsyncByteStream

ORIGIN = Origin(b"http", b"a.example", 80)
GET = Request("GET", "http://a.example/", headers={"Host": "a.example"})
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


class AsyncPool:
    """An observer that keeps the bodies."""

    def __init__(self) -> None:
        self.bodies: list[AsyncByteStream] = []
        self.ends = 0

    def exchange_ended(self, limit: int) -> bool:
        self.ends += 1
        return False

    def capacity_changed(self) -> None:
        raise AssertionError("HTTP/1.1 has one place, always")

    def response_dropped(self, body: AsyncByteStream) -> None:
        self.bodies.append(body)

    async def aclose_dropped(self) -> None:
        raise AssertionError("nothing is to be closed")


def to(answer: bytes) -> AsyncHTTP11Connection:
    return AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, answer]))


async def drop(connection: AsyncHTTP11Connection) -> None:
    await connection.handle_async_request(GET)
    gc.collect()


async def test_dropped_response_is_handed_to_the_observer_with_a_warning() -> None:
    connection = to(ANSWER)
    pool = AsyncPool()
    connection.observe(pool)
    with pytest.warns(ResourceWarning, match="the response to GET http://a.example:80 was neither"):
        await drop(connection)
    (body,) = pool.bodies
    await body.aclose()
    assert pool.ends == 1
    assert connection.is_closed()
    # It has been told of once.
    pool.bodies.clear()
    del body
    gc.collect()
    assert not pool.bodies


async def test_warning_knows_the_place_when_memory_is_traced() -> None:
    connection = to(ANSWER)
    tracemalloc.start(25)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            await connection.handle_async_request(GET)
            gc.collect()
        traceback = tracemalloc.get_object_traceback(caught[0].source)
    finally:
        tracemalloc.stop()
    assert traceback is not None
    assert any("test_dropped" in line for line in traceback.format())
    caught.clear()
    await connection.aclose()


@pytest.mark.parametrize("ends", ["read", "aclose", "connection"])
async def test_response_that_has_ended_can_be_dropped(ends: str) -> None:
    connection = to(ANSWER + b"hello")
    pool = AsyncPool()
    connection.observe(pool)
    response = await connection.handle_async_request(GET)
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


async def test_who_switched_protocols_may_drop_the_response() -> None:
    connection = to(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    )
    pool = AsyncPool()
    connection.observe(pool)
    headers = {"Host": "a.example", "Connection": "upgrade", "Upgrade": "x"}
    response = await connection.handle_async_request(Request("GET", GET.url, headers=headers))
    stream = response.extensions["network_stream"]
    del response
    gc.collect()
    assert not pool.bodies
    await stream.aclose()
    await connection.aclose()


async def test_nothing_is_said_when_the_interpreter_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_finalizing", lambda: True)
    connection = to(ANSWER)
    await connection.handle_async_request(GET)
    gc.collect()
    await connection.aclose()


async def test_dropped_response_is_warned_of_without_an_observer() -> None:
    connection = to(ANSWER)
    with pytest.warns(ResourceWarning, match="close it, or use"):
        await drop(connection)
    await connection.aclose()
