"""Small records, for the tests of what is shown."""

from bench_parts.figures import Entry, Record, Table
from bench_parts.peers import BY_NAME
from bench_parts.workloads import FLOOR, Contender

OURS = "httpcore"
OLD = "httpcore 1.0.9"


def entry(subject: str, style: str, *cost: float) -> Entry:
    contender = Contender(subject, style, BY_NAME.get(subject), style == "request")
    return Entry(
        contender.name, subject, style, 100 * len(cost), list(cost), [2 * value for value in cost]
    )


def table(ours: float = 40.0) -> Table:
    entries = [
        entry(FLOOR, "sockets", 19.0, 20.0, 90.0),
        entry(OURS, "request", ours, ours, ours),
        entry(OLD, "request", 400.0, 390.0, 4100.0),
        entry(OURS, "handle_request", 30.0, 30.0, 30.0),
        entry(OLD, "handle_request", 300.0, 300.0, 300.0),
    ]
    return Table("sync", "GET of 1 KB", "request", entries)


def record(ours: float = 40.0, processor: str = "one") -> Record:
    return Record("2026-02-03 04:05:06", "abc1234", {"processor": processor}, [table(ours)])
