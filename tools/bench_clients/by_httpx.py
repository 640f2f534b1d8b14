"""HTTPX, on whichever httpcore the environment has, or its successor, which has the same public interface."""

import ssl
from importlib import import_module
from itertools import cycle
from typing import TYPE_CHECKING, Any, cast

from bench_clients import driving
from bench_clients.measuring import PATIENCE, AsyncOpened, Cost, Job, Opened, main

if TYPE_CHECKING:
    import httpx


def options(job: Job) -> dict[str, Any]:
    """Return the arguments of a client; the fields of a small request are those that it sends by itself."""
    library = cast("Any", import_module(job.library))
    return {
        "http1": not job.http2,
        "http2": job.http2,
        "verify": ssl.create_default_context(cafile=job.authority) if job.authority else True,
        "proxy": job.proxy_url,
        "limits": library.Limits(max_connections=job.limit, max_keepalive_connections=job.limit),
        "timeout": PATIENCE,
    }


def opened(job: Job) -> Opened:
    """Open a client, and return what does one exchange by the method that the job names."""
    client: httpx.Client = cast("Any", import_module(job.library)).Client(**options(job))
    method, urls = job.method.decode(), cycle(job.urls)
    fields = job.own_fields

    def request() -> None:
        response = client.request(method, next(urls), headers=fields, content=job.content())
        job.check(len(response.content))

    def stream() -> None:
        with client.stream(method, next(urls), headers=fields) as response:
            job.consume(response.iter_raw())

    return {"request": request, "stream": stream}[job.style], client.close


async def async_opened(job: Job) -> AsyncOpened:
    """Open an asynchronous client, and return what does one exchange by the method that the job names."""
    client: httpx.AsyncClient = cast("Any", import_module(job.library)).AsyncClient(**options(job))
    method, urls = job.method.decode(), cycle(job.urls)
    fields = job.own_fields

    async def request() -> None:
        content = job.async_content()
        response = await client.request(method, next(urls), headers=fields, content=content)
        job.check(len(response.content))

    async def stream() -> None:
        async with client.stream(method, next(urls), headers=fields) as response:
            await job.async_consume(response.aiter_raw())

    return {"request": request, "stream": stream}[job.style], client.aclose


def client(job: Job) -> Cost:
    """Do the job."""
    return driving.client(job, opened, async_opened)


if __name__ == "__main__":
    main(client)
