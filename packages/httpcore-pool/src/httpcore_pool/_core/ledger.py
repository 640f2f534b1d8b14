"""The ledger: who holds which connection, who waits, and who is next.

It does no I/O and knows no clock; connections are opaque to it. The shell asks, does what the answer says, and reports
what happened. Every operation is O(1), amortised, whatever the number of origins, connections and waiters, because
nothing is ever scanned:

- A *slot* is one unit of the total limit: a dial under way, or an open connection with so many streams in use.
- A *lane* holds what belongs to one connection key: idle slots (last used first), multiplexed slots with streams to
  spare, and the queue of those who wait.
- One order of idleness runs through all lanes, for eviction and expiry; one line of waiters runs through all lanes, for
  slots that become free.

These hold after every operation: slots are exactly the open connections and dials; nobody waits while a connection that
could serve him idles; within a lane first come is first served. A scan of all connections per request, the usual
design, costs more with each connection, and a freed connection that is announced instead of handed over can be taken by
a newcomer; both are why this is a ledger of its own.

Fairness between lanes: a freed connection goes to the next in its own lane, for it needs no dial. Yet the longest
waiter of all can be passed over like this only `overtaking` times; then he gets the slot, and the connection is closed
for him.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["AsyncLedger", "Counts", "Limits", "Slot", "Ticket"]

FOREVER = float("inf")


class Waker(Protocol):
    """What a waiting request is woken by; the ledger calls it once."""

    def unpark(self) -> None: ...


C = TypeVar("C")
W = TypeVar("W", bound=Waker)


class Limits:
    """How much a pool may hold; infinity stands for no limit.

    - `total`: connections and dials. `per_lane`: the same, for one connection key.
    - `idle`: connections kept without a request. `idle_seconds`: for how long.
    - `uses`: requests that one connection serves; then it takes no more and ends with its last stream.
    - `overtaking`: how often the longest waiter may be passed over by a lane that has a connection already.
    """

    __slots__ = ("idle", "idle_seconds", "overtaking", "per_lane", "total", "uses")

    def __init__(
        self,
        total: float = FOREVER,
        idle: float = FOREVER,
        idle_seconds: float = FOREVER,
        overtaking: int = 32,
        per_lane: float = FOREVER,
        uses: float = FOREVER,
    ) -> None:
        self.total = total
        self.idle = idle
        self.idle_seconds = idle_seconds
        self.overtaking = overtaking
        self.per_lane = per_lane
        self.uses = uses


class Counts:
    """What has happened since the ledger was opened.

    `dials`; `failed_dials`; `reuses` of a connection that was there; `waits` in a queue; `evictions` of idle
    connections for others' sake; `expiries` of idle ones by time; `replacements` of idle ones found stale; responses
    that were `abandoned`; `replays`; `timeouts` of those who waited.
    """

    __slots__ = (
        "abandoned",
        "dials",
        "evictions",
        "expiries",
        "failed_dials",
        "replacements",
        "replays",
        "reuses",
        "timeouts",
        "waits",
    )

    def __init__(self) -> None:
        self.dials = 0
        self.failed_dials = 0
        self.reuses = 0
        self.waits = 0
        self.evictions = 0
        self.expiries = 0
        self.replacements = 0
        self.abandoned = 0
        self.replays = 0
        self.timeouts = 0


class Slot(Generic[C, W]):
    """One unit of the total limit. `connection` is the shell's; it is there from the start of the dial."""

    __slots__ = (
        "connection",
        "expires_at",
        "is_dialing",
        "is_gone",
        "lane",
        "retires_at",
        "streams",
        "uses",
        "width",
    )

    def __init__(self, lane: Lane[C, W]) -> None:
        self.lane = lane
        self.connection: C | None = None
        self.is_dialing = True
        self.is_gone = False
        # Streams in use, and how many there may be: 0 when the connection takes no more.
        self.streams = 1
        self.width = 1
        self.uses = 1
        self.expires_at = FOREVER
        self.retires_at = FOREVER


class Lane(Generic[C, W]):
    """Everything that belongs to one connection key. `origin` is the shell's: what all its connections lead to."""

    __slots__ = ("dials", "idle", "key", "multiplexes", "origin", "queue", "slots", "spare")

    def __init__(self, key: Hashable) -> None:
        self.key = key
        self.origin: Any = None
        self.idle: dict[Slot[C, W], None] = {}
        self.spare: dict[Slot[C, W], None] = {}
        # There only while somebody waits, for most lanes never have a queue.
        self.queue: Queue[C, W] | None = None
        self.slots = 0
        self.dials = 0
        # None until a connection of this lane has shown its protocol.
        self.multiplexes: bool | None = None


