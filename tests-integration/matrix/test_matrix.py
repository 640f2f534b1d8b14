"""The same program under HTTPX on httpcore 1.0.9 and on these packages does the same, but for what the table lists."""

import sys
from pathlib import Path

import pytest
from matrix_records import Case, Outcome, differing, problems, table

from ..environments import run
from .conftest import Runs
from .scenarios.all import SCENARIOS

# The first of them may have to make the environments, and runs everything.
pytestmark = pytest.mark.timeout(600)


def compare(found: dict[Case, Outcome], recorded: dict[Case, Outcome]) -> None:
    """Fail with what is not as recorded, the first few of it in full."""
    changed = sorted(case for case in {*found, *recorded} if found.get(case) != recorded.get(case))
    lines = [f"{len(changed)} cases are not as recorded; tools/matrix records them anew"]
    for case in changed[:5]:
        lines.append(f"{case[0]} ({case[1]})")
        lines += [f"    recorded: {line}" for line in recorded.get(case, ("nothing",))]
        lines += [f"    found:    {line}" for line in found.get(case, ("nothing",))]
    assert not changed, "\n".join(lines)


def test_what_httpcore_does_is_what_was_recorded(runs: Runs, recorded: Runs) -> None:
    compare(runs.theirs, recorded.theirs)


def test_what_these_packages_do_is_what_was_recorded(runs: Runs, recorded: Runs) -> None:
    compare(runs.ours, recorded.ours)


def test_the_table_lists_exactly_what_differs(runs: Runs) -> None:
    found = differing(runs.theirs, runs.ours)
    assert problems(table(), found, set(runs.theirs)) == []


def test_every_scenario_has_run_on_both_sides_and_said_something(runs: Runs) -> None:
    wanted = {(name, face) for name, scenario in SCENARIOS.items() for face in scenario.faces}
    assert set(runs.theirs) == set(runs.ours) == wanted
    assert all(runs.theirs.values())
    assert all(runs.ours.values())


def test_no_scenario_has_a_fault_of_its_own(runs: Runs) -> None:
    faults = [
        (case, line)
        for side in runs
        for case, outcome in side.items()
        for line in outcome
        if "the script failed" in line or "the scenario ended" in line
    ]
    assert faults == []


def test_there_are_two_hundred_scenarios() -> None:
    assert len(SCENARIOS) >= 200


def test_the_sides_differ_in_nothing_but_httpcore(their_python: Path, our_python: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--python")
    theirs = set(run(*pip, their_python, "freeze").splitlines())
    ours = set(run(*pip, our_python, "freeze").splitlines())
    assert theirs - ours == {"httpcore==1.0.9"}
    assert all(line.startswith("httpcore") for line in ours - theirs)
