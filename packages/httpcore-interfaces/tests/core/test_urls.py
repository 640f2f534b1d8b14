"""URLs are split into what a transport needs, and put together again."""

from __future__ import annotations

import copy
import pickle
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_interfaces import DEFAULT_PORTS, URL, Origin, _urls


def parts(url: URL) -> tuple[bytes, bytes, int | None, bytes]:
    return url.scheme, url.host, url.port, url.target


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example:8443/p?q#f", (b"https", b"a.example", 8443, b"/p?q")),
        ("https://www.example.com", (b"https", b"www.example.com", None, b"/")),
        ("HTTP://EX.com:80/A", (b"http", b"ex.com", 80, b"/A")),
        ("http://user:pass@h/x", (b"http", b"h", None, b"/x")),
        ("http://a@b@h/", (b"http", b"h", None, b"/")),
        ("https://[::1]:8/", (b"https", b"::1", 8, b"/")),
        ("https://[FE80::1%25eth0]", (b"https", b"fe80::1%25eth0", None, b"/")),
        ("http://a:/", (b"http", b"a", None, b"/")),
        ("http://a:0/", (b"http", b"a", 0, b"/")),
        ("http://a?q", (b"http", b"a", None, b"/?q")),
        ("http://a/;p?", (b"http", b"a", None, b"/;p?")),
        ("http://a/x@y:z", (b"http", b"a", None, b"/x@y:z")),
        ("/rel", (b"", b"", None, b"/rel")),
        ("//h/x", (b"", b"h", None, b"/x")),
        ("http:///x", (b"http", b"", None, b"/x")),
        ("h2+x.y-z://a", (b"h2+x.y-z", b"a", None, b"/")),
        ("", (b"", b"", None, b"")),
    ],
)
def test_text_and_bytes_are_split(text: str, expected: tuple[Any, ...]) -> None:
    assert parts(URL(text)) == expected
    assert parts(URL(text.encode())) == expected


@given(st.text("ht:/p.a@[]?#1", max_size=24))
def test_what_is_remembered_changes_nothing(rest: str) -> None:
    text = f"http://{rest}"
    _urls._known_starts.clear()
    try:
        first = parts(URL(text))
    except ValueError:
        assert not _urls._known_starts
        return
    assert parts(URL(text)) == first
    for start in list(_urls._known_starts):
        url = start + b"/other@b:c//d?e#f"
        remembered = parts(URL(url))
        _urls._known_starts.clear()
        assert parts(URL(url)) == remembered


def test_starts_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[bytes, _urls.URLStart] = {}
    monkeypatch.setattr(_urls, "_known_starts", known)
    for number in range(1000):
        url = URL(f"http://host-{number}/path")
        start = known[b"http://host-%d" % number]
        assert (start.scheme, start.host, start.port) == (b"http", b"host-%d" % number, None)
        assert url._start is start
        assert len(known) <= 512


def test_user_information_and_targets_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[bytes, _urls.URLStart] = {}
    monkeypatch.setattr(_urls, "_known_starts", known)
    for text in (
        "http://user:secret@example.com/x",
        "http://example.com?secret/x",
        "ws://a/secret/x",
        "http://example.com",
        f"http://{'a' * 256}/",
    ):
        assert parts(URL(text)) == parts(URL(text))
    assert not known
    assert parts(URL("http://example.com/a?token=secret#f")) == parts(
        URL("http://example.com/a?token=secret")
    )
    assert list(known) == [b"http://example.com"]


def test_parts_are_taken_as_they_are() -> None:
    url = URL(scheme="HTTPS", host="Example.com", port=1, target="*")
    assert parts(url) == (b"https", b"Example.com", 1, b"*")
    assert parts(URL(scheme=b"http", host=b"[::1]", target=b"/")) == (b"http", b"::1", None, b"/")
    assert parts(URL()) == (b"", b"", None, b"")


@pytest.mark.parametrize("text", ["http://a:99999/", "http://a:65536/", "http://a:123456/"])
def test_ports_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the port must be a number from 0 to 65535, but"):
        URL(text)


@pytest.mark.parametrize("text", ["http://a:x/", "http://a:-1/", "http://::1/", "http://[::1/"])
def test_ports_that_are_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the port must be a number from 0 to 65535, but the URL"):
        URL(text)


