"""Answers that come while the peer does not take the request's content, on streams that can watch for them."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_http11 import AsyncHTTP11Connection
from httpcore_interfaces import (
    Origin,
    ReadTimeout,
    RemoteProtocolError,
    Response,
    WriteError,
    WriteTimeout,
)
from httpcore_interfaces.testing import END, STALL, AsyncScriptedStream, Step, Steps

ORIGIN = Origin(b"http", b"a", 80)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"
BIG = bytes(range(256)) * 4096
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(BIG)


class AsyncSlowPeer(AsyncScriptedStream):
    """Takes so much of each write that watches, and says something when it takes no more; at last it takes all."""

    def __init__(self, *rounds: tuple[int, Steps | None], **options: Any) -> None:
        super().__init__(at_end=STALL, **options)
        self.rounds = list(rounds)
        self.limits: list[float | None] = []

    async def write_until_readable(self, buffer: bytes, timeout: float | None = None) -> int:
        self.limits.append(timeout)
        count, steps = self.rounds.pop(0) if self.rounds else (len(buffer), None)
        count = min(count, len(buffer))
        await self.write(bytes(memoryview(buffer)[:count]))
        if steps is not None:
            self.feed(steps)
        return count


async def post(
    stream: AsyncScriptedStream, content: Any, headers: Any = None, **timeout: float
) -> tuple[AsyncHTTP11Connection, Response]:
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.request(
        "POST", "http://a/", headers=headers, content=content, extensions={"timeout": timeout}
    )
    return connection, response


class AsyncPieces:
    """A body of these pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def __aiter__(self) -> AsyncPieces:
        return self

    async def __anext__(self) -> bytes:
        if not self.pieces:
            raise StopAsyncIteration
        return self.pieces.pop(0)


async def test_an_answer_ends_a_write_that_waits() -> None:
    stream = AsyncSlowPeer((1000, TOO_LARGE))
    connection, response = await post(stream, BIG)
    assert response.status == 413
    assert response.content == b"no"
    assert stream.written == HEAD + BIG[:1000]
    assert connection.is_closed()


async def test_an_answer_ends_a_write_of_a_later_piece() -> None:
    for size in (1000, len(BIG)):
        stream = AsyncSlowPeer((1000, None), (10, TOO_LARGE))
        headers = {"Content-Length": str(1000 + size)}
        _, response = await post(stream, AsyncPieces(b"first", BIG[:995], BIG[:size]), headers)
        assert response.status == 413
        assert stream.written.endswith(b"first" + BIG[:995] + BIG[:10])


@pytest.mark.parametrize("part", range(4))
async def test_an_answer_ends_a_chunk_wherever_it_is(part: int) -> None:
    taken = [(len(BIG), None)] * part
    stream = AsyncSlowPeer(*taken, (0, TOO_LARGE))
    _, response = await post(stream, AsyncPieces(BIG))
    assert response.status == 413
    parts = [b"100000\r\n", BIG, b"\r\n", b"0\r\n\r\n"]
    assert stream.written.partition(b"\r\n\r\n")[2] == b"".join(parts[:part])


async def test_an_answer_that_is_not_the_last_one_is_shown_and_the_writing_goes_on() -> None:
    shown = []

    async def show(status: int, fields: Any) -> None:
        shown.append(status)

    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    stream = AsyncSlowPeer((1000, hints), (0, hints[:5]), (7, hints[5:]), on_write=None)
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    stream.rounds.append((len(BIG), OK))
    response = await connection.request(
        "POST", "http://a/", content=BIG, extensions={"informational": show}
    )
    assert response.status == 200
    assert shown == [103, 103]
    assert stream.written == HEAD + BIG
    assert connection.is_idle()


async def test_what_can_be_read_may_be_nothing_for_us() -> None:
    # Then watching would never wait.
    stream = AsyncSlowPeer((1000, ReadTimeout("tickets")))
    stream._on_write = lambda data: OK if data == BIG[1000:] else None
    connection, response = await post(stream, BIG)
    assert response.status == 200
    assert stream.written == HEAD + BIG
    assert len(stream.limits) == 1
    assert connection.is_idle()


@pytest.mark.parametrize("size", [0, 1000])
async def test_switching_is_no_answer_before_the_last_byte_was_sent(size: int) -> None:
    answer = b"HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"
    stream = AsyncSlowPeer((size, answer))
    headers = {"Content-Length": str(len(BIG)), "Upgrade": "x", "Connection": "Upgrade"}
    with pytest.raises(RemoteProtocolError, match=r"switched protocols .* was sent to its end"):
        await post(stream, BIG, headers)
    assert stream.is_closed


async def test_nor_is_a_tunnel() -> None:
    stream = AsyncSlowPeer((0, b"HTTP/1.1 200 OK\r\n\r\n"))
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    with pytest.raises(RemoteProtocolError, match=r"switched protocols \(status 200\)"):
        await connection.request(
            "CONNECT", "http://a/", content=BIG, extensions={"target": b"a:80"}
        )
    assert stream.is_closed


@pytest.mark.parametrize(
    ("steps", "error"), [(END, RemoteProtocolError), (WriteError("x"), WriteError)]
)
async def test_whatever_else_comes_ends_the_request(steps: Step, error: type[Exception]) -> None:
    stream = AsyncSlowPeer((1000, steps))
    with pytest.raises(error):
        await post(stream, BIG)
    assert stream.is_closed


async def test_the_limits_of_writing_hold() -> None:
    stream = AsyncSlowPeer((1000, b"HTTP/1.1 102 x\r\n\r\n"), (len(BIG), OK))
    await post(stream, BIG, write=5.0)
    assert stream.limits == [5.0, 5.0]
    stream = AsyncSlowPeer((1000, b"HTTP/1.1 102 x\r\n\r\n"), (len(BIG), OK))
    await post(stream, BIG, write=5.0, total=3.0)
    assert all(limit is not None and 2.0 < limit <= 3.0 for limit in stream.limits)
    stream = AsyncSlowPeer(write_steps=[None, WriteTimeout("full", limit=5.0)])
    with pytest.raises(WriteTimeout) as caught:
        await post(stream, BIG, write=5.0)
    assert caught.value.phase == "write request"
    assert caught.value.bytes_sent == len(HEAD)
