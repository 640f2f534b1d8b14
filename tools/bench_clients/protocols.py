"""The least that an exchange can cost under asyncio: protocols of the event loop, without tasks.

Whatever completes a response writes the next request. As in the loop over blocking sockets, nothing is parsed: the first
response says how long each one is.
"""

import asyncio
import ssl

from bench_clients.driving import run
from bench_clients.floors import heads_of, length_of
from bench_clients.measuring import Cost, Job, main, measured_async, note_events


class Exchanges(asyncio.Protocol):
    """Exchanges one after the other, on one connection, or each on one of its own."""

    def __init__(self, job: Job, host: str, head: bytes) -> None:
        self.job = job
        self.address = (host, job.proxy or job.port)
        self.head = head
        self.pieces = job.pieces
        self.context = ssl.create_default_context(cafile=job.authority) if job.authority else None
        self.start = b""
        self.length = 0
        self.received = 0
        self.left = 0
        self.unsent = 0
        self.is_paused = False
        self.opening: asyncio.Task[object] | None = None
        self.done: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()
        self.lost.set()

    async def connect(self) -> None:
        """Open a connection."""
        host, port = self.address
        await asyncio.get_running_loop().create_connection(
            lambda: self, host, port, ssl=self.context
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember it, and use it when somebody waits for that."""
        # Not by its class: that of uvloop is no `asyncio.Transport`.
        self.transport = transport  # type: ignore[assignment]
        self.lost.clear()
        if self.job.fresh:
            self.send()

    def exchange(self, times: int) -> asyncio.Future[None]:
        """Begin so many exchanges; the future is done after the last one."""
        self.left = times
        self.done = asyncio.get_running_loop().create_future()
        self.begin()
        return self.done

    def begin(self) -> None:
        """Begin one."""
        if self.job.fresh:
            self.opening = asyncio.ensure_future(self.connect())
            self.opening.add_done_callback(self.opened)
        else:
            self.send()

    def opened(self, opening: "asyncio.Task[object]") -> None:
        """Say it to who waits when no connection could be opened."""
        error = opening.exception()
        if error is not None and self.done is not None and not self.done.done():
            self.done.set_exception(error)

    def send(self) -> None:
        """Write a request."""
        assert self.transport is not None
        self.transport.write(self.head)
        self.unsent = len(self.pieces)
        if self.unsent:
            self.send_pieces()

    def send_pieces(self) -> None:
        """Write of the body what the event loop takes."""
        assert self.transport is not None
        while self.unsent and not self.is_paused:
            self.unsent -= 1
            self.transport.write(self.pieces[self.unsent])

    def pause_writing(self) -> None:
        """Wait until the event loop has sent something."""
        self.is_paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self.is_paused = False
        self.send_pieces()

    def data_received(self, data: bytes) -> None:
        """Count."""
        self.received += len(data)
        if self.job.events:
            note_events(data)
        if not self.length:
            self.start += data
            self.length = length_of(self.job, self.start) or 0
        if self.received == self.length:
            self.received = 0
            self.left -= 1
            if self.job.fresh:
                self.close()
            if self.left:
                self.begin()
            else:
                assert self.done is not None
                self.done.set_result(None)

    def close(self) -> None:
        """Close the connection."""
        if self.transport is not None:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let nobody wait for ever."""
        self.lost.set()
        if not self.job.fresh and self.done is not None and not self.done.done():
            self.done.set_exception(exc or RuntimeError("the server has closed the connection"))


async def concurrent(job: Job) -> Cost:
    """Do the job on as many connections as elsewhere share them, or on one to each origin."""
    hosts = ["127.0.0.1"] if job.proxy else job.hosts
    parties = [Exchanges(job, host, head) for host, head in zip(hosts, heads_of(job), strict=True)]
    if job.origins == 1:
        parties += [
            Exchanges(job, hosts[0], parties[0].head) for _ in range(min(job.tasks, job.limit) - 1)
        ]
    if not job.fresh:
        for party in parties:
            await party.connect()

    async def work(exchanges: int) -> None:
        if job.tasks == 1 and job.origins > 1:
            for number in range(exchanges):
                await parties[number % job.origins].exchange(1)
            return
        for done in [party.exchange(exchanges // len(parties)) for party in parties]:
            await done

    try:
        return await measured_async(job, work)
    finally:
        for party in parties:
            party.close()
            await party.lost.wait()


def client(job: Job) -> Cost:
    """Do the job."""
    return run("uvloop" if job.face == "uvloop" else "asyncio", concurrent, job)


if __name__ == "__main__":
    main(client)
