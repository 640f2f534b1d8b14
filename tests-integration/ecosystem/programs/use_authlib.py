# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""authlib: OAuth 2 clients of HTTPX that fetch a token and use it."""

import asyncio
import json
import sys

from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client

plain = json.loads(sys.argv[1])["plain"]

with OAuth2Client("id", "secret") as client:
    token = client.fetch_token(f"{plain}/token", grant_type="client_credentials")
    assert token["access_token"] == "the-token"
    assert client.get(f"{plain}/protected").text == "hello, world\n"


async def go() -> None:
    async with AsyncOAuth2Client("id", "secret") as client:
        await client.fetch_token(f"{plain}/token", grant_type="client_credentials")
        assert (await client.get(f"{plain}/protected")).text == "hello, world\n"


asyncio.run(go())
