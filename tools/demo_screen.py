"""How tools/demo looks: a hundred columns, plain text, and colours where there is somebody to see them."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from demo_record import PHASES, Record, waterfall

WIDTH = 100

# Foreground and background of a bar, by phase.
_BARS = {
    "resolve": "30;45",
    "connect": "30;43",
    "tunnel": "30;47",
    "TLS": "97;44",
    "send": "30;46",
    "wait": "97;100",
    "receive": "30;42",
}

_COLUMNS = (
    f"{'':17} {'':7} {'':6} {'protocol':8} {'code'} {'sent':>5} {'got':>5}  {'conn.':6} {'ms':>7}  "
)

# How wide the columns of the summary are.
_TIMES = {phase: max(7, len(phase) + 1) for phase in (*PHASES, "total")}


@dataclass(frozen=True)
class Screen:
    """Where lines are printed, and whether they may be coloured.

    `width` is that of the whole line; what is more than needed makes the bars longer.
    """

    colour: bool = False
    width: int = WIDTH

    @classmethod
    def at_hand(cls) -> "Screen":
        """Return the screen of this process: https://no-color.org is respected, and so is a narrow terminal."""
        terminal = sys.stdout.isatty()
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        columns = shutil.get_terminal_size((WIDTH, 24)).columns if terminal else WIDTH
        return cls(terminal and not plain, min(max(columns, 90), 140))

    def paint(self, text: str, code: str) -> str:
        """Return the text in a colour, or as it is."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text and code else text

    def say(self, line: str = "") -> None:
        """Print a line at once."""
        print(line.rstrip() if not self.colour else line, flush=True)

    def legend(self) -> None:
        """Say what the bars mean."""
        parts = [
            self.paint(f" {letter} ", _BARS[phase]) + f" {phase}"
            if self.colour
            else f"{letter} {phase}"
            for phase, letter in PHASES.items()
        ]
        self.say("  ".join(["", *parts, f"{self.paint('.', '2')} between steps"]))

    def heading(self, title: str, details: str) -> None:
        """Begin a group of rows."""
        self.say()
        self.say(f"{self.paint(title, '1')}  {self.paint(details, '2')}")
        self.say(self.paint(_COLUMNS + "where the time went", "2"))

    def row(self, record: Record, *, first: bool) -> None:
        """Show what came of one request; the first one of a caller says who that is."""
        answered = bool(record.status)
        protocol = record.protocol or "-"
        status = str(record.status) if answered else "-"
        colour = "31" if record.failure else "33" if record.status >= 400 else "32"
        sent, got = size(record.sent) if record.sent else "-", "-"
        if answered:
            got = size(record.received)
        self.say(
            f"{record.face if first else '':17} {record.runtime if first else '':7} "
            f"{record.ask.name:6} {self.paint(f'{protocol:8}', '1')} "
            f"{self.paint(f'{status:>4}', colour)} {sent:>5} {got:>5}  "
            f"{self.paint(f'{connection(record):6}', '' if record.dialed else '36')} "
            f"{record.seconds * 1000:7.1f}  {self.bar(record)}"
        )
        if record.failure:
            # In full it stands at the end.
            self.say(self.paint(shorten(f"  FAILED {record.failure}", self.width), "31"))

    def failures(self, records: Iterable[Record]) -> None:
        """Show every reason once, with the requests that failed for it."""
        reasons: dict[str, dict[str, list[str]]] = {}
        for record in records:
            senders = reasons.setdefault(record.failure, {})
            senders.setdefault(record.sender, []).append(record.ask.name)
        for reason, senders in reasons.items():
            self.say()
            for line in textwrap.wrap(reason, self.width):
                self.say(self.paint(line, "31"))
            for sender, names in senders.items():
                self.say(f"  {sender}: {', '.join(names)}")

    def bar(self, record: Record) -> str:
        """Return the waterfall of one request: letters, on colours where there are any."""
        cells = waterfall(record.spans, record.seconds, self.width - len(_COLUMNS))
        if not self.colour:
            return "".join(PHASES.get(phase, ".") for phase in cells)
        painted = ""
        before = ""
        for phase in cells:
            letter = PHASES.get(phase, " ") if phase != before else " "
            painted += self.paint(letter, _BARS[phase]) if phase else self.paint(".", "2")
            before = phase
        return painted

    def summary(self, rows: Sequence[tuple[str, Sequence[Record]]]) -> None:
        """Show a line for each group of records: how many went well, and the middle of their times."""
        self.say()
        heads = "".join(f"{phase:>{width}}" for phase, width in _TIMES.items())
        self.say(self.paint(f"{'in short: medians in ms':33}right{heads}", "1"))
        for name, records in rows:
            groups: dict[tuple[str, str], list[Record]] = {}
            for record in records:
                groups.setdefault((record.ask.name, connection(record)), []).append(record)
            for group in groups.values():
                self._in_short(name if group[0] is records[0] else "", group)

    def _in_short(self, name: str, records: Sequence[Record]) -> None:
        right = [record for record in records if not record.failure]
        well = len(right) == len(records)
        counts = f"{len(right)}/{len(records)}"
        times = {phase: median(record.seconds_in(phase) for record in right) for phase in PHASES}
        times["total"] = median(record.seconds for record in right)
        columns = "".join(
            f"{'-' if time is None else f'{time * 1000:.1f}':>{_TIMES[phase]}}"
            for phase, time in times.items()
        )
        self.say(
            f"{name:18} {records[0].ask.name:6} {connection(records[0]):6} "
            f"{self.paint(f'{counts:>5}', '32' if well else '1;31')}{columns}"
        )


def connection(record: Record) -> str:
    """Return what the transport's events say of the connection."""
    return "new" if record.dialed else "reused" if record.status else "-"


def shorten(text: str, width: int) -> str:
    """Return the text on one line, and cut where it would be longer than the width."""
    line = text if text.isprintable() else repr(text)[1:-1]
    return line if len(line) <= width else f"{line[: width - 3]}..."


def size(count: int) -> str:
    """Return a number of bytes in at most five columns."""
    if count < 1024:
        return str(count)
    if count < 10 * 1024 * 1024:
        return f"{round(count / 1024)}K"
    return f"{round(count / 1024 / 1024)}M"


def median(values: Iterable[float | None]) -> float | None:
    """Return the upper median of those that are there, None when none is."""
    found = sorted(value for value in values if value is not None)
    return found[len(found) // 2] if found else None
