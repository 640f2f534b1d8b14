# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""The anthropic SDK: a message, whole and as a stream, and its errors."""

import asyncio
import json
import sys

import anthropic
import httpx

plain = json.loads(sys.argv[1])["plain"]
options = {"api_key": "key", "base_url": plain, "max_retries": 0}
ask = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "count"}]}

with anthropic.Anthropic(**options) as client:
    assert client.messages.create(**ask).content[0].text == "one two three"
    with client.messages.stream(**ask) as stream:
        assert list(stream.text_stream) == ["one ", "two ", "three"]
        assert stream.get_final_message().stop_reason == "end_turn"
    with client.messages.create(**ask, stream=True) as events:
        assert next(iter(events)).type == "message_start"
    assert client.messages.create(**ask).id == "message-1"

with anthropic.Anthropic(**{**options, "base_url": "http://localhost:1"}) as client:
    cause = None
    try:
        client.messages.create(**ask)
    except anthropic.APIConnectionError as error:
        cause = error.__cause__
    assert isinstance(cause, httpx.ConnectError)


async def go() -> None:
    async with anthropic.AsyncAnthropic(**options) as client:
        assert (await client.messages.create(**ask)).content[0].text == "one two three"
        async with client.messages.stream(**ask) as stream:
            assert [text async for text in stream.text_stream] == ["one ", "two ", "three"]


asyncio.run(go())
