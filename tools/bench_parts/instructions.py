"""`tools/bench instructions`: what a request costs in instructions, where the machine's noise hides small changes.

The client runs under valgrind's callgrind, once with few requests and once with more; the difference is that of the
requests alone. What the kernel does is not counted. Each run takes about half a minute.
"""

import argparse
import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from _house import ROOT, ToolError, say, shown
from bench_clients.measuring import Job

from bench_parts.cores import Cores
from bench_parts.counterpart import counterpart
from bench_parts.figures import Entry, Record, Table, comparison
from bench_parts.nginx import Servers, nginx
from bench_parts.peers import Peer, installed, named_peers
from bench_parts.running import command_of
from bench_parts.surroundings import commit, machine
from bench_parts.workloads import INSTRUCTIONS, TIME, WORKLOADS, Workload

FEW, MANY = 200, 600
USUAL = ("sync", "asyncio-50", "http2-50")

# Seconds that one run may take.
_PATIENCE = 600.0


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    known = [name for name, each in WORKLOADS.items() if is_countable(each)]
    made = argparse.ArgumentParser(
        prog="tools/bench instructions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--workloads",
        nargs="+",
        metavar="NAME",
        choices=known,
        default=USUAL,
        help=", ".join(known),
    )
    made.add_argument(
        "--peers", nargs="+", metavar="NAME", type=named_peers, default=[], help="none by default"
    )
    made.add_argument("--json", type=Path, metavar="PATH", help="where to write what was found")
    made.add_argument("--compare", type=Path, metavar="OLD.json", help="show what has changed")
    return made


def is_countable(workload: Workload) -> bool:
    """Whether a workload consists of small requests."""
    return workload.unit == "request" and workload.quantity == TIME


def valgrind_program() -> str:
    """Return where valgrind is.

    Raises:
        ToolError: it is not there.
    """
    found = shutil.which("valgrind")
    if found is None:
        raise ToolError(
            "valgrind is not installed, so instructions cannot be counted; "
            "on Debian: sudo apt-get install valgrind"
        )
    return found


def count(valgrind: str, command: Sequence[str | Path], job: Job) -> int:
    """Run a client under callgrind, and return how many instructions it took.

    Raises:
        ToolError: it failed.
    """
    counting = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = subprocess.run(
        [*counting, *command, job.to_json()],
        cwd=ROOT / "tools",
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE,
    )
    counted = counted_in(done.stderr)
    if done.returncode or counted is None:
        raise ToolError(f"{done.stderr}{job.workload}: valgrind failed, see above")
    return counted


def counted_in(said: str) -> int | None:
    """Return the number in what callgrind says, None when it says none."""
    found = re.search(r"Collected : (\d+)", said)
    return int(found[1]) if found else None


def per_request(valgrind: str, command: Sequence[str | Path], few: Job, many: Job) -> float:
    """Return the instructions of one request, those of the start taken away."""
    requests = many.exchanges + many.warm_up - few.exchanges - few.warm_up
    more = count(valgrind, command, many) - count(valgrind, command, few)
    return more / requests


def count_all(
    valgrind: str, workloads: Sequence[Workload], peers: Sequence[Peer], servers: Servers
) -> list[Table]:
    """Return a table for each workload."""
    tables = []
    for workload in workloads:
        entries = []
        for each in workload.contenders(peers):
            say(f"{workload.name}: {each.name}")
            few, many = (
                replace(workload.job(each, servers, Cores(), number), exchanges=number)
                for number in (max(FEW, workload.tasks), max(MANY, 3 * workload.tasks))
            )
            cost = per_request(valgrind, command_of(each), few, many)
            total = few.exchanges + many.exchanges
            entries.append(Entry(each.name, each.subject, each.style, total, [round(cost)]))
        title = f"{workload.title}, in instructions"
        tables.append(
            Table(f"{workload.name}-instructions", title, "request", entries, INSTRUCTIONS)
        )
    return tables


def main(arguments: list[str]) -> int:
    """Count, show and write."""
    options = parser().parse_args(arguments)
    valgrind = valgrind_program()
    old = None if options.compare is None else Record.read(options.compare)
    peers = [peer for named in options.peers for peer in named]
    missing = installed(peers)
    chosen = [WORKLOADS[name] for name in options.workloads]
    taken = time.strftime("%Y-%m-%d %H:%M:%S")
    with ExitStack() as stack:
        servers = stack.enter_context(nginx(stack.enter_context(counterpart())))
        at_hand = [peer for peer in peers if peer.name not in missing]
        tables = count_all(valgrind, chosen, at_hand, servers)
    command = " ".join(["tools/bench instructions", *arguments])
    record = Record(taken, commit(), machine(), tables, command, missing)
    path = options.json or ROOT / "build" / "bench" / "instructions.json"
    record.write(path)
    for line in (*record.lines(), *(comparison(old, record) if old else ())):
        say(line)
    say(f"\nwritten to {shown(path)}")
    return 0
