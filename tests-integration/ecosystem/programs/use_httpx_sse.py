# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""httpx-sse: events as they come, to both clients."""

import asyncio
import json
import sys

import httpx
from httpx_sse import aconnect_sse, connect_sse

url = json.loads(sys.argv[1])["plain"] + "/events"
WANTED = [("word", "one "), ("word", "two "), ("word", "three")]

with httpx.Client() as client, connect_sse(client, "GET", url) as source:
    assert [(event.event, event.data) for event in source.iter_sse()] == WANTED


async def go() -> None:
    async with httpx.AsyncClient() as client, aconnect_sse(client, "GET", url) as source:
        assert [(event.event, event.data) async for event in source.aiter_sse()] == WANTED


asyncio.run(go())
