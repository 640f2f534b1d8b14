"""TLS: what is trusted, what the server learns, and how it ends."""

from typing import TYPE_CHECKING, Any

import httpx

from ..scenario import Run, Scenarios
from ..scripts import (
    KIND,
    OK,
    Close,
    Forever,
    Read,
    Reset,
    Script,
    Server,
    Take,
    Tell,
    Tls,
    answer,
    secure,
    serving,
)

if TYPE_CHECKING:
    from ..case import Case

scenarios = Scenarios("tls")


def asking(**options: Any) -> Run:
    """Ask twice."""

    async def run(case: "Case") -> None:
        client = case.client(**options)
        for path in ("first", "second"):
            await case.ask(client, f"{case.urls['a']}/{path}")

    return run


scenarios.add("name", asking(), a=secure(KIND))
scenarios.add("address", asking(), a=secure(KIND, host="127.0.0.1"))
scenarios.add("http2-offered-and-not-taken", asking(http2=True), a=secure(KIND))
scenarios.add("no-protocol-chosen", asking(http2=True), a=secure(KIND, tls=Tls(alpn=())))
scenarios.add("no-protocol-in-common", asking(), a=secure(KIND, tls=Tls(alpn=("h2",))))
for wrong in ("wrong-name", "expired", "of-a-stranger"):
    scenarios.add(wrong, asking(), a=secure(KIND, tls=Tls(wrong)))
    scenarios.add(
        f"{wrong}-without-verifying", asking(verify=False), a=secure(KIND, tls=Tls(wrong))
    )
# On asyncio 1.0.9 sometimes waits until its time-out.
NO_HANDSHAKE: dict[str, bytes] = {
    "plain-server": answer(b"what?", b"Connection: close", status=b"400 Bad Request"),
    "garbage-for-a-handshake": b"garbage, " * 20,
}
for name, data in NO_HANDSHAKE.items():
    script: Script = (Take(5), data, Close())
    server = Server((script,), scheme="https")
    scenarios.add(name, asking(), a=server, tells_servers=False, faces=("sync", "trio"))


@scenarios.named("of-the-system", a=secure(KIND))
async def _(case: "Case") -> None:
    client = case.client(verify=True)
    await case.ask(client, case.urls["a"])


@scenarios.named("certificate-given", a=secure(KIND, tls=Tls(asks_for_certificate=True)))
async def _(case: "Case") -> None:
    import ssl

    context = ssl.create_default_context(cafile=case.files["authority"])
    context.load_cert_chain(case.files["client"])
    client = case.client(verify=context)
    for _ in range(2):
        await case.ask(client, case.urls["a"])


@scenarios.named("secure-server-asked-in-plain", a=Server(((Tls(), *KIND),)))
async def _(case: "Case") -> None:
    client = case.client()
    async with case.noting_errors():
        await client.request("GET", case.urls["a"])


@scenarios.named("name-given", a=secure(KIND, host="127.0.0.1"))
async def _(case: "Case") -> None:
    client = case.client()
    for name in ("good.example", "good.example", "localhost", "bad.example"):
        extensions = {"sni_hostname": name}
        await case.ask(client, case.urls["a"], extensions=extensions)


@scenarios.named("name-given-first", a=secure(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, case.urls["a"], extensions={"sni_hostname": "good.example"})
    await case.ask(client, case.urls["a"])


@scenarios.named("facts-of-a-stream", a=secure(KIND))
async def _(case: "Case") -> None:
    client = case.client()
    async with client.stream("GET", case.urls["a"]) as response:
        found = response.extensions["network_stream"].get_extra_info("ssl_object")
        case.note(found.version())
        case.note(found.selected_alpn_protocol())
        case.note(found.server_hostname)
        case.note(bool(found.getpeercert()))


ENDS: dict[str, Script] = {
    "cut-in-the-body": (Read(), OK[:-2], Close()),
    "reset-in-the-body": (Read(), OK[:-2], Reset()),
    "cut-before-the-response": (Read(), Close()),
    "cut-until-close": (Read(), b"HTTP/1.1 200 OK\r\n\r\nhello", Close()),
}
for end_name, script in ENDS.items():
    scenarios.add(end_name, asking(), a=secure(script, KIND))


@scenarios.named("closed-while-idle", a=secure((Read(), OK, Close(), Tell("closed")), KIND))
async def _(case: "Case") -> None:
    client = case.client()
    await case.ask(client, f"{case.urls['a']}/first")
    await case.wait_for("closed")
    await case.ask(client, f"{case.urls['a']}/second")


@scenarios.named("two-contexts", a=secure(KIND))
async def _(case: "Case") -> None:
    await case.ask(case.client(), case.urls["a"])
    await case.ask(case.client(verify=True), case.urls["a"])


@scenarios.named(
    "large-both-ways",
    a=secure(
        (
            Forever(
                (Read(), b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"abc" * 100_000)
            ),
        )
    ),
)
async def _(case: "Case") -> None:
    client = case.client()
    for _ in range(2):
        await case.ask(client, case.urls["a"], "POST", content=b"0123456789" * 30_000)


@scenarios.named(
    "redirect-to-plain",
    b=serving(KIND),
    a=secure((Read(), b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /b\r\n\r\n", *KIND)),
)
async def _(case: "Case") -> None:
    client = case.client(follow_redirects=True, headers={"Authorization": "secret"})
    await case.ask(client, case.urls["a"])
    await case.ask(client, case.urls["b"])


@scenarios.named("timeouts-are-per-request", a=secure(KIND))
async def _(case: "Case") -> None:
    client = case.client(timeout=httpx.Timeout(10, read=9))
    await case.ask(client, case.urls["a"], timeout=None)
