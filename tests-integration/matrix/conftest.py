"""Both sides, run once for all the tests."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest
from matrix_records import OURS, THEIRS, Case, Outcome, differing, read, written

from ..environments import ROOT, environment
from .certificates import Certificates
from .scenarios.all import SCENARIOS
from .sides import REQUIREMENTS, Side


class Runs(NamedTuple):
    """What happened on both sides, by scenario and face."""

    theirs: dict[Case, Outcome]
    ours: dict[Case, Outcome]


@pytest.fixture(scope="session")
def their_python() -> Path:
    """Python with HTTPX on httpcore 1.0.9."""
    return environment(ROOT / "build" / "matrix-1.0.9", [], ["httpcore==1.0.9", *REQUIREMENTS])


@pytest.fixture(scope="session")
def our_python(wheels: list[Path]) -> Path:
    """Python with the same HTTPX on the wheels of this tree."""
    return environment(ROOT / "build" / "matrix", wheels, REQUIREMENTS)


@pytest.fixture(scope="session")
def runs(their_python: Path, our_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Run every scenario on both sides at the same time; with `RECORD_MATRIX` set, keep what happened as the record."""
    folder = tmp_path_factory.mktemp("matrix")
    certificates = Certificates(folder)
    sides = [
        Side(python, SCENARIOS.values(), certificates, folder / f"{name}.log")
        for name, python in (("theirs", their_python), ("ours", our_python))
    ]
    found = Runs(*[side.join() for side in sides])
    if os.environ.get("RECORD_MATRIX"):
        THEIRS.parent.mkdir(exist_ok=True)
        THEIRS.write_text(written(found.theirs), encoding="utf-8")
        different = differing(found.theirs, found.ours)
        text = written({case: found.ours[case] for case in different})
        OURS.write_text(text, encoding="utf-8")
    return found


@pytest.fixture(scope="session")
def recorded(runs: Runs) -> Runs:
    """What the records say of both sides. Ours has only what differs."""
    assert runs
    theirs = read(THEIRS)
    return Runs(theirs, {**theirs, **read(OURS)})
