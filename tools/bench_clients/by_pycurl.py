"""pycurl: a handle for each thread, which libcurl keeps connections for."""

import threading
from itertools import cycle
from typing import Any

import pycurl

from bench_clients import driving
from bench_clients.measuring import Cost, Job, Opened, main


def made(job: Job) -> Any:
    """Return a handle with all that is the same in each request."""
    handle = pycurl.Curl()
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.MAXCONNECTS, job.limit)
    version = pycurl.CURL_HTTP_VERSION_2TLS if job.http2 else pycurl.CURL_HTTP_VERSION_1_1
    handle.setopt(pycurl.HTTP_VERSION, version)
    # `Expect: 100-continue` is libcurl's own idea; nobody else sends it.
    lines = [b"%b: %b" % field for field in job.fields] + [b"Expect:"]
    handle.setopt(pycurl.HTTPHEADER, lines)
    if job.authority:
        handle.setopt(pycurl.CAINFO, job.authority)
    if job.proxy_url:
        handle.setopt(pycurl.PROXY, job.proxy_url)
    if job.request_bytes:
        handle.setopt(pycurl.POST, 1)
        handle.setopt(pycurl.POSTFIELDSIZE_LARGE, job.request_bytes)
    return handle


def reading(content: memoryview) -> Any:
    """Return what libcurl calls for pieces of the body."""
    at = 0

    def read(size: int) -> bytes:
        nonlocal at
        piece = bytes(content[at : at + size])
        at += len(piece)
        return piece

    return read


def opened(job: Job) -> Opened:
    """Return what does one exchange: into memory, or piece by piece."""
    local = threading.local()
    urls = cycle(job.urls)
    content = memoryview(b"".join(job.pieces))

    def handle() -> Any:
        mine = getattr(local, "handle", None)
        if mine is None:
            mine = local.handle = made(job)
        return mine

    def request() -> None:
        curl = handle()
        curl.setopt(pycurl.URL, next(urls))
        if job.request_bytes:
            curl.setopt(pycurl.READFUNCTION, reading(content))
        job.check(len(curl.perform_rb()))

    def stream() -> None:
        curl = handle()
        curl.setopt(pycurl.URL, next(urls))
        received = 0
        take = job.taker()

        def write(data: bytes) -> None:
            nonlocal received
            received += take(data)

        curl.setopt(pycurl.WRITEFUNCTION, write)
        curl.perform()
        job.check(received)

    return {"request": request, "stream": stream}[job.style], lambda: None


def client(job: Job) -> Cost:
    """Do the job."""
    return driving.client(job, opened, None)


if __name__ == "__main__":
    main(client)
