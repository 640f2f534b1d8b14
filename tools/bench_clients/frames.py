"""The least that an exchange over HTTP/2 can cost in Python: frames that were made beforehand, and steps over what comes.

A request is the header block that an encoder would make of it the second time, when every field is in its table. Of what
arrives, the lengths are read, the ends of streams are counted, and windows are heeded where something is uploaded.
"""

import asyncio
import socket
import ssl
from collections import deque

from bench_clients.driving import run
from bench_clients.measuring import (
    PATIENCE,
    READ_SIZE,
    Cost,
    Job,
    main,
    measured,
    measured_async,
)

DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
MAX_FRAME = 16_384
WINDOW = 2**31 - 1
START_WINDOW = 65_535
#: Bytes received after which the connection's window is widened.
WIDEN = 2**30


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Return a frame, RFC 9113 section 4.1."""
    return frame_head(len(payload), kind, flags, stream) + payload


def frame_head(size: int, kind: int, flags: int, stream: int) -> bytes:
    """Return the nine bytes before the payload."""
    return b"%b%c%c%b" % (size.to_bytes(3, "big"), kind, flags, stream.to_bytes(4, "big"))


def opening() -> bytes:
    """Return what a client says first: windows as wide as they can be."""
    settings = b"\x00\x02\x00\x00\x00\x00\x00\x04" + WINDOW.to_bytes(4, "big")
    widened = (WINDOW - START_WINDOW).to_bytes(4, "big")
    return (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + frame(SETTINGS, 0, 0, settings)
        + frame(WINDOW_UPDATE, 0, 0, widened)
    )


def header_blocks(job: Job) -> tuple[bytes, bytes]:
    """Return the header block of the first request, which fills the server's table, and that of all others.

    The integers are those of RFC 7541 section 5.1 with one byte, so a value may have 126 bytes.
    """
    method = b"\x82" if job.method == b"GET" else b"\x83"
    fields = [(1, b":authority", job.authorities[0]), (4, b":path", job.path.encode())]
    fields += [(0, name.lower(), value) for name, value in job.fields]
    first = b"%b\x87" % method
    for index, name, value in fields:
        literal = b"" if index else b"%c%b" % (len(name), name)
        first += b"%c%b%c%b" % (0x40 | index, literal, len(value), value)
    newest = 62
    again = b"%b\x87" % method
    again += bytes(0x80 | (newest + len(fields) - 1 - at) for at in range(len(fields)))
    return first, again


class Frames:
    """One connection, without the network: bytes in, bytes out."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.flags = END_HEADERS if job.request_bytes else END_HEADERS | END_STREAM
        self.first, self.again = header_blocks(job)
        self.stream = -1
        self.ended = 0
        self.content = 0
        self.unread = b""
        self.skip = 0
        self.widen = WIDEN
        self.window = START_WINDOW
        self.start_window = START_WINDOW
        # Of each stream that uploads: its number, its window, and what it has still to send.
        self.uploads: deque[list[int]] = deque()
        self.chunk = bytes(MAX_FRAME)

    def request(self) -> bytes:
        """Return what the next request sends at once."""
        self.stream += 2
        block = self.first if self.stream == 1 else self.again
        head = frame(HEADERS, self.flags, self.stream, block)
        if not self.job.request_bytes:
            return head
        self.uploads.append([self.stream, self.start_window, self.job.request_bytes])
        return head + self.upload()

    def upload(self, most: int = 64) -> bytes:
        """Return the next DATA frames of the request that uploads, as far as the windows allow."""
        made: list[bytes] = []
        while self.uploads and len(made) < 2 * most:
            upload = self.uploads[0]
            size = min(MAX_FRAME, self.window, upload[1], upload[2])
            if not size:
                break
            upload[1] -= size
            upload[2] -= size
            self.window -= size
            flags = 0 if upload[2] else END_STREAM
            made += [frame_head(size, DATA, flags, upload[0]), self.chunk[:size]]
            if not upload[2]:
                self.uploads.popleft()
        return b"".join(made)

    def receive(self, data: bytes) -> bytes:
        """Step over what has arrived, count the streams that it ends in `ended`; return what is to be answered.

        Raises:
            RuntimeError: the server gives up a stream or the connection.
        """
        answer = b""
        size = len(data)
        self.widen -= size
        if self.widen < 0:
            self.widen = WIDEN
            answer += frame(WINDOW_UPDATE, 0, 0, WIDEN.to_bytes(4, "big"))
        at = self.skip
        if self.unread:
            data = self.unread + data
            size = len(data)
            self.unread = b""
        while at + 9 <= size:
            length = data[at] << 16 | data[at + 1] << 8 | data[at + 2]
            kind = data[at + 3]
            if kind > HEADERS:
                if at + 9 + length > size:
                    break
                answer += self.control(kind, data[at : at + 9 + length])
            else:
                if kind == DATA:
                    self.content += length
                if data[at + 4] & END_STREAM:
                    self.ended += 1
            at += 9 + length
        if at < size:
            self.unread = data[at:]
            self.skip = 0
        else:
            self.skip = at - size
        return answer

    def control(self, kind: int, data: bytes) -> bytes:
        """Heed a frame that is neither DATA nor HEADERS; return what is to be answered."""
        payload = data[9:]
        if kind in (RESET, GOAWAY):
            raise RuntimeError(f"{self.job.url} answers with frame {kind}: {payload!r}")
        if kind == WINDOW_UPDATE:
            stream, more = int.from_bytes(data[5:9], "big"), int.from_bytes(payload, "big")
            if not stream:
                self.window += more
            elif self.uploads and self.uploads[0][0] == stream:
                self.uploads[0][1] += more
            return self.upload()
        if kind in (SETTINGS, PING) and not data[4] & ACK:
            for entry in range(0, len(payload), 6) if kind == SETTINGS else ():
                if payload[entry : entry + 2] == b"\x00\x04":
                    self.start_window = int.from_bytes(payload[entry + 2 : entry + 6], "big")
            return frame(kind, ACK, 0, payload if kind == PING else b"")
        return b""

    def take_ended(self) -> int:
        """Return how many streams have ended since it was asked last, and check what they brought."""
        ended, self.ended = self.ended, 0
        return ended


