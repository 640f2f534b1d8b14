"""What the tools share: where things are, the development environment, and how a tool speaks.

Standard library only. A tool is started by whatever python3 is at hand, on a machine that has nothing else yet;
`enter` makes the environment when it is missing or stale, and starts the tool again inside it.
"""

import fcntl
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"

# In the order of their dependencies: a package comes after all that it needs.
PACKAGES = (
    "httpcore-interfaces",
    "httpcore-http11",
    "httpcore-http2",
    "httpcore-pool",
    "httpcore",
)


class ToolError(Exception):
    """A reason to stop that the person at the terminal can act upon; shown without a traceback."""


def import_name(dist: str) -> str:
    """Return the import name of a distribution."""
    return dist.replace("-", "_")


def say(text: str) -> None:
    """Print one line at once, so that it stands before the output of what is started next."""
    print(text, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run a command in the foreground and return its exit status; `env` is added to the environment."""
    merged = {**os.environ, **env} if env else None
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=merged, check=False
    ).returncode


def must(command: Sequence[str | Path], why: str, *, cwd: Path = ROOT) -> None:
    """Run a command whose failure ends the tool; `why` says what could not be done, and what to try.

    Raises:
        ToolError: the command exited with something other than 0.
    """
    status = run(command, cwd=cwd)
    if status:
        line = " ".join(str(part) for part in command)
        raise ToolError(f"{why} (exit status {status} from: {line})")


def in_venv(name: str, venv: Path = VENV) -> Path:
    """Return the path of a program of a virtual environment."""
    return venv / "bin" / name


def make_venv(venv: Path) -> None:
    """Make an empty virtual environment with a pip that knows dependency groups.

    Raises:
        ToolError: there is no venv module, or pip cannot reach its registry.
    """
    must(
        [sys.executable, "-m", "venv", "--clear", venv],
        f"cannot make {venv.name}: is the venv module there? On Debian: apt-get install python3-venv",
    )
    must(
        [in_venv("python", venv), "-m", "pip", "install", "-qq", "--upgrade", "pip>=25.1"],
        f"cannot upgrade pip in {venv.name}: is a package registry within reach?",
    )


def fingerprint(*parts: object) -> str:
    """Return one short text that changes when any part changes; parts are what JSON can say."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def requirements() -> list[object]:
    """Return everything the development environment is made of, for `fingerprint`."""
    import tomllib  # here, so that an older Python comes as far as the message that says it is too old

    root = tomllib.loads((ROOT / "pyproject.toml").read_text())
    parts: list[object] = [root["dependency-groups"]]
    for dist in PACKAGES:
        project = tomllib.loads((ROOT / "packages" / dist / "pyproject.toml").read_text())
        about = ROOT / "packages" / dist / "src" / import_name(dist) / "__about__.py"
        parts += [project["project"], project["build-system"], about.read_text()]
    return parts


def ensure_venv() -> bool:
    """Make or renew `.venv` when the requirements are not those it was made from.

    Returns:
        Whether anything had to be done.

    Raises:
        ToolError: the environment cannot be made, or this Python is too old to make it.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - whatever python3 is at hand comes here
        found = ".".join(map(str, sys.version_info[:3]))
        raise ToolError(
            f"python {found} is too old: the tools need 3.11 or later; try python3.11 tools/install"
        )
    # One at a time: two tools started together must not install into one environment. The file that
    # says what to install is the lock, so that nothing has to be cleaned away.
    with (ROOT / "pyproject.toml").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The place is part of it: the programs of an environment do not survive a move.
        wanted = f"{ROOT} {fingerprint(*requirements())}"
        stamp = VENV / "installed"
        found = stamp.read_text() if stamp.exists() else ""
        if found == wanted and in_venv("python").exists():
            return False
        say("setting up .venv")
        if not found.startswith(f"{ROOT} ") or not in_venv("python").exists():
            make_venv(VENV)
        command: list[str | Path] = [in_venv("python"), "-m", "pip", "install", "-qq"]
        command += ["--upgrade", "--group", "dev"]
        for dist in PACKAGES:
            command += ["--editable", ROOT / "packages" / dist]
        must(
            command, "cannot install the development requirements and the five packages into .venv"
        )
        stamp.write_text(wanted)
        return True


def enter() -> None:
    """Go on inside an up-to-date `.venv`; returns only there.

    Raises:
        ToolError: the environment cannot be made.
    """
    ensure_venv()
    if Path(sys.prefix).resolve() != VENV.resolve():
        python = str(in_venv("python"))
        sys.stdout.flush()
        os.execv(python, [python, *sys.argv])


def shown(path: Path, root: Path = ROOT) -> str:
    """Return a path as messages show it: relative to the root of the tree."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def report(tool: str, problems: Iterable[str], cure: str) -> int:
    """Print problems, one a line, and what cures them; return the exit status.

    Args:
        tool: the name of the tool, for the line that says that all is well.
        problems: sentences, each beginning with the file it concerns.
        cure: the command or the act that mends them.
    """
    listed = list(problems)
    for problem in listed:
        say(problem)
    if listed:
        say(f"{tool}: {len(listed)} problem{'s' if len(listed) > 1 else ''}; {cure}")
        return 1
    say(f"{tool}: all is well")
    return 0


def check_or_write(path: Path, text: str, *, check: bool) -> bool:
    """Compare a made file with what it should be, or make it so; return whether it was right already."""
    right = path.is_file() and path.read_text() == text
    if not right and not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return right
