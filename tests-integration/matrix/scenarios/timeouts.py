"""Every kind of time-out, and what the connection and the pool are good for afterwards.

A time-out that is to strike is short, and nobody would ever answer it; all others are long.
"""

from typing import TYPE_CHECKING, Any

import httpx

from ..scenario import Run, Scenarios
from ..scripts import (
    KIND,
    OK,
    Drain,
    Forever,
    Read,
    Script,
    Server,
    Slowly,
    Take,
    Tls,
    WaitFor,
    answer,
    serving,
)

if TYPE_CHECKING:
    from ..case import Case

scenarios = Scenarios("timeouts")

SHORT = 0.15
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


def only(**short: float | None) -> httpx.Timeout:
    """Time-outs of ten seconds, but for what is given."""
    return httpx.Timeout(10, **short)


def asking(timeout: Any, method: str = "GET", **options: Any) -> Run:
    """Ask what will time out, and then something else."""

    async def run(case: "Case") -> None:
        client = case.client()
        await case.ask(client, f"{case.urls['a']}/first", method, timeout=timeout, **options)
        await case.ask(client, f"{case.urls['a']}/second")

    return run


@scenarios.named("connect", a=Server(kind="full"))
async def _(case: "Case") -> None:
    client = case.client(timeout=only(connect=SHORT))
    await case.ask(client, case.urls["a"])


@scenarios.named("connect-with-retries", a=Server(kind="full"))
async def _(case: "Case") -> None:
    transport = case.face.transport(retries=1)
    client = case.client(timeout=only(connect=SHORT), transport=transport)
    await case.ask(client, case.urls["a"])


@scenarios.named("all-short-connect", a=Server(kind="full"))
async def _(case: "Case") -> None:
    client = case.client(timeout=SHORT)
    await case.ask(client, case.urls["a"])


