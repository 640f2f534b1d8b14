"""The client's side of SOCKS 5 (RFC 1928, RFC 1929), 4 and 4a, byte for byte."""

from __future__ import annotations

import pytest

from httpcore_interfaces import LocalProtocolError, ProxyError
from httpcore_pool._core.socks import socks_handshake

AUTH = (b"user", b"pass")
FROM_IPV4 = [b"\x05\x00\x00\x01", b"\0" * 6]


def shake_hands(
    answers: list[bytes],
    host: bytes = b"a",
    port: int = 80,
    auth: tuple[bytes, bytes] | None = None,
    scheme: bytes = b"socks5",
    refusal: str | None = None,
) -> list[bytes]:
    """What is sent to a proxy that answers so. It is asked for exactly as many bytes as each answer has."""
    sent = []
    left = list(answers)
    handshake = socks_handshake(scheme, host, port, auth)
    found: str | None = None
    try:
        wanted = next(handshake)
        while True:
            if isinstance(wanted, bytes):
                sent.append(wanted)
                wanted = next(handshake)
            else:
                answer = left.pop(0)
                assert len(answer) == wanted
                wanted = handshake.send(answer)
    except StopIteration as end:
        found = end.value
    assert left == []
    assert found == refusal
    return sent


def test_without_credentials_none_are_offered() -> None:
    assert shake_hands([b"\x05\x00", *FROM_IPV4]) == [
        b"\x05\x01\x00",
        b"\x05\x01\x00\x03\x01a\x00\x50",
    ]


def test_credentials_are_sent_when_the_proxy_asks() -> None:
    assert shake_hands([b"\x05\x02", b"\x01\x00", *FROM_IPV4], auth=AUTH)[:2] == [
        b"\x05\x02\x00\x02",
        b"\x01\x04user\x04pass",
    ]


def test_credentials_are_kept_when_the_proxy_does_not_ask() -> None:
    assert len(shake_hands([b"\x05\x00", *FROM_IPV4], auth=AUTH)) == 2


@pytest.mark.parametrize(
    ("host", "address"),
    [
        (b"a.example", b"\x03\x09a.example"),
        (b"192.0.2.1", b"\x01\xc0\x00\x02\x01"),
        (b"::1", b"\x04" + b"\0" * 15 + b"\x01"),
    ],
)
def test_names_are_left_to_the_proxy_and_addresses_are_sent_as_such(
    host: bytes, address: bytes
) -> None:
    sent = shake_hands([b"\x05\x00", *FROM_IPV4], host, 0x1234)
    assert sent[-1] == b"\x05\x01\x00" + address + b"\x12\x34"


@pytest.mark.parametrize(
    "answer",
    [
        FROM_IPV4,
        [b"\x05\x00\x00\x04", b"\0" * 18],
        [b"\x05\x00\x00\x03", b"\x04", b"name\0\0"],
        [b"\x05\x00\x00\x03", b"\x00", b"\0\0"],
    ],
    ids=["IPv4", "IPv6", "name", "empty name"],
)
def test_address_of_the_proxy_is_read_to_its_end(answer: list[bytes]) -> None:
    assert len(shake_hands([b"\x05\x00", *answer])) == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (1, "general failure"),
        (2, "connection not allowed by its rules"),
        (3, "network unreachable"),
        (4, "host unreachable"),
        (5, "connection refused"),
        (6, "time to live expired"),
        (7, "command not supported"),
        (8, "address type not supported"),
        (9, "unknown reply 9"),
    ],
)
def test_every_refusal_has_its_reason(reply: int, reason: str) -> None:
    shake_hands([b"\x05\x00", bytes([5, reply, 0, 1])], refusal=reason)


