"""The servers that the clients of `tools/bench` talk to, on loopback and on a processor of their own.

nginx serves what can be a file. What it cannot do is done here: a body in many small chunks, and a sink that reads an
upload to its end before it answers (nginx answers at once and throws the body away).
"""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from _house import ToolError, must, say

SMALL = bytes(range(256)) * 4
PIECE_BYTES = 65_536
LARGE_BYTES = 1526 * PIECE_BYTES  # 100 MB
CHUNK = b"data: twenty-four bytes\n"
CHUNKS = 10_000

# Seconds that nginx may take until its port answers.
_PATIENCE = 20.0
_ATTEMPTS = 3

_NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    open_file_cache max=16;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {folder}/documents;
        location /large {{ sendfile on; }}
    }}
}}
"""


@dataclass(frozen=True)
class Cores:
    """The processor for the servers and the one for the client; None where there are not two to choose from."""

    server: int | None = None
    client: int | None = None

    @classmethod
    def at_hand(cls) -> "Cores":
        """The first and the last that this process may use."""
        if not hasattr(os, "sched_getaffinity"):
            return cls()
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[-1]) if len(usable) > 1 else cls()

    def take_servers(self) -> None:
        """Move this process to the servers' processor, and whatever it starts from now on."""
        if self.server is None:
            say(
                "tools/bench: fewer than two processors to pin to; client and servers share what there is"
            )
        else:
            os.sched_setaffinity(0, {self.server})


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
def nginx() -> Iterator[int]:
    """Run nginx with a configuration and files of its own, and give its port.

    Raises:
        ToolError: it cannot be installed or does not come up.
    """
    program = nginx_program()
    with tempfile.TemporaryDirectory(prefix="httpcore-bench-") as name:
        folder = Path(name)
        documents = folder / "documents"
        documents.mkdir()
        (documents / "small").write_bytes(SMALL)
        with (documents / "large").open("wb") as file:
            file.truncate(LARGE_BYTES)
        # As root nginx would change to a user who may not look into the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        said = ""
        for _ in range(_ATTEMPTS):
            port = _free_port()  # somebody else may take it in between
            configuration = folder / "nginx.conf"
            configuration.write_text(_NGINX.format(user=user, folder=folder, port=port))
            log = folder / "log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [program, "-e", "stderr", "-p", folder, "-c", configuration],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            try:
                if _answers(process, port):
                    yield port
                    return
            finally:
                _stop(process)
            said = log.read_text(errors="replace").strip()
        raise ToolError(f"nginx did not come up; it said:\n{said}")


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


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


@contextmanager
def counterpart() -> Iterator[int]:
    """Run a server in threads of this process, and give its port.

    It answers a GET with `CHUNKS` chunks in one write, and any request that has a body with `ok`, when it has read it.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):  # the end
                while True:
                    sock, _ = listener.accept()
                    threading.Thread(target=_serve, args=(sock,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def chunked_response() -> bytes:
    """Return a response whose body is `CHUNKS` times `CHUNK`."""
    chunk = b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * CHUNKS + b"0\r\n\r\n"


def _serve(sock: socket.socket) -> None:
    """Serve one connection, which waits for each response before it asks again."""
    chunks = chunked_response()
    space = memoryview(bytearray(1 << 20))
    with sock, suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            data = b""
            while b"\r\n\r\n" not in data:
                received = sock.recv(65_536)
                if not received:
                    return
                data += received
            head, _, body = data.partition(b"\r\n\r\n")
            left = _declared(head) - len(body)
            if head.startswith(b"GET "):
                sock.sendall(chunks)
                continue
            while left > 0:
                count = sock.recv_into(space)
                if not count:
                    return
                left -= count
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def _declared(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
