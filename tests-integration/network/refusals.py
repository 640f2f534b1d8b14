"""A server that has read enough: it answers in the middle of a request, reads no more of it, and keeps the connection open."""

import socket
import ssl
import threading
import time
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Self

#: How much of a request is read.
ENOUGH = 65_536

# After so many seconds the client has filled all that there is between, and waits.
_FULL = 0.1

_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\n\r\nenough!"


class Refusals(ThreadingTCPServer):
    """Answers 103, and then 413, to whatever is longer than `ENOUGH`; with a context, over TLS."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.context = context
        self.is_over = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self.context else 'http'}://localhost:{self.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.is_over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(StreamRequestHandler):
    server: Refusals

    def handle(self) -> None:
        sock = self.connection
        sock.settimeout(20.0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):
            if self.server.context is not None:
                sock = self.server.context.wrap_socket(sock, server_side=True)
            left = ENOUGH
            while left > 0:
                left -= len(sock.recv(left))
            for answer in (_HINTS, _TOO_LARGE):
                time.sleep(_FULL)
                sock.sendall(answer)
            # The client's end stands behind all that nobody reads, so it is not seen.
            self.server.is_over.wait(20.0)
        sock.close()
