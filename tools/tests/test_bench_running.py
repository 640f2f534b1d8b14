"""Who does what, in which order, and what becomes of the samples."""

import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from _house import ToolError, in_venv
from bench_clients.measuring import Cost, Job
from bench_parts import running
from bench_parts.cores import Cores
from bench_parts.counterpart import CHUNK, CHUNKS, counterpart
from bench_parts.figures import Entry
from bench_parts.nginx import Servers
from bench_parts.peers import BY_NAME, OLD, OURS, OWN, PEERS, Peer, installed
from bench_parts.workloads import FLOOR, WORKLOADS, Contender

SERVERS = Servers(1, 2, 3, 4, 5, 6, 7, "authority.pem")


# Workloads.


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_workload_is_done_by_floors_by_this_tree_and_by_who_can(name: str) -> None:
    workload = WORKLOADS[name]
    contenders = workload.contenders(PEERS)
    assert len({contender.name for contender in contenders}) == len(contenders)
    floors = [contender for contender in contenders if contender.peer is None]
    assert [floor.style for floor in floors] == list(workload.floors)
    assert contenders[: len(floors)] == floors
    assert contenders[len(floors)].peer in OWN
    for peer in PEERS:
        assert (peer.name in [contender.subject for contender in contenders]) == workload.can(peer)
    for contender in contenders:
        job = workload.job(contender, SERVERS, Cores())
        assert Job.from_json(job.to_json()) == job
        assert sum(map(len, job.pieces)) == job.request_bytes
        assert job.port
        assert job.url.startswith("https://" if job.authority else "http://")
        assert job.exchanges % job.tasks == 0


def test_somebody_without_an_ability_is_not_in_the_table() -> None:
    deaf = Peer("deaf 1.0", "deaf", "pools", frozenset({"sync"}), ("deaf==1.0",))
    assert WORKLOADS["sync"].can(deaf)
    assert not WORKLOADS["asyncio-50"].can(deaf)
    assert not WORKLOADS["http2-50"].can(deaf)
    fluent = Peer("fluent 1.0", "fluent", "pools", frozenset({"asyncio", "http2"}))
    assert WORKLOADS["http2-50"].can(fluent)


def test_a_number_of_requests_is_for_what_counts_requests() -> None:
    def job(name: str, requests: int | None) -> Job:
        return WORKLOADS[name].job(Contender("", "request", OURS), SERVERS, Cores(0, 1), requests)

    assert job("sync", None).seconds > 0
    assert job("sync", 77).seconds == 0
    assert job("sync", 77).exchanges == 77
    assert job("sync", 77).core == 1
    assert job("download", 77).exchanges == 1
    assert job("download", 77).seconds > 0
    # As many for each task.
    assert job("asyncio-50", 77).exchanges == 100
    assert job("asyncio-50", 1).exchanges == 50


# Peers.


def test_every_peer_has_an_environment_of_its_own_and_a_fixed_version() -> None:
    assert len({peer.venv for peer in PEERS}) == len(PEERS)
    for peer in PEERS:
        assert "==" in peer.requirements[0]
        assert (Path(running.__file__).parent.parent / f"bench_clients/{peer.program}.py").exists()
    assert len(BY_NAME) == len(OWN) + len(PEERS)


def test_a_peer_that_cannot_be_installed_is_named_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def install(peer: Peer) -> None:
        if peer is OLD:
            raise ToolError("no such package")

    monkeypatch.setattr(Peer, "install", install)
    assert installed([OURS, OLD]) == {OLD.name: "no such package"}
    assert f"without {OLD.name}: no such package" in capsys.readouterr().out


def test_an_environment_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from bench_parts import peers

    made: list[Path] = []
    commands: list[Sequence[object]] = []

    def make_venv(venv: Path) -> None:
        venv.mkdir(parents=True, exist_ok=True)
        made.append(venv)

    monkeypatch.setattr(peers, "VENVS", tmp_path)
    monkeypatch.setattr(peers, "make_venv", make_venv)
    monkeypatch.setattr(peers, "must", lambda command, why: commands.append(command))
    OURS.install()
    assert not made
    OLD.install()
    OLD.install()
    assert made == [tmp_path / "httpcore-1.0.9"]
    assert list(commands[0][-2:]) == list(OLD.requirements)


# Rounds.


