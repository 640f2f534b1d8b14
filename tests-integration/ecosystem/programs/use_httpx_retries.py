# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""httpx-retries: a transport around a transport, which tries again after 503 and after a refused connection."""

import asyncio
import json
import sys

import httpx
from httpx_retries import Retry, RetryTransport

plain = json.loads(sys.argv[1])["plain"]
retry = Retry(total=3, backoff_factor=0)

with httpx.Client(transport=RetryTransport(retry=retry)) as client:
    assert client.get(f"{plain}/flaky/sync").status_code == 200
    try:
        client.get("http://localhost:1/")
    except httpx.ConnectError:
        pass
    else:
        raise AssertionError("no error")


async def go() -> None:
    async with httpx.AsyncClient(transport=RetryTransport(retry=retry)) as client:
        assert (await client.get(f"{plain}/flaky/async")).status_code == 200


asyncio.run(go())
