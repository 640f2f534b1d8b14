"""The least that an exchange can cost in Python: a loop that knows what is coming, and exchanges the same bytes.

It parses nothing, limits nothing and keeps no pool. The first response says how long each one is.
"""

import asyncio
import re
import socket
from contextlib import closing

from bench_clients.measuring import (
    READ_SIZE,
    TASKS,
    Cost,
    Job,
    main,
    measured,
    measured_async,
)


def head_of(job: Job) -> bytes:
    """Return the head that the other clients send, too."""
    lines = [b"%b: %b\r\n" % field for field in (job.host, *job.fields)]
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (job.method, job.path.encode(), b"".join(lines))


def length_of(job: Job, start: bytes) -> int | None:
    """Return how long a response is that starts so, head and framing included; None when more must be seen.

    Raises:
        RuntimeError: it is not the response that was expected.
    """
    head, end, rest = start.partition(b"\r\n\r\n")
    if not end:
        return None
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"{job.url} answers {head!r}")
    declared = re.search(rb"\r\nContent-Length: (\d+)", head)
    if declared is not None:
        job.check(int(declared[1]))
        return len(head) + len(end) + int(declared[1])
    # Chunked: a bare loop would not know the end, so it is measured once by looking for it.
    if not rest.endswith(b"\r\n0\r\n\r\n"):
        return None
    return len(start)


class Loop:
    """A blocking socket, and one exchange after the other."""

    def __init__(self, job: Job) -> None:
        self.head = head_of(job)
        self.pieces = job.pieces()
        self.sock = socket.create_connection(("127.0.0.1", job.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send()
        start = self.sock.recv(READ_SIZE)
        while (length := length_of(job, start)) is None:
            start += self.sock.recv(READ_SIZE)
        self.length = length
        self.receive(len(start))

    def send(self) -> None:
        """Write a request."""
        self.sock.sendall(self.head)
        for piece in self.pieces:
            self.sock.sendall(piece)

    def receive(self, received: int = 0) -> None:
        """Read a response."""
        recv = self.sock.recv
        length = self.length
        while received < length:
            data = recv(READ_SIZE)
            if not data:
                raise RuntimeError("the server has closed the connection")
            received += len(data)

    def close(self) -> None:
        """Close the connection."""
        self.sock.close()

    def exchange(self, times: int) -> None:
        """Do so many exchanges."""
        for _ in range(times):
            self.send()
            self.receive()


class Exchanges(asyncio.Protocol):
    """A connection of the event loop; whatever completes a response writes the next request."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.head = head_of(job)
        self.start = b""
        self.length = 0
        self.received = 0
        self.left = 0
        self.done: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember it."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def exchange(self, times: int) -> asyncio.Future[None]:
        """Begin so many exchanges; the future is done after the last one."""
        assert self.transport is not None
        self.left = times
        self.done = asyncio.get_running_loop().create_future()
        self.transport.write(self.head)
        return self.done

    def data_received(self, data: bytes) -> None:
        """Count."""
        self.received += len(data)
        if not self.length:
            self.start += data
            self.length = length_of(self.job, self.start) or 0
        if self.received == self.length:
            self.received = 0
            self.left -= 1
            if self.left:
                assert self.transport is not None
                self.transport.write(self.head)
            else:
                assert self.done is not None
                self.done.set_result(None)

    def close(self) -> None:
        """Close the connection."""
        assert self.transport is not None
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let nobody wait for ever."""
        if self.done is not None and not self.done.done():
            self.done.set_exception(exc or RuntimeError("the server has closed the connection"))


async def concurrent(job: Job) -> Cost:
    """Do the job on as many connections as there are tasks elsewhere."""
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(lambda: Exchanges(job), "127.0.0.1", job.port))[1]
        for _ in range(TASKS)
    ]

    async def work(exchanges: int) -> None:
        for done in [connection.exchange(exchanges // TASKS) for connection in connections]:
            await done

    try:
        return await measured_async(job, work)
    finally:
        for connection in connections:
            connection.close()


def client(job: Job) -> Cost:
    """Do the job."""
    if job.style == "protocols":
        return asyncio.run(concurrent(job))
    with closing(Loop(job)) as loop:
        return measured(job, loop.exchange)


if __name__ == "__main__":
    main(client)
