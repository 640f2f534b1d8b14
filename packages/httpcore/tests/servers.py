"""A server of a few lines, for a package whose tests may need nothing but itself."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def _received(connection: socket.socket) -> bytes:
    """Read one request, whose body, if it has one, is chunked or counted; return all its bytes."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(fields.get(b"content-length", b"0"))
    while len(body) < length or (b"transfer-encoding" in fields and b"0\r\n\r\n" not in body):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


class Answering:
    """A server that gives the same answer to each connection and closes it; `requests` is what it was sent."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.requests: list[bytes] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                self.requests.append(_received(connection))
                connection.sendall(self._answer)

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@contextmanager
def answering(answer: bytes) -> Iterator[Answering]:
    """Run a server that gives `answer`, whole bytes of a response, to whoever asks."""
    server = Answering(answer)
    try:
        yield server
    finally:
        server.close()
