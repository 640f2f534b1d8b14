"""HTTP/2 with a server that is scripted frame by frame."""

from typing import TYPE_CHECKING, Any

import httpx

from ..scenario import Run, Scenarios
from ..scripts import Close, Script, Server, Tls, secure

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..case import Case
    from ..http2_peer import Http2Peer
    from ..stage import Peer

    Handler = Callable[[Http2Peer], None]

scenarios = Scenarios("http2")

MAX_STREAMS, WINDOW, FRAME_SIZE, TABLE_SIZE, LIST_SIZE = 3, 4, 5, 1, 6
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, REFUSED, CANCEL, CALM, HTTP_1_1 = 0, 1, 2, 7, 8, 11, 13
H2 = Tls(alpn=("h2",))


def playing(handler: "Handler", settings: dict[int, int] | None = None) -> "Callable[[Peer], None]":
    """Return a step that plays a handler; h2 is only there on the side of the servers that need it."""

    def step(peer: "Peer") -> None:
        from ..http2_peer import Http2Peer

        handler(Http2Peer(peer, settings))

    return step


def kind(server: "Http2Peer") -> None:
    """Answer everything."""
    server.serve()


def served(*handlers: "Handler", settings: dict[int, int] | None = None) -> Server:
    """A server with a handler for each connection; behind the last one are those that answer everything."""
    scripts: list[Script] = [(playing(handler, settings),) for handler in (*handlers, kind)]
    return secure(*scripts, tls=H2)


def asking(count: int = 2, method: str = "GET", **options: Any) -> Run:
    """Ask so many times."""

    async def run(case: "Case") -> None:
        client = case.client(http2=True)
        for number in range(count):
            await case.ask(client, f"{case.urls['a']}/{number}", method, **options)

    return run


def add(
    name: str,
    handler: "Handler",
    run: Run | None = None,
    settings: dict[int, int] | None = None,
    **options: Any,
) -> None:
    """Add what a server does with its first connection."""
    scenarios.add(name, run or asking(), a=served(handler, settings=settings), **options)


def first(play: "Callable[[Http2Peer, int], None]") -> "Handler":
    """Do something special with the first request, and answer all others."""

    def handler(server: "Http2Peer") -> None:
        play(server, server.next_request())
        server.serve()

    return handler


# Plain things.

add("get", kind, asking(3))
for method in ("HEAD", "DELETE", "OPTIONS", "PROPFIND"):
    add(
        f"method-{method.lower()}",
        first(lambda server, stream: server.head(stream, end=True)),
        asking(2, method),
    )
add("post", kind, asking(2, "POST", content=b"hello"))
add("post-nothing", kind, asking(1, "POST"))
add("post-large", kind, asking(1, "POST", content=b"0123456789" * 100_000))
add("target", kind, asking(1, params={"a": "b c"}))
for field_name, fields in {
    "capitals": [("X-Capitals", "Yes")],
    "twice": [("X", "one"), ("X", "two")],
    "connection": [("Connection", "close")],
    "keep-alive": [("Keep-Alive", "timeout=5")],
    "proxy-connection": [("Proxy-Connection", "keep-alive")],
    "upgrade": [("Connection", "Upgrade"), ("Upgrade", "websocket")],
    "te": [("TE", "gzip")],
    "te-trailers": [("TE", "trailers")],
    "coding": [("Transfer-Encoding", "chunked")],
    "host": [("Host", "other.example")],
    "cookie": [("Cookie", "a=b; c=d")],
    "expect": [("Expect", "100-continue")],
    "empty": [("X", "")],
    "large": [("X", "a" * 30_000)],
    "line-end": [("X", "a\r\nb: c")],
    "nul": [("X", "a\x00b")],
    "pseudo": [(":path", "/other")],
    "name-with-space": [("X Y", "a")],
    "length": [("Content-Length", "5")],
}.items():
    add(f"field-{field_name}", kind, asking(2, headers=fields))


@scenarios.named("pieces", a=served())
async def _(case: "Case") -> None:
    client = case.client(http2=True)
    for pieces in ([b"hel", b"lo"], [], [b"", b"hello", b""], [b"0123456789" * 10_000] * 3):
        content = case.face.content(pieces)
        await case.ask(client, case.urls["a"], "POST", content=content)


for said_name, said in {"short": "3", "long": "50"}.items():

    @scenarios.named(f"pieces-with-length-too-{said_name}", a=served(), tells_servers=False)
    async def _(case: "Case", said: str = said) -> None:
        client = case.client(http2=True)
        content = case.face.content([b"hel", b"lo"])
        fields = {"Content-Length": said}
        await case.ask(client, case.urls["a"], "POST", content=content, headers=fields)
        await case.ask(client, case.urls["a"])


