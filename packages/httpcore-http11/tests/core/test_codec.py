"""The codec's rules, one by one: requests, heads, bodies, limits, reuse."""

from typing import Any

import pytest

from httpcore_http11 import Codec, Limits
from httpcore_http11._core import fast_lane
from httpcore_interfaces import LocalProtocolError, RemoteProtocolError

HOST = [(b"Host", b"a")]
LENGTH = (b"Content-Length", b"5")
CODING = (b"Transfer-Encoding", b"chunked")
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED_OK = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def begun(
    method: bytes = b"GET",
    *more: tuple[bytes, bytes],
    limits: Limits | None = None,
) -> Codec:
    codec = Codec() if limits is None else Codec(limits)
    codec.encode_head(method, b"/", [*HOST, *more])
    return codec


def content_of(codec: Codec) -> list[bytes]:
    """The chunks that are there; the last is empty if the body has ended."""
    chunks = []
    while (chunk := codec.next_chunk()) is not None:
        chunks.append(chunk)
        if not chunk:
            break
    return chunks


def read_in_pieces(codec: Codec, pieces: list[bytes]) -> None:
    """Read a response, asking for all that is there after each piece."""
    has_head = False
    for piece in pieces:
        codec.receive(piece)
        has_head = has_head or codec.next_head() is not None
        if has_head:
            content_of(codec)


# Requests.


def test_a_head_keeps_order_and_case() -> None:
    head = Codec().encode_head(b"GET", b"/a?b", [(b"Host", b"a"), (b"x-B", b"1"), (b"X-b", b"")])
    assert head == b"GET /a?b HTTP/1.1\r\nHost: a\r\nx-B: 1\r\nX-b: \r\n\r\n"


def test_host_goes_first() -> None:
    head = Codec().encode_head(b"GET", b"/", [(b"Accept", b"*/*"), (b"host", b"a")])
    assert head == b"GET / HTTP/1.1\r\nhost: a\r\nAccept: */*\r\n\r\n"


@pytest.mark.parametrize("target", [b"*", b"http://a/b", b"a.example:443", b"/%20?x=[]"])
def test_every_form_of_target_is_sent_as_it_is(target: bytes) -> None:
    head = Codec().encode_head(b"OPTIONS", target, HOST)
    assert head.startswith(b"OPTIONS " + target + b" HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ([], "Missing mandatory Host"),
        ([*HOST, *HOST], "multiple Host"),
        ([*HOST, (b"Content-Length", b"x")], "bad Content-Length"),
        ([*HOST, LENGTH, (b"Content-Length", b"6")], "conflicting"),
        ([*HOST, (b"Transfer-Encoding", b"gzip")], "Only Transfer-Encoding: chunked"),
        ([*HOST, LENGTH, CODING], "must not have both"),
        ([*HOST, CODING, LENGTH], "must not have both"),
        ([*HOST, (b"A", b"b\r\nc: d")], "Illegal header value"),
        ([*HOST, (b"A\r\nB", b"c")], "Illegal header name"),
    ],
)
def test_a_head_that_http_forbids_is_refused(
    fields: list[tuple[bytes, bytes]], message: str
) -> None:
    with pytest.raises(LocalProtocolError, match=message):
        Codec().encode_head(b"POST", b"/", fields)


def test_what_h11_reads_the_lanes_read_alike() -> None:
    codec = Codec()
    codec.encode_head(
        b"GET",
        b"/",
        [
            (b"Accept", b"*/*"),
            (b"host", b"a"),
            (b"connection", b"Upgrade"),
            (b"connection", b"Close"),
            (b"upgrade", b"x"),
            (b"expect", b"100-Continue"),
            (b"content-length", b"5,5"),
        ],
    )
    assert codec.body_length == 5
    assert codec.expects_continue
    codec.encode_head(b"GET", b"/", [(b"A", b""), *HOST, (b"transfer-encoding", b"Chunked")])
    assert codec.body_length == -1
    assert not codec.expects_continue


@pytest.mark.parametrize("fields", [[], [(b"Content-Length", b"0")]])
def test_leave_to_send_is_expected_only_for_content(fields: list[tuple[bytes, bytes]]) -> None:
    codec = Codec()
    codec.encode_head(b"GET", b"/", [*HOST, (b"Expect", b"100-continue"), *fields])
    assert not codec.expects_continue


def test_a_known_body_is_given_as_it_is() -> None:
    codec = begun(b"POST", LENGTH)
    content = b"hello"
    assert codec.encode_content(content) is content


def test_a_known_body_can_be_one_chunk() -> None:
    codec = begun(b"POST", CODING)
    assert codec.encode_content(b"hello") == b"5\r\nhello\r\n0\r\n\r\n"
    codec = begun(b"POST", CODING)
    assert codec.encode_content(b"") == b"0\r\n\r\n"


@pytest.mark.parametrize("content", [b"", b"four", b"sixsix"])
def test_a_known_body_of_another_length_is_refused_before_anything_is_sent(content: bytes) -> None:
    codec = begun(b"POST", LENGTH)
    with pytest.raises(
        LocalProtocolError, match=f"has {len(content)} bytes, but Content-Length declares 5"
    ):
        codec.encode_content(content)


