"""What `tools/bench` measures: the workloads, and who does each of them."""

from dataclasses import dataclass

from bench_clients.measuring import TASKS, Job
from bench_servers import CHUNK, CHUNKS, LARGE_BYTES, PIECE_BYTES, SMALL, Cores

#: Who does the work: nobody's library, this tree's, and the one to compare with.
FLOOR = "floor"
OURS = "httpcore"
PEER = "httpcore 1.0.9"


@dataclass(frozen=True)
class Contender:
    """A way to do a workload: whose code, and by which of its methods."""

    subject: str
    style: str

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"bare {self.style}" if self.subject == FLOOR else f"{self.subject}, {self.style}()"


@dataclass(frozen=True)
class Workload:
    """One kind of exchange.

    A figure is for one `unit`, of which an exchange has `units`. Each process does `exchanges` of them; the peer does
    one of `peer_share`, where it would take too long. `by_nginx` says which server answers.
    """

    name: str
    title: str
    unit: str
    units: int
    exchanges: int
    floor: str
    styles: tuple[str, ...]
    path: str
    response_bytes: int
    request_bytes: int = 0
    piece_bytes: int = 0
    by_nginx: bool = True
    peer_share: int = 1

    @property
    def contenders(self) -> list[Contender]:
        """The floor, then for each style this tree and the peer."""
        pools = [Contender(subject, style) for style in self.styles for subject in (OURS, PEER)]
        return [Contender(FLOOR, self.floor), *pools]

    def job(self, contender: Contender, port: int, cores: Cores, requests: int | None) -> Job:
        """Return what the contender's client is told; `requests` replaces the number of exchanges where they count."""
        exchanges = requests if requests and self.unit == "request" else self.exchanges
        if contender.subject == PEER:
            exchanges //= self.peer_share
        if self.name.startswith("asyncio"):
            # Each task does as many as the others.
            exchanges = max(1, round(exchanges / TASKS)) * TASKS
        return Job(
            workload=self.name,
            style=contender.style,
            port=port,
            path=self.path,
            exchanges=max(1, exchanges),
            request_bytes=self.request_bytes,
            piece_bytes=self.piece_bytes,
            response_bytes=self.response_bytes,
            core=cores.client,
        )


_LISTED = (
    Workload(
        "sync",
        "GET of 1 KB, one after the other, over blocking sockets",
        unit="request",
        units=1,
        exchanges=2000,
        floor="sockets",
        styles=("request", "handle_request"),
        path="/small",
        response_bytes=len(SMALL),
    ),
    Workload(
        f"asyncio-{TASKS}",
        f"GET of 1 KB by {TASKS} asyncio tasks that share a pool",
        unit="request",
        units=1,
        exchanges=5000,
        floor="protocols",
        styles=("request", "handle_async_request"),
        path="/small",
        response_bytes=len(SMALL),
        peer_share=20,
    ),
    Workload(
        "download",
        "100 MB down, over a blocking socket",
        unit="MB",
        units=100,
        exchanges=3,
        floor="sockets",
        styles=("stream",),
        path="/large",
        response_bytes=LARGE_BYTES,
    ),
    Workload(
        "upload",
        "100 MB up in pieces of 64 KB, over a blocking socket",
        unit="MB",
        units=100,
        exchanges=3,
        floor="sockets",
        styles=("request",),
        path="/sink",
        response_bytes=2,
        request_bytes=LARGE_BYTES,
        piece_bytes=PIECE_BYTES,
        by_nginx=False,
    ),
    Workload(
        "upload-whole",
        "100 MB up from one bytes object, over a blocking socket",
        unit="MB",
        units=100,
        exchanges=3,
        floor="sockets",
        styles=("request",),
        path="/sink",
        response_bytes=2,
        request_bytes=LARGE_BYTES,
        piece_bytes=LARGE_BYTES,
        by_nginx=False,
    ),
    Workload(
        "chunks",
        f"a response of {CHUNKS:,} chunks of {len(CHUNK)} bytes, over a blocking socket",
        unit="chunk",
        units=CHUNKS,
        exchanges=5,
        floor="sockets",
        styles=("stream",),
        path="/chunks",
        response_bytes=CHUNKS * len(CHUNK),
        by_nginx=False,
    ),
)

WORKLOADS = {workload.name: workload for workload in _LISTED}

#: Those that are measured when nobody asks for others.
USUAL = _LISTED[:2]