# Responses.


def responding(*fields: tuple[str, str], status: str = "200", body: bytes = b"hello") -> "Handler":
    """Answer the first request so."""

    def play(server: "Http2Peer", stream: int) -> None:
        server.head(stream, *fields, status=status, end=not body)
        if body:
            server.data(stream, body, end=True)

    return first(play)


for status in ("201", "204", "304", "404", "500", "599", "99", "1000", "abc", ""):
    bodyless = status in ("204", "304")
    add(
        f"status-{status or 'missing'}",
        responding(status=status, body=b"" if bodyless else b"hello"),
    )
for field_name, field in {
    "twice": (("x", "one"), ("x", "two"), ("y", "")),
    "capitals": (("X-Capitals", "Yes"),),
    "connection": (("connection", "close"),),
    "coding": (("transfer-encoding", "chunked"),),
    "line-end": (("x", "a\r\nb: c"),),
    "nul": (("x", "a\x00b"),),
    "space-around": (("x", " a "),),
    "name-with-space": (("x y", "a"),),
    "pseudo": ((":path", "/"),),
    "length-right": (("content-length", "5"),),
    "length-too-short": (("content-length", "4"),),
    "length-too-long": (("content-length", "6"),),
    "length-bad": (("content-length", "five"),),
    "length-twice": (("content-length", "5"), ("content-length", "5")),
    "length-unequal": (("content-length", "5"), ("content-length", "6")),
    "of-10-kB": (("x", "a" * 10_000),),
    "of-200-kB": (*((f"x-{number}", "a" * 10_000) for number in range(20)),),
    "cookies": (("set-cookie", "a=b"), ("set-cookie", "c=d")),
}.items():
    add(f"response-field-{field_name}", responding(*field))
add("response-empty", responding(body=b""))
add("response-large", responding(body=b"0123456789" * 200_000))


def informed(server: "Http2Peer", stream: int) -> None:
    """Send informational responses first."""
    for number in (100, 103):
        server.head(stream, ("link", "</a>"), status=str(number))
    server.respond(stream)


def trailing(server: "Http2Peer", stream: int) -> None:
    """Send trailers."""
    server.head(stream)
    server.data(stream, b"hello")
    server.head(stream, ("checksum", "one"), status="", end=True)


def padded(server: "Http2Peer", stream: int) -> None:
    """Send content with padding, and frames that are empty."""
    server.head(stream)
    server.frame(0, 0, stream, b"")
    server.frame(0, 8, stream, b"\x04hel" + bytes(4))
    server.frame(0, 1, stream, b"lo")


def in_pieces(server: "Http2Peer", stream: int) -> None:
    """Send content in many frames."""
    server.head(stream)
    for number in range(200):
        server.data(stream, b"%d," % number, end=number == 199)


def early_data(server: "Http2Peer", stream: int) -> None:
    """Send content without a head."""
    server.frame(0, 1, stream, b"hello")


def two_heads(server: "Http2Peer", stream: int) -> None:
    """Send a final head twice."""
    server.head(stream)
    server.head(stream)
    server.data(stream, b"hello", end=True)


add("informational", first(informed))
add("trailers", first(trailing))
add("padding-and-empty-frames", first(padded))
add("many-frames", first(in_pieces))
add("content-without-a-head", first(early_data))
add("two-heads", first(two_heads), tells_servers=False)


# Resets and ends.


def resetting(code: int, before: bytes | None = None) -> "Handler":
    """Reset the first stream; with content before, after the head and that."""

    def play(server: "Http2Peer", stream: int) -> None:
        if before is not None:
            server.head(stream, ("content-length", "10"))
            if before:
                server.data(stream, before)
        server.reset(stream, code)

    return first(play)


for code_name, code in {
    "no-error": NO_ERROR,
    "protocol": PROTOCOL_ERROR,
    "internal": INTERNAL_ERROR,
    "refused": REFUSED,
    "cancel": CANCEL,
    "calm": CALM,
    "http-1.1-required": HTTP_1_1,
}.items():
    add(f"reset-{code_name}", resetting(code))
add("reset-refused-post", resetting(REFUSED), asking(2, "POST", content=b"hello"))
add("reset-after-the-head", resetting(INTERNAL_ERROR, b""))
add("reset-in-the-body", resetting(INTERNAL_ERROR, b"hello"))


def refusing_all(server: "Http2Peer") -> None:
    """Refuse every stream."""
    while True:
        server.reset(server.next_request(), REFUSED)


scenarios.add("reset-refused-always", asking(1), a=secure((playing(refusing_all),), tls=H2))


