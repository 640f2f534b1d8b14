"""The ledger against a naive model: the same history told to a list that is scanned, compared after every step."""

from __future__ import annotations

import os
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from httpcore_pool._core.ledger import AsyncLedger, Limits, Slot, Ticket

KEYS = st.sampled_from(["a", "b", "c"])
# The keys whose connections may turn out to multiplex: a pool knows that by the scheme.
SHARING = {"b", "c"}
STEPS = int(os.environ.get("LEDGER_STEPS", "60"))
EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "60"))


class Waker:
    def __init__(self) -> None:
        self.calls = 0

    def unpark(self) -> None:
        self.calls += 1


class Connection:
    """What the model knows of a connection."""

    def __init__(self, key: str, number: int, width: int) -> None:
        self.key = key
        self.number = number
        self.width = width
        self.is_dropped = False


class LedgerMachine(RuleBasedStateMachine):
    @initialize(
        total=st.integers(1, 4),
        idle=st.integers(0, 4),
        seconds=st.sampled_from([0.0, 1.0, 5.0, float("inf")]),
        overtaking=st.integers(0, 3),
        per_lane=st.sampled_from([1, 2, float("inf")]),
        uses=st.sampled_from([1, 3, float("inf")]),
    )
    def start(
        self, total: int, idle: int, seconds: float, overtaking: int, per_lane: float, uses: float
    ) -> None:
        self.limits = Limits(total, idle, seconds, overtaking, per_lane, uses)
        self.ledger: AsyncLedger[Connection, Waker] = AsyncLedger(self.limits, Waker)
        self.now = 0.0
        self.numbers = count()
        # One entry for each stream that a request holds, or dial that it makes.
        self.held: list[Slot[Connection, Waker]] = []
        self.tickets: list[Ticket[Connection, Waker]] = []

    def settle(self) -> None:
        """Requests that were woken go on with what they were granted; they must have been the first in their lane."""
        for key in "abc":
            line = [ticket for ticket in self.tickets if ticket.lane.key == key]
            granted = [ticket.slot is not None for ticket in line]
            assert granted == sorted(granted, reverse=True), "overtaken within a lane"
        for ticket in [ticket for ticket in self.tickets if ticket.slot is not None]:
            assert ticket.waker.calls == 1
            self.tickets.remove(ticket)
            assert ticket.slot is not None
            self.held.append(ticket.slot)
        while (connection := self.ledger.next_dropped()) is not None:
            assert not connection.is_dropped, "dropped twice"
            connection.is_dropped = True

    def connections(self, key: str) -> list[tuple[Slot[Connection, Waker], Connection]]:
        return [
            (slot, slot.connection)
            for slot in self.ledger.slots()
            if slot.connection is not None
            and slot.connection.key == key
            and slot.connection.width
            # Retired connections have no width left.
            and slot.width
            and slot.uses < self.limits.uses
        ]

    def slots_of(self, key: str) -> int:
        return sum(slot.lane.key == key for slot in self.ledger.slots())

    @rule(key=KEYS)
    def acquire(self, key: str) -> None:
        may_share = key in SHARING
        usable = [
            slot
            for slot, connection in self.connections(key)
            if self.held.count(slot) < connection.width
            and (self.held.count(slot) or min(slot.expires_at, slot.retires_at) > self.now)
        ]
        # What idles, and cannot serve this request, is never in the way.
        busy = [slot for slot in self.ledger.slots() if slot.streams]
        room = (
            len(busy) < self.limits.total
            and sum(slot.lane.key == key for slot in busy) < self.limits.per_lane
        )
        lease = self.ledger.acquire(key, self.now, may_share)
        assert lease is not None
        if usable:
            assert lease in usable
        elif isinstance(lease, Slot):
            assert room
            assert lease.is_dialing
        else:
            assert not room or may_share
        if isinstance(lease, Slot):
            self.held.append(lease)
        else:
            self.tickets.append(lease)
        self.settle()

    @precondition(lambda self: any(slot.is_dialing for slot in self.held))
    @rule(
        data=st.data(),
        width=st.sampled_from([0, 1, 1, 1, 2, 5]),
        age=st.sampled_from([2.0, float("inf")]),
    )
    def connect(self, data: st.DataObject, width: int, age: float) -> None:
        slot = data.draw(st.sampled_from([slot for slot in self.held if slot.is_dialing]))
        slot.connection = Connection(str(slot.lane.key), next(self.numbers), width)
        self.ledger.connected(slot, width, self.now + age)
        self.settle()

    @precondition(lambda self: any(slot.is_dialing for slot in self.held))
    @rule(data=st.data())
    def fail_to_connect(self, data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from([slot for slot in self.held if slot.is_dialing]))
        self.held.remove(slot)
        self.ledger.dial_failed(slot)
        self.settle()

    @precondition(lambda self: any(not slot.is_dialing for slot in self.held))
    @rule(data=st.data(), dies=st.booleans())
    def release(self, data: st.DataObject, dies: bool) -> None:
        slot = data.draw(st.sampled_from([slot for slot in self.held if not slot.is_dialing]))
        assert slot.connection is not None
        if dies:
            slot.connection.width = 0
        self.held.remove(slot)
        self.ledger.release(slot, slot.connection.width, self.now)
        self.settle()

    @precondition(lambda self: any(not slot.is_dialing for slot in self.ledger.slots()))
    @rule(data=st.data(), width=st.sampled_from([0, 1, 2, 5]))
    def resize(self, data: st.DataObject, width: int) -> None:
        slot = data.draw(
            st.sampled_from([slot for slot in self.ledger.slots() if not slot.is_dialing])
        )
        assert slot.connection is not None
        if slot.connection.width:
            slot.connection.width = width
            self.ledger.resize(slot, width)
        self.settle()

    @precondition(lambda self: any(not slot.is_dialing for slot in self.held))
    @rule(data=st.data())
    def replace(self, data: st.DataObject) -> None:
        slot = data.draw(st.sampled_from([slot for slot in self.held if not slot.is_dialing]))
        assert slot.connection is not None
        slot.connection.width = 0
        self.held.remove(slot)
        lease = self.ledger.replace(slot, self.now, slot.lane.key in SHARING)
        assert lease is not None
        if isinstance(lease, Slot):
            self.held.append(lease)
        else:
            self.tickets.append(lease)
        self.settle()

    @precondition(lambda self: self.tickets)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(self.tickets))
        self.tickets.remove(ticket)
        assert self.ledger.cancel(ticket) is None
        self.settle()

    @rule(seconds=st.sampled_from([0.5, 1.0, 10.0, -3.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def slots_are_dials_and_open_connections(self) -> None:
        slots = self.ledger.slots()
        assert len(slots) <= self.limits.total
        assert all(self.slots_of(key) <= self.limits.per_lane for key in "abc")
        for slot in slots:
            assert slot.streams == self.held.count(slot)
            if slot.is_dialing:
                assert slot.streams == 1
            else:
                assert slot.connection is not None
                assert not slot.connection.is_dropped
        idle = [slot for slot in slots if not slot.streams]
        assert len(idle) <= self.limits.idle
        for slot in self.held:
            assert slot in slots or (slot.connection is not None and slot.connection.width == 0)

    @invariant()
    def nobody_waits_in_vain(self) -> None:
        slots = self.ledger.slots()
        assert self.ledger.waiting() == len(self.tickets)
        for ticket in self.tickets:
            key = str(ticket.lane.key)
            assert not [
                slot
                for slot, connection in self.connections(key)
                if self.held.count(slot) < connection.width
            ], "waits while a connection of its lane has a stream to spare"
            is_dialing = any(slot.is_dialing and slot.lane.key == key for slot in slots)
            has_room = len(slots) < self.limits.total or any(not slot.streams for slot in slots)
            may_dial = has_room and self.slots_of(key) < self.limits.per_lane
            assert is_dialing or not may_dial, "waits while it could dial"

    def teardown(self) -> None:
        """When all is given back nothing remains but what may idle."""
        if not hasattr(self, "ledger"):
            return
        for ticket in self.tickets:
            self.ledger.cancel(ticket)
        for slot in self.held:
            if slot.is_dialing:
                self.ledger.dial_failed(slot)
            else:
                assert slot.connection is not None
                self.ledger.release(slot, slot.connection.width, self.now)
        assert all(not slot.streams for slot in self.ledger.slots())
        self.ledger.close()
        assert self.ledger.slots() == []
        assert not self.ledger._lanes
        assert not self.ledger._line
        assert not self.ledger._idleness


TestLedgerAgainstModel = LedgerMachine.TestCase
TestLedgerAgainstModel.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None
)
