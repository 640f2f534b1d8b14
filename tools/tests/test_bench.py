"""What is measured must be right before it is fast, and what is shown must be what was measured."""

import asyncio
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import bench_servers
import pytest
from _house import ToolError
from bench_clients import floors, measuring, pools
from bench_clients.measuring import Cost, Job
from bench_figures import Entry, Record, Table, aligned, comparison
from bench_parts.commands import COMMANDS, Command
from bench_servers import CHUNK, CHUNKS, Cores, counterpart
from bench_workloads import FLOOR, OURS, PEER, WORKLOADS, Contender

from .loading import load_tool


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    tool = load_tool("bench")
    monkeypatch.setattr(tool, "commit", lambda: "abc1234")
    return tool


def entry(subject: str, style: str, *cpu: float) -> Entry:
    name = Contender(subject, style).name
    return Entry(name, subject, style, 100, list(cpu), [2 * value for value in cpu])


def table(ours: float = 40.0) -> Table:
    entries = [
        entry(FLOOR, "sockets", 19.0, 20.0, 90.0),
        entry(OURS, "request", ours, ours, ours),
        entry(PEER, "request", 400.0, 390.0, 4100.0),
        entry(OURS, "handle_request", 30.0, 30.0, 30.0),
        entry(PEER, "handle_request", 300.0, 300.0, 300.0),
    ]
    return Table("sync", "GET of 1 KB", "request", entries)


def record(ours: float = 40.0, processor: str = "one") -> Record:
    return Record("2026-02-03 04:05:06", "abc1234", {"processor": processor}, [table(ours)])


# Figures.


def test_the_median_counts_and_the_quartiles_say_how_far() -> None:
    found = entry(OURS, "request", 10.0, 30.0, 20.0, 50.0, 40.0)
    assert found.median == 30.0
    assert found.spread == pytest.approx(10 / 30)
    assert entry(OURS, "request", 10.0).spread == 0.0


def test_ratios_are_to_the_floor_and_to_the_same_method_of_the_peer() -> None:
    found = table()
    _, request, peer, handle, _ = found.entries
    assert found.to_floor(request) == 2.0
    assert found.to_peer(request) == 0.1
    assert found.to_peer(handle) == 0.1
    assert found.to_peer(peer) is None
    alone = Table("sync", "", "request", [request])
    assert alone.to_floor(request) is None
    assert alone.to_peer(request) is None


def test_a_table_has_a_line_for_each_contender() -> None:
    lines = table().lines()
    assert lines[:2] == [
        "sync: GET of 1 KB",
        "  microseconds per request, medians of 3 processes",
    ]
    assert [re.split(r"\s{2,}", line.strip()) for line in lines[2:5]] == [
        ["CPU", "wall", "to floor", "to httpcore 1.0.9", "exchanges"],
        ["bare sockets", "20.0", "± 89 %", "40.0", "1.00", "3 x 100"],
        ["httpcore, request()", "40.0", "± 0 %", "80.0", "2.00", "0.10", "3 x 100"],
    ]
    assert len(lines) == 8


def test_columns_are_aligned() -> None:
    assert aligned([["", "a", "bbb"], ["name", "12345", ""]]) == [
        "            a  bbb",
        "  name  12345",
    ]


def test_a_record_survives_json(tmp_path: Path) -> None:
    path = tmp_path / "new" / "record.json"
    record().write(path)
    assert Record.read(path) == record()
    summary = json.loads(path.read_text())["summary"]
    assert summary["sync"]["httpcore, request()"] == {
        "cpu": 40.0,
        "spread": 0.0,
        "wall": 80.0,
        "to_floor": 2.0,
        "to_peer": 0.1,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[]", "it is not a record: TypeError"),
        ("{}", "it is not a record: KeyError('format')"),
        ('{"format": 1}', "it is not a record: KeyError('tables')"),
        ('{"format": 1, "tables": [{"entries": [{"speed": 9}]}]}', "it is not a record: TypeError"),
        ('{"format": 77}', "it has format 77, and this tool knows 1"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ToolError, match=rf"(?s)cannot compare with .*{re.escape(said)}.*; give"):
        Record.read(path)


def test_a_record_that_cannot_be_read_or_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="No such file"):
        Record.read(tmp_path / "nowhere.json")
    with pytest.raises(ToolError, match="give another place by --json"):
        record().write(tmp_path)