def going(code: int, *, processed: bool, answered: bool, closes: bool) -> "Handler":
    """Say GOAWAY when the first request is there."""

    def handler(server: "Http2Peer") -> None:
        stream = server.next_request()
        server.goaway(stream if processed else 0, code)
        if answered:
            server.respond(stream)
        if closes:
            server.peer.sock.close()
            server.peer.stage.event("closed").set()
        else:
            server.serve()

    return handler


def waiting(method: str = "GET") -> Run:
    """Ask, wait until the server has closed, and ask again."""

    async def run(case: "Case") -> None:
        client = case.client(http2=True)
        await case.ask(client, f"{case.urls['a']}/0", method)
        await case.wait_for("closed")
        await case.ask(client, f"{case.urls['a']}/1", method)

    return run


add("goaway-and-answer", going(0, processed=True, answered=True, closes=False))
add("goaway-answer-and-close", going(0, processed=True, answered=True, closes=True), waiting())
add("goaway-and-close", going(0, processed=True, answered=False, closes=True), waiting())
add("goaway-not-processed", going(0, processed=False, answered=False, closes=True), waiting())
add(
    "goaway-not-processed-post",
    going(0, processed=False, answered=False, closes=True),
    waiting("POST"),
)
add("goaway-with-error", going(CALM, processed=True, answered=False, closes=True), waiting())


def goaway_while_idle(server: "Http2Peer") -> None:
    """Answer, and say GOAWAY."""
    stream = server.next_request()
    server.respond(stream)
    server.peer.stage.wait_for("idle")
    server.goaway(stream)
    server.peer.stage.event("gone").set()
    server.serve()


@scenarios.named("goaway-while-idle", a=served(goaway_while_idle))
async def _(case: "Case") -> None:
    client = case.client(http2=True)
    await case.ask(client, f"{case.urls['a']}/0")
    case.tell("idle")
    await case.wait_for("gone")
    await case.ask(client, f"{case.urls['a']}/1")


def closing(*, head: bool = False, body: bytes = b"", answered: bool = False) -> "Handler":
    """Close the connection under the first request, or after it."""

    def handler(server: "Http2Peer") -> None:
        stream = server.next_request()
        if answered:
            server.respond(stream)
        if head:
            server.head(stream)
            server.data(stream, body)
        server.peer.sock.close()
        server.peer.stage.event("closed").set()

    return handler


add("closed-before-the-head", closing(), waiting())
add("closed-in-the-body", closing(head=True, body=b"hel"), waiting())
add("closed-while-idle", closing(answered=True), waiting())


def closing_second(server: "Http2Peer") -> None:
    """Answer the first request, and close under the second."""
    server.respond(server.next_request())
    server.next_request()
    server.peer.sock.close()


add("closed-under-a-second-get", closing_second, asking(3))
add("closed-under-a-second-post", closing_second, asking(3, "POST"))


# What is no HTTP/2.

