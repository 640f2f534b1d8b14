"""Proxies that answer whatever they were told to, in pieces, and without end if need be."""

import itertools
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

OK = b"HTTP/1.1 200 OK\r\n\r\n"
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Hostile(ThreadingTCPServer):
    """For each thing that the client says, one of `turns`: pieces to answer. Then it only listens."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.turns: list[Iterable[bytes]] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of a server."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(StreamRequestHandler):
    server: Hostile

    def handle(self) -> None:
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for turn in self.server.turns:
            if not self.connection.recv(65536):
                return
            for piece in turn:
                self.connection.sendall(piece)
        while self.connection.recv(65536):
            pass


@contextmanager
def hostile() -> Iterator[Hostile]:
    """A server that is running."""
    with Hostile() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def endless(piece: bytes) -> Iterable[bytes]:
    """The same again and again. Every connection has its own."""
    return _Endless(piece)


class _Endless:
    def __init__(self, piece: bytes) -> None:
        self.piece = piece

    def __iter__(self) -> Iterator[bytes]:
        return itertools.repeat(self.piece)


#: Answers to CONNECT that open no tunnel, and what the error says of them.
REFUSALS: dict[str, tuple[Iterable[bytes], str]] = {
    "fields without end": (
        _Endless(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000),
        "the handshake with the proxy failed: ",
    ),
    "1xx without end": (
        _Endless(b"HTTP/1.1 102 Processing\r\n\r\n"),
        "the limits informational and informational_bytes are",
    ),
    "content without end": (
        _Endless(b"HTTP/1.1 407 Who are you?\r\n\r\n" + b"hello " * 1000),
        "407 Who are you?",
    ),
    "content that does not come": (
        [b"HTTP/1.1 407 Who are you?\r\nContent-Length: 10\r\n\r\nhello"],
        "407 Who are you?",
    ),
    "switched protocols": (
        [b"HTTP/1.1 101 Hm\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
        "the handshake with the proxy failed: ",
    ),
    "redirection": ([b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"], "302 Found"),
    "framing that is none": (
        [b"HTTP/1.1 407 No\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nno"],
        "the handshake with the proxy failed: ",
    ),
}  # fmt: skip

#: Answers to CONNECT that open one.
TUNNELS: dict[str, list[bytes]] = {
    "in small pieces": [bytes([byte]) for byte in OK],
    "after 1xx": [b"HTTP/1.1 102 Processing\r\n\r\n" * 3, OK],
    "with framing that means nothing": [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    ],
    "204": [b"HTTP/1.1 204 Connected\r\n\r\n"],
    "HTTP/1.0, closing": [b"HTTP/1.0 200 Connected\r\nConnection: close\r\n\r\n"],
}

#: The last answer of SOCKS 5, with every kind of address.
BOUND = {
    "IPv4": b"\x05\x00\x00\x01" + bytes(6),
    "IPv6": b"\x05\x00\x00\x04" + bytes(18),
    "name": b"\x05\x00\x00\x03\x05local\x00\x50",
    "empty name": b"\x05\x00\x00\x03\x00\x00\x50",
    "long name": b"\x05\x00\x00\x03\xff" + bytes(257),
}
