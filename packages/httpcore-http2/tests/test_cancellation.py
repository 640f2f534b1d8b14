"""A request is cancelled at every single operation; its siblings and its successors do not notice.

Threads cannot be cancelled, so this has no synchronous twin. The same sweep is made with errors of the network, after
which the connection may be gone, but never in a state in between.
"""

from collections.abc import AsyncIterator
from typing import Any

import h2.events
import pytest

from httpcore_http2._core.settings import CONNECTION_WINDOW
from httpcore_interfaces import HTTPCoreError, Request
from httpcore_interfaces.testing._tasks import AsyncTask, async_settle

from ._async.meeting import URL, AsyncObserver, async_meet
from .servers import Server

OPERATIONS = range(1, 14)
STEPS = range(0, 40, 3)


async def async_pieces() -> AsyncIterator[bytes]:
    for _ in range(5):
        yield bytes(20_000)


async def upload(connection: Any) -> int:
    response = await connection.request("POST", URL, content=async_pieces())
    return len(response.content)


async def download(connection: Any) -> int:
    response = await connection.handle_async_request(Request("GET", URL))
    try:
        return len(await response.aread())
    finally:
        await response.aclose()


class Doomed:
    """Runs something and cancels it at one of its operations."""

    def __init__(self, number: int) -> None:
        self.options: dict[str, Any] = {"interrupt_at": number, "interrupt": self._cancel}
        self._task: AsyncTask[int] | None = None

    async def run(self, act: Any, connection: Any, stream: Any) -> None:
        self._task = AsyncTask(act, connection)
        assert await self._task.wait(5.0)
        # It may have needed fewer operations; those that come now are not meant.
        stream._operations._interrupt_at = None

    def _cancel(self) -> None:
        assert self._task is not None
        self._task.cancel()


def answering() -> Server:
    return Server(lambda server, stream_id: server.respond(stream_id, bytes(100_000)))


@pytest.mark.parametrize("act", [upload, download])
@pytest.mark.parametrize("number", OPERATIONS)
async def test_a_cancelled_request_leaves_the_connection_whole(act: Any, number: int) -> None:
    server = answering()
    doomed = Doomed(number)
    connection, stream = async_meet(server, stream=doomed.options)
    observer = AsyncObserver()
    connection.observe(observer)
    await doomed.run(act, connection, stream)
    # What was cut short has been given back by now, and the rest goes out with the next request.
    assert connection.is_idle()
    assert observer.ended == 1
    assert await download(connection) == 100_000
    assert observer.ended == 2
    assert {seen.ended or seen.reset is not None for seen in server.seen.values()} <= {True}
    assert connection._engine._granted == 0
    assert connection._engine._h2.inbound_flow_control_window > CONNECTION_WINDOW // 2
    await connection.aclose()


@pytest.mark.parametrize("act", [upload, download])
@pytest.mark.parametrize("steps", STEPS)
async def test_siblings_do_not_notice_a_cancellation(act: Any, steps: int) -> None:
    server = answering()
    connection, _ = async_meet(server)
    siblings = [AsyncTask(each, connection) for each in (download, upload, download)]
    doomed = AsyncTask(act, connection)
    late = [AsyncTask(each, connection) for each in (upload, download)]
    for _ in range(steps):
        await async_settle(0)
    await doomed.stop()
    for task in siblings + late:
        assert await task.wait(10.0)
        assert task.result() == 100_000
    assert connection.is_idle()
    assert connection._engine._granted == 0
    await connection.aclose()


@pytest.mark.parametrize("act", [upload, download])
@pytest.mark.parametrize("number", OPERATIONS)
async def test_a_cut_at_any_operation_ends_in_a_typed_error(act: Any, number: int) -> None:
    connection, stream = async_meet(answering(), stream={"fail_at": number})
    observer = AsyncObserver()
    connection.observe(observer)
    try:
        assert await act(connection) == 100_000
    except HTTPCoreError as error:
        assert error.phase is not None  # noqa: PT017 - some of the operations fail without an error for the caller
        assert connection.is_closed()
        assert stream.is_closed
    assert observer.ended == 1
    assert not connection._engine._streams
    await connection.aclose()


async def test_a_cancelled_write_ends_a_connection_whose_stream_does_not_count() -> None:
    doomed = Doomed(1)
    connection, stream = async_meet(answering(), counts=False, stream=doomed.options)
    await doomed.run(download, connection, stream)
    assert connection.is_closed()
    assert stream.is_closed


async def test_a_request_cancelled_beside_one_that_writes() -> None:
    connection, _ = async_meet(server := answering(), counts=False)
    assert await download(connection) == 100_000
    reading = AsyncTask(connection.request, "GET", URL)
    for _ in range(3):
        await async_settle(0)
    await reading.stop()
    # It was reading or parked, so nothing was cut short, and the reset waits for the next writer.
    assert await download(connection) == 100_000
    assert len(server.of(h2.events.StreamReset)) <= 1
    await connection.aclose()


async def test_cancelled_while_absorbing() -> None:
    doomed = Doomed(1)
    connection, stream = async_meet(server := answering(), stream=doomed.options)
    stream.feed(server.output() or b"")
    await doomed.run(download, connection, stream)
    assert connection.is_idle()
    assert await download(connection) == 100_000
    await connection.aclose()
