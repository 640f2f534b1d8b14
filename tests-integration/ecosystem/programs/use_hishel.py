# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""hishel: what may be cached comes from the cache the second time, in threads and in asyncio."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import hishel
from hishel.httpx import AsyncCacheClient, CacheClient

url = json.loads(sys.argv[1])["plain"] + "/count"

with tempfile.TemporaryDirectory() as folder:
    storage = hishel.SqliteStorage(database_path=Path(folder) / "sync.db")
    with CacheClient(storage=storage, rfc=True) as client:
        first, second = client.get(url), client.get(url)
    assert first.text == second.text == "1", (first.text, second.text)

    async def go() -> None:
        storage = hishel.AsyncSqliteStorage(database_path=Path(folder) / "async.db")
        async with AsyncCacheClient(storage=storage, rfc=True) as client:
            first, second = await client.get(url), await client.get(url)
        assert first.text == second.text == "2", (first.text, second.text)

    asyncio.run(go())
