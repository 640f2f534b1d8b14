"""The peers of the sweeps: what they answer, where their answers are cut, and how they are reached over sockets."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeAlias

import h2.events

from httpcore_interfaces import HTTPCoreError, ReadError, ReadTimeout, RemoteProtocolError
from httpcore_interfaces.testing import END, STALL, Step, Steps

from .sharing import CORPUS, HTTP2Server

#: What is called with the bytes of each write, and returns what is to be read after it.
Answering: TypeAlias = Callable[[bytes], Steps | None]

#: What a peer can do in the middle of its answer, and the error that its client must raise.
FATES: dict[str, tuple[Step, type[HTTPCoreError]]] = {
    "closes": (END, RemoteProtocolError),
    "resets": (ReadError, ReadError),
    "stalls": (STALL, ReadTimeout),
}

#: The answer to every request that is not about to be cut.
NEXT = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext"

#: Likewise, on a connection that is not used again.
PARTING = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnext"


class InTurn:
    """Answers each request with what comes next in a list, and then none."""

    def __init__(self, answers: list[list[Step]]) -> None:
        self.answers = answers

    def __call__(self, data: bytes) -> Steps | None:
        return self.answers.pop(0) if data.endswith(b"\r\n\r\n") else None


def frames(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Where each HTTP/2 frame begins and ends, and its type."""
    begin = 0
    while begin < len(data):
        end = begin + 9 + int.from_bytes(data[begin : begin + 3])
        yield begin, end, data[begin + 3]
        begin = end


