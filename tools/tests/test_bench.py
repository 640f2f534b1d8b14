"""The command line: what was asked for is measured, shown and written, or there is a reason why not."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from _house import ToolError
from bench_parts.commands import COMMANDS, Command
from bench_parts.figures import Record, Table
from bench_parts.peers import OLD, PEERS, Peer, named_peers
from bench_parts.workloads import WORKLOADS, Workload

from .loading import load_tool
from .records import record, table


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    tool = load_tool("bench")
    monkeypatch.setattr(tool, "commit", lambda: "abc1234")
    return tool


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
        (["--peers", "lunch"], "argument --peers: it must be all, or of httpcore 1.0.9, "),
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
    assert capsys.readouterr().out.startswith("tools/bench: cannot read the record ")


def test_it_measures_what_was_asked_for_and_writes_it(
    bench: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[object] = []

    def measure(
        workloads: list[Workload], peers: list[Peer], rounds: int, requests: int | None
    ) -> tuple[list[Table], dict[str, str]]:
        asked.append([workload.name for workload in workloads])
        asked.append([peer.name for peer in peers])
        asked.append((rounds, requests))
        return [table()], {"somebody in sync": "no idea"}

    def installed(peers: list[Peer]) -> dict[str, str]:
        return {OLD.name: "no luck today"} if len(peers) > 1 else {}

    monkeypatch.setattr(bench, "measure", measure)
    monkeypatch.setattr(bench, "installed", installed)
    path = tmp_path / "record.json"
    command = ["--workloads", "chunks", "sync", "--rounds", "3", "--json", str(path)]
    assert bench.main(command) == 0
    assert asked == [["sync", "chunks"], [OLD.name], (3, None)]
    assert f"written to {path}" in capsys.readouterr().out
    found = Record.read(path)
    assert found.tables == [table()]
    assert found.command == f"tools/bench --workloads chunks sync --rounds 3 --json {path}"
    command = ["--workloads", "all", "--peers", "all", "--compare", str(path), "--json", str(path)]
    assert bench.main(command) == 0
    assert asked[3] == list(WORKLOADS)
    assert asked[4] == [peer.name for peer in PEERS if peer is not OLD]
    said = capsys.readouterr().out
    assert "compared with abc1234" in said
    assert f"without {OLD.name}: no luck today" in said
    assert Record.read(path).missing == {
        OLD.name: "no luck today",
        "somebody in sync": "no idea",
    }


def test_peers_are_named_by_their_first_words() -> None:
    assert named_peers("httpcore2") == [PEERS[1]]
    assert named_peers("httpcore2 2.16.2") == [PEERS[1]]
    assert named_peers("all") == list(PEERS)


def test_targets_are_shown_of_a_record_and_nothing_is_measured(
    bench: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "record.json"
    record().write(path)
    assert bench.main(["--targets", str(path)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"sync: to httpcore 1.0.9 +0.22 +0.10 +met", said)
    assert bench.main(["--targets", str(tmp_path / "none.json")]) == 1