def test_a_body_that_nothing_declares_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="neither Content-Length nor Transfer-Encoding"):
        begun(b"POST").encode_content(b"x")
    with pytest.raises(LocalProtocolError, match="neither Content-Length nor Transfer-Encoding"):
        begun(b"POST").encode_data(b"x")


def test_the_first_byte_too_much_is_refused() -> None:
    codec = begun(b"POST", LENGTH)
    assert codec.encode_data(b"123") == b"123"
    with pytest.raises(
        LocalProtocolError, match=r"at least 6 bytes.*declares 5; 3 bytes were sent"
    ):
        codec.encode_data(b"456")


def test_the_end_of_a_body_that_is_too_short_is_refused() -> None:
    codec = begun(b"POST", LENGTH)
    codec.encode_data(b"123")
    with pytest.raises(
        LocalProtocolError, match="ended after 3 bytes, but Content-Length declares 5"
    ):
        codec.encode_end()


def test_a_streamed_body_of_the_right_length() -> None:
    codec = begun(b"POST", LENGTH)
    codec.encode_data(b"123")
    assert codec.encode_chunk_size(2) == (b"", b"")
    assert codec.encode_end() == b""


def test_chunks_and_their_end() -> None:
    codec = begun(b"POST", CODING)
    assert codec.encode_data(b"0123456789abcdef") == b"10\r\n0123456789abcdef\r\n"
    assert codec.encode_data(memoryview(b"ab")) == b"2\r\nab\r\n"  # type: ignore[arg-type]
    assert codec.encode_chunk_size(255) == (b"ff\r\n", b"\r\n")
    # An empty piece is not the end.
    assert codec.encode_data(b"") == b""
    assert codec.encode_end() == b"0\r\n\r\n"


def test_trailers_are_sent_after_chunks() -> None:
    codec = begun(b"POST", CODING)
    assert (
        codec.encode_end([(b"X-Sum", b"1"), (b"X-B", b"2")]) == b"0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("trailer", "message"),
    [
        ((b"Content-Length", b"5"), "must not be sent as a trailer"),
        ((b"A", b"\r\n"), "value of the trailer"),
        ((b"A B", b""), "trailer name"),
    ],
)
def test_trailers_are_checked(trailer: tuple[bytes, bytes], message: str) -> None:
    with pytest.raises(LocalProtocolError, match=message):
        begun(b"POST", CODING).encode_end([trailer])


def test_trailers_can_be_checked_before_anything_is_sent() -> None:
    codec = begun(b"POST", CODING)
    codec.check_trailers([])
    codec.check_trailers([(b"A", b"b")])
    with pytest.raises(LocalProtocolError, match="must not be sent as a trailer"):
        codec.check_trailers([(b"host", b"b")])


def test_a_known_length_can_be_checked_before_anything_is_sent() -> None:
    begun(b"POST", LENGTH).check_length(5)
    begun(b"POST", CODING).check_length(6)
    with pytest.raises(LocalProtocolError, match="6 bytes, but Content-Length declares 5; nothing"):
        begun(b"POST", LENGTH).check_length(6)


def test_a_request_is_sent_when_its_last_byte_is() -> None:
    codec = begun(b"POST", LENGTH)
    codec.encode_data(b"hell")
    assert not codec.is_sent()
    codec.encode_data(b"o")
    assert codec.is_sent()
    codec = begun(b"POST", CODING)
    codec.encode_data(b"hello")
    assert not codec.is_sent()
    codec.encode_end()
    assert codec.is_sent()


def test_trailers_need_chunks() -> None:
    codec = begun(b"POST", LENGTH)
    with pytest.raises(LocalProtocolError, match="trailers need Transfer-Encoding: chunked"):
        codec.encode_content(b"hello", [(b"A", b"b")])


def test_names_are_remembered_up_to_a_bound() -> None:
    known = dict(fast_lane.plain_names)
    fast_lane.plain_names.clear()
    try:
        fields = [*HOST, *[(b"X-%d" % number, b"") for number in range(2000)]]
        Codec().encode_head(b"GET", b"/", [(name, b"1") for name, _ in fields])
        assert 0 < len(fast_lane.plain_names) <= 1024
        # Whoever fills it does not keep others out of it.
        assert b"X-1999" in fast_lane.plain_names
        codec = begun()
        codec.receive(OK + b"X" * 1000 + b": 1\r\n\r\n")
        assert codec.next_head() is not None
        assert max(map(len, fast_lane.plain_names)) < 100
    finally:
        fast_lane.plain_names.clear()
        fast_lane.plain_names.update(known)


def test_lines_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[tuple[bytes, bytes], tuple[bytes, int]] = {}
    received = fast_lane.ReceivedLines()
    statuses: dict[bytes, tuple[int, bytes]] = {}
    monkeypatch.setattr(fast_lane, "_sent_lines", sent)
    monkeypatch.setattr(fast_lane, "_received_lines", received)
    monkeypatch.setattr(fast_lane, "_status_lines", statuses)
    for number in range(1000):
        codec = begun(b"GET", (b"X", b"%d" % number))
        codec.receive(b"HTTP/1.1 200 %d\r\nX: %d\r\n\r\n" % (number, number))
        head = codec.next_head()
        assert head == (b"HTTP/1.1", 200, b"%d" % number, [(b"X", b"%d" % number)])
        assert (b"X", b"%d" % number) in sent
        assert b"X: %d" % number in received
        assert b"HTTP/1.1 200 %d" % number in statuses
        assert max(len(sent), len(received)) <= 512
        assert len(statuses) <= 64


