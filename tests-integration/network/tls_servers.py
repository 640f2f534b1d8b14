"""Servers with every kind of certificate, good and bad, and what they remember of their visitors."""

import datetime as dt
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import trustme

from ..python_servers import _Handler, _serving, _Threads
from ..servers import HELLO, program

_NOW = dt.datetime.now(dt.UTC)
_LONG_AGO, _YESTERDAY = _NOW - dt.timedelta(days=10), _NOW - dt.timedelta(days=1)


class TLSServer(_Threads):
    """A server of the standard library behind TLS; `resumed` says of each connection whether its session was known."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Hello)
        self.context = context
        self.resumed: list[bool] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"https://localhost:{self.server_port}"

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; the handshake is left to the thread that will read from it."""
        sock, peer = super().get_request()
        return self.context.wrap_socket(
            sock, server_side=True, do_handshake_on_connect=False, suppress_ragged_eofs=True
        ), peer

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Make the handshake, then answer what is asked."""
        request.settimeout(20.0)
        request.do_handshake()
        self.resumed.append(bool(request.session_reused))
        super().finish_request(request, client_address)


#: Responses by what ends their bodies; the third with its connection, and so does the last.
FRAMED = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "connection": b"HTTP/1.1 200 OK\r\n\r\nhello",
    "old connection": b"HTTP/1.0 200 OK\r\nX-Any: thing\r\n\r\nhello",
}


class _Hello(_Handler):
    def do_GET(self) -> None:
        """Say hello; at `/what-ends-the-body/announced` or `/.../cut` end the connection with `close_notify`, or without."""
        if self.path == "/":
            self.answer(HELLO)
            return
        _, framing, end = self.path.replace("-", " ").split("/")
        self.wfile.write(FRAMED[framing])
        self.wfile.flush()
        if end == "announced":
            with suppress(OSError):
                self.connection.unwrap()
        self.close_connection = True


class Authorities:
    """The authority that the tests trust, one that nobody knows, and the contexts of servers and clients."""

    def __init__(self, folder: Path) -> None:
        self.known = trustme.CA()
        self.unknown = trustme.CA()
        self.file = folder / "known.pem"
        self.known.cert_pem.write_to_path(str(self.file))
        # A directory of certificates has links to them by a hash of whose they are.
        directory = folder / "hashed"
        directory.mkdir()
        self.known.cert_pem.write_to_path(str(directory / "known.pem"))
        subprocess.run([program("openssl", "openssl"), "rehash", str(directory)], check=True)
        #: What the variables of the environment can be told.
        self.places = {"SSL_CERT_FILE": self.file, "SSL_CERT_DIR": directory}

    def client(self) -> ssl.SSLContext:
        """A client that trusts the authority."""
        context = ssl.create_default_context()
        self.known.configure_trust(context)
        return context

    def expired_client(self) -> ssl.SSLContext:
        """A client whose own certificate holds no longer."""
        context = self.client()
        self.known.issue_cert(
            "client.example", not_before=_LONG_AGO, not_after=_YESTERDAY
        ).configure_cert(context)
        return context

    def unknown_client(self) -> ssl.SSLContext:
        """A client whose own certificate is signed by somebody whom no server knows."""
        context = self.client()
        self.unknown.issue_cert("client.example").configure_cert(context)
        return context

    def good_client(self) -> ssl.SSLContext:
        """A client with a certificate of its own."""
        context = self.client()
        self.known.issue_cert("client.example").configure_cert(context)
        return context

    def server(self, kind: str) -> ssl.SSLContext:
        """A server of this kind, one of `KINDS`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate(kind).configure_cert(context)
        if "ALPN" not in kind:
            context.set_alpn_protocols(["http/1.1"])
        if "TLS 1.2" in kind:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if "client certificate" in kind:
            context.verify_mode = ssl.CERT_REQUIRED
            self.known.configure_trust(context)
        return context

    def _certificate(self, kind: str) -> trustme.LeafCert:
        if kind == "wrong host":
            return self.known.issue_cert("other.example")
        if kind == "expired":
            return self.known.issue_cert("localhost", not_before=_LONG_AGO, not_after=_YESTERDAY)
        if kind == "unknown authority":
            return self.unknown.issue_cert("localhost")
        if kind == "self-signed":
            # An authority's own certificate is one that it has signed itself.
            own = trustme.CA()
            return trustme.LeafCert(own.private_key_pem.bytes(), own.cert_pem.bytes(), [])
        return self.known.issue_cert("localhost")


#: Each bad certificate, and what the error says of it.
REASONS = {
    "wrong host": "Hostname mismatch, certificate is not valid for 'localhost'",
    "expired": "certificate has expired",
    "unknown authority": "unable to get local issuer certificate",
    "self-signed": "self-signed certificate",
}

#: What can be spoken to.
GOOD = ("TLS 1.3", "TLS 1.2", "no ALPN", "TLS 1.2, no ALPN", "client certificate")

KINDS = (*REASONS, *GOOD, "client certificate, TLS 1.2")


@contextmanager
def tls_servers(authorities: Authorities) -> Iterator[dict[str, TLSServer]]:
    """A server of each kind."""
    servers = {kind: TLSServer(authorities.server(kind)) for kind in KINDS}
    with ExitStack() as stack:
        for server in servers.values():
            stack.enter_context(_serving(server))
        yield servers
