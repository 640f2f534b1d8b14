# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""httpx-ws: a WebSocket over the network stream of a 101 response, in threads, asyncio and Trio."""

import json
import sys

import anyio
import httpx
from httpx_ws import aconnect_ws, connect_ws

url = json.loads(sys.argv[1])["plain"] + "/socket"

with httpx.Client() as client:
    for _ in range(2):
        with connect_ws(url, client) as ws:
            for word in ("one", "two", "three"):
                ws.send_text(word)
                assert ws.receive_text() == word
    assert client.get(url.replace("/socket", "/hello")).text == "hello, world\n"


async def go() -> None:
    async with httpx.AsyncClient() as client:
        async with aconnect_ws(url, client) as ws:
            for word in ("one", "two", "three"):
                await ws.send_text(word)
                assert await ws.receive_text() == word
        assert (await client.get(url.replace("/socket", "/hello"))).text == "hello, world\n"


anyio.run(go, backend="asyncio")
anyio.run(go, backend="trio")
