"""nginx, with a configuration, certificates and files of its own, on loopback.

It serves a small and a large document over HTTP/1.1, over TLS with and without sessions that can be resumed, and over
HTTP/2; passes uploads on to the counterpart, which reads them; is a proxy in front of itself; and is a thousand origins.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from _house import ToolError, must, say
from bench_clients.measuring import origin_address

from bench_parts.counterpart import PIECE_BYTES

SMALL = bytes(range(256)) * 4
LARGE_BYTES = 1526 * PIECE_BYTES  # 100 MB
ORIGINS = 1000

# Seconds that nginx may take until its port answers.
_PATIENCE = 20.0
_ATTEMPTS = 3

_NGINX = """
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile 16384;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_max_body_size 1g;
    open_file_cache max=16;
    root {folder}/documents;
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    http2_max_concurrent_streams 512;
    upstream origin {{ server 127.0.0.1:{plain}; keepalive 512; keepalive_requests 1000000000; }}
    upstream sink {{ server 127.0.0.1:{counterpart}; }}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    server {{
        listen 127.0.0.1:{plain} backlog=1024;
        location /large {{ sendfile on; }}
    }}
    server {{
        listen 127.0.0.1:{proxy} backlog=1024;
        location / {{ proxy_pass http://origin; }}
    }}
    server {{
        {origins}
    }}
    server {{
        listen 127.0.0.1:{tls} ssl backlog=1024;
        ssl_session_cache shared:resumable:10m;
        ssl_session_tickets on;
    }}
    server {{
        listen 127.0.0.1:{cold} ssl backlog=1024;
        ssl_session_cache off;
        ssl_session_tickets off;
    }}
    server {{
        listen 127.0.0.1:{http2} ssl http2 backlog=1024;
        location /sink {{ proxy_pass http://sink; proxy_request_buffering off; }}
    }}
}}
"""


@dataclass(frozen=True)
class Servers:
    """Where everything is: the ports of this machine, and the file of the certificates to trust."""

    plain: int = 0
    proxy: int = 0
    origins: int = 0
    tls: int = 0
    cold: int = 0
    http2: int = 0
    counterpart: int = 0
    authority: str = ""


def nginx_program() -> str:
    """Return where nginx is, after installing it where that is possible.

    Raises:
        ToolError: it is not there and cannot be installed.
    """
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    found = shutil.which("nginx", path=path)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing nginx")
        advice = "cannot install nginx; install it by hand"
        must(["apt-get", "update", "-qq"], advice)
        must(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "nginx-light"], advice)
        found = shutil.which("nginx", path=path)
    if found is None:
        raise ToolError("nginx is not installed; on Debian: sudo apt-get install nginx-light")
    return found


@contextmanager
def nginx(counterpart: int) -> Iterator[Servers]:
    """Run nginx in front of the counterpart's port, and say where everything is.

    Raises:
        ToolError: it cannot be installed or does not come up.
    """
    program = nginx_program()
    with tempfile.TemporaryDirectory(prefix="httpcore-bench-") as name:
        folder = Path(name)
        _write_documents(folder / "documents")
        authority = _write_certificates(folder)
        said = ""
        for _ in range(_ATTEMPTS):
            # Somebody else may take one of the ports in between.
            plain, proxy, origins, tls, cold, http2 = _free_ports(6)
            servers = Servers(plain, proxy, origins, tls, cold, http2, counterpart, authority)
            (folder / "nginx.conf").write_text(_configuration(folder, servers))
            log = folder / "log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [program, "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            try:
                if all(_answers(process, port) for port in (plain, proxy, tls, cold, http2)):
                    yield servers
                    return
            finally:
                _stop(process)
            said = log.read_text(errors="replace").strip()
        raise ToolError(f"nginx did not come up; it said:\n{said}")


def _write_documents(folder: Path) -> None:
    folder.mkdir()
    (folder / "small").write_bytes(SMALL)
    with (folder / "large").open("wb") as file:
        file.truncate(LARGE_BYTES)


def _write_certificates(folder: Path) -> str:
    """Write a certificate for this machine and its key; return the file of the authority that is trusted.

    There is one certificate between the two, as all public servers have at least one.
    """
    import trustme  # here, for whoever only asks for other things

    authority = trustme.CA()
    certificate = authority.create_child_ca().issue_cert("127.0.0.1", "localhost")
    (folder / "key.pem").write_bytes(certificate.private_key_pem.bytes())
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    (folder / "certificate.pem").write_bytes(chain)
    authority.cert_pem.write_to_path(folder / "authority.pem")
    return str(folder / "authority.pem")


def _configuration(folder: Path, servers: Servers) -> str:
    # As root nginx would change to a user who may not look into the folder.
    user = "user root;" if os.geteuid() == 0 else ""
    origins = " ".join(
        f"listen {origin_address(number)}:{servers.origins};" for number in range(ORIGINS)
    )
    ports = {
        name: getattr(servers, name)
        for name in ("plain", "proxy", "tls", "cold", "http2", "counterpart")
    }
    return _NGINX.format(user=user, folder=folder, origins=origins, **ports)


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    try:
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until the port answers; return whether it does."""
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return process.poll() is None
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
