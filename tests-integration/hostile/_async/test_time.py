"""Servers that take their time: with what leads nowhere, with half a frame, or with nothing at all.

A time-out is the request's own: frames that do not bring it forward give it no more time, and nobody else notices.
"""

from time import monotonic

import pytest

import httpcore

from ..attacks import IT, OTHER
from ..frames import (
    ACK,
    END_STREAM,
    OK,
    PADDED,
    Code,
    Kind,
    data,
    fields,
    frame,
    headers,
    ping,
    priority,
    settings,
    window_update,
)
from ..judging import IN_TIME, in_time
from ..peer import SIBLING, Conversation, Drip, Hostile, Step
from .asking import async_ask, async_require_next, async_rest, pool_for

# Seconds.
SHORT = 0.15

HEAD = headers(IT, OK)

#: What comes every ten milliseconds.
DRIPS = {
    "PING": ping(),
    "PING ACK": ping(ACK),
    "SETTINGS": settings(),
    "SETTINGS ACK": frame(Kind.SETTINGS, flags=ACK),
    "WINDOW_UPDATE": window_update(0, 1),
    "WINDOW_UPDATE of the stream": window_update(IT, 1),
    "PRIORITY": priority(IT, 0),
    "unknown frames": frame(0x77, b"?", stream=IT),
    "interim responses": headers(IT, fields((b":status", b"103"))),
    "content of the other response": data(OTHER, b"x"),
}

#: The same, behind a head.
DRIPS_OF_CONTENT = {
    "PING": ping(),
    "empty DATA": data(IT),
    "padding": data(IT, b"\x05" + bytes(5), PADDED),
    "content of the other response": data(OTHER, b"x"),
}

#: Half of something, until the client has given up; then the rest.
HALVES = {
    "a frame's header": (b"", HEAD[:5], HEAD[5:]),
    "a head": (b"", HEAD[:9], HEAD[9:]),
    "content": (HEAD, data(IT, b"next")[:11], data(IT, b"next")[11:]),
    "nothing": (b"", b"", b""),
}


async def async_time_out(server: Hostile, *steps: Step) -> None:
    """The request must run into its read time-out, and it alone."""
    server.prepare(steps)
    async with pool_for(server) as pool:
        async with pool.stream("GET", f"{server.url}/open", extensions=IN_TIME) as sibling:
            began = monotonic()
            outcome = await async_ask(pool, f"{server.url}/attacked", None, in_time(read=SHORT))
            assert monotonic() - began >= SHORT
            assert type(outcome) is httpcore.ReadTimeout
            assert str(outcome).startswith("read timeout: the server sent nothing for this request")
            left = await async_rest(sibling)
            assert isinstance(left, bytes)
            assert left.endswith(SIBLING)
        await async_require_next(pool, server)
        (conversation,) = server.conversations
        assert conversation.resets() == [(IT, Code.CANCEL)]
        assert conversation.parting() is None


@pytest.mark.parametrize("name", DRIPS)
async def test_read_timeout_is_not_put_off_by(name: str, server: Hostile) -> None:
    await async_time_out(server, Drip(DRIPS[name]))


@pytest.mark.parametrize("name", DRIPS_OF_CONTENT)
async def test_read_timeout_of_content_is_not_put_off_by(name: str, server: Hostile) -> None:
    await async_time_out(server, HEAD, Drip(DRIPS_OF_CONTENT[name]))


@pytest.mark.parametrize("name", HALVES)
async def test_others_go_on_when_a_request_has_not_waited_for_the_rest_of(
    name: str, server: Hostile
) -> None:
    before, half, rest = HALVES[name]
    await async_time_out(server, before + half, Conversation.when_reset, rest)


async def test_content_byte_by_byte_is_progress_until_the_total_is_over(server: Hostile) -> None:
    server.prepare([HEAD, Drip(data(IT, b"x"))])
    async with pool_for(server) as pool:
        async with pool.stream("GET", f"{server.url}/open", extensions=IN_TIME) as sibling:
            extensions = in_time(read=20.0, total=3 * SHORT)
            outcome = await async_ask(pool, f"{server.url}/attacked", None, extensions)
            assert type(outcome) is httpcore.ReadTimeout
            assert "total" in str(outcome)
            assert outcome.bytes_received
            assert await async_rest(sibling) == SIBLING
        await async_require_next(pool, server)
        assert len(server.conversations) == 1


@pytest.mark.parametrize("said", [b"", headers(1, OK)[:5], headers(1, OK)], ids=len)
async def test_no_request_goes_to_a_connection_that_has_fallen_silent(
    said: bytes, server: Hostile
) -> None:
    # It answers neither the question whether it is there, nor anything else.
    server.prepare([said, 600.0])
    async with pool_for(server) as pool:
        # What came in the time of the first request, SETTINGS, does not speak for the next one.
        outcomes = [
            await async_ask(pool, f"{server.url}/attacked", None, in_time(read=SHORT))
            for _ in range(2)
        ]
        assert type(outcomes[0]) is httpcore.ReadTimeout
        assert outcomes[1] == b"next" or type(outcomes[1]) is httpcore.ReadTimeout
        await async_require_next(pool, server)
        assert len(server.conversations) == 2


async def test_server_that_takes_no_content(server: Hostile) -> None:
    server.prepare([Conversation.when_reset])
    async with pool_for(server) as pool:
        async with pool.stream("GET", f"{server.url}/open", extensions=IN_TIME) as sibling:
            extensions = in_time(write=SHORT)
            outcome = await async_ask(pool, f"{server.url}/attacked", bytes(300_000), extensions)
            assert type(outcome) is httpcore.WriteTimeout
            assert await async_rest(sibling) == SIBLING
        await async_require_next(pool, server)
        (conversation,) = server.conversations
        assert conversation.resets() == [(IT, Code.CANCEL)]
        # The window that every stream has at first.
        assert conversation.uploaded(IT) == 65_535


async def test_content_in_very_small_pieces_is_gathered(server: Hostile) -> None:
    server.prepare([HEAD, *[data(IT, b"x") * 1000] * 50, data(IT, b"", END_STREAM)])
    async with pool_for(server) as pool:
        async with (
            pool.stream("GET", f"{server.url}/open", extensions=IN_TIME) as sibling,
            pool.stream("GET", f"{server.url}/attacked", extensions=IN_TIME) as response,
        ):
            chunks = [chunk async for chunk in response.aiter_stream()]
            assert await async_rest(sibling) == SIBLING
        assert b"".join(chunks) == b"x" * 50_000
        # One for each read, of which each takes what has come.
        assert len(chunks) < 5000
        await async_require_next(pool, server)