def test_secrets_and_long_lines_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[tuple[bytes, bytes], tuple[bytes, int]] = {}
    received = fast_lane.ReceivedLines()
    statuses: dict[bytes, tuple[int, bytes]] = {}
    monkeypatch.setattr(fast_lane, "_sent_lines", sent)
    monkeypatch.setattr(fast_lane, "_received_lines", received)
    monkeypatch.setattr(fast_lane, "_status_lines", statuses)
    codec = begun(b"GET", (b"Authorization", b"1"), (b"cookie", b"2"), (b"X", b"x" * 129))
    codec.receive(
        b"HTTP/1.1 200 %b\r\nSet-Cookie: 1\r\nX: %b\r\nServer: x\r\n\r\n" % (b"O" * 64, b"x" * 129)
    )
    assert codec.next_head() is not None
    assert list(sent) == HOST
    assert list(received) == [b"Server: x"]
    assert not statuses


def test_lists_of_fields_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks: dict[fast_lane.Pairs, fast_lane.SentBlock] = {}
    monkeypatch.setattr(fast_lane, "_sent_blocks", blocks)
    for number in range(200):
        fields = [*HOST, (b"X", b"%d" % number)]
        heads = {Codec().encode_head(b"GET", b"/", fields) for _ in range(3)}
        assert heads == {b"GET / HTTP/1.1\r\nHost: a\r\nX: %d\r\n\r\n" % number}
        assert tuple(fields) in blocks
        assert len(blocks) <= 128


def test_lists_with_a_secret_and_long_ones_are_not_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocks: dict[fast_lane.Pairs, fast_lane.SentBlock] = {}
    monkeypatch.setattr(fast_lane, "_sent_blocks", blocks)
    for fields in (
        [*HOST, (b"Authorization", b"1")],
        [*HOST, *[(b"X-%d" % number, b"x" * 128) for number in range(32)]],
    ):
        heads = {Codec().encode_head(b"GET", b"/", fields) for _ in range(3)}
        assert len(heads) == 1
    assert not blocks


def test_what_a_list_means_is_remembered_with_it() -> None:
    fields = [*HOST, (b"Connection", b"close"), (b"Expect", b"100-continue"), LENGTH]
    for _ in range(3):
        codec = Codec()
        codec.encode_head(b"POST", b"/", fields)
        assert codec.body_length == 5
        assert codec.expects_continue
        codec.encode_content(b"hello")
        codec.receive(OK + b"Content-Length: 0\r\n\r\n")
        assert codec.next_head() is not None
        assert content_of(codec) == [b""]
        assert not codec.can_reuse()


def test_pairs_may_be_of_any_kind() -> None:
    fields: Any = [[b"Host", b"a"]]
    assert Codec().encode_head(b"GET", b"/", fields) == b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


# Heads.


def test_a_plain_head() -> None:
    codec = begun()
    assert codec.next_head() is None
    codec.receive(OK + b"Server: x\r\nX-Odd-cAse:  a \r\nContent-Length: 3\r\n\r\nabc")
    assert codec.next_head() == (
        b"HTTP/1.1",
        200,
        b"OK",
        [(b"Server", b"x"), (b"X-Odd-cAse", b"a"), (b"Content-Length", b"3")],
    )
    assert content_of(codec) == [b"abc", b""]
    assert codec.can_reuse()


def test_a_head_that_comes_again_is_the_callers_own() -> None:
    codec = begun()
    heads = []
    for number in range(3):
        if number:
            codec.encode_head(b"GET", b"/", HOST)
        codec.receive(OK + b"Content-Length: 3\r\nKeep-Alive: timeout=7\r\n\r\nabc")
        head = codec.next_head()
        assert head is not None
        heads.append(head)
        assert codec.keep_alive_hint == 7.0
        assert content_of(codec) == [b"abc", b""]
        assert codec.can_reuse()
    assert heads[0] == heads[1] == heads[2]
    heads[2][3].clear()
    assert heads[0] == heads[1]


@pytest.mark.parametrize(
    ("framing", "body"),
    [(b"Content-Length: 3", b"abc"), (b"Transfer-Encoding: chunked", b"3\r\nabc\r\n0\r\n\r\n")],
)
def test_a_head_that_comes_again_at_once_with_its_body(framing: bytes, body: bytes) -> None:
    codec = begun()
    data = OK + framing + b"\r\nKeep-Alive: timeout=7\r\n\r\n" + body
    heads = []
    for number in range(3):
        if number:
            codec.encode_head(b"GET", b"/", HOST)
        head = codec.receive_head(data)
        assert head is not None
        heads.append(head)
        assert codec.received == len(data)
        assert codec.keep_alive_hint == 7.0
        assert content_of(codec) == [b"abc", b""]
        assert codec.can_reuse()
    assert heads[0] == heads[1] == heads[2]
    heads[2][3].clear()
    assert heads[0] == heads[1]


