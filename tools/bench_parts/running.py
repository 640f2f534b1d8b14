"""Rounds of client processes: each round starts one for each contender of each workload, in turn."""

import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from _house import ROOT, ToolError, in_venv, say
from bench_clients.measuring import Cost, Job

from bench_parts.cores import Cores
from bench_parts.counterpart import counterpart
from bench_parts.figures import Entry, Table
from bench_parts.nginx import Servers, nginx
from bench_parts.peers import OWN, Peer
from bench_parts.workloads import BYTES, FLOOR_PROGRAMS, Contender, Workload

# Seconds that one process may take, of this tree and of others; whoever takes more is named in the report.
PATIENCE = 300.0
PEER_PATIENCE = 90.0
# Seconds after which a process of a peer has taken so long that it has to be the only one.
SLOW = 5.0


def run_client(
    command: Sequence[str | Path], job: Job, who: str, patience: float = PATIENCE
) -> Cost:
    """Run a client process and return what it reports.

    Raises:
        ToolError: it failed or took more seconds than `patience`; what it said is part of the message.
    """
    try:
        done = subprocess.run(
            [*command, job.to_json()],
            cwd=ROOT / "tools",
            capture_output=True,
            text=True,
            check=False,
            timeout=patience,
        )
    except subprocess.TimeoutExpired as error:
        said = f"{job.workload}: {who} took more than {patience:.0f} s"
        raise ToolError(f"{said}; ask for fewer --requests") from error
    if done.returncode:
        raise ToolError(f"{done.stderr}{job.workload}: {who} failed, see above")
    return Cost.from_json(done.stdout)


def command_of(contender: Contender, program: str = "") -> list[str | Path]:
    """Return what runs a contender's client, but for the job; `program` replaces its own."""
    if contender.peer is None:
        return [in_venv("python"), "-m", f"bench_clients.{FLOOR_PROGRAMS[contender.style]}"]
    return [contender.peer.python, "-m", f"bench_clients.{program or contender.peer.program}"]


class Measurement:
    """The samples of one workload, while they are taken."""

    def __init__(
        self,
        workload: Workload,
        peers: Sequence[Peer],
        servers: Servers,
        cores: Cores,
        requests: int | None,
    ) -> None:
        self.workload = workload
        self.samples: dict[Contender, list[Cost]] = {
            each: [] for each in workload.contenders(peers)
        }
        self.slow: set[Contender] = set()
        #: Why a peer has given up, by the name of the contender.
        self.failures: dict[str, str] = {}
        self.jobs = {each: workload.job(each, servers, cores, requests) for each in self.samples}

    def is_foreign(self, contender: Contender) -> bool:
        """Whether it is somebody's who may fail without ending the run."""
        return contender.peer is not None and contender.peer not in OWN

    def take(self, reverse: bool) -> None:
        """Let each contender do its job once."""
        # There and back, so that a machine that grows slower treats all alike.
        for each in sorted(self.samples, key=list(self.samples).index, reverse=reverse):
            if each.name in self.failures or each in self.slow:
                continue
            began = time.monotonic()
            try:
                patience = PEER_PATIENCE if self.is_foreign(each) else PATIENCE
                cost = run_client(
                    command_of(each, self.workload.program), self.jobs[each], each.name, patience
                )
            except ToolError as error:
                if not self.is_foreign(each):
                    raise
                say(f"tools/bench: {error}")
                self.failures[each.name] = str(error).splitlines()[-1]
            else:
                self.samples[each].append(cost)
                if time.monotonic() - began > SLOW and self.is_foreign(each):
                    self.slow.add(each)

    def table(self) -> Table:
        """Return what was found."""
        entries = []
        for each, costs in self.samples.items():
            if each.name in self.failures:
                continue
            exchanges = sum(cost.exchanges for cost in costs)
            cost, wall = (list(map(rounded, figures)) for figures in self.figures(costs))
            entries.append(Entry(each.name, each.subject, each.style, exchanges, cost, wall))
        workload = self.workload
        return Table(workload.name, workload.title, workload.unit, entries, workload.quantity)

    def figures(self, costs: Sequence[Cost]) -> tuple[list[float], list[float]]:
        """Return for one unit what some processes needed, and how long that took on the clock."""
        if self.workload.quantity == BYTES:
            return [cost.value for cost in costs], []
        units = [cost.exchanges * self.workload.units / 1e6 for cost in costs]
        cpu = [cost.cpu / unit for cost, unit in zip(costs, units, strict=True)]
        if self.workload.unit == "event":
            return cpu, [cost.delay * 1e6 for cost in costs]
        return cpu, [cost.wall / unit for cost, unit in zip(costs, units, strict=True)]


def rounded(number: float) -> float:
    """Return what can be trusted of a number, and a little more."""
    return float(f"{number:.5g}")


def measure(
    workloads: Sequence[Workload], peers: Sequence[Peer], rounds: int, requests: int | None
) -> tuple[list[Table], dict[str, str]]:
    """Start the servers, let everybody work, and return what was found, and which peers failed at what and why.

    Raises:
        ToolError: nginx, a floor or this tree failed.
    """
    cores = Cores.at_hand()
    cores.take_servers()
    with ExitStack() as stack:
        port = stack.enter_context(counterpart())
        servers = stack.enter_context(nginx(port))
        measurements = [Measurement(each, peers, servers, cores, requests) for each in workloads]
        for number in range(rounds):
            say(f"round {number + 1} of {rounds}")
            for measurement in measurements:
                measurement.take(reverse=bool(number % 2))
    failures = {
        f"{name} in {measurement.workload.name}": why
        for measurement in measurements
        for name, why in measurement.failures.items()
    }
    return [measurement.table() for measurement in measurements], failures