scenarios.add(
    "garbage", asking(1), a=secure((b"garbage, " * 10, Close()), tls=H2), tells_servers=False
)
scenarios.add(
    "http-1.1-instead",
    asking(1),
    a=secure((b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", Close()), tls=H2),
    tells_servers=False,
)
for frame_name, (frame, flags, on_stream, payload) in {
    "unknown": (99, 0, False, b"hello"),
    "priority": (2, 0, True, bytes([0, 0, 0, 0, 15])),
    "push": (5, 4, True, bytes([0, 0, 0, 2, 0x82])),
    "data-on-stream-0": (0, 0, False, b"hello"),
    "settings-of-a-bad-length": (4, 0, False, b"abc"),
    "settings-with-a-bad-window": (4, 0, False, bytes([0, 4, 255, 255, 255, 255])),
    "window-update-of-zero": (8, 0, False, bytes(4)),
    "window-update-overflowing": (8, 0, False, bytes([127, 255, 255, 255])),
    "ping": (6, 0, False, b"01234567"),
    "ping-of-a-bad-length": (6, 0, False, b"0"),
    "continuation-alone": (9, 4, True, b"\x82"),
    "head-that-is-no-hpack": (1, 4, True, b"\xff\xff\xff\xff\xff\xff"),
}.items():

    def sending(
        frame: int = frame,
        flags: int = flags,
        on_stream: bool = on_stream,
        payload: bytes = payload,
    ) -> "Handler":
        """Send a frame before the first answer."""

        def play(server: "Http2Peer", stream: int) -> None:
            server.frame(frame, flags, stream if on_stream else 0, payload)
            server.respond(stream)

        return first(play)

    add(f"frame-{frame_name}", sending(), tells_servers=False)


# Settings and windows.


def telling_settings(server: "Http2Peer") -> None:
    """Note what the client announced."""
    stream = server.next_request()
    for name, value in sorted(server.connection.remote_settings.items()):
        server.peer.note(f"setting {int(name)}: {value}")
    server.respond(stream)
    server.serve()


add("settings-of-the-client", telling_settings, asking(1))
add(
    "small-window-for-an-upload",
    kind,
    asking(1, "POST", content=b"0123456789" * 100),
    settings={WINDOW: 7},
)
add("no-header-table", kind, asking(3), settings={TABLE_SIZE: 0})
add("one-stream", kind, asking(3), settings={MAX_STREAMS: 1})


def holding(count: int) -> "Handler":
    """Answer when so many requests are there, the last one first."""

    def handler(server: "Http2Peer") -> None:
        streams = [server.next_request() for _ in range(count)]
        for stream in reversed(streams):
            server.respond(stream)
        server.serve()

    return handler


def together(count: int, **options: Any) -> Run:
    """Ask once, so that there is a connection, and then so many times at once."""

    async def run(case: "Case") -> None:
        client = case.client(http2=True, **options)
        await case.ask(client, case.urls["a"])

        async def ask() -> None:
            await case.ask(client, case.urls["a"])

        await case.face.together([ask] * count)

    return run


def holding_after_one(server: "Http2Peer") -> None:
    """Answer one, and then five when they are there."""
    server.respond(server.next_request())
    holding(5)(server)


add("five-at-once", holding_after_one, together(5), ordered=False, settings={MAX_STREAMS: 100})
add(
    "five-at-once-one-by-one",
    kind,
    together(5, limits=httpx.Limits(max_connections=1)),
    ordered=False,
    settings={MAX_STREAMS: 1},
)


# Streams that are left.


def half(server: "Http2Peer", stream: int) -> None:
    """Send half of a response."""
    server.head(stream)
    server.data(stream, b"hel")


@scenarios.named("stream-left-in-the-middle", a=served(first(half)), tells_servers=False)
async def _(case: "Case") -> None:
    client = case.client(http2=True)
    async with client.stream("GET", case.urls["a"]) as response:
        async for piece in case.face.pieces(response):
            case.note(piece)
            break
    await case.ask(client, case.urls["a"])


def silent(server: "Http2Peer", stream: int) -> None:
    """Answer nothing."""


@scenarios.named("read-time-out", a=served(first(silent)))
async def _(case: "Case") -> None:
    client = case.client(http2=True, timeout=httpx.Timeout(10, read=0.15))
    await case.ask(client, case.urls["a"])
    await case.ask(client, case.urls["a"], timeout=10)


@scenarios.named("read-time-out-in-the-body", a=served(first(half)))
async def _(case: "Case") -> None:
    client = case.client(http2=True, timeout=httpx.Timeout(10, read=0.15))
    await case.ask(client, case.urls["a"])
    await case.ask(client, case.urls["a"], timeout=10)


@scenarios.named("facts-of-a-response", a=served())
async def _(case: "Case") -> None:
    client = case.client(http2=True)
    for _ in range(2):
        response = await client.request("GET", case.urls["a"])
        case.note(response.http_version)
        case.note(response.extensions["stream_id"])
        case.note(sorted(response.extensions))


@scenarios.named("trace", a=served())
async def _(case: "Case") -> None:
    client = case.client(http2=True)
    extensions = {"trace": case.face.callback(lambda name, info: case.note(name))}
    await case.ask(client, case.urls["a"], "POST", content=b"hello", extensions=extensions)


@scenarios.named("without-http1", a=served())
async def _(case: "Case") -> None:
    client = case.client(http1=False, http2=True)
    await case.ask(client, case.urls["a"])


@scenarios.named("without-http1-and-without-a-choice", a=secure((playing(kind),), tls=Tls(alpn=())))
async def _(case: "Case") -> None:
    client = case.client(http1=False, http2=True)
    await case.ask(client, case.urls["a"])


@scenarios.named("prior-knowledge", a=Server(((playing(kind),),)))
async def _(case: "Case") -> None:
    client = case.client(http1=False, http2=True)
    for _ in range(2):
        await case.ask(client, case.urls["a"])


@scenarios.named("without-any-protocol", a=served())
async def _(case: "Case") -> None:
    async with case.noting_errors():
        client = case.client(http1=False, http2=False)
        await case.ask(client, case.urls["a"])


@scenarios.named(
    "through-a-tunnel",
    a=Server(
        ((lambda peer: peer.read(body=False), b"HTTP/1.1 200 OK\r\n\r\n", H2, playing(kind)),)
    ),
)
async def _(case: "Case") -> None:
    client = case.client(http2=True, proxy=case.urls["a"])
    for _ in range(2):
        await case.ask(client, "https://localhost/")
