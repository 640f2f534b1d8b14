"""The ledger's rules, one by one, with plain objects for connections and a number for the time."""

from __future__ import annotations

import pytest

from httpcore_pool._core.ledger import AsyncLedger, Limits, Slot, Ticket
from httpcore_pool._ledgers import SynchronizedLedger


class Waker:
    def __init__(self) -> None:
        self.calls = 0

    def unpark(self) -> None:
        self.calls += 1


Ledger = AsyncLedger[str, Waker]
LedgerSlot = Slot[str, Waker]
LedgerTicket = Ticket[str, Waker]


@pytest.fixture(params=[AsyncLedger, SynchronizedLedger], ids=["plain", "synchronized"])
def kind(request: pytest.FixtureRequest) -> type[Ledger]:
    chosen: type[Ledger] = request.param
    return chosen


def dial(ledger: Ledger, key: str, name: str, width: int = 1, now: float = 0.0) -> LedgerSlot:
    """Acquire a slot that has to be dialed for, and connect it."""
    slot = slot_for(ledger, key, now)
    assert slot.is_dialing
    slot.connection = name
    ledger.connected(slot, width)
    return slot


def slot_for(ledger: Ledger, key: str, now: float = 0.0, may_share: bool = False) -> LedgerSlot:
    lease = ledger.acquire(key, now, may_share)
    assert isinstance(lease, Slot)
    return lease


def ticket_for(ledger: Ledger, key: str, now: float = 0.0, may_share: bool = False) -> LedgerTicket:
    lease = ledger.acquire(key, now, may_share)
    assert isinstance(lease, Ticket)
    return lease


