"""What the pool costs as it grows: time per request, and memory per idle connection and per waiter.

The connections are of no protocol and no network, so that what is measured is the pool's own. Each figure can be asked
for by itself; `tools/bench pool` prints them all.
"""

import argparse
import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from time import process_time
from typing import Any

from bench_parts.growing import figure_of, shown_beside
from bench_parts.peers import OLD, OURS, Peer, installed

from httpcore_interfaces import (
    AsyncConnectionInterface,
    AsyncConnectionObserver,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    Request,
    Response,
    Timeouts,
)
from httpcore_pool import AsyncConnectionPool
from httpcore_pool._async import connection as dialed

__all__ = ["cost_with_idle", "cost_with_waiters", "memory_per_idle", "memory_per_waiter"]

#: How many there are where it is compared with httpcore 1.0.9.
COUNTS = (10, 100, 1_000, 10_000)


class _Body:
    """An empty body, whose end frees the connection."""

    def __init__(self, end: Callable[[], Awaitable[None]]) -> None:
        self._end: Callable[[], Awaitable[None]] | None = end

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        await self.aclose()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            await end()


class _Connection(AsyncConnectionInterface):
    """Answers at once, or when it is told to."""

    __slots__ = ("_busy", "_observer")

    def __init__(self, *_: object) -> None:
        self._observer: AsyncConnectionObserver | None = None
        self._busy = False

    async def exchange(self, request: Request, timeouts: Timeouts) -> Response:
        self._busy = True
        return Response.from_wire(200, [], _Body(self._end), {})

    async def _end(self) -> None:
        self._busy = False
        assert self._observer is not None
        if self._observer.exchange_ended(1):
            await self._observer.aclose_dropped()

    def observe(self, observer: AsyncConnectionObserver) -> None:
        self._observer = observer

    def is_closed(self) -> bool:
        return False

    def is_idle(self) -> bool:
        return not self._busy

    def has_expired(self) -> bool:
        return False

    async def aclose(self) -> None:
        """There is nothing to close."""


class _Backend(AsyncNetworkBackend):
    async def connect_tcp(self, *args: Any, **kwargs: Any) -> AsyncNetworkStream:
        return AsyncNetworkStream()


def _pool(**options: Any) -> AsyncConnectionPool:
    dialed.make_async_http11_connection = _Connection  # type: ignore[assignment, attr-defined]
    return AsyncConnectionPool(network_backend=_Backend(), **options)


async def _get(pool: AsyncConnectionPool, request: Request) -> None:
    response = await pool.handle_async_request(request)
    await response.aclose()


def cost_with_idle(origins: int, requests: int = 20_000) -> float:
    """Microseconds of CPU per request, with an idle connection to each of so many origins."""

    async def measure() -> float:
        pool = _pool(max_connections=None)
        wanted = [Request("GET", f"http://host{number}.example/") for number in range(origins)]
        for request in wanted:
            await _get(pool, request)
        # The same ten origins, so that it is not the processor's cache that is measured.
        best = float("inf")
        for _ in range(5):
            began = process_time()
            for number in range(requests // 5):
                await _get(pool, wanted[number % 10])
            best = min(best, process_time() - began)
        await pool.aclose()
        return best / (requests // 5) * 1e6

    return asyncio.run(measure())


def cost_with_waiters(waiters: int, connections: int = 100, requests: int = 30_000) -> float:
    """Microseconds of CPU per request, with so many requests in line for so few connections."""

    async def measure() -> float:
        pool = _pool(max_connections=connections)
        request = Request("GET", "http://host.example/")
        crowd = waiters + connections
        left = crowd + requests
        began = ended = 0.0

        async def ask() -> None:
            nonlocal left, began, ended
            while left > 0:
                left -= 1
                # The clock runs from when everybody has had a turn at asking until nobody has one any more.
                if left == requests:
                    began = process_time()
                elif not left:
                    ended = process_time()
                response = await pool.handle_async_request(request)
                await asyncio.sleep(0)
                await response.aclose()

        await asyncio.gather(*[ask() for _ in range(crowd)])
        await pool.aclose()
        return (ended - began) / requests * 1e6

    return asyncio.run(measure())


def memory_per_idle(connections: int = 2_000) -> float:
    """Bytes that the pool keeps for an idle connection: each to an origin of its own, without protocol and socket."""

    async def measure() -> float:
        pool = _pool(max_connections=None)
        await _get(pool, Request("GET", "http://first.example/"))
        gc.collect()
        tracemalloc.start()
        for number in range(connections):
            await _get(pool, Request("GET", f"http://host{number}.example/"))
        gc.collect()
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        await pool.aclose()
        return used / connections

    return asyncio.run(measure())


def memory_per_waiter(waiters: int = 2_000) -> float:
    """Bytes for a request that waits in line: its task, its coroutines, its place."""

    async def measure() -> float:
        pool = _pool(max_connections=1)
        request = Request("GET", "http://host.example/")
        response = await pool.handle_async_request(request)
        gc.collect()
        tracemalloc.start()
        tasks = [asyncio.ensure_future(_get(pool, request)) for _ in range(waiters)]
        while pool.stats().waiting < waiters:
            await asyncio.sleep(0)
        used = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        await response.aclose()
        await asyncio.gather(*tasks)
        await pool.aclose()
        return used / waiters

    return asyncio.run(measure())


def compared(measure: Callable[[int], float], few: int, many: int) -> tuple[float, float]:
    """The best of five figures for few and for many, taken in turn: others may use the machine meanwhile."""
    found = [(measure(few), measure(many)) for _ in range(5)]
    return min(each[0] for each in found), min(each[1] for each in found)


def beside_peer(peers: Sequence[Peer]) -> list[str]:
    """The same with HTTP/1.1 over a network in memory, for each of the peers, where they come to an end."""
    return [
        f"{title:>7,} {what}{shown_beside(peers, [figure_of(peer, name, title, 500) for peer in peers], 'us')}"
        for name, what in (
            ("time with idle", "idle origins"),
            ("time with waiters", "in line     "),
        )
        for title in COUNTS
    ]


def main(arguments: list[str]) -> int:
    """Print every figure."""
    parser = argparse.ArgumentParser(prog="tools/bench pool", description=__doc__)
    parser.add_argument(
        "--alone", action="store_true", help="without httpcore 1.0.9, which takes minutes"
    )
    options = parser.parse_args(arguments)
    few, many = compared(cost_with_idle, 10, 10_000)
    print(f"CPU per request, 10 idle origins      {few:8.2f} us")
    print(f"CPU per request, 10,000 idle origins  {many:8.2f} us, {many / few:.2f} of that")
    few, many = compared(cost_with_waiters, 100, 10_000)
    print(f"CPU per request, 100 in line          {few:8.2f} us")
    print(f"CPU per request, 10,000 in line       {many:8.2f} us, {many / few:.2f} of that")
    print(f"memory per idle connection            {memory_per_idle():8.0f} bytes")
    print(f"memory per request in line            {memory_per_waiter():8.0f} bytes")
    if not options.alone and not installed([OLD]):
        print("\nCPU per request, with HTTP/1.1 over a network in memory")
        for line in beside_peer([OURS, OLD]):
            print(line, flush=True)
    return 0
