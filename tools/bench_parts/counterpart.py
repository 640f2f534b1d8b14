"""A server in threads of this process, for what nginx cannot do.

A body in many small chunks; a sink that reads an upload to its end before it answers (nginx answers at once and throws the
body away); server-sent events, each of which says when it was sent; and a gate, at which requests wait until they are
counted and let go.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE_BYTES = 65_536
CHUNK = b"data: twenty-four bytes\n"
CHUNKS = 10_000
EVENTS = 400
#: Seconds between two events: longer than anybody needs to read one.
EVENT_PACE = 0.0005
#: Digits of the nanoseconds on the clock, so that all events are of one length.
_EVENT = b"data: %020d\n\n"
EVENT_BYTES = len(_EVENT % 0)

#: Where uploads end; nobody looks at it.
_DRAIN = memoryview(bytearray(1 << 20))

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Gate:
    """Requests for `/gate` wait here; `/gate/N` is answered when N wait, and `/gate/open` lets them all go."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting = 0
        self._opened = 0

    def wait(self) -> None:
        """Wait until the gate is opened."""
        with self._changed:
            opened = self._opened
            self._waiting += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._opened > opened)

    def count(self, number: int) -> None:
        """Wait until so many wait."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting >= number)

    def open(self) -> None:
        """Let go whoever waits."""
        with self._changed:
            self._waiting = 0
            self._opened += 1
            self._changed.notify_all()


@contextmanager
def counterpart() -> Iterator[int]:
    """Run the server, and give its port."""
    gate = Gate()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:

        def accept() -> None:
            with suppress(OSError):  # the end
                while True:
                    sock, _ = listener.accept()
                    threading.Thread(target=_serve, args=(sock, gate), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        gate.open()
        listener.shutdown(socket.SHUT_RDWR)


def chunked_response() -> bytes:
    """Return a response whose body is `CHUNKS` times `CHUNK`."""
    return b"".join([_head(), _chunk(CHUNK) * CHUNKS, _chunk(b"")])


def _head() -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _serve(sock: socket.socket, gate: Gate) -> None:
    """Serve one connection, which waits for each response before it asks again."""
    with sock, suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            data = b""
            while b"\r\n\r\n" not in data:
                received = sock.recv(65_536)
                if not received:
                    return
                data += received
            head, _, body = data.partition(b"\r\n\r\n")
            method, target, _ = head.split(b" ", 2)
            if method == b"GET":
                _answer(sock, gate, target)
                continue
            if b"\r\ntransfer-encoding:" in head.lower():
                _read_chunks(sock, body)
                left = 0
            else:
                left = _declared(head) - len(body)
            while left > 0:
                count = sock.recv_into(_DRAIN)
                if not count:
                    return
                left -= count
            sock.sendall(_OK)


def _answer(sock: socket.socket, gate: Gate, target: bytes) -> None:
    """Answer a GET."""
    if target == b"/events":
        sock.sendall(_head())
        for _ in range(EVENTS):
            time.sleep(EVENT_PACE)
            sock.sendall(_chunk(_EVENT % time.monotonic_ns()))
        sock.sendall(_chunk(b""))
    elif target == b"/gate":
        gate.wait()
        sock.sendall(_OK)
    elif target == b"/gate/open":
        gate.open()
        sock.sendall(_OK)
    elif target.startswith(b"/gate/"):
        gate.count(int(target[6:]))
        sock.sendall(_OK)
    else:
        sock.sendall(chunked_response())


def _read_chunks(sock: socket.socket, body: bytes) -> None:
    """Read an upload whose length nobody told, to its end."""
    while not body.endswith(b"\r\n0\r\n\r\n"):
        received = sock.recv(1 << 20)
        if not received:
            raise ConnectionResetError
        body = body[-7:] + received


def _declared(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
