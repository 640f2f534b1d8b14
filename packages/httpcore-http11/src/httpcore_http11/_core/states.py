"""The life of an HTTP/1.1 connection, as one table.

A connection serves one exchange at a time, and everything that can happen to it, the peer's end of stream, a time-out
and the caller's cancellation included, is an input here. A pair that is not in the table cannot happen; looking it up
raises. The connection changes its state nowhere else, so no state hides in a flag.

`RECEIVING_EARLY` is a response whose request was never sent to its end. Framing is lost then, so no way leads from
there back to `IDLE` (RFC 9112, 9.3 and 9.5).
"""

from typing import Final

from httpcore_interfaces import LocalProtocolError

__all__ = ["AFTER", "CONNECTION_TABLE", "ENDINGS", "INPUTS", "STATES", "shown_state"]

# Strings, not an Enum: they are looked up several times per request.
State = str
Input = str

NEW: Final = "NEW"  # connected, nothing sent yet
IDLE: Final = "IDLE"  # between two exchanges
SENDING: Final = "SENDING"  # the request is being written
WAITING: Final = "WAITING"  # the request is written, its final response has not begun
RECEIVING: Final = "RECEIVING"  # the final response is being read
RECEIVING_EARLY: Final = "RECEIVING_EARLY"  # the same, but the request was not sent to its end
SWITCHED: Final = "SWITCHED"  # CONNECT or Upgrade: the bytes are no longer HTTP/1.1
CLOSED: Final = "CLOSED"

STATES: Final = (NEW, IDLE, SENDING, WAITING, RECEIVING, RECEIVING_EARLY, SWITCHED, CLOSED)

SEND: Final = "SEND"  # a request comes in
UNSENT: Final = "UNSENT"  # it could not be sent, and not one byte of it was
SENT: Final = "SENT"  # its last byte is written
HEAD: Final = "HEAD"  # the final response's head is here
SWITCH: Final = "SWITCH"  # the head says that the protocol changes
END_KEEP: Final = "END_KEEP"  # the response has been read to its end, and the connection may go on
END_LAST: Final = "END_LAST"  # the response has been read to its end, and was the last
ABANDON: Final = "ABANDON"  # the caller gives up the rest of the response
EOF: Final = "EOF"  # the peer ended the connection where it must not
TIMEOUT: Final = "TIMEOUT"
CANCEL: Final = "CANCEL"
FAULT: Final = (
    "FAULT"  # either side broke the protocol, the network failed, or the caller's body did
)
CLOSE: Final = "CLOSE"  # the owner closes

INPUTS: Final = (
    SEND,
    UNSENT,
    SENT,
    HEAD,
    SWITCH,
    END_KEEP,
    END_LAST,
    ABANDON,
    EOF,
    TIMEOUT,
    CANCEL,
    FAULT,
    CLOSE,
)

#: The inputs that end an exchange.
ENDINGS: Final = frozenset(
    (UNSENT, END_KEEP, END_LAST, ABANDON, EOF, TIMEOUT, CANCEL, FAULT, CLOSE)
)


class _Table(dict[tuple[State, Input], State]):
    """A lookup that says in words what cannot happen."""

    def __missing__(self, key: tuple[State, Input]) -> State:
        state, happened = key
        if state is CLOSED:
            raise LocalProtocolError(
                f"the connection was closed while a request was under way ({happened} in state CLOSED); "
                "send it again on another connection"
            )
        raise LocalProtocolError(f"{happened} cannot happen to a connection in state {state}")


CONNECTION_TABLE: Final = _Table(
    {
        (NEW, SEND): SENDING,
        (NEW, CLOSE): CLOSED,
        (IDLE, SEND): SENDING,
        (IDLE, CLOSE): CLOSED,
        (SENDING, UNSENT): IDLE,
        (SENDING, SENT): WAITING,
        (SENDING, HEAD): RECEIVING_EARLY,
        (SENDING, EOF): CLOSED,
        (SENDING, TIMEOUT): CLOSED,
        (SENDING, CANCEL): CLOSED,
        (SENDING, FAULT): CLOSED,
        (SENDING, CLOSE): CLOSED,
        (WAITING, HEAD): RECEIVING,
        (WAITING, SWITCH): SWITCHED,
        (WAITING, EOF): CLOSED,
        (WAITING, TIMEOUT): CLOSED,
        (WAITING, CANCEL): CLOSED,
        (WAITING, FAULT): CLOSED,
        (WAITING, CLOSE): CLOSED,
        (RECEIVING, END_KEEP): IDLE,
        (RECEIVING, END_LAST): CLOSED,
        (RECEIVING, ABANDON): CLOSED,
        (RECEIVING, EOF): CLOSED,
        (RECEIVING, TIMEOUT): CLOSED,
        (RECEIVING, CANCEL): CLOSED,
        (RECEIVING, FAULT): CLOSED,
        (RECEIVING, CLOSE): CLOSED,
        (RECEIVING_EARLY, END_LAST): CLOSED,
        (RECEIVING_EARLY, ABANDON): CLOSED,
        (RECEIVING_EARLY, EOF): CLOSED,
        (RECEIVING_EARLY, TIMEOUT): CLOSED,
        (RECEIVING_EARLY, CANCEL): CLOSED,
        (RECEIVING_EARLY, FAULT): CLOSED,
        (RECEIVING_EARLY, CLOSE): CLOSED,
        (SWITCHED, ABANDON): CLOSED,
        (SWITCHED, EOF): CLOSED,
        (SWITCHED, TIMEOUT): CLOSED,
        (SWITCHED, CANCEL): CLOSED,
        (SWITCHED, FAULT): CLOSED,
        (SWITCHED, CLOSE): CLOSED,
        (CLOSED, CLOSE): CLOSED,
    }
)

#: The same table by input: what every request looks up, in dicts that need no pair to be made. Who finds nothing asks the
#: table, which says why.
AFTER: Final[dict[Input, dict[State, State]]] = {
    happened: {
        state: after for (state, given), after in CONNECTION_TABLE.items() if given is happened
    }
    for happened in INPUTS
}


def shown_state(state: State) -> str:
    """The state in the four words that `repr` and `info()` know: NEW, IDLE, ACTIVE, CLOSED."""
    return state if state in (NEW, IDLE, CLOSED) else "ACTIVE"
