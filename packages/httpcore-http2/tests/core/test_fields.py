"""What a request's fields become, and which are refused."""

from typing import Any

import pytest
from hpack.struct import NeverIndexedHeaderTuple

from httpcore_http2._core.fields import RequestMapper, content_length, flaw_of, trailer_fields
from httpcore_interfaces import LocalProtocolError, Request


def fields(
    *headers: tuple[str, str], method: str = "GET", url: str = "https://h/", **extensions: object
) -> list[tuple[bytes, bytes]]:
    request = Request(method, url, headers=list(headers), extensions=extensions)
    return RequestMapper().fields_of(request)[0]


def regular(*headers: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in fields(*headers) if not name.startswith(b":")]


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://h/", b"h"),
        ("https://h:443/", b"h"),
        ("https://h:8443/", b"h:8443"),
        ("http://h:443/", b"h:443"),
        ("https://[::1]/", b"[::1]"),
        ("https://[::1]:8443/", b"[::1]:8443"),
    ],
)
def test_the_authority_is_the_urls_where_host_is_absent(url: str, authority: bytes) -> None:
    assert dict(fields(url=url))[b":authority"] == authority


def test_host_becomes_the_authority() -> None:
    found = fields(("Accept", "*/*"), ("HOST", "other.example"))
    assert found == [
        (b":method", b"GET"),
        (b":authority", b"other.example"),
        (b":scheme", b"https"),
        (b":path", b"/"),
        (b"accept", b"*/*"),
    ]
    with pytest.raises(LocalProtocolError, match="several Host"):
        fields(("Host", "a"), ("host", "b"))


def test_what_described_the_connection_is_dropped() -> None:
    assert regular(
        ("Connection", "keep-alive, X-Hop"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "keep-alive"),
        ("Transfer-Encoding", "Chunked"),
        ("X-Hop", "1"),
        ("X-End", "2"),
    ) == [(b"x-end", b"2")]


def test_what_cannot_be_had_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="upgrade to b'h2c'"):
        fields(("Upgrade", "h2c"))
    with pytest.raises(LocalProtocolError, match="transfer coding b'gzip'"):
        fields(("Transfer-Encoding", "gzip"))


def test_te_says_trailers_or_nothing() -> None:
    assert regular(("TE", "gzip, Trailers")) == [(b"te", b"trailers")]
    assert regular(("TE", "gzip")) == []


def test_secrets_stay_out_of_the_tables() -> None:
    found = regular(
        ("Authorization", "Basic eA=="),
        ("Cookie", "short"),
        ("Cookie", "long enough not to be guessed"),
        ("X", "y"),
    )
    assert [name for name, _ in found] == [b"authorization", b"cookie", b"cookie", b"x"]
    marked = [
        isinstance(field, NeverIndexedHeaderTuple)
        for field in fields(("Authorization", "x"), ("Cookie", "short"), ("Cookie", "x" * 20))[4:]
    ]
    assert marked == [True, True, False]


def test_connect_names_a_protocol_for_its_scheme() -> None:
    found = dict(fields(method="CONNECT", url="wss://h/chat", protocol=b"websocket"))
    assert found[b":scheme"] == b"https"
    assert found[b":protocol"] == b"websocket"
    assert found[b":path"] == b"/chat"
    assert dict(fields(method="CONNECT", protocol="websocket"))[b":protocol"] == b"websocket"


@pytest.mark.parametrize(
    ("method", "protocol"), [("GET", b"websocket"), ("CONNECT", b"a b"), ("CONNECT", 5)]
)
def test_a_protocol_belongs_to_connect_and_is_a_name(method: str, protocol: object) -> None:
    with pytest.raises(LocalProtocolError, match="protocol extension"):
        fields(method=method, protocol=protocol)


def test_content_length_is_one_number() -> None:
    assert content_length([(b"a", b"b")]) is None
    assert content_length([(b"content-length", b"5"), (b"content-length", b"5")]) == 5
    for values in ([b"5", b"6"], [b""], [b"+5"], [b"5, 5"]):
        with pytest.raises(LocalProtocolError, match="not one number"):
            content_length([(b"content-length", value) for value in values])


def test_trailers_have_no_routing_nor_framing() -> None:
    assert trailer_fields([(b"X-Sum", b"1")]) == [(b"x-sum", b"1")]
    assert isinstance(trailer_fields([(b"Authorization", b"1")])[0], NeverIndexedHeaderTuple)
    with pytest.raises(LocalProtocolError, match="b'host'"):
        trailer_fields([(b"Host", b"h")])


@pytest.mark.parametrize(
    ("fields", "flaw"),
    [
        ([], None),
        ([(b"a", b""), (b"b", b"x\ty \xff")], None),
        ([(b"a", b"x"), (b"b", b"x\x01")], r"the illegal byte b'\x01' in the field b'b'"),
        ([(b"a", b"x\x7f")], r"the illegal byte b'\x7f' in the field b'a'"),
        ([(b"a", b"x"), (b"a,b", b"")], r"the field name b'a,b', which is not a token"),
    ],
)
def test_what_is_wrong_with_received_fields_is_said(
    fields: list[tuple[bytes, bytes]], flaw: str | None
) -> None:
    assert flaw_of(fields) == flaw


def test_fields_like_those_of_the_request_before_are_mapped_once_and_others_anew() -> None:
    mapper = RequestMapper()
    secret: Any = [b"Authorization", b"a"]
    headers: Any = [(b"Host", b"b.example"), (b"X-A", b"1"), (b"Content-Length", b"5")]
    for target in (b"/1", b"/2"):
        made, length = mapper.fields_of(
            Request("POST", "https://h" + target.decode(), headers=headers)
        )
        assert made[1:4:2] == [(b":authority", b"b.example"), (b":path", target)]
        assert made[4:] == [(b"x-a", b"1"), (b"content-length", b"5")]
        assert length == 5
        # What was given out is not what is remembered.
        made.clear()
    request = Request("GET", "https://h/", headers=[])
    assert mapper.fields_of(request)[0][4:] == []
    # A pair that is a list may be changed afterwards.
    request.headers = [secret]
    assert mapper.fields_of(request)[0][4:] == [(b"authorization", b"a")]
    secret[1] = b"b"
    assert mapper.fields_of(request)[0][4:] == [(b"authorization", b"b")]
    request.headers = [(b"Content-Length", b"x")]
    for _ in range(2):
        with pytest.raises(LocalProtocolError, match="is not one number"):
            mapper.fields_of(request)
