"""What `tools/bench` measures: the workloads, and who does each of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from bench_clients.holding import FIRST, NUMBER
from bench_clients.measuring import Job

from bench_parts.cores import Cores
from bench_parts.counterpart import CHUNK, CHUNKS, EVENT_BYTES, EVENTS, PIECE_BYTES
from bench_parts.nginx import LARGE_BYTES, SMALL, Servers
from bench_parts.peers import OURS, OWN, PEERS, Peer

#: Nobody's library.
FLOOR = "floor"

#: What is counted.
TIME = "microseconds"
BYTES = "bytes"
INSTRUCTIONS = "instructions"

#: Seconds of processor time that are measured of each process, at least.
SECONDS = 0.15

#: The programs of `bench_clients` that know the floors.
FLOOR_PROGRAMS = {
    "sockets": "floors",
    "protocols": "protocols",
    "frames": "frames",
    "blocking frames": "frames",
}


@dataclass(frozen=True)
class Contender:
    """A way to do a workload: whose code, and by which of its methods."""

    subject: str
    style: str
    peer: Peer | None = None
    is_usual: bool = True

    @property
    def name(self) -> str:
        """What tables call it."""
        if self.peer is None:
            return f"bare {self.style}"
        return self.subject if self.is_usual else f"{self.subject}, {self.style}()"


@dataclass(frozen=True)
class Workload:
    """One kind of exchange.

    A figure is for one `unit`, of which an exchange has `units`. A process does batches of `exchanges` until enough time
    has passed, by `face`, in `tasks` tasks or threads that share `connections`, 0 for as many. `server` is the port that
    answers, an attribute of `Servers`. The first of `styles` is measured of everybody, the others only of those that
    look like httpcore. The first of `floors` is the one that ratios are to.
    `program` is the client of everybody, where that is not each peer's own.
    """

    name: str
    title: str
    face: str = "sync"
    unit: str = "request"
    units: int = 1
    exchanges: int = 500
    tasks: int = 1
    connections: int = 0
    server: str = "plain"
    path: str = "/small"
    styles: tuple[str, ...] = ("request",)
    floors: tuple[str, ...] = ("sockets", "protocols")
    response_bytes: int = len(SMALL)
    request_bytes: int = 0
    piece_bytes: int = 0
    fresh: bool = False
    origins: int = 1
    for_layers: bool = False
    program: str = ""
    quantity: str = TIME

    def can(self, peer: Peer) -> bool:
        """Whether a peer is able to do it."""
        if self.program:
            return True
        needed = {self.face, *({"http2"} if self.server == "http2" else ())}
        return needed <= peer.abilities and peer.is_layer == self.for_layers

    def contenders(self, peers: Iterable[Peer] = PEERS) -> list[Contender]:
        """The floors, this tree, and the peers that are able to."""
        able = [peer for peer in (*OWN, *peers) if self.can(peer)]
        return [Contender(FLOOR, style) for style in self.floors] + [
            Contender(peer.name, style, peer, style == self.styles[0])
            for style in self.styles
            for peer in able
            if style == self.styles[0] or peer.program == OURS.program
        ]

    def job(
        self, contender: Contender, servers: Servers, cores: Cores, requests: int | None = None
    ) -> Job:
        """Return what the contender's client is told; `requests` says how many, instead of how long."""
        exchanges, seconds = self.exchanges, 0.0 if self.program else SECONDS
        if requests and self.unit == "request" and self.quantity == TIME:
            exchanges, seconds = requests, 0.0
        # Each task does as many as the others.
        exchanges = max(1, round(exchanges / self.tasks)) * self.tasks
        is_proxied = self.server == "proxy"
        return Job(
            workload=self.name,
            style=contender.style,
            port=getattr(servers, "plain" if is_proxied else self.server),
            path=self.path,
            exchanges=exchanges,
            library=contender.peer.library if contender.peer else "",
            face=self.face,
            seconds=seconds,
            tasks=self.tasks,
            connections=self.connections,
            request_bytes=self.request_bytes,
            piece_bytes=self.piece_bytes,
            response_bytes=self.response_bytes,
            events=self.unit == "event",
            authority=servers.authority if self.server in ("tls", "cold", "http2") else "",
            http2=self.server == "http2",
            fresh=self.fresh,
            proxy=servers.proxy if is_proxied else 0,
            origins=self.origins,
            core=cores.client,
        )