def cuts(data: bytes, *, preface: bool) -> list[int]:
    """Where to cut HTTP/2: at every byte of small frames, around the boundaries of large ones and in their middle.

    `preface`: also in what the server says before the response, which is the same for all.
    """
    places = {0, len(data)}
    is_response = preface
    for begin, end, _ in frames(data):
        # The first frame of a stream; those of the connection have stream 0.
        is_response = is_response or data[begin + 8] != 0
        if not is_response:
            continue
        if end - begin <= 80:
            places.update(range(begin, end))
        else:
            places.update([*range(begin, begin + 11), (begin + end) // 2, end - 1])
    return sorted(places)


class Cut:
    """An HTTP/2 server of whose output only so many bytes come through, and then its fate."""

    def __init__(self, server: Any, length: int, fate: Step) -> None:
        self.server = server
        self.left = length
        self.fate: Step | None = fate

    def __call__(self, data: bytes) -> Steps | None:
        if self.fate is None:
            return None
        steps: list[Step] = []
        for step in self.server(data) or []:
            assert isinstance(step, bytes)
            steps += [step[: self.left]] if self.left and step else []
            self.left -= min(self.left, len(step))
        if not self.left:
            steps.append(self.fate)
            self.fate = None
        return steps or None


class Late:
    """An HTTP/2 server that falls silent after so many bytes, until it is told to go on, or asked whether it is there."""

    def __init__(self, server: Any, length: int) -> None:
        self.server = server
        self.left = length
        self.goes_on = False
        self.withheld = b""

    def __call__(self, data: bytes) -> Steps | None:
        self.withheld += b"".join(self.server(data) or [])
        self.goes_on = self.goes_on or bool(self.server.of(h2.events.PingReceived))
        length = len(self.withheld) if self.goes_on else min(self.left, len(self.withheld))
        said, self.withheld = self.withheld[:length], self.withheld[length:]
        self.left -= min(self.left, length)
        return [said] if said else None


class Recorded:
    """An HTTP/2 server whose output is kept."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.output = b""

    def __call__(self, data: bytes) -> Steps | None:
        steps: list[bytes] = list(self.server(data) or [])
        self.output += b"".join(steps)
        return steps or None

    def end_of_stream(self) -> int:
        """Where the frame ends that ends the response."""
        for begin, end, kind in frames(self.output):
            # HEADERS or DATA with END_STREAM (RFC 9113, 6.1 and 6.2); the header block may go on in CONTINUATION.
            if kind in (0, 1) and self.output[begin + 4] & 1:
                is_whole = kind == 0 or self.output[begin + 4] & 4
                return end if is_whole else self._end_of_block(end)
        raise AssertionError("the response does not end")

    def _end_of_block(self, place: int) -> int:
        for begin, end, kind in frames(self.output):
            if begin >= place and kind == 9 and self.output[begin + 4] & 4:
                return end
        raise AssertionError("the header block does not end")


def _responds(content: bytes, *fields: tuple[bytes, bytes]) -> Callable[[Any, int], None]:
    def answer(server: Any, stream_id: int) -> None:
        server.head(stream_id, b"200", *fields)
        server.send(stream_id, content, end=True)

    return answer


def _in_pieces(server: Any, stream_id: int) -> None:
    server.head(stream_id)
    for piece in (b"hello", b" ", b"world"):
        server.h2.send_data(stream_id, piece)
    server.h2.end_stream(stream_id)


def _padded(server: Any, stream_id: int) -> None:
    server.head(stream_id, b"200", (b"content-length", b"5"))
    server.h2.send_data(stream_id, b"hello", end_stream=True, pad_length=7)


def _without_content(server: Any, stream_id: int) -> None:
    server.head(stream_id, b"204", (b"", b""))


def _empty(server: Any, stream_id: int) -> None:
    server.respond(stream_id, b"")


def _with_trailers(server: Any, stream_id: int) -> None:
    server.respond(stream_id, b"hello", [(b"checksum", b"1")])


def _after_hints(server: Any, stream_id: int) -> None:
    server.head(stream_id, b"103", (b"link", b"</a>"))
    server.head(stream_id, b"102")
    server.respond(stream_id, b"hello")


def _not_found(server: Any, stream_id: int) -> None:
    server.head(stream_id, b"404", (b"content-length", b"2"))
    server.send(stream_id, b"no", end=True)


def then_next(answer: Callable[[Any, int], None]) -> Callable[[Any, int], None]:
    """Answer the first request so, and the others as one that is not about to be cut."""

    def answer_in_turn(server: Any, stream_id: int) -> None:
        if stream_id == 1:
            answer(server, stream_id)
        else:
            server.respond(stream_id, b"next")

    return answer_in_turn


LONG = bytes(range(256)) * 160


def by_path(server: Any, stream_id: int) -> None:
    """Answer by the path: `/next`, `/long`, or anything."""
    path = server.seen[stream_id][b":path"]
    server.respond(stream_id, {b"/next": b"next", b"/long": LONG}.get(path, b"hello"))


#: Over HTTP/2: what answers, and the body.
ANSWERS: dict[str, tuple[Callable[[Any, int], None], bytes]] = {
    "length": (_responds(b"hello", (b"content-length", b"5")), b"hello"),
    "no length": (_responds(b"hello"), b"hello"),
    "pieces": (_in_pieces, b"hello world"),
    "padded": (_padded, b"hello"),
    "no content": (_without_content, b""),
    "empty": (_empty, b""),
    "trailers": (_with_trailers, b"hello"),
    "1xx": (_after_hints, b"hello"),
    "not found": (_not_found, b"no"),
    "continuation": (
        _responds(b"hello", *((b"x-%d" % number, b"#" * 1000) for number in range(17))),
        b"hello",
    ),
    "long": (_responds(LONG), LONG),
    "long with length": (_responds(LONG, (b"content-length", b"%d" % len(LONG))), LONG),
}


# Sockets.


class Listener:
    """Accepts connections and gives each a thread."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._served: list[tuple[socket.socket, threading.Thread]] = []
        self.port: int = self._socket.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Take no more, and wait for the end of those under way."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._socket.close()
        for accepted, thread in self._served:
            # A client may still be about to close its side, in a loop that waits for this.
            with suppress(OSError):
                accepted.shutdown(socket.SHUT_RDWR)
            thread.join(10.0)

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._run, args=(accepted,), daemon=True)
            self._served = [each for each in self._served if each[1].is_alive()]
            self._served.append((accepted, thread))
            thread.start()

    def _run(self, accepted: socket.socket) -> None:
        with accepted, suppress(OSError):
            self._serve(accepted)


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve connections in threads, each with `serve`; gives the URL."""
    listener = Listener(serve)
    try:
        yield listener.url
    finally:
        listener.close()


def reset(accepted: socket.socket) -> None:
    """Close with RST in place of FIN."""
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted.close()


def wait_until_gone(accepted: socket.socket) -> None:
    """Say nothing until the client ends."""
    while accepted.recv(65536):
        pass


def serve_cuts(accepted: socket.socket) -> None:
    """Answer `/number-of-the-response/length/fate` with so many bytes and that fate, and all else with `NEXT`."""
    received = b""
    while data := accepted.recv(65536):
        received += data
        if not received.endswith(b"\r\n\r\n"):
            continue
        _, path, _ = received.split(b" ", 2)
        received = b""
        if path == b"/next":
            accepted.sendall(NEXT)
            continue
        number, length, fate = path.decode().strip("/").split("/")
        accepted.sendall(CORPUS[int(number)][0][: int(length)])
        if fate == "resets":
            reset(accepted)
        elif fate == "stalls":
            wait_until_gone(accepted)
        return


def serve_by(make: Callable[[], Answering]) -> Callable[[socket.socket], None]:
    """Put what answers in memory on a socket; `make` is called for each connection."""

    def serve(accepted: socket.socket) -> None:
        answering = make()
        while data := accepted.recv(65536):
            for step in answering(data) or []:  # type: ignore[union-attr]
                if step is END:
                    # Closing with something unread would be a reset.
                    accepted.shutdown(socket.SHUT_WR)
                    wait_until_gone(accepted)
                    return
                if step is STALL:
                    wait_until_gone(accepted)
                    return
                if not isinstance(step, bytes):
                    reset(accepted)
                    return
                accepted.sendall(step)

    return serve


def http2_server(*arguments: Any, **options: Any) -> Any:
    """A server in memory."""
    return HTTP2Server(*arguments, **options)


def by_troubles(size: int) -> Any:
    """An HTTP/2 server where `/never`, `/reset`, `/huge` and `/stalled` are what they say, and all else says hello."""
    return Troubles(size).server


class Troubles:
    """The server of `by_troubles`, and what lets a test say what comes first, whatever the time it takes.

    `/until` and uploads to `/stalled-until` wait for somebody to ask for `/release`; of `/after`, the head comes at once,
    and the content when `resets` streams have been reset by either side.
    """

    def __init__(self, size: int, resets: int = 1) -> None:
        self.server = http2_server(self._answer, begun=self._begin)
        self.size = size
        self.resets = resets
        self._after: list[int] = []
        self._until: list[int] = []

    def __call__(self, data: bytes) -> Steps | None:
        server = self.server
        steps: list[Step] = list(server(data) or [])
        if self._after and self._count_resets() >= self.resets:
            while self._after:
                server.send(self._after.pop(), b"hello", end=True)
            steps.append(server.output())
        return steps or None

    def _count_resets(self) -> int:
        seen = self.server.seen.values()
        return sum(each.reset is not None or each[b":path"] == b"/reset" for each in seen)

    def _begin(self, server: Any, stream_id: int) -> None:
        # From here on it gives no credit: uploads to it stall, once the window of their stream is full.
        is_stalled = server.seen[stream_id][b":path"] in (b"/stalled", b"/stalled-until")
        server.credits = server.credits and not is_stalled

    def _answer(self, server: Any, stream_id: int) -> None:
        path = server.seen[stream_id][b":path"]
        if path == b"/reset":
            server.h2.reset_stream(stream_id, 2)
        elif path == b"/huge":
            server.respond(stream_id, bytes(self.size))
        elif path == b"/after":
            server.head(stream_id)
            self._after.append(stream_id)
        elif path == b"/until":
            self._until.append(stream_id)
        elif path != b"/never":
            server.respond(stream_id, b"hello")
        if path == b"/release":
            self._release(server)

    def _release(self, server: Any) -> None:
        while self._until:
            server.respond(self._until.pop(), b"released")
        server.credits = True
        for stream_id, seen in server.seen.items():
            if seen[b":path"] == b"/stalled-until":
                server.h2.acknowledge_received_data(len(seen.content), stream_id)