def test_fields_that_change_after_they_were_sent_are_read_anew() -> None:
    codec = begun()
    fields = [(b"Host", b"a"), (b"Content-Length", b"3")]
    for _ in range(3):
        assert codec.encode_head(b"POST", b"/", fields).endswith(b"\r\nContent-Length: 3\r\n\r\n")
        assert codec.body_length == 3
    fields[1] = (b"Content-Length", b"4")
    assert codec.encode_head(b"POST", b"/", fields).endswith(b"\r\nContent-Length: 4\r\n\r\n")
    assert codec.body_length == 4


def test_a_secret_among_the_fields_is_not_kept() -> None:
    codec = begun()
    for _ in range(3):
        codec.encode_head(b"GET", b"/", [*HOST, (b"Authorization", b"secret")])
    assert b"secret" not in codec._block[0]


def test_a_head_that_comes_again_for_another_method() -> None:
    data = OK + b"Content-Length: 3\r\n\r\n"
    codec = begun()
    codec.receive(data + b"abc")
    assert codec.next_head() is not None
    assert content_of(codec) == [b"abc", b""]
    codec.encode_head(b"HEAD", b"/", HOST)
    codec.receive(data)
    assert codec.next_head() is not None
    assert content_of(codec) == [b""]
    assert codec.can_reuse()
    codec.encode_head(b"CONNECT", b"a:1", HOST)
    codec.receive(data)
    assert codec.next_head() is not None
    assert codec.switched


def test_a_head_with_a_secret_is_not_kept() -> None:
    codec = begun()
    codec.receive(OK + b"Set-Cookie: 1\r\nContent-Length: 0\r\n\r\n")
    assert codec.next_head() is not None
    assert not codec._last_head


def test_a_large_head_is_not_kept() -> None:
    codec = begun()
    codec.receive(OK + b"X: 1\r\n" * 400 + b"A: %b\r\n" % (b"a" * 100) * 20 + b"\r\n")
    assert codec.next_head() is not None
    assert not codec._last_head


def test_a_head_in_many_pieces() -> None:
    codec = begun()
    data = OK + b"Content-Length: 3\r\n\r\n"
    for at in range(len(data)):
        assert codec.next_head() is None
        codec.receive(data[at : at + 1])
    head = codec.next_head()
    assert head is not None
    assert head[3] == [(b"Content-Length", b"3")]
    codec.receive(b"abc")
    assert content_of(codec) == [b"abc", b""]
    assert codec.can_reuse()


def test_asking_too_often_does_no_harm() -> None:
    codec = begun(b"GET", (b"Keep-Alive", b"timeout=5"))
    for _ in range(20):
        assert codec.next_head() is None
    codec.receive(OK + b"Content-Length: 0\r\n\r\n")
    assert codec.next_head() is not None


