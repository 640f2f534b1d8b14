"""Exceptions carry fields, make their text of them, and can be pickled."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import httpcore_interfaces
from httpcore_interfaces import (
    ConnectError,
    ConnectionNotAvailable,
    ConnectTimeout,
    ErrorDetails,
    HTTPCoreError,
    NetworkError,
    Origin,
    PoolTimeout,
    ProtocolError,
    ProxyError,
    ReadError,
    ReadTimeout,
    StreamClosed,
    StreamConsumed,
    TimeoutException,
    UnsupportedProtocol,
    WriteTimeout,
)

ORIGIN = Origin(b"https", b"example.com", 443)
ALL = sorted(
    (
        kind
        for kind in vars(httpcore_interfaces).values()
        if isinstance(kind, type) and issubclass(kind, HTTPCoreError)
    ),
    key=lambda kind: kind.__name__,
)
DETAILS: ErrorDetails = {
    "phase": "read response head",
    "method": "GET",
    "origin": ORIGIN,
    "proxy": Origin(b"http", b"proxy", 8080),
    "peer": "192.0.2.1:443",
    "reused": True,
    "bytes_sent": 5,
    "bytes_received": 0,
    "limit": 5.0,
    "elapsed": 5.1,
    "safe_to_retry": True,
    "unprocessed": True,
    "http11_required": True,
    "attempts": (("192.0.2.1", OSError(111, "refused")), ("192.0.2.2", TimeoutError())),
}


def test_the_tree_is_that_of_httpcore_under_one_root() -> None:
    tree = {kind.__name__: kind.__mro__[1].__name__ for kind in ALL}
    assert tree == {
        "CloseError": "NetworkError",
        "ConnectError": "NetworkError",
        "ConnectTimeout": "TimeoutException",
        "ConnectionNotAvailable": "HTTPCoreError",
        "HTTPCoreError": "Exception",
        "LocalProtocolError": "ProtocolError",
        "NetworkError": "HTTPCoreError",
        "PoolTimeout": "TimeoutException",
        "ProtocolError": "HTTPCoreError",
        "ProxyError": "HTTPCoreError",
        "ReadError": "NetworkError",
        "ReadTimeout": "TimeoutException",
        "RemoteProtocolError": "ProtocolError",
        "StreamClosed": "HTTPCoreError",
        "StreamConsumed": "HTTPCoreError",
        "TimeoutException": "HTTPCoreError",
        "UnsupportedProtocol": "HTTPCoreError",
        "WriteError": "NetworkError",
        "WriteTimeout": "TimeoutException",
    }
    assert issubclass(StreamClosed, RuntimeError)
    assert issubclass(StreamConsumed, RuntimeError)


@pytest.mark.parametrize("kind", ALL)
def test_no_message_is_ever_empty(kind: type[HTTPCoreError]) -> None:
    assert str(kind()) == kind.default_message
    assert str(kind("")) == kind.default_message
    assert str(kind("the sentence")) == "the sentence"
    assert kind(OSError("the cause")).message == "the cause"
    assert kind(TimeoutError()).message == "TimeoutError"
    assert not str(kind()).endswith(".")


@pytest.mark.parametrize("kind", ALL)
def test_fields_that_nobody_knew_are_none(kind: type[HTTPCoreError]) -> None:
    error = kind("x")
    for name in ErrorDetails.__annotations__.keys() - {"safe_to_retry", "attempts"}:
        assert getattr(error, name) is None
    assert error.attempts == ()


def test_only_what_sent_nothing_is_safe_to_retry_by_itself() -> None:
    safe = {kind for kind in ALL if kind().safe_to_retry}
    assert safe == {ConnectError, ConnectTimeout, PoolTimeout, ProxyError, ConnectionNotAvailable}


@pytest.mark.parametrize("kind", ALL)
def test_pickling_and_copying_keep_everything(kind: type[HTTPCoreError]) -> None:
    error = kind("the sentence", 2, **DETAILS)
    error.add_note("a note")
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(again) is kind
        assert again.args == ("the sentence", 2)
        assert str(again) == str(error)
        assert again.__notes__ == ["a note"]
        for name in DETAILS.keys() - {"attempts"}:
            assert getattr(again, name) == getattr(error, name)
        assert [address for address, _ in again.attempts] == ["192.0.2.1", "192.0.2.2"]


def test_pickling_calls_no_init() -> None:
    class Special(ReadError):
        def __init__(self, one: int, two: int) -> None:
            super().__init__(f"{one} and {two}", bytes_sent=two)

    again = copy.copy(Special(1, 2))
    assert str(again) == "1 and 2 (2 bytes sent)"


def test_a_proxy_error_has_the_answer() -> None:
    error = ProxyError("407 Proxy Authentication Required")
    assert (error.status, error.headers, error.body) == (None, (), b"")
    headers = [(b"Proxy-Authenticate", b"Basic")]
    assert error.with_answer(407, headers, b"no") is error
    again = pickle.loads(pickle.dumps(error))
    assert (again.status, again.headers, again.body) == (407, headers, b"no")


def test_the_text_has_what_is_known() -> None:
    assert str(ReadTimeout("late", **DETAILS)) == (
        "late (GET https://example.com:443, through proxy http://proxy:8080, reused connection, 5 bytes sent, "
        "0 bytes received, 192.0.2.1: ConnectionRefusedError [Errno 111] refused, 192.0.2.2: TimeoutError)"
    )
    assert str(WriteTimeout("late", origin=ORIGIN)) == "late (https://example.com:443)"
    assert str(WriteTimeout("late", method="PUT", reused=False)) == "late (PUT, new connection)"
    assert repr(WriteTimeout("late", method="PUT")) == "WriteTimeout('late')"


def test_details_are_added_but_never_replaced() -> None:
    error = ConnectError("refused", phase="connect", method="GET")
    assert error.add_details(phase="other", bytes_sent=0, peer="192.0.2.1") is error
    assert (error.phase, error.method, error.bytes_sent, error.peer) == (
        "connect",
        "GET",
        0,
        "192.0.2.1",
    )
    unknown: Any = None
    other = ReadError("broken").add_details(method=unknown).add_details(method="GET")
    assert other.method == "GET"
    assert not ConnectError().add_details(safe_to_retry=False).safe_to_retry


def test_a_field_that_does_not_exist_is_a_mistake() -> None:
    details: Any = {"colour": "red"}
    with pytest.raises(TypeError, match="ReadError has no field named 'colour'"):
        ReadError("broken", **details)


def test_groups_are_caught_by_their_class() -> None:
    for kind, group in (
        (ReadTimeout, TimeoutException),
        (ReadError, NetworkError),
        (httpcore_interfaces.LocalProtocolError, ProtocolError),
        (UnsupportedProtocol, HTTPCoreError),
    ):
        with pytest.raises(group):
            raise kind("x")
