"""Scenes that show how the public names behave, with whatever httpcore can be imported: what is said, raised and told.

`python scenes.py > facts-1.0.9.json`, with httpcore 1.0.9 installed, records what that version does; `test_agreement.py`
compares. Nothing here may use what 1.0.9 does not have.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import pickle
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

# Misuse is no error to a type checker here, and the version may be any.
httpcore: Any = importlib.import_module("httpcore")

HELLO = [
    b"HTTP/1.1 200 OK\r\n",
    b"Content-Type: plain/text\r\n",
    b"Content-Length: 5\r\n",
    b"\r\n",
    b"hello",
]
CONNECTED = [b"HTTP/1.1 200 OK\r\n\r\n"]
URLS: list[Any] = [
    *(
        "http://a/",
        "https://a",
        "http://a:80/x?y#z",
        "http://a:8080",
        "HTTP://A/",
        "ws://a",
        "/x",
    ),
    *(
        "http://u:p@a/",
        "http://a/ b",
        "http://ä/",
        "http://a:x/",
        "http://a:99999/",
        "http://a?x",
    ),
    *(
        "http://[::1]:80/",
        "http://a:0/",
        "foo://bar/",
        "http:///x",
        "",
        "a",
        b"http://a/",
        1,
        None,
    ),
]
HEADERS: dict[str, Any] = {
    "absent": None,
    "a mapping": {"a": "b"},
    "a mapping of bytes": {b"a": b"b"},
    "pairs": [("a", "b"), (b"c", "d")],
    "a tuple of pairs": (("a", "b"),),
    "an integer": 1,
    "a value that is an integer": {"a": 1},
    "a value that is None": {"a": None},
    "a value that is not ASCII": {"a": "ä"},
    "a single": [("a",)],
    "a triple": [("a", "b", "c")],
    "text": "a: b",
}


class Facts:
    """What was found, by the name of the scene."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def see(self, name: str, look: Callable[..., object], *args: object) -> None:
        try:
            said = f"= {look(*args)!r}"
        except Exception as error:
            said = f"! {type(error).__name__}: {error}"
        self.found[name] = re.sub(r" object at 0x\w+", "", said)


# Values.


def urls(facts: Facts) -> None:
    for url in URLS:
        facts.see(f"URL({url!r})", httpcore.URL, url)
        facts.see(f"bytes(URL({url!r}))", lambda url: bytes(httpcore.URL(url)), url)
        facts.see(f"str(URL({url!r}).origin)", lambda url: str(httpcore.URL(url).origin), url)
    make = httpcore.URL
    facts.see("URL of parts", lambda: make(scheme="http", host="a", port=1, target="/x"))
    facts.see("URL of bytes", lambda: make(scheme=b"http", host=b"a", port=None, target=b"/x"))
    facts.see("URL of nothing", make)
    facts.see("URL of an integer scheme", lambda: make(scheme=1, host="a", target="/"))
    facts.see(
        "URLs are compared",
        lambda: make("http://a/") == make(b"http://a/") != make("http://b"),
    )
    facts.see("URL and text are compared", lambda: make("http://a/") == "http://a/")
    facts.see("URL is hashed", lambda: hash(make("http://a/")) != 0)
    origin = httpcore.Origin(b"http", b"a", 80)
    facts.see(
        "Origin by keywords",
        lambda: str(httpcore.Origin(scheme=b"b", host=b"c", port=1)),
    )
    facts.see(
        "Origins are compared",
        lambda: origin == httpcore.Origin(b"http", b"a", 80) != 1,
    )
    facts.see("Origin is shown", lambda: origin)


def messages(facts: Facts) -> None:
    request, response = httpcore.Request, httpcore.Response
    for name, headers in HEADERS.items():
        facts.see(
            f"Request with headers: {name}",
            lambda headers: request("GET", "http://a/", headers=headers).headers,
            headers,
        )
        facts.see(
            f"Response with headers: {name}",
            lambda headers: response(200, headers=headers).headers,
            headers,
        )
    for method in ("GET", b"get", 1, None, "GÄT", ""):
        facts.see(
            f"method {method!r}",
            lambda method: request(method, "http://a/").method,
            method,
        )
    for url in (1, None, "http://a/", b"http://a/"):
        facts.see(f"Request to {url!r}", lambda url: request("GET", url).url, url)
    for content in (b"x", b"", [b"a", b"b"], None, "x", 1):
        see = f"Response of {content!r}"
        facts.see(see, lambda content: response(200, content=content).read(), content)
    facts.see("Request is shown", lambda: request("GET", "http://a/"))
    facts.see("Response is shown", lambda: response(200))
    facts.see(
        "extensions",
        lambda: request("GET", "http://a/", extensions={"a": 1}).extensions,
    )
    facts.see(
        "no extensions",
        lambda: (request("GET", "http://a/").extensions, response(200).extensions),
    )
    facts.see("extensions that are none", lambda: request("GET", "http://a/", extensions=1))
    for target in (b"*", "*"):
        facts.see(
            f"target {target!r}",
            lambda target: request("GET", "http://a/x", extensions={"target": target}).url,
            target,
        )
    facts.see("Request by position", lambda: request("GET", "http://a/", {}))
    facts.see("Response by position", lambda: response(200, {}))


