"""What `tools/bench` measures: the workloads, and who does each of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench_clients.measuring import Job

from bench_parts.cores import Cores
from bench_parts.counterpart import CHUNK, CHUNKS, EVENT_BYTES, EVENTS, PIECE_BYTES
from bench_parts.nginx import LARGE_BYTES, SMALL, Servers
from bench_parts.peers import OURS, OWN, PEERS, Peer

#: Nobody's library.
FLOOR = "floor"

#: Seconds of processor time that are measured of each process, at least.
SECONDS = 0.25

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

    def can(self, peer: Peer) -> bool:
        """Whether a peer is able to do it."""
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
        exchanges, seconds = self.exchanges, SECONDS
        if requests and self.unit == "request":
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
_BY_PROTOCOLS = ("protocols", "sockets")
_BY_FRAMES = ("frames", "blocking frames")


def _asyncio(tasks: int, styles: tuple[str, ...] = _ONE) -> Workload:
    """Small requests by so many tasks."""
    return Workload(
        f"asyncio-{tasks}",
        f"GET of 1 KB by {tasks} asyncio task{'s' * (tasks > 1)}, which share a pool",
        face="asyncio",
        tasks=tasks,
        styles=styles,
        floors=_BY_PROTOCOLS,
    )


_LISTED = (
    Workload("sync", "GET of 1 KB, one after the other, over blocking sockets", styles=_BOTH),
    _asyncio(50, styles=_BOTH),
    Workload("tls-sync", "GET of 1 KB over TLS, one after the other", server="tls"),
    Workload(
        "tls-asyncio-50",
        "GET of 1 KB over TLS by 50 asyncio tasks",
        face="asyncio",
        tasks=50,
        server="tls",
        floors=("protocols",),
    ),
    *[
        Workload(
            f"http2-{tasks}",
            f"GET of 1 KB over HTTP/2 and TLS by {tasks} asyncio task{'s' * (tasks > 1)}, on one connection",
            face="asyncio",
            tasks=tasks,
            server="http2",
            floors=_BY_FRAMES,
        )
        for tasks in (1, 50, 200)
    ],
    Workload(
        "download",
        "100 MB down, over a blocking socket",
        unit="MB",
        units=100,
        exchanges=1,
        styles=("stream",),
        path="/large",
        response_bytes=LARGE_BYTES,
    ),
    Workload(
        "upload",
        "100 MB up in pieces of 64 KB, over a blocking socket",
        unit="MB",
        units=100,
        exchanges=1,
        server="counterpart",
        path="/sink",
        response_bytes=2,
        request_bytes=LARGE_BYTES,
        piece_bytes=PIECE_BYTES,
    ),
    Workload(
        "upload-whole",
        "100 MB up from one bytes object, over a blocking socket",
        unit="MB",
        units=100,
        exchanges=1,
        server="counterpart",
        path="/sink",
        response_bytes=2,
        request_bytes=LARGE_BYTES,
        piece_bytes=LARGE_BYTES,
    ),
    Workload(
        "chunks",
        f"a response of {CHUNKS:,} chunks of {len(CHUNK)} bytes, over a blocking socket",
        unit="chunk",
        units=CHUNKS,
        exchanges=1,
        server="counterpart",
        styles=("stream",),
        path="/chunks",
        response_bytes=CHUNKS * len(CHUNK),
    ),
    Workload(
        "events",
        f"{EVENTS} server-sent events, each sent by itself, over a blocking socket",
        unit="event",
        units=EVENTS,
        exchanges=1,
        server="counterpart",
        styles=("stream",),
        path="/events",
        response_bytes=EVENTS * EVENT_BYTES,
    ),
)

WORKLOADS = {workload.name: workload for workload in _LISTED}

#: Those that are measured when nobody asks for others.
USUAL = ("sync", "asyncio-50")
