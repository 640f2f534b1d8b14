"""Instructions are those of the requests alone, and somebody without valgrind is told so."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from _house import ToolError
from bench_clients.measuring import Job
from bench_parts import instructions
from bench_parts.nginx import Servers
from bench_parts.workloads import INSTRUCTIONS, WORKLOADS


def test_without_valgrind_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ToolError, match=r"valgrind is not installed.*apt-get install valgrind"):
        instructions.main([])


def test_the_number_is_found_in_what_callgrind_says() -> None:
    assert instructions.counted_in("==7== Collected : 1234567\n==7==") == 1234567
    assert instructions.counted_in("valgrind: command not found") is None


def test_the_start_of_the_process_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs: list[Job] = []

    def count(valgrind: str, command: Sequence[str | Path], job: Job) -> int:
        jobs.append(job)
        return 1_000_000 + 500 * (job.exchanges + job.warm_up)

    monkeypatch.setattr(instructions, "count", count)
    servers = Servers(1, 2, 3, 4, 5, 6, 7, "authority.pem")
    chosen = [WORKLOADS["sync"], WORKLOADS["http2-200"]]
    tables = instructions.count_all("valgrind", chosen, [], servers)
    assert [table.workload for table in tables] == ["sync-instructions", "http2-200-instructions"]
    for table in tables:
        assert table.quantity == INSTRUCTIONS
        assert {entry.median for entry in table.entries} == {500}
    assert all(job.exchanges % job.tasks == 0 and not job.seconds for job in jobs)


def test_a_client_that_fails_under_valgrind_is_quoted(tmp_path: Path) -> None:
    broken = tmp_path / "valgrind"
    broken.write_text("#!/bin/sh\necho no luck today >&2\nexit 1\n")
    broken.chmod(0o755)
    job = Job("sync", "sockets", 80, "/small", 1)
    with pytest.raises(ToolError, match=r"(?s)no luck today.*sync: valgrind failed"):
        instructions.count(str(broken), ["python"], job)


def test_only_small_requests_can_be_counted() -> None:
    assert instructions.is_countable(WORKLOADS["sync"])
    assert not instructions.is_countable(WORKLOADS["download"])
    assert not instructions.is_countable(WORKLOADS["memory-waiting"])
    with pytest.raises(SystemExit):
        instructions.parser().parse_args(["--workloads", "download"])