def parts_of_proxy(url: str, options: dict[str, Any]) -> object:
    proxy = httpcore.Proxy(url, **options)
    return proxy.url, proxy.auth, proxy.headers, proxy.ssl_context


def proxies(facts: Facts) -> None:
    cases: dict[str, dict[str, Any]] = {
        "http://a:80": {},
        "https://a": {"auth": ("u", "p")},
        "socks5://a:1": {"auth": (b"u", "p")},
        "http://b": {"auth": ("ü", "p")},
        "http://c": {"headers": {"x": "y"}},
        "http://u:p@d/": {},
        "http://e": {"auth": "u:p"},
    }
    for url, options in cases.items():
        facts.see(f"Proxy({url!r}, **{options})", parts_of_proxy, url, options)


# Responses, used and misused.


def pieces() -> Iterator[bytes]:
    yield b"a"
    yield b"b"


async def async_pieces() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


async def all_of(response: Any) -> list[bytes]:
    return [chunk async for chunk in response.aiter_stream()]


STEPS: dict[str, Callable[[Any], object]] = {
    "read": lambda response: response.read(),
    "iterate": lambda response: list(response.iter_stream()),
    "content": lambda response: response.content,
    "close": lambda response: response.close(),
    "aread": lambda response: asyncio.run(response.aread()),
    "aiterate": lambda response: asyncio.run(all_of(response)),
    "aclose": lambda response: asyncio.run(response.aclose()),
}
CONTENTS: dict[str, Callable[[], object]] = {
    "bytes": lambda: b"ab",
    "nothing": lambda: None,
    "an iterator": pieces,
    "an asynchronous iterator": async_pieces,
    "a list": lambda: [b"a", b"b"],
}
COURSES = (
    *(
        "content",
        "read content read",
        "iterate iterate",
        "iterate read",
        "read iterate",
        "close read",
    ),
    *("close iterate", "close close", "read close read content", "read close iterate"),
    *(
        "aread content aread",
        "aiterate aiterate",
        "aread aiterate",
        "aclose aread",
        "aclose aiterate",
    ),
    *(
        "aclose aclose",
        "aread aclose aread content",
        "read aread",
        "aread read",
        "iterate content",
    ),
)


def responses(facts: Facts) -> None:
    for kind, content in CONTENTS.items():
        for course in COURSES:
            response = httpcore.Response(200, content=content())
            for number, step in enumerate(course.split()):
                facts.see(
                    f"response of {kind}: {course}: {number}",
                    STEPS[step],
                    response,
                )


def exceptions(facts: Facts) -> None:
    for name in sorted(name for name in httpcore.__all__ if name.endswith(("Error", "Timeout"))):
        kind = getattr(httpcore, name)
        facts.see(
            f"{name} is shown",
            lambda kind: (str(kind("why")), kind("why"), kind("why").args),
            kind,
        )
        facts.see(f"{name} is called", lambda kind: f"{kind.__module__}.{kind.__name__}", kind)
        facts.see(
            f"{name} is pickled",
            lambda kind: pickle.loads(pickle.dumps(kind("why"))),
            kind,
        )
        facts.see(
            f"{name} is a kind of",
            lambda kind: [
                base.__name__ for base in kind.__mro__ if base.__name__ != "HTTPCoreError"
            ],
            kind,
        )


# Connections and pools, over scripted networks.


class Refusing(httpcore.NetworkBackend):  # type: ignore[misc]  # of whatever version
    def connect_tcp(self, *args: Any, **kwargs: Any) -> Any:
        raise httpcore.ConnectError("refused")

    def sleep(self, seconds: float) -> None:
        """There is nothing to wait for."""


