"""Attacks on a request whose content is under way: on the windows, and by answers that do not wait for its end."""

from collections.abc import Callable

import pytest

from ..attacks import IT
from ..frames import (
    END_STREAM,
    OK,
    Code,
    Kind,
    Setting,
    data,
    headers,
    rst_stream,
    settings,
    window_update,
)
from ..judging import IN_TIME, check_error
from ..peer import SIBLING, Conversation, Hostile, Step
from .asking import async_ask, async_require_next, async_rest, pool_for

CONTENT = bytes(200_000)

#: Bytes that may be sent at first, on a stream and on the connection.
WINDOW = 65_535

ANSWER = headers(IT, OK) + data(IT, b"next", END_STREAM)


def once(count: int) -> Callable[[Conversation], bytes | None]:
    """Nothing, once so many bytes of content have come; more must not come."""

    def step(conversation: Conversation) -> bytes | None:
        uploaded = conversation.uploaded(IT)
        assert uploaded <= count
        return b"" if uploaded == count else None

    return step


def at_end(conversation: Conversation) -> bytes | None:
    """Nothing, once all has come."""
    frames = conversation.of(Kind.DATA, IT)
    return b"" if frames and frames[-1].flags & END_STREAM else None


def initial_window(size: int) -> bytes:
    return settings((Setting.INITIAL_WINDOW_SIZE, size))


#: Servers to whom all must come in the end, and never more than they have allowed.
SERVERS: dict[str, list[Step]] = {
    "window below zero": [
        once(WINDOW),
        initial_window(0) + window_update(0, 2**20),
        0.05,
        once(WINDOW),
        # From -65535 to 0, and to 1.
        window_update(IT, WINDOW),
        0.05,
        once(WINDOW),
        window_update(IT, 1),
        once(WINDOW + 1),
        window_update(IT, 2**20),
        at_end,
    ],
    "window up and down": [
        once(WINDOW),
        window_update(0, 2**20) + initial_window(100_000) + initial_window(10) + initial_window(70_000),
        once(70_000),
        initial_window(2**31 - 1),
        at_end,
    ],
    "window of the connection alone": [
        initial_window(2**20),
        once(WINDOW),
        0.05,
        once(WINDOW),
        *[step for more in range(1, 4) for step in (window_update(0, 1), once(WINDOW + more))],
        window_update(0, 2**20),
        at_end,
    ],
    "frames of a byte": [
        *[step for more in range(100) for step in (once(WINDOW + more), window_update(0, 1) + window_update(IT, 1))],
        window_update(0, 2**20) + window_update(IT, 2**20),
        at_end,
    ],
    "largest frames": [
        settings((Setting.MAX_FRAME_SIZE, 2**24 - 1), (Setting.INITIAL_WINDOW_SIZE, 2**31 - 1)) + window_update(0, 2**30),
        at_end,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SERVERS)
async def test_content_comes_as_far_as_it_may(name: str, server: Hostile) -> None:
    server.prepare([*SERVERS[name], ANSWER])
    async with pool_for(server) as pool:
        async with pool.stream("GET", f"{server.url}/open", extensions=IN_TIME) as sibling:
            assert await async_ask(pool, f"{server.url}/attacked", CONTENT) == b"next"
            assert await async_rest(sibling) == SIBLING
        await async_require_next(pool, server)
        (conversation,) = server.conversations
        assert conversation.uploaded(IT) == len(CONTENT)
        assert conversation.resets() == []


#: Answers before the end of the content: the steps, and the code with which the client ends its own side.
EARLY: dict[str, tuple[list[Step], list[tuple[int, int]]]] = {
    "response": ([once(WINDOW), ANSWER], [(IT, Code.NO_ERROR)]),
    "response, and no more wanted": ([once(WINDOW), ANSWER + rst_stream(IT, Code.NO_ERROR)], []),
    "response at once": ([ANSWER], [(IT, Code.NO_ERROR)]),
}


@pytest.mark.parametrize("name", EARLY)
async def test_answer_before_the_end(name: str, server: Hostile) -> None:
    steps, resets = EARLY[name]
    server.prepare(steps)
    async with pool_for(server) as pool:
        async with pool.stream("GET", f"{server.url}/open", extensions=IN_TIME) as sibling:
            assert await async_ask(pool, f"{server.url}/attacked", CONTENT) == b"next"
            assert await async_rest(sibling) == SIBLING
        await async_require_next(pool, server)
        (conversation,) = server.conversations
        assert conversation.resets() == resets


#: Errors of the connection, or of the stream, where the client waits for its window.
ERRORS: dict[str, tuple[list[Step], str, Code | None, list[tuple[int, int]]]] = {
    "window of the stream too large": (
        [once(WINDOW), window_update(IT, 2**31 - 1) + window_update(IT, 2**31 - 1)],
        "a window of more than 2147483647 bytes for stream 3",
        None,
        [(IT, Code.FLOW_CONTROL_ERROR)],
    ),
    "window of the connection too large": (
        [once(WINDOW), window_update(0, 2**31 - 1) + window_update(0, 2**31 - 1)],
        "a window of more than 2147483647 bytes for the connection",
        Code.FLOW_CONTROL_ERROR,
        [],
    ),
    "window too large by SETTINGS": (
        [once(WINDOW), window_update(IT, 100_000) + initial_window(2**31 - 1)],
        "by INITIAL_WINDOW_SIZE",
        Code.FLOW_CONTROL_ERROR,
        [],
    ),
    "RST_STREAM": ([once(WINDOW), rst_stream(IT, Code.INTERNAL_ERROR)], "reset the stream (INTERNAL_ERROR)", None, []),
    "a bad head": ([once(WINDOW), headers(IT, b"\x80")], "compression table", Code.COMPRESSION_ERROR, []),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
async def test_error_while_content_is_under_way(name: str, server: Hostile) -> None:
    steps, words, parting, resets = ERRORS[name]
    server.prepare(steps)
    async with pool_for(server) as pool:
        async with pool.stream("GET", f"{server.url}/open", extensions=IN_TIME) as sibling:
            outcome = await async_ask(pool, f"{server.url}/attacked", CONTENT)
            assert not isinstance(outcome, bytes)
            check_error(outcome, words)
            assert (await async_rest(sibling) == SIBLING) == (parting is None)
        await async_require_next(pool, server)
        conversation = server.conversations[0]
        if parting is not None:
            assert conversation.is_over.wait(20.0)
        assert conversation.parting() == parting
        assert conversation.resets() == resets
