"""The whole product of states and inputs, so that no pair is decided by accident."""

from itertools import product

from httpcore_http2._core.states import (
    CONNECTION,
    STREAM,
    ConnectionInput,
    ConnectionState,
    StreamInput,
    StreamState,
)


def test_a_connection_never_opens_requests_when_it_drains_or_is_closed() -> None:
    for state, event in product(ConnectionState, ConnectionInput):
        known = (state, event) in CONNECTION
        if event == ConnectionInput.OPEN:
            assert known == (state in (ConnectionState.IDLE, ConnectionState.ACTIVE))
        elif event == ConnectionInput.EMPTY:
            assert known == (state != ConnectionState.IDLE)
        else:
            assert known


def test_a_closed_connection_stays_closed() -> None:
    for event in ConnectionInput:
        assert CONNECTION.get((ConnectionState.CLOSED, event), ConnectionState.CLOSED) == (
            ConnectionState.CLOSED
        )
    for state in ConnectionState:
        assert CONNECTION[state, ConnectionInput.END] == ConnectionState.CLOSED


def test_every_response_can_be_given_up_and_stays_so() -> None:
    for state in StreamState:
        assert STREAM[state, StreamInput.GIVE_UP] == StreamState.GIVEN_UP
    for event in StreamInput:
        known = (StreamState.GIVEN_UP, event) in STREAM
        assert known == (event == StreamInput.GIVE_UP)


def test_a_response_moves_forward_only() -> None:
    for (state, _), result in STREAM.items():
        assert result >= state


def test_a_complete_response_counts_whatever_comes_after_it() -> None:
    assert STREAM[StreamState.COMPLETE, StreamInput.FAIL] == StreamState.COMPLETE


def test_content_comes_after_the_head_and_before_the_end() -> None:
    for state in StreamState:
        assert ((state, StreamInput.DATA) in STREAM) == (state == StreamState.RECEIVING)
        assert ((state, StreamInput.END) in STREAM) == (state == StreamState.RECEIVING)
        assert ((state, StreamInput.HEAD) in STREAM) == (state == StreamState.AWAITING)
        assert ((state, StreamInput.INTERIM) in STREAM) == (state == StreamState.AWAITING)
