"""The servers that the tests talk to: programs that are started on free ports, with their files in a folder that goes.

A program is ready when its port answers; that is asked again and again until it does, or has ended, or a deadline is
over. Somebody else may take a port between its choice and its use, so a program that ends at once is tried again.
"""

import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

HERE = Path(__file__).resolve().parent

#: What every server has under `/` and under `/large`.
HELLO = b"hello, world\n"
LARGE = bytes(range(256)) * 4096 * 4

# Seconds that a program may take until its port answers. The machine may be busy.
PATIENCE = 20.0
ATTEMPTS = 3

#: The programs that were asked for and are not there, for the line at the end.
MISSING: dict[str, str] = {}


@dataclass(frozen=True)
class Server:
    """Where a server is, and the protocol that is to be spoken with it."""

    url: str
    http_version: bytes = b"HTTP/1.1"

    @property
    def is_http2(self) -> bool:
        """Whether a pool must be made with `http2=True`."""
        return self.http_version == b"HTTP/2"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])


@dataclass(frozen=True)
class Certificates:
    """An authority that nobody trusts but who asks it to, and a server's key and chain as files."""

    authority: trustme.CA
    certificate: Path
    key: Path
    authority_file: Path

    @classmethod
    def made_in(cls, folder: Path) -> "Certificates":
        """Make a certificate for this machine, and for the names that documentation uses."""
        authority = trustme.CA()
        leaf = authority.issue_cert(
            "localhost", "127.0.0.1", "::1", "example.com", "*.example.com", "*.example.org"
        )
        self = cls(authority, folder / "server.pem", folder / "server.key", folder / "ca.pem")
        leaf.private_key_pem.write_to_path(str(self.key))
        for blob in leaf.cert_chain_pems:
            blob.write_to_path(str(self.certificate), append=True)
        authority.cert_pem.write_to_path(str(self.authority_file))
        return self

    def client_context(self) -> ssl.SSLContext:
        """A context that trusts the authority."""
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context

    def server_context(self) -> ssl.SSLContext:
        """A context with the server's certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context


def program(name: str, package: str) -> str:
    """Return where a program is. Without it a test is skipped, and in CI it fails."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is not None:
        return found
    MISSING[name] = package
    advice = f"{name} is not installed; on Debian: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(advice)
    pytest.skip(advice)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface on which nobody listens now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


@contextmanager
def running(
    folder: Path, count: int, command: Callable[[list[int]], list[str]], cwd: Path | None = None
) -> Iterator[list[int]]:
    """Run a program that listens on so many ports, and give the ports; it is stopped at the end.

    Args:
        folder: where its output is kept.
        count: how many ports it listens on.
        command: makes its command from the ports, and its configuration too.
        cwd: where to start it.
    """
    log = folder / "log"
    arguments: list[str] = []
    for _ in range(ATTEMPTS):
        ports = free_ports(count)
        arguments = command(ports)
        with log.open("ab") as output:
            process = subprocess.Popen(
                arguments,
                cwd=cwd or folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            if all(_answers(process, port) for port in ports):
                yield ports
                return
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    pytest.fail(f"{arguments[0]} did not come up:\n{log.read_text(errors='replace')}")


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the port answers; return whether it does."""
    patience = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < patience:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return process.poll() is None
    return False


def documents(folder: Path) -> Path:
    """Make the files that a web server has, and return their folder."""
    root = folder / "documents"
    root.mkdir()
    (root / "index.html").write_bytes(HELLO)
    (root / "large").write_bytes(LARGE)
    return root


NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 0;
    keepalive_requests 100000;
    ssl_certificate {certificates.certificate};
    ssl_certificate_key {certificates.key};
    server {{
        listen 127.0.0.1:{ports[0]};
        listen 127.0.0.1:{ports[1]} ssl;
        listen 127.0.0.1:{ports[2]} ssl http2;
        listen unix:{folder}/nginx.sock;
        root {documents};
        location ~ ^/(echo|never|drip)$ {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_request_buffering off;
        }}
    }}
}}
"""


@contextmanager
def nginx(folder: Path, certificates: Certificates, upstream: Server) -> Iterator[list[int]]:
    """nginx with a plain port, one for TLS and one for HTTP/2, and `nginx.sock` in the folder."""
    binary = program("nginx", "nginx")
    root = documents(folder)

    def command(ports: list[int]) -> list[str]:
        (folder / "nginx.conf").write_text(
            NGINX.format(
                # Its workers would else have no right to read the folder.
                user="user root;" if os.geteuid() == 0 else "",
                folder=folder,
                documents=root,
                certificates=certificates,
                ports=ports,
                upstream=upstream.url,
            )
        )
        return [binary, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]

    with running(folder, 3, command) as ports:
        yield ports


@contextmanager
def nghttpd(folder: Path, certificates: Certificates) -> Iterator[list[int]]:
    """nghttpd, which speaks HTTP/2 over TLS and nothing else."""
    binary = program("nghttpd", "nghttp2-server")
    root = documents(folder)

    def command(ports: list[int]) -> list[str]:
        files = [str(certificates.key), str(certificates.certificate)]
        return [binary, "-a", "127.0.0.1", "-d", str(root), "--echo-upload", str(ports[0]), *files]

    with running(folder, 1, command) as found:
        yield found


@contextmanager
def hypercorn(folder: Path, certificates: Certificates) -> Iterator[list[int]]:
    """Hypercorn with a plain port and one for TLS, where ALPN chooses the protocol."""

    def command(ports: list[int]) -> list[str]:
        return [
            *(sys.executable, "-m", "hypercorn", "app:app"),
            *("--insecure-bind", f"127.0.0.1:{ports[0]}", "--bind", f"127.0.0.1:{ports[1]}"),
            *("--certfile", str(certificates.certificate), "--keyfile", str(certificates.key)),
        ]

    with running(folder, 2, command, cwd=HERE) as found:
        yield found


@contextmanager
def tinyproxy(folder: Path, credentials: str = "") -> Iterator[list[int]]:
    """tinyproxy, which forwards and opens tunnels; `credentials` is what it asks for, as `user password`."""
    binary = program("tinyproxy", "tinyproxy-bin")

    def command(ports: list[int]) -> list[str]:
        settings = [f"Port {ports[0]}", "Listen 127.0.0.1", "Timeout 60", "LogLevel Warning"]
        if credentials:
            settings.append(f"BasicAuth {credentials}")
        (folder / "tinyproxy.conf").write_text("\n".join([*settings, ""]))
        return [binary, "-d", "-c", str(folder / "tinyproxy.conf")]

    with running(folder, 1, command) as found:
        yield found
