"""niquests."""

from itertools import cycle
from typing import Any

import niquests

from bench_clients import driving
from bench_clients.measuring import AsyncOpened, Cost, Job, Opened, main


def options(job: Job) -> dict[str, Any]:
    """Return the arguments of a session."""
    return {
        "disable_http1": job.http2,
        "disable_http2": not job.http2,
        "disable_http3": True,
        "pool_connections": max(10, job.origins),
        "pool_maxsize": job.limit,
    }


def arguments(job: Job) -> dict[str, Any]:
    """Return the arguments of each request."""
    given: dict[str, Any] = {"headers": job.text_fields}
    if job.authority:
        given["verify"] = job.authority
    if job.proxy_url:
        given["proxies"] = {"http": job.proxy_url, "https": job.proxy_url}
    return given


def opened(job: Job) -> Opened:
    """Open a session, and return what does one exchange by the method that the job names."""
    session = niquests.Session(**options(job))
    method, urls, given = job.method.decode(), cycle(job.urls), arguments(job)

    def request() -> None:
        response = session.request(method, next(urls), data=job.content(), **given)
        job.check(len(response.content or b""))

    def stream() -> None:
        with session.request(method, next(urls), stream=True, **given) as response:
            job.consume(response.iter_content())

    return {"request": request, "stream": stream}[job.style], session.close


async def async_opened(job: Job) -> AsyncOpened:
    """Open an asynchronous session, and return what does one exchange by the method that the job names."""
    session = niquests.AsyncSession(**options(job))
    method, urls, given = job.method.decode(), cycle(job.urls), arguments(job)

    async def request() -> None:
        response = await session.request(method, next(urls), data=job.async_content(), **given)
        job.check(len(response.content or b""))

    async def stream() -> None:
        response = await session.request(method, next(urls), stream=True, **given)
        await job.async_consume(await response.iter_content())
        await response.close()

    return {"request": request, "stream": stream}[job.style], session.close


def client(job: Job) -> Cost:
    """Do the job."""
    return driving.client(job, opened, async_opened)


if __name__ == "__main__":
    main(client)
