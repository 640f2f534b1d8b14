"""httpcore, whichever the environment has: this one, or another that has the same public interface."""

import os
import ssl
from collections.abc import Callable
from importlib import import_module
from itertools import cycle
from typing import TYPE_CHECKING, Any, cast

from bench_clients import driving
from bench_clients.measuring import AsyncOpened, Cost, Job, Opened, main

if TYPE_CHECKING:
    import httpcore


def options(job: Job) -> dict[str, Any]:
    """Return the arguments of a pool."""
    library = import_module(job.library)
    given: dict[str, Any] = {
        "max_connections": job.limit,
        "max_keepalive_connections": job.limit,
        "http1": not job.http2,
        "http2": job.http2,
    }
    if job.authority:
        # A default context that trusts whom the environment names, as ours does, may resume sessions; a user's may not.
        os.environ["SSL_CERT_FILE"] = job.authority
        if len(library.default_ssl_context().get_ca_certs()) != 1:
            given["ssl_context"] = ssl.create_default_context(cafile=job.authority)
    if job.proxy_url:
        given["proxy"] = library.Proxy(job.proxy_url)
    return given


def nothing() -> None:
    """The content of a request that has none."""


def prepared(job: Job, make: Callable[..., "httpcore.Request"]) -> list["httpcore.Request"]:
    """Return a request to each origin, which can be sent again and again; nobody adds `Host` to these."""
    return [
        make(job.method, url, headers=[(b"Host", host), *job.fields])
        for url, host in zip(job.urls, job.authorities, strict=True)
    ]


def opened(job: Job) -> Opened:
    """Open a pool, and return what does one exchange by the method that the job names."""
    library = cast("Any", import_module(job.library))
    pool: httpcore.ConnectionPool = library.ConnectionPool(**options(job))
    method, fields = job.method, job.fields
    urls = cycle(job.urls)
    requests = cycle(prepared(job, library.Request))
    content = job.content if job.request_bytes else nothing

    def request() -> None:
        response = pool.request(method, next(urls), headers=fields, content=content())
        job.check(len(response.content))

    def handle_request() -> None:
        response = pool.handle_request(next(requests))
        job.check(len(response.read()))
        response.close()

    def stream() -> None:
        with pool.stream(method, next(urls), headers=fields) as response:
            job.consume(response.iter_stream())

    styles = {"request": request, "handle_request": handle_request, "stream": stream}
    return styles[job.style], pool.close


async def async_opened(job: Job) -> AsyncOpened:
    """Open an asynchronous pool, and return what does one exchange by the method that the job names."""
    library = cast("Any", import_module(job.library))
    pool: httpcore.AsyncConnectionPool = library.AsyncConnectionPool(**options(job))
    method, fields = job.method, job.fields
    urls = cycle(job.urls)
    requests = cycle(prepared(job, library.Request))
    content = job.async_content if job.request_bytes else nothing

    async def request() -> None:
        response = await pool.request(method, next(urls), headers=fields, content=content())
        job.check(len(response.content))

    async def handle_request() -> None:
        response = await pool.handle_async_request(next(requests))
        job.check(len(await response.aread()))
        await response.aclose()

    async def stream() -> None:
        async with pool.stream(method, next(urls), headers=fields) as response:
            await job.async_consume(response.aiter_stream())

    styles = {"request": request, "handle_request": handle_request, "stream": stream}
    return styles[job.style], pool.aclose


def client(job: Job) -> Cost:
    """Do the job."""
    return driving.client(job, opened, async_opened)


if __name__ == "__main__":
    main(client)
