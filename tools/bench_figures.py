"""What `tools/bench` found, as numbers, tables and JSON.

Of several processes the median counts, and the quartiles say how far it can be trusted. Ratios are those of medians of
one run: whatever slowed the machine down then slowed all of them.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Self

from _house import ToolError
from bench_workloads import FLOOR, OURS, PEER

# Of the JSON; to be raised when what is in it changes its meaning.
FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """What a contender needed for one unit, in microseconds, by process: of processor time, and on the clock."""

    name: str
    subject: str
    style: str
    exchanges: int
    cpu: list[float]
    wall: list[float]

    @property
    def median(self) -> float:
        """The processor time that counts."""
        return median(self.cpu)

    @property
    def spread(self) -> float:
        """Half the distance of the quartiles, as a share of the median; 0 for a single value."""
        if len(self.cpu) < 2:
            return 0.0
        low, _, high = quantiles(self.cpu, n=4, method="inclusive")
        return (high - low) / 2 / self.median


@dataclass(frozen=True)
class Table:
    """All contenders of one workload."""

    workload: str
    title: str
    unit: str
    entries: list[Entry]

    def to_floor(self, entry: Entry) -> float | None:
        """How many times the floor an entry is, None where there is no floor."""
        return _ratio(entry, self._find(FLOOR))

    def to_peer(self, entry: Entry) -> float | None:
        """How many times the peer's same method an entry of this tree is, None for others."""
        return _ratio(entry, self._find(PEER, entry.style)) if entry.subject == OURS else None

    def entry(self, name: str) -> Entry | None:
        """The entry of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def _find(self, subject: str, style: str | None = None) -> Entry | None:
        for entry in self.entries:
            if entry.subject == subject and style in (None, entry.style):
                return entry
        return None

    def lines(self) -> list[str]:
        """The table for a terminal."""
        processes = max(len(entry.cpu) for entry in self.entries)
        heading = ["", "CPU", "", "wall", "to floor", f"to {PEER}", "exchanges"]
        rows = [self._row(entry) for entry in self.entries]
        return [
            f"{self.workload}: {self.title}",
            f"  microseconds per {self.unit}, medians of {processes} processes",
            *aligned([heading, *rows]),
        ]

    def _row(self, entry: Entry) -> list[str]:
        return [
            entry.name,
            _shown(entry.median),
            f"± {100 * entry.spread:.0f} %",
            _shown(median(entry.wall)),
            _shown_ratio(self.to_floor(entry)),
            _shown_ratio(self.to_peer(entry)),
            f"{len(entry.cpu)} x {entry.exchanges}",
        ]


@dataclass(frozen=True)
class Record:
    """One run: when and where it was, and what came out."""

    taken: str
    commit: str
    machine: dict[str, str]
    tables: list[Table]

    def lines(self) -> list[str]:
        """All tables for a terminal, a line without text before each."""
        return [line for table in self.tables for line in ("", *table.lines())]

    def to_json(self) -> str:
        """Return what `from_json` reads: the samples, and for other readers medians and ratios."""
        return json.dumps({"format": FORMAT, **asdict(self), "summary": self._summary()}, indent=1)

    def _summary(self) -> dict[str, dict[str, dict[str, float | None]]]:
        return {
            table.workload: {
                entry.name: {
                    "cpu": entry.median,
                    "spread": entry.spread,
                    "wall": median(entry.wall),
                    "to_floor": table.to_floor(entry),
                    "to_peer": table.to_peer(entry),
                }
                for entry in table.entries
            }
            for table in self.tables
        }

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise ValueError(f"it has format {data['format']}, and this tool knows {FORMAT}")
            tables = [
                Table(**{**table, "entries": [Entry(**entry) for entry in table["entries"]]})
                for table in data["tables"]
            ]
            return cls(data["taken"], data["commit"], data["machine"], tables)
        except (TypeError, KeyError) as error:
            raise ValueError(f"it is not a record: {error!r}") from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            ToolError: it cannot be read.
        """
        try:
            return cls.from_json(path.read_text())
        except (OSError, ValueError) as error:
            raise ToolError(
                f"cannot compare with {path}: {error}; give a file that tools/bench wrote"
            ) from error

    def write(self, path: Path) -> None:
        """Write a file, and the folders it is in.

        Raises:
            ToolError: it cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.to_json() + "\n")
        except OSError as error:
            raise ToolError(
                f"cannot write {path}: {error}; give another place by --json"
            ) from error


def comparison(old: Record, new: Record) -> list[str]:
    """Show for a terminal what changed from one run to another, in whatever both of them measured."""
    rows = [["", "CPU before", "now", "change", f"to {PEER} before", "now"]]
    known = {table.workload: table for table in old.tables}
    for table in new.tables:
        before = known.get(table.workload)
        for entry in table.entries:
            past = before.entry(entry.name) if before else None
            if before is None or past is None:
                continue
            rows.append(
                [
                    f"{table.workload}: {entry.name}",
                    _shown(past.median),
                    _shown(entry.median),
                    f"{100 * (entry.median / past.median - 1):+.0f} %",
                    _shown_ratio(before.to_peer(past)),
                    _shown_ratio(table.to_peer(entry)),
                ]
            )
    heading = f"compared with {old.commit}, measured {old.taken}"
    if old.machine != new.machine:
        heading += " elsewhere (only the ratios can be compared)"
    return ["", heading, *(aligned(rows) if len(rows) > 1 else ["  nothing is in both"])]


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Set rows into columns, the first one to the left and the others to the right."""
    listed = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return [
        "  "
        + "  ".join(
            text.rjust(width) if at else text.ljust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in listed
    ]


def _ratio(entry: Entry, base: Entry | None) -> float | None:
    return None if base is None else entry.median / base.median


def _shown(microseconds: float) -> str:
    return f"{microseconds:,.1f}" if microseconds >= 10 else f"{microseconds:.3f}"


def _shown_ratio(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3f}" if ratio < 0.1 else f"{ratio:.2f}"
