"""The table of public names: what stands in it, and that no lost name, changed argument or missing test passes."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .loading import load_tool

SOURCE = """\
class Room:
    def __init__(self, doors: int = 2, *, key: str | None = None, more: int = 0) -> None: ...

    def enter(self, quietly: bool = False) -> None: ...

    @property
    def size(self) -> int: ...


class Hall(Room):
    def enter(self, quietly: bool = True) -> None: ...


def build(room: Room) -> None: ...


LIMIT = 1
__all__ = ["LIMIT", "Hall", "Room", "build"]
"""

RECORD = {
    "LIMIT": "value",
    "Hall": {"enter": "(self, quietly=True)"},
    "Room": {
        "__init__": "(self, doors=2, *, key=None)",
        "enter": "(self, quietly=False)",
        "size": "property",
    },
    "build": "(room)",
}

TESTS = """\
from fake_names import LIMIT, Hall, Room, build


def test_rooms():
    room = Room(1)
    room.enter()
    assert room.size
    build(room)


def test_halls():
    Hall().enter()
    assert LIMIT
"""

EXPECTED = """\

## 1.0

| name | there | here | a test |
| --- | --- | --- | --- |
| `LIMIT` | value | the same | `tests/test_all.py::test_halls` |
| `Hall` | class | the same | `tests/test_all.py::test_halls` |
| `Hall.enter` | `(self, quietly=True)` | the same | `tests/test_all.py::test_halls` |
| `Room` | class | the same | `tests/test_all.py::test_rooms` |
| `Room.__init__` | `(self, doors=2, *, key=None)` | `(self, doors=2, *, key=None, more=0)` | `tests/test_all.py::test_rooms` |
| `Room.enter` | `(self, quietly=False)` | the same | `tests/test_all.py::test_rooms` |
| `Room.size` | property | the same | `tests/test_all.py::test_rooms` |
| `build` | `(room)` | the same | `tests/test_all.py::test_rooms` |
"""


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    tool = load_tool("api-table")
    for name, value in {
        "PACKAGE": "fake_names",
        "PAGE": "names.md",
        "RECORDS": ("1.0",),
        "TESTS": ("tests",),
        "DIFFERENCES": {},
    }.items():
        monkeypatch.setattr(tool, name, value)
    return tool


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tools" / "api_names").mkdir(parents=True)
    write(tmp_path)
    yield tmp_path
    sys.modules.pop("fake_names", None)


def write(
    tree: Path, source: str = SOURCE, tests: str = TESTS, record: dict[str, Any] | None = None
) -> None:
    (tree / "fake_names.py").write_text(source)
    (tree / "tests" / "test_all.py").write_text(tests)
    (tree / "tools" / "api_names" / "1.0.json").write_text(json.dumps(record or RECORD))


def run(table: ModuleType, tree: Path, *arguments: str) -> int:
    sys.modules.pop("fake_names", None)
    status = table.main([*arguments, "--root", str(tree)])
    assert isinstance(status, int)
    return status


def test_writes_each_name_as_it_was_and_is_with_a_test(table: ModuleType, tree: Path) -> None:
    assert run(table, tree) == 0
    assert (tree / "names.md").read_text().endswith(EXPECTED)
    assert run(table, tree, "--check") == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    def enter(self, quietly: bool = False)", "    def go(self)", "Room.enter"),
        ("doors: int = 2", "doors: int = 3", "Room.__init__"),
        ("doors: int = 2", "number: int = 2", "Room.__init__"),
        (", key: str | None = None", "", "Room.__init__"),
        ("(room: Room)", "(room: Room, again: bool)", "build"),
        ("    @property\n", "", "Room.size"),
        ('"Hall", ', "", "Hall"),
    ],
)
def test_a_name_that_cannot_be_used_as_it_was_is_a_problem(
    table: ModuleType, tree: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, said: str
) -> None:
    assert run(table, tree) == 0
    assert old in SOURCE
    write(tree, SOURCE.replace(old, new, 1))
    capsys.readouterr()
    assert run(table, tree, "--check") == 1
    assert f"packages/httpcore: {said} of 1.0 was" in capsys.readouterr().out


def test_a_difference_needs_a_reason_and_a_reason_a_difference(
    table: ModuleType,
    tree: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table, "DIFFERENCES", {("1.0", "build"): "rooms are taken by name"})
    assert run(table, tree) == 1
    assert "build of 1.0 needs no reason any more" in capsys.readouterr().out
    write(tree, SOURCE.replace("(room: Room)", "(*, room: Room)"))
    assert run(table, tree) == 0
    assert "`(*, room)`: rooms are taken by name" in (tree / "names.md").read_text()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    build(room)\n", "", "no test uses build; write one"),
        ("    room.enter()\n", "", None),
        ("Hall().enter()\n    assert LIMIT", "assert LIMIT", "no test uses Hall; write one"),
        ("    assert room.size\n", "", "no test uses Room.size; write one"),
        ("test_rooms", "test_chambers", "names.md: not what the names and the tests say"),
    ],
)
def test_a_name_needs_a_test_that_uses_it(
    table: ModuleType,
    tree: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    said: str | None,
) -> None:
    assert run(table, tree) == 0
    assert old in TESTS
    write(tree, tests=TESTS.replace(old, new, 1))
    capsys.readouterr()
    assert run(table, tree, "--check") == 1
    assert (said or "names.md: not what") in capsys.readouterr().out


def test_a_page_that_was_edited_is_a_problem(
    table: ModuleType, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(table, tree) == 0
    page = tree / "names.md"
    page.write_text(page.read_text().replace("test_halls", "test_hall"))
    assert run(table, tree, "--check") == 1
    assert "names.md: not what the names and the tests say" in capsys.readouterr().out


def test_a_test_that_is_chosen_by_hand_or_was_first_once_stays(
    table: ModuleType, tree: Path
) -> None:
    assert run(table, tree) == 0
    more = TESTS.replace("def test_rooms", "def test_earlier(): build(Room())\n\n\ndef test_rooms")
    write(tree, tests=more)
    assert run(table, tree, "--check") == 0
    page = tree / "names.md"
    page.write_text(page.read_text().replace("test_rooms` |\n", "test_earlier` |\n", 1))
    assert run(table, tree, "--check") == 0
    write(tree)
    assert run(table, tree, "--check") == 1
