"""HTTP/1.1 responses cut at every byte, through the whole pool.

The peer sends so many bytes and then closes, resets, or falls silent. A part is never taken for the whole, nothing
hangs, the error has the right class, and the pool, which has one place only, serves the next request.
"""

from collections.abc import Iterator
from itertools import product

import pytest

import httpcore
from httpcore_interfaces.testing import STALL, AsyncScriptedBackend, AsyncScriptedStream

from ...crowds import async_together
from ..peers import FATES, NEXT, PARTING, InTurn, listening, serve_cuts
from ..sharing import CORPUS
from .asking import AT_ONCE, IN_TIME, async_outcome, async_require_next

RESPONSES = range(len(CORPUS))
SAMPLES = 12
# How long a server in another thread may be silent. It does no harm when it is not quick enough.
SILENCE = {"timeout": {"pool": 5.0, "read": 0.02}}


def check(number: int, length: int, fate: str, received: bytes, error: Exception | None) -> None:
    """Compare what came of a response with what could."""
    data, content, until_close = CORPUS[number]
    head = len(data) - len(content)
    assert content.startswith(received)
    if until_close and fate == "closes" and length >= head:
        # What ends with the connection has no other end than that, wherever it is.
        assert error is None
        assert received == content[: length - head]
    elif length == len(data) and not until_close:
        assert error is None
        assert received == content
    else:
        assert type(error) is FATES[fate][1]


@pytest.mark.parametrize("number", RESPONSES)
async def test_cut_in_memory(number: int) -> None:
    data = CORPUS[number][0]
    peers: list[InTurn] = []
    backend = AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(at_end=STALL, on_write=peers.pop(0), suspend=False),
        suspend=False,
    )
    async with httpcore.AsyncConnectionPool(max_connections=1, network_backend=backend) as pool:
        for length, fate in product(range(len(data) + 1), FATES):
            cut = [*([data[:length]] if length else []), FATES[fate][0]]
            peers[:] = [InTurn([cut, [PARTING]]), InTurn([[PARTING]])]
            received, error = await async_outcome(pool, "http://a/", AT_ONCE)
            check(number, length, fate, received, error)
            await async_require_next(pool, "http://a")
            assert pool.connections == []
    assert all(stream.is_closed for stream in backend.streams)


@pytest.mark.parametrize("number", RESPONSES)
async def test_cut_in_memory_on_a_connection_that_was_used(number: int) -> None:
    data = CORPUS[number][0]
    peers: list[InTurn] = []
    backend = AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream(at_end=STALL, on_write=peers.pop(0), suspend=False),
        suspend=False,
    )
    async with httpcore.AsyncConnectionPool(max_connections=1, network_backend=backend) as pool:
        # Nothing, one byte, half a head, and all but the last byte: what differs is whether it may be sent again.
        for length, fate in product((0, 1, 20, len(data) - 1), FATES):
            cut = [*([data[:length]] if length else []), FATES[fate][0]]
            peers[:] = [InTurn([[NEXT], cut]), InTurn([[PARTING]]), InTurn([[PARTING]])]
            await async_require_next(pool, "http://a")
            received, error = await async_outcome(pool, "http://a/", AT_ONCE)
            if length == 0 and fate != "stalls":
                assert (received, error) == (b"next", None)
            else:
                check(number, length, fate, received, error)
            await async_require_next(pool, "http://a")
            assert pool.connections == []
    assert all(stream.is_closed for stream in backend.streams)


@pytest.fixture(scope="module")
def cutting() -> Iterator[str]:
    """The URL of a server that cuts its answers."""
    with listening(serve_cuts) as url:
        yield url


@pytest.mark.parametrize("number", RESPONSES)
async def test_cut_on_sockets(cutting: str, number: int) -> None:
    size = len(CORPUS[number][0])
    lengths = [size * sample // SAMPLES for sample in range(SAMPLES)]
    async with httpcore.AsyncConnectionPool(max_connections=1) as pool:
        for length, fate in product(lengths, ("closes", "resets")):
            url = f"{cutting}/{number}/{length}/{fate}"
            received, error = await async_outcome(pool, url, IN_TIME)
            # Without one byte it is sent again, on a new connection, and fails again.
            check(number, length, fate, received, error)
            await async_require_next(pool, cutting)


@pytest.mark.parametrize("number", RESPONSES)
async def test_cut_by_silence_on_sockets(cutting: str, number: int) -> None:
    size = len(CORPUS[number][0])
    lengths = [size * sample // SAMPLES for sample in range(SAMPLES)]

    async def ask(sample: int) -> None:
        url = f"{cutting}/{number}/{lengths[sample]}/stalls"
        received, error = await async_outcome(pool, url, SILENCE)
        check(number, lengths[sample], "stalls", received, error)

    async with httpcore.AsyncConnectionPool(max_connections=SAMPLES) as pool:
        await async_together(SAMPLES, ask)
        await async_require_next(pool, cutting)
