"""What `tools/diagrams` draws, and that it sees when a drawing is not that of its table."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from _house import ToolError

from .loading import load_tool

diagrams = load_tool("diagrams")

SVG = "{http://www.w3.org/2000/svg}"

LAMP = {
    ("OFF", "PRESS"): "ON",
    ("ON", "PRESS"): "OFF",
    ("ON", "WAIT"): "ON",
    ("ON", "DIM"): "DIMMED",
    ("DIMMED", "DROP"): "BROKEN",
    ("ON", "DROP"): "BROKEN",
}


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]


def lamp() -> str:
    machine = diagrams.Machine("lamp.svg", "A lamp", "none", "NONE", ("OFF",), "BROKEN")
    return str(diagrams.drawing(machine, LAMP))


def test_every_state_and_input_is_drawn() -> None:
    said = texts(lamp())
    assert said[0] == "A lamp"
    assert {"OFF", "ON", "DIMMED", "stays: WAIT", "✕ DROP", "✕ leads to BROKEN"} <= set(said)
    assert said.count("PRESS") == 2  # there and back
    assert said.count("✕ DROP") == 2
    # Arrows between states, and the heads' own shape.
    assert len(list(ET.fromstring(lamp()).iter(f"{SVG}path"))) == 3 + 1


def test_states_stand_in_the_order_in_which_they_can_be_reached() -> None:
    assert diagrams.columns(LAMP, ("OFF",), "BROKEN") == [["OFF"], ["ON"], ["DIMMED"]]


def test_state_that_cannot_be_reached_is_a_fault_of_the_table() -> None:
    with pytest.raises(ToolError, match="no way leads to LOST"):
        diagrams.columns({**LAMP, ("LOST", "DROP"): "BROKEN"}, ("OFF",), "BROKEN")


@pytest.mark.parametrize("machine", diagrams.MACHINES, ids=lambda machine: machine.file)
def test_drawings_say_all_that_the_tables_of_the_code_say(machine: Any) -> None:
    transitions = machine.transitions()
    drawn = " ".join(texts(diagrams.drawing(machine, transitions))).split()
    for (state, happened), after in transitions.items():
        if state != machine.last:
            assert {state, happened, after} <= set(drawn)


def test_table_that_is_not_there_is_named() -> None:
    machine = diagrams.Machine("x.svg", "X", "httpcore_http11._core.states", "NO_TABLE", (), "")
    with pytest.raises(ToolError, match=r"httpcore_http11\._core\.states has no table NO_TABLE"):
        machine.transitions()


def test_check_sees_a_drawing_that_is_missing_or_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(diagrams, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["tools/diagrams", "--check"])
    assert diagrams.main() == 1
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("sys.argv", ["tools/diagrams"])
    assert diagrams.main() == 0
    monkeypatch.setattr("sys.argv", ["tools/diagrams", "--check"])
    assert diagrams.main() == 0
    path = tmp_path / "http2-stream.svg"
    path.write_text(path.read_text().replace("GIVE_UP", "GIVE_IN"))
    capsys.readouterr()
    assert diagrams.main() == 1
    said = capsys.readouterr().out
    assert "http2-stream.svg: not what its table says" in said
    assert "run tools/diagrams" in said