def test_ports_by_themselves_are_numbers() -> None:
    # A server can name such a port in a redirect; it is the transport that says that it leads nowhere.
    assert URL(scheme="http", host="a", port=65536).port == 65536
    assert URL(scheme="http", host="a", port=HTTPStatus.OK).port == 200
    for wrong in ("80", 80.0, True):
        port: Any = wrong
        with pytest.raises(
            TypeError, match=f"port must be int or None, but got {type(wrong).__name__}"
        ):
            URL(scheme="http", host="a", port=port)


def test_only_bytes_and_ascii_make_a_url() -> None:
    for wrong in (12, None, 0, bytearray(b"http://a/")):
        url: Any = wrong
        with pytest.raises(
            TypeError, match=f"url must be bytes or str, but got {type(wrong).__name__}"
        ):
            URL(url)
    with pytest.raises(TypeError, match="url strings may not include unicode characters"):
        URL("https://a/\xe9")
    with pytest.raises(TypeError, match="host strings may not include unicode characters"):
        URL(scheme="https", host="\xe9")
    text: Any = 5
    with pytest.raises(TypeError, match="target must be bytes or str, but got int"):
        URL(scheme="https", host="a", target=text)


@pytest.mark.parametrize(
    "text", ["https://a.example:8443/p?q", "http://a/", "https://[::1]:8/", "https://[::1]/"]
)
def test_bytes_put_it_together_again(text: str) -> None:
    assert bytes(URL(text)) == text.encode()
    assert URL(bytes(URL(text))) == URL(text)


def test_repr_has_every_part() -> None:
    url = URL("https://a.example:8443/p")
    assert repr(url) == "URL(scheme=b'https', host=b'a.example', port=8443, target=b'/p')"


def test_equal_parts_make_equal_urls() -> None:
    url = URL("http://h:80/")
    assert url == URL(scheme=b"http", host=b"h", port=80, target=b"/")
    assert hash(url) == hash(URL("http://h:80/"))
    for other in ("https://h:80/", "http://i:80/", "http://h:81/", "http://h:80/x"):
        assert url != URL(other)
    assert url != "http://h:80/"


@pytest.mark.parametrize(("scheme", "port"), DEFAULT_PORTS.items())
def test_the_origin_has_the_default_port(scheme: bytes, port: int) -> None:
    assert URL(scheme=scheme, host=b"h").origin == Origin(scheme, b"h", port)
    assert URL(scheme=scheme, host=b"h", port=1).origin == Origin(scheme, b"h", 1)


def test_an_unknown_scheme_has_no_default_port() -> None:
    with pytest.raises(ValueError, match="no default port is known for the scheme b'foo'"):
        _ = URL("foo://x").origin
    assert URL("foo://x:5").origin == Origin(b"foo", b"x", 5)


def test_origins_are_values() -> None:
    origin = Origin(b"https", b"example.com", 443)
    assert origin == Origin(b"https", b"example.com", 443)
    assert hash(origin) == hash(Origin(b"https", b"example.com", 443))
    assert origin != Origin(b"http", b"example.com", 443)
    assert origin != Origin(b"https", b"example.org", 443)
    assert origin != Origin(b"https", b"example.com", 444)
    assert origin != "https://example.com:443"
    assert repr(origin) == "Origin(scheme=b'https', host=b'example.com', port=443)"
    assert str(origin) == "https://example.com:443"
    assert str(Origin(b"http", b"::1", 80)) == "http://[::1]:80"
    assert str(Origin(b"http", b"\xff", 80)) == "http://\\xff:80"


def test_urls_and_origins_can_be_pickled_and_copied() -> None:
    url = URL("https://a.example/p")
    for value in (url, url.origin):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.copy(value) == value


def test_what_a_transport_has_made_of_a_url_is_not_copied_with_it() -> None:
    url = URL("https://a.example/p")
    assert url._start is not None
    url._start.key = "the transport's own"
    again = pickle.loads(pickle.dumps(url))
    assert (again._start.scheme, again._start.host, again._start.port) == (
        b"https",
        b"a.example",
        None,
    )
    assert again._start.key is None


@given(st.binary(max_size=40))
def test_no_bytes_break_the_splitting(data: bytes) -> None:
    try:
        url = URL(data)
    except ValueError:
        return
    assert not data or url.target.startswith(b"/")
    assert url.port is None or 0 <= url.port <= 65535
