"""Peers that send a byte now and then: a proxy in its handshake, a server in TLS, in a head, in a body."""

import socket
import sys
import threading
import time
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, Self

#: Seconds between two bytes.
PAUSE = 0.05

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
_FIELDS = b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1000

# For each stage: what comes at once after the first bytes of the client, and what drips then, for ever.
_STAGES = {
    "head": (b"", _FIELDS),
    "body": (_HEAD, b"x" * 900),
    # The beginning of a record of TLS that is longer than anybody waits for.
    "tls": (b"", b"\x16\x03\x03\x20\x00\x02" + bytes(1000)),
    "tunnel": (b"", _FIELDS),
    # The answer of SOCKS 5 with a long name.
    "socks": (b"\x05\x00\x05\x00\x00\x03\xff", b"x" * 250),
}

#: The stages of a request, and those of connecting.
RESPONDING = ("head", "body")
CONNECTING = ("tls", "tunnel", "socks")


class Drips:
    """A server for each stage."""

    def __init__(self) -> None:
        self._servers = {stage: _Server(*_STAGES[stage]) for stage in _STAGES}

    def __enter__(self) -> Self:
        for server in self._servers.values():
            server.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        for server in self._servers.values():
            server.shutdown()
            server.thread.join()
            server.server_close()

    def port(self, stage: str) -> int:
        """Where that drips."""
        port: int = self._servers[stage].server_address[1]
        return port


class _Server(ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, at_once: bytes, slowly: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.at_once = at_once
        self.slowly = slowly
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        sock = self.connection
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.recv(65536)
        sock.sendall(self.server.at_once)
        for number in range(len(self.server.slowly)):
            sock.sendall(self.server.slowly[number : number + 1])
            time.sleep(PAUSE)
