"""What a client is told to do, and what it reports.

One process is one measurement: it is told its job in JSON as the only argument, moves to its processor, does a part of
the work unmeasured, so that connections are open and caches warm, then batches of the work for as long as it is told,
and prints the cost in JSON.
"""

import gc
import json
import os
import re
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from statistics import median
from typing import Self

#: What the libraries have in common: an exchange that can be repeated, and an end.
Opened = tuple[Callable[[], object], Callable[[], object]]
AsyncExchange = Callable[[], Awaitable[object]]
AsyncOpened = tuple[AsyncExchange, Callable[[], Awaitable[object]]]

#: The fields that HTTPX sends with each request.
FIELDS = (
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"python-httpx/0.28.1"),
)

#: How much a client asks its socket for at once.
READ_SIZE = 65_536

#: Seconds without an answer after which a client gives up.
PATIENCE = 60.0


#: How many times as long as it shall work a client may take, when it waits most of the time.
PATIENT = 4.0


@dataclass(frozen=True)
class Job:
    """One measurement: batches of `exchanges` requests to 127.0.0.1:`port`, until that took `seconds` of CPU.

    `library` is the module to import, `style` the method of it to call, `face` how it waits: `sync`, `threads`,
    `asyncio`, `uvloop` or `trio`. `tasks` tasks or threads share at most `connections` connections. `path` is what is
    asked for; the response has `response_bytes` of content, the request `request_bytes`, in pieces of `piece_bytes`.
    With `events` the response consists of server-sent events. `authority` names the file of certificates to trust, and
    is empty without TLS. With `fresh` each connection serves one request. `proxy` is the port of a proxy, or 0. With
    more than one of `origins` the requests go to as many addresses in turn. `core` is the processor to run on, None for
    any.
    """

    workload: str
    style: str
    port: int
    path: str
    exchanges: int
    library: str = ""
    face: str = "sync"
    seconds: float = 0.0
    tasks: int = 1
    connections: int = 0
    request_bytes: int = 0
    piece_bytes: int = 0
    response_bytes: int = 0
    events: bool = False
    authority: str = ""
    http2: bool = False
    fresh: bool = False
    proxy: int = 0
    origins: int = 1
    core: int | None = None

    @property
    def hosts(self) -> list[str]:
        """The address of each origin; all of them are this machine."""
        if self.origins == 1:
            return ["127.0.0.1"]
        return [origin_address(number) for number in range(self.origins)]

    @property
    def urls(self) -> list[str]:
        """The URL of each origin."""
        scheme = "https" if self.authority else "http"
        return [f"{scheme}://{host}:{self.port}{self.path}" for host in self.hosts]

    @property
    def url(self) -> str:
        """The first of the URLs."""
        return self.urls[0]

    @property
    def proxy_url(self) -> str | None:
        """Where the proxy is, None without one."""
        return f"http://127.0.0.1:{self.proxy}" if self.proxy else None

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        """The fields of each request, without `Host`."""
        fields = [each for each in FIELDS if each[0] != b"Connection" or not self.http2]
        if self.fresh:
            fields = [(n, b"close" if n == b"Connection" else value) for n, value in fields]
        if self.request_bytes:
            fields.append((b"Content-Length", b"%d" % self.request_bytes))
        return fields

    @property
    def text_fields(self) -> dict[str, str]:
        """The same, for libraries that take text."""
        return {name.decode(): value.decode() for name, value in self.fields}

    @property
    def own_fields(self) -> dict[str, str] | None:
        """Those that HTTPX has to be told, for it sends the others by itself."""
        own = {n.decode(): v.decode() for n, v in self.fields if (n, v) not in FIELDS}
        return own or None

    @property
    def authorities(self) -> list[bytes]:
        """Address and port of each origin, as in `Host`."""
        return [b"%b:%d" % (host.encode(), self.port) for host in self.hosts]

    @property
    def method(self) -> bytes:
        """The method of each request."""
        return b"POST" if self.request_bytes else b"GET"

    @property
    def limit(self) -> int:
        """How many connections a pool may have, and may keep."""
        return self.connections or max(self.tasks, self.origins, 10)

    @cached_property
    def pieces(self) -> list[bytes]:
        """The body of each request; all pieces are one object."""
        if not self.request_bytes:
            return []
        return [b"." * self.piece_bytes] * (self.request_bytes // self.piece_bytes)

    def content(self) -> bytes | Iterable[bytes] | None:
        """The body of one request: None, one bytes object, or an iterator of pieces."""
        pieces = self.pieces
        return pieces[0] if len(pieces) == 1 else iter(pieces) if pieces else None

    def async_content(self) -> bytes | AsyncIterator[bytes] | None:
        """The same, for an asynchronous library."""
        pieces = self.pieces
        return pieces[0] if len(pieces) == 1 else _given(pieces) if pieces else None

    @property
    def warm_up(self) -> int:
        """How many exchanges come before those that are measured: all connections must have been opened."""
        least = max(1, self.exchanges // 10, self.origins)
        return -(-least // self.tasks) * self.tasks

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

    def taker(self) -> Callable[[bytes], int]:
        """Return what reads a piece of a response, and says how long it is."""
        return Events().take if self.events else len

    def consume(self, chunks: Iterable[bytes]) -> None:
        """Read a response that comes in chunks."""
        self.check(sum(map(self.taker(), chunks)))

    async def async_consume(self, chunks: AsyncIterator[bytes]) -> None:
        """Read a response that comes in chunks."""
        received = 0
        take = self.taker()
        async for chunk in chunks:
            received += take(chunk)
        self.check(received)


async def _given(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def origin_address(number: int) -> str:
    """The address of an origin, by its number."""
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


#: Nanoseconds from when the server sent an event to when this process had read it, of all events so far.
DELAYS: list[int] = []


def note_events(data: bytes) -> None:
    """Remember how long the server-sent events in some bytes were on the way; each says when it was sent."""
    now = time.monotonic_ns()
    DELAYS.extend([now - int(sent) for sent in re.findall(rb"data: (\d+)\n", data)])


class Events:
    """Reads server-sent events as a program would: whole ones, however they arrive."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> int:
        """Read what has arrived; return how much that was."""
        *events, self._rest = b"".join((self._rest, data)).split(b"\n\n")
        if events:
            now = time.monotonic_ns()
            DELAYS.extend([now - int(event[6:]) for event in events])
        return len(data)


@dataclass(frozen=True)
class Cost:
    """Seconds for `exchanges` exchanges: of the process, in user and system mode, and on the clock.

    `delay` is the median time that an event was on the way, in seconds; 0 where there are none. `value` is what was
    measured where that is no time.
    """

    cpu: float
    wall: float
    exchanges: int = 1
    delay: float = 0.0
    value: float = 0.0

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


class Meter:
    """Takes the time from when it is made until `read`."""

    def __init__(self, seconds: float = 0.0) -> None:
        gc.collect()
        DELAYS.clear()
        self._wall = time.perf_counter()
        self._cpu = time.process_time()
        self._seconds = seconds

    def is_over(self) -> bool:
        """Whether the process has worked for as long as was asked for, or has waited for much longer."""
        worked = time.process_time() - self._cpu
        return (
            worked >= self._seconds or time.perf_counter() - self._wall >= PATIENT * self._seconds
        )

    def read(self, exchanges: int = 1) -> Cost:
        """Return the cost of so many exchanges so far."""
        cpu = time.process_time() - self._cpu
        wall = time.perf_counter() - self._wall
        delay = median(DELAYS) / 1e9 if DELAYS else 0.0
        return Cost(cpu, wall, exchanges, delay)


def measured(job: Job, work: Callable[[int], None]) -> Cost:
    """Return what batches of `work(job.exchanges)` cost."""
    work(job.warm_up)
    meter = Meter(job.seconds)
    batches = 1
    work(job.exchanges)
    while not meter.is_over():
        work(job.exchanges)
        batches += 1
    return meter.read(batches * job.exchanges)


async def measured_async(job: Job, work: Callable[[int], Awaitable[None]]) -> Cost:
    """Return what batches of `await work(job.exchanges)` cost."""
    await work(job.warm_up)
    meter = Meter(job.seconds)
    batches = 1
    await work(job.exchanges)
    while not meter.is_over():
        await work(job.exchanges)
        batches += 1
    return meter.read(batches * job.exchanges)


def main(client: Callable[[Job], Cost]) -> None:
    """Be a client: read the job, move to its processor, do it, and print the cost."""
    job = Job.from_json(sys.argv[1])
    if job.core is not None:
        os.sched_setaffinity(0, {job.core})
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.stdout.write(client(job).to_json())
    sys.stdout.flush()
    # All is closed that there is; what a library does with its threads while the interpreter ends is not measured.
    os._exit(0)
