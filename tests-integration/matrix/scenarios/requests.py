"""What a program may ask for over HTTP/1.1, and the bytes that the server gets of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx

from ..scenario import Run, Scenarios
from ..scripts import KIND, OK, Close, Drain, Forever, Read, Script, Tell, WaitFor, answer, serving

if TYPE_CHECKING:
    from ..case import Case

scenarios = Scenarios("requests")


def asking(url: str, method: str, options: dict[str, Any]) -> Run:
    """Send one request, and then a plain one; `{a}` in the URL is where the server is."""

    async def run(case: "Case") -> None:
        client = case.client()
        await case.ask(client, url.replace("{a}", case.urls["a"]), method, **options)
        await case.ask(client, case.urls["a"] + "/next")

    return run


def add(name: str, method: str = "GET", path: str = "/", **options: Any) -> None:
    """Add a request to a server that answers everything."""
    scenarios.add(name, asking("{a}" + path, method, options), a=serving(KIND))


# Methods.

for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH"):
    add(f"method-{method.lower()}", method)
for method_name, method in {
    "in-small-letters": "get",
    "empty": "",
    "with-space": "GE T",
    "with-line-end": "GET\r\nX: 1",
    "with-colon": "GET:",
    "not-ascii": "GÉT",
}.items():
    add(f"method-{method_name}", method)

# Targets.

for path_name, path in {
    "query": "/a?b=c&d=e",
    "empty-query": "/a?",
    "fragment": "/a#b",
    "percent": "/a%20b%2Fc",
    "space": "/a b",
    "not-ascii": "/ü?ä=ö",
    "double-slash": "//a//b",
    "dots": "/a/../b/./c",
    "semicolon": "/a;b=c",
    "brackets": "/a[1]?b[]=2",
    "quotes": "/a\"b'c`d<e>f|g\\h^i{j}",
    "long": "/" + "a" * 20_000,
    "tilde": "/~a",
    "plus": "/a+b?c+d",
}.items():
    add(f"target-{path_name}", path=path)
add("target-params", path="/a?b=c", params={"d": "e f", "g": ["h", "i"]})
for target_name, target in {
    "asterisk": b"*",
    "absolute": b"http://other.example/a",
    "relative": b"a",
    "empty": b"",
    "with-space": b"/a b",
    "with-line-end": b"/a\r\nX: 1",
    "with-nul": b"/a\x00",
    "not-ascii": b"/\xc3\xbc",
    "quotes": b'/"<>\\^`{|}',
}.items():
    add(f"extension-target-{target_name}", "OPTIONS", extensions={"target": target})

# Fields.

for field_name, fields in {
    "twice": [("X", "one"), ("X", "two"), ("x", "three")],
    "in-order": [("Zebra", "1"), ("apple", "2"), ("MiXeD", "3")],
    "empty": [("X", "")],
    "host": [("Host", "other.example")],
    "host-twice": [("Host", "one.example"), ("Host", "two.example")],
    "host-empty": [("Host", "")],
    "user-agent": [("User-Agent", "another")],
    "connection-close": [("Connection", "close")],
    "expect": [("Expect", "100-continue")],
    "te": [("TE", "trailers")],
    "upgrade": [("Connection", "Upgrade"), ("Upgrade", "something")],
    "of-50-kB": [("X", "a" * 50_000)],
    "hundred": [(f"X-{number}", str(number)) for number in range(100)],
    "latin-1-bytes": [(b"X", b"\xfc")],
    "utf-8": [("X", "ü€")],
    "line-end": [("X", "a\r\nY: b")],
    "lf": [("X", "a\nY: b")],
    "cr": [("X", "a\rb")],
    "nul": [("X", "a\x00b")],
    "control": [("X", "a\x01b")],
    "tab": [("X", "a\tb")],
    "leading-space": [("X", " a")],
    "trailing-space": [("X", "a ")],
    "empty-name": [("", "a")],
    "name-with-space": [("X Y", "a")],
    "name-with-colon": [("X:", "a")],
    "name-with-line-end": [("X\r\nY", "a")],
    "name-not-ascii": [("Xü", "a")],
    "length-on-get": [("Content-Length", "0")],
    "length-missing-body": [("Content-Length", "5")],
    "length-not-a-number": [("Content-Length", "five")],
    "length-negative": [("Content-Length", "-1")],
    "length-twice": [("Content-Length", "0"), ("Content-Length", "0")],
    "coding-without-body": [("Transfer-Encoding", "chunked")],
    "coding-unknown": [("Transfer-Encoding", "something")],
}.items():
    add(f"field-{field_name}", headers=fields)

# Bodies.

BODIES: dict[str, dict[str, Any]] = {
    "bytes": {"content": b"hello"},
    "text": {"content": "grüße"},
    "empty-bytes": {"content": b""},
    "json": {"json": {"a": [1, None, "ü"]}},
    "form": {"data": {"a": "b c", "d": ["e", "f"]}},
    "multipart": {
        "files": {"file": ("name.txt", b"hello", "text/plain")},
        "headers": {"Content-Type": "multipart/form-data; boundary=edge"},
    },
    "of-100-kB": {"content": b"0123456789" * 10_000},
    "of-5-MB": {"content": b"0123456789" * 500_000},
    "shorter-than-said": {"content": b"hel", "headers": {"Content-Length": "5"}},
    "longer-than-said": {"content": b"hello", "headers": {"Content-Length": "3"}},
    "chunked-and-length": {
        "content": b"hello",
        "headers": [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
    },
    "bytes-chunked": {"content": b"hello", "headers": {"Transfer-Encoding": "chunked"}},
    "content-encoding": {"content": b"hello", "headers": {"Content-Encoding": "gzip"}},
}
for body_name, options in BODIES.items():
    add(f"body-{body_name}", "POST", **options)
add("body-on-get", "GET", content=b"hello")
add("body-on-delete", "DELETE", content=b"hello")
add("body-on-head", "HEAD", content=b"hello")


def uploading(pieces: list[bytes], **options: Any) -> Run:
    """Send a body that is made piece by piece."""

    async def run(case: "Case") -> None:
        client = case.client()
        content = case.face.content(pieces)
        await case.ask(client, case.urls["a"], "POST", content=content, **options)
        await case.ask(client, case.urls["a"] + "/next")

    return run


for pieces_name, (pieces, options) in {
    "chunked": ([b"hel", b"lo"], {}),
    "with-empty-pieces": ([b"", b"hel", b"", b"lo", b""], {}),
    "none": ([], {}),
    "with-length": ([b"hel", b"lo"], {"headers": {"Content-Length": "5"}}),
    "shorter-than-said": ([b"hel"], {"headers": {"Content-Length": "5"}}),
    "many": ([b"%d," % number for number in range(1000)], {}),
    "large": ([b"0123456789" * 100_000] * 3, {}),
}.items():
    scenarios.add(f"pieces-{pieces_name}", uploading(pieces, **options), a=serving(KIND))


# An answer to what came until then would be a race with what is too much.
scenarios.add(
    "pieces-longer-than-said",
    uploading([b"hel", b"lo"], headers={"Content-Length": "3"}),
    a=serving((Read(), Drain()), KIND),
)


class BodyError(Exception):
    """What a body raises."""


def breaking() -> Iterator[bytes]:
    """A body that breaks after its first piece."""
    yield b"hel"
    raise BodyError


@scenarios.named("pieces-broken", a=serving((Read(body=False),), KIND), tells_servers=False)
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, case.urls["a"], "POST", content=case.face.content(breaking()))
    await case.ask(client, case.urls["a"] + "/next")


@scenarios.named("pieces-of-text", a=serving((Read(body=False),), KIND), tells_servers=False)
async def _(case: "Case") -> None:
    client = case.client()
    pieces: Any = ["text"]
    await case.ask(client, case.urls["a"], "POST", content=case.face.content(pieces))
    await case.ask(client, case.urls["a"] + "/next")


@scenarios.named("same-request-twice", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    request = client.build_request("POST", case.urls["a"], content=b"hello")
    for _ in range(2):
        case.note_response(await client.send(request))


@scenarios.named("same-pieces-twice", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    content = case.face.content([b"hello"])
    request = client.build_request("POST", case.urls["a"], content=content)
    case.note_response(await client.send(request))
    async with case.noting_errors():
        case.note_response(await client.send(request))


# An answer that comes before the upload is over. How much of it the server gets is a matter of time, so it is not told.

# More than the buffers of both sides take.
LARGE = b"0123456789" * 2_000_000
REFUSED = answer(b"too much", b"Connection: close", status=b"413 Content Too Large")
REFUSED_KINDLY = answer(b"too much", status=b"413 Content Too Large")

for early_name, script in {
    "and-close": (Read(body=False), REFUSED, WaitFor("answered"), Close()),
    "and-no-more": (Read(body=False), REFUSED, WaitFor("answered")),
}.items():

    @scenarios.named(f"early-answer-{early_name}", a=serving(script, KIND), tells_servers=False)
    async def _(case: "Case") -> None:
        client = case.client(timeout=httpx.Timeout(10, write=0.3))
        await case.ask(client, case.urls["a"], "POST", content=LARGE)
        case.tell("answered")
        await case.ask(client, case.urls["a"] + "/next")


@scenarios.named(
    "early-answer-to-small-body",
    a=serving((Read(), REFUSED_KINDLY, Forever((Read(), OK)))),
)
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, case.urls["a"], "POST", content=b"small")
    await case.ask(client, case.urls["a"] + "/next")


CONTINUED: Script = (Read(body=False), b"HTTP/1.1 100 Continue\r\n\r\n", Tell("continued"), OK)


@scenarios.named("expect-continue-with-body", a=serving(CONTINUED), tells_servers=False)
async def _(case: "Case") -> None:
    client = case.client()
    fields = {"Expect": "100-continue"}
    await case.ask(client, case.urls["a"], "POST", content=b"hello", headers=fields)


# URLs that lead nowhere, and arguments that are wrong.

for url_name, url in {
    "no-scheme": "127.0.0.1/",
    "unknown-scheme": "ftp://127.0.0.1/",
    "scheme-of-sockets": "ws://127.0.0.1/",
    "no-host": "http:///a",
    "relative": "/a",
    "empty": "",
    "port-too-large": "http://127.0.0.1:70000/",
    "port-not-a-number": "http://127.0.0.1:http/",
    "host-with-space": "http://a b/",
    "host-with-line-end": "http://a\r\nb/",
    "host-too-long": f"http://{'a' * 300}.invalid/",
    "host-unknown": "http://nowhere.invalid/",
    "host-unknown-secure": "https://nowhere.invalid/",
    "bad-ipv6": "http://[::1/",
    "line-end-in-path": "http://127.0.0.1/a\r\nb",
    "too-long": "http://127.0.0.1/" + "a" * 70_000,
}.items():
    scenarios.add(f"url-{url_name}", asking(url, "GET", {}), a=serving(KIND))
