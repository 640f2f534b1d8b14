"""Ways through proxies: forwarding, tunnels and SOCKS, and all that a proxy can do wrong.

The proxy plays the server behind it too, so what both would see is in one place, and nothing hangs on two processes.
"""

from typing import TYPE_CHECKING, Any

import httpx

from ..scenario import Run, Scenarios
from ..scripts import (
    KIND,
    OK,
    Close,
    Drain,
    Forever,
    Read,
    Reset,
    Script,
    Server,
    Slowly,
    Step,
    Take,
    Tls,
    answer,
    serving,
)
from ..telling import readable

if TYPE_CHECKING:
    from ..case import Case
    from ..stage import Peer

scenarios = Scenarios("proxies")

CONNECTED = b"HTTP/1.1 200 Connection established\r\n\r\n"
FORWARD = "http://server.example/path?query"
FORWARD_PORT = "http://server.example:8080/path"
SECURE = "https://localhost/path"
SECURE_PORT = "https://localhost:8443/path"


def asking(*urls: str, proxy: str = "{a}", method: str = "GET", **options: Any) -> Run:
    """Ask for each of the URLs through the proxy."""
    request = {name: options.pop(name) for name in ("headers", "content") if name in options}

    async def run(case: "Case") -> None:
        client = case.client(proxy=proxy.replace("{a}", case.urls["a"]), **options)
        for url in urls:
            await case.ask(client, url, method, **request)

    return run


def with_credentials(user: str, password: str, **options: Any) -> Run:
    """Ask through a proxy that is given credentials."""

    async def run(case: "Case") -> None:
        proxy = httpx.Proxy(case.urls["a"], auth=(user, password), **options)
        client = case.client(proxy=proxy)
        await case.ask(client, FORWARD)
        await case.ask(client, SECURE)

    return run


# Forwarding.