_ONE = ("request",)
_BOTH = ("request", "handle_request")
_SOCKETS = ("sockets", "protocols")
_PROTOCOLS = ("protocols", "sockets")
_FRAMES = ("frames", "blocking frames")
_SYNC_FRAMES = ("blocking frames", "frames")

_FACES = {"sync": "over blocking sockets", "asyncio": "under asyncio"}


def _small() -> Iterator[Workload]:
    """Small documents over HTTP/1.1."""
    yield Workload("sync", "GET of 1 KB, one after the other, over blocking sockets", styles=_BOTH)
    yield Workload("threads-20", "GET of 1 KB by 20 threads", face="threads", tasks=20)
    for face in ("asyncio", "uvloop"):
        for tasks in (1, 50, 500):
            connections = min(tasks, 100)
            yield Workload(
                f"{face}-{tasks}",
                f"GET of 1 KB by {_counted(tasks, 'task')} under {face} on {_counted(connections, 'connection')}",
                face=face,
                tasks=tasks,
                connections=connections,
                styles=_BOTH if (face, tasks) == ("asyncio", 50) else _ONE,
                floors=_PROTOCOLS,
            )
    yield Workload(
        "trio-50",
        "GET of 1 KB by 50 tasks under Trio; the floor of protocols is under asyncio",
        face="trio",
        tasks=50,
        floors=_PROTOCOLS,
    )
    yield Workload(
        "proxy", "GET of 1 KB through an HTTP proxy, one after the other", server="proxy"
    )
    for layer in ("sync", "asyncio-50"):
        is_sync = layer == "sync"
        yield Workload(
            f"httpx-{layer}",
            f"GET of 1 KB under HTTPX, {'one after the other' if is_sync else 'by 50 tasks under asyncio'}",
            face="sync" if is_sync else "asyncio",
            tasks=1 if is_sync else 50,
            floors=_SOCKETS if is_sync else _PROTOCOLS,
            for_layers=True,
        )


def _secure() -> Iterator[Workload]:
    """Small documents over TLS: HTTP/1.1, and HTTP/2."""
    yield Workload("tls-sync", "GET of 1 KB over TLS, one after the other", server="tls")
    yield Workload(
        "tls-asyncio-50",
        "GET of 1 KB over TLS by 50 tasks under asyncio",
        face="asyncio",
        tasks=50,
        server="tls",
        floors=_PROTOCOLS,
    )
    for tasks in (1, 50, 200):
        yield Workload(
            f"http2-{tasks}",
            f"GET of 1 KB over HTTP/2 and TLS by {_counted(tasks, 'task')} under asyncio",
            face="asyncio",
            tasks=tasks,
            server="http2",
            floors=_FRAMES,
        )


def _fresh() -> Iterator[Workload]:
    """A connection for each request."""
    kinds = {
        "fresh": ("plain", "GET of 1 KB, each on a new connection"),
        "fresh-tls": ("cold", "GET of 1 KB, each on a new TLS connection, nothing to resume"),
        "resumed-tls": (
            "tls",
            "GET of 1 KB, each on a new TLS connection, sessions may be resumed",
        ),
    }
    for name, (server, title) in kinds.items():
        for face, words in _FACES.items():
            yield Workload(
                name if face == "sync" else f"{name}-{face}",
                f"{title}, {words}",
                face=face,
                exchanges=100,
                server=server,
                fresh=True,
                floors=_SOCKETS if face == "sync" else _PROTOCOLS,
            )


