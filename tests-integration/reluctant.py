"""A server that chooses HTTP/2 where it is offered, and then wants HTTP/1.1 for what is under `/old`."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import h2.config
import h2.connection
import h2.errors
import h2.events

from .servers import Certificates, Server

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nold"


class Reluctant:
    """Where it is, and the protocols of its connections in the order in which they came."""

    def __init__(self, port: int) -> None:
        self.server = Server(f"https://localhost:{port}", b"HTTP/2")
        self.protocols: list[str | None] = []


@contextmanager
def reluctant(certificates: Certificates) -> Iterator[Reluctant]:
    """Serve in threads until the end of the block."""
    context = certificates.server_context()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Reluctant(listener.getsockname()[1])

        def accept() -> None:
            with suppress(OSError):  # the end
                while True:
                    sock, _ = listener.accept()
                    threading.Thread(target=serve, args=(sock,), daemon=True).start()

        def serve(sock: socket.socket) -> None:
            with suppress(OSError), context.wrap_socket(sock, server_side=True) as tls:
                found.protocols.append(tls.selected_alpn_protocol())
                (_serve_http2 if found.protocols[-1] == "h2" else _serve_http11)(tls)

        threading.Thread(target=accept, daemon=True).start()
        yield found
        listener.shutdown(socket.SHUT_RDWR)


def _serve_http2(sock: ssl.SSLSocket) -> None:
    connection = h2.connection.H2Connection(
        h2.config.H2Configuration(client_side=False, header_encoding=None)
    )
    connection.initiate_connection()
    sock.sendall(connection.data_to_send())
    while data := sock.recv(65536):
        for event in connection.receive_data(data):
            if isinstance(event, h2.events.RequestReceived):
                stream_id = event.stream_id
                if (b":path", b"/old") in (event.headers or []):
                    connection.reset_stream(stream_id, h2.errors.ErrorCodes.HTTP_1_1_REQUIRED)
                else:
                    connection.send_headers(stream_id, [(":status", "200")])
                    connection.send_data(stream_id, b"new", end_stream=True)
        sock.sendall(connection.data_to_send())


def _serve_http11(sock: ssl.SSLSocket) -> None:
    data = b""
    while more := sock.recv(65536):
        data += more
        while b"\r\n\r\n" in data:
            _, _, data = data.partition(b"\r\n\r\n")
            sock.sendall(ANSWER)
