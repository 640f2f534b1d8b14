"""What the figures must show: each target is a limit for a ratio of medians of one run."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench_parts.figures import Entry, Record, aligned, shown_ratio
from bench_parts.peers import HTTPX_ON_OURS, OLD, OURS

_SOCKETS = "bare sockets"
_PROTOCOLS = "bare protocols"
_HTTPX_ON_OLD = "httpx 0.28.1 on httpcore 1.0.9"


@dataclass(frozen=True)
class Target:
    """In `workload` this tree needs at most `limit` of what `base` needs, in the same workload unless another is named.

    A base is the name of an entry, or the name of a library without its version.
    """

    workload: str
    base: str
    limit: float
    of: str = ""
    ours: str = OURS.name

    @property
    def words(self) -> str:
        """What is compared with what."""
        own = "its own" if self.base == self.ours else self.base
        return f"{self.workload}: to {own}{f' in {self.of}' if self.of else ''}"

    def measured(self, record: Record) -> float | None:
        """The ratio in a record, None when one of the two is not there."""
        ours = _found(record, self.workload, self.ours)
        base = _found(record, self.of or self.workload, self.base)
        if ours is None or base is None or not base.median:
            return None
        return ours.median / base.median

    def verdict(self, record: Record) -> str:
        """Whether it is met."""
        ratio = self.measured(record)
        if ratio is None:
            return "not measured"
        return "met" if ratio <= self.limit else "missed"


def _listed() -> Iterator[Target]:
    for base, limit in (
        (_SOCKETS, 2.2),
        ("pycurl", 1.0),
        ("pyreqwest", 0.8),
        (OLD.name, 0.22),
        ("urllib3", 0.2),
    ):
        yield Target("sync", base, limit)
    for base, limit in (
        (_PROTOCOLS, 2.0),
        ("pyreqwest", 0.9),
        ("aiohttp", 0.55),
        (OLD.name, 0.07),
    ):
        yield Target("asyncio-50", base, limit)
    yield Target("asyncio-500", OURS.name, 1.2, of="asyncio-50")
    yield Target("uvloop-50", "aiohttp", 0.55)
    yield Target("http2-50", "httpcore2", 0.25)
    yield Target("http2-50", "pyreqwest", 1.2)
    for way in ("download", "upload"):
        yield Target(way, _SOCKETS, 1.1)
        yield Target(f"{way}-asyncio", _PROTOCOLS, 1.1)
        yield Target(f"{way}-http2", OLD.name, 0.3)
        yield Target(f"{way}-http2-asyncio", OLD.name, 0.3)
    yield Target("fresh-tls", _SOCKETS, 1.1)
    yield Target("fresh-tls-asyncio", _PROTOCOLS, 1.1)
    yield Target("resumed-tls", OURS.name, 1.0, of="fresh-tls")
    yield Target("resumed-tls-asyncio", OURS.name, 1.0, of="fresh-tls-asyncio")
    yield Target("httpx-sync", _HTTPX_ON_OLD, 0.6, ours=HTTPX_ON_OURS.name)
    yield Target("httpx-asyncio-50", _HTTPX_ON_OLD, 0.25, ours=HTTPX_ON_OURS.name)
    yield Target("import", OLD.name, 0.3)
    yield Target("memory-idle", OLD.name, 0.6)


TARGETS = tuple(_listed())


def _found(record: Record, workload: str, name: str) -> Entry | None:
    table = record.table(workload)
    if table is None:
        return None
    exact = table.entry(name)
    if exact is not None:
        return exact
    # Without its version; that name must not be the beginning of another's.
    named = [entry for entry in table.entries if entry.name.rpartition(" ")[0] == name]
    return named[0] if len(named) == 1 else None


def rows(record: Record) -> list[list[str]]:
    """A line for each target: what is compared, the limit, what was measured, and whether that is enough."""
    return [
        [
            target.words,
            f"{target.limit:.2f}",
            shown_ratio(target.measured(record)),
            target.verdict(record),
        ]
        for target in TARGETS
    ]


COLUMNS = ["", "at most", "measured", ""]


def lines(record: Record) -> list[str]:
    """The targets for a terminal, and how many of them are met."""
    verdicts = [target.verdict(record) for target in TARGETS]
    counted = ", ".join(
        f"{verdicts.count(verdict)} {verdict}" for verdict in ("met", "missed", "not measured")
    )
    return [
        f"CPU per request, medians of one run; measured {record.taken} at {record.commit}",
        *aligned([COLUMNS, *rows(record)]),
        counted,
    ]
