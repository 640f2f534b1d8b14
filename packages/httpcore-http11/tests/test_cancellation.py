"""Cancellation at every suspension. Threads cannot be cancelled, so this has no synchronous twin."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from httpcore_http11 import AsyncHTTP11Connection
from httpcore_interfaces import Origin, Request
from httpcore_interfaces.testing import STALL, AsyncScriptedStream

ORIGIN = Origin(b"http", b"a", 80)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"


class Observer:
    """Counts the ends of exchanges, and has something to close after each."""

    def __init__(self, connection: AsyncHTTP11Connection) -> None:
        self.ended = 0
        self.dropped = 0
        connection.observe(self)

    def exchange_ended(self, limit: int) -> bool:
        self.ended += 1
        return True

    def capacity_changed(self) -> None:
        raise AssertionError("no exchange has ended")

    def response_dropped(self, body: object) -> None:
        raise AssertionError("no response is dropped here")

    async def aclose_dropped(self) -> None:
        self.dropped += 1


async def pieces() -> AsyncIterator[bytes]:
    for piece in (b"1", b"2", b"3"):
        await anyio.lowlevel.checkpoint()
        yield piece


async def get(connection: AsyncHTTP11Connection) -> None:
    await connection.request("GET", "http://a/")


async def streamed_post(connection: AsyncHTTP11Connection) -> None:
    await connection.request("POST", "http://a/", content=pieces())


async def streamed_response(connection: AsyncHTTP11Connection) -> None:
    async with connection.stream("GET", "http://a/") as response:
        async for _ in response.aiter_stream():
            pass


async def early_close(connection: AsyncHTTP11Connection) -> None:
    async with connection.stream("GET", "http://a/"):
        pass


async def expectation(connection: AsyncHTTP11Connection) -> None:
    await connection.request("POST", "http://a/", headers={"Expect": "100-continue"}, content=b"x")


async def upgrade(connection: AsyncHTTP11Connection) -> None:
    headers = {"Host": "a", "Connection": "Upgrade", "Upgrade": "x"}
    response = await connection.handle_async_request(Request("GET", "http://a/", headers=headers))
    try:
        stream: Any = response.extensions["network_stream"]
        await stream.write(b"ping")
        await stream.read(4)
    finally:
        await response.aclose()


Scenario = Callable[[AsyncHTTP11Connection], Awaitable[None]]
Answers = dict[bytes, list[bytes]]
CHUNKS = [CHUNKED, b"3\r\nllo\r\n", b"0\r\n\r\n"]
SCENARIOS: list[tuple[Scenario, Answers]] = [
    (get, {b"\r\n\r\n": [OK[:20], OK[20:40], OK[40:]]}),
    (streamed_post, {b"0\r\n\r\n": [OK]}),
    (streamed_response, {b"\r\n\r\n": CHUNKS}),
    (early_close, {b"\r\n\r\n": CHUNKS}),
    (expectation, {b"\r\n\r\n": [b"HTTP/1.1 100 Continue\r\n\r\n"], b"x": [OK]}),
    (upgrade, {b"\r\n\r\n": [b"HTTP/1.1 101 Now\r\n\r\n"], b"ping": [b"pong"]}),
]


@pytest.mark.parametrize(("scenario", "answers"), SCENARIOS)
async def test_cancelling_anywhere_leaves_nothing_behind(
    scenario: Scenario, answers: Answers
) -> None:
    cancelled = 0
    for at in range(1, 50):

        def on_write(data: bytes) -> list[bytes] | None:
            return next((answer for end, answer in answers.items() if data.endswith(end)), None)

        with anyio.CancelScope() as scope:
            stream = AsyncScriptedStream(
                [], at_end=STALL, on_write=on_write, interrupt_at=at, interrupt=scope.cancel
            )
            connection = AsyncHTTP11Connection(ORIGIN, stream)
            observer = Observer(connection)
            await scenario(connection)
        cancelled += scope.cancelled_caught
        assert observer.ended == 1
        assert observer.dropped == 1
        assert stream.is_closed is not connection.is_idle()
        assert connection.is_closed() is not connection.is_idle()
        if len(stream.operations) < at:
            break
    else:
        raise AssertionError("the scenario does not end")
    assert cancelled >= 2
