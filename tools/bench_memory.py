"""Measure what a pool keeps in memory, for an idle HTTP/1.1 connection and for a request in line, beside httpcore 1.0.9.

Everything is counted that Python allocates, by tracemalloc: the connections' sockets and streams, the requests' tasks
and coroutines. The server is a process of its own. What the operating system keeps for a socket is not counted.
"""

import argparse
from collections.abc import Sequence

from _house import say
from bench_parts.growing import figure_of, shown_beside
from bench_parts.peers import OLD, OURS, Peer, installed

__all__ = ["FIGURES", "main", "report"]

#: Seconds that one figure may take; allocating takes longer while it is traced.
PATIENCE = 300.0

#: What is measured, and what it is called.
FIGURES = {
    "memory of idle for threads": "idle connection, threads",
    "memory of idle": "idle connection, asyncio",
    "memory of waiter": "request in line, asyncio",
}


def report(count: int, peers: Sequence[Peer]) -> list[str]:
    """Measure each figure for each of the peers, the first of which is compared with the others.

    Raises:
        ToolError: a client failed.
    """
    return [
        f"{title:28}{shown_beside(peers, [figure_of(peer, name, count, patience=PATIENCE) for peer in peers], 'bytes')}"
        for name, title in FIGURES.items()
    ]


def main(arguments: Sequence[str]) -> int:
    """Print every figure."""
    parser = argparse.ArgumentParser(prog="tools/bench memory", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=200, help="connections, and requests in line; 200 by default"
    )
    options = parser.parse_args(arguments)
    missing = installed([OLD])
    for line in report(options.count, [OURS] if missing else [OURS, OLD]):
        say(line)
    return 0
