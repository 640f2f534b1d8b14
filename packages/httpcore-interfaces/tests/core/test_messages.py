"""Requests, responses and proxies take what people give, and say what is wrong with it."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from httpcore_interfaces import (
    URL,
    AsyncIteratorByteStream,
    IteratorByteStream,
    PlainByteStream,
    Proxy,
    Request,
    Response,
    StreamClosed,
    StreamConsumed,
    _wire_fields,
    prepared_request,
    validate_request,
)
from httpcore_interfaces._wire_fields import GoodFields

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

URL_TEXT = "https://example.com/"


async def async_chunks() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


def chunks() -> Iterator[bytes]:
    yield b"a"
    yield b"b"


class Mapped:
    """A mapping that is no dict."""

    def __init__(self, **items: Any) -> None:
        self._items = items

    def keys(self) -> Any:
        return self._items.keys()

    def __getitem__(self, key: str) -> Any:
        return self._items[key]


def test_a_request_is_made_of_text_or_bytes() -> None:
    request = Request("GET", URL_TEXT, headers={"a": "b"})
    assert request.method == b"GET"
    assert request.url == URL(URL_TEXT)
    assert request.headers == [(b"a", b"b")]
    assert request.extensions == {}
    assert list(request.stream) == []  # type: ignore[arg-type]  # a plain body can be read either way
    assert repr(request) == "<Request [b'GET']>"
    assert Request(b"GET", URL_TEXT.encode(), headers=[(b"a", "b")]).headers == [(b"a", b"b")]
    url = URL(URL_TEXT)
    assert Request("GET", url).url is url


def test_the_target_extension_replaces_the_target() -> None:
    for target in ("/x", b"/x"):
        request = Request("GET", "http://a:1/y", extensions={"target": target})
        assert request.url == URL("http://a:1/x")
    assert Request("GET", "http://a/y", extensions={"target": None}).url == URL("http://a/y")
    for wrong, message in ((5, "but got int"), ("\xe9", "may not include unicode")):
        with pytest.raises(TypeError, match=f"target .*{message}"):
            Request("GET", URL_TEXT, extensions={"target": wrong})


def test_extensions_that_are_a_dict_are_kept() -> None:
    extensions: dict[str, Any] = {"timeout": {}}
    assert Request("GET", URL_TEXT, extensions=extensions).extensions is extensions
    mapped: Any = Mapped(timeout={})
    assert Request("GET", URL_TEXT, extensions=mapped).extensions == {"timeout": {}}
    wrong: Any
    for wrong in (1, [], "x"):
        with pytest.raises(TypeError, match="extensions must be a mapping, but got"):
            Request("GET", URL_TEXT, extensions=wrong)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": 1}, "method must be bytes or str, but got int."),
        ({"method": "G\xc9T"}, "method strings may not include unicode characters."),
        ({"url": 1}, "url must be a URL, bytes, or str, but got int."),
        ({"headers": 1}, "headers must be a mapping or sequence of two-tuples, but got int."),
        ({"headers": b"ab"}, "headers must be a mapping or sequence of two-tuples, but got bytes."),
        ({"headers": {"a": 1}}, "header value must be bytes or str, but got int."),
        ({"headers": {1: "a"}}, "header name must be bytes or str, but got int."),
        ({"headers": {"a": "\xe9"}}, "header value strings may not include unicode characters."),
        ({"headers": [("a",)]}, "headers must be .* but one item is not: not enough values"),
        ({"headers": [("a", "b", "c")]}, "headers must be .* but one item is not: too many values"),
        ({"content": "text"}, "content must be .* but got str; make bytes of it first."),
        ({"content": bytearray()}, "content must be .* but got bytearray; make bytes of it first."),
        ({"content": 5}, "content must be bytes or an iterable of bytes, but got int."),
    ],
)
def test_other_types_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Request(**{"method": "GET", "url": URL_TEXT, **arguments})


def test_content_becomes_a_stream() -> None:
    plain = Request("POST", URL_TEXT, content=b"x").stream
    assert isinstance(plain, PlainByteStream)
    assert plain.content == b"x"
    pieces = [b"x"]
    assert Request("POST", URL_TEXT, content=pieces).stream is pieces
    generated = async_chunks()
    assert Request("POST", URL_TEXT, content=generated).stream is generated
    stream: Any = IteratorByteStream(chunks())
    assert Request("POST", URL_TEXT, content=stream).stream is stream
    empty = Request("POST", URL_TEXT, content=b"").stream
    assert list(empty) == []  # type: ignore[arg-type]  # a plain body can be read either way


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com/", b"example.com"),
        ("https://example.com:443/", b"example.com"),
        ("http://example.com:443/", b"example.com:443"),
        ("http://[::1]/", b"[::1]"),
        ("http://[::1]:8080/", b"[::1]:8080"),
        ("foo://x:1/", b"x:1"),
    ],
)
def test_the_conveniences_add_the_host(url: str, host: bytes) -> None:
    assert prepared_request("GET", url, None, None, None).headers == [(b"Host", host)]


def test_the_host_is_that_of_the_url_as_it_is_now() -> None:
    fields = [(b"X", b"y")]
    for _ in range(2):
        made = prepared_request("GET", "http://a.example/", fields, None, None)
        assert made.headers == [(b"Host", b"a.example"), *fields]
    url = URL("http://a.example/")
    url.host = b"b.example"
    for given in (url, "http://b.example/", "http://b.example/"):
        made = prepared_request("GET", given, fields, None, None)
        assert made.headers == made._good == [(b"Host", b"b.example"), *fields]
    made = prepared_request("GET", "http://a.example/", fields, None, {"target": b"*"})
    assert made.headers == [(b"Host", b"a.example"), *fields]
    assert made.url.target == b"*"


def test_the_conveniences_add_the_framing() -> None:
    for content, field in (
        (b"", (b"Content-Length", b"0")),
        (b"abc", (b"Content-Length", b"3")),
        ([b"abc"], (b"Transfer-Encoding", b"chunked")),
    ):
        request = prepared_request("POST", URL_TEXT, None, content, None)
        assert request.headers == [(b"Host", b"example.com"), field]


def test_the_conveniences_leave_what_is_given() -> None:
    for given in (
        [(b"host", b"z"), (b"content-length", b"1")],
        [(b"HOST", b"z"), (b"TRANSFER-ENCODING", b"chunked")],
    ):
        assert prepared_request("POST", URL_TEXT, given, b"x", None).headers == given


def test_a_response_of_bytes_is_there_at_once() -> None:
    response = Response(200, headers={"a": "b"}, content=b"body", extensions={"k": 1})
    assert (response.status, response.headers, response.extensions) == (
        200,
        [(b"a", b"b")],
        {"k": 1},
    )
    assert repr(response) == "<Response [200]>"
    assert response.content == b"body"
    assert response.read() == b"body"
    assert b"".join(response.iter_stream()) == b"body"
    assert Response(200).content == b""


@pytest.mark.parametrize("wrong", ["200", 200.0, None, True])
def test_the_status_is_a_number(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"status must be int, but got {type(wrong).__name__}"):
        Response(wrong)


def test_from_wire_takes_everything_as_it_is() -> None:
    headers = [(b"A", b"b")]
    stream = PlainByteStream(b"x")
    extensions = {"stream_id": 1}
    response = Response.from_wire(200, headers, stream, extensions)
    assert response.headers is headers
    assert response.stream is stream
    assert response.extensions is extensions
    assert response.read() == b"x"


def test_a_response_is_read_once_and_kept() -> None:
    response = Response(200, content=chunks())
    with pytest.raises(RuntimeError, match=r"Call 'response\.read\(\)' first"):
        _ = response.content
    assert response.read() == b"ab"
    assert response.read() == b"ab"
    assert response.content == b"ab"
    with pytest.raises(RuntimeError, match="more than once"):
        response.iter_stream()
    response.close()
    response.close()
    assert response.content == b"ab"


def test_a_response_can_be_read_in_pieces() -> None:
    response = Response(200, content=IteratorByteStream(chunks()))
    assert list(response.iter_stream()) == [b"a", b"b"]
    with pytest.raises(
        RuntimeError, match=r"'for \.\.\. in response\.iter_stream\(\)' more than once"
    ):
        response.iter_stream()


async def test_a_body_of_bytes_can_be_read_after_closing() -> None:
    response = Response(200, content=b"hello")
    response.close()
    assert response.read() == b"hello"
    response = Response(200, content=b"hello")
    await response.aclose()
    assert [chunk async for chunk in response.aiter_stream()] == [b"hello"]


def test_a_closed_response_cannot_be_read() -> None:
    body = IteratorByteStream(chunks())
    response = Response(200, content=body)
    response.close()
    with pytest.raises(StreamClosed, match="on a response that was closed"):
        response.read()
    with pytest.raises(StreamClosed):
        list(body)
    without_close = Response(200, content=[b"x"])
    without_close.close()
    with pytest.raises(StreamClosed):
        without_close.iter_stream()


async def test_an_asynchronous_response_is_read_once_and_kept() -> None:
    response = Response(200, content=AsyncIteratorByteStream(async_chunks()))
    with pytest.raises(RuntimeError, match=r"Call 'await response\.aread\(\)' first"):
        _ = response.content
    assert await response.aread() == b"ab"
    assert await response.aread() == b"ab"
    assert response.content == b"ab"
    with pytest.raises(RuntimeError, match="more than once"):
        response.aiter_stream()
    await response.aclose()
    await response.aclose()
    assert response.content == b"ab"


async def test_an_asynchronous_response_can_be_read_in_pieces() -> None:
    response = Response(200, content=AsyncIteratorByteStream(async_chunks()))
    assert [chunk async for chunk in response.aiter_stream()] == [b"a", b"b"]
    with pytest.raises(
        RuntimeError, match=r"'async for \.\.\. in response\.aiter_stream\(\)' more"
    ):
        response.aiter_stream()


async def test_a_closed_asynchronous_response_cannot_be_read() -> None:
    class Pieces:
        def __aiter__(self) -> AsyncIterator[bytes]:
            return async_chunks()

    for content in (AsyncIteratorByteStream(async_chunks()), Pieces()):
        response = Response(200, content=content)
        await response.aclose()
        with pytest.raises(StreamClosed, match="on a response that was closed"):
            await response.aread()


async def test_a_response_says_which_world_it_belongs_to() -> None:
    response = Response(200, content=AsyncIteratorByteStream(async_chunks()))
    for call, instead in (
        (response.read, r"await response\.aread\(\)"),
        (response.iter_stream, r"async for \.\.\. in response\.aiter_stream\(\)"),
        (response.close, r"await response\.aclose\(\)"),
    ):
        with pytest.raises(RuntimeError, match=f"an asynchronous response .* '{instead}' instead"):
            call()
    response = Response(200, content=IteratorByteStream(chunks()))
    with pytest.raises(
        RuntimeError, match=r"an synchronous response .* 'response\.read\(\)' instead"
    ):
        await response.aread()
    with pytest.raises(RuntimeError, match=r"'for \.\.\. in response\.iter_stream\(\)' instead"):
        response.aiter_stream()
    with pytest.raises(RuntimeError, match=r"'response\.close\(\)' instead"):
        await response.aclose()
    assert response.read() == b"ab"


async def test_a_body_of_bytes_belongs_to_both_worlds() -> None:
    response = Response(200, content=b"x")
    assert response.read() == b"x"
    assert await response.aread() == b"x"
    response.close()
    await response.aclose()


def test_a_consumed_body_says_so() -> None:
    body = IteratorByteStream(chunks())
    Response(200, content=body).read()
    with pytest.raises(StreamConsumed):
        Response(200, content=body).read()


def test_a_proxy_sends_its_credentials_as_the_scheme_wants_it() -> None:
    proxy = Proxy("http://u:p@h:1/", auth=("a", b"b"), headers={"x": "y"})
    assert proxy.url == URL("http://h:1/")
    assert proxy.auth == (b"a", b"b")
    assert proxy.headers == [(b"Proxy-Authorization", b"Basic YTpi"), (b"x", b"y")]
    assert proxy.ssl_context is None
    assert repr(proxy) == "<Proxy [http://h:1/]>"
    proxy = Proxy(URL("socks5://h:1"), auth=("a", "b"))
    assert proxy.auth == (b"a", b"b")
    assert proxy.headers == []
    proxy = Proxy(b"https://h")
    assert proxy.auth is None
    assert proxy.headers == []


@pytest.mark.parametrize(
    ("url", "auth"),
    [
        ("http://user:p%40ss%3a@h:1/", (b"user", b"p@ss:")),
        (b"socks5://user:a@b@h:1/", (b"user", b"a@b")),
        ("http://user@h:1/", (b"user", b"")),
        ("http://:pass@h:1/", (b"", b"pass")),
        ("http://:@h:1/", None),
        ("http://h:1/@x:y@z", None),
        ("//h:1/", None),
        ("h:1", None),
    ],
)
def test_a_proxy_uses_the_credentials_in_its_url(
    url: str | bytes, auth: tuple[bytes, bytes] | None
) -> None:
    proxy = Proxy(url)
    assert proxy.auth == auth
    assert b"pass" not in bytes(proxy.url)
    assert "pass" not in repr(proxy)


@pytest.mark.parametrize("wrong", [5, "ab", ("a",), ("a", "b", "c")])
def test_credentials_are_a_pair(wrong: Any) -> None:
    with pytest.raises(TypeError, match="auth must be a pair of user name and password"):
        Proxy("http://h", auth=wrong)


def test_credentials_are_bytes_or_ascii() -> None:
    with pytest.raises(TypeError, match="auth strings may not include unicode characters"):
        Proxy("http://h", auth=("\xe9", "x"))


def test_headers_in_wire_form_are_copied_all_the_same() -> None:
    fields = [(b"Host", b"other.example"), (b"X", b"1")]
    request = prepared_request("GET", "http://a/", fields, None, None)
    assert request.headers == fields
    assert request.headers is not fields
    mixed: list[tuple[str, bytes]] = [("host", b"other.example")]
    assert prepared_request("GET", "http://a/", mixed, None, None).headers == [
        (b"host", b"other.example")
    ]


def test_an_iterable_of_any_make_is_read_whole() -> None:
    assert Response(200, content=[b"a", b"b"]).read() == b"ab"


@pytest.mark.anyio
async def test_an_asynchronous_iterable_of_any_make_is_read_whole() -> None:
    response = Response(200, content=async_chunks())
    assert await response.aread() == b"ab"
    await response.aclose()


def test_lists_of_fields_that_come_again_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[Any, Any] = {}
    monkeypatch.setattr(_wire_fields, "_known_lists", known)
    fields = [(b"X", b"again"), (b"Y", b"again")]
    made = [Request("GET", URL_TEXT, headers=fields) for _ in range(4)]
    assert [*known] == [tuple(fields)]
    assert made[2]._good is made[3]._good
    assert made[2].headers == made[3].headers == fields
    assert made[2].headers is not made[3].headers
    # What happens to one request is nothing to the next.
    made[2].headers.clear()
    assert Request("GET", URL_TEXT, headers=fields).headers == fields
    prepared = prepared_request("POST", URL_TEXT, fields, b"x", None)
    assert prepared.headers == [(b"Host", b"example.com"), *fields, (b"Content-Length", b"1")]
    assert Request("GET", URL_TEXT, headers=fields).headers == fields


def test_only_lists_are_compared_with_the_last_one() -> None:
    class Alike(dict[bytes, bytes]):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None

    fields = [(b"X", b"again")]
    for _ in range(3):
        assert prepared_request("GET", "http://a/", fields, None, None).headers[1:] == fields
    other = Alike({b"x": b"again"})
    assert prepared_request("GET", "http://a/", other, None, None).headers[1:] == [(b"x", b"again")]


def test_text_is_compared_with_bytes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    code = """if True:
        from httpcore_interfaces import Request, prepared_request
        as_bytes, as_text = [(b"X", b"y"), (b"Z", b"")], [("X", "y"), ("Z", "")]
        for headers in (as_bytes, as_bytes, as_bytes, as_text, as_bytes, as_text):
            made = prepared_request("GET", "http://a/", headers, None, None)
            assert made.headers == [(b"Host", b"a"), *as_bytes]
            made = prepared_request(b"GET", b"http://a/", headers, None, None)
            assert (made.method, made.headers) == (b"GET", [(b"Host", b"a"), *as_bytes])
    """
    subprocess.run([sys.executable, "-bb", "-c", code], check=True)
    recent: list[_wire_fields.GoodFields] = [_wire_fields.GoodFields([], False, False)]
    monkeypatch.setattr(_wire_fields, "recent_fields", recent)
    monkeypatch.setattr(_wire_fields, "_COMPARES", False)
    fields = [(b"X", b"not compared")]
    for _ in range(3):
        assert Request("GET", URL_TEXT, headers=fields).headers == fields
    assert recent == [[]]
    monkeypatch.setattr(_wire_fields, "_COMPARES", True)
    assert Request("GET", URL_TEXT, headers=fields).headers == fields
    assert recent == [fields]


def test_what_else_are_lists_of_fields_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    known: dict[Any, Any] = {}
    monkeypatch.setattr(_wire_fields, "_known_lists", known)
    for fields in (
        [(b"Authorization", b"secret"), (b"X", b"again")],
        [(b"X", b"*" * 100)] * 50,
    ):
        for _ in range(3):
            assert Request("GET", URL_TEXT, headers=fields).headers == fields
    assert not known
    for number in range(1000):
        for _ in range(3):
            Request("GET", URL_TEXT, headers=[(b"X", b"%d" % number)])
        assert 0 < len(known) <= 128


def test_a_prepared_request_is_as_good_as_its_fields() -> None:
    url = "http://a.example/"
    made = prepared_request("POST", url, [(b"X", b"y")], b"hi", None)
    assert made._good == made.headers
    assert made.headers == [(b"Host", b"a.example"), (b"X", b"y"), (b"Content-Length", b"2")]
    assert prepared_request("GET", "http://a\nb/", None, None, None)._good is None
    assert prepared_request("GET", url, [(b"X", b"y")], None, None)._good is not None
    assert prepared_request("GET", url, [(b"X", b"y\n")], None, None)._good is None


def test_a_pickled_request_says_nothing_of_another() -> None:
    fields = [(b"accept", b"*/*"), (b"x", b"y")]
    for _ in range(2):
        prepared_request("GET", "https://elsewhere.example/", fields, None, None)
    request = Request("GET", "https://a.example/", headers=fields)
    assert isinstance(request._good, GoodFields)
    assert request._good.kept is not None
    data = pickle.dumps(request)
    assert b"elsewhere" not in data
    for again in (pickle.loads(data), copy.deepcopy(request)):
        assert again.headers == again._good == fields
        assert type(again._good) is list
        validate_request(again)