@pytest.mark.parametrize(
    ("line", "reason"),
    [(b"200", b""), (b"200 ", b""), (b"200 a b", b"a b"), (b"200 \xe4", b"\xe4")],
)
def test_a_reason_may_be_absent_or_empty(line: bytes, reason: bytes) -> None:
    codec = begun()
    codec.receive(b"HTTP/1.1 " + line + b"\r\nContent-Length: 0\r\n\r\n")
    head = codec.next_head()
    assert head is not None
    assert head[2] == reason


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "Server disconnected without sending a response."),
        (b"HTTP/1.1 20", "peer unexpectedly closed connection"),
        (b"\x15\x03\x01", "illegal request line"),
        (b"220 smtp.example\r\n\r\n", r"illegal status line \(byte 0 of the response: b'220 smtp"),
        (OK + b"A: b\r\nBad Name: c\r\n\r\n", r"illegal header line \(byte 23 of the response"),
        (OK + b"A: b\r\n c\r\nd\r\n\r\n", r"byte 27 of the response: b'd\\r'"),
        (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "conflicting Content-Length"),
        (OK + b"Transfer-Encoding: gzip\r\n\r\n", "Only Transfer-Encoding: chunked"),
        (OK + b"A: b\x7fc\r\n\r\n", r"value of the field b'A' has the illegal byte b'\\x7f'"),
        (b"HTTP/1.1 200 a\x01\r\n\r\n", r"reason phrase has the illegal byte b'\\x01' at offset 1"),
        (OK + b"A" * 200 + b"\r\n\r\n", r"A'\.\.\.\)"),
        (
            OK + b"Content-Length: +5\r\n\r\nhello",
            r"bad Content-Length \(byte 17 of the response: b'Content-Length: \+5\\r'\)",
        ),
        (
            OK + b"A: b\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhello",
            r"conflicting Content-Length headers \(byte 42 of the response: b'Content-Length: 2",
        ),
        (
            OK + b"Transfer-Encoding: xchunked\r\nA: b\r\n\r\n5\r\nhello",
            r"is supported \(byte 17 of the response: b'Transfer-Encoding: xchunked\\r'\)",
        ),
        (
            b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nx",
            r"a protocol that the request did not ask for \(byte 0 of the response: b'HTTP/1.1 101",
        ),
    ],
)
def test_a_head_that_http_forbids_is_an_error(data: bytes, message: str) -> None:
    codec = begun()
    if data:
        codec.receive(data)
    codec.receive(b"")
    with pytest.raises(RemoteProtocolError, match=message):
        codec.next_head()


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(
    "start",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"220 smtp.example ESMTP\r\n",
        b"ICY 200 OK\r\n",
        b"<html>",
        b"\x15\x03\x01\x00\x02\x02\x16",
        b"HTTP/1.1 200 OK\rA: b\r\r",
        b"HTTP/1.1 200\x00OK\r\n",
        b"\r",
        b"http/1.1 200 OK\r\n",
    ],
)
def test_another_protocol_is_refused_at_its_first_line(start: bytes, lenient: bool) -> None:
    """Its peer may wait for us to answer that."""
    codec = Codec(lenient=lenient)
    codec.encode_head(b"GET", b"/", HOST)
    codec.receive(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert codec.next_head() is not None
    codec.receive(start)
    with pytest.raises(
        RemoteProtocolError, match=r"begin with a status line of HTTP/1 but with b'.* \(byte 25 of"
    ):
        codec.next_head()


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("start", [b"H", b"HTTP/1.1 200 OK\r", b"HTTP/1.0 200 OK\nA: b\n"])
def test_what_may_become_a_head_is_waited_for(start: bytes, lenient: bool) -> None:
    codec = Codec(lenient=lenient)
    codec.encode_head(b"GET", b"/", HOST)
    for at in range(len(start)):
        codec.receive(start[at : at + 1])
        for _ in range(9):
            assert codec.next_head() is None


@pytest.mark.parametrize("lane", [b"", b"X: a\r\n b\r\n"], ids=["plain", "judged"])
@pytest.mark.parametrize(
    ("before", "line"),
    [
        (b"", b"5\nhello"),
        (b"", b"5;a=b\nhello"),
        (b"", b"0\n\n"),
        (b"", b"hello"),
        (b"", b"Age: 1"),
        (b"", b"-1"),
        (b"", b" 5"),
        (b"", b"0x5"),
        (b"", b"f" * 21),
        (b"", b"5\rhello"),
        (b"2\r\nab\r\n", b"5\nhello"),
        (b"2\r\nab\r\n", b"abc: x"),
        (b"2\r\nab\r\n", b"Age: 1\r\n"),
        (b"2\r\nab\r\n", b"garbage"),
        (b"2\r\nab\r\n", b"\r"),
        (b"2\r\nab\r\n", b"5 ;"),
        (b"2\r\nab\r\n", b"f" * 21),
        (b"2\r\nab\r\n3;x\r\nabc\r\n", b"abc: x"),
        (b"2\r\nab\r\n3;x\r\nabc\r\n", b"5\rhello"),
        (b"3;x\r\na00\r\n", b"abc: x"),
        (b"2;a\r\nab\r\n", b"5;a=b:c\nhello"),
        (b"2\r\nab\r\n0\r\n", b"no trailer\n"),
        (b"2\r\nab\r\n0\r\n", b"no trailer"),
        (b"2\r\nab\r\n00;x=y\r\n", b"Age : 1"),
        (b"2\r\nab\r\n0\r\n", b" folded: from nothing\n"),
    ],
)
@pytest.mark.parametrize("is_one_piece", [True, False])
def test_a_bad_line_of_a_chunked_body_is_refused_before_its_end(
    lane: bytes, before: bytes, line: bytes, is_one_piece: bool
) -> None:
    """h11 waits for a CRLF, and a server that has sent all it has would be waited for until the time-out."""
    codec = begun()
    head = CHUNKED_OK[:-2] + lane + b"\r\n"
    data = head + before + line
    pieces = [data] if is_one_piece else [data[at : at + 1] for at in range(len(data))]
    with pytest.raises(
        RemoteProtocolError, match=r"neither a chunk size .*b'|illegal chunk header"
    ):
        read_in_pieces(codec, pieces)


@pytest.mark.parametrize(
    "body",
    [
        b"5\r\nhello\r\n0\r\nabc: x\r\n\r\n",
        b"5;abc=x\r\nhello\r\n000;abc\r\nabc: x\r\n\r\n",
        # Data that look like the end are data.
        b"4;x\r\na\r\n0\r\n0\r\nabc: x\r\n\r\n",
        b"1;x\r\n0\r\n0\r\nabc: x\r\n\r\n",
        b"3;x\r\n0\r\n\r\n0\r\nabc: x\r\n\r\n",
        b"5;x\r\n\n0\r\n0\r\n1a \r\n" + b"x" * 26 + b"\r\n0 \r\nabc: x\r\n\r\n",
    ],
)
def test_a_good_line_of_a_chunked_body_is_never_refused(body: bytes) -> None:
    data = CHUNKED_OK + body
    cuts = [[data], [data[at : at + 1] for at in range(len(data))]]
    cuts += [[data[:at], data[at:]] for at in range(1, len(data))]
    for pieces in cuts:
        codec = begun()
        read_in_pieces(codec, pieces)
        assert codec.trailers == [(b"abc", b"x")]


def test_a_chunk_size_that_is_none_is_shown() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + b"5g\r\nhello")
    codec.next_head()
    with pytest.raises(RemoteProtocolError, match=r"illegal chunk header: b'5g\\r\\n' \(before"):
        codec.next_chunk()


def test_a_long_error_is_shortened() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + b"x" * 1000 + b"\r\n")
    codec.next_head()
    with pytest.raises(
        RemoteProtocolError, match=r"illegal chunk header.*\.\.\. \(before byte"
    ) as info:
        codec.next_chunk()
    assert len(str(info.value)) < 300


