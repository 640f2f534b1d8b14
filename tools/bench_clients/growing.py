"""What becomes of a pool as it grows, of whichever httpcore the environment has: time per request, and memory.

    python -m bench_clients.growing FIGURE COUNT [REQUESTS]

Time is taken over a network in memory, so that it is the library's alone. Memory is that of connections to a server in
a process of its own: all that Python allocates for them, sockets and streams included.
"""

import asyncio
import gc
import json
import os
import signal
import socket
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import process_time
from typing import Any

import httpcore

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class _Stream(httpcore.AsyncNetworkStream):
    """A server that answers at once."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return _OK

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        pass

    async def aclose(self) -> None:
        pass

    def get_extra_info(self, info: str) -> Any:
        return None


class _Backend(httpcore.AsyncNetworkBackend):
    """A network where that server is everywhere."""

    async def connect_tcp(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return _Stream()


def _pool(limit: int | None) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        max_connections=limit, max_keepalive_connections=limit, network_backend=_Backend()
    )


async def time_with_idle(count: int, requests: int) -> float:
    """Microseconds of CPU per request, with an idle connection to each of so many origins."""
    async with _pool(None) as pool:
        urls = [f"http://host{number}.example/" for number in range(count)]
        for url in urls:
            await pool.request("GET", url)
        best = float("inf")
        for _ in range(5):
            began = process_time()
            for number in range(requests // 5):
                await pool.request("GET", urls[number % 10])
            best = min(best, process_time() - began)
        return best / (requests // 5) * 1e6


async def time_with_waiters(count: int, requests: int) -> float:
    """Microseconds of CPU per request, with so many requests in line for 100 connections."""
    crowd = count + 100
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
            async with pool.stream("GET", "http://host.example/") as response:
                await asyncio.sleep(0)
                await response.aread()

    async with _pool(100) as pool:
        await asyncio.gather(*[ask() for _ in range(crowd)])
    return (ended - began) / requests * 1e6


@contextmanager
def _traced(count: int) -> Iterator[Callable[[], float]]:
    """Gives what was allocated since, in bytes for each of so many things."""
    gc.collect()
    tracemalloc.start()

    def used() -> float:
        gc.collect()
        return tracemalloc.get_traced_memory()[0] / count

    yield used
    tracemalloc.stop()


async def memory_of_idle(count: int, url: str) -> float:
    """Bytes for an idle HTTP/1.1 connection, of which there are so many, under asyncio."""
    async with httpcore.AsyncConnectionPool(
        max_connections=None, max_keepalive_connections=None
    ) as pool:
        await pool.request("GET", url)
        with _traced(count) as used:
            streams = [pool.stream("GET", url) for _ in range(count + 1)]
            responses = [await stream.__aenter__() for stream in streams]
            for stream, response in zip(streams, responses, strict=True):
                await response.aread()
                await stream.__aexit__(None, None, None)
            del streams, responses, stream, response
            assert len(pool.connections) == count + 1
            return used()


def memory_of_idle_for_threads(count: int, url: str) -> float:
    """The same, for the pool that blocks."""
    with httpcore.ConnectionPool(max_connections=None, max_keepalive_connections=None) as pool:
        pool.request("GET", url)
        with _traced(count) as used:
            streams = [pool.stream("GET", url) for _ in range(count + 1)]
            responses = [stream.__enter__() for stream in streams]
            for stream, response in zip(streams, responses, strict=True):
                response.read()
                stream.__exit__(None, None, None)
            del streams, responses, stream, response
            assert len(pool.connections) == count + 1
            return used()


async def memory_of_waiter(count: int, url: str) -> float:
    """Bytes for a request in line, one of so many: its task, its coroutines, its place."""
    async with httpcore.AsyncConnectionPool(max_connections=1) as pool:
        await pool.request("GET", url)
        async with pool.stream("GET", url) as response:
            with _traced(count) as used:
                waiting = [asyncio.ensure_future(pool.request("GET", url)) for _ in range(count)]
                for _ in range(50):
                    await asyncio.sleep(0)
                found = used()
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            await response.aread()
        return found


@contextmanager
def _server() -> Iterator[str]:
    """A server in a process of its own, which ends with the block; gives the URL."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
    child = os.fork()
    if not child:
        try:
            asyncio.run(_serve(listener))
        finally:
            os._exit(0)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        listener.close()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


async def _serve(listener: socket.socket) -> None:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(_OK)
        except (OSError, EOFError):
            writer.close()

    server = await asyncio.start_server(meet, sock=listener)
    await server.serve_forever()


def figure(name: str, count: int, requests: int) -> float:
    """One figure, by its name."""
    if name == "time with idle":
        return asyncio.run(time_with_idle(count, requests))
    if name == "time with waiters":
        return asyncio.run(time_with_waiters(count, requests))
    with _server() as url:
        if name == "memory of idle":
            return asyncio.run(memory_of_idle(count, url))
        if name == "memory of waiter":
            return asyncio.run(memory_of_waiter(count, url))
        return memory_of_idle_for_threads(count, url)


if __name__ == "__main__":
    _, chosen, number, *more = sys.argv
    json.dump(figure(chosen, int(number), int(more[0]) if more else 0), sys.stdout)
