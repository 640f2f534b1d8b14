"""A server that knows as much of other people's protocols as their clients need to be satisfied.

| path | what it gives |
| --- | --- |
| `/hello` | a greeting |
| `/headers` | what was sent, as JSON |
| `/count` | how often it was asked, which may be cached for a minute |
| `/flaky/...` | 503 twice, then 200 |
| `/redirect` | 302 to `/hello`, with a cookie |
| `/events` | server-sent events |
| `/socket` | a WebSocket that gives back what it gets |
| `/token`, `/protected` | OAuth 2: a token, and what can be had for it |
| `/v1/chat/completions`, `/v1/messages` | what OpenAI and Anthropic give, whole or as a stream |
| `/collections...` | as much of Qdrant as lists and makes collections |
| `/dns-query` | DNS over HTTPS (RFC 8484): 192.0.2.1 for every name |
"""

import base64
import hashlib
import json
import ssl
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

HELLO = b"hello, world\n"

_WORDS = ("one ", "two ", "three")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._context = context
        self.asked: Counter[str] = Counter()

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; the handshake is left to the thread that will read from it."""
        sock, peer = super().get_request()
        if self._context is not None:
            sock = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return sock, peer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of a server."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
        pass

    # What is sent.

    def answer(self, body: bytes, kind: str = "text/plain", status: int = 200, **more: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer_json(self, value: object, status: int = 200) -> None:
        self.answer(json.dumps(value).encode(), "application/json", status)

    def answer_events(self, events: Iterable[tuple[str, object]]) -> None:
        """Send events as they are made, each in a chunk of its own. What is no text becomes JSON."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for name, value in events:
            data = value if isinstance(value, str) else json.dumps(value)
            event = f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n"
            self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event.encode()))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    # What is asked for.

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.server.asked[url.path] += 1
        asked = self.server.asked[url.path]
        if url.path == "/socket":
            self.be_a_web_socket()
        elif url.path == "/headers":
            self.answer_json(dict(self.headers.items()))
        elif url.path == "/count":
            self.answer(b"%d" % asked, Cache_Control="max-age=60")
        elif url.path.startswith("/flaky/"):
            self.answer(HELLO, status=200 if asked > 2 else 503)
        elif url.path == "/redirect":
            self.answer(b"", status=302, Location="/hello", Set_Cookie="seen=yes; Path=/")
        elif url.path == "/events":
            self.answer_events([("word", word) for word in _WORDS])
        elif url.path == "/protected":
            is_right = self.headers.get("Authorization") == "Bearer the-token"
            self.answer(HELLO if is_right else b"who are you?", status=200 if is_right else 401)
        elif url.path == "/collections":
            self.answer_json({"result": {"collections": [{"name": "books"}]}, "status": "ok"})
        elif url.path == "/dns-query":
            query = parse_qs(url.query)["dns"][0]
            self.answer_name(base64.urlsafe_b64decode(query + "=" * (-len(query) % 4)))
        else:
            self.answer(HELLO)

    def do_PUT(self) -> None:
        self.body()
        self.answer_json({"result": True, "status": "ok", "time": 0.0})

    def do_POST(self) -> None:
        body = self.body()
        if self.path == "/token":
            token = {"access_token": "the-token", "token_type": "Bearer", "expires_in": 3600}
            self.answer_json(token)
        elif self.path == "/dns-query":
            self.answer_name(body)
        elif self.path == "/v1/chat/completions":
            self.be_openai(json.loads(body))
        elif self.path == "/v1/messages":
            self.be_anthropic(json.loads(body))
        else:
            self.answer(body)

    def be_openai(self, asked: dict[str, Any]) -> None:
        base = {"id": "chat-1", "created": 1, "model": asked["model"]}
        if not asked.get("stream"):
            message = {"role": "assistant", "content": "".join(_WORDS)}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self.answer_json({**base, "object": "chat.completion", "choices": [choice]})
            return

        def piece(content: str | None) -> tuple[str, object]:
            delta = {"role": "assistant", "content": content} if content else {}
            end = None if content else "stop"
            choice = {"index": 0, "delta": delta, "finish_reason": end}
            return "", {**base, "object": "chat.completion.chunk", "choices": [choice]}

        self.answer_events([*map(piece, _WORDS), piece(None), ("", "[DONE]")])

    def be_anthropic(self, asked: dict[str, Any]) -> None:
        message: dict[str, Any] = {
            "id": "message-1",
            "type": "message",
            "role": "assistant",
            "model": asked["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        if not asked.get("stream"):
            content = [{"type": "text", "text": "".join(_WORDS)}]
            self.answer_json({**message, "content": content, "stop_reason": "end_turn"})
            return
        block = {"type": "text", "text": ""}
        events: list[tuple[str, dict[str, Any]]] = [
            ("message_start", {"message": message}),
            ("content_block_start", {"index": 0, "content_block": block}),
            ("ping", {}),
            *(
                ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": word}})
                for word in _WORDS
            ),
            ("content_block_stop", {"index": 0}),
            (
                "message_delta",
                {
                    "delta": {"stop_reason": "end_turn", "stop_sequence": None},
                    "usage": {"output_tokens": 3},
                },
            ),
            ("message_stop", {}),
        ]
        self.answer_events((name, {"type": name, **event}) for name, event in events)

    def answer_name(self, query: bytes) -> None:
        """Answer a DNS query with the question it has, and an address."""
        end = query.index(b"\0", 12) + 5
        counts = bytes([0, 1, 0, 1, 0, 0, 0, 0])
        address = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04" + bytes([192, 0, 2, 1])
        message = query[:2] + b"\x81\x80" + counts + query[12:end] + address
        self.answer(message, "application/dns-message")

    def be_a_web_socket(self) -> None:
        """Give back text until the other side closes (RFC 6455), in frames of less than 126 bytes."""
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest())
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accept.decode())
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        while head := self.rfile.read(2):
            mask = self.rfile.read(4)
            masked = self.rfile.read(head[1] & 127)
            data = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
            self.wfile.write(bytes([head[0], len(data)]) + data)
            self.wfile.flush()
            if head[0] & 15 == 8:  # close
                return


@contextmanager
def answering(context: ssl.SSLContext | None = None) -> Iterator[str]:
    """Run the server, with TLS if a context is given; gives its URL."""
    server = _Server(context)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    scheme = "http" if context is None else "https"
    try:
        yield f"{scheme}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
