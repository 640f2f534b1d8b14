"""What `tools/bench` compares with does what is measured: every peer, in its own environment, by every face that it has."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from bench_parts.cores import Cores
from bench_parts.counterpart import counterpart
from bench_parts.nginx import Servers, nginx
from bench_parts.peers import PEERS, Peer
from bench_parts.running import command_of, run_client
from bench_parts.workloads import WORKLOADS

# The first test of a peer makes its environment.
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not (os.environ.get("CI") or shutil.which("nginx", path=f"{os.defpath}:/usr/sbin")),
        reason="nginx is not installed",
    ),
]

#: One for each way that a client program can go; of the large ones, those that can be made small.
NAMES = (
    "sync",
    "threads-20",
    "asyncio-50",
    "uvloop-50",
    "trio-50",
    "httpx-sync",
    "httpx-asyncio-50",
    "tls-sync",
    "http2-50",
    "resumed-tls",
    "fresh-tls-asyncio",
    "proxy",
    "origins-10",
    "upload",
    "upload-whole",
    "upload-asyncio",
    "chunks",
    "events",
    "events-asyncio",
    "memory-in-flight",
    "import",
)


@pytest.fixture(scope="module")
def bench_servers() -> Iterator[Servers]:
    with counterpart() as port, nginx(port) as servers:
        yield servers


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_does_every_workload_that_it_is_in_the_table_of(
    peer: Peer, bench_servers: Servers
) -> None:
    peer.install()
    done = []
    for name in NAMES:
        workload = WORKLOADS[name]
        for contender in workload.contenders([peer]):
            if contender.peer is not peer:
                continue
            job = workload.job(contender, bench_servers, Cores(), requests=workload.tasks)
            job = replace(job, seconds=0.0, exchanges=workload.tasks)
            if job.request_bytes:
                size = 4 * 65_536
                job = replace(job, request_bytes=size, piece_bytes=min(job.piece_bytes, size))
            command = command_of(contender, workload.program)
            cost = run_client(command, job, contender.name, patience=120.0)
            assert cost.exchanges >= job.exchanges
            done.append(name)
    assert "import" in done
    assert len(done) > 2
