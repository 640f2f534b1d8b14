"""Servers that do not begin as a server of HTTP/2 does: with SETTINGS."""

import pytest

import httpcore

from ..frames import ACK, END_STREAM, OK, Code, Kind, data, frame, goaway, headers, ping, settings
from ..judging import IN_TIME, check_error
from ..peer import Conversation, Hostile, Step
from .asking import async_ask, async_require_next, pool_for

PROTOCOL, SIZE = Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR

FIRST = "where SETTINGS must come first"
CLOSED = "the server closed the connection"

#: What comes first, what the error says of it, and the code that the server is told.
OPENINGS: dict[str, tuple[list[Step], str, Code | None]] = {
    "HTTP/1.1": ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "it is not one for HTTP/2", SIZE),
    "HTTP/1.1, in pieces": ([b"H", b"TTP/1.0 ", b"400 Bad Request\r\n\r\n"], "it is not one for HTTP/2", SIZE),
    "SSH": ([b"SSH-2.0-OpenSSH_9.2\r\n"], "a frame of 5460808 bytes", SIZE),
    "a TLS alert": ([b"\x15\x03\x01\x00\x02\x02\x28" + bytes(9)], "a frame of 1377025 bytes", SIZE),
    "zeros": ([bytes(100)], FIRST, PROTOCOL),
    "PING": ([ping()], FIRST, PROTOCOL),
    "SETTINGS ACK": ([frame(Kind.SETTINGS, flags=ACK)], FIRST, PROTOCOL),
    "a response": ([headers(1, OK) + data(1, b"next", END_STREAM)], FIRST, PROTOCOL),
    "an unknown frame": ([frame(0x77)], FIRST, PROTOCOL),
    "SETTINGS on a stream": ([frame(Kind.SETTINGS, stream=1)], "it belongs on stream 0", PROTOCOL),
    "half of SETTINGS, and the end": ([settings((3, 100))[:12], Conversation.hang_up], CLOSED, None),
    "the end": ([Conversation.hang_up], CLOSED, None),
    "SETTINGS, and the end": ([settings(), Conversation.hang_up], CLOSED, None),
}  # fmt: skip


@pytest.mark.parametrize("name", OPENINGS)
async def test_opening(name: str, server: Hostile) -> None:
    steps, words, code = OPENINGS[name]
    server.prepare(opening=steps, is_lasting=True)
    async with pool_for(server) as pool:
        outcome = await async_ask(pool, f"{server.url}/next")
        # What it said may have come before the request was sent, and then another connection was made, but not for ever.
        if isinstance(outcome, httpcore.RemoteProtocolError):
            check_error(outcome, words)
        else:
            # The server's system resets what is closed with bytes unread, and that may meet a read or a write.
            assert isinstance(outcome, (httpcore.ReadError, httpcore.WriteError))
            assert Conversation.hang_up in steps
        assert 1 <= len(server.conversations) <= 6
        assert pool.connections == []
        conversations = list(server.conversations)
        server.prepare()
        await async_require_next(pool, server)
    for conversation in conversations:
        assert conversation.is_over.wait(20.0)
    if code is not None:
        assert conversations[-1].parting() == code


async def test_goaway_may_come_first(server: Hostile) -> None:
    # The request is sent again, for the server has said that it did nothing.
    server.prepare(opening=[goaway(0)])
    async with pool_for(server) as pool:
        assert await async_ask(pool, f"{server.url}/next") == b"next"
        await async_require_next(pool, server)
    assert len(server.conversations) == 2


REFUSALS: dict[str, Step] = {
    "REFUSED_STREAM": lambda conversation: frame(
        Kind.RST_STREAM, Code.REFUSED_STREAM.to_bytes(4, "big"), stream=conversation.attacked
    ),
    "HTTP_1_1_REQUIRED": lambda conversation: frame(
        Kind.RST_STREAM, Code.HTTP_1_1_REQUIRED.to_bytes(4, "big"), stream=conversation.attacked
    ),
    "GOAWAY": goaway(0),
    "GOAWAY, and the end": lambda conversation: conversation.say_and_hang_up(goaway(0)),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_server_that_refuses_everything_is_not_asked_for_ever(
    name: str, server: Hostile
) -> None:
    server.prepare([REFUSALS[name]], is_lasting=True)
    async with pool_for(server) as pool:
        outcome = await async_ask(pool, f"{server.url}/attacked", b"content", IN_TIME)
        assert isinstance(outcome, httpcore.RemoteProtocolError)
        assert outcome.safe_to_retry
        await async_require_next(pool, server)
    asked = sum(len(each.of(Kind.HEADERS)) for each in server.conversations)
    # Once and five times again, and the last one was not attacked.
    assert 1 < asked <= 7
