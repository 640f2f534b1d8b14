"""What `tools/bench` found, as numbers, tables and JSON.

Of several processes the median counts, and the quartiles say how far it can be trusted. Ratios are those of medians of
one run: whatever slowed the machine down then slowed all of them.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Self

from _house import ToolError

from bench_parts.peers import BY_NAME, OWN
from bench_parts.workloads import FLOOR, TIME

# Of the JSON; to be raised when what is in it changes its meaning.
FORMAT = 2


OWN_NAMES = [peer.name for peer in OWN]


@dataclass(frozen=True)
class Entry:
    """What a contender needed for one unit, by process: of processor time, memory or instructions, and on the clock.

    `wall` is empty for what takes no time; for events it is the time that one was on the way. `exchanges` is how many
    there were, over all processes.
    """

    name: str
    subject: str
    style: str
    exchanges: int
    cost: list[float]
    wall: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The cost that counts."""
        return median(self.cost)

    @property
    def wall_median(self) -> float | None:
        """The time that counts, None where there is none."""
        return median(self.wall) if self.wall else None

    @property
    def spread(self) -> float:
        """Half the distance of the quartiles, as a share of the median; 0 for a single value."""
        if len(self.cost) < 2 or not self.median:
            return 0.0
        low, _, high = quantiles(self.cost, n=4, method="inclusive")
        return (high - low) / 2 / self.median


@dataclass(frozen=True)
class Table:
    """All contenders of one workload; the first floor is the one that ratios are to."""

    workload: str
    title: str
    unit: str
    entries: list[Entry]
    quantity: str = TIME

    def to_floor(self, entry: Entry) -> float | None:
        """How many times the floor an entry is, None where there is no floor."""
        return _ratio(entry, self._find((FLOOR,)))

    def of_ours(self, entry: Entry) -> float | None:
        """What this tree needs, by the same method if it can, as a share of what another needs; None for itself."""
        if entry.subject in OWN_NAMES:
            return None
        peer = BY_NAME.get(entry.subject)
        names = [own.name for own in OWN if peer is None or own.is_layer == peer.is_layer]
        ours = self._find(names, entry.style) or self._find(names)
        return None if ours is None else _ratio(ours, entry)

    def entry(self, name: str) -> Entry | None:
        """The entry of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def _find(self, subjects: Sequence[str], style: str | None = None) -> Entry | None:
        for entry in self.entries:
            if entry.subject in subjects and style in (None, entry.style):
                return entry
        return None

    def heading(self) -> str:
        """What the numbers are."""
        processes = max((len(entry.cost) for entry in self.entries), default=0)
        quantity = f"{self.quantity} of CPU" if self.quantity == TIME else self.quantity
        return f"{quantity} per {self.unit}, medians of {processes} processes"

    def columns(self) -> list[str]:
        """The names of the columns of `rows`."""
        wall = "on the way" if self.unit == "event" else "wall"
        return ["", "CPU" if self.quantity == TIME else self.quantity, "", wall, *_RATIOS, "n"]

    def rows(self) -> list[list[str]]:
        """What is shown of each entry."""
        return [
            [
                entry.name,
                shown_number(entry.median),
                f"± {100 * entry.spread:.0f} %",
                "" if entry.wall_median is None else shown_number(entry.wall_median),
                shown_ratio(self.to_floor(entry)),
                shown_ratio(self.of_ours(entry)),
                f"{len(entry.cost)} x {entry.exchanges // len(entry.cost):,}",
            ]
            for entry in self.entries
        ]

    def lines(self) -> list[str]:
        """The table for a terminal."""
        return [
            f"{self.workload}: {self.title}",
            f"  {self.heading()}",
            *aligned([self.columns(), *self.rows()]),
        ]


_RATIOS = ("to floor", "httpcore to it")


@dataclass(frozen=True)
class Record:
    """One run: when and where it was, what came out, and whom it could not measure and why."""

    taken: str
    commit: str
    machine: dict[str, str]
    tables: list[Table]
    command: str = ""
    missing: dict[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """All tables for a terminal, a line without text before each."""
        lines = [line for table in self.tables for line in ("", *table.lines())]
        for name, why in self.missing.items():
            lines += ["", f"without {name}: {why}"]
        return lines

    def table(self, workload: str) -> Table | None:
        """The table of a workload."""
        return next((table for table in self.tables if table.workload == workload), None)

    def to_json(self) -> str:
        """Return what `from_json` reads: the samples, and for other readers medians and ratios."""
        return json.dumps({"format": FORMAT, **asdict(self), "summary": self._summary()}, indent=1)

    def _summary(self) -> dict[str, dict[str, dict[str, float | None]]]:
        return {
            table.workload: {
                entry.name: {
                    "cost": entry.median,
                    "spread": entry.spread,
                    "wall": entry.wall_median,
                    "to_floor": table.to_floor(entry),
                    "httpcore_to_it": table.of_ours(entry),
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
            if data.pop("format") != FORMAT:
                found = json.loads(text)["format"]
                raise ValueError(f"it has format {found}, and this tool knows {FORMAT}")
            data.pop("summary", None)
            data["tables"] = [
                Table(**{**table, "entries": [Entry(**entry) for entry in table["entries"]]})
                for table in data["tables"]
            ]
            return cls(**data)
        except (AttributeError, TypeError, KeyError) as error:
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
                f"cannot read the record {path}: {error}; give a file that tools/bench wrote"
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
    rows = [["", "before", "now", "change", "to floor before", "now"]]
    for table in new.tables:
        before = old.table(table.workload)
        for entry in table.entries:
            past = before.entry(entry.name) if before else None
            if before is None or past is None:
                continue
            rows.append(
                [
                    f"{table.workload}: {entry.name}",
                    shown_number(past.median),
                    shown_number(entry.median),
                    f"{100 * (entry.median / past.median - 1):+.0f} %" if past.median else "",
                    shown_ratio(before.to_floor(past)),
                    shown_ratio(table.to_floor(entry)),
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


def shown_number(number: float) -> str:
    """A cost as people read it."""
    if number >= 1000:
        return f"{number:,.0f}"
    return f"{number:,.1f}" if number >= 10 else f"{number:.3f}"


def shown_ratio(ratio: float | None) -> str:
    """A ratio as people read it, nothing where there is none."""
    return "" if ratio is None else f"{ratio:.3f}" if ratio < 0.1 else f"{ratio:.2f}"


def _ratio(entry: Entry, base: Entry | None) -> float | None:
    return None if base is None or not base.median else entry.median / base.median
