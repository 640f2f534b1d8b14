"""urllib3."""

from itertools import cycle
from typing import Any

import urllib3

from bench_clients import driving
from bench_clients.measuring import READ_SIZE, Cost, Job, Opened, main


def opened(job: Job) -> Opened:
    """Open a pool manager, and return what does one exchange by the method that the job names."""
    options: dict[str, Any] = {
        "num_pools": max(10, job.origins),
        "maxsize": job.limit,
        "block": True,
        "retries": False,
    }
    if job.authority:
        options["ca_certs"] = job.authority
    pool = (
        urllib3.ProxyManager(job.proxy_url, **options)
        if job.proxy_url
        else urllib3.PoolManager(**options)
    )
    method, fields, urls = job.method.decode(), job.text_fields, cycle(job.urls)

    def request() -> None:
        response = pool.request(method, next(urls), headers=fields, body=job.content())
        job.check(len(response.data))

    def stream() -> None:
        response = pool.request(method, next(urls), headers=fields, preload_content=False)
        job.consume(response.stream(READ_SIZE))
        response.release_conn()

    def close() -> None:
        pool.clear()

    return {"request": request, "stream": stream}[job.style], close


def client(job: Job) -> Cost:
    """Do the job."""
    return driving.client(job, opened, None)


if __name__ == "__main__":
    main(client)
