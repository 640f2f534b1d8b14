#!/usr/bin/env python3
"""What HTTP/2 makes of a long way: the rate of a download over a link with a delay, in parts of the link's rate.

The link is a relay on this machine: it passes bytes on so many milliseconds later, in each direction, and no faster than
its rate. nginx is behind it, and the client in front reads as fast as it can. What the client holds meanwhile is counted.
"""

import argparse
import asyncio
import ssl
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event, Thread

from bench_parts.counterpart import counterpart
from bench_parts.nginx import LARGE_BYTES, nginx

import httpcore

__all__ = ["Found", "Link", "download", "link_to"]

# Bytes that the relay reads at once, and seconds of traffic that wait in front of it, as in a router's queue.
_PIECE = 16_384
_QUEUE = 0.02


@dataclass(frozen=True)
class Link:
    """Seconds that each way takes, and bytes per second; 0 for as many as there are."""

    delay: float
    rate: float


@dataclass(frozen=True)
class Found:
    """Seconds, bytes and the most bytes that lay unread with the client."""

    seconds: float
    received: int
    most_held: int

    @property
    def rate(self) -> float:
        """Bytes per second."""
        return self.received / self.seconds


@contextmanager
def link_to(port: int, link: Link) -> Iterator[int]:
    """Run a relay to a port of this machine in a thread, and give the port that leads to it."""
    ready = Event()
    ports: list[int] = []
    stops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def relay() -> None:
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            ways = [(reader, back), (there, writer)]
            for source, sink in ways:
                tasks.add(asyncio.create_task(_carry(source, sink, link)))

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        stop = asyncio.Event()
        stops.append((asyncio.get_running_loop(), stop))
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await stop.wait()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = Thread(target=asyncio.run, args=(relay(),))
    thread.start()
    ready.wait()
    try:
        yield ports[0]
    finally:
        loop, stop = stops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, link: Link) -> None:
    """One direction: each piece leaves when those before it have left, and arrives after the delay."""
    under_way: deque[tuple[float, bytes]] = deque()
    something = asyncio.Event()

    async def deliver() -> None:
        while True:
            while not under_way:
                something.clear()
                await something.wait()
            arrival, data = under_way.popleft()
            await asyncio.sleep(max(0.0, arrival - time.monotonic()))
            if not data:
                sink.close()
                return
            sink.write(data)
            await sink.drain()

    delivery = asyncio.create_task(deliver())
    free_at = time.monotonic()
    data = b"."
    try:
        while data:
            data = await source.read(_PIECE)
            now = time.monotonic()
            free_at = max(now, free_at) + (len(data) / link.rate if link.rate else 0.0)
            under_way.append((free_at + link.delay, data))
            something.set()
            if free_at - now > _QUEUE:
                await asyncio.sleep(free_at - now - _QUEUE / 2)
        await delivery
    except OSError:
        pass  # one side has gone, and so goes the other
    finally:
        delivery.cancel()
        sink.close()


def download(port: int, authority: str, size: int) -> Found:
    """Read so many bytes of nginx's large document over HTTP/2."""

    async def measure() -> Found:
        context = ssl.create_default_context(cafile=authority)
        async with httpcore.AsyncConnectionPool(
            ssl_context=context, http1=False, http2=True
        ) as pool:
            url = f"https://127.0.0.1:{port}/large"
            # The handshakes are not what is measured, and neither is the growth of TCP's own window.
            await pool.request("GET", f"https://127.0.0.1:{port}/small")
            received = most = 0
            async with pool.stream("GET", url) as response:
                began = time.monotonic()
                async for data in response.aiter_stream():
                    received += len(data)
                    most = max(most, len(data))
                    if received >= size:
                        break
                return Found(time.monotonic() - began, received, most)

    return asyncio.run(measure())


def main(arguments: list[str]) -> int:
    """Print the rate reached, for links of several rates and a round trip of a tenth of a second."""
    parser = argparse.ArgumentParser(prog="tools/bench http2", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="for each, at the link's rate")
    options = parser.parse_args(arguments)
    with ExitStack() as servers:
        found = servers.enter_context(nginx(servers.enter_context(counterpart())))
        for megabytes in (2, 5, 10, 20):
            rate = megabytes * 1e6
            with link_to(found.http2, Link(0.05, rate)) as port:
                size = int(min(rate * options.seconds, LARGE_BYTES))
                result = download(port, found.authority, size)
            print(
                f"link of {megabytes:2} MB/s, round trip 100 ms: {result.rate / 1e6:5.2f} MB/s, "
                f"{result.rate / rate:.2f} of it; at most {result.most_held / 1024:.0f} KiB at once"
            )
    return 0
