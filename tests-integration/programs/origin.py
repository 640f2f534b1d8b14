"""A small web server that stands behind other web servers: HTTP/1.1 with everything that they are to pass on.

    python origin.py PORT FOLDER

`/` and `/large` are files of the folder. `/app/echo` gives back what was posted, `/app/digest` its SHA-256 and its
length, `/app/chunks` a body in many chunks, `/app/trailers` one with a trailer, `/app/hints` 103 before the response.
`/app/refuse` wants no content.
"""

import hashlib
import sys
from collections.abc import Iterable, Iterator
from http.client import parse_headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PIECES = [b"%d " % number * (number + 1) for number in range(100)]
LINK = "</style.css>; rel=preload; as=style"
FILES: dict[str, bytes] = {}


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error of a server."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as it came


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Say nothing."""

    def answer(self, body: bytes, status: int = 200, *fields: tuple[str, str]) -> None:
        """Send a response whose length is known."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_in_chunks(self, pieces: Iterable[bytes], trailers: dict[str, str]) -> None:
        """Send a response whose length is not known."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        for name in trailers:
            self.send_header("Trailer", name)
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        end = "".join(f"{name}: {value}\r\n" for name, value in trailers.items())
        self.wfile.write(f"0\r\n{end}\r\n".encode())

    def is_chunked(self) -> bool:
        """Whether the request's content comes in chunks."""
        return self.headers.get("Transfer-Encoding", "").lower() == "chunked"

    def content(self) -> Iterator[bytes]:
        """Read the request's content, and its trailers into the header fields."""
        if not self.is_chunked():
            left = int(self.headers.get("Content-Length", 0))
            while left and (data := self.rfile.read1(min(left, 262_144))):
                left -= len(data)
                yield data
            return
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        for name, value in parse_headers(self.rfile).items():
            self.headers[f"trailer-{name}"] = value

    def handle_expect_100(self) -> bool:
        """Ask for the content, or do without."""
        if self.path == "/app/refuse":
            self.do_POST()
            return False
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def do_GET(self) -> None:
        """Send a file, or something special."""
        if self.path == "/app/chunks":
            self.answer_in_chunks(PIECES, {})
        elif self.path == "/app/trailers":
            checksum = hashlib.sha256(b"".join(PIECES)).hexdigest()
            self.answer_in_chunks(PIECES, {"checksum": checksum})
        elif self.path == "/app/hints":
            self.send_response_only(103)
            self.send_header("Link", LINK)
            self.end_headers()
            self.wfile.flush()
            self.answer(b"hinted\n", 200, ("Link", LINK))
        elif self.headers.get("If-None-Match") == '"same"':
            self.send_response(304)
            self.send_header("ETag", '"same"')
            self.end_headers()
        else:
            self.answer(FILES[self.path], 200, ("ETag", '"same"'))

    do_HEAD = do_GET  # noqa: N815 - the base class looks for it

    def do_POST(self) -> None:
        """Take content."""
        if self.path == "/app/refuse":
            self.close_connection = True
            self.answer(b"too much\n", 413, ("Connection", "close"))
        elif self.path == "/app/echo":
            self.answer_in_chunks(list(self.content()), {})
        else:
            digest, length = hashlib.sha256(), 0
            for data in self.content():
                digest.update(data)
                length += len(data)
            framing = "chunked" if self.is_chunked() else "length"
            trailer = self.headers.get("trailer-checksum", "none")
            fields = (("Framing", framing), ("Request-Trailer", trailer))
            self.answer(f"{digest.hexdigest()} {length}".encode(), 200, *fields)


if __name__ == "__main__":
    documents = Path(sys.argv[2])
    FILES["/"] = (documents / "index.html").read_bytes()
    FILES["/large"] = (documents / "large").read_bytes()
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
