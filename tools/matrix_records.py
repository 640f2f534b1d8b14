"""What the matrix keeps: the records of both sides, the table of differences, and the page that is made of them.

A record is text, for people read it in reviews: a line for the scenario with the faces that agree, and below it, indented,
what happened. The record of httpcore 1.0.9 has every scenario; that of these packages only those that differ.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from _house import ROOT, ToolError

HOME = ROOT / "tests-integration" / "matrix"
THEIRS = HOME / "records" / "httpcore-1.0.9.txt"
OURS = HOME / "records" / "ours.txt"
TABLE = HOME / "differences.toml"
PAGE = ROOT / "docs" / "reference" / "compared-with-1.0.9.md"

#: A scenario and a face; what happened in it.
Case = tuple[str, str]
Outcome = tuple[str, ...]

FACES = ("sync", "asyncio", "trio")


@dataclass(frozen=True)
class Difference:
    """One entry of the table: one difference, and all scenarios that show it."""

    title: str
    theirs: str
    ours: str
    why: str
    scenarios: tuple[str, ...]


def written(outcomes: Mapping[Case, Outcome]) -> str:
    """Return the text of a record."""
    faces: dict[tuple[str, Outcome], list[str]] = defaultdict(list)
    for (scenario, face), outcome in sorted(
        outcomes.items(), key=lambda item: (item[0][0], FACES.index(item[0][1]))
    ):
        faces[scenario, outcome].append(face)
    lines: list[str] = []
    for (scenario, outcome), agreeing in faces.items():
        lines.append(f"{scenario} ({', '.join(agreeing)})")
        lines += [f"    {line}" for line in outcome]
    return "\n".join([*lines, ""])


def read(path: Path) -> dict[Case, Outcome]:
    """Read a record.

    Raises:
        ToolError: there is none, or a line is not of a record.
    """
    if not path.is_file():
        raise ToolError(f"{path.name}: missing; tools/matrix writes it")
    outcomes: dict[Case, Outcome] = {}
    cases: list[Case] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").rstrip("\n").split("\n"), 1):
        if line.startswith("    "):
            for case in cases:
                outcomes[case] += (line[4:],)
            continue
        scenario, separator, faces = line.removesuffix(")").partition(" (")
        if not separator:
            raise ToolError(f"{path.name}:{number}: this is no line of a record: {line}")
        cases = [(scenario, face) for face in faces.split(", ")]
        outcomes.update(dict.fromkeys(cases, ()))
    return outcomes


def differing(theirs: Mapping[Case, Outcome], ours: Mapping[Case, Outcome]) -> set[Case]:
    """Return the cases in which the sides differ."""
    return {case for case, outcome in theirs.items() if ours.get(case) != outcome}


def table(path: Path = TABLE) -> list[Difference]:
    """Read the table of differences.

    Raises:
        ToolError: an entry lacks something, or a scenario is in two of them.
    """
    found: list[Difference] = []
    seen: set[str] = set()
    for entry in tomllib.loads(path.read_text())["difference"]:
        try:
            difference = Difference(
                title=entry["title"],
                theirs=entry["theirs"],
                ours=entry["ours"],
                why=entry["why"],
                scenarios=tuple(entry["scenarios"]),
            )
        except KeyError as error:
            raise ToolError(f"{path.name}: an entry has no {error}: {entry}") from None
        twice = seen.intersection(difference.scenarios)
        if twice:
            raise ToolError(f"{path.name}: in two entries: {', '.join(sorted(twice))}")
        seen.update(difference.scenarios)
        found.append(difference)
    return found


def cases_of(name: str, known: Iterable[Case]) -> set[Case]:
    """Return the cases that a name in the table means: `scenario`, or `scenario (face, face)`.

    Raises:
        ToolError: it names a case that there is not.
    """
    scenario, _, faces = name.removesuffix(")").partition(" (")
    there = {case for case in known if case[0] == scenario}
    if not faces:
        found = there
    else:
        wanted = {(scenario, face) for face in faces.split(", ")}
        found = wanted if wanted <= there else set()
    if not found:
        raise ToolError(f"{TABLE.name}: there is no scenario {name}")
    return found


def problems(differences: Iterable[Difference], found: set[Case], known: set[Case]) -> list[str]:
    """Compare the table with what differs; return what is wrong with it."""
    listed: set[Case] = set()
    for difference in differences:
        for name in difference.scenarios:
            listed |= cases_of(name, known)
    return [
        *(
            f"{name} ({face}): differs, and is not in the table"
            for name, face in sorted(found - listed)
        ),
        *(
            f"{name} ({face}): is in the table, and differs no more"
            for name, face in sorted(listed - found)
        ),
    ]


INTRODUCTION = """\
# Compared with httpcore 1.0.9

<!-- Written by tools/matrix from tests-integration/matrix/differences.toml and the records beside it. -->

The same program runs under HTTPX 0.28.1 on httpcore 1.0.9 and on these packages: {scenarios} scenarios over real sockets,
each with threads, on asyncio and on Trio, which makes {cases} cases. What is compared is everything a program or a server
can see: statuses, reasons, fields, bodies, exceptions by their types, which connections were reused and how many there were,
and the bytes that the servers got. {same} cases give the same result to the letter. The other {different} are listed here, each
with the reason. A difference that is not in this list fails the tests, and so does one that is listed and no longer there.

| scenarios about | number | differ |
| --- | ---: | ---: |
{groups}

"""


def page(
    theirs: Mapping[Case, Outcome], found: set[Case], differences: Iterable[Difference]
) -> str:
    """Return the page of the documentation."""
    names = {name for name, _ in theirs}
    different = {name for name, _ in found}
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(names):
        groups[name.partition("/")[0]].append(name)
    rows = [
        f"| {group.replace('-', ' ')} | {len(members)} | {len(different.intersection(members))} |"
        for group, members in groups.items()
    ]
    text = INTRODUCTION.format(
        scenarios=len(names),
        cases=len(theirs),
        same=len(theirs) - len(found),
        different=len(found),
        groups="\n".join(rows),
    )
    sections = [
        "\n".join(
            [
                f"## {difference.title}",
                "",
                f"- httpcore 1.0.9: {difference.theirs}",
                f"- these packages: {difference.ours}",
                "",
                difference.why,
                "",
                "Seen in " + ", ".join(f"`{name}`" for name in difference.scenarios) + ".",
                "",
            ]
        )
        for difference in differences
    ]
    return text + "\n".join(sections)
