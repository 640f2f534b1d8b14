"""The list of public names: what stands in it, and that no change passes without touching it."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from .loading import load_tool

ROOM = '''\
from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypedDict


class Room:
    """A room."""

    __slots__ = ("doors",)
    colour: str

    def __init__(self, doors: int = 2) -> None:
        self.doors = doors

    async def enter(self, *, quietly: bool = True) -> Room: ...

    @property
    def size(self) -> float: ...

    @classmethod
    def of(cls, plan: bytes) -> Room: ...

    def _hidden(self) -> None: ...


class BadRoom(ValueError): ...


class Guest(Protocol):
    def knock(self) -> None: ...


class Plan(TypedDict):
    doors: int


@dataclass(frozen=True, slots=True)
class Key:
    number: int = 7


def build(room: Room | None = None, /) -> None: ...


NUMBER = 1
Alias = list[int]
'''

EXPECTED = """\
# The public names of fake-house, written by tools/public-names.

fake_house:
    value Alias
    class BadRoom(ValueError)
    class Guest(Protocol)
        def Guest.knock(self) -> None
    class Key
        def Key.__init__(self, number=7)
        attribute Key.number
    value NUMBER: int
    class Plan(dict)
        attribute Plan.doors
    class Room
        def Room.__init__(self, doors: int=2) -> None
        attribute Room.colour
        attribute Room.doors
        async def Room.enter(self, *, quietly: bool=True) -> Room
        classmethod def Room.of(cls, plan: bytes) -> Room
        property Room.size: float
    from fake_other Thing
    def build(room: Room | None=None, /) -> None

fake_house.testing:
    def check() -> bool
"""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    tool = load_tool("public-names")
    monkeypatch.setattr(tool, "PACKAGES", ("fake-other", "fake-house"))
    return tool


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    other = tmp_path / "packages/fake-other/src/fake_other"
    house = tmp_path / "packages/fake-house/src/fake_house"
    for package in (other, house):
        package.mkdir(parents=True)
        monkeypatch.syspath_prepend(package.parent)
    (other / "__init__.py").write_text("class Thing: ...\n\n__all__ = ['Thing']\n")
    public = ["Alias", "BadRoom", "Guest", "Key", "NUMBER", "Plan", "Room", "Thing", "build"]
    (house / "__init__.py").write_text(
        f"from fake_other import Thing\nfrom ._room import *\n\n__all__ = {public}\n"
    )
    (house / "_room.py").write_text(ROOM)
    (house / "testing.py").write_text("def check() -> bool: ...\n\n__all__ = ['check']\n")
    yield tmp_path
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.startswith("fake_")]:
        del sys.modules[name]


def run(names: ModuleType, *arguments: str) -> int:
    forget()
    names.functions_of.cache_clear()
    status = names.main(list(arguments))
    assert isinstance(status, int)
    return status


def test_writes_every_public_name_with_kind_and_signature(names: ModuleType, tree: Path) -> None:
    assert run(names, "--root", str(tree)) == 0
    assert (tree / "packages/fake-house/public-names.txt").read_text() == EXPECTED
    assert run(names, "--check", "--root", str(tree)) == 0


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        (
            "doors: int = 2",
            "doors: int = 3",
            "+        def Room.__init__(self, doors: int=3) -> None",
        ),
        (
            "async def enter",
            "def enter",
            "-        async def Room.enter(self, *, quietly: bool=True) -> Room",
        ),
        ("def size", "def _size", "-        property Room.size: float"),
        ("BadRoom(ValueError)", "BadRoom(KeyError)", "+    class BadRoom(KeyError)"),
        ("NUMBER = 1", "NUMBER = '1'", "+    value NUMBER: str"),
    ],
)
def test_check_fails_on_a_changed_promise(
    names: ModuleType,
    tree: Path,
    capsys: pytest.CaptureFixture[str],
    old: str,
    new: str,
    shown: str,
) -> None:
    run(names, "--root", str(tree))
    room = tree / "packages/fake-house/src/fake_house/_room.py"
    room.write_text(room.read_text().replace(old, new) + "\n# of another size than before\n")
    capsys.readouterr()
    assert run(names, "--check", "--root", str(tree)) == 1
    said = capsys.readouterr().out
    assert said.startswith("packages/fake-house/public-names.txt: not what the package says:\n")
    assert shown in said
    assert "run tools/public-names" in said


def test_check_fails_on_a_missing_file(
    names: ModuleType, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(names, "--check", "--root", str(tree)) == 1
    assert "packages/fake-house/public-names.txt: missing\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "source", ["import absent_package\n__all__ = []", "__all__ = ['absent']", "x = 1", "def :"]
)
def test_a_package_that_cannot_be_listed_is_named(
    names: ModuleType, tree: Path, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    (tree / "packages/fake-other/src/fake_other/__init__.py").write_text(source)
    (tree / "packages/fake-house/src/fake_house/__init__.py").write_text("__all__ = []")
    assert run(names, "--root", str(tree)) == 1
    assert "packages/fake-other: its public names cannot be listed: " in capsys.readouterr().out