scenarios.add("forward", asking(FORWARD, FORWARD), a=serving(KIND))
scenarios.add("forward-other-port", asking(FORWARD_PORT), a=serving(KIND))
scenarios.add("forward-two-servers", asking(FORWARD, "http://other.example/"), a=serving(KIND))
scenarios.add("forward-post", asking(FORWARD, method="POST", content=b"hello"), a=serving(KIND))
scenarios.add(
    "forward-head",
    asking(FORWARD, method="HEAD"),
    a=serving((Read(), b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")),
)
scenarios.add(
    "forward-ipv6", asking("http://[2001:db8::1]/", "http://[2001:db8::1]:81/"), a=serving(KIND)
)
scenarios.add(
    "forward-fields",
    asking(FORWARD, headers={"X": "y", "Proxy-Connection": "keep-alive"}),
    a=serving(KIND),
)
for status in (
    b"403 Forbidden",
    b"407 Proxy Authentication Required",
    b"502 Bad Gateway",
    b"504 Gateway Timeout",
):
    name = f"forward-{status[:3].decode()}"
    fields = (b'Proxy-Authenticate: Basic realm="a"',) if status.startswith(b"407") else ()
    scenarios.add(
        name,
        asking(FORWARD, FORWARD),
        a=serving((Forever((Read(), answer(b"no", *fields, status=status))),)),
    )
FORWARD_ENDS: dict[str, Script] = {
    "end": (Read(), Close()),
    "reset": (Read(), Reset()),
    "garbage": (Read(), b"garbage\r\n\r\n", Close()),
    "cut": (Read(), OK[:-2], Close()),
}
for end_name, script in FORWARD_ENDS.items():
    scenarios.add(f"forward-{end_name}", asking(FORWARD, FORWARD), a=serving(script, KIND))
scenarios.add(
    "forward-closes-each",
    asking(FORWARD, FORWARD),
    a=serving((Read(), answer(b"a", b"Connection: close"), Close())),
)
scenarios.add("forward-refused", asking(FORWARD), a=Server(kind="refusing"))


@scenarios.named("forward-mute", a=serving((Read(), Drain())))
async def _(case: "Case") -> None:
    client = case.client(proxy=case.urls["a"], timeout=httpx.Timeout(10, read=0.15))
    await case.ask(client, FORWARD)


# Tunnels.

TUNNEL: Script = (Read(), CONNECTED, Tls(), *KIND)

scenarios.add("tunnel", asking(SECURE, SECURE), a=serving(TUNNEL))
scenarios.add("tunnel-other-port", asking(SECURE_PORT), a=serving(TUNNEL))
scenarios.add("tunnel-two-servers", asking(SECURE, SECURE_PORT, SECURE), a=serving(TUNNEL))
scenarios.add("tunnel-and-forward", asking(SECURE, FORWARD, SECURE), a=serving(TUNNEL, KIND))
scenarios.add("tunnel-post", asking(SECURE, method="POST", content=b"hello"), a=serving(TUNNEL))
scenarios.add("tunnel-http2-not-taken", asking(SECURE, http2=True), a=serving(TUNNEL))
scenarios.add("tunnel-ipv6", asking("https://[2001:db8::1]:444/"), a=serving(TUNNEL))
scenarios.add(
    "tunnel-closes-each",
    asking(SECURE, SECURE),
    a=serving((Read(), CONNECTED, Tls(), Read(), answer(b"a", b"Connection: close"), Close())),
)
scenarios.add(
    "tunnel-wrong-name", asking(SECURE), a=serving((Read(), CONNECTED, Tls("wrong-name"), *KIND))
)
scenarios.add(
    "tunnel-not-verified",
    asking(SECURE, verify=False),
    a=serving((Read(), CONNECTED, Tls("wrong-name"), *KIND)),
)
for answer_name, data in {
    "no-reason": b"HTTP/1.1 200\r\n\r\n",
    "201": b"HTTP/1.1 201 Created\r\n\r\n",
    "http-1.0": b"HTTP/1.0 200 Connection established\r\n\r\n",
    "fields": b"HTTP/1.1 200 OK\r\nVia: a\r\nX-Proxy: b\r\n\r\n",
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "informational": b"HTTP/1.1 100 Continue\r\n\r\n" + CONNECTED,
    "lf": b"HTTP/1.1 200 OK\n\n",
}.items():
    scenarios.add(
        f"tunnel-{answer_name}", asking(SECURE, SECURE), a=serving((Read(), data, Tls(), *KIND))
    )
scenarios.add("tunnel-slowly", asking(SECURE), a=serving((Read(), Slowly(CONNECTED), Tls(), *KIND)))
for status in (
    b"400 Bad Request",
    b"403 Forbidden",
    b"404 Not Found",
    b"407 Proxy Authentication Required",
    b"502 Bad Gateway",
    b"503 Service Unavailable",
    b"302 Found",
):
    name = f"tunnel-{status[:3].decode()}"
    scenarios.add(
        name, asking(SECURE, SECURE), a=serving((Read(), answer(b"no", status=status)), TUNNEL)
    )
TUNNEL_ENDS: dict[str, Script] = {
    "end": (Read(), Close()),
    "reset": (Read(), Reset()),
    "garbage": (Read(), b"garbage\r\n\r\n", Close()),
    "cut": (Read(), b"HTTP/1.1 200 OK\r\nX", Close()),
    "end-after-200": (Read(), CONNECTED, Close()),
    "end-after-handshake": (Read(), CONNECTED, Tls(), Read(), Close()),
    "plain-after-200": (Read(), CONNECTED, Take(5), OK, Close()),
    "huge-head": (Read(), b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000, Close()),
    "switching": (Read(), b"HTTP/1.1 101 Switching Protocols\r\n\r\n", Close()),
}
for end_name, script in TUNNEL_ENDS.items():
    tells = end_name not in ("plain-after-200", "huge-head")
    scenarios.add(f"tunnel-{end_name}", asking(SECURE), a=serving(script), tells_servers=tells)
scenarios.add("tunnel-refused", asking(SECURE), a=Server(kind="refusing"))


for step_name, (script, short) in {
    "answer": ((Read(), Drain()), "read"),
    "half-an-answer": ((Read(), b"HTTP/1.1 200", Drain()), "read"),
    "handshake": ((Read(), CONNECTED, Drain()), "connect"),
    "response": ((Read(), CONNECTED, Tls(), Read(), Drain()), "read"),
}.items():

    @scenarios.named(f"tunnel-without-{step_name}", a=serving(script), tells_servers=False)
    async def _(case: "Case", short: str = short) -> None:
        timeout = httpx.Timeout(10, **{short: 0.15, "connect": 0.15})
        client = case.client(proxy=case.urls["a"], timeout=timeout)
        await case.ask(client, SECURE)


scenarios.add("credentials", with_credentials("user", "secret"), a=serving(KIND, TUNNEL))
scenarios.add("credentials-not-ascii", with_credentials("üser", "s:ecret"), a=serving(KIND, TUNNEL))
scenarios.add(
    "fields-for-the-proxy",
    with_credentials("user", "secret", headers={"X-Proxy": "yes"}),
    a=serving(KIND, TUNNEL),
)


@scenarios.named("credentials-in-the-url", a=serving(KIND, TUNNEL))
async def _(case: "Case") -> None:
    client = case.client(proxy=case.urls["a"].replace("//", "//user:se%20cret@"))
    await case.ask(client, FORWARD)
    await case.ask(client, SECURE)


@scenarios.named(
    "credentials-refused",
    a=serving((Read(), answer(b"no", status=b"407 Proxy Authentication Required"))),
)
async def _(case: "Case") -> None:
    client = case.client(proxy=httpx.Proxy(case.urls["a"], auth=("user", "wrong")))
    await case.ask(client, SECURE)


@scenarios.named("field-of-the-program-first", a=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(proxy=httpx.Proxy(case.urls["a"], headers={"X": "of the proxy"}))
    await case.ask(client, FORWARD, headers={"X": "of the request"})


@scenarios.named("mounts", a=serving(KIND), b=serving(KIND))
async def _(case: "Case") -> None:
    client = case.client(
        mounts={"http://server.example": case.face.transport(proxy=case.urls["a"])}
    )
    await case.ask(client, FORWARD)
    await case.ask(client, case.urls["b"])


@scenarios.named("full-pool", a=serving(KIND))
async def _(case: "Case") -> None:
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    client = case.client(proxy=case.urls["a"], limits=limits, timeout=httpx.Timeout(10, pool=0.1))
    async with client.stream("GET", FORWARD) as response:
        await case.ask(client, FORWARD)
        case.note(await case.face.read(response))
    await case.ask(client, FORWARD)


@scenarios.named(
    "secure-proxy",
    a=Server(
        ((Tls(), *KIND), (Tls(), Read(), CONNECTED, Tls(), *KIND)), scheme="https", host="localhost"
    ),
    faces=("asyncio", "trio"),
)
async def _(case: "Case") -> None:
    import ssl

    trusting = ssl.create_default_context(cafile=case.files["authority"])
    client = case.client(proxy=httpx.Proxy(case.urls["a"], ssl_context=trusting))
    await case.ask(client, FORWARD)


@scenarios.named(
    "secure-proxy-of-a-stranger",
    a=Server(((Tls("of-a-stranger"), *KIND),), scheme="https", host="localhost"),
)
async def _(case: "Case") -> None:
    client = case.client(proxy=case.urls["a"])
    await case.ask(client, FORWARD)


@scenarios.named("unknown-scheme", a=serving(KIND))
async def _(case: "Case") -> None:
    async with case.noting_errors():
        case.client(proxy=case.urls["a"].replace("http", "ftp"))


@scenarios.named("stream-of-a-tunnel", a=serving(TUNNEL))
async def _(case: "Case") -> None:
    client = case.client(proxy=case.urls["a"])
    async with client.stream("GET", SECURE) as response:
        stream = response.extensions["network_stream"]
        case.note(stream.get_extra_info("ssl_object").version())
        case.note(stream.get_extra_info("server_addr")[0])


# SOCKS.

WELCOME = b"\x05\x00"
GRANTED = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"
#: What a client sends for `server.example:80` by its name.
NAME_LENGTH = 4 + 1 + len("server.example") + 2
SOCKS: Script = (Take(3), WELCOME, Take(NAME_LENGTH), GRANTED, *KIND)
BY_NAME = "http://server.example/path"


def by_socks(*urls: str, scheme: str = "socks5h", **options: Any) -> Run:
    """Ask for each of the URLs through the SOCKS proxy."""

    async def run(case: "Case") -> None:
        client = case.client(proxy=case.urls["a"].replace("http", scheme, 1), **options)
        for url in urls:
            await case.ask(client, url)

    return run


scenarios.add("socks", by_socks(BY_NAME, BY_NAME), a=serving(SOCKS))
scenarios.add("socks-other-port", by_socks("http://server.example:8080/"), a=serving(SOCKS))
scenarios.add(
    "socks-address",
    by_socks("http://192.0.2.1/"),
    a=serving((Take(3), WELCOME, Take(10), GRANTED, *KIND)),
)
scenarios.add(
    "socks-address-named-locally",
    by_socks("http://192.0.2.1/", scheme="socks5"),
    a=serving((Take(3), WELCOME, Take(10), GRANTED, *KIND)),
)
scenarios.add(
    "socks-ipv6",
    by_socks("http://[2001:db8::1]/"),
    a=serving((Take(3), WELCOME, Take(22), GRANTED, *KIND)),
)
scenarios.add(
    "socks-secure",
    by_socks("https://localhost/"),
    a=serving((Take(3), WELCOME, Take(4 + 1 + 9 + 2), GRANTED, Tls(), *KIND)),
)
scenarios.add(
    "socks-bound-name",
    by_socks(BY_NAME),
    a=serving((Take(3), WELCOME, Take(NAME_LENGTH), b"\x05\x00\x00\x03\x04name\x00\x50", *KIND)),
)
scenarios.add(
    "socks-bound-ipv6",
    by_socks(BY_NAME),
    a=serving((Take(3), WELCOME, Take(NAME_LENGTH), b"\x05\x00\x00\x04" + bytes(18), *KIND)),
)
for code in range(1, 10):
    refusal = bytes([5, code]) + GRANTED[2:]
    scenarios.add(
        f"socks-refusal-{code}",
        by_socks(BY_NAME),
        a=serving((Take(3), WELCOME, Take(NAME_LENGTH), refusal, Close())),
    )
SOCKS_ENDS: dict[str, Script] = {
    "no-method": (Take(3), b"\x05\xff", Close()),
    "wants-credentials": (Take(3), b"\x05\x02", Drain()),
    "end-after-greeting": (Take(3), Close()),
    "end-after-request": (Take(3), WELCOME, Take(NAME_LENGTH), Close()),
    "reset-after-request": (Take(3), WELCOME, Take(NAME_LENGTH), Reset()),
    "half-a-reply": (Take(3), WELCOME, Take(NAME_LENGTH), GRANTED[:5], Close()),
    "end-after-reply": (Take(3), WELCOME, Take(NAME_LENGTH), GRANTED, Read(), Close()),
}
for step_name, script in SOCKS_ENDS.items():
    tells = step_name != "wants-credentials"
    scenarios.add(f"socks-{step_name}", by_socks(BY_NAME), a=serving(script), tells_servers=tells)
scenarios.add("socks-refused", by_socks(BY_NAME), a=Server(kind="refusing"))
scenarios.add(
    "socks-refusal-and-retries",
    by_socks(BY_NAME, BY_NAME),
    a=serving((Take(3), WELCOME, Take(NAME_LENGTH), b"\x05\x05" + GRANTED[2:], Close()), SOCKS),
)


def socks_credentials(user: str, password: str) -> Run:
    """Ask through a SOCKS proxy that is given credentials."""

    async def run(case: "Case") -> None:
        url = case.urls["a"].replace("http", "socks5h", 1)
        async with case.noting_errors():
            client = case.client(proxy=httpx.Proxy(url, auth=(user, password)))
            await case.ask(client, BY_NAME)

    return run


def greeting(chosen: int) -> Step:
    """Hear which methods the client offers, and choose one of them."""

    def step(peer: "Peer") -> None:
        version, count = peer.take(2)
        peer.note(f"version {version}, methods {list(peer.take(count))}")
        peer.send(bytes([5, chosen]))

    return step


def address(peer: "Peer") -> None:
    """Hear whether the client asks for a name or for an address, and grant it."""
    kind = peer.take(4)[3]
    if kind == 3:
        peer.note(f"name {readable(peer.take(peer.take(1)[0]))}")
    else:
        peer.take(4 if kind == 1 else 16)
        peer.note("an address")
    peer.note(f"port {int.from_bytes(peer.take(2))}")
    peer.send(GRANTED)


TO_ADDRESS: Script = (greeting(0), address, *KIND)
for scheme in ("socks5", "socks5h"):
    run = by_socks("http://localhost:81/", scheme=scheme)
    scenarios.add(f"{scheme}-and-a-name", run, a=serving(TO_ADDRESS))

CREDENTIALS = Take(len(b"\1\4user\6secret"))
for credentials_name, script in {
    "wanted": (greeting(2), CREDENTIALS, b"\x01\x00", address, *KIND),
    "not-wanted": (greeting(0), address, *KIND),
    "refused": (greeting(2), CREDENTIALS, b"\x01\x01", Close()),
    "and-end": (greeting(2), CREDENTIALS, Close()),
    "and-garbage": (greeting(2), CREDENTIALS, b"garbage", Close()),
}.items():
    run = socks_credentials("user", "secret")
    scenarios.add(f"socks-credentials-{credentials_name}", run, a=serving(script))
scenarios.add(
    "socks-credentials-too-long",
    socks_credentials("u" * 256, "secret"),
    a=serving((greeting(2), Drain())),
)


for step_name, script in {
    "greeting": (Take(3), Drain()),
    "reply": (Take(3), WELCOME, Take(NAME_LENGTH), Drain()),
}.items():
    # One that waits for ever is let go after a while.
    hung: Script = (*script[:-1], lambda peer: peer.end_after(1.0))

    @scenarios.named(f"socks-without-{step_name}", a=serving(hung))
    async def _(case: "Case") -> None:
        url = case.urls["a"].replace("http", "socks5h", 1)
        client = case.client(proxy=url, timeout=httpx.Timeout(10, connect=0.15, read=0.15))
        await case.ask(client, BY_NAME)
