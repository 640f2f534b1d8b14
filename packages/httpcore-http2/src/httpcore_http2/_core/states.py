"""The two state machines that are ours, beside those of h2: what a connection can still do, and how far a response is.

h2 knows which frames are legal. These tables know what that means for whoever uses the connection: whether it takes
another request, whether a response counts although its stream was reset, whether anything is left to wait for.
A pair that is absent cannot happen; looking it up raises `KeyError`.
"""

from __future__ import annotations

from enum import IntEnum, auto

__all__ = [
    "CONNECTION",
    "STREAM",
    "ConnectionInput",
    "ConnectionState",
    "StreamInput",
    "StreamState",
]


class _Quick(IntEnum):
    """An enumeration whose members are looked up in the tables as quickly as numbers."""

    __hash__ = int.__hash__


class ConnectionState(_Quick):
    """What a connection can still do."""

    IDLE = auto()  # open, no request under way
    ACTIVE = auto()  # open, with requests under way
    DRAINING = auto()  # takes no more requests, those under way go on
    CLOSED = auto()


class ConnectionInput(_Quick):
    """What happens to a connection."""

    OPEN = auto()  # a request begins
    EMPTY = auto()  # the last request under way has ended
    LAST_CALL = auto()  # GOAWAY, stream identifiers used up, or nothing can be written any more
    END = auto()  # end of file, a network or protocol error, or our own closing


class StreamState(_Quick):
    """How far a response is."""

    AWAITING = auto()  # its head has not come
    RECEIVING = auto()  # its head has come, its end has not
    COMPLETE = auto()  # all of it has come
    FAILED = auto()  # it will never be complete
    GIVEN_UP = auto()  # nobody wants it any more


class StreamInput(_Quick):
    """What happens to a response."""

    INTERIM = auto()  # a 1xx response
    HEAD = auto()
    DATA = auto()
    END = auto()  # END_STREAM, maybe with trailers
    FAIL = auto()  # RST_STREAM, GOAWAY below it, the connection's end
    GIVE_UP = auto()  # time-out, cancellation, early close, or read to its end and closed


_C, _CI = ConnectionState, ConnectionInput

CONNECTION: dict[tuple[ConnectionState, ConnectionInput], ConnectionState] = {
    (_C.IDLE, _CI.OPEN): _C.ACTIVE,
    (_C.IDLE, _CI.LAST_CALL): _C.CLOSED,
    (_C.IDLE, _CI.END): _C.CLOSED,
    (_C.ACTIVE, _CI.OPEN): _C.ACTIVE,
    (_C.ACTIVE, _CI.EMPTY): _C.IDLE,
    (_C.ACTIVE, _CI.LAST_CALL): _C.DRAINING,
    (_C.ACTIVE, _CI.END): _C.CLOSED,
    (_C.DRAINING, _CI.EMPTY): _C.CLOSED,
    (_C.DRAINING, _CI.LAST_CALL): _C.DRAINING,
    (_C.DRAINING, _CI.END): _C.CLOSED,
    (_C.CLOSED, _CI.EMPTY): _C.CLOSED,
    (_C.CLOSED, _CI.LAST_CALL): _C.CLOSED,
    (_C.CLOSED, _CI.END): _C.CLOSED,
}

_S, _SI = StreamState, StreamInput

STREAM: dict[tuple[StreamState, StreamInput], StreamState] = {
    (_S.AWAITING, _SI.INTERIM): _S.AWAITING,
    (_S.AWAITING, _SI.HEAD): _S.RECEIVING,
    (_S.AWAITING, _SI.FAIL): _S.FAILED,
    (_S.AWAITING, _SI.GIVE_UP): _S.GIVEN_UP,
    (_S.RECEIVING, _SI.DATA): _S.RECEIVING,
    (_S.RECEIVING, _SI.END): _S.COMPLETE,
    (_S.RECEIVING, _SI.FAIL): _S.FAILED,
    (_S.RECEIVING, _SI.GIVE_UP): _S.GIVEN_UP,
    # A reset after a complete response only stops the upload (RFC 9113, 8.1).
    (_S.COMPLETE, _SI.FAIL): _S.COMPLETE,
    (_S.COMPLETE, _SI.GIVE_UP): _S.GIVEN_UP,
    (_S.FAILED, _SI.FAIL): _S.FAILED,
    (_S.FAILED, _SI.GIVE_UP): _S.GIVEN_UP,
    (_S.GIVEN_UP, _SI.GIVE_UP): _S.GIVEN_UP,
}