def test_old_line_ends_and_foldings_are_read() -> None:
    codec = begun()
    codec.receive(b"HTTP/1.1 200 OK\nA: b\n  c\nContent-Length: 0\n\n")
    head = codec.next_head()
    assert head is not None
    assert head[3] == [(b"A", b"b c"), (b"Content-Length", b"0")]
    assert content_of(codec) == [b""]
    assert codec.can_reuse()


def test_an_old_server_closes() -> None:
    codec = begun()
    codec.receive(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na")
    head = codec.next_head()
    assert head is not None
    assert head[0] == b"HTTP/1.0"
    assert content_of(codec) == [b"a", b""]
    assert not codec.can_reuse()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"timeout=5", 5.0),
        (b"max=100, Timeout=15", 15.0),
        (b"max=100", None),
        (b"timeout=soon", None),
        (b"timeout=99999999999", None),
    ],
)
@pytest.mark.parametrize("odd", [b"", b"X: a\r\n b\r\n"])
def test_the_servers_hint_is_read(value: bytes, seconds: float | None, odd: bytes) -> None:
    codec = begun()
    codec.receive(OK + odd + b"Keep-Alive: " + value + b"\r\nContent-Length: 0\r\n\r\n")
    codec.next_head()
    assert codec.keep_alive_hint == seconds


# Informational responses.


