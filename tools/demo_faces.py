"""Every way to call the transport, each written as a program would write it.

A face opens a client for a route, sends every request that it is asked for, one after the other, and closes it.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import trio
from demo_record import Ask, Record

import httpcore

PATIENCE = 10.0
TIMEOUT = {"connect": PATIENCE, "read": PATIENCE, "write": PATIENCE, "pool": PATIENCE, "total": 30}

# Nobody compresses then, so that bytes are the same bytes through every face.
ACCEPT = [("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", "httpcore-demo")]


@dataclass(frozen=True)
class Route:
    """Where requests go, and how.

    Args:
        name: what a person calls it.
        base: the URL up to the path.
        ssl_context: whom to trust.
        http2: whether HTTP/2 may be spoken.
        protocol: the protocol that must come of it, empty when any will do.
        proxy: the URL of a proxy, None for none.
    """

    name: str
    base: str
    ssl_context: ssl.SSLContext
    http2: bool = False
    protocol: str = ""
    proxy: str | None = None

    @property
    def origin(self) -> httpx.URL:
        """The base URL, parsed."""
        return httpx.URL(self.base)


def pieces_of(ask: Ask) -> Generator[bytes] | None:
    """Return the body as a generator, so that it can only be sent as it comes."""
    return None if ask.pieces is None else (piece for piece in ask.pieces)


def async_pieces_of(ask: Ask) -> AsyncGenerator[bytes] | None:
    """Do as `pieces_of` does, for asynchronous callers."""

    async def pieces(body: tuple[bytes, ...]) -> AsyncGenerator[bytes]:
        for piece in body:
            yield piece

    return None if ask.pieces is None else pieces(ask.pieces)


# The request face: what httpcore 1.x's programs call, and HTTPX since 0.21.


def pool_arguments(route: Route) -> dict[str, Any]:
    """Return what the pools of the request face are made with."""
    proxy = None if route.proxy is None else httpcore.Proxy(route.proxy)
    return {"ssl_context": route.ssl_context, "http2": route.http2, "proxy": proxy}


def core_url(route: Route, ask: Ask) -> httpcore.URL:
    """Return the URL of a request as the request face takes it."""
    origin = route.origin
    return httpcore.URL(
        scheme=origin.raw_scheme, host=origin.raw_host, port=origin.port, target=ask.target
    )


def request_face(route: Route, records: Sequence[Record]) -> None:
    """Send them through a ConnectionPool."""
    with httpcore.ConnectionPool(**pool_arguments(route)) as pool:
        for record in records:
            ask = record.ask
            with (
                record.watch(),
                pool.stream(
                    ask.method,
                    core_url(route, ask),
                    headers=ACCEPT,
                    content=pieces_of(ask),
                    extensions={"timeout": TIMEOUT, "trace": record.event},
                ) as response,
            ):
                version = response.extensions["http_version"].decode()
                record.head(version, response.status, response.headers)
                for chunk in response.iter_stream():
                    record.chunk(chunk)


async def async_request_face(route: Route, records: Sequence[Record]) -> None:
    """Send them through an AsyncConnectionPool."""
    async with httpcore.AsyncConnectionPool(**pool_arguments(route)) as pool:
        for record in records:
            ask = record.ask
            with record.watch():
                async with pool.stream(
                    ask.method,
                    core_url(route, ask),
                    headers=ACCEPT,
                    content=async_pieces_of(ask),
                    extensions={"timeout": TIMEOUT, "trace": record.async_event},
                ) as response:
                    version = response.extensions["http_version"].decode()
                    record.head(version, response.status, response.headers)
                    async for chunk in response.aiter_stream():
                        record.chunk(chunk)


# The transport face: plain arguments, and a plain tuple for an answer.


def url_tuple(url: httpx.URL, target: str) -> tuple[bytes, bytes, int | None, bytes]:
    """Return a URL as the transport face takes it."""
    return url.raw_scheme, url.raw_host, url.port, target.encode("ascii")


def plain_fields(route: Route, ask: Ask) -> list[tuple[bytes, bytes]]:
    """Return the fields of a request; on this face nobody adds any."""
    fields = [(name.encode(), value.encode()) for name, value in ACCEPT]
    if ask.pieces is not None:
        fields.append((b"Transfer-Encoding", b"chunked"))
    return [(b"Host", route.origin.netloc), *fields]


def transport_face(route: Route, records: Sequence[Record]) -> None:
    """Send them through a SyncConnectionPool or SyncHTTPProxy."""
    transport: httpcore.SyncHTTPTransport = (
        httpcore.SyncConnectionPool(ssl_context=route.ssl_context, http2=route.http2)
        if route.proxy is None
        else httpcore.SyncHTTPProxy(
            url_tuple(httpx.URL(route.proxy), "/"),
            ssl_context=route.ssl_context,
            http2=route.http2,
        )
    )
    with transport:
        for record in records:
            ask = record.ask
            pieces = pieces_of(ask)
            with record.watch():
                status, fields, stream, ext = transport.request(
                    ask.method.encode(),
                    url_tuple(route.origin, ask.target),
                    plain_fields(route, ask),
                    None if pieces is None else httpcore.IteratorByteStream(pieces),
                    {"timeout": TIMEOUT, "trace": record.event},
                )
                with stream:
                    record.head(ext["http_version"], status, fields)
                    for chunk in stream:
                        record.chunk(chunk)


async def async_transport_face(route: Route, records: Sequence[Record]) -> None:
    """Send them through an AsyncConnectionPool or AsyncHTTPProxy."""
    transport: httpcore.AsyncHTTPTransport = (
        httpcore.AsyncConnectionPool(ssl_context=route.ssl_context, http2=route.http2)
        if route.proxy is None
        else httpcore.AsyncHTTPProxy(
            url_tuple(httpx.URL(route.proxy), "/"),
            ssl_context=route.ssl_context,
            http2=route.http2,
        )
    )
    async with transport:
        for record in records:
            ask = record.ask
            pieces = async_pieces_of(ask)
            with record.watch():
                status, fields, stream, ext = await transport.arequest(
                    ask.method.encode(),
                    url_tuple(route.origin, ask.target),
                    plain_fields(route, ask),
                    None if pieces is None else httpcore.AsyncIteratorByteStream(pieces),
                    {"timeout": TIMEOUT, "trace": record.async_event},
                )
                async with stream:
                    record.head(ext["http_version"], status, fields)
                    async for chunk in stream:
                        record.chunk(chunk)


# HTTPX, as it comes from the registry.


def client_arguments(route: Route) -> dict[str, Any]:
    """Return what HTTPX's clients are made with."""
    return {
        "verify": route.ssl_context,
        "http2": route.http2,
        "proxy": route.proxy,
        "trust_env": False,
        "timeout": PATIENCE,
        "headers": ACCEPT,
    }


