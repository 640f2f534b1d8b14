"""Requests cancelled at every single suspension, through the whole pool, in memory and over sockets.

Afterwards nothing is open but what the pool keeps, and the pool serves as many requests at once as it has places.
Threads cannot be cancelled, so this has no synchronous twin.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel
import pytest

import httpcore
from httpcore_interfaces import current_async_library
from httpcore_interfaces.testing import STALL, AsyncScriptedBackend, AsyncScriptedStream, Steps

from ..figures import note, percentile
from ._async.asking import IN_TIME
from .peers import LONG, NEXT, Answering, by_path, http2_server, listening, serve_by

#: The one strikes once and at that very suspension, the other again and again until the scope is left.
WAYS = ("task", "scope")
PLACES = 2
MOST = 400

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKS = [
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
    b"3\r\nllo\r\n",
    b"0\r\n\r\n",
]

Scenario: TypeAlias = Callable[[httpcore.AsyncConnectionPool, str], Awaitable[None]]


class Striking:
    """Runs a coroutine and counts its suspensions; at one of them it strikes."""

    def __init__(
        self, coroutine: Coroutine[Any, Any, None], at: int, strike: Callable[[], object]
    ) -> None:
        self.coroutine = coroutine
        self.at = at
        self.strike = strike
        self.count = 0

    def __await__(self) -> Generator[Any, Any, None]:
        resume: Callable[[Any], Any] = self.coroutine.send
        value: Any = None
        while True:
            try:
                suspended = resume(value)
            except StopIteration:
                return
            self.count += 1
            if self.count == self.at:
                self.strike()
            try:
                value = yield suspended
                resume = self.coroutine.send
            except BaseException as error:
                value = error
                resume = self.coroutine.throw


async def pieces() -> AsyncIterator[bytes]:
    for piece in (b"1", b"2", b"3"):
        await anyio.lowlevel.checkpoint()
        yield piece


async def large_pieces() -> AsyncIterator[bytes]:
    for _ in range(5):
        await anyio.lowlevel.checkpoint()
        yield bytes(20_000)


async def get(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    await pool.request("GET", f"{url}/plain")


async def streamed_post(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    await pool.request("POST", f"{url}/post", content=pieces())


async def streamed_response(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    async with pool.stream("GET", f"{url}/chunks") as response:
        async for _ in response.aiter_stream():
            await anyio.lowlevel.checkpoint()


async def early_close(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    async with pool.stream("GET", f"{url}/chunks"):
        pass


async def expectation(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    await pool.request("POST", f"{url}/expect", headers={"Expect": "100-continue"}, content=b"!")


async def upgrade(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "x"}
    async with pool.stream("GET", f"{url}/upgrade", headers=headers) as response:
        stream: Any = response.extensions["network_stream"]
        await stream.write(b"ping")
        assert await stream.read(4) == b"pong"


async def large_post(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    await pool.request("POST", f"{url}/post", content=large_pieces())


async def large_response(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    async with pool.stream("GET", f"{url}/long") as response:
        assert await response.aread() == LONG


async def large_response_closed(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    async with pool.stream("GET", f"{url}/long"):
        pass


class HTTP11Server:
    """Knows how far the request has come, and answers by its path."""

    answers: tuple[tuple[bytes, bytes, list[bytes]], ...] = (
        (b"GET /next ", b"\r\n\r\n", [NEXT]),
        (b"GET /plain ", b"\r\n\r\n", [OK[:20], OK[20:40], OK[40:]]),
        (b"POST /post ", b"0\r\n\r\n", [OK]),
        (b"GET /chunks ", b"\r\n\r\n", CHUNKS),
        (b"POST /expect ", b"\r\n\r\n", [b"HTTP/1.1 100 Continue\r\n\r\n"]),
        (b"POST /expect ", b"!", [OK]),
        (b"GET /upgrade ", b"\r\n\r\n", [b"HTTP/1.1 101 Now\r\n\r\n"]),
        (b"GET /upgrade ", b"ping", [b"pong"]),
    )

    def __init__(self) -> None:
        self.received = b""

    def __call__(self, data: bytes) -> Steps | None:
        self.received += data
        for begin, end, answer in self.answers:
            if self.received.startswith(begin) and self.received.endswith(end):
                if answer[0].startswith(b"HTTP/1.1 200"):
                    self.received = b""
                return list(answer)
        return None


def http2_answers() -> Any:
    return http2_server(by_path)


HTTP11: dict[str, Scenario] = {
    "get": get,
    "post": streamed_post,
    "response": streamed_response,
    "early close": early_close,
    "expect": expectation,
    "upgrade": upgrade,
}
HTTP2: dict[str, Scenario] = {
    "get over HTTP/2": get,
    "post over HTTP/2": large_post,
    "response over HTTP/2": large_response,
    "early close over HTTP/2": large_response_closed,
}
SCENARIOS: dict[str, tuple[Scenario, Callable[[], Answering], bool]] = {
    **{name: (act, HTTP11Server, False) for name, act in HTTP11.items()},
    **{name: (act, http2_answers, True) for name, act in HTTP2.items()},
}


class CountingStream(AsyncScriptedStream):
    """A stream that knows what it has taken, as those of the backends do."""

    def get_extra_info(self, info: str) -> Any:
        return len(self.written) if info == "bytes_written" else super().get_extra_info(info)


async def cancelled_at(
    at: int, way: str, act: Scenario, pool: httpcore.AsyncConnectionPool, url: str
) -> tuple[bool, bool]:
    """Cancel it there; returns whether it came so far, and whether it was cancelled."""

    async def run() -> None:
        await act(pool, url)

    if way == "task" and current_async_library() == "asyncio":
        striking = Striking(run(), at, lambda: tasks[0].cancel())  # noqa: PLW0108 - it is made below

        async def stricken() -> None:
            await striking

        tasks = [asyncio.create_task(stricken())]
        await asyncio.wait(tasks)
        task = tasks[0]
        if not task.cancelled():
            task.result()
        return striking.count >= at, task.cancelled()
    with anyio.CancelScope() as scope:
        striking = Striking(run(), at, scope.cancel)
        await striking
    return striking.count >= at, scope.cancelled_caught


async def require_whole(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    """Nobody is there any more, and there is room for as many as there are places, at the same time."""
    assert "Requests: 0 active, 0 queued" in repr(pool)
    assert all(connection.is_idle() for connection in pool.connections)
    assert len(pool.connections) <= PLACES
    held: list[int] = []
    complete = anyio.Event()

    async def hold() -> None:
        async with pool.stream("GET", f"{url}/next", extensions=IN_TIME) as response:
            held.append(response.status)
            if len(held) == PLACES:
                complete.set()
            await complete.wait()
            assert await response.aread() == b"next"

    with anyio.fail_after(10.0):
        async with anyio.create_task_group() as group:
            for _ in range(PLACES):
                group.start_soon(hold)
    assert held == [200] * PLACES


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("warm", [False, True], ids=["first", "later"])
@pytest.mark.parametrize("name", SCENARIOS)
async def test_cancelled_at_every_suspension_in_memory(name: str, warm: bool, way: str) -> None:
    act, answering, is_http2 = SCENARIOS[name]
    cancelled = 0
    for at in range(1, MOST):
        backend = AsyncScriptedBackend(
            lambda connect: CountingStream(at_end=STALL, on_write=answering())
        )
        async with httpcore.AsyncConnectionPool(
            max_connections=PLACES, http1=not is_http2, http2=is_http2, network_backend=backend
        ) as pool:
            if warm:
                await pool.request("GET", "http://a/next", extensions=IN_TIME)
            came_so_far, was_cancelled = await cancelled_at(at, way, act, pool, "http://a")
            cancelled += was_cancelled
            open_streams = [stream for stream in backend.streams if not stream.is_closed]
            assert len(open_streams) == len(pool.connections)
            await require_whole(pool, "http://a")
        assert all(stream.is_closed for stream in backend.streams)
        if not came_so_far:
            break
    else:
        raise AssertionError("the scenario does not end")
    assert cancelled >= 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", SCENARIOS)
async def test_cancelled_at_every_suspension_on_sockets(name: str, way: str) -> None:
    act, answering, is_http2 = SCENARIOS[name]
    cancelled = 0
    with listening(serve_by(answering)) as url:
        for at in range(1, MOST):
            async with httpcore.AsyncConnectionPool(
                max_connections=PLACES, http1=not is_http2, http2=is_http2
            ) as pool:
                came_so_far, was_cancelled = await cancelled_at(at, way, act, pool, url)
                cancelled += was_cancelled
                await require_whole(pool, url)
            if not came_so_far:
                break
        else:
            raise AssertionError("the scenario does not end")
    assert cancelled >= 1


async def test_siblings_of_cancelled_streams_do_not_notice() -> None:
    """One connection, on which two requests are cancelled again and again, in all their states."""
    times: list[float] = []
    cancellations = [0]
    acts = (get, large_post, large_response, large_response_closed)

    async def cancel_again_and_again(first: int) -> None:
        at = first
        while len(times) < 200:
            _, was_cancelled = await cancelled_at(
                1 + at % 12, "scope", acts[at % len(acts)], pool, url
            )
            cancellations[0] += was_cancelled
            at += 1
            await anyio.lowlevel.checkpoint()

    with listening(serve_by(http2_answers)) as url:
        async with httpcore.AsyncConnectionPool(max_connections=1, http1=False, http2=True) as pool:
            await pool.request("GET", f"{url}/next", extensions=IN_TIME)
            async with anyio.create_task_group() as group:
                group.start_soon(cancel_again_and_again, 0)
                group.start_soon(cancel_again_and_again, 7)
                while len(times) < 200:
                    began = time.monotonic()
                    response = await pool.request("GET", f"{url}/next", extensions=IN_TIME)
                    times.append(time.monotonic() - began)
                    assert response.content == b"next"
            note(
                f"siblings of {cancellations[0]} cancelled streams: median {percentile(times, 50):.2f} ms, "
                f"99 % {percentile(times, 99):.2f} ms, most {percentile(times, 100):.2f} ms"
            )
            assert len(pool.connections) == 1
            last = await pool.request("GET", f"{url}/next", extensions=IN_TIME)
            # It is still the first connection.
            assert last.extensions["stream_id"] > 400
    # Both went on side by side.
    assert cancellations[0] >= 20