def test_informational_heads_come_before_the_final_one() -> None:
    codec = begun()
    codec.receive(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100\r\n\r\n" + OK)
    assert codec.next_head() == (b"HTTP/1.1", 103, b"Early Hints", [(b"Link", b"x")])
    assert codec.next_head() == (b"HTTP/1.1", 100, b"", [])
    assert codec.next_head() is None
    codec.receive(b"Content-Length: 0\r\n\r\n")
    head = codec.next_head()
    assert head is not None
    assert head[1] == 200
    assert content_of(codec) == [b""]
    assert codec.can_reuse()
    codec.encode_head(b"GET", b"/", HOST)


@pytest.mark.parametrize("limits", [Limits(informational=3), Limits(informational_bytes=80)])
def test_informational_heads_are_limited(limits: Limits) -> None:
    codec = begun(limits=limits)
    codec.receive(b"HTTP/1.1 100 Continue\r\n\r\n" * 10)
    for _ in range(3):
        assert codec.next_head() is not None
    with pytest.raises(RemoteProtocolError, match="4 informational responses with 100 bytes"):
        codec.next_head()


@pytest.mark.parametrize(
    ("method", "fields", "head"),
    [
        (b"CONNECT", [], b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        (
            b"GET",
            [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")],
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        ),
    ],
)
def test_switching_leaves_the_rest_unread(
    method: bytes, fields: list[tuple[bytes, bytes]], head: bytes
) -> None:
    codec = begun(method, *fields)
    codec.receive(head + b"\x00\x01")
    codec.receive(b"more")
    assert codec.next_head() is not None
    assert codec.switched
    assert codec.next_chunk() == b""
    assert codec.unread() == b"\x00\x01more"
    assert not codec.can_reuse()


def test_a_refused_switch_is_a_plain_response() -> None:
    codec = begun(b"CONNECT")
    codec.receive(b"HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno")
    assert codec.next_head() is not None
    assert not codec.switched
    assert content_of(codec) == [b"no", b""]
    assert codec.can_reuse()


def test_switching_before_the_request_is_sent_is_an_error() -> None:
    codec = begun(b"POST", (b"Connection", b"Upgrade"), (b"Upgrade", b"x"), LENGTH)
    codec.receive(b"HTTP/1.1 101 Now\r\n\r\n")
    with pytest.raises(RemoteProtocolError, match=r"status 101.*before the request was sent"):
        codec.next_head()


# Bodies.


@pytest.mark.parametrize(
    ("method", "status"), [(b"HEAD", 200), (b"GET", 204), (b"GET", 304), (b"HEAD", 404)]
)
@pytest.mark.parametrize("framing", [b"Content-Length: 9", b"Transfer-Encoding: chunked", b"A: b"])
def test_some_responses_have_no_body(method: bytes, status: int, framing: bytes) -> None:
    codec = begun(method)
    codec.receive(b"HTTP/1.1 %d x\r\n%b\r\n\r\n" % (status, framing))
    assert codec.next_head() is not None
    assert content_of(codec) == [b""]
    assert codec.can_reuse()


def test_a_body_without_framing_ends_with_the_connection() -> None:
    codec = begun()
    codec.receive(OK + b"\r\nab")
    codec.next_head()
    assert codec.next_chunk() == b"ab"
    assert codec.next_chunk() is None
    codec.receive(b"c")
    assert codec.next_chunk() == b"c"
    codec.receive(b"")
    assert codec.next_chunk() == b""
    assert codec.at_eof()
    assert not codec.can_reuse()


@pytest.mark.parametrize("lane", [b"", b"X: a\r\n b\r\n"], ids=["plain", "judged"])
def test_content_of_a_declared_length(lane: bytes) -> None:
    codec = begun()
    codec.receive(OK + lane + b"Content-Length: 6\r\n\r\n")
    codec.next_head()
    assert codec.next_chunk() is None
    codec.receive(b"abcd")
    assert codec.next_chunk() == b"abcd"
    assert codec.next_chunk() is None
    codec.receive(b"efgh")
    assert content_of(codec) == [b"ef", b""]
    assert codec.next_chunk() == b""
    assert codec.unread() == b"gh"
    assert not codec.can_reuse()


def test_large_pieces_are_not_copied() -> None:
    codec = begun()
    codec.receive(OK + b"Content-Length: 100000\r\n\r\n")
    codec.next_head()
    piece = bytes(50_000)
    codec.receive(piece)
    assert codec.next_chunk() is piece


@pytest.mark.parametrize("lane", [b"", b"X: a\r\n b\r\n"], ids=["plain", "judged"])
def test_a_body_that_ends_too_soon_is_an_error(lane: bytes) -> None:
    codec = begun()
    codec.receive(OK + lane + b"Content-Length: 6\r\n\r\nabcd")
    codec.next_head()
    assert codec.next_chunk() == b"abcd"
    codec.receive(b"")
    with pytest.raises(RemoteProtocolError, match=r"received 4 bytes, expected 6"):
        codec.next_chunk()


@pytest.mark.parametrize("lane", [b"", b"X: a\r\n b\r\n"], ids=["plain", "judged"])
def test_chunks_that_arrive_together_are_one_piece(lane: bytes) -> None:
    codec = begun()
    codec.receive(OK + lane + b"Transfer-Encoding: chunked\r\n\r\n")
    codec.next_head()
    codec.receive(b"3\r\nabc\r\n2\r\nde\r\n5\r\nfg")
    assert content_of(codec) == [b"abcdefg"]
    codec.receive(b"h")
    assert content_of(codec) == [b"h"]
    codec.receive(b"ij\r\n0\r\n\r\n")
    assert content_of(codec) == [b"ij", b""]
    assert codec.can_reuse()


@pytest.mark.parametrize("lane", [b"", b"X: a\r\n b\r\n"], ids=["plain", "judged"])
@pytest.mark.parametrize("end", [b"", b"2\r", b"2\r\na", b"2\r\nab\r", b"0\r\n", b"0\r\n\r"])
def test_a_chunked_body_that_does_not_end_is_an_error(lane: bytes, end: bytes) -> None:
    codec = begun()
    codec.receive(OK + lane + b"Transfer-Encoding: chunked\r\n\r\n" + end)
    codec.next_head()
    content_of(codec)
    codec.receive(b"")
    with pytest.raises(RemoteProtocolError, match="closed connection"):
        codec.next_chunk()


def test_what_follows_a_chunked_body_is_unread() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + b"1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
    codec.next_head()
    assert content_of(codec) == [b"a", b""]
    assert codec.unread() == b"HTTP/1.1 200 OK\r\n\r\n"
    assert not codec.can_reuse()


def test_content_before_an_error_is_given_first() -> None:
    for bad in (b"1\r\nabc\r\n", b"1\r\na\rX", b"X\r\n"):
        codec = begun()
        codec.receive(CHUNKED_OK + b"1\r\na\r\n" + bad)
        codec.next_head()
        assert (codec.next_chunk() or b"").startswith(b"a")
        with pytest.raises(RemoteProtocolError):
            codec.next_chunk()


def test_content_before_an_error_is_given_first_by_the_judge_too() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + b"1;x\r\na\r\nX\r\n")
    codec.next_head()
    assert codec.next_chunk() == b"a"
    with pytest.raises(RemoteProtocolError, match="illegal chunk header"):
        codec.next_chunk()


def test_a_broken_chunk_end_is_shown() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + b"1\r\n")
    codec.next_head()
    codec.receive(b"a")
    assert codec.next_chunk() == b"a"
    codec.receive(b"bc")
    with pytest.raises(RemoteProtocolError, match="must be followed by CRLF, but b'bc' came"):
        codec.next_chunk()


def test_trailers_are_received() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + b"1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n")
    codec.next_head()
    assert content_of(codec) == [b"a", b""]
    assert codec.trailers == [(b"X-Sum", b"1")]
    assert codec.can_reuse()
    codec.encode_head(b"GET", b"/", HOST)
    assert codec.trailers == []


def test_both_framings_close_the_connection() -> None:
    codec = begun()
    codec.receive(
        OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    )
    codec.next_head()
    assert content_of(codec) == [b"ab", b""]
    assert not codec.can_reuse()


@pytest.mark.parametrize("value", [b"close", b"Close", b"a, close", b"close, upgrade"])
def test_either_side_can_close(value: bytes) -> None:
    ours = begun(b"GET", (b"Connection", value))
    ours.receive(OK + b"Content-Length: 0\r\n\r\n")
    theirs = begun()
    theirs.receive(OK + b"Connection: " + value + b"\r\nContent-Length: 0\r\n\r\n")
    for codec in (ours, theirs):
        codec.next_head()
        assert content_of(codec) == [b""]
        assert not codec.can_reuse()


def test_a_request_that_is_not_sent_whole_prevents_reuse() -> None:
    codec = begun(b"POST", LENGTH)
    codec.receive(OK + b"Content-Length: 0\r\n\r\n")
    codec.next_head()
    assert content_of(codec) == [b""]
    assert not codec.can_reuse()


