"""The figures of the pool can be taken, small."""

import subprocess
from typing import Any

import bench_memory
import bench_pool
import pytest
from _house import ToolError
from bench_parts.growing import figure_of, shown_beside
from bench_parts.peers import OLD, OURS

from httpcore_http11 import AsyncHTTP11Connection
from httpcore_pool._async import connection


@pytest.fixture(autouse=True)
def _http11_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "make_async_http11_connection", AsyncHTTP11Connection)


def test_time_is_measured_with_idle_connections_and_with_waiters() -> None:
    assert 0.0 < bench_pool.cost_with_idle(20, requests=100) < 1e5
    assert 0.0 < bench_pool.cost_with_waiters(20, connections=5, requests=200) < 1e5


def test_memory_is_measured_for_idle_connections_and_for_waiters() -> None:
    assert 100.0 < bench_pool.memory_per_idle(50) < 1e5
    assert 100.0 < bench_pool.memory_per_waiter(50) < 1e5


def test_few_and_many_are_measured_in_turn() -> None:
    asked: list[int] = []

    def measure(count: int) -> float:
        asked.append(count)
        return float(count - len(asked))

    assert bench_pool.compared(measure, 10, 100) == (1.0, 90.0)
    assert asked == [10, 100] * 5


@pytest.mark.parametrize(
    "name", ["time with idle", "time with waiters", *bench_memory.FIGURES], ids=str
)
def test_whole_stack_is_measured(name: str) -> None:
    found = figure_of(OURS, name, 20, 100)
    assert found is not None
    assert 1.0 < found < 1e5


def test_memory_is_reported_for_every_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        bench_memory, "figure_of", lambda peer, name, count, patience: 100.0 * count
    )
    assert bench_memory.report(4, [OURS, OLD]) == [
        f"{title:28}  httpcore      400 bytes  httpcore 1.0.9      400 bytes  1.00 of it"
        for title in bench_memory.FIGURES.values()
    ]


def test_memory_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        bench_memory, "figure_of", lambda peer, name, count, patience: 100.0 * count
    )
    for missing in ({}, {OLD.name: "gone"}):
        monkeypatch.setattr(bench_memory, "installed", lambda peers, missing=missing: missing)
        assert bench_memory.main(["--count", "7"]) == 0
        assert capsys.readouterr().out.count("700 bytes") == (3 if missing else 6)


def test_what_takes_too_long_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert figure_of(OURS, "time with idle", 10_000, 1, patience=0.01) is None
    assert shown_beside([OURS, OLD], [1.0, None], "us") == (
        "  httpcore        1 us  httpcore 1.0.9 took too long"
    )


def test_figure_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "no luck\n")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ToolError, match="no luck\ntime with idle: httpcore failed, see above"):
        figure_of(OURS, "time with idle", 10)


def test_pool_is_shown_beside_its_peer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_pool, "cost_with_idle", lambda count: 10.0)
    monkeypatch.setattr(bench_pool, "cost_with_waiters", lambda count: 10.0)
    monkeypatch.setattr(bench_pool, "figure_of", lambda *_: 5.0)
    monkeypatch.setattr(bench_pool, "installed", lambda peers: {})
    assert bench_pool.main([]) == 0
    said = capsys.readouterr().out
    assert "CPU per request, 10,000 in line          10.00 us, 1.00 of that" in said
    assert said.count("1.00 of it") == 8
    assert bench_pool.main(["--alone"]) == 0
    assert "of it" not in capsys.readouterr().out
