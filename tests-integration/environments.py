"""Environments for programs that use the wheels of this tree, or another version of what they replace.

Installing takes longer than all the tests, so an environment is kept in `build/`. When only the wheels have changed
they are put into it anew, and nothing else is touched.
"""

import hashlib
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from .servers import HERE

ROOT = HERE.parent
PACKAGES = (
    "httpcore-interfaces",
    "httpcore-http11",
    "httpcore-http2",
    "httpcore-pool",
    "httpcore",
)


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a command that must succeed, and return what it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}"
    return done.stdout


def build_wheels(folder: Path) -> list[Path]:
    """Build the wheels of what is in the tree now; the same source gives the same bytes."""
    for package in PACKAGES:
        run(
            *(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder),
            cwd=ROOT / "packages" / package,
        )
    found = sorted(folder.glob("*.whl"))
    assert len(found) == len(PACKAGES)
    return found


def environment(
    folder: Path, wheels: Sequence[Path], requirements: Sequence[str], alone: Sequence[str] = ()
) -> Path:
    """Return the Python of an environment with the wheels and the requirements, made or renewed where need be.

    `alone`: requirements whose own requirements are not to be looked at.
    """
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-compile")
    installed = folder / "installed"
    wanted = [
        _digest(sys.version, ROOT, requirements, alone),
        _digest(*map(Path.read_bytes, wheels)),
    ]
    found = installed.read_text().split() if installed.exists() else ["", ""]
    if found == wanted:
        return python
    installed.unlink(missing_ok=True)
    if found[0] != wanted[0]:
        venv.create(folder, clear=True, symlinks=True)
        # In one go, so that pip itself finds that the wheels are what the tools ask for.
        run(*pip, *wheels, *requirements)
        if alone:
            run(*pip, "--no-deps", *alone)
    else:
        run(*pip, "--force-reinstall", "--no-deps", *wheels)
    installed.write_text(" ".join(wanted))
    return python


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()
