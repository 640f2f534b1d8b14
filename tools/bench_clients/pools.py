"""httpcore, whichever the environment has: this one or another that has the same public interface."""

import asyncio
from collections.abc import Callable

import httpcore
from bench_clients.measuring import TASKS, Cost, Job, main, measured, measured_async

CONNECTIONS = 2 * TASKS


def prepared(job: Job) -> httpcore.Request:
    """Return a request that can be sent again and again."""
    return httpcore.Request(job.method, job.url, headers=[job.host, *job.fields])


def exchanging(job: Job, pool: httpcore.ConnectionPool) -> Callable[[], None]:
    """Return what does one exchange, by the method that the job names."""
    method, url, fields, request = job.method, job.url, job.fields, prepared(job)
    pieces = job.pieces()
    whole = pieces[0] if len(pieces) == 1 else None

    def by_request() -> None:
        content = whole or (iter(pieces) if pieces else None)
        response = pool.request(method, url, headers=fields, content=content)
        job.check(len(response.content))

    def by_handle_request() -> None:
        response = pool.handle_request(request)
        job.check(len(response.read()))
        response.close()

    def by_stream() -> None:
        with pool.stream(method, url, headers=fields) as response:
            job.check(sum(map(len, response.iter_stream())))

    styles = {
        "request": by_request,
        "handle_request": by_handle_request,
        "stream": by_stream,
    }
    return styles[job.style]


async def concurrent(job: Job) -> Cost:
    """Do the job in tasks that share a pool."""
    method, url, fields, request = job.method, job.url, job.fields, prepared(job)
    async with httpcore.AsyncConnectionPool(max_connections=CONNECTIONS) as pool:

        async def by_request(times: int) -> None:
            for _ in range(times):
                response = await pool.request(method, url, headers=fields)
                job.check(len(response.content))

        async def by_handle_async_request(times: int) -> None:
            for _ in range(times):
                response = await pool.handle_async_request(request)
                job.check(len(await response.aread()))
                await response.aclose()

        styles = {"request": by_request, "handle_async_request": by_handle_async_request}
        exchange = styles[job.style]

        async def work(exchanges: int) -> None:
            await asyncio.gather(*[exchange(exchanges // TASKS) for _ in range(TASKS)])

        return await measured_async(job, work)


def client(job: Job) -> Cost:
    """Do the job."""
    if job.workload.startswith("asyncio"):
        return asyncio.run(concurrent(job))
    with httpcore.ConnectionPool(max_connections=CONNECTIONS) as pool:
        exchange = exchanging(job, pool)

        def work(exchanges: int) -> None:
            for _ in range(exchanges):
                exchange()

        return measured(job, work)


if __name__ == "__main__":
    main(client)