def test_a_comparison_shows_what_changed() -> None:
    lines = comparison(record(40.0), record(20.0))
    assert lines[:2] == ["", "compared with abc1234, measured 2026-02-03 04:05:06"]
    assert lines[4].split() == [
        "sync:",
        "httpcore,",
        "request()",
        "40.0",
        "20.0",
        "-50",
        "%",
        "0.10",
        "0.050",
    ]
    assert len(lines) == 8


def test_a_comparison_says_what_cannot_be_compared() -> None:
    other = Record("then", "abc1234", {"processor": "two"}, [])
    assert comparison(other, record()) == [
        "",
        "compared with abc1234, measured then elsewhere (only the ratios can be compared)",
        "  nothing is in both",
    ]


# Workloads.


def test_every_workload_is_done_by_the_floor_and_by_both_pools() -> None:
    for workload in WORKLOADS.values():
        subjects = [contender.subject for contender in workload.contenders]
        assert subjects == [FLOOR, *[OURS, PEER] * len(workload.styles)]
        for contender in workload.contenders:
            job = workload.job(contender, 80, Cores(), None)
            assert Job.from_json(job.to_json()) == job
            assert sum(map(len, job.pieces())) == job.request_bytes


def test_the_number_of_requests_is_for_what_counts_requests() -> None:
    def exchanges(name: str, contender: Contender, requests: int | None) -> int:
        return WORKLOADS[name].job(contender, 80, Cores(0, 1), requests).exchanges

    ours, peer = Contender(OURS, "request"), Contender(PEER, "request")
    assert exchanges("sync", ours, None) == 2000
    assert exchanges("sync", ours, 77) == 77
    assert exchanges("download", ours, 77) == 3
    # As many for each task, and fewer for the peer, who would take minutes.
    assert exchanges("asyncio-50", ours, 77) == 100
    assert exchanges("asyncio-50", peer, 5000) == 250
    assert exchanges("asyncio-50", peer, 1) == 50


def test_samples_become_time_for_one_unit(bench: ModuleType) -> None:
    measurement = bench.Measurement(WORKLOADS["chunks"], 80, Cores(), None)
    for costs in measurement.samples.values():
        costs += [Cost(0.5, 1.0), Cost(1.0, 2.0)]
    found = measurement.table().entries[1]
    assert found == Entry("httpcore, stream()", OURS, "stream", 5, [10.0, 20.0], [20.0, 40.0])


