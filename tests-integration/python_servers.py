"""A web server and a proxy of the standard library, in threads of the test run: there is nothing to install for them."""

import select
import socket
import ssl
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler
from typing import Any
from urllib.parse import urlsplit

from .servers import HELLO, LARGE, Server


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of a server."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextmanager
def _serving(server: _Threads) -> Iterator[None]:
    # It looks that often whether it should end.
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # With the default of the standard library each answer would be several packets, and wait for an acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        pass

    def answer(self, body: bytes, status: int = 200, *fields: tuple[str, str]) -> None:
        """Send a response with a body of known length."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes:
        """Read the request's body, of known length or chunked."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def wait_until_gone(self) -> None:
        """Answer nothing until the client gives up."""
        self.wfile.flush()
        self.connection.recv(1)
        self.close_connection = True


class _WebHandler(_Handler):
    def do_GET(self) -> None:
        if self.path == "/never":
            self.wait_until_gone()
        elif self.path == "/drip":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"one drop")
            self.wait_until_gone()
        elif self.path == "/then-close":
            # Says nothing of it, so that the client has to find out.
            self.answer(HELLO)
            self.close_connection = True
        else:
            self.answer(LARGE if self.path == "/large" else HELLO)

    def do_POST(self) -> None:
        self.answer(self.body())


@contextmanager
def web_server() -> Iterator[Server]:
    """A plain HTTP/1.1 server."""
    server = _Threads(("127.0.0.1", 0), _WebHandler)
    with _serving(server):
        yield Server(f"http://127.0.0.1:{server.server_port}")


class PythonProxy(_Threads):
    """A proxy that forwards and opens tunnels, asks for credentials, and is spoken to over TLS, where it was told to."""

    def __init__(self, credentials: str = "", context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _ProxyHandler)
        self.context = context
        self.credentials = credentials and f"Basic {b64encode(credentials.encode()).decode()}"

    @property
    def url(self) -> str:
        """Where it is."""
        scheme = "http" if self.context is None else "https"
        return f"{scheme}://127.0.0.1:{self.server_port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the handshake is left to the thread that will read from it."""
        sock, peer = super().get_request()
        if self.context is not None:
            sock = self.context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return sock, peer


class _ProxyHandler(_Handler):
    server: PythonProxy

    def is_refused(self) -> bool:
        """Answer the request when it lacks credentials."""
        if self.headers.get("Proxy-Authorization", "") == self.server.credentials:
            return False
        if not self.server.credentials:
            return False
        self.answer(b"who are you?", 407, ("Proxy-Authenticate", 'Basic realm="tests"'))
        return True

    def do_CONNECT(self) -> None:
        if self.is_refused():
            return
        host, _, port = self.path.rpartition(":")
        try:
            there = socket.create_connection((host, int(port)), timeout=10)
        except OSError as error:
            self.answer(str(error).encode(), 502)
            return
        with there:
            self.send_response(200, "Connection established")
            self.end_headers()
            self.wfile.flush()
            _relay(self.connection, there)
        self.close_connection = True

    def do_GET(self) -> None:
        """Send the request on, and its response back, each in one piece."""
        body = self.body()
        if self.is_refused():
            return
        url = urlsplit(self.path)
        own = ("proxy-authorization", "proxy-connection", "connection", "transfer-encoding")
        fields = {name: value for name, value in self.headers.items() if name.lower() not in own}
        there = HTTPConnection(url.hostname or "", url.port or 80, timeout=10)
        try:
            there.request(self.command, url.path or "/", body or None, fields)
            response = there.getresponse()
            self.answer(response.read(), response.status)
        finally:
            there.close()

    def do_POST(self) -> None:
        self.do_GET()


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until either side ends."""
    while True:
        ready, _, _ = select.select([one, other], [], [])
        # The server first, and also when it has hung up: what it said before is worth more than what it did not hear.
        for sock in sorted(ready, key=lambda sock: sock is one):
            # A record of TLS is given in one piece only if all of it is asked for.
            data = sock.recv(65536)
            if not data:
                return
            sink = other if sock is one else one
            try:
                sink.sendall(data)
            except OSError:
                while data := sink.recv(65536):
                    sock.sendall(data)
                return


@contextmanager
def proxy(credentials: str = "", context: ssl.SSLContext | None = None) -> Iterator[PythonProxy]:
    """A proxy that is running."""
    server = PythonProxy(credentials, context)
    with _serving(server):
        yield server


class SocksProxy(_Threads):
    """A SOCKS 5 proxy (RFC 1928); with `credentials`, such as `user:secret`, it asks for them (RFC 1929)."""

    def __init__(self, credentials: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _SocksHandler)
        self.credentials = credentials

    @property
    def url(self) -> str:
        """Where it is."""
        return f"socks5://127.0.0.1:{self.server_port}"


class _SocksHandler(StreamRequestHandler):
    server: SocksProxy

    def handle(self) -> None:
        if self.is_welcome():
            there = self.connected()
            if there is not None:
                with there:
                    _relay(self.connection, there)

    def is_welcome(self) -> bool:
        _, count = self.rfile.read(2)
        methods = self.rfile.read(count)
        wanted = 2 if self.server.credentials else 0
        self.wfile.write(bytes([5, wanted if wanted in methods else 255]))
        if wanted not in methods:
            return False
        if not wanted:
            return True
        _, length = self.rfile.read(2)
        user = self.rfile.read(length)
        password = self.rfile.read(self.rfile.read(1)[0])
        is_right = f"{user.decode()}:{password.decode()}" == self.server.credentials
        self.wfile.write(bytes([1, 0 if is_right else 1]))
        return is_right

    def connected(self) -> socket.socket | None:
        _, _, _, kind = self.rfile.read(4)
        if kind == 3:
            host = self.rfile.read(self.rfile.read(1)[0]).decode()
        else:
            host = socket.inet_ntop(
                *(
                    (socket.AF_INET, self.rfile.read(4))
                    if kind == 1
                    else (socket.AF_INET6, self.rfile.read(16))
                )
            )
        port = int.from_bytes(self.rfile.read(2))
        try:
            there = socket.create_connection((host, port), timeout=10)
        except OSError:
            there = None
        self.wfile.write(bytes([5, 5 if there is None else 0, 0, 1, 0, 0, 0, 0, 0, 0]))
        return there


@contextmanager
def socks_proxy(credentials: str = "") -> Iterator[SocksProxy]:
    """A SOCKS proxy that is running."""
    server = SocksProxy(credentials)
    with _serving(server):
        yield server
