"""The extensions of requests and responses: traces, streams that are handed over, and what is said of a response."""

from typing import TYPE_CHECKING, Any

from ..scenario import Scenarios
from ..scripts import (
    KIND,
    OK,
    Close,
    Forever,
    Read,
    Script,
    Server,
    Take,
    Tls,
    answer,
    secure,
    serving,
)

if TYPE_CHECKING:
    from ..case import Case

scenarios = Scenarios("extensions")

#: The events that httpcore 1.0.9 has; others are about what it does not tell.
KNOWN_EVENTS = (
    "connect_tcp",
    "connect_unix_socket",
    "start_tls",
    "retry",
    "send_connection_init",
    "send_request_headers",
    "send_request_body",
    "receive_response_headers",
    "receive_response_body",
    "response_closed",
    "close",
    "setup_socks5_connection",
    "stream",
)


def tracing(case: "Case", *, everything: bool = False) -> dict[str, Any]:
    """Return an extension that writes down events: those that 1.0.9 has too, or all."""

    def trace(name: str, info: dict[str, Any]) -> None:
        if everything or name.split(".")[1] in KNOWN_EVENTS:
            case.note(f"{name} {' '.join(sorted(info))}".strip())

    return {"trace": case.face.callback(trace)}


@scenarios.named("trace", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(2):
        await case.ask(client, case.urls["a"], extensions=tracing(case))


@scenarios.named("trace-of-everything", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(2):
        await case.ask(client, case.urls["a"], extensions=tracing(case, everything=True))


@scenarios.named("trace-of-tls", a=secure(KIND))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"], extensions=tracing(case))


@scenarios.named("trace-of-an-upload", a=serving(KIND))
async def _(case: "Case") -> None:
    content = case.face.content([b"hel", b"lo"])
    client = case.client()
    await case.ask(client, case.urls["a"], "POST", content=content, extensions=tracing(case))


@scenarios.named(
    "trace-of-close", a=serving((Read(), answer(b"hello", b"Connection: close"), Close()))
)
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"], extensions=tracing(case))


@scenarios.named("trace-of-refusal", a=Server(kind="refusing"))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"], extensions=tracing(case))


@scenarios.named("trace-of-a-cut", a=serving((Read(), OK[:-2], Close())))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"], extensions=tracing(case))


@scenarios.named("trace-of-no-answer", a=serving((Read(), Close())))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"], extensions=tracing(case))


@scenarios.named("trace-of-garbage", a=serving((Read(), b"garbage\r\n\r\n", Close())))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"], extensions=tracing(case))


@scenarios.named("trace-of-unix-socket", a=Server((KIND,), kind="unix"))
async def _(case: "Case") -> None:
    client = case.client(transport=case.face.transport(uds=case.files["a"]))
    await case.ask(client, case.urls["a"], extensions=tracing(case))


@scenarios.named("trace-of-a-tunnel", a=serving((Read(), b"HTTP/1.1 200 OK\r\n\r\n", Tls(), *KIND)))
async def _(case: "Case") -> None:
    client = case.client(proxy=case.urls["a"])
    await case.ask(client, "https://localhost/", extensions=tracing(case))


@scenarios.named("trace-of-a-forward", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(proxy=case.urls["a"])
    await case.ask(client, "http://server.example/", extensions=tracing(case))


class TraceError(Exception):
    """What a trace raises."""


for event in (
    "connection.connect_tcp.started",
    "http11.send_request_headers.complete",
    "http11.receive_response_headers.complete",
):

    @scenarios.named(
        f"trace-that-raises-at-{event.replace('.', '-')}", a=serving(KIND), tells_servers=False
    )
    async def _(case: "Case", event: str = event) -> None:
        def trace(name: str, info: dict[str, Any]) -> None:
            if name == event:
                raise TraceError

        client = case.client()
        extensions = {"trace": case.face.callback(trace)}
        await case.ask(client, case.urls["a"], extensions=extensions)
        await case.ask(client, case.urls["a"])


@scenarios.named("trace-that-is-none", a=serving(KIND))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"], extensions={"trace": None})


@scenarios.named("unknown-extension", a=serving(KIND))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"], extensions={"something": object()})


# Streams that are handed over.

UPGRADE: Script = (
    Read(),
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst",
    Take(5),
    b"second",
    Take(4),
    Close(),
)
UPGRADES = {"Connection": "Upgrade", "Upgrade": "echo"}


@scenarios.named("upgrade", a=serving(UPGRADE))
async def _(case: "Case") -> None:
    client = case.client()
    async with client.stream("GET", case.urls["a"], headers=UPGRADES) as response:
        case.note_response(response, b"")
        stream = response.extensions["network_stream"]
        call = case.face.stream_call
        case.note(await call(stream, "read", 100))
        await call(stream, "write", b"hello")
        case.note(await call(stream, "read", 3))
        case.note(await call(stream, "read", 100))
        await call(stream, "write", b"bye!")
        case.note(await call(stream, "read", 100, timeout=5))
        await call(stream, "close")


@scenarios.named("upgrade-not-taken", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(2):
        await case.ask(client, case.urls["a"], headers=UPGRADES)


@scenarios.named("upgrade-and-next", a=serving(UPGRADE[:2], KIND))
async def _(case: "Case") -> None:
    client = case.client()
    async with client.stream("GET", case.urls["a"], headers=UPGRADES) as response:
        case.note(response.status_code)
    await case.ask(client, case.urls["a"])


@scenarios.named("upgrade-read-as-a-response", a=serving((*UPGRADE[:2], Close())))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"], headers=UPGRADES)


CONNECT: Script = (Read(), b"HTTP/1.1 200 OK\r\n\r\nfirst", Take(5), b"second", Close())


@scenarios.named("connect", a=serving(CONNECT))
async def _(case: "Case") -> None:
    client = case.client()
    extensions = {"target": b"server.example:80"}
    async with client.stream("CONNECT", case.urls["a"], extensions=extensions) as response:
        case.note_response(response, b"")
        stream = response.extensions["network_stream"]
        case.note(await case.face.stream_call(stream, "read", 100))
        await case.face.stream_call(stream, "write", b"hello")
        case.note(await case.face.stream_call(stream, "read", 100))


@scenarios.named(
    "connect-refused", a=serving((Forever((Read(), answer(b"no", status=b"403 No"))),))
)
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(2):
        extensions = {"target": b"server.example:80"}
        await case.ask(client, case.urls["a"], "CONNECT", extensions=extensions)


@scenarios.named("read-of-a-stream-times-out", a=serving((Read(), UPGRADE[1], Take(1))))
async def _(case: "Case") -> None:
    client = case.client()
    async with client.stream("GET", case.urls["a"], headers=UPGRADES) as response:
        stream = response.extensions["network_stream"]
        case.note(await case.face.stream_call(stream, "read", 100))
        async with case.noting_errors():
            await case.face.stream_call(stream, "read", 100, timeout=0.1)


@scenarios.named("stream-of-a-response", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    async with client.stream("GET", case.urls["a"]) as response:
        stream = response.extensions["network_stream"]
        for name in ("ssl_object", "client_addr", "server_addr", "socket", "is_readable", "none"):
            case.note(f"{name}: {stream.get_extra_info(name) is not None}")
        case.note(case.urls["a"].endswith(f":{stream.get_extra_info('server_addr')[1]}"))


for version, line in {"1.0": b"HTTP/1.0 200 Fine", "1.1": b"HTTP/1.1 200 Gr\xfc\xdfe"}.items():

    @scenarios.named(
        f"of-a-response-{version}",
        a=serving((Read(), line + b"\r\nContent-Length: 5\r\n\r\nhello")),
    )
    async def _(case: "Case") -> None:
        response = await case.client().request("GET", case.urls["a"])
        case.note(response.extensions["http_version"])
        case.note(response.extensions["reason_phrase"])
        case.note(response.reason_phrase)