class Recording(httpcore.NetworkBackend):  # type: ignore[misc]  # of whatever version
    """Gives one stream, and keeps what is written to it."""

    def __init__(self, script: list[bytes]) -> None:
        self.stream = RecordingStream(script)

    def connect_tcp(self, *args: Any, **kwargs: Any) -> Any:
        return self.stream


class RecordingStream(httpcore.MockStream):  # type: ignore[misc]  # of whatever version
    def __init__(self, script: list[bytes]) -> None:
        super().__init__(list(script))
        self.written = b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written += buffer

    def start_tls(self, *args: Any, **kwargs: Any) -> Any:
        return self


def pool_of(script: list[bytes], **options: Any) -> Any:
    return httpcore.ConnectionPool(network_backend=httpcore.MockBackend(list(script)), **options)


def descriptions(facts: Facts) -> None:
    def state(connection: Any) -> object:
        return (
            connection,
            connection.info(),
            connection.is_idle(),
            connection.is_closed(),
        )

    pool = pool_of(HELLO * 3)
    facts.see("pool: new", lambda: pool)
    with pool.stream("GET", "http://a/") as response:
        facts.see("pool: in use", lambda: (pool, pool.connections))
        (connection,) = pool.connections
        facts.see(
            "connection of a pool: in use",
            lambda: (state(connection), connection.is_available()),
        )
        facts.see("connection of a pool: leads to", lambda: (
            connection.can_handle_request(httpcore.Origin(b"http", b"a", 80)),
            connection.can_handle_request(httpcore.Origin(b"http", b"b", 80)),
        ))  # fmt: skip
        facts.see("response: headers", lambda: response.headers)
        facts.see("response: extensions", lambda: {
            key: value for key, value in response.extensions.items() if key != "network_stream"
        })  # fmt: skip
        response.read()
    facts.see("pool: idle", lambda: (pool, pool.connections))
    facts.see(
        "connection of a pool: idle",
        lambda: (state(connection), connection.is_available()),
    )
    pool.request("GET", "http://a/")
    pool.request("GET", "http://b/")
    facts.see("pool: two origins", lambda: (pool, pool.connections))
    pool.close()
    facts.see("pool: closed", lambda: (pool, pool.connections, state(connection)))
    facts.see("pool: entered", lambda: pool.__enter__() is pool)

    origin = httpcore.Origin(b"http", b"a", 80)
    alone = httpcore.HTTP11Connection(origin, httpcore.MockStream(list(HELLO)))
    facts.see("HTTP/1.1: new", lambda: state(alone))
    facts.see("HTTP/1.1: another origin", lambda: alone.request("GET", "http://b/"))
    with alone.stream("GET", "http://a/"):
        facts.see("HTTP/1.1: in use", lambda: state(alone))
        facts.see("HTTP/1.1: a second request", lambda: alone.request("GET", "http://a/"))
    facts.see("HTTP/1.1: after", lambda: state(alone))
    alone.close()
    facts.see("HTTP/1.1: closed", lambda: (state(alone), alone.is_available()))
    facts.see("HTTP/1.1: a request when closed", lambda: alone.request("GET", "http://a/"))

    backend = httpcore.MockBackend(list(HELLO))
    dialed = httpcore.HTTPConnection(origin, network_backend=backend)
    facts.see("HTTPConnection: new", lambda: (state(dialed), dialed.is_available()))
    facts.see("HTTPConnection: another origin", lambda: dialed.request("GET", "http://b/"))
    facts.see("HTTPConnection: a request", lambda: dialed.request("GET", "http://a/"))
    facts.see("HTTPConnection: idle", lambda: state(dialed))
    dialed.close()
    facts.see("HTTPConnection: closed", lambda: state(dialed))
    failed = httpcore.HTTPConnection(origin, network_backend=Refusing())
    facts.see("HTTPConnection: refused", lambda: failed.request("GET", "http://a/"))
    facts.see("HTTPConnection: failed", lambda: state(failed))
    facts.see("a SOCKS proxy is shown", lambda: httpcore.SOCKSProxy("socks5://p"))
    facts.see("a proxy is shown", lambda: httpcore.HTTPProxy("http://p"))
    facts.see("MockStream is shown", lambda: httpcore.MockStream([]))


