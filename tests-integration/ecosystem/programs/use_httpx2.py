# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""httpx2, and the SDKs that moved to it, on our pools through its public transport interface: this is all it takes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx2
import openai

import httpcore


@contextmanager
def translated_errors(request: httpx2.Request | None = None) -> Iterator[None]:
    """Raise the exception of httpx2 that has the same name."""
    try:
        yield
    except httpcore.HTTPCoreError as error:
        kind = getattr(httpx2, type(error).__name__, httpx2.TransportError)
        raise kind(str(error), request=request) from error


def as_httpcore(request: httpx2.Request) -> httpcore.Request:
    return httpcore.Request(
        request.method,
        httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        ),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


class Body(httpx2.SyncByteStream):
    def __init__(self, stream: httpcore.SyncByteStream) -> None:
        self.stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with translated_errors():
            yield from self.stream

    def close(self) -> None:
        self.stream.close()


class AsyncBody(httpx2.AsyncByteStream):
    def __init__(self, stream: httpcore.AsyncByteStream) -> None:
        self.stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with translated_errors():
            async for chunk in self.stream:
                yield chunk

    async def aclose(self) -> None:
        await self.stream.aclose()


class Transport(httpx2.BaseTransport):
    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self.pool = pool

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        with translated_errors(request):
            found = self.pool.handle_request(as_httpcore(request))
        return httpx2.Response(
            found.status,
            headers=found.headers,
            stream=Body(found.stream),
            extensions=found.extensions,
        )

    def close(self) -> None:
        self.pool.close()


class AsyncTransport(httpx2.AsyncBaseTransport):
    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self.pool = pool

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        with translated_errors(request):
            found = await self.pool.handle_async_request(as_httpcore(request))
        return httpx2.Response(
            found.status,
            headers=found.headers,
            stream=AsyncBody(found.stream),
            extensions=found.extensions,
        )

    async def aclose(self) -> None:
        await self.pool.aclose()


plain = json.loads(sys.argv[1])["plain"]
ask = {"model": "m", "messages": [{"role": "user", "content": "count"}], "stream": True}
options = {"api_key": "key", "base_url": f"{plain}/v1", "max_retries": 0}

with httpx2.Client(transport=Transport(httpcore.ConnectionPool())) as client:
    for _ in range(3):
        assert client.get(f"{plain}/redirect", follow_redirects=True).text == "hello, world\n"
    assert client.post(f"{plain}/echo", content=b"body").content == b"body"
    with client.stream("GET", f"{plain}/events") as response:
        assert b"".join(response.iter_bytes()).count(b"event: word") == 3
        assert response.http_version == "HTTP/1.1"
    failed = None
    try:
        client.get("http://localhost:1/")
    except httpx2.ConnectError as error:
        failed = error.request.url.port
    assert failed == 1

    sdk = openai.OpenAI(http_client=client, **options)
    pieces = sdk.chat.completions.create(**ask)
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "one two three"


async def go() -> None:
    pool = httpcore.AsyncConnectionPool()
    async with httpx2.AsyncClient(transport=AsyncTransport(pool)) as client:
        for _ in range(3):
            response = await client.get(f"{plain}/redirect", follow_redirects=True)
            assert response.text == "hello, world\n"
        assert len(pool.connections) == 1

        async def pieces() -> AsyncIterator[bytes]:
            yield b"one "
            yield b"two"

        assert (await client.post(f"{plain}/echo", content=pieces())).content == b"one two"
        sdk = openai.AsyncOpenAI(http_client=client, **options)
        said = [
            piece.choices[0].delta.content or ""
            async for piece in await sdk.chat.completions.create(**ask)
        ]
        assert "".join(said) == "one two three"


asyncio.run(go())