def test_first_request_dials(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    slot = slot_for(ledger, "a")
    assert slot.is_dialing
    assert slot.connection is None
    assert ledger.slots() == [slot]


def test_place_of_a_lost_connection_is_free_at_once(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "A", width=10)
    assert ledger.acquire("a", 0.0) is slot
    ticket = ticket_for(ledger, "b")
    ledger.lose(slot)
    assert ledger.next_dropped() == "A"
    assert ticket.slot is not None
    ledger.lose(slot)
    ledger.release(slot, 0, 1.0)
    ledger.release(slot, 0, 1.0)
    assert ledger.next_dropped() is None
    assert ledger.slots() == [ticket.slot]
    # One that is being dialed for is not lost but failed.
    ledger.lose(ticket.slot)
    assert ledger.slots() == [ticket.slot]


def test_released_connection_is_used_again_last_used_first(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    first, second = dial(ledger, "a", "1"), dial(ledger, "a", "2")
    ledger.release(first, 1, 0.0)
    ledger.release(second, 1, 0.0)
    assert slot_for(ledger, "a") is second
    assert slot_for(ledger, "a") is first
    assert not ledger.dropped


def test_connection_of_another_lane_is_not_used(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    ledger.release(dial(ledger, "a", "1"), 1, 0.0)
    assert slot_for(ledger, "b").is_dialing


def test_full_pool_makes_requests_wait_and_hands_over_in_order(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1")
    first, second = ticket_for(ledger, "a"), ticket_for(ledger, "a")
    assert ledger.waiting() == 2
    ledger.release(slot, 1, 0.0)
    assert (first.slot, second.slot) == (slot, None)
    assert (first.waker.calls, second.waker.calls) == (1, 0)
    ledger.release(slot, 1, 0.0)
    assert second.slot is slot
    assert ledger.waiting() == 0


def test_full_pool_closes_the_longest_idle_connection_of_another_lane(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=2), Waker)
    older, newer = dial(ledger, "a", "older"), dial(ledger, "b", "newer")
    ledger.release(older, 1, 0.0)
    ledger.release(newer, 1, 0.0)
    assert slot_for(ledger, "c").is_dialing
    assert ledger.next_dropped() == "older"
    assert ledger.next_dropped() is None
    assert older.is_gone


def test_freed_connection_is_closed_for_a_waiter_of_another_lane(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1")
    ticket = ticket_for(ledger, "b")
    ledger.release(slot, 1, 0.0)
    assert list(ledger.dropped) == ["1"]
    assert ticket.slot is not None
    assert ticket.slot.is_dialing
    assert ticket.slot.lane.key == "b"


def test_longest_waiter_is_passed_over_only_so_often(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1, overtaking=3), Waker)
    slot = dial(ledger, "a", "1")
    other = ticket_for(ledger, "b")
    for _ in range(3):
        own = ticket_for(ledger, "a")
        ledger.release(slot, 1, 0.0)
        assert own.slot is slot
    patient = ticket_for(ledger, "a")
    ledger.release(slot, 1, 0.0)
    assert other.slot is not None
    assert patient.slot is None
    ledger.dial_failed(other.slot)
    assert patient.slot is not None


def test_dead_connection_frees_its_slot(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1")
    ticket = ticket_for(ledger, "a")
    ledger.release(slot, 0, 0.0)
    assert ticket.slot is not None
    assert ticket.slot.is_dialing
    assert list(ledger.dropped) == ["1"]


def test_failed_dial_frees_its_slot(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = slot_for(ledger, "a")
    ticket = ticket_for(ledger, "b")
    ledger.dial_failed(slot)
    assert ticket.slot is not None
    assert ticket.slot.is_dialing
    ledger.dial_failed(ticket.slot)
    assert ledger.slots() == []
    assert ledger.acquire("a", 0.0) is not None


def test_cancelled_waiter_is_passed_over(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1")
    first, second = ticket_for(ledger, "a"), ticket_for(ledger, "a")
    assert ledger.cancel(first) is None
    ledger.release(slot, 1, 0.0)
    assert second.slot is slot
    assert first.waker.calls == 0


def test_waiter_cancelled_too_late_gets_its_slot_to_give_back(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1")
    ticket = ticket_for(ledger, "a")
    ledger.release(slot, 1, 0.0)
    assert ledger.cancel(ticket) is slot


def test_idle_connection_survives_while_idle_count_is_within_limit(kind: type[Ledger]) -> None:
    ledger = kind(Limits(idle=1), Waker)
    first, second = dial(ledger, "a", "1"), dial(ledger, "b", "2")
    ledger.release(first, 1, 0.0)
    assert not ledger.dropped
    ledger.release(second, 1, 0.0)
    assert list(ledger.dropped) == ["1"]
    assert ledger.slots() == [second]


@pytest.mark.parametrize(
    "limits", [Limits(idle=0), Limits(idle_seconds=0)], ids=["idle", "seconds"]
)
def test_nothing_is_kept_when_nothing_may_idle(kind: type[Ledger], limits: Limits) -> None:
    ledger = kind(limits, Waker)
    ledger.release(dial(ledger, "a", "1"), 1, 0.0)
    assert list(ledger.dropped) == ["1"]
    assert ledger.slots() == []


def test_idle_connections_expire(kind: type[Ledger]) -> None:
    ledger = kind(Limits(idle_seconds=5.0), Waker)
    old, young = dial(ledger, "a", "old"), dial(ledger, "a", "young")
    ledger.release(old, 1, 0.0)
    ledger.release(young, 1, 3.0)
    assert slot_for(ledger, "b", now=5.0).is_dialing
    assert list(ledger.dropped) == ["old"]
    assert slot_for(ledger, "a", now=7.9) is young


def test_stale_connection_is_replaced_by_another_idle_one(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    first, second = dial(ledger, "a", "1"), dial(ledger, "a", "2")
    ledger.release(first, 1, 0.0)
    ledger.release(second, 1, 0.0)
    stale = slot_for(ledger, "a")
    assert ledger.replace(stale, 0.0) is first
    assert list(ledger.dropped) == ["2"]


def test_stale_connection_without_another_keeps_its_slot_for_a_dial(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1")
    ledger.release(slot, 1, 0.0)
    stale = slot_for(ledger, "a")
    assert ledger.replace(stale, 0.0) is stale
    assert stale.is_dialing
    assert stale.connection is None
    assert list(ledger.dropped) == ["1"]
    stale.connection = "2"
    ledger.connected(stale, 1)
    ledger.release(stale, 1, 0.0)
    assert slot_for(ledger, "a") is stale


def test_stale_connection_shared_with_others_is_left_to_them(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    slot = dial(ledger, "a", "1", width=5)
    assert slot_for(ledger, "a") is slot
    renewed = ledger.replace(slot, 0.0)
    assert isinstance(renewed, Slot)
    assert renewed is not slot
    assert not ledger.dropped
    ledger.release(slot, 0, 0.0)
    assert list(ledger.dropped) == ["1"]


def test_replacing_in_a_closed_ledger_gives_nothing(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    slot = dial(ledger, "a", "1")
    ledger.close()
    assert ledger.replace(slot, 0.0) is None


def test_fresh_connection_is_dialed_although_one_idles(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    ledger.release(dial(ledger, "a", "1"), 1, 0.0)
    lease = ledger.acquire("a", 0.0, fresh=True)
    assert isinstance(lease, Slot)
    assert lease.is_dialing
    assert list(ledger.dropped) == ["1"]


def test_streams_of_one_connection_are_capacity(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1", width=2)
    assert slot_for(ledger, "a") is slot
    ticket = ticket_for(ledger, "a")
    ledger.release(slot, 2, 0.0)
    assert ticket.slot is slot
    ledger.release(slot, 2, 0.0)
    ledger.release(slot, 2, 0.0)
    assert slot_for(ledger, "a") is slot
    assert slot_for(ledger, "a") is slot


def test_second_connection_is_dialed_when_streams_run_out(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    dial(ledger, "a", "1", width=1)
    assert slot_for(ledger, "a").is_dialing


def test_requests_share_a_dial_that_may_multiplex(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    slot = slot_for(ledger, "a", may_share=True)
    tickets = [ticket_for(ledger, "a", may_share=True) for _ in range(3)]
    slot.connection = "1"
    ledger.connected(slot, 3)
    assert [ticket.slot is slot for ticket in tickets[:2]] == [True, True]
    # The streams ran out, so the third dials.
    assert tickets[2].slot is not None
    assert tickets[2].slot.is_dialing


def test_shared_dial_that_does_not_multiplex_lets_each_dial(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=3), Waker)
    slot = slot_for(ledger, "a", may_share=True)
    idle = dial(ledger, "b", "idle")
    ledger.release(idle, 1, 0.0)
    tickets = [ticket_for(ledger, "a", may_share=True) for _ in range(3)]
    slot.connection = "1"
    ledger.connected(slot, 1)
    # One slot was free, one was idle, and the third request waits in line.
    assert [ticket.slot is not None for ticket in tickets] == [True, True, False]
    assert list(ledger.dropped) == ["idle"]
    ledger.release(slot, 1, 0.0)
    assert tickets[2].slot is slot
    # The lane is known by now: nobody shares any more.
    assert isinstance(ledger.acquire("a", 0.0, may_share=True), Ticket)
    ledger.dial_failed(tickets[0].slot)  # type: ignore[arg-type]  # asserted above
    assert ledger.waiting() == 0


def test_next_sharer_takes_over_a_dial_that_failed(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    slot = slot_for(ledger, "a", may_share=True)
    first, second = ticket_for(ledger, "a", may_share=True), ticket_for(ledger, "a", may_share=True)
    ledger.dial_failed(slot)
    assert first.slot is not None
    assert first.slot.is_dialing
    assert second.slot is None
    first.slot.connection = "2"
    ledger.connected(first.slot, 10)
    assert second.slot is first.slot


def test_sharers_join_the_line_when_another_lane_waited_long_enough(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1, overtaking=0), Waker)
    slot = slot_for(ledger, "a", may_share=True)
    longest = ticket_for(ledger, "b")
    sharer = ticket_for(ledger, "a", may_share=True)
    ledger.dial_failed(slot)
    assert longest.slot is not None
    assert sharer.slot is None
    ledger.dial_failed(longest.slot)
    assert sharer.slot is not None


def test_lowered_stream_limit_serves_nobody_until_it_is_reached(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1", width=3)
    assert slot_for(ledger, "a") is slot
    ledger.resize(slot, 1)
    ticket = ticket_for(ledger, "a")
    ledger.release(slot, 1, 0.0)
    assert ticket.slot is None
    ledger.release(slot, 1, 0.0)
    assert ticket.slot is slot


def test_raised_stream_limit_serves_those_who_wait(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1", width=1)
    tickets = [ticket_for(ledger, "a") for _ in range(2)]
    ledger.resize(slot, 3)
    assert [ticket.slot for ticket in tickets] == [slot, slot]


def test_retired_connection_ends_with_its_last_stream(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    slot = dial(ledger, "a", "1", width=5)
    assert slot_for(ledger, "a") is slot
    ledger.resize(slot, 0)
    ticket = ticket_for(ledger, "a")
    ledger.release(slot, 0, 0.0)
    assert not ledger.dropped
    ledger.release(slot, 0, 0.0)
    assert list(ledger.dropped) == ["1"]
    assert ticket.slot is not None
    assert ticket.slot.is_dialing


def test_connection_that_dies_while_it_rests_leaves_at_once(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    slot = dial(ledger, "a", "1", width=5)
    ledger.release(slot, 5, 0.0)
    ledger.resize(slot, 4)
    ledger.resize(slot, 0)
    assert list(ledger.dropped) == ["1"]
    assert ledger.slots() == []
    ledger.resize(slot, 3)
    assert ledger.slots() == []


def test_closed_ledger_drops_everything_and_wakes_everybody(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=3), Waker)
    busy, idle = dial(ledger, "a", "busy"), dial(ledger, "b", "idle")
    dialing = slot_for(ledger, "c")
    dialing.connection = "dialing"
    ticket = ticket_for(ledger, "d")
    ledger.release(idle, 1, 0.0)
    assert isinstance(ticket.slot, Slot)
    waiting = ticket_for(ledger, "d")
    ledger.close()
    assert sorted(ledger.dropped) == ["busy", "dialing", "idle"]
    assert waiting.slot is None
    assert waiting.waker.calls == 1
    assert ledger.cancel(waiting) is None
    assert ledger.acquire("a", 0.0) is None
    # Late reports change nothing.
    ledger.release(busy, 1, 0.0)
    ledger.connected(dialing, 1)
    ledger.dial_failed(dialing)
    ledger.close()
    assert ledger.slots() == []


def test_lane_has_no_more_slots_than_it_may(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=3, per_lane=1), Waker)
    slot = dial(ledger, "a", "1")
    first, second = ticket_for(ledger, "a"), ticket_for(ledger, "a")
    # The others' slots are not for this lane, nor are its waiters in the others' way.
    other = dial(ledger, "b", "2")
    ledger.release(other, 0, 0.0)
    assert first.slot is None
    ledger.release(slot, 0, 0.0)
    assert first.slot is not None
    assert first.slot.is_dialing
    assert second.slot is None
    assert ledger.cancel(second) is None
    ledger.dial_failed(first.slot)
    assert slot_for(ledger, "a").is_dialing


def test_sharers_beyond_the_limit_of_their_lane_are_held_back(kind: type[Ledger]) -> None:
    ledger = kind(Limits(per_lane=2), Waker)
    slot = slot_for(ledger, "a", may_share=True)
    tickets = [ticket_for(ledger, "a", may_share=True) for _ in range(3)]
    slot.connection = "1"
    ledger.connected(slot, 1)
    assert [ticket.slot is not None for ticket in tickets] == [True, False, False]
    ledger.release(slot, 1, 0.0)
    assert tickets[1].slot is slot


def test_who_leaves_the_line_lets_in_who_was_held_back(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1, per_lane=1), Waker)
    other = dial(ledger, "b", "1")
    first, second = ticket_for(ledger, "a"), ticket_for(ledger, "a")
    assert ledger.cancel(first) is None
    ledger.release(other, 0, 0.0)
    assert second.slot is not None


def test_cancelling_twice_changes_nothing(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1), Waker)
    dial(ledger, "a", "1")
    ticket = ticket_for(ledger, "a")
    ticket_for(ledger, "a")
    assert ledger.cancel(ticket) is None
    assert ledger.cancel(ticket) is None
    assert ledger.waiting() == 1


def test_connection_retires_after_so_many_uses(kind: type[Ledger]) -> None:
    ledger = kind(Limits(uses=2), Waker)
    slot = dial(ledger, "a", "1")
    ledger.release(slot, 1, 0.0)
    assert slot_for(ledger, "a") is slot
    ledger.release(slot, 1, 0.0)
    assert list(ledger.dropped) == ["1"]


def test_multiplexed_connection_retires_after_so_many_uses(kind: type[Ledger]) -> None:
    ledger = kind(Limits(uses=3), Waker)
    slot = dial(ledger, "a", "1", width=10)
    ledger.release(slot, 10, 0.0)
    assert [slot_for(ledger, "a") for _ in range(2)] == [slot, slot]
    # Its last stream is given out, though it could carry more.
    assert slot_for(ledger, "a") is not slot
    ledger.release(slot, 10, 0.0)
    ledger.release(slot, 10, 0.0)
    assert list(ledger.dropped) == ["1"]


def test_connection_retires_at_its_age(kind: type[Ledger]) -> None:
    ledger = kind(Limits(), Waker)
    old, older = slot_for(ledger, "a"), slot_for(ledger, "a")
    for slot, name in ((old, "old"), (older, "older")):
        slot.connection = name
        ledger.connected(slot, 1, retires_at=5.0)
    ledger.release(old, 1, 4.0)
    ledger.release(older, 1, 6.0)
    assert list(ledger.dropped) == ["older"]
    assert slot_for(ledger, "a", now=6.0) is not old
    assert list(ledger.dropped) == ["older", "old"]


def test_counts_say_what_happened(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=1, idle_seconds=5.0), Waker)
    slot = dial(ledger, "a", "1")
    ticket_for(ledger, "a")
    ledger.release(slot, 1, 0.0)
    ledger.release(slot, 1, 0.0)
    replaced = ledger.replace(slot_for(ledger, "a"), 0.0)
    assert replaced is slot
    ledger.dial_failed(slot)
    ledger.release(dial(ledger, "a", "2"), 1, 0.0)
    ledger.release(dial(ledger, "b", "3"), 1, 0.0)
    ledger.dial_failed(slot_for(ledger, "c", now=9.0))
    counts = ledger.counts
    assert (counts.dials, counts.failed_dials, counts.reuses, counts.waits) == (5, 2, 2, 1)
    assert (counts.evictions, counts.expiries, counts.replacements) == (1, 1, 1)


def test_forgotten_ledger_is_as_new_and_hears_nothing_of_before(kind: type[Ledger]) -> None:
    ledger = kind(Limits(total=2, idle=1), Waker)
    busy, idle = dial(ledger, "a", "busy"), dial(ledger, "a", "idle")
    ledger.release(idle, 1, 0.0)
    dialing = slot_for(ledger, "b")
    ticket = ticket_for(ledger, "b")
    assert ledger.forget() == ["busy", "idle"]
    assert ledger.slots() == []
    assert ledger.waiting() == 0
    assert not ledger.dropped
    ledger.release(busy, 1, 0.0)
    ledger.dial_failed(dialing)
    assert ledger.cancel(ticket) is None
    assert ticket.waker.calls == 0
    assert slot_for(ledger, "a").is_dialing
    assert slot_for(ledger, "b").is_dialing