def test_rounds_go_there_and_back(bench: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[tuple[str, str]] = []

    def run_client(python: Path, program: str, job: Job) -> Cost:
        order.append((program, python.parent.parent.name))
        return Cost(1.0, 1.0)

    monkeypatch.setattr(bench, "run_client", run_client)
    monkeypatch.setattr(bench, "peer_python", lambda: Path("/peer/bin/python"))
    measurement = bench.Measurement(WORKLOADS["chunks"], 80, Cores(), None)
    measurement.take(reverse=False)
    assert order == [("floors", ".venv"), ("pools", ".venv"), ("pools", "peer")]
    measurement.take(reverse=True)
    assert order[3:] == order[2::-1]


# Clients, with the server that needs no other program.


@pytest.fixture
def port() -> Iterator[int]:
    with counterpart() as port:
        yield port


def job(workload: str, subject: str, style: str, port: int) -> Job:
    made = WORKLOADS[workload].job(Contender(subject, style), port, Cores(), None)
    if not made.request_bytes:
        return made
    # Of a hundred megabytes, a few hundred kilobytes.
    pieces = {"request_bytes": 8 * 65_536, "piece_bytes": min(made.piece_bytes, 8 * 65_536)}
    return Job(**{**json.loads(made.to_json()), **pieces})


@pytest.mark.parametrize("workload", ["chunks", "upload", "upload-whole"])
def test_clients_exchange_what_they_must(workload: str, port: int) -> None:
    style = WORKLOADS[workload].styles[0]
    for client, subject, by in [(floors, FLOOR, "sockets"), (pools, OURS, style)]:
        cost = client.client(job(workload, subject, by, port))
        assert cost.cpu > 0
        assert cost.wall > 0


@pytest.mark.parametrize(
    ("client", "style"),
    [
        (floors.concurrent, "protocols"),
        (pools.concurrent, "request"),
        (pools.concurrent, "handle_async_request"),
    ],
)
def test_concurrent_clients_exchange_what_they_must(
    client: object, style: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (floors, measuring, pools):
        monkeypatch.setattr(module, "TASKS", 3)
    done = asyncio.run(
        client(  # type: ignore[operator]
            Job("asyncio-3", style, port, "/", 6, response_bytes=CHUNKS * len(CHUNK))
        )
    )
    assert done.cpu > 0


def test_a_prepared_request_is_sent_again_and_again(port: int) -> None:
    cost = pools.client(job("chunks", OURS, "handle_request", port))
    assert cost.cpu > 0


def test_a_response_of_another_length_fails_the_client(port: int) -> None:
    wrong = Job("chunks", "stream", port, "/", 1, response_bytes=7)
    with pytest.raises(RuntimeError, match="has 240000 bytes of content, not 7"):
        pools.client(wrong)


def test_the_floor_knows_how_long_a_response_is() -> None:
    expected = Job("sync", "sockets", 80, "/small", 1, response_bytes=5)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
    assert floors.length_of(expected, head) is None
    assert floors.length_of(expected, head + b"\r\n12") == len(head) + 7
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    assert floors.length_of(expected, chunked) is None
    assert floors.length_of(expected, chunked + b"0\r\n\r\n") == len(chunked) + 5
    with pytest.raises(RuntimeError, match="404 Not Found"):
        floors.length_of(expected, b"HTTP/1.1 404 Not Found\r\n\r\n")
    with pytest.raises(RuntimeError, match="has 6 bytes of content, not 5"):
        floors.length_of(expected, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")


def test_a_floor_whose_server_leaves_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        loop = floors.Loop.__new__(floors.Loop)
        loop.length = 1
        loop.sock = socket.create_connection(listener.getsockname())
        listener.accept()[0].close()
        with loop.sock, pytest.raises(RuntimeError, match="the server has closed the connection"):
            loop.receive()


def test_a_protocol_whose_server_leaves_fails() -> None:
    exchanges = floors.Exchanges(Job("asyncio-50", "protocols", 80, "/", 1))
    exchanges.connection_lost(None)

    async def lose() -> None:
        exchanges.done = asyncio.get_running_loop().create_future()
        exchanges.connection_lost(None)
        await exchanges.done

    with pytest.raises(RuntimeError, match="the server has closed the connection"):
        asyncio.run(lose())


def test_a_client_process_reports_its_cost(bench: ModuleType, port: int) -> None:
    python = bench.in_venv("python")
    one = Job("chunks", "sockets", port, "/", 1, response_bytes=CHUNKS * len(CHUNK))
    assert bench.run_client(python, "floors", one).cpu > 0
    with pytest.raises(ToolError, match=r"(?s)KeyError: 'telepathy'.*pools by telepathy failed"):
        bench.run_client(python, "pools", Job("chunks", "telepathy", port, "/", 1))


def test_a_client_process_that_hangs_is_ended(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = Job("sync", "sockets", silent.getsockname()[1], "/", 1)
        with pytest.raises(ToolError, match="floors by sockets took more than"):
            bench.run_client(bench.in_venv("python"), "floors", mute)


# Servers and processors.


def test_processors_are_two_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    usable = {1, 3, 2}
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: usable)
    assert Cores.at_hand() == Cores(server=1, client=3)
    usable = {5}
    assert Cores.at_hand() == Cores(None, None)


def test_one_processor_is_said_to_be_too_few(capsys: pytest.CaptureFixture[str]) -> None:
    Cores().take_servers()
    assert "fewer than two processors" in capsys.readouterr().out


def test_without_nginx_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(ToolError, match=r"nginx is not installed; .* apt-get install nginx-light"):
        bench_servers.nginx_program()


def test_nginx_is_installed_by_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(bench_servers, "must", lambda command, why: commands.append(command))
    monkeypatch.setattr(
        shutil,
        "which",
        lambda name, path=None: name if name == "apt-get" or len(commands) == 2 else None,
    )
    assert bench_servers.nginx_program() == "nginx"
    assert [command[1] for command in commands] == ["update", "install"]


@pytest.mark.skipif(
    not (os.environ.get("CI") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")),
    reason="nginx is not installed",
)
def test_nginx_serves_the_small_document() -> None:
    with bench_servers.nginx() as port:
        small = WORKLOADS["sync"].job(Contender(FLOOR, "sockets"), port, Cores(), 5)
        assert floors.client(small).cpu > 0


def test_nginx_that_does_not_come_up_is_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "nginx"
    broken.write_text("#!/bin/sh\necho no luck today\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(bench_servers, "nginx_program", lambda: str(broken))
    with pytest.raises(ToolError, match="no luck today"), bench_servers.nginx():
        pytest.fail("it did not come up")


# Commands.


def test_a_command_gets_the_rest_of_the_arguments(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def main(arguments: list[str]) -> int:
        asked.append(arguments)
        return 7

    module = ModuleType("bench_example")
    module.main = main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bench_example", module)
    monkeypatch.setitem(COMMANDS, "example", Command("bench_example", "an example"))
    assert bench.main(["example", "--fast", "3"]) == 7
    assert asked == [["--fast", "3"]]


def test_a_command_that_cannot_go_on_says_why(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def main(arguments: list[str]) -> int:
        raise ToolError("no luck today")

    module = ModuleType("bench_example")
    module.main = main  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "bench_example", module)
    monkeypatch.setitem(COMMANDS, "example", Command("bench_example", "an example"))
    assert bench.main(["example"]) == 1
    assert capsys.readouterr().out == "tools/bench: no luck today\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(
    bench: ModuleType, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: tools/bench {name}" in capsys.readouterr().out


def test_the_help_names_every_command(
    bench: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        bench.main(["--help"])
    said = capsys.readouterr().out
    for name, command in COMMANDS.items():
        assert re.search(rf"tools/bench {name} +{re.escape(command.summary)}", said)


# Arguments.


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rounds", "0"], "argument --rounds: it must be a number of at least 1, but is '0'"),
        (["--requests", "many"], "argument --requests: it must be a number of at least 1"),
        (["--workloads", "lunch"], "argument --workloads: invalid choice: 'lunch'"),
        (["--workloads"], "argument --workloads: expected at least one argument"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_wrong_arguments_are_named(
    bench: ModuleType, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_file_that_cannot_be_compared_with_ends_it_before_it_measures(
    bench: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main(["--compare", str(tmp_path / "none.json")]) == 1
    assert capsys.readouterr().out.startswith("tools/bench: cannot compare with ")


def test_it_measures_what_was_asked_for_and_writes_it(
    bench: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[object] = []

    def measure(workloads: list[object], rounds: int, requests: int | None) -> list[Table]:
        asked.extend([[str(getattr(each, "name", "")) for each in workloads], rounds, requests])
        return [table()]

    monkeypatch.setattr(bench, "measure", measure)
    path = tmp_path / "record.json"
    assert bench.main(["--workloads", "chunks", "sync", "--rounds", "3", "--json", str(path)]) == 0
    assert asked == [["sync", "chunks"], 3, None]
    assert f"written to {path}" in capsys.readouterr().out
    assert bench.main(["--workloads", "all", "--compare", str(path), "--json", str(path)]) == 0
    assert asked[3] == list(WORKLOADS)
    assert "compared with abc1234" in capsys.readouterr().out
