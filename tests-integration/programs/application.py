"""What Hypercorn serves: the paths of `origin.py`, as far as ASGI has words for them. `DOCUMENTS` names the folder."""

import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

PIECES = [b"%d " % number * (number + 1) for number in range(100)]
LINK = b"</style.css>; rel=preload; as=style"
DOCUMENTS = Path(os.environ["DOCUMENTS"])
FILES = {
    "/": (DOCUMENTS / "index.html").read_bytes(),
    "/large": (DOCUMENTS / "large").read_bytes(),
}

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Answer one request, or see the server come and go."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    path, can = scope["path"], scope["extensions"]
    if path == "/app/echo":
        pieces = [piece async for piece in _content(receive)]
        await _start(send)
        await _pieces(send, pieces)
    elif path == "/app/digest":
        digest, length = hashlib.sha256(), 0
        async for piece in _content(receive):
            digest.update(piece)
            length += len(piece)
        await _whole(send, f"{digest.hexdigest()} {length}".encode())
    elif path == "/app/refuse":
        await _whole(send, b"too much\n", 413)
    elif path == "/app/chunks":
        await _start(send)
        await _pieces(send, PIECES)
    elif path == "/app/trailers" and "http.response.trailers" in can:
        checksum = hashlib.sha256(b"".join(PIECES)).hexdigest().encode()
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await _pieces(send, PIECES)
        await send({"type": "http.response.trailers", "headers": [(b"checksum", checksum)]})
    elif path == "/app/hints" and "http.response.early_hint" in can:
        await send({"type": "http.response.early_hint", "links": [LINK]})
        await _whole(send, b"hinted\n")
    elif (b"if-none-match", b'"same"') in scope["headers"]:
        await _start(send, 304)
        await _pieces(send, [])
    else:
        await _whole(send, FILES[path])


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _content(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        yield message.get("body", b"")
        more = message.get("more_body", False)


async def _start(send: Send, status: int = 200, *fields: tuple[bytes, bytes]) -> None:
    headers = [(b"etag", b'"same"'), *fields]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _pieces(send: Send, pieces: list[bytes]) -> None:
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _whole(send: Send, body: bytes, status: int = 200) -> None:
    await _start(send, status, (b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.body", "body": body})
