"""A proxy that dies in its handshake: after so many bytes of its answers, in one of several ways.

It is told for one connection at a time; with every other connection it does what a proxy should.
"""

import re
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Self

#: A handshake: what is read from the client, as a number of bytes or up to an empty line, and what is answered.
DIALOGUES: dict[str, list[tuple[int | None, bytes]]] = {
    "http": [(None, b"HTTP/1.1 200 OK\r\nVia: 1.1 x\r\n\r\n")],
    "socks5h": [
        (4, b"\x05\x02"),
        (3 + len("asker") + len("secret"), b"\x01\x00"),
        (7 + len("localhost"), b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50"),
    ],
    "socks4a": [(10 + len("asker") + len("localhost"), b"\x00\x5a" + bytes(6))],
}

#: Ways to die.
DEATHS = ("close", "reset", "stall")


def answered(scheme: str) -> int:
    """The number of bytes that a proxy answers in a whole handshake."""
    return sum(len(answer) for _, answer in DIALOGUES[scheme])


class Cutter(ThreadingTCPServer):
    """The proxy. `cut` holds for the next connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.dialogue = DIALOGUES["http"]
        self.target = 0
        self._cut: tuple[int, str] | None = None
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def cut(self, scheme: str, target: int, left: int, death: str) -> str:
        """Die once after `left` bytes of answers; the target is the port of the server. Returns the URL."""
        self.dialogue = DIALOGUES[scheme]
        self.target = target
        self._cut = (left, death)
        return f"{scheme}://127.0.0.1:{self.server_address[1]}"

    def take_cut(self) -> tuple[int, str] | None:
        """What is to be done with this connection."""
        cut, self._cut = self._cut, None
        return cut

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of a server."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(StreamRequestHandler):
    server: Cutter
    rbufsize = 0

    def handle(self) -> None:
        cut = self.server.take_cut()
        left, death = (sys.maxsize, "") if cut is None else cut
        for wanted, answer in self.server.dialogue:
            self.read(wanted)
            self.connection.sendall(answer[:left])
            left -= len(answer)
            if left <= 0:
                self.die(death)
                return
        with _connected(self.server.target) as there:
            _relay(self.connection, there)

    def read(self, wanted: int | None) -> None:
        """Read so many bytes, or a head."""
        data = b""
        while not (re.search(rb"\r\n\r\n", data) if wanted is None else len(data) >= wanted):
            more = self.connection.recv(1 if wanted is None else wanted - len(data))
            if not more:
                raise ConnectionResetError
            data += more

    def die(self, death: str) -> None:
        """Close, reset, or wait until the client has gone."""
        if death == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # socketserver would shut it down in good order first.
            self.connection.close()
        elif death == "stall":
            while self.connection.recv(1000):
                pass


@contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as there:
        yield there


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Copy both ways until an end: one thread for each."""

    def copy(source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for sock in (source, sink):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    back = threading.Thread(target=copy, args=(other, one), daemon=True)
    back.start()
    copy(one, other)
    back.join()
