"""aiohttp."""

import ssl
from itertools import cycle

import aiohttp

from bench_clients import driving
from bench_clients.measuring import AsyncOpened, Cost, Job, main


async def async_opened(job: Job) -> AsyncOpened:
    """Open a session, and return what does one exchange by the method that the job names."""
    context = ssl.create_default_context(cafile=job.authority) if job.authority else True
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=job.limit, ssl=context), auto_decompress=False
    )
    method, fields, urls, proxy = (
        job.method.decode(),
        job.text_fields,
        cycle(job.urls),
        job.proxy_url,
    )

    async def request() -> None:
        content = job.async_content()
        async with session.request(
            method, next(urls), headers=fields, data=content, proxy=proxy
        ) as response:
            job.check(len(await response.read()))

    async def stream() -> None:
        async with session.request(method, next(urls), headers=fields, proxy=proxy) as response:
            await job.async_consume(response.content.iter_any())

    return {"request": request, "stream": stream}[job.style], session.close


def client(job: Job) -> Cost:
    """Do the job."""
    return driving.client(job, None, async_opened)


if __name__ == "__main__":
    main(client)
