# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""The openai SDK: a completion, whole and as a stream, and its errors."""

import asyncio
import json
import sys

import httpx
import openai

plain = json.loads(sys.argv[1])["plain"]
options = {"api_key": "key", "base_url": f"{plain}/v1", "max_retries": 0}
ask = {"model": "m", "messages": [{"role": "user", "content": "count"}]}

with openai.OpenAI(**options) as client:
    completion = client.chat.completions.create(**ask)
    assert completion.choices[0].message.content == "one two three"
    pieces = client.chat.completions.create(**ask, stream=True)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "one two three"
    # Left early, and asked again.
    with client.chat.completions.create(**ask, stream=True) as pieces:
        assert next(iter(pieces)).choices[0].delta.content == "one "
    assert client.chat.completions.create(**ask).id == "chat-1"

with openai.OpenAI(**{**options, "base_url": "http://localhost:1/v1"}) as client:
    cause = None
    try:
        client.chat.completions.create(**ask)
    except openai.APIConnectionError as error:
        cause = error.__cause__
    assert isinstance(cause, httpx.ConnectError)


async def go() -> None:
    async with openai.AsyncOpenAI(**options) as client:
        completion = await client.chat.completions.create(**ask)
        assert completion.choices[0].message.content == "one two three"
        pieces = await client.chat.completions.create(**ask, stream=True)
        said = [piece.choices[0].delta.content or "" async for piece in pieces]
        assert "".join(said) == "one two three"


asyncio.run(go())
