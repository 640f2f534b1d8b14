"""`tools/bench publish`: the page of the documentation that shows a record, its tables and its plots.

    tools/bench publish RECORD.json ...   take these records, and write the page
    tools/bench publish                   write the page again, from the record it was made of
    tools/bench publish --check           write nothing; fail when the page is not that of its record

The words of the page are in `docs/performance.md`, and what is between two of its lines is made here, so that no number is
written by hand. With several records their tables are put together; a later one replaces what an earlier one has.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from _house import ROOT, ToolError, check_or_write, report, say, shown

from bench_parts import targets
from bench_parts.figures import Record, Table
from bench_parts.plots import bars, curves
from bench_parts.workloads import FLOOR, TIME

PAGE = ROOT / "docs" / "performance.md"
FOLDER = ROOT / "docs" / "performance"
RECORD = FOLDER / "record.json"

BEGIN = "<!-- What follows is made by tools/bench publish. -->"
END = "<!-- What comes before is made by tools/bench publish. -->"

#: The parts of the page, and the beginnings of the names of the workloads in each.
PARTS = {
    "Small requests": ("sync", "threads", "asyncio", "uvloop", "trio", "proxy"),
    "Under HTTPX": ("httpx",),
    "TLS": ("tls",),
    "HTTP/2": ("http2",),
    "New connections": ("fresh", "resumed"),
    "A hundred megabytes": ("download", "upload"),
    "Many small pieces": ("chunks", "events"),
    "Many connections, and many who wait": ("origins", "waiters"),
    "Memory": ("memory",),
    "Import": ("import",),
}

#: Curves: the beginning of the workloads' names, what their numbers are, and what the plot is called.
CURVES = {
    "connections": ("origins-", "open connections", "Cost of a request with so many connections"),
    "waiters": (
        "waiters-",
        "tasks that share 10 connections",
        "Cost of a request with so many tasks",
    ),
}


def parser() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    made = argparse.ArgumentParser(
        prog="tools/bench publish",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("records", nargs="*", type=Path, metavar="RECORD.json")
    made.add_argument("--check", action="store_true", help="write nothing; fail when it would")
    return made


def merged(records: Sequence[Record]) -> Record:
    """Return one record that has the tables of all; of two of one workload the later counts."""
    tables = {table.workload: table for record in records for table in record.tables}
    missing = {name: why for record in records for name, why in record.missing.items()}
    command = "\n".join(record.command for record in records)
    return replace(records[0], tables=list(tables.values()), missing=missing, command=command)


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    options = parser().parse_args(arguments)
    if options.records and options.check:
        raise ToolError("--check compares the page with its own record; give no other one")
    if options.records:
        record = merged([Record.read(path) for path in options.records])
        record.write(RECORD)
    record = Record.read(RECORD)
    made = files(record, PAGE.read_text())
    stale = [
        f"{shown(path)}: it does not show {shown(RECORD)}"
        for path, text in made.items()
        if not check_or_write(path, text, check=options.check)
    ]
    strays = [path for path in sorted(FOLDER.glob("*.svg")) if path not in made]
    if options.check:
        stale += [f"{shown(path)}: nothing in {shown(RECORD)} is shown by it" for path in strays]
        return report("tools/bench publish --check", stale, "run tools/bench publish")
    for path in strays:
        path.unlink()
    say(f"{shown(PAGE)} shows {shown(RECORD)}")
    return 0


def files(record: Record, page: str) -> dict[Path, str]:
    """Return the text of each file that shows a record; `page` has the words.

    Raises:
        ToolError: the page does not say where the figures belong.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ToolError(f"{shown(PAGE)}: put the figures between the lines {BEGIN} and {END}")
    made = {FOLDER / f"{table.workload}.svg": bars(table) for table in record.tables}
    for name, (prefix, across, title) in CURVES.items():
        points = points_of(record, prefix)
        made[FOLDER / f"{name}.svg"] = curves(title, across, "microseconds of CPU", points)
    body = "\n".join(body_lines(record))
    return {PAGE: f"{before}{BEGIN}\n\n{body}\n\n{END}{after}", **made}


def points_of(record: Record, prefix: str) -> dict[str, list[tuple[int, float]]]:
    """Return for each contender the numbers in the names of workloads, and its cost there; the second floor is left out."""
    points: dict[str, list[tuple[int, float]]] = {}
    for table in record.tables:
        number = table.workload.removeprefix(prefix)
        if number == table.workload or not number.isdecimal():
            continue
        floors = [entry.name for entry in table.entries if entry.subject == FLOOR]
        for entry in table.entries:
            if entry.name not in floors[1:] and entry.median:
                points.setdefault(entry.name, []).append((int(number), entry.median))
    return {name: sorted(line) for name, line in points.items()}


def body_lines(record: Record) -> list[str]:
    """Return the part of the page that is made: where and how it was measured, the targets, and each table."""
    lines = ["## The machine and the commands", ""]
    lines += [f"- {name}: {value}" for name, value in record.machine.items()]
    lines += [f"- measured {record.taken}, at commit {record.commit}", "", "```console"]
    lines += [f"$ {command}" for command in record.command.splitlines()]
    lines += ["```", ""]
    if record.missing:
        lines += ["Not everybody could be measured everywhere:", ""]
        lines += [f"- {name}: {_last_line(why)}" for name, why in record.missing.items()]
        lines += [""]
    lines += ["## What it is meant to reach", ""]
    lines += ["Shares of what others need, of medians of one run.", ""]
    lines += _markdown([*targets.COLUMNS], targets.rows(record))
    for part, names in PARTS.items():
        tables = [each for each in record.tables if each.workload.split("-")[0] in names]
        if tables:
            lines += ["", f"## {part}"]
        for table in tables:
            lines += ["", *_table_lines(table)]
        lines += _curve_lines(part, names)
    return lines


def _curve_lines(part: str, names: Sequence[str]) -> list[str]:
    lines = []
    for name, (prefix, across, title) in CURVES.items():
        if prefix.rstrip("-") in names:
            lines += ["", f"### {title}", "", f"![{part}: {across}](performance/{name}.svg)"]
    return lines


def _table_lines(table: Table) -> list[str]:
    name = table.workload
    title = table.title[0].upper() + table.title[1:]
    return [
        f"### {title} {{ #{name} }}",
        "",
        f"![{title}](performance/{name}.svg)",
        "",
        f"`{name}`: {table.heading()}" + (", and on the clock." if table.quantity == TIME else "."),
        "",
        *_markdown(table.columns(), table.rows()),
    ]


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1].replace("|", "\\|")


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table; the first column is to the left, the others are to the right."""
    rule = ["---", *["---:"] * (len(columns) - 1)]
    return [f"| {' | '.join(row)} |" for row in (columns, rule, *rows)]
