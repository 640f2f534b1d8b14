"""What a pool is doing and has done, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ledger import AsyncLedger

__all__ = ["ConnectionStats", "PoolStats", "stats_of"]


@dataclass(frozen=True, slots=True)
class ConnectionStats:
    """Connections by state: being dialed, with requests under way, and without."""

    dialing: int = 0
    active: int = 0
    idle: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.dialing + self.active + self.idle


@dataclass(frozen=True, slots=True)
class PoolStats:
    """A pool at one moment.

    - `connections`; `origins`: the same for each origin, as text.
    - `requests` that hold a connection or dial for one, `waiting` ones that do not yet.

    And since the pool was made, the number of:

    - `dials` begun, and `failed_dials` among them; `reuses` of a connection that was there.
    - `waits` in line; `timeouts` of such.
    - `replays` of requests whose connection had died.
    - `evictions` of idle connections in favour of other origins, `expiries` of those idle for too long, `replacements`
      of those found stale when they were needed.
    - `abandoned` responses, which were collected without being closed.
    """

    connections: ConnectionStats
    origins: Mapping[str, ConnectionStats]
    requests: int
    waiting: int
    dials: int
    failed_dials: int
    reuses: int
    waits: int
    timeouts: int
    replays: int
    evictions: int
    expiries: int
    replacements: int
    abandoned: int


def stats_of(ledger: AsyncLedger[Any, Any]) -> PoolStats:
    """Count; this looks at every connection, so it is for people and monitors."""
    total = [0, 0, 0]
    origins: dict[str, list[int]] = {}
    requests = 0
    for slot in ledger.slots():
        state = 0 if slot.is_dialing else 1 if slot.streams else 2
        requests += slot.streams
        total[state] += 1
        if slot.connection is not None:
            origins.setdefault(str(slot.connection.origin), [0, 0, 0])[state] += 1
    counts = ledger.counts
    return PoolStats(
        connections=ConnectionStats(*total),
        origins={origin: ConnectionStats(*numbers) for origin, numbers in origins.items()},
        requests=requests,
        waiting=ledger.waiting(),
        **{name: getattr(counts, name) for name in counts.__slots__},
    )