@scenarios.named("connect-of-two", a=Server(kind="full"), b=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(
        timeout=only(connect=SHORT),
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
    )
    await case.ask(client, case.urls["a"])
    await case.ask(client, case.urls["b"], timeout=10)


@scenarios.named("tls-handshake", a=Server(((Drain(),),), scheme="https"))
async def _(case: "Case") -> None:
    client = case.client(timeout=only(connect=SHORT))
    await case.ask(client, case.urls["a"])


@scenarios.named("tls-read", a=Server(((Tls(), Read(), Drain()),), scheme="https"))
async def _(case: "Case") -> None:
    client = case.client(timeout=only(read=SHORT))
    await case.ask(client, case.urls["a"])


MUTE: dict[str, Script] = {
    "nothing": (Read(), Drain()),
    "half-a-line": (Read(), b"HTTP/1.1 2", Drain()),
    "half-a-head": (Read(), b"HTTP/1.1 200 OK\r\nContent-Le", Drain()),
    "no-body": (Read(), HEAD, Drain()),
    "half-a-body": (Read(), HEAD + b"hel", Drain()),
    "half-a-chunk": (
        Read(),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        Drain(),
    ),
    "no-last-chunk": (
        Read(),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        Drain(),
    ),
    "no-end": (Read(), b"HTTP/1.1 200 OK\r\n\r\nhello", Drain()),
    "continue-alone": (Read(), b"HTTP/1.1 100 Continue\r\n\r\n", Drain()),
    "hints-alone": (Read(), b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", Drain()),
}
for mute_name, script in MUTE.items():
    scenarios.add(f"read-{mute_name}", asking(only(read=SHORT)), a=serving(script, KIND))
scenarios.add("all-short-read", asking(SHORT), a=serving((Read(), Drain()), KIND))


@scenarios.named("read-on-a-used-connection", a=serving((Read(), OK, Read(), Drain()), KIND))
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, f"{case.urls['a']}/first")
    await case.ask(client, f"{case.urls['a']}/second", timeout=only(read=SHORT))
    await case.ask(client, f"{case.urls['a']}/third")


@scenarios.named("read-while-streaming", a=serving((Read(), HEAD + b"hel", Drain()), KIND))
async def _(case: "Case") -> None:
    client = case.client(timeout=only(read=SHORT))
    async with case.noting_errors(), client.stream("GET", case.urls["a"]) as response:
        case.note(response.status_code)
        async for piece in case.face.pieces(response):
            case.note(piece)
    await case.ask(client, case.urls["a"])


@scenarios.named("read-of-one-among-two", a=serving((Read(), HEAD, Drain()), KIND))
async def _(case: "Case") -> None:
    client = case.client(timeout=only(read=SHORT))
    async with client.stream("GET", f"{case.urls['a']}/1") as first:
        await case.ask(client, f"{case.urls['a']}/2")
        async with case.noting_errors():
            await case.face.read(first)
    await case.ask(client, f"{case.urls['a']}/3")


@scenarios.named("none", a=serving((Read(), Slowly(OK))))
async def _(case: "Case") -> None:
    client = case.client(timeout=None)
    await case.ask(client, case.urls["a"])


LARGE = b"0123456789" * 2_000_000


@scenarios.named("write", a=serving((Read(body=False), WaitFor("over")), KIND), tells_servers=False)
async def _(case: "Case") -> None:
    client = case.client()
    timeout = only(write=SHORT)
    await case.ask(client, case.urls["a"], "POST", content=LARGE, timeout=timeout)
    case.tell("over")
    await case.ask(client, case.urls["a"])


@scenarios.named("write-pieces", a=serving((Take(10), WaitFor("over")), KIND), tells_servers=False)
async def _(case: "Case") -> None:
    client = case.client()
    content = case.face.content([LARGE[:100_000]] * 200)
    timeout = only(write=SHORT)
    await case.ask(client, case.urls["a"], "POST", content=content, timeout=timeout)
    case.tell("over")
    await case.ask(client, case.urls["a"])


@scenarios.named("pool", a=serving((Read(), HEAD, WaitFor("go"), b"hello", Forever((Read(), OK)))))
async def _(case: "Case") -> None:
    client = case.client(
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
    )
    async with client.stream("GET", f"{case.urls['a']}/1") as response:
        await case.ask(client, f"{case.urls['a']}/2", timeout=only(pool=SHORT))
        await case.ask(client, f"{case.urls['a']}/3", timeout=only(pool=0))
        case.tell("go")
        case.note(await case.face.read(response))
    await case.ask(client, f"{case.urls['a']}/4", timeout=only(pool=SHORT))


@scenarios.named("pool-after-read-time-outs", a=serving((Read(), Drain())), b=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(limits=httpx.Limits(max_connections=1, max_keepalive_connections=1))
    for _ in range(3):
        await case.ask(client, case.urls["a"], timeout=only(read=SHORT))
    await case.ask(client, case.urls["b"], timeout=only(pool=1))


@scenarios.named("connect-of-zero", a=Server(kind="full"))
async def _(case: "Case") -> None:
    await case.ask(case.client(timeout=only(connect=0)), case.urls["a"])


for zero_name in ("read", "write"):

    @scenarios.named(f"{zero_name}-of-zero", a=serving((Read(), Drain())), tells_servers=False)
    async def _(case: "Case", zero_name: str = zero_name) -> None:
        client = case.client()
        timeout = httpx.Timeout(SHORT, **{zero_name: 0})
        await case.ask(client, case.urls["a"], timeout=timeout)


BAD: dict[str, Any] = {"text": "soon", "negative": -1.0, "nan": float("nan")}
for bad_name, value in BAD.items():
    for kind in ("connect", "read", "pool"):

        @scenarios.named(f"{kind}-of-{bad_name}", a=serving(KIND))
        async def _(case: "Case", kind: str = kind, value: Any = value) -> None:
            client = case.client()
            timeout = {"connect": 10, "read": 10, "write": 10, "pool": 10, kind: value}
            await case.ask(client, case.urls["a"], extensions={"timeout": timeout})
            await case.ask(client, case.urls["a"])


@scenarios.named("empty-extension", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, case.urls["a"], extensions={"timeout": {}})


@scenarios.named("of-the-request-before-that-of-the-client", a=serving((Read(), Drain()), KIND))
async def _(case: "Case") -> None:
    client = case.client(timeout=SHORT)
    await case.ask(client, case.urls["a"])
    await case.ask(client, case.urls["a"], timeout=10)


@scenarios.named(
    "redirect-to-silence",
    a=serving((Read(), answer(b"", b"Location: /b", status=b"302 Found"), Read(), Drain())),
)
async def _(case: "Case") -> None:
    client = case.client(timeout=only(read=SHORT), follow_redirects=True)
    await case.ask(client, case.urls["a"])