def test_samples_become_time_for_one_unit() -> None:
    measurement = running.Measurement(WORKLOADS["chunks"], [OLD], SERVERS, Cores(), None)
    for costs in measurement.samples.values():
        costs += [Cost(0.5, 1.0, 5), Cost(2.0, 4.0, 10)]
    found = measurement.table().entry("httpcore")
    assert found == Entry("httpcore", "httpcore", "stream", 15, [10.0, 20.0], [20.0, 40.0])


def test_of_events_it_is_shown_how_long_they_were_on_the_way() -> None:
    measurement = running.Measurement(WORKLOADS["events"], [], SERVERS, Cores(), None)
    for costs in measurement.samples.values():
        costs.append(Cost(0.5, 1.0, 1, delay=0.003))
    found = measurement.table().entry("httpcore")
    assert found is not None
    assert found.wall == [3000.0]


def test_rounds_go_there_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[tuple[str, str]] = []

    def run_client(command: Sequence[str | Path], job: Job, who: str, patience: float) -> Cost:
        order.append((Path(command[0]).parent.parent.name, str(command[-1])))
        return Cost(1.0, 1.0)

    monkeypatch.setattr(running, "run_client", run_client)
    measurement = running.Measurement(WORKLOADS["chunks"], [OLD], SERVERS, Cores(), None)
    measurement.take(reverse=False)
    assert order == [
        (".venv", "bench_clients.floors"),
        (".venv", "bench_clients.protocols"),
        (".venv", "bench_clients.pools"),
        ("httpcore-1.0.9", "bench_clients.pools"),
    ]
    measurement.take(reverse=True)
    assert order[4:] == order[3::-1]


def test_a_peer_that_fails_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def run_client(command: object, job: Job, who: str, patience: float) -> Cost:
        asked.append(who)
        if who == OLD.name:
            raise ToolError("it is not my day")
        return Cost(1.0, 1.0)

    monkeypatch.setattr(running, "run_client", run_client)
    measurement = running.Measurement(WORKLOADS["chunks"], [OLD], SERVERS, Cores(), None)
    measurement.take(reverse=False)
    measurement.take(reverse=False)
    assert asked.count(OLD.name) == 1
    assert measurement.failures == {OLD.name: "it is not my day"}
    assert measurement.table().entry(OLD.name) is None


@pytest.mark.parametrize("name", ["httpcore", "bare sockets"])
def test_this_tree_and_the_floors_may_not_fail(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_client(command: object, job: Job, who: str, patience: float) -> Cost:
        if who == name:
            raise ToolError("it is not my day")
        return Cost(1.0, 1.0)

    monkeypatch.setattr(running, "run_client", run_client)
    measurement = running.Measurement(WORKLOADS["chunks"], [OLD], SERVERS, Cores(), None)
    with pytest.raises(ToolError, match="it is not my day"):
        measurement.take(reverse=False)


def test_a_slow_peer_has_one_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SLOW", -1.0)
    monkeypatch.setattr(running, "run_client", lambda *_: Cost(1.0, 1.0))
    measurement = running.Measurement(WORKLOADS["chunks"], [OLD], SERVERS, Cores(), None)
    measurement.take(reverse=False)
    measurement.take(reverse=True)
    found = {entry.name: len(entry.cost) for entry in measurement.table().entries}
    assert found == {"bare sockets": 2, "bare protocols": 2, "httpcore": 2, OLD.name: 1}


# Processes.


def test_a_client_process_reports_its_cost() -> None:
    floor = running.command_of(Contender(FLOOR, "sockets"))
    ours = running.command_of(Contender("httpcore", "request", OURS))
    with counterpart() as port:
        one = Job("chunks", "sockets", port, "/", 1, response_bytes=CHUNKS * len(CHUNK))
        assert running.run_client(floor, one, "bare sockets").cpu > 0
        odd = Job("chunks", "telepathy", port, "/", 1, library="httpcore")
        with pytest.raises(ToolError, match=r"(?s)KeyError: 'telepathy'.*chunks: ours failed"):
            running.run_client(ours, odd, "ours")


def test_a_client_process_that_hangs_is_ended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = Job("sync", "sockets", silent.getsockname()[1], "/", 1)
        command: list[str | Path] = [in_venv("python"), "-m", "bench_clients.floors"]
        with pytest.raises(ToolError, match="sync: the floor took more than 0 s"):
            running.run_client(command, mute, "the floor", patience=0.5)