def context_of(job: Job) -> ssl.SSLContext:
    """Return a context that speaks HTTP/2."""
    context = ssl.create_default_context(cafile=job.authority)
    context.set_alpn_protocols(["h2"])
    return context


class Multiplexed(asyncio.Protocol):
    """As many streams at once as there are tasks elsewhere; whatever ends a stream opens the next."""

    def __init__(self, job: Job) -> None:
        self.frames = Frames(job)
        self.left = 0
        self.unstarted = 0
        self.is_paused = False
        self.waiting = b""
        self.done: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the connection."""
        # Not by its class: that of uvloop is no `asyncio.Transport`.
        self.transport = transport  # type: ignore[assignment]
        self.write(opening())

    def write(self, data: bytes) -> None:
        """Give the event loop what is to be sent."""
        assert self.transport is not None
        if data:
            self.transport.write(data)

    def exchange(self, times: int, together: int) -> asyncio.Future[None]:
        """Begin so many exchanges, so many at once; the future is done after the last one."""
        self.left = times
        first = min(times, together)
        self.unstarted = times - first
        self.done = asyncio.get_running_loop().create_future()
        self.write(b"".join([self.frames.request() for _ in range(first)]))
        return self.done

    def pause_writing(self) -> None:
        """Wait until the event loop has sent something."""
        self.is_paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self.is_paused = False
        self.write(self.frames.upload())

    def data_received(self, data: bytes) -> None:
        """Count."""
        answer = self.frames.receive(data)
        ended = self.frames.take_ended()
        if ended:
            self.left -= ended
            more = min(ended, self.unstarted)
            self.unstarted -= more
            answer += b"".join([self.frames.request() for _ in range(more)])
        self.write(answer)
        while not self.is_paused and (data := self.frames.upload()):
            self.write(data)
        if not self.left and self.done is not None and not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let nobody wait for ever."""
        self.lost.set()
        if self.done is not None and not self.done.done():
            self.done.set_exception(exc or RuntimeError("the server has closed the connection"))


async def concurrent(job: Job) -> Cost:
    """Do the job on one connection."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(
        lambda: Multiplexed(job), "127.0.0.1", job.port, ssl=context_of(job)
    )

    async def work(exchanges: int) -> None:
        before = protocol.frames.content
        await protocol.exchange(exchanges, job.tasks)
        job.check((protocol.frames.content - before) // exchanges)

    try:
        return await measured_async(job, work)
    finally:
        transport.close()
        await protocol.lost.wait()


def blocking(job: Job) -> Cost:
    """Do the job over a blocking socket, with as many streams at once."""
    frames = Frames(job)
    plain = socket.create_connection(("127.0.0.1", job.port), PATIENCE)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context_of(job).wrap_socket(plain, server_hostname="127.0.0.1") as sock:
        sock.sendall(opening())

        def work(exchanges: int) -> None:
            before = frames.content
            first = min(exchanges, job.tasks)
            left, unstarted = exchanges, exchanges - first
            sock.sendall(b"".join([frames.request() for _ in range(first)]))
            while left:
                while data := frames.upload():
                    sock.sendall(data)
                data = sock.recv(READ_SIZE)
                if not data:
                    raise RuntimeError("the server has closed the connection")
                answer = frames.receive(data)
                ended = frames.take_ended()
                left -= ended
                more = min(ended, unstarted)
                unstarted -= more
                answer += b"".join([frames.request() for _ in range(more)])
                if answer:
                    sock.sendall(answer)
            job.check((frames.content - before) // exchanges)

        return measured(job, work)


def client(job: Job) -> Cost:
    """Do the job."""
    if job.style == "blocking frames":
        return blocking(job)
    return run("uvloop" if job.face == "uvloop" else "asyncio", concurrent, job)


if __name__ == "__main__":
    main(client)
