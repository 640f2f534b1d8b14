"""The comparison with httpcore 1.0.9: what the tool sees without running anything."""

from pathlib import Path
from types import ModuleType

import matrix_records
import pytest
from _house import ToolError
from matrix_records import (
    Case,
    Difference,
    Outcome,
    differing,
    page,
    problems,
    read,
    table,
    written,
)

from .loading import load_tool

THEIRS: dict[Case, Outcome] = {
    ("a/one", "sync"): ("200", "a#1: GET"),
    ("a/one", "asyncio"): ("200", "a#1: GET"),
    ("a/two", "sync"): ("error (of a kind)",),
    ("b/three", "trio"): ("200",),
}
OURS = {**THEIRS, ("a/two", "sync"): ("200",)}
FOUND = differing(THEIRS, OURS)

ENTRY = '[[difference]]\ntitle = "T"\ntheirs = "fails."\nours = "work."\nwhy = "Because."\n'


def difference(*scenarios: str) -> Difference:
    return Difference("T", "fails.", "work.", "Because.", scenarios)


def test_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = tmp_path / "record.txt"
    record.write_text(written(THEIRS))
    assert read(record) == THEIRS
    assert record.read_text().startswith(
        "a/one (sync, asyncio)\n    200\n    a#1: GET\na/two (sync)\n"
    )


def test_record_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="missing"):
        read(tmp_path / "none.txt")
    (tmp_path / "bad.txt").write_text("a line\n")
    with pytest.raises(ToolError, match=r"bad.txt:1: this is no line of a record"):
        read(tmp_path / "bad.txt")


def test_table_must_list_exactly_what_differs() -> None:
    known = set(THEIRS)
    assert {("a/two", "sync")} == FOUND
    assert problems([difference("a/two")], FOUND, known) == []
    assert problems([], FOUND, known) == ["a/two (sync): differs, and is not in the table"]
    assert problems([difference("a/two", "b/three")], FOUND, known) == [
        "b/three (trio): is in the table, and differs no more"
    ]
    assert problems([difference("a/one (sync)", "a/two")], FOUND, known) == [
        "a/one (sync): is in the table, and differs no more"
    ]


@pytest.mark.parametrize("name", ["a/four", "a/two (trio)"])
def test_table_names_only_what_there_is(name: str) -> None:
    with pytest.raises(ToolError, match="there is no scenario"):
        problems([difference(name)], FOUND, set(THEIRS))


def test_entries_are_complete_and_do_not_overlap(tmp_path: Path) -> None:
    path = tmp_path / "differences.toml"
    path.write_text(ENTRY)
    with pytest.raises(ToolError, match="an entry has no 'scenarios'"):
        table(path)
    path.write_text(f'{ENTRY}scenarios = ["a/two"]\n' * 2)
    with pytest.raises(ToolError, match="in two entries: a/two"):
        table(path)


def test_page_counts_and_tells() -> None:
    text = page(THEIRS, FOUND, [difference("a/two")])
    assert "3 scenarios over real sockets" in text
    assert "| a | 2 | 1 |\n| b | 1 | 0 |" in text
    assert "## T\n\n- httpcore 1.0.9: fails.\n- these packages: work.\n\nBecause.\n" in text


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The tool, with records, a table and a page of its own."""
    loaded = load_tool("matrix")
    places = {
        "THEIRS": written(THEIRS),
        "OURS": written({case: OURS[case] for case in FOUND}),
        "TABLE": f'{ENTRY}scenarios = ["a/two"]\n',
        "PAGE": page(THEIRS, FOUND, [difference("a/two")]),
    }
    for name, text in places.items():
        path = tmp_path / name
        path.write_text(text)
        monkeypatch.setattr(loaded, name, path)
    monkeypatch.setattr(loaded, "table", lambda: matrix_records.table(tmp_path / "TABLE"))
    monkeypatch.setattr(loaded, "enter", lambda: None)
    return loaded


@pytest.mark.parametrize(
    ("place", "before", "after", "complaint"),
    [
        ("OURS", "    200", "    201", ""),
        ("OURS", "    200", "    error (of a kind)", "differs no more"),
        ("THEIRS", "    error (of a kind)", "    200", "differs no more"),
        ("TABLE", "a/two", "b/three", "a/two (sync): differs, and is not in the table"),
        ("TABLE", "Because.", "For a reason.", "not what the table and the records say"),
        ("PAGE", "fails", "works", "not what the table and the records say"),
    ],
)
def test_check_sees_planted_faults(
    tool: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    place: str,
    before: str,
    after: str,
    complaint: str,
) -> None:
    assert tool.main(["--check"]) == 0
    path = tmp_path / place
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    # What the sides do is for the runs to see; that they still differ is all that can be seen here.
    assert tool.main(["--check"]) == (1 if complaint else 0)
    assert complaint in capsys.readouterr().out
