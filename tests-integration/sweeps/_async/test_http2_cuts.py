"""HTTP/2 responses cut at every frame, and at every byte of small ones, through the whole pool.

As for HTTP/1.1: a part is never taken for the whole, nothing hangs, the error has the right class, and the pool, which
has one place only, serves the next request.
"""

from itertools import product
from typing import Any

import pytest

import httpcore
from httpcore_interfaces import ReadTimeout, WriteError
from httpcore_interfaces.testing import STALL, AsyncScriptedBackend, AsyncScriptedStream

from ..peers import (
    ANSWERS,
    FATES,
    Answering,
    Cut,
    Late,
    Recorded,
    cuts,
    http2_server,
    listening,
    serve_by,
    then_next,
)
from .asking import AT_ONCE, IN_TIME, async_outcome, async_require_next

SAMPLES = 12


def answering_next() -> Any:
    """A server whose every answer is the one to the next request."""
    return http2_server(lambda server, stream_id: server.respond(stream_id, b"next"))


def http2_pool(backend: AsyncScriptedBackend | None = None) -> httpcore.AsyncConnectionPool:
    """A pool that knows that the server speaks HTTP/2."""
    return httpcore.AsyncConnectionPool(
        max_connections=1, http1=False, http2=True, network_backend=backend
    )


async def async_record(name: str) -> Recorded:
    """Let the answer come as a whole, and keep what the server said."""
    peer = Recorded(http2_server(ANSWERS[name][0]))
    backend = AsyncScriptedBackend(
        [AsyncScriptedStream(at_end=STALL, on_write=peer, suspend=False)], suspend=False
    )
    async with http2_pool(backend) as pool:
        received, error = await async_outcome(pool, "http://a/", AT_ONCE)
    assert (received, error) == (ANSWERS[name][1], None)
    return peer


def check(name: str, is_whole: bool, fate: str, received: bytes, error: Exception | None) -> None:
    """Compare what came of a response with what could."""
    content = ANSWERS[name][1]
    assert content.startswith(received)
    if is_whole:
        assert (received, error) == (content, None)
    else:
        assert type(error) is FATES[fate][1]


@pytest.mark.parametrize("fate", ["closes", "resets"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_cut_in_memory(name: str, fate: str) -> None:
    whole = await async_record(name)
    end = whole.end_of_stream()
    peers: list[Answering] = []
    backend = AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(at_end=STALL, on_write=peers.pop(0), suspend=False),
        suspend=False,
    )
    for length in cuts(whole.output, preface=name == "length"):
        async with http2_pool(backend) as pool:
            peers[:] = [Cut(http2_server(ANSWERS[name][0]), length, FATES[fate][0])]
            peers.append(answering_next())
            received, error = await async_outcome(pool, "http://a/", AT_ONCE)
            check(name, length >= end, fate, received, error)
            await async_require_next(pool, "http://a")
    assert all(stream.is_closed for stream in backend.streams)


@pytest.mark.parametrize("name", ANSWERS)
async def test_silence_in_memory(name: str) -> None:
    """The rest comes too late for the first request, and together with the answer to the next one."""
    whole = await async_record(name)
    end = whole.end_of_stream()
    late: list[Late] = []
    backend = AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(at_end=STALL, on_write=late[-1], suspend=False),
        suspend=False,
    )
    for length in cuts(whole.output, preface=name == "length"):
        async with http2_pool(backend) as pool:
            late.append(Late(http2_server(then_next(ANSWERS[name][0])), length))
            received, error = await async_outcome(pool, "http://a/", AT_ONCE)
            check(name, length >= end, "stalls", received, error)
            late[-1].goes_on = True
            await async_require_next(pool, "http://a")
            assert len(pool.connections) == 1
    assert all(stream.is_closed for stream in backend.streams)
    # Nobody needed a second connection.
    assert len(backend.streams) == len(late)


@pytest.mark.parametrize("name", ANSWERS)
async def test_silence_for_ever_in_memory(name: str) -> None:
    """The peer has gone without a word: the next request needs another connection, in the place of that one."""
    whole = await async_record(name)
    end = whole.end_of_stream()
    peers: list[Answering] = []
    backend = AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(at_end=STALL, on_write=peers.pop(0), suspend=False),
        suspend=False,
    )
    for length in cuts(whole.output, preface=name == "length"):
        async with http2_pool(backend) as pool:
            peers[:] = [Cut(http2_server(ANSWERS[name][0]), length, STALL), answering_next()]
            # What has come in the time of one request does not speak for the next one.
            received, error = await async_outcome(pool, "http://a/", AT_ONCE)
            check(name, length >= end, "stalls", received, error)
            while peers:
                received, error = await async_outcome(pool, "http://a/next", AT_ONCE)
                assert type(error) is ReadTimeout or received == b"next"
            await async_require_next(pool, "http://a")
            assert len(pool.connections) == 1
    assert all(stream.is_closed for stream in backend.streams)


@pytest.mark.parametrize("name", ANSWERS)
async def test_cut_on_sockets(name: str) -> None:
    whole = await async_record(name)
    end = whole.end_of_stream()
    size = len(whole.output)
    peers: list[Answering] = []
    with listening(serve_by(lambda: peers.pop(0))) as url:
        for sample, fate in product(range(SAMPLES), ("closes", "resets")):
            length = size * sample // SAMPLES
            peers[:] = [Cut(http2_server(ANSWERS[name][0]), length, FATES[fate][0])]
            peers.append(answering_next())
            async with http2_pool() as pool:
                received, error = await async_outcome(pool, url, IN_TIME)
                if isinstance(error, WriteError):
                    # Something was still to be written when the reset came; all has been read that could be.
                    assert (length < end, fate) == (True, "resets")
                    assert ANSWERS[name][1].startswith(received)
                else:
                    check(name, length >= end, fate, received, error)
                await async_require_next(pool, url)
