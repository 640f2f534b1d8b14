# ruff: noqa: T201 - what is printed here is what the test reads
"""Fetch with HTTPX 0.28.1 in every way, from the plain URL and the secure one that are given; say what came.

Arguments: the plain URL, the secure URL, the file with the authority to trust.
"""

import asyncio
import ssl
import sys

import httpx

import httpcore

plain, secure, authority = sys.argv[1:]
trusting = ssl.create_default_context(cafile=authority)


def show(what: str, response: httpx.Response) -> None:
    """Print one line, or fail."""
    response.raise_for_status()
    assert response.content == b"hello, world\n", response.content
    print(what, response.http_version)


async def fetch() -> None:
    """What needs an event loop."""
    async with httpx.AsyncClient() as client:
        show("AsyncClient", await client.get(plain))
    async with httpx.AsyncClient(http2=True, verify=trusting) as client:
        show("AsyncClient(http2=True)", await client.get(secure))


assert httpcore.__file__.startswith(sys.prefix), httpcore.__file__
print(f"httpx {httpx.__version__} httpcore {httpcore.__version__}")
show("get", httpx.get(plain))
with httpx.Client(http2=True, verify=trusting) as client:
    show("Client(http2=True)", client.get(secure))
asyncio.run(fetch())