ANSWERS = {
    "nothing": [],
    "no HTTP": [b"wait what\r\n"],
    "half a head": [b"HTTP/1.1 200 OK\r\n"],
    "half a body": [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"],
    "a bad chunk": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    "100 first": [b"HTTP/1.1 100 Continue\r\n\r\n", *HELLO],
    "HTTP/1.0": [b"HTTP/1.0 200 OK\r\n\r\nabc"],
    "no reason": [b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"],
    "no content": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "status 999": [b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n"],
    "last of its connection": [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"
    ],
}
REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "GET": ("GET", "http://a/x?y", {}),
    "GET with a field": ("GET", "http://a/", {"headers": {"X": "y"}}),
    "GET with a port": ("GET", "http://a:8080/", {}),
    "GET with the default port": ("GET", "http://a:80/", {}),
    "GET with TLS": ("GET", "https://a:443/", {}),
    "GET with content": ("GET", "http://a/", {"content": b"abc"}),
    "a method in lower case": ("get", "http://a/", {}),
    "POST of bytes": ("POST", "http://a/", {"content": b"abc"}),
    "POST of pieces": ("POST", "http://a/", {"content": [b"a", b"", b"bc"]}),
    "POST of nothing": ("POST", "http://a/", {}),
    "POST of empty bytes": ("POST", "http://a/", {"content": b""}),
    "Host given": ("GET", "http://a/", {"headers": {"host": "z"}}),
    "Content-Length given": ("POST", "http://a/", {"headers": {"content-length": "3"}, "content": b"abc"}),
    "Transfer-Encoding given": ("POST", "http://a/", {"headers": {"transfer-encoding": "chunked"}, "content": b"abc"}),
    "a target given": ("OPTIONS", "http://a/", {"extensions": {"target": "*"}}),
    "a field twice": ("GET", "http://a/", {"headers": [("a", "1"), ("a", "2")]}),
    "an IPv6 address": ("GET", "http://[::1]:80/", {}),
    "a bad name": ("GET", "http://a/", {"headers": {"a b": "c"}}),
    "a bad value": ("GET", "http://a/", {"headers": {"a": "b\r\nc: d"}}),
    "a bad method": ("G T", "http://a/", {}),
    "no Host": ("GET", "http://a/", {"headers": []}),
    "too much content": ("POST", "http://a/", {"headers": {"Content-Length": "1"}, "content": b"abc"}),
    "too little content": ("POST", "http://a/", {"headers": {"Content-Length": "9"}, "content": b"abc"}),
    "pieces that are text": ("POST", "http://a/", {"content": ["a"]}),
    "an unknown scheme": ("GET", "ftp://a/", {}),
    "no scheme": ("GET", "/x", {}),
    "a time-out that is unknown": ("GET", "http://a/", {"extensions": {"timeout": {"x": 1}}}),
    "a time-out that is a number": ("GET", "http://a/", {"extensions": {"timeout": 5}}),
    "no time-outs": ("GET", "http://a/", {"extensions": {"timeout": {"read": None}}}),
}  # fmt: skip


def received(script: list[bytes]) -> object:
    """What a server's answer becomes."""
    with pool_of(script) as pool:
        response = pool.request("GET", "http://a/")
        extensions = response.extensions
        found = (
            extensions["http_version"],
            response.status,
            extensions["reason_phrase"],
        )
        return found, response.headers, response.content, len(pool.connections)


def sent(method: str, url: str, options: dict[str, Any]) -> object:
    """What a request becomes on the wire."""
    network = Recording(HELLO)
    with httpcore.ConnectionPool(network_backend=network) as pool:
        pool.request(method, url, **options)
    return network.stream.written


def sent_to_proxy(url: str, script: list[bytes], **options: Any) -> object:
    network = Recording(script)
    with httpcore.HTTPProxy("http://p:8080", network_backend=network, **options) as proxy:
        proxy.request("GET", url, headers={"X": "y"})
    return network.stream.written


def exchanges(facts: Facts) -> None:
    for name, script in ANSWERS.items():
        facts.see(f"the server says: {name}", received, script)
    for name, (method, url, options) in REQUESTS.items():
        facts.see(f"on the wire: {name}", sent, method, url, options)
    through, tunnel = "through a proxy", CONNECTED + HELLO
    facts.see(f"{through}: http", sent_to_proxy, "http://a/x", HELLO)
    facts.see(f"{through}: https", sent_to_proxy, "https://a/x", tunnel)
    own = {"proxy_headers": {"P": "q"}, "proxy_auth": ("u", "p")}
    facts.see(
        f"{through}: fields for it",
        lambda: sent_to_proxy("https://a:444/", tunnel, **own),
    )
    refusal = [b"HTTP/1.1 407 Who Are You\r\nContent-Length: 0\r\n\r\n"]
    facts.see(f"{through}: refused", sent_to_proxy, "https://a/", refusal)


# What is told.


def frames(kind: str) -> list[bytes]:
    """What an HTTP/2 server sends."""
    frame: Any = importlib.import_module("hyperframe.frame")
    encode = importlib.import_module("hpack").Encoder().encode
    start = [frame.SettingsFrame().serialize()]
    if kind == "reset":
        return [*start, frame.RstStreamFrame(stream_id=1, error_code=8).serialize()]
    fields = encode([(b":status", b"200"), (b"content-type", b"plain/text")])
    head = frame.HeadersFrame(stream_id=1, data=fields, flags=["END_HEADERS"])
    data = frame.DataFrame(stream_id=1, data=b"hello", flags=["END_STREAM"])
    return [*start, head.serialize(), data.serialize()]


def http2_pool(kind: str) -> Any:
    backend = httpcore.MockBackend(frames(kind), http2=True)
    return httpcore.ConnectionPool(http2=True, network_backend=backend)


def proxy_of(script: list[bytes], url: str = "http://p:8080") -> Any:
    return httpcore.HTTPProxy(url, network_backend=httpcore.MockBackend(list(script)))


TOLD: dict[str, tuple[Callable[[], Any], str, str, Any]] = {
    "GET": (lambda: pool_of(HELLO), "GET", "http://a/", None),
    "POST": (lambda: pool_of(HELLO), "POST", "http://a/", b"abc"),
    "POST of pieces": (lambda: pool_of(HELLO), "POST", "http://a/", [b"a", b"b"]),
    "TLS": (lambda: pool_of(HELLO), "GET", "https://a/", None),
    "a Unix socket": (lambda: pool_of(HELLO, uds="/x"), "GET", "http://a/", None),
    "HTTP/2": (lambda: http2_pool("answer"), "POST", "https://a/", b"abc"),
    "HTTP/2, reset": (lambda: http2_pool("reset"), "GET", "https://a/", None),
    "forwarded": (lambda: proxy_of(HELLO), "GET", "http://a/", None),
    "forwarded with TLS": (lambda: proxy_of(HELLO, "https://p"), "GET", "http://a/", None),
    "a tunnel": (lambda: proxy_of(CONNECTED + HELLO), "GET", "https://a/", None),
    "a tunnel with TLS": (lambda: proxy_of(CONNECTED + HELLO, "https://p"), "GET", "https://a/", None),
    "refused": (lambda: httpcore.ConnectionPool(network_backend=Refusing()), "GET", "http://a/", None),
    "refused, again": (
        lambda: httpcore.ConnectionPool(network_backend=Refusing(), retries=2), "GET", "http://a/", None
    ),
    "no answer": (lambda: pool_of([]), "GET", "http://a/", None),
    "half an answer": (lambda: pool_of(ANSWERS["half a body"]), "GET", "http://a/", None),
}  # fmt: skip


class Handler(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = re.sub(r" object at 0x\w+", "", record.getMessage())
        self.said.append(f"{record.levelname} {record.name} {said}")


class Listener:
    """A `trace` callback that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        if event.startswith("pool."):
            return  # 1.0.9 says nothing of its pool
        shown = {
            key: type(value).__name__ if isinstance(value, Exception) else value
            for key, value in sorted(info.items())
        }
        self.events.append((event, re.sub(r" object at 0x\w+", "", repr(shown))))


def asked(case: str, extensions: dict[str, Any]) -> object:
    make, method, url, content = TOLD[case]
    with make() as pool:
        return pool.request(method, url, content=content, extensions=extensions)


def told(facts: Facts) -> None:
    logger = logging.getLogger("httpcore")
    for case in TOLD:
        listener, handler = Listener(), Handler()
        facts.see(f"traced: {case}", asked, case, {"trace": listener})
        facts.see(
            f"events: {case}",
            lambda events: [name for name, _ in events],
            listener.events,
        )
        for event, info in listener.events:
            facts.see(f"event: {case}: {event}", str, info)
        level, logger.propagate = logger.level, False
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        facts.see(f"logged: {case}", asked, case, {})
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = True
        facts.see(f"log: {case}", list, handler.said)


def look() -> dict[str, str]:
    """All scenes, with whatever httpcore was imported."""
    facts = Facts()
    for scene in (
        urls,
        messages,
        proxies,
        responses,
        exceptions,
        descriptions,
        exchanges,
        told,
    ):
        scene(facts)
    return facts.found


if __name__ == "__main__":
    json.dump(look(), sys.stdout, indent=0, sort_keys=True)
