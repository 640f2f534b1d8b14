# ruff: noqa: T201 - what is printed here is what the test reads
"""Fetch with HTTPX 0.17.1 from the URL that is given; say what came.

It calls the transport face, `request` and `arequest` with plain arguments.
"""

import asyncio
import sys

import httpx

import httpcore

plain = sys.argv[1]


def show(what: str, response: httpx.Response) -> None:
    """Print one line, or fail."""
    response.raise_for_status()
    assert response.content == b"hello, world\n", response.content
    print(what, response.http_version, response.reason_phrase)


async def fetch() -> None:
    """What needs an event loop."""
    async with httpx.AsyncClient() as client:
        show("AsyncClient", await client.get(plain))


assert httpcore.__file__.startswith(sys.prefix), httpcore.__file__
print(f"httpx {httpx.__version__} httpcore {httpcore.__version__}")
show("get", httpx.get(plain))
with httpx.Client(transport=httpx.HTTPTransport(retries=1)) as client:
    show("HTTPTransport(retries=1)", client.get(plain))
asyncio.run(fetch())