class Queue(Generic[C, W]):
    """Those who wait for one lane, in order of arrival, and what they wait for.

    `sharing`: a dial under way that may give streams for several. `held`: a slot of the lane's own, which has as many
    as it may. The rest, `in_line` of them, stand in the line for a slot of any lane. All wait for a connection of the
    lane to be handed over. Who is in line came before who is held, and never are more in line than the lane may have
    slots.
    """

    __slots__ = ("everybody", "held", "in_line", "sharing")

    def __init__(self) -> None:
        self.everybody: OrderedDict[Ticket[C, W], None] = OrderedDict()
        self.sharing: OrderedDict[Ticket[C, W], None] = OrderedDict()
        self.held: OrderedDict[Ticket[C, W], None] = OrderedDict()
        self.in_line = 0


class Ticket(Generic[C, W]):
    """A place in a queue. When woken, `slot` holds what was granted; None means that the ledger was closed."""

    __slots__ = ("lane", "overtaken", "slot", "waker")

    def __init__(self, lane: Lane[C, W], waker: W) -> None:
        self.lane = lane
        self.waker = waker
        self.slot: Slot[C, W] | None = None
        self.overtaken = 0


class AsyncLedger(Generic[C, W]):
    """The ledger of one pool. Connections to be closed are put into `dropped`; whoever passes next closes them.

    This class takes no lock: under an event loop no other task runs between its lines. The threads' pool uses
    `SynchronizedLedger`.
    """

    def __init__(self, limits: Limits, make_waker: Callable[[], W]) -> None:
        self.limits = limits
        self.counts = Counts()
        self.dropped: deque[C] = deque()
        # Bodies of responses that were collected unread, put here by finalizers, which may take no lock; and who waits,
        # with what the shell needs to wake him. Both are changed by atomic operations alone.
        self.abandoned: deque[Any] = deque()
        self.parked: dict[Ticket[C, W], object] = {}
        self.is_closed = False
        self._make_waker = make_waker
        self._lanes: dict[Hashable, Lane[C, W]] = {}
        self._slots: dict[Slot[C, W], None] = {}
        # Idle slots of all lanes, longest idle first; tickets that any free slot can serve, longest waiting first.
        self._idleness: OrderedDict[Slot[C, W], None] = OrderedDict()
        self._line: OrderedDict[Ticket[C, W], None] = OrderedDict()
        # Before this nothing idle expires. It is not set back by what is taken, so then one looks in vain, once.
        self._expires_at = FOREVER

    # What a request asks.

    def acquire(
        self, key: Hashable, now: float, may_share: bool = False, fresh: bool = False
    ) -> Slot[C, W] | Ticket[C, W] | None:
        """A stream on a connection for `key`: a slot to use, a slot to dial for, or a ticket to wait with.

        `may_share`: the connection may turn out to multiplex, so rather wait for a dial under way than start another.
        `fresh`: not a connection that was used before. `None` when the ledger is closed.
        """
        if self._expires_at <= now:
            self._expire(now)
        lane = self._lanes.get(key)
        if lane is not None:
            if not fresh:
                if lane.spare:
                    return self._take_spare(lane)
                idle = lane.idle
                while idle:
                    # So most requests come by their connection; the last used first.
                    slot, _ = idle.popitem()
                    del self._idleness[slot]
                    slot.streams += 1
                    slot.uses += 1
                    self.counts.reuses += 1
                    if slot.width > 1 and slot.uses < self.limits.uses:
                        lane.spare[slot] = None
                    if slot.retires_at > now:
                        return slot
                    self._drop(slot)
        elif self.is_closed:
            return None
        else:
            lane = Lane(key)
        if may_share and lane.dials and lane.multiplexes is not False:
            return self._enqueue(lane, shares=True)
        if not self._has_room(lane):
            return self._enqueue(lane, shares=False)
        return self._new_slot(lane)

    def cancel(self, ticket: Ticket[C, W]) -> Slot[C, W] | None:
        """Leave the queue. What was granted in the meantime is returned, and is the caller's to use or give back."""
        if ticket.slot is None and self._leave(ticket):
            self._admit_held(ticket.lane)
            self._forget_if_empty(ticket.lane)
        return ticket.slot

    def replace(
        self, slot: Slot[C, W], now: float, may_share: bool = False
    ) -> Slot[C, W] | Ticket[C, W] | None:
        """The connection in `slot` turned out to be useless before it was used: drop it and acquire anew.

        The slot stays the caller's: when nothing better idles in its lane, it is the same slot, to be dialed for.
        """
        self.counts.replacements += 1
        lane = slot.lane
        # Not through self: the synchronized ledger's methods take a lock that is held here already.
        if slot.streams > 1 or slot.is_gone:
            AsyncLedger.release(self, slot, 0, now)
            return AsyncLedger.acquire(self, lane.key, now, may_share)
        if lane.idle:
            self._drop(slot)
            return AsyncLedger.acquire(self, lane.key, now, may_share)
        lane.spare.pop(slot, None)
        assert slot.connection is not None  # it was there to be found useless
        self.dropped.append(slot.connection)
        slot.connection = None
        slot.is_dialing = True
        slot.width = 1
        slot.uses = 1
        lane.dials += 1
        self.counts.dials += 1
        return slot

    # What a request reports.

    def connected(self, slot: Slot[C, W], width: int, retires_at: float = FOREVER) -> bool:
        """The dial succeeded; the connection carries `width` streams, one of which is the dialing request's.

        `retires_at`: the time from which on it takes no more requests. Returns whether the slot is still there; if not,
        the connection is nobody's but the caller's.
        """
        if slot.is_gone:
            return False
        lane = slot.lane
        slot.is_dialing = False
        lane.dials -= 1
        slot.width = width
        slot.retires_at = retires_at
        lane.multiplexes = width > 1
        if width > 1:
            self._serve(slot)
        self._settle_sharing(lane)
        return True

    def dial_failed(self, slot: Slot[C, W]) -> None:
        """The dial failed or was given up. The next in the queue may dial."""
        if slot.is_gone:
            return
        self.counts.failed_dials += 1
        slot.lane.dials -= 1
        slot.is_dialing = False
        slot.connection = None
        self._remove(slot)
        self._slot_freed(slot.lane)

    def release(self, slot: Slot[C, W], width: int, now: float) -> None:
        """One stream is given back; the connection now carries `width` streams, 0 when it takes no more."""
        slot.streams -= 1
        if slot.is_gone:
            return
        slot.width = width
        lane = slot.lane
        limits = self.limits
        if not width or slot.retires_at <= now or slot.uses >= limits.uses:
            self._retire(slot)
        elif slot.streams or self._line or lane.queue is not None:
            self._serve(slot)
        else:
            # Nobody needs it now: it is kept, within the limits of idleness.
            if lane.spare:
                lane.spare.pop(slot, None)
            seconds = limits.idle_seconds
            idleness = self._idleness
            is_full = seconds <= 0 or len(idleness) >= limits.idle
            if is_full and not self._make_place(slot):
                return
            slot.expires_at = expires_at = now + seconds
            if not idleness:
                self._expires_at = expires_at
            lane.idle[slot] = None
            idleness[slot] = None

    def resize(self, slot: Slot[C, W], width: int) -> None:
        """The connection now carries `width` streams, 0 when it takes no more; no stream was given back."""
        if slot.is_gone or slot.is_dialing:
            return
        slot.width = width
        if width == 0:
            self._retire(slot)
        elif slot.streams:
            self._serve(slot)

    def lose(self, slot: Slot[C, W]) -> None:
        """The connection is closed. Its place is free at once, though somebody may still hold a response of it."""
        if slot.is_gone or slot.is_dialing:
            return
        lane = slot.lane
        self._drop(slot)
        self._slot_freed(lane)

    def next_dropped(self) -> C | None:
        """The next connection to be closed, whoever asks; None when there is none."""
        try:
            return self.dropped.popleft()
        except IndexError:
            return None

    def next_abandoned(self) -> Any | None:
        """The next body of a response that nobody has any more, whoever asks; None when there is none."""
        try:
            return self.abandoned.popleft()
        except IndexError:
            return None

    def close(self) -> None:
        """Give up everything: each connection is dropped, each waiter woken with nothing, each later `acquire` refused."""
        self.is_closed = True
        self.abandoned.clear()
        for slot in list(self._slots):
            self._drop(slot)
        for lane in list(self._lanes.values()):
            queue, lane.queue = lane.queue, None
            if queue is not None:
                for ticket in queue.everybody:
                    ticket.waker.unpark()
        self._line.clear()
        self._lanes.clear()

    def keep_nothing(self) -> None:
        """From now on a connection that comes to rest is dropped."""
        limits = self.limits
        self.limits = Limits(limits.total, 0, 0.0, limits.overtaking, limits.per_lane, limits.uses)

    def forget(self) -> list[C]:
        """Start over as if new, and return all connections: whoever used them, or waited for them, is gone.

        Nobody is woken. What some survivor still reports about a slot, or a ticket, of before does nothing.
        """
        slots = list(self._slots)
        connections = [slot.connection for slot in slots if slot.connection is not None]
        connections.extend(self.dropped)
        for slot in slots:
            slot.is_gone = True
        for lane in list(self._lanes.values()):
            lane.queue = None
        self.dropped.clear()
        self.abandoned.clear()
        self.parked.clear()
        self._lanes = {}
        self._slots = {}
        self._idleness = OrderedDict()
        self._line = OrderedDict()
        return connections

    # What a person asks; these scan, so no request calls them.

    def slots(self) -> list[Slot[C, W]]:
        """All slots, oldest first."""
        return list(self._slots)

    def waiting(self) -> int:
        """How many requests wait."""
        queues = [lane.queue for lane in list(self._lanes.values())]
        return sum(len(queue.everybody) for queue in queues if queue is not None)

    # Slots.

    def _new_slot(self, lane: Lane[C, W]) -> Slot[C, W]:
        slot: Slot[C, W] = Slot(lane)
        self._lanes[lane.key] = lane
        self._slots[slot] = None
        lane.slots += 1
        lane.dials += 1
        self.counts.dials += 1
        return slot

    def _take_spare(self, lane: Lane[C, W]) -> Slot[C, W]:
        slot = next(iter(lane.spare))
        slot.streams += 1
        slot.uses += 1
        self.counts.reuses += 1
        if slot.streams >= slot.width or slot.uses >= self.limits.uses:
            del lane.spare[slot]
        return slot

    def _serve(self, slot: Slot[C, W]) -> None:
        """Hand the free streams of a slot to those who wait for its lane, or the slot to who waits for another."""
        lane = slot.lane
        uses = self.limits.uses
        line = self._line
        while (queue := lane.queue) is not None and slot.streams < slot.width and slot.uses < uses:
            # Mostly the longest waiter of all waits for this lane; without a call then.
            if (
                not slot.streams
                and line
                and next(iter(line)).lane is not lane
                and self._must_yield(lane)
            ):
                break
            slot.streams += 1
            slot.uses += 1
            self.counts.reuses += 1
            self._grant(next(iter(queue.everybody)), slot)
        if slot.streams:
            if slot.streams < slot.width and slot.uses < uses:
                lane.spare[slot] = None
            else:
                lane.spare.pop(slot, None)
        else:
            # Nobody here could use it, or somebody elsewhere has waited too long.
            self.counts.evictions += 1
            self._drop(slot)
            self._slot_freed(lane)

    def _make_place(self, slot: Slot[C, W]) -> bool:
        """See to it that a slot can be kept without a request, by letting the longest idle go; else let go of itself."""
        limits = self.limits
        if limits.idle_seconds <= 0 or limits.idle <= 0:
            self._drop(slot)
            self._forget_if_empty(slot.lane)
            return False
        self._evict(next(iter(self._idleness)))
        return True

    def _expire(self, now: float) -> None:
        idleness = self._idleness
        self._expires_at = FOREVER
        while idleness:
            slot = next(iter(idleness))
            if slot.expires_at > now:
                self._expires_at = slot.expires_at
                break
            self.counts.expiries += 1
            self._drop(slot)
            self._forget_if_empty(slot.lane)

    def _evict(self, slot: Slot[C, W]) -> None:
        self.counts.evictions += 1
        self._drop(slot)
        self._forget_if_empty(slot.lane)

    def _retire(self, slot: Slot[C, W]) -> None:
        """The connection takes no more streams: out of sight at once, out of the count when its last stream ends."""
        lane = slot.lane
        slot.width = 0
        lane.spare.pop(slot, None)
        if not slot.streams:
            self._drop(slot)
            self._slot_freed(lane)

    def _drop(self, slot: Slot[C, W]) -> None:
        """Take a slot out of everything and put its connection among those to be closed."""
        lane = slot.lane
        if slot.connection is not None:
            self.dropped.append(slot.connection)
        if slot.is_dialing:
            lane.dials -= 1
        if slot in lane.idle:
            del lane.idle[slot]
            del self._idleness[slot]
        lane.spare.pop(slot, None)
        self._remove(slot)

    def _remove(self, slot: Slot[C, W]) -> None:
        del self._slots[slot]
        slot.lane.slots -= 1
        slot.is_gone = True

    # Waiting.

    def _enqueue(self, lane: Lane[C, W], shares: bool) -> Ticket[C, W]:
        ticket = Ticket(lane, self._make_waker())
        self.counts.waits += 1
        queue = lane.queue
        if queue is None:
            queue = lane.queue = Queue()
            self._lanes[lane.key] = lane
        queue.everybody[ticket] = None
        if shares:
            queue.sharing[ticket] = None
        elif queue.held or lane.slots + queue.in_line >= self.limits.per_lane:
            queue.held[ticket] = None
        else:
            self._line[ticket] = None
            queue.in_line += 1
        return ticket

    def _admit_held(self, lane: Lane[C, W]) -> None:
        """Let into the line who was held back, as many as the lane may have slots."""
        queue = lane.queue
        if queue is None:
            return
        held = queue.held
        while held and lane.slots + queue.in_line < self.limits.per_lane:
            ticket, _ = held.popitem(last=False)
            self._line[ticket] = None
            queue.in_line += 1

    def _leave(self, ticket: Ticket[C, W]) -> bool:
        """Take a ticket out of its queue; whether it was in one."""
        queue = ticket.lane.queue
        if queue is None or ticket not in queue.everybody:
            return False
        self._take_out(ticket, queue)
        return True

    def _take_out(self, ticket: Ticket[C, W], queue: Queue[C, W]) -> None:
        everybody = queue.everybody
        del everybody[ticket]
        line = self._line
        if ticket in line:
            del line[ticket]
            queue.in_line -= 1
        elif ticket in queue.sharing:
            del queue.sharing[ticket]
        else:
            del queue.held[ticket]
        if not everybody:
            ticket.lane.queue = None

    def _grant(self, ticket: Ticket[C, W], slot: Slot[C, W]) -> None:
        lane = ticket.lane
        queue = lane.queue
        assert queue is not None  # the ticket is in it
        self._take_out(ticket, queue)
        if queue.held:
            self._admit_held(lane)
        ticket.slot = slot
        ticket.waker.unpark()

    def _must_yield(self, lane: Lane[C, W]) -> bool:
        """Whether the longest waiter of all, in another lane, has been passed over often enough."""
        longest = next(iter(self._line), None)
        if longest is None or longest.lane is lane:
            return False
        longest.overtaken += 1
        return longest.overtaken > self.limits.overtaking

    def _has_room(self, lane: Lane[C, W]) -> bool:
        """Whether a lane may have another slot, if need be in the place of an idle one of another."""
        in_line = 0 if lane.queue is None else lane.queue.in_line
        if lane.slots + in_line >= self.limits.per_lane:
            return False
        if len(self._slots) < self.limits.total:
            return True
        if not self._idleness:
            return False
        self._evict(next(iter(self._idleness)))
        return True

    def _slot_freed(self, lane: Lane[C, W]) -> None:
        """A slot has become free in `lane`: for those who shared its dial, or for the longest waiter of all."""
        self._settle_sharing(lane)
        self._admit_held(lane)
        while self._line and len(self._slots) < self.limits.total:
            ticket = next(iter(self._line))
            # First the slot, so that nobody is let into the line for it.
            slot = self._new_slot(ticket.lane)
            self._grant(ticket, slot)
        self._forget_if_empty(lane)

    def _settle_sharing(self, lane: Lane[C, W]) -> None:
        """Who shares needs a dial to wait for: when there is none, the first who waits for the lane dials.

        Once the lane is known not to multiplex there is nothing to share, and each dials. Where slots are short they
        wait like everybody else.
        """
        while (queue := lane.queue) is not None and queue.sharing:
            if lane.dials and lane.multiplexes is not False:
                return
            if self._must_yield(lane) or not self._has_room(lane):
                queue.held.update(queue.sharing)
                queue.sharing.clear()
                self._admit_held(lane)
            else:
                slot = self._new_slot(lane)
                self._grant(next(iter(queue.everybody)), slot)

    def _forget_if_empty(self, lane: Lane[C, W]) -> None:
        if not lane.slots and lane.queue is None:
            self._lanes.pop(lane.key, None)
