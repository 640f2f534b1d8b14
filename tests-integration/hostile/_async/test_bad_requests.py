"""Hostile callers: nothing of a request that is none may reach the wire, and nobody else may notice."""

from collections.abc import Callable
from typing import Any

import pytest

import httpcore

from ..attacks import IT
from ..frames import END_STREAM, OK, Code, Kind, data
from ..frames import headers as head
from ..judging import IN_TIME
from ..peer import SIBLING, Hostile
from .asking import async_ask, async_require_next, async_rest, pool_for

#: No part of a name, and with TAB no part of a value (RFC 9110, 5.1 and 5.5).
CONTROLS = [bytes([byte]) for byte in (*range(9), *range(10, 32), 127)]
SEPARATORS = [bytes([byte]) for byte in b'\t "(),/:;<=>?@[\\]{}\x80\xff']
SPLIT = [b"\r\nset-cookie: evil=1", b"\r\n\r\nGET /evil HTTP/1.1\r\n\r\n"]
WHITE_SPACE = [b" x", b"x ", b"\tx", b"x\t", b" ", b"\t"]


ANSWER = head(IT, OK) + data(IT, b"next", END_STREAM)


def headers(*pairs: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"headers": list(pairs)}


def trailers(*pairs: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"content": b"x", "extensions": {**IN_TIME, "trailers": list(pairs)}}


#: For each place in a request: what is put there, and the request with it.
PLACES: dict[str, tuple[list[bytes], Callable[[bytes], dict[str, Any]]]] = {
    "method": ([*CONTROLS, *SEPARATORS, *SPLIT], lambda bad: {"method": b"GET" + bad}),
    "target": ([*CONTROLS, b" ", b"\x80", *SPLIT], lambda bad: {"target": b"/evil" + bad}),
    "name": ([*CONTROLS, *SEPARATORS, *SPLIT], lambda bad: headers((b"evil" + bad, b"x"))),
    "value": ([*CONTROLS, *SPLIT], lambda bad: headers((b"evil", b"x" + bad + b"y"))),
    "end of a value": ([*CONTROLS, *WHITE_SPACE], lambda bad: headers((b"evil", bad))),
    "Host": ([*CONTROLS, *SPLIT], lambda bad: headers((b"Host", b"evil" + bad))),
    "Cookie": ([*CONTROLS, *SPLIT], lambda bad: headers((b"Cookie", b"evil=1" + bad))),
    "authority": ([*CONTROLS, b" ", b"/", b"@", b"\x80"], lambda bad: {"host": b"evil" + bad}),
    "trailer's name": ([*CONTROLS, *SEPARATORS], lambda bad: trailers((b"evil" + bad, b"x"))),
    "trailer's value": ([*CONTROLS, *SPLIT], lambda bad: trailers((b"evil", b"x" + bad + b"y"))),
    "trailer": ([b"host", b"transfer-encoding", b"te"], lambda bad: trailers((bad, b"x"))),
    "pseudo-field": ([b":path", b":method", b":", b""], lambda bad: headers((bad, b"/evil"))),
    "what HTTP/2 has not": (
        [b"gzip, chunked", b"gzip"],
        lambda bad: headers((b"Transfer-Encoding", bad)),
    ),
    "length": (
        [b"x", b"-1", b"+1", b"1_0", b"1, 2"],
        lambda bad: headers((b"Content-Length", bad)),
    ),
    "promise": ([b"5"], lambda bad: headers((b"Content-Length", bad))),
    "Upgrade": ([b"h2c"], lambda bad: headers((b"Upgrade", bad))),
    "two Hosts": ([b"evil"], lambda bad: headers((b"Host", b"a"), (b"Host", bad))),
}


def request_to(server: Hostile, given: dict[str, Any]) -> httpcore.Request:
    """A request of which some parts are given."""
    url = httpcore.URL(f"{server.url}/evil")
    made = httpcore.URL(
        scheme=url.scheme,
        host=given.get("host", url.host),
        port=url.port,
        target=given.get("target", url.target),
    )
    return httpcore.Request(
        given.get("method", b"GET"),
        made,
        headers=given.get("headers", []),
        content=given.get("content"),
        extensions=given.get("extensions", IN_TIME),
    )


@pytest.mark.parametrize("place", PLACES)
async def test_nothing_of_a_bad_request_is_sent(place: str, server: Hostile) -> None:
    bad, make = PLACES[place]
    server.prepare([ANSWER])
    async with pool_for(server) as pool:
        async with pool.stream("GET", f"{server.url}/open", extensions=IN_TIME) as sibling:
            for each in bad:
                with pytest.raises(httpcore.LocalProtocolError) as caught:
                    await pool.handle_async_request(request_to(server, make(each)))
                assert caught.value.message
                assert len(pool.connections) == 1
            # With it the server ends its other response.
            assert await async_ask(pool, f"{server.url}/attacked") == b"next"
            assert await async_rest(sibling) == SIBLING
        await async_require_next(pool, server)
        (conversation,) = server.conversations
        assert conversation.paths == [b"/open", b"/attacked", b"/next"]
        assert conversation.of(Kind.RST_STREAM) == []


async def test_bad_trailers_that_are_made_late_end_their_stream(server: Hostile) -> None:
    server.prepare()
    async with pool_for(server) as pool:
        for each in (b"evil\r\n", b"Host"):
            extensions = {**IN_TIME, "trailers": lambda name=each: [(name, b"x")]}
            with pytest.raises(httpcore.LocalProtocolError):
                await pool.request(
                    "POST", f"{server.url}/late", content=b"x", extensions=extensions
                )
        await async_require_next(pool, server)
        (conversation,) = server.conversations
        assert conversation.resets() == [(1, Code.CANCEL), (3, Code.CANCEL)]
        assert not any(b"evil" in each.payload for each in conversation.heard)
