# It is written for an HTTPX that is installed in an environment of its own.
# mypy: ignore-errors
# ruff: noqa: T201 - what is printed here is what the test reads
"""Fetch with HTTPX 0.16.1 or 0.17.1: from a plain server, from one with TLS, and from both through a proxy; say what came.

It calls the transport face, `request` and `arequest` with plain arguments. Of 0.16.1 also the pools are in reach, which
say what their connections are.
"""

import asyncio
import sys

import httpx

import httpcore

plain, secure, authority, proxy, nobody = sys.argv[1:]

#: What goes wrong, the URL that leads there, and what HTTPX calls it.
FAILURES = {
    "nobody there": ({}, nobody, httpx.ConnectError),
    "no such scheme": ({}, "ftp://localhost/", httpx.UnsupportedProtocol),
    "no proxy to forward": ({"proxies": nobody}, plain, httpx.ConnectError),
    "no proxy for a tunnel": ({"proxies": nobody}, secure, httpx.ConnectError),
    "nobody behind the proxy": ({"proxies": proxy}, "https://localhost:1/", httpx.ProxyError),
    "no trust": ({"verify": True}, secure, httpx.ConnectError),
}


def show(what: str, response: httpx.Response) -> None:
    """Print one line, or fail."""
    response.raise_for_status()
    assert response.content == b"hello, world\n", response.content
    print(what, response.http_version)


def fetch() -> None:
    """What threads do."""
    show("get", httpx.get(plain))
    with httpx.Client(verify=authority, proxies=proxy) as client:
        for url in (plain, secure) * 2:
            show("proxy", client.get(url))
    for what, (options, url, kind) in FAILURES.items():
        with httpx.Client(**{"verify": authority, "trust_env": False} | options) as client:
            error = failure(client, url)
            assert type(error) is kind, (what, error)
            assert isinstance(error.__cause__, getattr(httpcore, kind.__name__)), what
    print("failures", len(FAILURES))


def failure(client: httpx.Client, url: str) -> Exception | None:
    """What goes wrong there."""
    try:
        client.get(url)
    except httpx.TransportError as error:
        return error
    return None


async def fetch_with_asyncio() -> None:
    """What needs an event loop."""
    async with httpx.AsyncClient(verify=authority) as client:
        show("AsyncClient", await client.get(plain))
        if httpx.__version__ == "0.16.1":
            async with client.stream("GET", secure) as response:
                print(*await told(client))
                await response.aread()
            print(*await told(client))
    async with httpx.AsyncClient(verify=authority, proxies=proxy) as client:
        for url in (plain, secure) * 2:
            show("asynchronous proxy", await client.get(url))


async def told(client: httpx.AsyncClient) -> list[str]:
    """What the pool says of its connections, which is awaited as it was in httpcore 0.12."""
    info = await client._transport.get_connection_info()
    assert [*info] == [plain.rstrip("/"), secure.rstrip("/")]
    return [", ".join(line.split(", ")[1:3]) for lines in info.values() for line in lines]


assert httpcore.__file__.startswith(sys.prefix), httpcore.__file__
print(f"httpx {httpx.__version__} httpcore {httpcore.__version__}")
fetch()
asyncio.run(fetch_with_asyncio())
