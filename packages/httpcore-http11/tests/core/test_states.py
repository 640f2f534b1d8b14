"""The table of connection states: the whole product of states and inputs."""

import itertools

import pytest

from httpcore_http11._core import states
from httpcore_http11._core.states import CONNECTION_TABLE, ENDINGS, INPUTS, STATES, shown_state
from httpcore_interfaces import LocalProtocolError

PAIRS = list(itertools.product(STATES, INPUTS))


@pytest.mark.parametrize(("state", "happened"), PAIRS)
def test_every_pair_leads_somewhere_or_is_an_error(state: str, happened: str) -> None:
    if (state, happened) in CONNECTION_TABLE:
        assert CONNECTION_TABLE[state, happened] in STATES
    else:
        with pytest.raises(LocalProtocolError, match=happened):
            CONNECTION_TABLE[state, happened]


def test_looking_up_an_absent_pair_adds_nothing() -> None:
    before = dict(CONNECTION_TABLE)
    with pytest.raises(LocalProtocolError, match="closed while a request was under way"):
        CONNECTION_TABLE[states.CLOSED, states.SENT]
    assert before == CONNECTION_TABLE


def test_nothing_leads_out_of_closed() -> None:
    left = {key: after for key, after in CONNECTION_TABLE.items() if key[0] == states.CLOSED}
    assert left == {(states.CLOSED, states.CLOSE): states.CLOSED}


def test_every_state_can_be_reached_and_closed() -> None:
    reached = {states.NEW}
    for _ in STATES:
        reached |= {after for (state, _), after in CONNECTION_TABLE.items() if state in reached}
    assert reached == set(STATES)
    assert all((state, states.CLOSE) in CONNECTION_TABLE for state in STATES)


def test_only_an_exchange_that_ended_well_or_never_began_leaves_the_connection_open() -> None:
    open_after = {key for key, after in CONNECTION_TABLE.items() if after == states.IDLE}
    assert open_after == {(states.SENDING, states.UNSENT), (states.RECEIVING, states.END_KEEP)}


@pytest.mark.parametrize("happened", [states.EOF, states.TIMEOUT, states.CANCEL, states.FAULT])
def test_what_goes_wrong_closes_the_connection(happened: str) -> None:
    for state in set(STATES) - {states.NEW, states.IDLE, states.CLOSED}:
        assert CONNECTION_TABLE[state, happened] == states.CLOSED


def test_endings_end() -> None:
    for (_, happened), after in CONNECTION_TABLE.items():
        assert (after in (states.IDLE, states.CLOSED)) == (happened in ENDINGS)


def test_people_see_four_states() -> None:
    assert [shown_state(state) for state in STATES] == [
        "NEW",
        "IDLE",
        "ACTIVE",
        "ACTIVE",
        "ACTIVE",
        "ACTIVE",
        "ACTIVE",
        "CLOSED",
    ]
