"""How much memory connections and requests hold: what the process has in use with many of them, less what it had before.

All of the process's memory counts, also that which C and Rust ask for by themselves. A gate at the server holds requests
until they are counted, so that each kind is there in a known number: requests in flight; the connections that they leave
behind; and requests in line for the only connection.
"""

import asyncio
import gc
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench_clients.measuring import PATIENCE, AsyncExchange, AsyncOpened, Cost, Job

#: What is counted in each process, after as many that make the process as large as it has to be anyway.
NUMBER = 400
FIRST = 20
PAGE = 4096


def used() -> int:
    """Return the bytes that are in memory and this process's own."""
    gc.collect()
    _, resident, shared, *_ = Path("/proc/self/statm").read_text().split()
    return (int(resident) - int(shared)) * PAGE


def tell(job: Job, path: str) -> None:
    """Ask the gate for something, and wait for its answer."""
    with socket.create_connection(("127.0.0.1", job.port), PATIENCE) as sock:
        sock.sendall(b"GET %b HTTP/1.1\r\nHost: gate\r\n\r\n" % path.encode())
        sock.recv(1000)


async def held(job: Job, exchange: AsyncExchange, number: int, arrive: int) -> "Held":
    """Start so many requests, and return when so many of them wait at the gate."""
    tasks = [asyncio.ensure_future(exchange()) for _ in range(number)]
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, tell, job, f"/gate/{arrive}")
    return Held(job, tasks)


class Held:
    """Requests that wait."""

    def __init__(self, job: Job, tasks: "Sequence[asyncio.Future[object]]") -> None:
        self.job = job
        self.tasks = tasks

    async def release(self) -> None:
        """Open the gate until all have been answered."""
        loop = asyncio.get_running_loop()
        together = asyncio.gather(*self.tasks)
        while not together.done():
            await loop.run_in_executor(None, tell, self.job, "/gate/open")
            await asyncio.wait([together], timeout=0.01)
        await together


async def in_flight(job: Job, exchange: AsyncExchange) -> float:
    """Bytes for a request in flight, its task and its connection."""
    await (await held(job, exchange, FIRST, FIRST)).release()
    before = used()
    requests = await held(job, exchange, FIRST + NUMBER, FIRST + NUMBER)
    now = used()
    await requests.release()
    return (now - before) / NUMBER


async def idle(_job: Job, exchange: AsyncExchange) -> float:
    """Bytes for a connection that has nothing to do: one after the other, each to an origin of its own."""
    for _ in range(FIRST):
        await exchange()
    before = used()
    for _ in range(NUMBER):
        await exchange()
    return (used() - before) / NUMBER


async def waiting(job: Job, exchange: AsyncExchange) -> float:
    """Bytes for a request that waits in line, and its task."""
    await (await held(job, exchange, 1, 1)).release()
    before = used()
    requests = await held(job, exchange, 1 + NUMBER, 1)
    await asyncio.sleep(0.1)
    now = used()
    await requests.release()
    return (now - before) / NUMBER


KINDS: dict[str, Callable[[Job, AsyncExchange], Awaitable[float]]] = {
    "memory-idle": idle,
    "memory-in-flight": in_flight,
    "memory-waiting": waiting,
}


async def holding_client(job: Job, opened: Callable[[Job], Awaitable[AsyncOpened]]) -> Cost:
    """Measure what the job names."""
    limit = 1 if job.workload == "memory-waiting" else FIRST + NUMBER
    exchange, close = await opened(replace(job, connections=limit))
    began = time.perf_counter()
    try:
        value = await KINDS[job.workload](job, exchange)
    finally:
        await close()
    return Cost(0.0, time.perf_counter() - began, NUMBER, value=value)
