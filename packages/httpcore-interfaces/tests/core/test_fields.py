"""What a caller sends is checked before anything is done for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_interfaces import (
    URL,
    LocalProtocolError,
    Request,
    _fields,
    may_be_remembered,
    validate_fields,
    validate_request,
)

TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def request(**parts: Any) -> Request:
    made = Request("GET", "https://example.com/")
    for name, value in parts.items():
        setattr(made, name, value)
    return made


def sent(headers: Any) -> Request:
    return Request("GET", "https://example.com/", headers=headers)


def to(**parts: Any) -> Request:
    given: dict[str, Any] = {"scheme": b"https", "host": b"example.com", "target": b"/", **parts}
    return request(url=URL(**given))


def test_good_requests_pass() -> None:
    fields = [
        (b"Host", b"example.com"),
        (b"X-Empty", b""),
        (b"X", b"a\tb \xe9\xff c"),
        (TOKEN, b"x"),
    ]
    validate_request(request(headers=fields))
    validate_request(request(method=b"M-SEARCH"))
    validate_request(to(target=b"*"))
    validate_request(to(target=b"example.com:443"))
    validate_request(to(host=b"fe80::1%eth0"))
    validate_request(to(host=b""))


@pytest.mark.parametrize("method", [b"", b"GET ", b"GE T", b"GET\r\nX:", b"G\x00T", b"\xe9"])
def test_methods_are_tokens(method: bytes) -> None:
    with pytest.raises(LocalProtocolError, match=r"the method .* is not a token"):
        validate_request(request(method=method))


@pytest.mark.parametrize("target", [b"/ ", b"/a\r\nX: y", b"/\x00", b"/\x7f", b"/\xc3\xa9"])
def test_targets_are_visible_ascii(target: bytes) -> None:
    with pytest.raises(LocalProtocolError, match=r"has the illegal byte .* percent-encode it"):
        validate_request(to(target=target))


def test_the_offending_byte_and_its_offset_are_shown() -> None:
    with pytest.raises(LocalProtocolError, match=r"illegal byte b' ' at offset 2 of b'/a b'"):
        validate_request(to(target=b"/a b"))
    with pytest.raises(LocalProtocolError, match=r"\.\.\.; percent-encode it"):
        validate_request(to(target=b"/" + b"a" * 200 + b"\n"))


def test_an_empty_target_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="the request target is empty"):
        validate_request(to(target=b""))


@pytest.mark.parametrize(
    "host", [b"a\r\nb", b"a b", b"a/b", b"a?b", b"a#b", b"a@b", b"a\\b", b"\xe9"]
)
def test_hosts_are_plain(host: bytes) -> None:
    with pytest.raises(LocalProtocolError, match=r"the host .* has illegal bytes"):
        validate_request(to(host=host))


def test_hosts_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    known: set[bytes] = set()
    monkeypatch.setattr(_fields, "_known_hosts", known)
    validate_request(to(host=b"a" * 256))
    assert not known
    for number in range(1000):
        validate_request(to(host=b"h%d" % number))
        assert b"h%d" % number in known
        assert len(known) <= 512


@pytest.mark.parametrize("name", [b"", b"a b", b"a:", b"a\r\n", b"a\x00", b"\xe9", b"(a)"])
def test_names_are_tokens(name: bytes) -> None:
    with pytest.raises(LocalProtocolError, match=r"the header name .* is not a token"):
        validate_fields([(name, b"value")])
    with pytest.raises(LocalProtocolError, match=r"the trailer name .* is not a token"):
        validate_fields([(name, b"value")], "trailer")


@pytest.mark.parametrize("byte", [n for n in range(256) if (n < 32 and n != 9) or n == 127])
def test_values_have_no_control_characters(byte: int) -> None:
    with pytest.raises(
        LocalProtocolError, match=r"the value of the header b'X-Long' has the illegal"
    ):
        validate_fields([(b"X-Long", b"a" * 50 + bytes([byte]) + b"b" * 50)])


@pytest.mark.parametrize("value", [b" a", b"a ", b"\ta", b"a\t", b" "])
def test_white_space_around_a_value_is_refused(value: bytes) -> None:
    with pytest.raises(LocalProtocolError, match=r"begins or ends with white space: .*; strip it"):
        validate_fields([(b"X", value)])


@pytest.mark.parametrize("wrong", ["text", bytearray(b"x"), 5, None])
def test_all_parts_are_bytes(wrong: Any) -> None:
    kind = type(wrong).__name__
    with pytest.raises(TypeError, match=f"method must be bytes, but got {kind}"):
        validate_request(request(method=wrong))
    with pytest.raises(TypeError, match=f"header name must be bytes, but got {kind}"):
        validate_request(request(headers=[(wrong, b"value")]))
    with pytest.raises(
        TypeError, match=f"the value of the header b'X' must be bytes, but got {kind}"
    ):
        validate_request(request(headers=[(b"X", wrong)]))


@given(st.binary(max_size=20))
def test_names_and_values_agree_with_the_grammar(data: bytes) -> None:
    name_is_good = bool(data) and all(byte in TOKEN for byte in data)
    value_is_good = data.strip(b" \t") == data and all(
        byte == 9 or (byte >= 32 and byte != 127) for byte in data
    )
    for field, is_good in (((data, b""), name_is_good), ((b"X", data), value_is_good)):
        try:
            validate_fields([field])
        except LocalProtocolError:
            assert not is_good
        else:
            assert is_good


def test_only_so_many_names_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    names: set[bytes] = set()
    monkeypatch.setattr(_fields, "_known_names", names)
    for number in range(1000):
        validate_fields([(b"X-%d" % number, b"")] * 2)
        # Whoever fills it does not keep others out of it.
        assert b"X-%d" % number in names
        assert len(names) <= _fields._KNOWN_NAMES_LIMIT
    validate_fields([(b"X" * 65, b"")])
    assert max(map(len, names)) <= 64


def test_only_so_many_fields_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    fields = _fields._KnownFields()
    monkeypatch.setattr(_fields, "_known_fields", fields)
    for number in range(1000):
        validate_fields([(b"X", b"%d" % number)] * 2)
        assert (b"X", b"%d" % number) in fields
        assert len(fields) <= _fields._KNOWN_FIELDS_LIMIT


@pytest.mark.parametrize(
    "name",
    [b"Authorization", b"cookie", b"Proxy-Authorization", b"SET-COOKIE", b"X-API-Key", b"a" * 65],
)
def test_secrets_and_long_fields_are_not_remembered(
    name: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = _fields._KnownFields()
    monkeypatch.setattr(_fields, "_known_fields", fields)
    validate_fields([(name, b"value"), (b"Accept", b"*" * 129)])
    assert not fields
    assert not may_be_remembered(name, b"value")
    assert not may_be_remembered(b"Accept", b"*" * 129)
    assert may_be_remembered(b"Accept", b"*" * 128)


def test_a_remembered_field_must_still_be_bytes() -> None:
    validate_fields([(b"X", b"known")])
    wrong: Any = memoryview(b"known")
    with pytest.raises(TypeError, match="must be bytes, but got memoryview"):
        validate_fields([(b"X", wrong)])
    wrong = memoryview(b"X")
    with pytest.raises(TypeError, match="header name must be bytes, but got memoryview"):
        validate_fields([(wrong, b"known")])


@pytest.mark.parametrize("headers", [[(b"X", b"y")], [(b"Cookie", b"y"), (b"X", b"z")], [], None])
def test_good_fields_in_wire_form_are_taken_as_checked(headers: Any) -> None:
    made = sent(headers)
    assert made._good == made.headers == (headers or [])
    assert made._good is not made.headers


@pytest.mark.parametrize(
    "headers",
    [
        [(b"X", b"y"), (b"X", b"bad\n")],
        [(b"X", b"y"), [b"X", b"y"]],
        [(b"X", b"y"), ("X", b"y")],
        [("X", "y")],
        {"X": "y"},
        ((b"X", b"y"),),
    ],
)
def test_other_fields_are_not_taken_as_checked(headers: Any) -> None:
    assert sent(headers)._good is None


def test_three_are_no_field() -> None:
    with pytest.raises(TypeError, match="two-tuples"):
        sent([(b"X", b"y"), (b"X", b"y", b"z")])


def test_a_request_of_another_make_is_checked() -> None:
    made = sent([(b"X", b"y")])
    other: Any = SimpleNamespace(method=b"GET", url=made.url, headers=[(b"X", b"y")])
    validate_request(other)
    other.headers = [(b"X", b"split\r\n")]
    with pytest.raises(LocalProtocolError, match="illegal byte"):
        validate_request(other)


def test_fields_that_were_changed_after_they_were_checked_are_checked_again() -> None:
    made = sent([(b"X", b"y"), (b"Authorization", b"secret")])
    validate_request(made)
    made.headers[1] = (b"Authorization", b"split\r\n")
    with pytest.raises(LocalProtocolError, match="illegal byte"):
        validate_request(made)
    del made.headers[1]
    validate_request(made)
    made.headers.append((b"X\n", b""))
    with pytest.raises(LocalProtocolError, match="not a token"):
        validate_request(made)


def test_what_equals_a_known_field_becomes_that_field() -> None:
    validate_fields([(b"X", b"known")])
    wrong: Any = memoryview(b"known")
    made = sent([(b"X", wrong)])
    assert type(made.headers[0][1]) is bytes
