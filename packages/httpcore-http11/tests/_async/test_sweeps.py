"""Everything that can happen at every place: responses cut at every byte, and every operation interrupted.

A response that is not whole is never taken for whole, nothing hangs, the observer is told exactly once, and afterwards
the connection is idle or its stream is closed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from httpcore_http11 import AsyncHTTP11Connection
from httpcore_interfaces import (
    HTTPCoreError,
    Origin,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    Request,
)
from httpcore_interfaces.testing import END, STALL, TURN, AsyncScriptedStream, Step

from ..corpus import CORPUS, C, H

ORIGIN = Origin(b"http", b"a", 80)


class AsyncObserver:
    """Counts the ends of exchanges."""

    def __init__(self, connection: AsyncHTTP11Connection) -> None:
        self.ended = 0
        connection.observe(self)

    def exchange_ended(self, limit: int) -> bool:
        self.ended += 1
        return False

    def capacity_changed(self) -> None:
        raise AssertionError("no exchange has ended")

    def response_dropped(self, body: object) -> None:
        raise AssertionError("no response is dropped here")

    async def aclose_dropped(self) -> None:
        raise AssertionError("nothing was dropped")


def get() -> Request:
    return Request("GET", "http://a/", headers={"Host": "a"}, extensions={"timeout": {"read": 0.0}})


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(CORPUS) == 40


@pytest.mark.parametrize(("data", "content", "until_close"), CORPUS, ids=range(len(CORPUS)))
async def test_a_response_is_read_however_it_is_cut(
    data: bytes, content: bytes, until_close: bool
) -> None:
    pieces = [[data[:at], data[at:]] for at in range(1, len(data))]
    for script in [*pieces, [data[at : at + 1] for at in range(len(data))]]:
        end = END if until_close else STALL
        stream = AsyncScriptedStream([TURN, *script, end], suspend=False)
        connection = AsyncHTTP11Connection(ORIGIN, stream)
        observer = AsyncObserver(connection)
        response = await connection.handle_async_request(get())
        assert await response.aread() == content
        assert observer.ended == 1
        assert connection.is_idle() is not stream.is_closed


@pytest.mark.parametrize(("data", "content", "until_close"), CORPUS, ids=range(len(CORPUS)))
@pytest.mark.parametrize("then", [END, ReadError, STALL], ids=["closes", "resets", "stalls"])
async def test_a_part_of_a_response_is_never_taken_for_the_whole(
    data: bytes, content: bytes, until_close: bool, then: Step
) -> None:
    expected: dict[Step, type[HTTPCoreError]] = {
        END: RemoteProtocolError,
        ReadError: ReadError,
        STALL: ReadTimeout,
    }
    for at in range(len(data)):
        script = [data[:at], then] if at else [then]
        stream = AsyncScriptedStream([TURN, *script], suspend=False)
        connection = AsyncHTTP11Connection(ORIGIN, stream)
        observer = AsyncObserver(connection)
        received, error = await outcome(connection)
        assert content.startswith(received)
        assert observer.ended == 1
        assert stream.is_closed
        if error is None:
            # Only what ends with the connection may end here.
            assert until_close
            assert then is END
            assert data.endswith(received + data[at:])
        else:
            assert type(error) is expected[then]


async def outcome(connection: AsyncHTTP11Connection) -> tuple[bytes, HTTPCoreError | None]:
    """What could be read, and why no more, if that was not all."""
    received = b""
    try:
        response = await connection.handle_async_request(get())
        async for chunk in response.aiter_stream():
            received += chunk
    except HTTPCoreError as error:
        return received, error
    return received, None


# Interruptions.


class Interrupted(BaseException):
    """Something that strikes in the middle of an operation, as a cancellation does."""


def interrupt() -> None:
    raise Interrupted


class AsyncPieces:
    """A body in three pieces."""

    def __init__(self) -> None:
        self.left = [b"1", b"2", b"3"]

    def __aiter__(self) -> AsyncPieces:
        return self

    async def __anext__(self) -> bytes:
        if not self.left:
            raise StopAsyncIteration
        return self.left.pop(0)


OK = H + b"Content-Length: 5\r\n\r\nhello"


async def plain_get(connection: AsyncHTTP11Connection) -> None:
    await connection.request("GET", "http://a/")


async def streamed_post(connection: AsyncHTTP11Connection) -> None:
    await connection.request("POST", "http://a/", content=AsyncPieces())


async def streamed_response(connection: AsyncHTTP11Connection) -> None:
    response = await connection.handle_async_request(get())
    try:
        async for _ in response.aiter_stream():
            pass
    finally:
        await response.aclose()


async def early_close(connection: AsyncHTTP11Connection) -> None:
    response = await connection.handle_async_request(get())
    await response.aclose()


async def expectation(connection: AsyncHTTP11Connection) -> None:
    await connection.request(
        "POST", "http://a/", headers={"Expect": "100-continue"}, content=b"hello"
    )


async def upgrade(connection: AsyncHTTP11Connection) -> None:
    headers = {"Host": "a", "Connection": "Upgrade", "Upgrade": "x"}
    response = await connection.handle_async_request(Request("GET", "http://a/", headers=headers))
    try:
        stream: Any = response.extensions["network_stream"]
        await stream.write(b"ping")
        await stream.read(4)
    finally:
        await response.aclose()


Scenario = tuple[Callable[[AsyncHTTP11Connection], Awaitable[None]], dict[bytes, list[bytes]]]
CHUNKED_ANSWER = [C + b"\r\n2\r\nhe\r\n", b"3\r\nllo\r\n", b"0\r\n\r\n"]
SCENARIOS: dict[str, Scenario] = {
    "get": (plain_get, {b"\r\n\r\n": [OK[:20], OK[20:40], OK[40:]]}),
    "post": (streamed_post, {b"0\r\n\r\n": [OK]}),
    "response": (streamed_response, {b"\r\n\r\n": CHUNKED_ANSWER}),
    "early close": (early_close, {b"\r\n\r\n": CHUNKED_ANSWER}),
    "expect": (expectation, {b"\r\n\r\n": [b"HTTP/1.1 100 Continue\r\n\r\n"], b"hello": [OK]}),
    "upgrade": (upgrade, {b"\r\n\r\n": [b"HTTP/1.1 101 Now\r\n\r\n"], b"ping": [b"pong"]}),
}


@pytest.mark.parametrize("name", SCENARIOS)
async def test_every_operation_can_be_interrupted(name: str) -> None:
    scenario, answers = SCENARIOS[name]
    interrupted = 0
    for at in range(1, 50):

        def on_write(data: bytes) -> list[bytes] | None:
            return next((answer for end, answer in answers.items() if data.endswith(end)), None)

        stream = AsyncScriptedStream(
            [], at_end=STALL, on_write=on_write, interrupt_at=at, interrupt=interrupt
        )
        connection = AsyncHTTP11Connection(ORIGIN, stream)
        observer = AsyncObserver(connection)
        try:
            await scenario(connection)
        except Interrupted:
            interrupted += 1
        assert observer.ended == 1
        assert stream.is_closed is not connection.is_idle()
        assert connection.is_closed() is not connection.is_idle()
        if len(stream.operations) < at:
            break
    else:
        raise AssertionError("the scenario does not end")
    assert interrupted >= 2