def httpx_client(route: Route, records: Sequence[Record]) -> None:
    """Send them through an httpx.Client."""
    with httpx.Client(**client_arguments(route)) as client:
        for record in records:
            ask = record.ask
            with (
                record.watch(),
                client.stream(
                    ask.method,
                    route.base + ask.target,
                    content=pieces_of(ask),
                    extensions={"trace": record.event},
                ) as response,
            ):
                record.head(response.http_version, response.status_code, response.headers.raw)
                for chunk in response.iter_raw():
                    record.chunk(chunk)


async def httpx_async_client(route: Route, records: Sequence[Record]) -> None:
    """Send them through an httpx.AsyncClient."""
    async with httpx.AsyncClient(**client_arguments(route)) as client:
        for record in records:
            ask = record.ask
            with record.watch():
                async with client.stream(
                    ask.method,
                    route.base + ask.target,
                    content=async_pieces_of(ask),
                    extensions={"trace": record.async_event},
                ) as response:
                    record.head(response.http_version, response.status_code, response.headers.raw)
                    async for chunk in response.aiter_raw():
                        record.chunk(chunk)


@dataclass(frozen=True)
class Caller:
    """A face, and what it runs on."""

    face: str
    runtime: str
    call: Callable[[Route, Sequence[Record]], None]


def on_asyncio(face: Callable[..., Any]) -> Callable[[Route, Sequence[Record]], None]:
    """Return the face as a function that runs it on asyncio."""
    return lambda route, records: asyncio.run(face(route, records))


def on_trio(face: Callable[..., Any]) -> Callable[[Route, Sequence[Record]], None]:
    """Return the face as a function that runs it on Trio."""
    return lambda route, records: trio.run(face, route, records)


CALLERS = (
    Caller("request face", "sync", request_face),
    Caller("request face", "asyncio", on_asyncio(async_request_face)),
    Caller("request face", "trio", on_trio(async_request_face)),
    Caller("transport face", "sync", transport_face),
    Caller("transport face", "asyncio", on_asyncio(async_transport_face)),
    Caller("transport face", "trio", on_trio(async_transport_face)),
    Caller("httpx.Client", "sync", httpx_client),
    Caller("httpx.AsyncClient", "asyncio", on_asyncio(httpx_async_client)),
    Caller("httpx.AsyncClient", "trio", on_trio(httpx_async_client)),
)


def run(caller: Caller, route: Route, asks: Sequence[Ask]) -> list[Record]:
    """Send the requests and return what came of each; what keeps a caller from sending is a failure of all."""
    records = [Record(ask, caller.face, caller.runtime, route.name) for ask in asks]
    try:
        caller.call(route, records)
    except Exception as error:  # noqa: BLE001 - opening or closing a client failed
        # With all of them answered, it was the closing that failed, and stands where nothing else does.
        for record in [record for record in records if not record.done] or records[-1:]:
            if not record.failure:
                record.fail(error)
    return records
