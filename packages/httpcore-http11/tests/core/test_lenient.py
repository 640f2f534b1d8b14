"""Leaving out fields with broken values: whole fields, values alone, framing never."""

import pytest

from httpcore_http11 import Codec
from httpcore_http11._core.lenient import without_broken_values
from httpcore_interfaces import RemoteProtocolError

HOST = [(b"Host", b"a")]


def begun(*, lenient: bool = True) -> Codec:
    codec = Codec(lenient=lenient)
    codec.encode_head(b"GET", b"/", HOST)
    return codec


def test_a_field_with_a_broken_value_is_left_out_and_reported() -> None:
    data = b"HTTP/1.1 200 OK\r\nA: 1\r\nBad: x\x00y\r\n more\r\nB: 2\r\n fold\r\nContent-Length: 2\r\n\r\nhi"
    codec = begun()
    codec.receive(data)
    head = codec.next_head()
    assert head is not None
    assert head[3] == [(b"A", b"1"), (b"B", b"2 fold"), (b"Content-Length", b"2")]
    assert codec.skipped == [b"Bad: x\x00y", b" more"]
    assert codec.next_chunk() == b"hi"
    assert codec.next_chunk() == b""
    assert codec.can_reuse()
    codec.encode_head(b"GET", b"/", HOST)
    assert codec.skipped == []


def test_without_the_option_the_response_is_refused() -> None:
    codec = begun(lenient=False)
    codec.receive(b"HTTP/1.1 200 OK\r\nBad: x\x01y\r\n\r\n")
    with pytest.raises(
        RemoteProtocolError, match=r"b'Bad' has the illegal byte b'\\x01' at offset 1"
    ):
        codec.next_head()


@pytest.mark.parametrize(
    "line",
    [
        b"Content-Length: 5\x00",
        b"Transfer-Encoding: \x01chunked",
        b"Connection: close\x7f",
        b"Bad Name: \x00",
        b"no colon",
        b"Space : a\x00",
        b"Transfer-Encoding\x00: chunked",
    ],
)
def test_framing_and_broken_names_are_never_left_out(line: bytes) -> None:
    codec = begun()
    codec.receive(b"HTTP/1.1 200 OK\r\n" + line + b"\r\n\r\n")
    with pytest.raises(RemoteProtocolError):
        codec.next_head()


def test_a_broken_status_line_stays_an_error() -> None:
    codec = begun()
    codec.receive(b"HTTP/1.1 200 O\x01K\r\n\r\n")
    with pytest.raises(RemoteProtocolError, match="reason phrase"):
        codec.next_head()


def test_it_waits_for_the_whole_head() -> None:
    codec = begun()
    data = b"HTTP/1.1 200 OK\nBad: a\rb\r\nContent-Length: 0\n\n"
    for at in range(len(data) - 1):
        codec.receive(data[at : at + 1])
        assert codec.next_head() is None
    codec.receive(data[-1:])
    head = codec.next_head()
    assert head is not None
    assert head[3] == [(b"Content-Length", b"0")]
    assert codec.skipped == [b"Bad: a\rb"]


def test_a_head_that_is_not_broken_is_taken_as_it_is() -> None:
    data = b"HTTP/1.1 200 OK\r\nA: 1\r\n\r\nrest\r\nB: \x00\r\n\r\n"
    assert without_broken_values(data) == (data, [])


def test_the_end_in_the_middle_of_a_head_is_an_error() -> None:
    codec = begun()
    codec.receive(b"HTTP/1.1 200 OK\r\nBad: \x00")
    codec.receive(b"")
    with pytest.raises(RemoteProtocolError, match="peer unexpectedly closed connection"):
        codec.next_head()
