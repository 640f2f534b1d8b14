"""A server in threads that speaks the protocol of `lines` over real sockets, and remembers what it was told."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

from .backends.ends import server_context

if TYPE_CHECKING:
    from typing import Self


class LineServer:
    """Greets whoever asks, over TLS if told so. `ends` has, for each connection that ended, how it did."""

    def __init__(self, *, tls: bool = False) -> None:
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._sockets: list[socket.socket] = []
        self.requests = 0
        self.ends: list[str] = []

    @property
    def url(self) -> str:
        port = self._listener.getsockname()[1]
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{port}/"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._sockets:
            sock.close()
        for thread in self._threads:
            thread.join(10.0)
            assert not thread.is_alive()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=[sock], daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self._tls:
                # An end without close_notify is told apart from one with it.
                sock = server_context().wrap_socket(
                    sock, server_side=True, suppress_ragged_eofs=False
                )
            self._sockets.append(sock)
            with sock, sock.makefile("rb") as lines:
                while line := lines.readline():
                    if line == b"\n":
                        self.requests += 1
                        sock.sendall(b"200 OK\nhello\n\n")
            self.ends.append("end")
        except OSError as error:
            self.ends.append(type(error).__name__)
