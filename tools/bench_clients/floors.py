"""The least that an exchange can cost in Python over blocking sockets: a loop that knows what is coming.

It exchanges the same bytes as everybody else, but it parses nothing, limits nothing and keeps no pool: the first response
says how long each one is. With TLS it is a bare `ssl.SSLSocket`, with a context like that of the others.
"""

import re
import socket
import ssl
import threading
from dataclasses import replace
from itertools import cycle

from bench_clients import driving
from bench_clients.measuring import PATIENCE, READ_SIZE, Cost, Job, Opened, main, note_events


def heads_of(job: Job) -> list[bytes]:
    """Return the head that the other clients send, too, for each origin."""
    heads = []
    for url, authority in zip(job.urls, job.authorities, strict=True):
        lines = [b"%b: %b\r\n" % field for field in ((b"Host", authority), *job.fields)]
        target = url if job.proxy else job.path
        heads.append(b"%b %b HTTP/1.1\r\n%b\r\n" % (job.method, target.encode(), b"".join(lines)))
    return heads


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
    """A blocking socket to an origin, or one after the other, and one exchange after the other."""

    def __init__(self, job: Job, host: str, head: bytes) -> None:
        self.address = (host, job.proxy or job.port)
        self.head = head
        self.pieces = job.pieces
        self.context = ssl.create_default_context(cafile=job.authority) if job.authority else None
        self.session: ssl.SSLSession | None = None
        # To ask costs a copy, so a server that gives nothing to resume is asked once.
        self.asks = True
        self.fresh = job.fresh
        self.events = job.events
        self.sock = self.connect()
        self.send()
        start = self.sock.recv(READ_SIZE)
        while (length := length_of(job, start)) is None:
            data = self.sock.recv(READ_SIZE)
            if not data:
                raise RuntimeError("the server has closed the connection")
            start += data
        self.length = length
        self.receive(len(start))
        if self.fresh:
            self.close()

    def connect(self) -> socket.socket:
        """Open a connection; with TLS it resumes the session of the last one, where the server gave one."""
        sock = socket.create_connection(self.address, PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context is None:
            return sock
        return self.context.wrap_socket(sock, server_hostname=self.address[0], session=self.session)

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

    def receive_events(self) -> None:
        """Read a response, and when each of its events has arrived."""
        received = 0
        while received < self.length:
            data = self.sock.recv(READ_SIZE)
            if not data:
                raise RuntimeError("the server has closed the connection")
            received += len(data)
            note_events(data)

    def close(self) -> None:
        """Close the connection, and keep what its successor can resume."""
        if self.asks and isinstance(self.sock, ssl.SSLSocket):
            self.session = self.sock.session
            self.asks = self.session is not None and self.session.has_ticket
            if not self.asks:
                self.session = None
        self.sock.close()

    def exchange(self) -> None:
        """Do one exchange."""
        if self.fresh:
            self.sock = self.connect()
        self.send()
        if self.events:
            self.receive_events()
        else:
            self.receive()
        if self.fresh:
            self.close()


def opened(job: Job) -> Opened:
    """Open a socket to each origin, in each thread that asks for an exchange."""
    heads = heads_of(job)
    hosts = ["127.0.0.1"] if job.proxy else job.hosts
    loops: list[Loop] = []

    def made() -> list[Loop]:
        mine = [Loop(job, host, head) for host, head in zip(hosts, heads, strict=True)]
        loops.extend(mine)
        return mine

    def close() -> None:
        for loop in loops:
            loop.close()

    if job.face == "sync":
        mine = made()
        if len(mine) == 1:
            return mine[0].exchange, close
        turn = cycle(mine)
        return lambda: next(turn).exchange(), close
    local = threading.local()

    def exchange() -> None:
        loop: Loop | None = getattr(local, "loop", None)
        if loop is None:
            (loop,) = made()
            local.loop = loop
        loop.exchange()

    return exchange, close


def client(job: Job) -> Cost:
    """Do the job: in threads where others have them, otherwise one exchange after the other."""
    if job.face != "threads":
        job = replace(job, face="sync", tasks=1)
    return driving.sync_client(job, opened)


if __name__ == "__main__":
    main(client)
