"""What is shown must be what was measured."""

import json
import re
from pathlib import Path

import pytest
from _house import ToolError
from bench_parts.figures import Entry, Record, Table, aligned, comparison
from bench_parts.workloads import BYTES

from .records import OURS, entry, record, table


def test_the_median_counts_and_the_quartiles_say_how_far() -> None:
    found = entry(OURS, "request", 10.0, 30.0, 20.0, 50.0, 40.0)
    assert found.median == 30.0
    assert found.spread == pytest.approx(10 / 30)
    assert entry(OURS, "request", 10.0).spread == 0.0


def test_ratios_are_to_the_floor_and_to_the_same_method_of_the_peer() -> None:
    found = table()
    floor, request, peer, handle, old_handle = found.entries
    assert found.to_floor(request) == 2.0
    assert found.of_ours(floor) == 2.0
    assert found.of_ours(peer) == 0.1
    assert found.of_ours(old_handle) == 0.1
    assert found.of_ours(handle) is None
    alone = Table("sync", "", "request", [peer])
    assert alone.to_floor(peer) is None
    assert alone.of_ours(peer) is None


def test_a_table_has_a_line_for_each_contender() -> None:
    lines = table().lines()
    assert lines[:2] == [
        "sync: GET of 1 KB",
        "  microseconds of CPU per request, medians of 3 processes",
    ]
    assert [re.split(r"\s{2,}", line.strip()) for line in lines[2:6]] == [
        ["CPU", "wall", "to floor", "httpcore to it", "n"],
        ["bare sockets", "20.0", "± 89 %", "40.0", "1.00", "2.00", "3 x 100"],
        ["httpcore", "40.0", "± 0 %", "80.0", "2.00", "3 x 100"],
        ["httpcore 1.0.9", "400.0", "± 232 %", "800.0", "20.00", "0.10", "3 x 100"],
    ]
    assert len(lines) == 8


def test_what_is_no_time_has_no_time_on_the_clock() -> None:
    heavy = Table("idle", "", "connection", [Entry("a", "a", "", 1, [2048.0])], BYTES)
    assert heavy.heading() == "bytes per connection, medians of 1 processes"
    assert heavy.columns()[1] == "bytes"
    assert heavy.rows() == [["a", "2,048", "± 0 %", "", "", "", "1 x 1"]]


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
    assert summary["sync"]["httpcore 1.0.9"] == {
        "cost": 400.0,
        "spread": 2.31875,
        "wall": 800.0,
        "to_floor": 20.0,
        "httpcore_to_it": 0.1,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Expecting value"),
        ("[]", "it is not a record: TypeError"),
        ("{}", "it is not a record: KeyError('format')"),
        ("7", "it is not a record: AttributeError"),
        ('{"format": 2}', "it is not a record: KeyError('tables')"),
        ('{"format": 2, "tables": [{"entries": [{"speed": 9}]}]}', "it is not a record: TypeError"),
        ('{"format": 77}', "it has format 77, and this tool knows 2"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(ToolError, match=rf"(?s)cannot read the record .*{re.escape(said)}.*; give"):
        Record.read(path)


def test_a_record_that_cannot_be_read_or_written_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="No such file"):
        Record.read(tmp_path / "nowhere.json")
    with pytest.raises(ToolError, match="give another place by --json"):
        record().write(tmp_path)


def test_a_comparison_shows_what_changed() -> None:
    lines = comparison(record(40.0), record(20.0))
    assert lines[:2] == ["", "compared with abc1234, measured 2026-02-03 04:05:06"]
    assert lines[4].split() == ["sync:", "httpcore", "40.0", "20.0", "-50", "%", "2.00", "1.00"]
    assert len(lines) == 8


def test_a_comparison_says_what_cannot_be_compared() -> None:
    other = Record("then", "abc1234", {"processor": "two"}, [])
    assert comparison(other, record()) == [
        "",
        "compared with abc1234, measured then elsewhere (only the ratios can be compared)",
        "  nothing is in both",
    ]


def test_who_could_not_be_measured_is_named() -> None:
    found = Record("now", "abc1234", {}, [], missing={"curly 1.0": "no such package"})
    assert found.lines() == ["", "without curly 1.0: no such package"]
