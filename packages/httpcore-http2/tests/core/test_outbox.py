"""One writer at a time, and no byte lost or sent twice, whoever writes and however it ends."""

from hypothesis import given
from hypothesis import strategies as st

from httpcore_http2._core.outbox import Outbox


class Parked:
    def __init__(self) -> None:
        self.woken = 0

    def unpark(self) -> None:
        self.woken += 1


def test_all_that_waits_is_written_at_once() -> None:
    outbox = Outbox()
    assert outbox.begin(0, None) == b""
    outbox.put(b"one")
    outbox.put(b"two")
    assert outbox.begin(3, None) == b"onetwo"
    assert outbox.end(6, 3) == b""
    assert outbox.begin(6, None) == b""
    assert outbox.written == outbox.queued == 6


def test_the_next_in_line_goes_on_when_the_writer_has_what_it_wanted() -> None:
    outbox = Outbox()
    outbox.put(b"one")
    assert outbox.begin(3, None) == b"one"
    outbox.put(b"two")
    first, second = Parked(), Parked()
    assert outbox.begin(6, None) is None
    assert outbox.begin(6, first) is None
    assert outbox.begin(3, second) is None
    assert outbox.end(3, 3) == b""
    assert (first.woken, second.woken) == (1, 1)
    assert outbox.begin(6, first) == b"two"
    assert outbox.begin(3, second) == b""


def test_with_nobody_in_line_the_writer_goes_on() -> None:
    outbox = Outbox()
    outbox.put(b"one")
    assert outbox.begin(3, None) == b"one"
    outbox.put(b"two")
    assert outbox.end(3, 3) == b"two"
    assert outbox.end(3, 3) == b""


def test_the_rest_of_a_write_that_was_cut_short_comes_first() -> None:
    outbox = Outbox()
    outbox.put(b"abcdef")
    assert outbox.begin(6, None) == b"abcdef"
    outbox.put(b"ghi")
    parked = Parked()
    assert outbox.begin(9, parked) is None
    outbox.interrupt(2)
    assert parked.woken == 1
    assert outbox.begin(9, parked) == b"cdefghi"


def test_who_leaves_hands_an_offer_on() -> None:
    outbox = Outbox()
    outbox.put(b"one")
    outbox.begin(3, None)
    first, second = Parked(), Parked()
    outbox.put(b"two")
    outbox.begin(6, first)
    outbox.begin(6, second)
    outbox.leave(Parked())
    assert (first.woken, second.woken) == (0, 0)
    outbox.end(3, 3)
    assert (first.woken, second.woken) == (1, 0)
    outbox.leave(first)
    assert second.woken == 1


def test_a_closed_outbox_takes_and_gives_nothing() -> None:
    outbox = Outbox()
    outbox.put(b"one")
    outbox.begin(3, None)
    parked = Parked()
    outbox.put(b"two")
    outbox.begin(6, parked)
    outbox.close()
    assert parked.woken == 1
    assert outbox.begin(6, parked) == b""
    assert outbox.end(3, 3) == b""
    outbox.interrupt(1)
    outbox.put(b"three")
    assert outbox.written == 0
    assert outbox.queued == 6


@given(
    st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=5),
            st.tuples(st.just("write"), st.integers(0, 20)),
            st.just("park"),
        ),
        max_size=40,
    )
)
def test_no_byte_is_lost_or_sent_twice(steps: list[object]) -> None:
    outbox = Outbox()
    queued = sent = b""
    for step in steps:
        if isinstance(step, bytes):
            outbox.put(step)
            queued += step
        elif step == "park":
            outbox.begin(outbox.queued, Parked())
        elif isinstance(step, tuple):
            data = outbox.begin(0, None)
            while data:
                if step[1] < len(data):
                    sent += data[: step[1]]
                    outbox.interrupt(step[1])
                    break
                sent += data
                data = outbox.end(len(data), outbox.queued)
        if not outbox.has_writer:
            assert queued.startswith(sent)
            assert outbox.written == len(sent)
        else:
            # `park` found the turn free: it writes.
            outbox.interrupt(0)
