# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""httpx-socks: connections of its own make in a pool of ours, in threads, asyncio and Trio, plain and with TLS."""

import json
import ssl
import sys

import anyio
import httpx
from httpx_socks import AsyncProxyTransport, SyncProxyTransport

places = json.loads(sys.argv[1])
trusting = ssl.create_default_context(cafile=places["authority"])
URLS = [places["plain"] + "/hello", places["secure"] + "/hello"]

transport = SyncProxyTransport.from_url(places["socks"], verify=trusting)
with httpx.Client(transport=transport) as client:
    for url in URLS * 3:
        assert client.get(url).text == "hello, world\n"
    with client.stream("GET", URLS[0]) as response:
        assert response.read() == b"hello, world\n"


async def go() -> None:
    transport = AsyncProxyTransport.from_url(places["socks"], verify=trusting)
    async with httpx.AsyncClient(transport=transport) as client:
        for url in URLS * 3:
            assert (await client.get(url)).text == "hello, world\n"
    limits = httpx.Limits(max_connections=2)
    transport = AsyncProxyTransport.from_url(places["socks"], verify=trusting, limits=limits)
    async with httpx.AsyncClient(transport=transport) as client:
        async with anyio.create_task_group() as tasks:
            for url in URLS * 5:
                tasks.start_soon(client.get, url)
        assert "0 active, 0 queued" in repr(transport._pool)
        assert len(transport._pool.connections) <= 2


anyio.run(go, backend="asyncio")
anyio.run(go, backend="trio")