@pytest.mark.parametrize(
    ("answers", "auth", "message"),
    [
        ([b"\x05\xff"], None, r"accepts none of the ways to authenticate; give auth="),
        ([b"\x05\x02"], None, r"accepts none of the ways to authenticate"),
        ([b"\x05\xff"], AUTH, r"accepts none of the ways to authenticate$"),
        ([b"\x05\x02", b"\x01\x01"], AUTH, r"refused the user name and password"),
        ([b"\x04\x00"], None, r"does not speak SOCKS 5: it answered with version 4"),
        ([b"HT"], None, r"does not speak SOCKS 5: it answered with version 72"),
        ([b"\x05\x00", b"\x04\x00\x00\x01"], None, r"does not speak SOCKS 5"),
        ([b"\x05\x00", b"\x05\x00\x00\x02"], None, r"unknown address type 2"),
    ],
)
def test_other_answers_are_errors(
    answers: list[bytes], auth: tuple[bytes, bytes] | None, message: str
) -> None:
    with pytest.raises(ProxyError, match=message):
        shake_hands(answers, auth=auth)


@pytest.mark.parametrize(
    ("host", "auth", "message"),
    [
        (b"a" * 256, None, "a SOCKS host name must be 1 to 255 bytes long, but this one has 256"),
        (b"a", (b"u" * 256, b"pass"), "a SOCKS user name must be 0 to 255 bytes long"),
        (b"a", (b"user", b"p" * 256), "a SOCKS password must be 0 to 255 bytes long"),
    ],
)
def test_what_does_not_fit_is_refused(
    host: bytes, auth: tuple[bytes, bytes] | None, message: str
) -> None:
    answer = b"\x05\x00" if auth is None else b"\x05\x02"
    with pytest.raises(LocalProtocolError, match=message):
        shake_hands([answer], host, auth=auth)


def test_user_name_may_be_all_that_there_is() -> None:
    answers = [b"\x05\x02", b"\x01\x00", b"\x05\x00\x00\x01", bytes(6)]
    assert shake_hands(answers, auth=(b"token", b""))[1] == b"\x01\x05token\x00"


GRANTED = b"\x00\x5a" + b"\0" * 6


@pytest.mark.parametrize(
    ("host", "auth", "request_bytes"),
    [
        (b"192.0.2.1", None, b"\x04\x01\x00\x50\xc0\x00\x02\x01\x00"),
        (b"192.0.2.1", (b"user", b""), b"\x04\x01\x00\x50\xc0\x00\x02\x01user\x00"),
        (b"a.example", None, b"\x04\x01\x00\x50\x00\x00\x00\x01\x00a.example\x00"),
    ],
    ids=["address", "user", "name"],
)
def test_socks4_is_told_an_address_or_a_name(
    host: bytes, auth: tuple[bytes, bytes] | None, request_bytes: bytes
) -> None:
    assert shake_hands([GRANTED], host, auth=auth, scheme=b"socks4a") == [request_bytes]


@pytest.mark.parametrize(("reply", "reason"), [(91, "rejected or failed"), (0, "unknown reply 0")])
def test_socks4_says_little_about_why(reply: int, reason: str) -> None:
    shake_hands([bytes([0, reply]) + b"\0" * 6], scheme=b"socks4", refusal=reason)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"\x00\x5c" + b"\0" * 6, "cannot reach the identd"),
        (b"\x00\x5d" + b"\0" * 6, "names another user"),
        (b"HTTP/1.1", "does not speak SOCKS 4: its answer begins with 72"),
    ],
)
def test_other_answers_of_socks4_are_errors(answer: bytes, message: str) -> None:
    with pytest.raises(ProxyError, match=message):
        shake_hands([answer], scheme=b"socks4")


@pytest.mark.parametrize(
    ("host", "message"),
    [
        (b"::1", "SOCKS 4 knows no IPv6 addresses"),
        (b"a" * 256, "a SOCKS host name must be 1 to 255"),
    ],
)
def test_what_does_not_fit_into_socks4_is_refused(host: bytes, message: str) -> None:
    with pytest.raises(LocalProtocolError, match=message):
        shake_hands([], host, scheme=b"socks4a")
