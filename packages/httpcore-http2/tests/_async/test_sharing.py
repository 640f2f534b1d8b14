"""Several requests at once: who reads, who writes, and that nobody suffers for another."""

from functools import partial
from typing import Any

import h2.errors
import pytest

from httpcore_http2._core.streams import Stream, Wanted
from httpcore_http2._core.turns import Turn
from httpcore_interfaces import ReadError, ReadTimeout, Request, WriteTimeout
from httpcore_interfaces.testing import STALL
from httpcore_interfaces.testing._tasks import AsyncTask, async_settle

from ..servers import Server
from .meeting import URL, AsyncObserver, async_meet

SILENT = Server.keep_silent


async def async_until(condition: object, *, patience: int = 2000) -> None:
    """Let others run until something holds."""
    assert callable(condition)
    for _ in range(patience):
        if condition():
            return
        await async_settle()
    raise AssertionError("it did not come to be")


async def test_one_reads_for_all_and_passes_the_turn_on() -> None:
    connection, stream = async_meet(server := Server(SILENT))
    tasks = [AsyncTask(connection.request, "GET", f"{URL}/{number}") for number in range(5)]
    await async_until(lambda: len(server.seen) == 5)
    # The first that came reads; it is answered first, so the turn must pass to another, four times.
    for stream_id in (1, 3, 7, 5, 9):
        server.hello(stream_id)
        stream.feed(server.output() or b"")
        # Which task came first is the event loop's affair.
        task = tasks[int(server.seen[stream_id][b":path"][1:])]
        assert await task.wait(5.0)
        assert task.result().content == b"hello"
    assert connection.is_idle()
    await connection.aclose()


async def test_who_gives_up_waiting_does_not_take_the_turn_along() -> None:
    connection, stream = async_meet(server := Server(SILENT))
    short = {"timeout": {"read": 0.1}}
    reader = AsyncTask(partial(connection.request, "GET", URL, extensions=short))
    await async_until(lambda: len(server.seen) == 1)
    parked = [AsyncTask(connection.request, "GET", URL) for _ in range(2)]
    await async_until(lambda: len(server.seen) == 3)
    assert await reader.wait(5.0)
    with pytest.raises(ReadTimeout):
        reader.result()
    for stream_id in (5, 3):
        server.hello(stream_id)
    stream.feed(server.output() or b"")
    for task in parked:
        assert await task.wait(5.0)
        assert task.result().content == b"hello"
    await connection.aclose()


async def test_a_parked_request_has_its_own_timeout() -> None:
    connection, stream = async_meet(server := Server(SILENT))
    reader = AsyncTask(connection.request, "GET", URL)
    await async_until(lambda: len(server.seen) == 1)
    with pytest.raises(ReadTimeout):
        await connection.request("GET", URL, extensions={"timeout": {"read": 0.02}})
    assert server.seen[3].reset == h2.errors.ErrorCodes.CANCEL
    server.hello(1)
    stream.feed(server.output() or b"")
    assert await reader.wait(5.0)
    assert reader.result().content == b"hello"
    await connection.aclose()


async def test_an_unread_response_does_not_hold_up_another() -> None:
    server = Server(lambda server, stream_id: server.respond(stream_id, bytes(5_000_000)))
    connection, _ = async_meet(server)
    unread = [await connection.handle_async_request(Request("GET", URL)) for _ in range(3)]
    response = await connection.request("GET", URL)
    assert len(response.content) == 5_000_000
    for response in unread:
        await response.aclose()
    await connection.aclose()


async def test_closing_wakes_everybody() -> None:
    connection, stream = async_meet(server := Server(SILENT))
    observer = AsyncObserver()
    connection.observe(observer)
    tasks = [AsyncTask(connection.request, "GET", URL) for _ in range(3)]
    await async_until(lambda: len(server.seen) == 3)
    await connection.aclose()
    for task in tasks:
        assert await task.wait(5.0)
        with pytest.raises(ReadError, match="was closed"):
            task.result()
    assert observer.ended == 3
    assert stream.is_closed


async def test_writers_line_up_and_one_writes_for_all() -> None:
    connection, stream = async_meet(server := Server(), stream={"write_steps": [STALL]})
    first = AsyncTask(connection.request, "GET", f"{URL}/first")
    await async_until(lambda: len(stream.operations) == 1)
    others = [AsyncTask(connection.request, "GET", f"{URL}/{number}") for number in range(3)]
    with pytest.raises(WriteTimeout, match="took no more") as caught:
        await connection.request("GET", URL, extensions={"timeout": {"write": 0.05}})
    assert caught.value.bytes_sent == 0
    assert caught.value.safe_to_retry
    stream._writer.unpark()  # type: ignore[union-attr]
    for task in (first, *others):
        assert await task.wait(5.0)
        assert task.result().content == b"hello"
    assert len(server.seen) == 5
    assert sum(name == "write" for name, _ in stream.operations[:3]) == 2
    await connection.aclose()


async def test_a_writer_whose_time_is_up_leaves_the_rest_to_the_next() -> None:
    connection, stream = async_meet(server := Server(), stream={"write_steps": [STALL]})
    limits = {"timeout": {"write": 0.1}}
    first = AsyncTask(partial(connection.request, "GET", URL, extensions=limits))
    await async_until(lambda: len(stream.operations) == 1)
    second = AsyncTask(connection.request, "GET", URL)
    assert await first.wait(5.0)
    with pytest.raises(WriteTimeout):
        first.result()
    assert await second.wait(5.0)
    assert second.result().content == b"hello"
    assert server.seen[1].reset == h2.errors.ErrorCodes.CANCEL
    await connection.aclose()


async def test_uploads_share_the_connections_window() -> None:
    content = bytes(150_000)
    server = Server(Server.echo)
    connection, _ = async_meet(server)
    tasks = [AsyncTask(partial(connection.request, "POST", URL, content=content)) for _ in range(4)]
    for task in tasks:
        assert await task.wait(20.0)
        assert task.result().content == content
    await connection.aclose()


async def test_a_stalled_upload_does_not_hold_up_another_request() -> None:
    server = Server(credits=False)
    connection, stream = async_meet(server)
    stalled = AsyncTask(partial(connection.request, "POST", URL, content=bytes(100_000)))
    await async_until(lambda: 1 in server.seen and len(server.seen[1].content) == 65535)
    assert (await connection.request("GET", URL)).content == b"hello"
    server.h2.increment_flow_control_window(50_000)
    server.h2.increment_flow_control_window(50_000, 1)
    stream.feed(server.output() or b"")
    assert await stalled.wait(5.0)
    assert stalled.result().content == b"hello"
    await connection.aclose()


async def test_a_turn_that_becomes_free_between_two_questions_is_taken() -> None:
    connection, _ = async_meet()
    engine = connection._engine
    asked = engine.wait
    answers = [Turn.PARK]

    def wait(stream: Stream, wanted: Wanted, parker: Any) -> Turn:
        # As if another had been reading at the first question.
        return answers.pop() if answers else asked(stream, wanted, parker)

    engine.wait = wait  # type: ignore[method-assign]
    assert (await connection.request("GET", URL)).content == b"hello"
    await connection.aclose()


async def test_nobody_absorbs_while_another_reads() -> None:
    connection, stream = async_meet(server := Server(SILENT))
    reader = AsyncTask(connection.request, "GET", URL)
    await async_until(lambda: len(server.seen) == 1)
    await connection._wire.absorb()
    server.hello(1)
    stream.feed(server.output() or b"")
    assert await reader.wait(5.0)
    assert reader.result().content == b"hello"
    await connection.aclose()