def test_an_end_after_the_response_prevents_reuse() -> None:
    codec = begun()
    codec.receive(OK + b"Content-Length: 0\r\n\r\n")
    codec.receive(b"")
    codec.next_head()
    assert content_of(codec) == [b""]
    assert not codec.can_reuse()


# Limits.


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("odd", [b"", b" b\r\n"])
def test_head_bytes_are_limited(complete: bool, odd: bytes) -> None:
    codec = begun(limits=Limits(head_bytes=1000))
    codec.receive(OK + b"A: b\r\n" + odd + b"B: " + b"x" * 1000 + b"\r\n\r\n" * complete)
    with pytest.raises(RemoteProtocolError, match="the limit head_bytes is 1000"):
        codec.next_head()


@pytest.mark.parametrize("odd", [b"", b" b\r\n"])
def test_fields_are_limited(odd: bytes) -> None:
    codec = begun(limits=Limits(fields=10))
    codec.receive(OK + b"A: b\r\n" + odd + b"A: b\r\n" * 10 + b"\r\n")
    with pytest.raises(RemoteProtocolError, match="has 11 fields; the limit fields is 10"):
        codec.next_head()


@pytest.mark.parametrize(
    "trailers", [b"A: b\r\n" * 11 + b"\r\n", b"A: " + b"x" * 300 + b"\r\n\r\n", b"A: " + b"x" * 300]
)
def test_trailers_are_limited(trailers: bytes) -> None:
    codec = begun(limits=Limits(trailer_fields=10, trailer_bytes=200))
    codec.receive(CHUNKED_OK + b"0\r\n" + trailers)
    codec.next_head()
    with pytest.raises(
        RemoteProtocolError, match="limits trailer_bytes and trailer_fields are 200 and 10"
    ):
        codec.next_chunk()


def test_trailers_with_control_characters_are_refused() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + b"0\r\nA: \x01\r\n\r\n")
    codec.next_head()
    with pytest.raises(RemoteProtocolError, match="illegal byte"):
        codec.next_chunk()


def test_chunk_extensions_are_limited_in_total() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK)
    codec.next_head()
    chunk = b"3e8;sig=" + b"x" * 100 + b"\r\n" + bytes(1000) + b"\r\n"
    # The allowance for a plain chunk is taken off: about 80 bytes of each count.
    for _ in range(180):
        codec.receive(chunk)
        assert codec.next_chunk() == bytes(1000)
    codec.receive(chunk * 30)
    with pytest.raises(RemoteProtocolError, match="limits extension_bytes and extension_ratio"):
        codec.next_chunk()


def test_chunk_extensions_are_limited_in_proportion() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + (b"1;" + b"x" * 60 + b"\r\na\r\n") * 120)
    codec.next_head()
    with pytest.raises(RemoteProtocolError, match="came with 120 bytes of content"):
        codec.next_chunk()


def test_an_endless_chunk_extension_is_limited() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + b"1;")
    codec.next_head()
    for _ in range(16):
        codec.receive(b"x" * 1000)
        assert codec.next_chunk() is None
    codec.receive(b"x" * 1000)
    with pytest.raises(RemoteProtocolError, match="unfinished line"):
        codec.next_chunk()


def test_a_few_chunk_extensions_are_read() -> None:
    codec = begun()
    codec.receive(CHUNKED_OK + b'5;a="b"\r\nhello\r\n5 \r\nworld\r\n0;z\r\n\r\n')
    codec.next_head()
    assert content_of(codec) == [b"helloworld", b""]
    assert codec.can_reuse()


# The end of the connection where nobody knows who ended it.


@pytest.mark.parametrize("version", [b"1.1", b"1.0"])
def test_a_body_whose_end_is_doubtful_is_refused_unless_lenient(version: bytes) -> None:
    for lenient in (False, True):
        codec = Codec(lenient=lenient)
        codec.encode_head(b"GET", b"/", HOST)
        codec.receive(b"HTTP/%b 200 OK\r\nX: y\r\n\r\nhello" % version)
        assert codec.next_head() is not None
        assert codec.next_chunk() == b"hello"
        assert codec.next_chunk() is None
        codec.receive(b"")
        if lenient:
            codec.doubt_end()
            assert codec.next_chunk() == b""
        else:
            with pytest.raises(RemoteProtocolError, match="no close_notify"):
                codec.doubt_end()
        assert not codec.can_reuse()


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (OK + b"Content-Length: 9\r\n\r\nhello", r"received 5 bytes, expected 9"),
        (CHUNKED_OK + b"5\r\nhello\r\n", "incomplete chunked read"),
    ],
)
def test_a_body_that_says_itself_that_it_is_incomplete_says_so_also_when_its_end_is_doubtful(
    head: bytes, reason: str
) -> None:
    for lenient in (False, True):
        codec = Codec(lenient=lenient)
        codec.encode_head(b"GET", b"/", HOST)
        codec.receive(head)
        assert codec.next_head() is not None
        assert codec.next_chunk() == b"hello"
        assert codec.next_chunk() is None
        codec.receive(b"")
        with pytest.raises(RemoteProtocolError, match=reason):
            codec.doubt_end()
