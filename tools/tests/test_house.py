"""What the tools share: how stages are counted, and how a tool speaks."""

import sys
import threading
from functools import partial
from pathlib import Path

import _house
import pytest
from _house import (
    Outcome,
    Stages,
    ToolError,
    check_by,
    check_or_write,
    counted_in,
    report,
    run,
    run_tests,
    say,
)


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("===== 3 passed in 0.16s =====", Outcome(3)),
        ("= 1 failed, 435 passed, 2 skipped, 1 xfailed in 71.09s (0:01:11) =", Outcome(436, 1, 2)),
        ("\x1b[32m== \x1b[1m3 passed\x1b[0m, 1 error in 0.1s ==\x1b[0m", Outcome(3, 1)),
        ("102 passed in 4.40s", Outcome(102)),
        ("====== 2 errors in 0.16s ======", Outcome(0, 2)),
        ("7 passed, 1 failed", Outcome(7, 1)),
        ("7 passed, 0 failed, 2 skipped", Outcome(7, 0, 2)),
        ("1 passed, as one might say in 2 words", None),
        ("===== no tests ran in 0.01s =====", None),
        ("test_x.py::test_y 3 passed in a row", None),
        ("", None),
    ],
)
def test_closing_lines_are_counted(line: str, outcome: Outcome | None) -> None:
    assert counted_in(line) == outcome


@pytest.mark.parametrize(
    ("program", "outcome"),
    [
        ("print('= 2 passed in 0.1s =')", Outcome(2)),
        ("print('= 2 passed, 1 failed in 0.1s ='); raise SystemExit(1)", Outcome(2, 1)),
        ("print('= 2 passed in 0.1s ='); raise SystemExit(2)", Outcome(2, 1)),
        ("raise SystemExit(5)", Outcome(0, 1)),
    ],
)
def test_a_run_that_exits_with_anything_but_0_has_failed(program: str, outcome: Outcome) -> None:
    assert run_tests([sys.executable, "-c", program], {}) == outcome


def test_stages_all_run_and_the_sum_comes_last(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> Outcome:
        raise ToolError("the house is on fire; leave it")

    stages = Stages("tools/x")
    stages.run("first", broken)
    stages.run("second", lambda: Outcome(3, 0, 1))
    stages.run("third", check_by([sys.executable, "-c", ""]))
    assert stages.close("try water") == 1
    said = capsys.readouterr().out.splitlines()
    assert "the house is on fire; leave it" in said
    assert [line.split()[:2] for line in said[-5:-2]] == [
        ["FAILED", "first"],
        ["passed", "second"],
        ["passed", "third"],
    ]
    assert said[-2:] == ["tools/x: try water", "4 passed, 1 failed, 1 skipped"]


def test_stages_side_by_side_are_shown_whole_and_overlap(
    capsys: pytest.CaptureFixture[str],
) -> None:
    both_run = threading.Barrier(2, timeout=30)

    def stage(name: str) -> Outcome:
        say(f"{name} begins")
        both_run.wait()
        assert run([sys.executable, "-c", f"print('{name} goes on')"]) == 0
        program = (
            f"import sys; print('= 2 passed in 0.1s ='); print('{name} errs', file=sys.stderr)"
        )
        return run_tests([sys.executable, "-c", program], {})

    stages = Stages("tools/x")
    stages.run_side_by_side([(name, partial(stage, name)) for name in ("one", "two")], 2)
    assert stages.close() == 0
    shown = capsys.readouterr().out
    for name in ("one", "two"):
        block = shown[shown.index(f"=== {name}\n") : shown.index(f"=== {name}: passed")]
        said = [f"{name} begins", f"{name} goes on", "= 2 passed in 0.1s =", f"{name} errs"]
        assert sorted(block.splitlines()[1:]) == sorted(said)
    assert shown.splitlines()[-1] == "4 passed, 0 failed"


def test_a_stage_that_fails_beside_others_fails_alone(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> Outcome:
        raise ToolError("no wheels")

    stages = Stages("tools/x")
    stages.run_side_by_side([("bad", broken), ("good", lambda: Outcome(1))], 1)
    assert stages.close() == 1
    said = capsys.readouterr().out.splitlines()
    assert said.index("no wheels") < next(
        place for place, line in enumerate(said) if line.startswith("=== bad: FAILED")
    )
    assert said[-1] == "1 passed, 1 failed"


def test_stages_that_pass_exit_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    stages = Stages("tools/x")
    stages.run("only", check_by([sys.executable, "-c", ""]))
    assert stages.close("try water") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed"


def test_a_check_fails_with_its_command() -> None:
    assert check_by([sys.executable, "-c", "raise SystemExit(3)"])() == Outcome(failed=1)


def test_what_must_succeed_says_why_it_did_not() -> None:
    command = [sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"]
    with pytest.raises(ToolError, match=r"(?s)no such thing\ncannot do it \(exit status 3 from: "):
        _house.must(command, "cannot do it")


def test_report_names_the_cure(capsys: pytest.CaptureFixture[str]) -> None:
    assert report("tools/x", ["a.py: wrong", "b.py: wrong"], "run tools/y") == 1
    assert capsys.readouterr().out == "a.py: wrong\nb.py: wrong\ntools/x: 2 problems; run tools/y\n"


def test_check_or_write(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    assert not check_or_write(path, "text", check=True)
    assert not path.exists()
    assert not check_or_write(path, "text", check=False)
    assert check_or_write(path, "text", check=True)
    assert not check_or_write(path, "other", check=True)
    assert path.read_text() == "text"


def test_an_environment_is_made_once_for_the_same_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    did: list[str] = []

    def make(venv: Path) -> None:
        did.append("made")
        (venv / "bin").mkdir(parents=True)
        (venv / "bin/python").touch()

    wanted: list[object] = ["one"]
    monkeypatch.setattr(_house, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(_house, "in_venv", lambda name: tmp_path / ".venv/bin" / name)
    monkeypatch.setattr(_house, "requirements", lambda: wanted)
    monkeypatch.setattr(_house, "make_venv", make)
    monkeypatch.setattr(_house, "must", lambda command, why: did.append("installed"))
    assert _house.ensure_venv()
    assert not _house.ensure_venv()
    assert did == ["made", "installed"]
    wanted.append("two")
    assert _house.ensure_venv()
    assert did == ["made", "installed", "installed"]
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(ToolError, match=r"python 3\.10\.4 is too old"):
        _house.ensure_venv()
