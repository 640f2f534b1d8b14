"""The faces of HTTPX behind one: a scenario is written once, and runs with threads, on asyncio and on Trio.

It is written as an async function. On the synchronous face nothing of it ever suspends: what it awaits is done when it
is asked for, so that the coroutine can be driven to its end by one push.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, Protocol, TypeVar, cast

import httpx
import trio

T = TypeVar("T")

# HTTPX's own functions are typed by dozens of keyword arguments; here they are only handed on.
Options = Any


class Client(Protocol):
    """What a scenario sees of a client."""

    async def request(self, method: str, url: str, **options: Options) -> httpx.Response:
        """Send a request, and read the response."""
        ...

    def stream(
        self, method: str, url: str, **options: Options
    ) -> contextlib.AbstractAsyncContextManager[httpx.Response]:
        """Send a request; what is in the context reads the response."""
        ...

    async def send(self, request: httpx.Request, **options: Options) -> httpx.Response:
        """Send a request that was built before."""
        ...

    def build_request(self, method: str, url: str, **options: Options) -> httpx.Request:
        """Build a request."""
        ...

    async def aclose(self) -> None:
        """Close the client."""
        ...


class Face(Protocol):
    """One way to use HTTPX."""

    name: str

    def run(self, program: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a program to its end."""
        ...

    def client(self, **options: Options) -> Client:
        """Make a client."""
        ...

    def transport(self, **options: Options) -> Any:
        """Make a transport of HTTPX."""
        ...

    def content(self, pieces: Iterable[bytes]) -> Any:
        """Make a request's body from pieces."""
        ...

    def callback(self, function: Callable[..., None]) -> Any:
        """Make a callback such as this face wants."""
        ...

    def pieces(self, response: httpx.Response, *, raw: bool = False) -> AsyncIterator[bytes]:
        """Give a response's body piece by piece."""
        ...

    async def read(self, response: httpx.Response) -> bytes:
        """Read a response's body."""
        ...

    async def close(self, response: httpx.Response) -> None:
        """Close a response."""
        ...

    async def together(self, programs: Sequence[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        """Run programs at the same time."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    async def stream_call(self, stream: Any, name: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of a network stream: `read`, `write`, `close` or `start_tls`."""
        ...


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise AssertionError("something waits on the synchronous face")


class _SyncClient:
    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    async def request(self, method: str, url: str, **options: Options) -> httpx.Response:
        return self._client.request(method, url, **options)

    @contextlib.asynccontextmanager
    async def stream(
        self, method: str, url: str, **options: Options
    ) -> AsyncIterator[httpx.Response]:
        with self._client.stream(method, url, **options) as response:
            yield response

    async def send(self, request: httpx.Request, **options: Options) -> httpx.Response:
        return self._client.send(request, **options)

    def build_request(self, method: str, url: str, **options: Options) -> httpx.Request:
        return self._client.build_request(method, url, **options)

    async def aclose(self) -> None:
        self._client.close()


class SyncFace:
    """HTTPX with threads."""

    name = "sync"

    def run(self, program: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return drive(program())

    def client(self, **options: Options) -> Client:
        return _SyncClient(httpx.Client(**options))

    def transport(self, **options: Options) -> Any:
        return httpx.HTTPTransport(**options)

    def content(self, pieces: Iterable[bytes]) -> Any:
        return iter(pieces)

    def callback(self, function: Callable[..., None]) -> Any:
        return function

    async def pieces(self, response: httpx.Response, *, raw: bool = False) -> AsyncIterator[bytes]:
        for piece in response.iter_raw() if raw else response.iter_bytes():
            yield piece

    async def read(self, response: httpx.Response) -> bytes:
        return response.read()

    async def close(self, response: httpx.Response) -> None:
        response.close()

    async def together(self, programs: Sequence[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        threads = [
            threading.Thread(target=lambda program=program: drive(program()), daemon=True)
            for program in programs
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - nothing else runs on this face

    async def stream_call(self, stream: Any, name: str, *arguments: Any, **options: Any) -> Any:
        return getattr(stream, name)(*arguments, **options)


class _AsyncFace:
    def client(self, **options: Options) -> Client:
        # Its methods take more than a scenario gives them, and no other names.
        return cast("Client", httpx.AsyncClient(**options))

    def transport(self, **options: Options) -> Any:
        return httpx.AsyncHTTPTransport(**options)

    async def content(self, pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    def callback(self, function: Callable[..., None]) -> Any:
        async def call(*arguments: Any) -> None:
            function(*arguments)

        return call

    async def pieces(self, response: httpx.Response, *, raw: bool = False) -> AsyncIterator[bytes]:
        async for piece in response.aiter_raw() if raw else response.aiter_bytes():
            yield piece

    async def read(self, response: httpx.Response) -> bytes:
        return await response.aread()

    async def close(self, response: httpx.Response) -> None:
        await response.aclose()

    async def stream_call(self, stream: Any, name: str, *arguments: Any, **options: Any) -> Any:
        method = "aclose" if name == "close" else name
        called: Awaitable[Any] = getattr(stream, method)(*arguments, **options)
        return await called


class AsyncioFace(_AsyncFace):
    """HTTPX on asyncio."""

    name = "asyncio"

    def run(self, program: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return asyncio.run(program())

    async def together(self, programs: Sequence[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        await asyncio.gather(*(program() for program in programs))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class TrioFace(_AsyncFace):
    """HTTPX on Trio."""

    name = "trio"

    def run(self, program: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return trio.run(program)

    async def together(self, programs: Sequence[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        async with trio.open_nursery() as nursery:
            for program in programs:
                nursery.start_soon(program)

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)


FACES: dict[str, Face] = {face.name: face for face in (SyncFace(), AsyncioFace(), TrioFace())}
