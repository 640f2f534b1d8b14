# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""vcrpy: what was recorded over the network is played without it, for both clients, also through a proxy."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import httpx
import vcr

places = json.loads(sys.argv[1])
url = places["plain"] + "/count"


def get(**options: object) -> str:
    with httpx.Client(**options) as client:
        client.post(places["plain"] + "/echo", content=b"body").raise_for_status()
        return client.get(url).text


async def async_get() -> str:
    async with httpx.AsyncClient() as client:
        response = await client.post(places["plain"] + "/echo", content=b"body")
        assert response.content == b"body"
        return (await client.get(url)).text


with tempfile.TemporaryDirectory() as folder:
    with vcr.use_cassette(Path(folder) / "sync.yaml", record_mode="once") as cassette:
        recorded = get()
        assert not cassette.play_count
    for _ in range(2):
        with vcr.use_cassette(Path(folder) / "sync.yaml", record_mode="none") as cassette:
            assert get() == recorded
            assert cassette.play_count == 2
    with vcr.use_cassette(Path(folder) / "sync.yaml", record_mode="none") as cassette:
        assert get(proxy=places["proxy"]) == recorded
        assert cassette.play_count == 2

    with vcr.use_cassette(Path(folder) / "async.yaml", record_mode="once"):
        recorded = asyncio.run(async_get())
    with vcr.use_cassette(Path(folder) / "async.yaml", record_mode="none") as cassette:
        assert asyncio.run(async_get()) == recorded
        assert cassette.play_count == 2
assert get() != recorded
