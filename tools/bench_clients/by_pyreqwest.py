"""pyreqwest: reqwest and hyper, which are written in Rust."""

from collections.abc import AsyncIterator, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

from pyreqwest.client import ClientBuilder, SyncClientBuilder
from pyreqwest.proxy import ProxyBuilder

from bench_clients import driving
from bench_clients.measuring import AsyncOpened, Cost, Job, Opened, main


def configured(job: Job, builder: Any) -> Any:
    """Return a builder that knows what the job needs."""
    # Its limit is one of requests in flight; that of connections is one of those that are kept.
    builder = builder.http2(job.http2).max_connections(job.limit).pool_max_idle_per_host(job.limit)
    if job.authority:
        builder = builder.add_root_certificate_pem(Path(job.authority).read_bytes())
    if job.proxy_url:
        builder = builder.proxy(ProxyBuilder.http(job.proxy_url))
    return builder


def asked(job: Job, client: Any, url: str, content: Any) -> Any:
    """Return a builder of one request."""
    builder = client.request(job.method.decode(), url).headers(job.text_fields)
    if content is None:
        return builder
    return (
        builder.body_bytes(content) if isinstance(content, bytes) else builder.body_stream(content)
    )


def _chunks(reader: Any) -> Iterator[bytes]:
    while (chunk := reader.read_chunk()) is not None:
        yield chunk


async def _async_chunks(reader: Any) -> AsyncIterator[bytes]:
    while (chunk := await reader.read_chunk()) is not None:
        yield chunk


def opened(job: Job) -> Opened:
    """Open a client, and return what does one exchange by the method that the job names."""
    client = configured(job, SyncClientBuilder()).build()
    urls = cycle(job.urls)

    def request() -> None:
        response = asked(job, client, next(urls), job.content()).build().send()
        job.check(len(response.bytes()))

    def stream() -> None:
        with asked(job, client, next(urls), None).build_streamed() as response:
            job.consume(_chunks(response.body_reader))

    return {"request": request, "stream": stream}[job.style], client.close


async def async_opened(job: Job) -> AsyncOpened:
    """Open an asynchronous client, and return what does one exchange by the method that the job names."""
    client = configured(job, ClientBuilder()).build()
    urls = cycle(job.urls)

    async def request() -> None:
        response = await asked(job, client, next(urls), job.async_content()).build().send()
        job.check(len(await response.bytes()))

    async def stream() -> None:
        async with asked(job, client, next(urls), None).build_streamed() as response:
            await job.async_consume(_async_chunks(response.body_reader))

    return {"request": request, "stream": stream}[job.style], client.close


def client(job: Job) -> Cost:
    """Do the job."""
    return driving.client(job, opened, async_opened)


if __name__ == "__main__":
    main(client)
