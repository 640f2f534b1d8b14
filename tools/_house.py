"""What the tools share: where things are, the development environment, and how a tool speaks.

Standard library only. A tool is started by whatever python3 is at hand, on a machine that has nothing else yet;
`enter` makes the environment when it is missing or stale, and starts the tool again inside it.
"""

import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import ContextVar
from dataclasses import dataclass
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


Command = Sequence[str | Path]

# Where a stage writes that runs beside others; None is the terminal.
_page: ContextVar[list[str] | None] = ContextVar("page", default=None)


class ToolError(Exception):
    """A reason to stop that the person at the terminal can act upon; shown without a traceback."""


def import_name(dist: str) -> str:
    """Return the import name of a distribution."""
    return dist.replace("-", "_")


def say(text: str) -> None:
    """Print one line at once, so that it stands before the output of what is started next."""
    page = _page.get()
    if page is None:
        print(text, flush=True)
    else:
        page.append(text)


def run(
    command: Command,
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> int:
    """Run a command in the foreground and return its exit status; `env` is added to the environment."""
    aside = _page.get() is not None
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **env} if env else None,
        stdout=subprocess.PIPE if aside else None,
        stderr=subprocess.STDOUT if aside else None,
        text=True,
        errors="replace",
        check=False,
    )
    if done.stdout:
        say(done.stdout.rstrip())
    return done.returncode


def must(command: Command, why: str, *, cwd: Path = ROOT) -> None:
    """Run a command whose failure ends the tool; `why` says what could not be done, and what to try.

    Raises:
        ToolError: the command exited with something other than 0; what it said is part of the message.
    """
    line = [str(part) for part in command]
    done = subprocess.run(
        line, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        said = f"{done.stdout.rstrip()}\n" if done.stdout else ""
        raise ToolError(f"{said}{why} (exit status {done.returncode} from: {' '.join(line)})")


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


@dataclass(frozen=True)
class Outcome:
    """What came of a stage, in tests; a check that is not a test run counts as one."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


Work = Callable[[], Outcome]


class Stages:
    """The stages of a tool: each announced, timed and counted, all of them run, the failed ones named at the end."""

    def __init__(self, tool: str) -> None:
        self.tool = tool
        self.rows: list[tuple[str, Outcome, float]] = []

    def run(self, name: str, work: Work) -> None:
        """Run one stage, and show what it says as it says it; a ToolError fails it."""
        say(f"\n=== {name}")
        self._close_stage(name, *_timed(work))

    def run_side_by_side(self, stages: Iterable[tuple[str, Work]], width: int) -> None:
        """Run stages, `width` of them at a time, begun in the given order; each is shown whole when it has ended."""
        with ThreadPoolExecutor(width) as threads:
            under_way = {threads.submit(_written, work): name for name, work in stages}
            for ended in as_completed(under_way):
                name = under_way[ended]
                said, outcome, seconds = ended.result()
                say(f"\n=== {name}")
                for text in said:
                    say(text)
                self._close_stage(name, outcome, seconds)

    def _close_stage(self, name: str, outcome: Outcome, seconds: float) -> None:
        say(f"=== {name}: {'FAILED' if outcome.failed else 'passed'} in {seconds:.1f} s")
        self.rows.append((name, outcome, seconds))

    def close(self, cure: str = "") -> int:
        """Print the summary, the sum of all tests and checks last; return the exit status.

        Args:
            cure: what to try when something failed.
        """
        width = max(len(name) for name, _, _ in self.rows)
        say(f"\n{self.tool}")
        for name, outcome, seconds in self.rows:
            verdict = "FAILED" if outcome.failed else "passed"
            say(f"  {verdict}  {name:{width}}  {seconds:6.1f} s  {outcome}")
        outcomes = [outcome for _, outcome, _ in self.rows]
        total = Outcome(
            sum(outcome.passed for outcome in outcomes),
            sum(outcome.failed for outcome in outcomes),
            sum(outcome.skipped for outcome in outcomes),
        )
        if total.failed and cure:
            say(f"{self.tool}: {cure}")
        say(str(total))
        return 1 if total.failed else 0


def _timed(work: Work) -> tuple[Outcome, float]:
    began = time.monotonic()
    try:
        outcome = work()
    except ToolError as error:
        say(str(error))
        outcome = Outcome(failed=1)
    return outcome, time.monotonic() - began


def _written(work: Work) -> tuple[list[str], Outcome, float]:
    """Run a stage in a thread of a pool, and return what it said, too."""
    page: list[str] = []
    _page.set(page)
    return page, *_timed(work)


def check_by(command: Command) -> Work:
    """Return a stage that passes when a command exits with 0."""

    def work() -> Outcome:
        return Outcome(failed=1) if run(command) else Outcome(passed=1)

    return work


# The closing line of pytest, and that of `Stages.close`.
_CLOSING = re.compile(r"=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s(?: \([\d:]+\))?\s*=*")
_PLAIN_CLOSING = re.compile(r"(\d+ passed, \d+ failed(?:, \d+ skipped)?)")


def counted_in(line: str) -> Outcome | None:
    """Return the counts of the closing line of a test run, None when it is not one."""
    line = re.sub(r"\x1b\[[0-9;]*m", "", line).strip()
    match = _CLOSING.fullmatch(line) or _PLAIN_CLOSING.fullmatch(line)
    if match is None:
        return None
    counts = {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", match[1])}
    failed = sum(counts.get(word, 0) for word in ("failed", "error", "errors"))
    passed = sum(counts.get(word, 0) for word in ("passed", "xfailed"))
    return Outcome(passed, failed, counts.get("skipped", 0))


def run_tests(command: Command, env: Mapping[str, str]) -> Outcome:
    """Run a command that ends with a closing line of counts, show all that it says, and return the counts.

    It has failed when it exits with anything but 0, whatever the line says.
    """
    counted = Outcome()
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        # What goes to standard error belongs to the stage as well.
        stderr=None if _page.get() is None else subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            say(line.rstrip("\n"))
            counted = counted_in(line.rstrip()) or counted
    if process.returncode and not counted.failed:
        return Outcome(counted.passed, 1, counted.skipped)
    return counted
