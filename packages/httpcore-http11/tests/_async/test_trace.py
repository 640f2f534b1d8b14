"""The steps that are told to a `trace` callback: httpcore's names, and an exchange that ends whatever it does."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_http11 import AsyncHTTP11Connection
from httpcore_interfaces import Origin, RemoteProtocolError, Request
from httpcore_interfaces.testing import END, STALL, TURN, AsyncScriptedStream, Step

ORIGIN = Origin(b"http", b"a", 80)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

SENT = [
    "http11.send_request_headers.started",
    "http11.send_request_headers.complete",
    "http11.send_request_body.started",
    "http11.send_request_body.complete",
    "http11.receive_response_headers.started",
]
RECEIVED = [*SENT, "http11.receive_response_headers.complete"]
CLOSED = ["http11.response_closed.started", "http11.response_closed.complete"]


class AsyncTold:
    """A callback that notes, and raises where it is asked to."""

    def __init__(self, fail_at: str = "") -> None:
        self.fail_at = fail_at
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def __call__(self, name: str, info: dict[str, Any]) -> None:
        self.events.append((name, info))
        if name == self.fail_at:
            raise ValueError(name)

    def names(self) -> list[str]:
        return [name for name, _ in self.events]


def traced(told: AsyncTold, script: list[Step]) -> tuple[AsyncHTTP11Connection, Request]:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, *script]))
    return connection, Request(
        "GET", "http://a/", headers={"Host": "a"}, extensions={"trace": told}
    )


async def test_the_steps_of_a_request() -> None:
    told = AsyncTold()
    connection, request = traced(told, [OK[:-2], OK[-2:], STALL])
    response = await connection.handle_async_request(request)
    assert told.names() == RECEIVED
    assert await response.aread() == b"hello"
    await response.aclose()
    assert told.names() == [
        *RECEIVED,
        "http11.receive_response_body.started",
        "http11.receive_response_body.complete",
        *CLOSED,
    ]
    infos = dict(told.events)
    assert infos["http11.send_request_headers.started"] == {"request": request}
    assert infos["http11.send_request_body.complete"] == {"return_value": None}
    assert infos["http11.receive_response_headers.complete"] == {
        "return_value": (b"HTTP/1.1", 200, b"OK", [(b"Content-Length", b"5")])
    }
    assert infos["http11.receive_response_body.started"] == {"request": request}
    assert infos["http11.response_closed.started"] == {}
    assert connection.is_idle()


async def test_an_end_is_told_once() -> None:
    told = AsyncTold()
    connection, request = traced(told, [OK, STALL])
    response = await connection.handle_async_request(request)
    body: Any = response.stream
    assert await anext(body.__aiter__()) == b"hello"
    with pytest.raises(StopAsyncIteration):
        await anext(body)
    before = told.names()
    with pytest.raises(StopAsyncIteration):
        await anext(body)
    assert told.names() == before


async def test_the_steps_of_a_streamed_upload() -> None:
    told = AsyncTold()
    stream = AsyncScriptedStream([], at_end=STALL, on_write={b"2\r\nab\r\n": OK}.get)

    class AsyncPieces:
        given = False

        def __aiter__(self) -> AsyncPieces:
            return self

        async def __anext__(self) -> bytes:
            if self.given:
                raise StopAsyncIteration
            self.given = True
            return b"ab"

    connection = AsyncHTTP11Connection(ORIGIN, stream)
    await connection.request("POST", "http://a/", content=AsyncPieces(), extensions={"trace": told})
    assert told.names()[:6] == RECEIVED


async def test_a_response_that_is_given_up() -> None:
    told = AsyncTold()
    connection, request = traced(told, [OK[:-2], STALL])
    response = await connection.handle_async_request(request)
    await response.aclose()
    assert told.names() == [*RECEIVED, *CLOSED]
    assert connection.is_closed()


async def test_a_response_without_a_head() -> None:
    told = AsyncTold()
    connection, request = traced(told, [END])
    with pytest.raises(RemoteProtocolError) as info:
        await connection.handle_async_request(request)
    assert told.names() == [*SENT, "http11.receive_response_headers.failed", *CLOSED]
    assert told.events[-3][1] == {"exception": info.value}


async def test_a_response_without_an_end() -> None:
    told = AsyncTold()
    connection, request = traced(told, [OK[:-2], END])
    response = await connection.handle_async_request(request)
    with pytest.raises(RemoteProtocolError) as info:
        await response.aread()
    assert told.names() == [
        *RECEIVED,
        "http11.receive_response_body.started",
        "http11.receive_response_body.failed",
        *CLOSED,
    ]
    assert told.events[-3][1] == {"exception": info.value}


@pytest.mark.parametrize("end", [OK, OK[:-2]])
@pytest.mark.parametrize(
    "fail_at",
    [
        *RECEIVED,
        "http11.receive_response_body.started",
        "http11.receive_response_body.complete",
        "http11.receive_response_body.failed",
        *CLOSED,
    ],
)
async def test_a_callback_that_fails_ends_the_exchange(fail_at: str, end: bytes) -> None:
    told = AsyncTold(fail_at)
    connection, request = traced(told, [end, END])
    ended = []

    class AsyncObserver:
        def exchange_ended(self, limit: int) -> bool:
            ended.append(connection.is_closed())
            return False

        def capacity_changed(self) -> None:
            raise AssertionError("no exchange has ended")

        def response_dropped(self, body: object) -> None:
            raise AssertionError("no response is dropped here")

        async def aclose_dropped(self) -> None:
            raise AssertionError("nothing was dropped")

    connection.observe(AsyncObserver())

    async def read_all() -> None:
        response = await connection.handle_async_request(request)
        await response.aread()

    if (end == OK) is ("failed" in fail_at):
        return  # that event does not come
    with pytest.raises((RemoteProtocolError, ValueError)):
        await read_all()
    assert len(ended) == 1
    assert not connection.is_available() or connection.is_idle()
