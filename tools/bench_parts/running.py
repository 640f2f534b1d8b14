"""Rounds of client processes: each round starts one for each contender of each workload, in turn."""

import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from _house import ROOT, ToolError, in_venv, say
from bench_clients.measuring import Cost, Job

from bench_parts.cores import Cores
from bench_parts.counterpart import counterpart
from bench_parts.figures import Entry, Table
from bench_parts.nginx import Servers, nginx
from bench_parts.peers import Peer
from bench_parts.workloads import FLOOR_PROGRAMS, Contender, Workload

# Seconds that one process may take.
PATIENCE = 300.0


def run_client(command: Sequence[str | Path], job: Job, who: str) -> Cost:
    """Run a client process and return what it reports.

    Raises:
        ToolError: it failed; what it said is part of the message.
    """
    try:
        done = subprocess.run(
            [*command, job.to_json()],
            cwd=ROOT / "tools",
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired as error:
        said = f"{job.workload}: {who} took more than {PATIENCE:.0f} s"
        raise ToolError(f"{said}; ask for fewer --requests") from error
    if done.returncode:
        raise ToolError(f"{done.stderr}{job.workload}: {who} failed, see above")
    return Cost.from_json(done.stdout)


def command_of(contender: Contender) -> list[str | Path]:
    """Return what runs a contender's client, but for the job."""
    if contender.peer is None:
        return [in_venv("python"), "-m", f"bench_clients.{FLOOR_PROGRAMS[contender.style]}"]
    return [contender.peer.python, "-m", f"bench_clients.{contender.peer.program}"]


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
        self.jobs = {each: workload.job(each, servers, cores, requests) for each in self.samples}

    def take(self, reverse: bool) -> None:
        """Let each contender do its job once."""
        # There and back, so that a machine that grows slower treats all alike.
        for each in sorted(self.samples, key=list(self.samples).index, reverse=reverse):
            cost = run_client(command_of(each), self.jobs[each], each.name)
            self.samples[each].append(cost)

    def table(self) -> Table:
        """Return what was found."""
        entries = []
        for each, costs in self.samples.items():
            units = [cost.exchanges * self.workload.units / 1e6 for cost in costs]
            cpu = [cost.cpu / unit for cost, unit in zip(costs, units, strict=True)]
            wall = [cost.wall / unit for cost, unit in zip(costs, units, strict=True)]
            if self.workload.unit == "event":
                wall = [cost.delay * 1e6 for cost in costs]
            exchanges = sum(cost.exchanges for cost in costs)
            entries.append(Entry(each.name, each.subject, each.style, exchanges, cpu, wall))
        return Table(self.workload.name, self.workload.title, self.workload.unit, entries)


def measure(
    workloads: Sequence[Workload], peers: Sequence[Peer], rounds: int, requests: int | None
) -> list[Table]:
    """Start the servers, let everybody work, and return what was found.

    Raises:
        ToolError: nginx or a client failed.
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
        return [measurement.table() for measurement in measurements]
