#!/usr/bin/env python3
"""What the network costs: a request by asyncio's own backend and by AnyIO's, a new connection, an idle one with TLS.

Each figure can be asked for by itself; run as a program, it prints them all. nginx is at the other end. Times are of the
processor, in user and system mode, the least of several rounds in which everybody takes turns.
"""

import argparse
import asyncio
import gc
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any

from bench_parts.counterpart import counterpart
from bench_parts.nginx import Servers, nginx

from httpcore_interfaces import AsyncNetworkBackend
from httpcore_pool import AnyIOBackend, AsyncConnectionPool, AsyncioBackend, ConnectionPool

__all__ = ["connection_costs", "memory_per_idle_tls", "request_costs", "servers"]

_LIMITS = {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), 20.0)}

# Does a thing so many times.
Doer = Callable[[int], None]


@contextmanager
def servers() -> Iterator[Servers]:
    """The servers, on a processor of their own if there are two; the default context trusts them."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    with counterpart() as port, nginx(port) as found:
        if len(usable) > 1:
            os.sched_setaffinity(0, {usable[-1]})
        before = os.environ.get("SSL_CERT_FILE")
        os.environ["SSL_CERT_FILE"] = found.authority
        try:
            yield found
        finally:
            if before is None:
                del os.environ["SSL_CERT_FILE"]
            else:
                os.environ["SSL_CERT_FILE"] = before
            if len(usable) > 1:
                os.sched_setaffinity(0, usable)


def request_costs(found: Servers, requests: int = 500, rounds: int = 9) -> dict[str, float]:
    """Microseconds of CPU per request on a kept connection: by each backend of asyncio, plain and with TLS."""
    with asyncio.Runner() as runner:

        def doer(backend: AsyncNetworkBackend, url: str) -> Doer:
            pool = AsyncConnectionPool(network_backend=backend)
            pools.append(pool)

            async def do(number: int) -> None:
                for _ in range(number):
                    await pool.request("GET", url, extensions=_LIMITS)

            return lambda number: runner.run(do(number))

        pools: list[AsyncConnectionPool] = []
        plain, secure = (f"{scheme}://127.0.0.1:{port}/small" for scheme, port in
                         (("http", found.plain), ("https", found.tls)))  # fmt: skip
        costs = _least(
            {
                "native, plain": doer(AsyncioBackend(), plain),
                "AnyIO, plain": doer(AnyIOBackend(), plain),
                "native, TLS": doer(AsyncioBackend(), secure),
                "AnyIO, TLS": doer(AnyIOBackend(), secure),
            },
            requests,
            rounds,
        )
        _close(runner, pools)
        return costs


def connection_costs(found: Servers, connections: int = 20, rounds: int = 15) -> dict[str, float]:
    """Microseconds of CPU for a new connection and one request on it.

    Bare sockets and `ssl` with the same context and the same limit on time are what there is to compare with. With
    sessions, it is the default context, whose sessions are resumed.
    """
    with asyncio.Runner() as runner:
        pools: list[AsyncConnectionPool] = []

        def by_threads(url: str, context: ssl.SSLContext | None = None) -> Doer:
            pool = ConnectionPool(ssl_context=context, max_keepalive_connections=0)

            def do(number: int) -> None:
                for _ in range(number):
                    pool.request("GET", url, extensions=_LIMITS)

            return do

        def by_tasks(url: str, context: ssl.SSLContext | None = None) -> Doer:
            pool = AsyncConnectionPool(ssl_context=context, max_keepalive_connections=0)
            pools.append(pool)

            async def do(number: int) -> None:
                for _ in range(number):
                    await pool.request("GET", url, extensions=_LIMITS)

            return lambda number: runner.run(do(number))

        context = ssl.create_default_context(cafile=found.authority)
        plain = f"http://127.0.0.1:{found.plain}/small"
        cold = f"https://127.0.0.1:{found.cold}/small"
        resumed = f"https://127.0.0.1:{found.tls}/small"
        costs = _least(
            {
                "bare, plain": _bare(found.plain, None),
                "threads, plain": by_threads(plain),
                "asyncio, plain": by_tasks(plain),
                "bare, TLS": _bare(found.cold, context),
                "threads, TLS": by_threads(cold, context),
                "asyncio, TLS": by_tasks(cold, context),
                "bare, resumed": _bare(found.tls, context, resumes=True),
                "threads, resumed": by_threads(resumed),
                "asyncio, resumed": by_tasks(resumed),
            },
            connections,
            rounds,
        )
        _close(runner, pools)
        return costs


def memory_per_idle_tls(found: Servers, connections: int = 1_000) -> float:
    """Bytes of memory, OpenSSL's included, for an idle connection with TLS and the default context."""
    # In a process of its own, for another has memory to spare from what it did before.
    program = (
        "import bench_network; from bench_parts.nginx import Servers; "
        f"print(bench_network.measured_memory({found!r}, {connections}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return float(done.stdout)


def measured_memory(found: Servers, connections: int) -> float:
    """What `memory_per_idle_tls` returns, as this process finds it."""

    async def measure() -> float:
        url = f"https://127.0.0.1:{found.tls}/small"
        async with AsyncConnectionPool(max_connections=None) as pool:

            async def open_to(number: int) -> None:
                # All at once would be one for which they wait, so that each is held until all are there.
                async with pool.stream("GET", url, extensions=_LIMITS) as response:
                    held.append(number)
                    await everybody.wait()
                    await response.aread()

            async def crowd(size: int) -> None:
                everybody.clear()
                held.clear()
                tasks = [asyncio.ensure_future(open_to(number)) for number in range(size)]
                while len(held) < size:
                    await asyncio.sleep(0.005)
                everybody.set()
                await asyncio.gather(*tasks)
                tasks.clear()
                gc.collect()

            held: list[int] = []
            everybody = asyncio.Event()
            few = max(1, connections // 20)
            await crowd(few)
            before = _resident()
            await crowd(connections)
            assert len(pool.connections) == connections
            return (_resident() - before) / (connections - few)

    return asyncio.run(measure())


def _bare(port: int, context: ssl.SSLContext | None, resumes: bool = False) -> Doer:
    head = b"GET /small HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port
    session: Any = None

    def do(number: int) -> None:
        nonlocal session
        for _ in range(number):
            sock = socket.create_connection(("127.0.0.1", port), 20.0)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context is not None:
                sock = context.wrap_socket(sock, server_hostname="127.0.0.1", session=session)
            sock.sendall(head)
            received = 0
            while received < 1024:
                received += len(sock.recv(65536))
            if resumes and isinstance(sock, ssl.SSLSocket):
                session = sock.session
            sock.close()

    return do


def _least(doers: dict[str, Doer], number: int, rounds: int) -> dict[str, float]:
    costs = dict.fromkeys(doers, float("inf"))
    for do in doers.values():
        do(2)
    for _ in range(rounds):
        for name, do in doers.items():
            began = process_time()
            do(number)
            costs[name] = min(costs[name], (process_time() - began) / number * 1e6)
    return costs


def _close(runner: asyncio.Runner, pools: list[AsyncConnectionPool]) -> None:
    async def close() -> None:
        ends: list[Awaitable[None]] = [pool.aclose() for pool in pools]
        await asyncio.gather(*ends)

    runner.run(close())


def _resident() -> int:
    """Bytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _shown(costs: dict[str, float], what: str, least: str) -> Iterator[str]:
    for name, cost in costs.items():
        kind = name.partition(", ")[2]
        ratio = cost / costs[f"{least}, {kind}"]
        yield f"CPU per {what}, {name:18}{cost:9.1f} us{ratio:8.2f} of {least}"


def main(arguments: list[str]) -> int:
    """Print every figure."""
    argparse.ArgumentParser(prog="tools/bench network", description=__doc__).parse_args(arguments)
    with servers() as found:
        for line in _shown(request_costs(found), "request", "AnyIO"):
            print(line)
        for line in _shown(connection_costs(found), "connection", "bare"):
            print(line)
        print(f"memory per idle connection with TLS   {memory_per_idle_tls(found) / 1024:8.1f} KiB")
    return 0
