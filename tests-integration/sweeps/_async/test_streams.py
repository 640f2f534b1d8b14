"""Many requests on one HTTP/2 connection of a pool: none is lost, and none suffers for another.

`SWEEPS_REQUESTS` says how many requests the crowd sends, `SWEEPS_CLOSED_EARLY` how many large responses are closed early
on one connection; the numbers of the suite itself are modest.
"""

import os
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

import httpcore
from httpcore_interfaces.testing import STALL, AsyncScriptedBackend, AsyncScriptedStream

from ..._async.pools import async_pool_for
from ...crowds import async_together
from ...figures import note, percentile
from ...servers import HELLO, LARGE, Server
from ..peers import Troubles, http2_server, listening, serve_by
from .asking import IN_TIME, PATIENT

REQUESTS = int(os.environ.get("SWEEPS_REQUESTS", "2000"))
CROWD = 40
CLOSED_EARLY = int(os.environ.get("SWEEPS_CLOSED_EARLY", "100"))
SIBLINGS = 100
SIBLINGS_UNDER_WAY = 10
IN_TROUBLE = 3

#: Larger than what may be on the way unread.
HUGE = 5_000_000


@pytest.mark.timeout(60 + REQUESTS // 50)
async def test_a_crowd_shares_one_connection(
    quick_server: Server, trusting: ssl.SSLContext
) -> None:
    answered = [0] * CROWD
    began = time.monotonic()

    async def call(caller: int) -> None:
        for _ in range(caller, REQUESTS, CROWD):
            response = await pool.request("GET", f"{quick_server.url}/", extensions=IN_TIME)
            assert (response.status, response.content) == (200, HELLO)
            answered[caller] += 1

    async with async_pool_for(quick_server, trusting, max_connections=1) as pool:
        await async_together(CROWD, call)
        assert len(pool.connections) == 1
    assert sum(answered) == REQUESTS
    note(f"{sum(answered)} requests of {CROWD} in {time.monotonic() - began:.1f} s")


async def test_closing_large_responses_early(nginx_http2: Server, trusting: ssl.SSLContext) -> None:
    url = f"{nginx_http2.url}/large"
    async with async_pool_for(nginx_http2, trusting, max_connections=1) as pool:
        for _ in range(CLOSED_EARLY):
            async with pool.stream("GET", url, extensions=IN_TIME) as response:
                assert response.status == 200
        last = await pool.request("GET", url, extensions=IN_TIME)
        assert last.content == LARGE
        # It is the connection of the first request.
        assert last.extensions["stream_id"] == 2 * CLOSED_EARLY + 1
        assert len(pool.connections) == 1


async def test_closing_early_gives_the_whole_window_back() -> None:
    server = http2_server(lambda server, stream_id: server.respond(stream_id, bytes(HUGE)))
    stream = AsyncScriptedStream(at_end=STALL, on_write=server, suspend=False)
    backend = AsyncScriptedBackend([stream], suspend=False)
    windows: list[int] = []
    async with httpcore.AsyncConnectionPool(
        max_connections=1, http1=False, http2=True, network_backend=backend
    ) as pool:
        for _ in range(280):
            async with pool.stream("GET", "http://a/", extensions=IN_TIME) as response:
                assert response.status == 200
            windows.append(server.h2.outbound_flow_control_window)
        response = await pool.request("GET", "http://a/", extensions=IN_TIME)
        assert len(response.content) == HUGE
    sent = len(windows) * (windows[0] - windows[1])
    note(f"{sent} bytes not read; the window was never below {min(windows)} of {max(windows)}")
    # What was not read is more than the window, which is given back when half of it is used, no later.
    assert sent > max(windows)
    assert min(windows) >= max(windows) // 2


# One stream in trouble, and its siblings.


async def async_endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(50_000)


async def async_times_out(pool: Any, url: str) -> None:
    with pytest.raises(httpcore.ReadTimeout):
        await pool.request("GET", f"{url}/never", extensions={"timeout": {"read": 0.1}})


async def async_is_reset(pool: Any, url: str) -> None:
    for _ in range(50):
        with pytest.raises(httpcore.RemoteProtocolError):
            await pool.request("GET", f"{url}/reset", extensions=IN_TIME)


async def async_is_closed_early(pool: Any, url: str) -> None:
    for _ in range(20):
        async with pool.stream("GET", f"{url}/huge", extensions=IN_TIME):
            pass


async def async_stalls_in_its_upload(pool: Any, url: str) -> None:
    with pytest.raises(httpcore.WriteTimeout):
        await pool.request(
            "POST",
            f"{url}/stalled",
            content=async_endless(),
            extensions={"timeout": {"write": 0.1}},
        )


async def async_waits(pool: Any, url: str) -> None:
    """Nothing is wrong with it, for comparison."""


TROUBLES: dict[str, Callable[[Any, str], Any]] = {
    "none": async_waits,
    "time-out": async_times_out,
    "reset": async_is_reset,
    "early close": async_is_closed_early,
    "stalled upload": async_stalls_in_its_upload,
}


@pytest.fixture
def troubled() -> Iterator[str]:
    """The URL of a server whose streams fare differently, by their paths."""
    with listening(serve_by(lambda: Troubles(HUGE, resets=IN_TROUBLE))) as url:
        yield url


async def async_siblings(pool: Any, url: str, name: str) -> None:
    """Requests one after the other, whose times are noted; what they must be is said without a clock, below."""
    times: list[float] = []
    for _ in range(SIBLINGS):
        began = time.monotonic()
        response = await pool.request("GET", f"{url}/hello", extensions=IN_TIME)
        times.append(time.monotonic() - began)
        assert response.content == b"hello"
    note(
        f"siblings of {name}: median {percentile(times, 50):.2f} ms, "
        f"99 % {percentile(times, 99):.2f} ms, most {percentile(times, 100):.2f} ms"
    )


@pytest.mark.parametrize("name", TROUBLES)
async def test_siblings_are_answered_beside_a_stream_in_trouble(troubled: str, name: str) -> None:
    async with httpcore.AsyncConnectionPool(max_connections=1, http1=False, http2=True) as pool:
        await pool.request("GET", f"{troubled}/hello", extensions=IN_TIME)

        async def run(number: int) -> None:
            if number:
                await TROUBLES[name](pool, troubled)
            else:
                await async_siblings(pool, troubled, name)

        await async_together(1 + IN_TROUBLE, run)
        assert len(pool.connections) == 1
        assert pool.connections[0].is_idle()


@pytest.mark.parametrize("path", ["/until", "/stalled-until"])
async def test_siblings_are_answered_while_others_wait(troubled: str, path: str) -> None:
    """What is in trouble stays so until all the siblings have been answered: none of them can have waited for it."""
    answers: list[str] = []
    content = bytes(200_000) if path == "/stalled-until" else b""
    async with httpcore.AsyncConnectionPool(max_connections=1, http1=False, http2=True) as pool:
        await pool.request("GET", f"{troubled}/hello", extensions=IN_TIME)

        async def run(number: int) -> None:
            if number:
                late = await pool.request(
                    "POST", f"{troubled}{path}", content=content, extensions=PATIENT
                )
                assert late.status == 200
                answers.append(path)
            else:
                for _ in range(SIBLINGS):
                    response = await pool.request("GET", f"{troubled}/hello", extensions=PATIENT)
                    assert response.content == b"hello"
                    answers.append("/hello")
                # Requests that had not begun by now would wait for ever.
                while answers.count(path) < IN_TROUBLE:
                    await pool.request("GET", f"{troubled}/release", extensions=PATIENT)

        await async_together(1 + IN_TROUBLE, run)
        assert len(pool.connections) == 1
    assert answers == ["/hello"] * SIBLINGS + [path] * IN_TROUBLE


@pytest.mark.parametrize("name", [name for name in TROUBLES if name != "none"])
async def test_siblings_under_way_outlive_a_stream(troubled: str, name: str) -> None:
    """Of the siblings, the heads have come before, and the content comes only after the others have ended badly."""
    answers: list[bytes] = []
    async with (
        httpcore.AsyncConnectionPool(max_connections=1, http1=False, http2=True) as pool,
        AsyncExitStack() as stack,
    ):
        responses = [
            await stack.enter_async_context(
                pool.stream("GET", f"{troubled}/after", extensions=PATIENT)
            )
            for _ in range(SIBLINGS_UNDER_WAY)
        ]

        async def run(number: int) -> None:
            if number < IN_TROUBLE:
                await TROUBLES[name](pool, troubled)
            else:
                answers.append(await responses[number - IN_TROUBLE].aread())

        await async_together(IN_TROUBLE + SIBLINGS_UNDER_WAY, run)
        assert answers == [b"hello"] * SIBLINGS_UNDER_WAY
        assert len(pool.connections) == 1


async def test_siblings_of_responses_that_nobody_reads(troubled: str) -> None:
    async with (
        httpcore.AsyncConnectionPool(max_connections=1, http1=False, http2=True) as pool,
        AsyncExitStack() as stack,
    ):
        responses = [
            await stack.enter_async_context(
                pool.stream("GET", f"{troubled}/huge", extensions=IN_TIME)
            )
            for _ in range(IN_TROUBLE)
        ]
        # All are answered while nothing of these is read.
        await async_siblings(pool, troubled, "unread responses")
        for response in responses:
            assert len(await response.aread()) == HUGE
        assert len(pool.connections) == 1
