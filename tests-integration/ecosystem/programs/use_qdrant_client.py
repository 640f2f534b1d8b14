# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""qdrant-client: its REST client against as much of a server as it needs, with its HTTP/2 option off, as is its default."""

import asyncio
import json
import sys

from qdrant_client import AsyncQdrantClient, QdrantClient
from qdrant_client.models import Distance, VectorParams

url = json.loads(sys.argv[1])["plain"]
options = {"url": url, "check_compatibility": False, "prefer_grpc": False}
vectors = VectorParams(size=4, distance=Distance.DOT)

client = QdrantClient(**options)
assert [found.name for found in client.get_collections().collections] == ["books"]
assert client.create_collection("more", vectors_config=vectors)
client.close()


async def go() -> None:
    client = AsyncQdrantClient(**options)
    assert [found.name for found in (await client.get_collections()).collections] == ["books"]
    assert await client.create_collection("more", vectors_config=vectors)
    await client.close()


asyncio.run(go())
