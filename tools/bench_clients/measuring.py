"""What a client is told to do, and what it reports.

One process is one measurement: it is told its job in JSON as the only argument, moves to its processor, does a part of
the work unmeasured, so that connections are open and caches warm, then the work, and prints the cost in JSON.
"""

import gc
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Self

#: The fields that HTTPX sends with each request.
FIELDS = (
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"python-httpx/0.28.1"),
)

#: Concurrent tasks under asyncio.
TASKS = 50

#: How much a client asks its socket for at once.
READ_SIZE = 65_536


@dataclass(frozen=True)
class Job:
    """One measurement: `exchanges` requests to 127.0.0.1:`port`.

    `path` is what is asked for; the response has `response_bytes` of content, the request `request_bytes`, in pieces
    of `piece_bytes`. `style` says by which method the subject is called. `core` is the processor to run on, None for
    any.
    """

    workload: str
    style: str
    port: int
    path: str
    exchanges: int
    request_bytes: int = 0
    piece_bytes: int = 0
    response_bytes: int = 0
    core: int | None = None

    @property
    def url(self) -> str:
        """The URL of each request."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The fields of each request, without `Host`."""
        if not self.request_bytes:
            return list(FIELDS)
        return [*FIELDS, (b"Content-Length", b"%d" % self.request_bytes)]

    @property
    def host(self) -> tuple[bytes, bytes]:
        """The `Host` field."""
        return (b"Host", b"127.0.0.1:%d" % self.port)

    @property
    def method(self) -> bytes:
        """The method of each request."""
        return b"POST" if self.request_bytes else b"GET"

    def pieces(self) -> list[bytes]:
        """The body of each request; all pieces are one object."""
        if not self.request_bytes:
            return []
        return [bytes(self.piece_bytes)] * (self.request_bytes // self.piece_bytes)

    @property
    def warm_up(self) -> int:
        """How many exchanges come before those that are measured."""
        return max(1, self.exchanges // 10)

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))

    def check(self, received: int) -> None:
        """Raises `RuntimeError` unless a response had as much content as it must."""
        if received != self.response_bytes:
            raise RuntimeError(
                f"a response from {self.url} has {received} bytes of content, not {self.response_bytes}"
            )


@dataclass(frozen=True)
class Cost:
    """Seconds for all exchanges of a job: of the process, in user and system mode, and on the clock."""

    cpu: float
    wall: float

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


class Meter:
    """Takes the time from when it is made until `read`."""

    def __init__(self) -> None:
        gc.collect()
        self._wall = time.perf_counter()
        self._cpu = time.process_time()

    def read(self) -> Cost:
        """Return the cost so far."""
        cpu = time.process_time()
        return Cost(cpu - self._cpu, time.perf_counter() - self._wall)


def measured(job: Job, work: Callable[[int], None]) -> Cost:
    """Return what `work(job.exchanges)` costs."""
    work(job.warm_up)
    meter = Meter()
    work(job.exchanges)
    return meter.read()


async def measured_async(job: Job, work: Callable[[int], Awaitable[None]]) -> Cost:
    """Return what `await work(job.exchanges)` costs."""
    # Fewer would not open all connections.
    await work(max(job.warm_up, 2 * TASKS))
    meter = Meter()
    await work(job.exchanges)
    return meter.read()


def main(client: Callable[[Job], Cost]) -> None:
    """Be a client: read the job, move to its processor, do it, and print the cost."""
    job = Job.from_json(sys.argv[1])
    if job.core is not None:
        os.sched_setaffinity(0, {job.core})
    sys.stdout.write(client(job).to_json())
