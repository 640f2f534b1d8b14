"""What people hang on HTTPX, unmodified from the registry, on the wheels of this tree, against servers of this machine."""

import subprocess
import sys
from pathlib import Path

import pytest

from ..environments import run
from ..servers import HERE
from .tools import TOOLS, TOOLS_OF_HTTPX2

PROGRAMS = HERE / "ecosystem" / "programs"

# The first of them may have to make the environment.
pytestmark = pytest.mark.timeout(600)


def _use(program: str, interpreter: Path, places: str) -> None:
    done = subprocess.run(
        [interpreter, "-I", PROGRAMS / program, places],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("program", TOOLS.values(), ids=list(TOOLS))
def test_a_tool_works(program: str, interpreter: Path, places: str) -> None:
    _use(program, interpreter, places)


@pytest.mark.parametrize("program", TOOLS_OF_HTTPX2.values(), ids=list(TOOLS_OF_HTTPX2))
def test_a_tool_of_httpx2_works(program: str, interpreter_of_httpx2: Path, places: str) -> None:
    _use(program, interpreter_of_httpx2, places)


def test_every_program_has_its_tool() -> None:
    assert {path.name for path in PROGRAMS.glob("*.py")} == {
        *TOOLS.values(),
        *TOOLS_OF_HTTPX2.values(),
    }


def test_what_the_tools_require_is_there(interpreter: Path) -> None:
    run(sys.executable, "-m", "pip", "--python", interpreter, "check")


def test_the_tools_stand_on_the_wheels(interpreter: Path) -> None:
    program = "import httpcore, sys; print(httpcore.__file__.startswith(sys.prefix), httpcore.__version__)"
    is_there, version = run(interpreter, "-I", "-c", program).split()
    assert is_there == "True"
    assert version != "1.0.9"