def _large() -> Iterator[Workload]:
    """A hundred megabytes, down and up."""
    large: dict[str, Any] = {"unit": "MB", "units": 100, "exchanges": 1}
    for face, words in _FACES.items():
        end = "" if face == "sync" else f"-{face}"
        floors = _SOCKETS if face == "sync" else _PROTOCOLS
        frames = _SYNC_FRAMES if face == "sync" else _FRAMES
        down = Workload(
            f"download{end}",
            f"100 MB down, {words}",
            face=face,
            styles=("stream",),
            path="/large",
            floors=floors,
            response_bytes=LARGE_BYTES,
            **large,
        )
        up = Workload(
            f"upload{end}",
            f"100 MB up in pieces of 64 KB, {words}",
            face=face,
            server="counterpart",
            path="/sink",
            floors=floors,
            response_bytes=2,
            request_bytes=LARGE_BYTES,
            piece_bytes=PIECE_BYTES,
            **large,
        )
        yield down
        yield replace(
            down,
            name=f"download-http2{end}",
            title=f"100 MB down over HTTP/2 and TLS, {words}",
            server="http2",
            floors=frames,
        )
        yield up
        if face == "sync":
            yield replace(
                up,
                name="upload-whole",
                title=f"100 MB up from one bytes object, {words}",
                piece_bytes=LARGE_BYTES,
            )
        yield replace(
            up,
            name=f"upload-http2{end}",
            title=f"100 MB up in pieces of 64 KB over HTTP/2 and TLS, {words}",
            server="http2",
            floors=frames,
        )


def _pieces() -> Iterator[Workload]:
    """Many small pieces: of one response, and of one that is sent little by little."""
    for face, words in _FACES.items():
        end = "" if face == "sync" else f"-{face}"
        chunks = Workload(
            f"chunks{end}",
            f"a response of {CHUNKS:,} chunks of {len(CHUNK)} bytes, {words}",
            face=face,
            unit="chunk",
            units=CHUNKS,
            exchanges=1,
            server="counterpart",
            styles=("stream",),
            path="/chunks",
            floors=_SOCKETS if face == "sync" else _PROTOCOLS,
            response_bytes=CHUNKS * len(CHUNK),
        )
        yield chunks
        yield replace(
            chunks,
            name=f"events{end}",
            title=f"{EVENTS} server-sent events, each sent by itself, {words}",
            unit="event",
            units=EVENTS,
            path="/events",
            response_bytes=EVENTS * EVENT_BYTES,
        )


def _crowded() -> Iterator[Workload]:
    """Many connections, or many who wait for few."""
    for origins in (10, 100, 300):
        yield Workload(
            f"origins-{origins}",
            f"GET of 1 KB from {origins} origins in turn, a connection to each, over blocking sockets",
            exchanges=100,
            server="origins",
            origins=origins,
        )
    for tasks in (10, 100, 1000):
        yield Workload(
            f"waiters-{tasks}",
            f"GET of 1 KB by {tasks} tasks under asyncio on 10 connections",
            face="asyncio",
            exchanges=max(tasks, 200),
            tasks=tasks,
            connections=10,
            floors=_PROTOCOLS,
        )


def _apart() -> Iterator[Workload]:
    """What is no request: memory, and the time before the first one."""
    idle = Workload(
        "memory-idle",
        "memory of an idle connection, each to an origin of its own, under asyncio",
        face="asyncio",
        unit="connection",
        server="origins",
        origins=FIRST + NUMBER,
        floors=(),
        quantity=BYTES,
    )
    yield idle
    kinds = {
        "memory-in-flight": "memory of a request in flight, its task and its connection",
        "memory-waiting": "memory of a request in line for the only connection, and its task",
    }
    for name, title in kinds.items():
        yield replace(
            idle,
            name=name,
            title=f"{title}, under asyncio",
            unit="request",
            server="counterpart",
            path="/gate",
            origins=1,
            response_bytes=2,
        )
    yield Workload(
        "import",
        "import of the library",
        unit="import",
        exchanges=3,
        floors=(),
        program="importing",
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


_LISTED = chain(_small(), _secure(), _fresh(), _large(), _pieces(), _crowded(), _apart())

WORKLOADS = {workload.name: workload for workload in _LISTED}

#: Those that are measured when nobody asks for others.
USUAL = ("sync", "asyncio-50")
