"""Which connections are made, used again and closed, as the servers see it; and what the limits do."""

from typing import TYPE_CHECKING, Any

import httpx

from ..scenario import Scenarios
from ..scripts import (
    KIND,
    OK,
    Close,
    Forever,
    Read,
    Reset,
    Script,
    Server,
    Step,
    Tell,
    WaitFor,
    answer,
    serving,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from ..case import Case

scenarios = Scenarios("connections")

CLOSING: Script = (Read(), answer(b"hello", b"Connection: close"), Close())
#: Answers once and closes without a word.
CLOSING_SILENTLY: Script = (Read(), OK, Close(), Tell("closed"))
LARGE: Script = (Forever((Read(), answer(b"0123456789" * 100_000))),)


@scenarios.named("five-in-a-row", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    for number in range(5):
        await case.ask(client, f"{case.urls['a']}/{number}")


@scenarios.named("two-servers-in-turn", a=serving(KIND), b=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    for number in range(4):
        await case.ask(client, f"{case.urls['ab'[number % 2]]}/{number}")


@scenarios.named("two-names-of-one-server", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, case.urls["a"])
    await case.ask(client, case.urls["a"].replace("127.0.0.1", "localhost"))
    await case.ask(client, case.urls["a"])


@scenarios.named("host-in-capitals", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    for host in ("localhost", "LOCALHOST", "LocalHost"):
        await case.ask(client, case.urls["a"].replace("127.0.0.1", host))


@scenarios.named("each-says-close", a=serving(CLOSING))
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(3):
        await case.ask(client, case.urls["a"])


@scenarios.named("client-says-close", a=serving((Read(), OK)))
async def _(case: "Case") -> None:
    client = case.client(headers={"Connection": "close"})
    for _ in range(3):
        await case.ask(client, case.urls["a"])


for method in ("GET", "POST", "DELETE"):

    @scenarios.named(f"closed-while-idle-{method.lower()}", a=serving(CLOSING_SILENTLY, KIND))
    async def _(case: "Case", method: str = method) -> None:
        client = case.client()
        await case.ask(client, f"{case.urls['a']}/first")
        await case.wait_for("closed")
        await case.ask(client, f"{case.urls['a']}/second", method, content=b"hello")


ENDS: dict[str, Step] = {"closed": Close(), "reset": Reset()}
for end_name, end in ENDS.items():
    for method in ("GET", "PUT", "POST"):

        @scenarios.named(
            f"{end_name}-under-a-second-{method.lower()}",
            a=serving((Read(), OK, Read(), end), KIND),
        )
        async def _(case: "Case", method: str = method) -> None:
            client = case.client()
            await case.ask(client, f"{case.urls['a']}/first")
            await case.ask(client, f"{case.urls['a']}/second", method)
            await case.ask(client, f"{case.urls['a']}/third")


@scenarios.named(
    "closed-under-a-second-with-pieces", a=serving((Read(), OK, Read(), Close()), KIND)
)
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, f"{case.urls['a']}/first")
    content = case.face.content([b"hel", b"lo"])
    await case.ask(client, f"{case.urls['a']}/second", "PUT", content=content)


@scenarios.named(
    "closed-twice-under-a-get", a=serving((Read(), OK, Read(), Close()), (Read(), Close()))
)
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, f"{case.urls['a']}/first")
    await case.ask(client, f"{case.urls['a']}/second")


UNASKED: dict[str, bytes] = {
    "408": answer(b"", b"Connection: close", status=b"408 Request Timeout"),
    "response": OK,
    "garbage": b"garbage",
}
for unasked_name, data in UNASKED.items():

    @scenarios.named(
        f"unasked-{unasked_name}-while-idle",
        a=serving((Read(), OK, WaitFor("idle"), data, Tell("sent"), Forever((Read(), OK))), KIND),
    )
    async def _(case: "Case") -> None:
        client = case.client()
        await case.ask(client, f"{case.urls['a']}/first")
        case.tell("idle")
        await case.wait_for("sent")
        await case.ask(client, f"{case.urls['a']}/second")


# Streams, and how they end.


@scenarios.named("stream-read-to-its-end", a=serving(LARGE))
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(2):
        async with client.stream("GET", case.urls["a"]) as response:
            body = b"".join([piece async for piece in case.face.pieces(response)])
            case.note_response(response, body)
            case.note(f"downloaded {response.num_bytes_downloaded}")


@scenarios.named("stream-not-read", a=serving(LARGE))
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(2):
        async with client.stream("GET", case.urls["a"]) as response:
            case.note(response.status_code)


@scenarios.named("small-stream-not-read", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(2):
        async with client.stream("GET", case.urls["a"]) as response:
            case.note(response.status_code)


@scenarios.named("stream-left-in-the-middle", a=serving(LARGE))
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(2):
        async with client.stream("GET", case.urls["a"]) as response:
            async for piece in case.face.pieces(response):
                case.note(bool(piece))
                break


@scenarios.named("stream-read-twice", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    async with client.stream("GET", case.urls["a"]) as response:
        case.note([piece async for piece in case.face.pieces(response)])
        async with case.noting_errors():
            case.note([piece async for piece in case.face.pieces(response)])
        async with case.noting_errors():
            case.note(await case.face.read(response))


@scenarios.named("stream-read-after-its-close", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    async with client.stream("GET", case.urls["a"]) as response:
        await case.face.close(response)
        async with case.noting_errors():
            case.note(await case.face.read(response))


@scenarios.named("stream-closed-twice", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    async with client.stream("GET", case.urls["a"]) as response:
        await case.face.close(response)
        await case.face.close(response)
        case.note(response.is_closed)
    await case.ask(client, case.urls["a"])


@scenarios.named("stream-fails-in-the-middle", a=serving((Read(), OK[:-2], Close()), KIND))
async def _(case: "Case") -> None:
    client = case.client()
    async with case.noting_errors(), client.stream("GET", case.urls["a"]) as response:
        case.note(response.status_code)
        async for piece in case.face.pieces(response):
            case.note(piece)
    await case.ask(client, case.urls["a"])


@scenarios.named("two-streams-at-once", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    async with (
        client.stream("GET", f"{case.urls['a']}/1") as first,
        client.stream("GET", f"{case.urls['a']}/2") as second,
    ):
        case.note_response(second, await case.face.read(second))
        case.note_response(first, await case.face.read(first))
    await case.ask(client, f"{case.urls['a']}/3")


# Limits.


def limits(**options: Any) -> httpx.Limits:
    """Limits that are as they would be without, but for what is given."""
    return httpx.Limits(
        **{
            "max_connections": 100,
            "max_keepalive_connections": 20,
            "keepalive_expiry": 5,
            **options,
        }
    )


@scenarios.named("full-pool", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(limits=limits(max_connections=1), timeout=httpx.Timeout(10, pool=0.1))
    async with client.stream("GET", f"{case.urls['a']}/1") as response:
        await case.ask(client, f"{case.urls['a']}/2")
        case.note(await case.face.read(response))
    await case.ask(client, f"{case.urls['a']}/3")


@scenarios.named("full-pool-of-another-server", a=serving(KIND), b=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(limits=limits(max_connections=1), timeout=httpx.Timeout(10, pool=0.1))
    await case.ask(client, f"{case.urls['a']}/1")
    await case.ask(client, f"{case.urls['b']}/2")
    await case.ask(client, f"{case.urls['a']}/3")


@scenarios.named("full-pool-and-failures", a=Server(kind="refusing"), b=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(limits=limits(max_connections=1), timeout=httpx.Timeout(10, pool=0.1))
    for _ in range(3):
        await case.ask(client, case.urls["a"])
    await case.ask(client, case.urls["b"])


@scenarios.named("no-connections-allowed", a=serving(KIND))
async def _(case: "Case") -> None:
    async with case.noting_errors():
        client = case.client(limits=limits(max_connections=0), timeout=httpx.Timeout(10, pool=0.1))
        await case.ask(client, case.urls["a"])


@scenarios.named("no-keep-alive", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(limits=limits(max_keepalive_connections=0))
    for number in range(3):
        await case.ask(client, f"{case.urls['a']}/{number}")


@scenarios.named("one-idle-connection", a=serving(KIND), b=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(limits=limits(max_keepalive_connections=1))
    for name in "aabbaa":
        await case.ask(client, case.urls[name])


@scenarios.named("idle-for-no-time", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(limits=limits(keepalive_expiry=0))
    for number in range(3):
        await case.ask(client, f"{case.urls['a']}/{number}")
        await case.face.sleep(0.01)


@scenarios.named("idle-for-too-long", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(limits=limits(keepalive_expiry=0.1))
    await case.ask(client, f"{case.urls['a']}/first")
    await case.face.sleep(0.2)
    await case.ask(client, f"{case.urls['a']}/second")


@scenarios.named("idle-for-ever", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(limits=limits(keepalive_expiry=None))
    await case.ask(client, f"{case.urls['a']}/first")
    await case.face.sleep(0.1)
    await case.ask(client, f"{case.urls['a']}/second")


# Several at the same time. Which is first is a matter of chance, so the notes are sorted.


def at_once(
    case: "Case", count: int, **options: Any
) -> "list[Callable[[], Coroutine[Any, Any, None]]]":
    """Make requests that differ in nothing."""
    client = case.client(**options)

    async def ask() -> None:
        await case.ask(client, case.urls["a"])

    return [ask] * count


# How many connections 1.0.9 makes for that with threads is a matter of chance.
@scenarios.named("ten-at-once-on-one", a=serving(KIND), ordered=False, tells_servers=False)
async def _(case: "Case") -> None:
    await case.face.together(at_once(case, 10, limits=limits(max_connections=1)))


# The first two are answered when the third has come, so that nobody can have the connection of another.
@scenarios.named(
    "three-at-once",
    a=serving(
        (Read(), WaitFor("1"), OK), (Read(), WaitFor("2"), OK), (Read(), Tell("1"), Tell("2"), OK)
    ),
    ordered=False,
)
async def _(case: "Case") -> None:
    await case.face.together(at_once(case, 3))


@scenarios.named("closing-at-once-on-one", a=serving(CLOSING), ordered=False)
async def _(case: "Case") -> None:
    await case.face.together(at_once(case, 5, limits=limits(max_connections=1)))


@scenarios.named("failing-at-once-on-one", a=Server(kind="refusing"), ordered=False)
async def _(case: "Case") -> None:
    await case.face.together(at_once(case, 5, limits=limits(max_connections=1)))


@scenarios.named("cut-at-once-on-one", a=serving((Read(), OK[:-2], Close())), ordered=False)
async def _(case: "Case") -> None:
    await case.face.together(at_once(case, 5, limits=limits(max_connections=1)))


# Clients and their ends.


@scenarios.named("closed-client", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, case.urls["a"])
    await client.aclose()
    await case.ask(client, case.urls["a"])
    await client.aclose()


@scenarios.named("client-closed-under-a-stream", a=serving(LARGE))
async def _(case: "Case") -> None:
    client = case.client()
    async with case.noting_errors(), client.stream("GET", case.urls["a"]) as response:
        await client.aclose()
        await case.face.read(response)


@scenarios.named("two-clients", a=serving(KIND))
async def _(case: "Case") -> None:
    for _ in range(2):
        client = case.client()
        await case.ask(client, case.urls["a"])
        await case.ask(client, case.urls["a"])
        await client.aclose()


# Ways that are not TCP, or lead nowhere.


@scenarios.named("refused", a=Server(kind="refusing"))
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, case.urls["a"])


@scenarios.named("refused-with-retries", a=Server(kind="refusing"))
async def _(case: "Case") -> None:
    client = case.client(transport=case.face.transport(retries=1))
    await case.ask(client, case.urls["a"])


@scenarios.named("retries-do-not-repeat-requests", a=serving((Read(), Close())))
async def _(case: "Case") -> None:
    client = case.client(transport=case.face.transport(retries=2))
    await case.ask(client, case.urls["a"])


@scenarios.named("unix-socket", a=Server((KIND,), kind="unix"))
async def _(case: "Case") -> None:
    client = case.client(transport=case.face.transport(uds=case.files["a"]))
    for _ in range(2):
        await case.ask(client, case.urls["a"])


@scenarios.named("unix-socket-missing", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(transport=case.face.transport(uds=case.files["client"] + "-missing"))
    await case.ask(client, case.urls["a"])


@scenarios.named("local-address", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(transport=case.face.transport(local_address="127.0.0.2"))
    async with client.stream("GET", case.urls["a"]) as response:
        stream = response.extensions["network_stream"]
        case.note(stream.get_extra_info("client_addr")[0])
        case.note(stream.get_extra_info("server_addr")[0])


@scenarios.named("local-address-of-another", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(transport=case.face.transport(local_address="192.0.2.1"))
    await case.ask(client, case.urls["a"])


@scenarios.named("socket-options", a=serving(KIND))
async def _(case: "Case") -> None:
    import socket

    options = [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.SOL_SOCKET, socket.SO_RCVBUF, 8192),
    ]
    client = case.client(transport=case.face.transport(socket_options=options))
    async with client.stream("GET", case.urls["a"]) as response:
        sock = response.extensions["network_stream"].get_extra_info("socket")
        case.note(sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE))
        case.note(sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
        case.note(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
