"""What Hypercorn serves: the same paths that the other servers have."""

from collections.abc import Awaitable, Callable
from typing import Any

HELLO = b"hello, world\n"
LARGE = bytes(range(256)) * 4096 * 4

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Answer one request, or see the server come and go."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["path"] == "/echo":
        await _echo(receive, send)
    elif scope["path"] == "/never":
        await _until_gone(receive)
    elif scope["path"] == "/drip":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one drop", "more_body": True})
        await _until_gone(receive)
    else:
        body = LARGE if scope["path"] == "/large" else HELLO
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _echo(receive: Receive, send: Send) -> None:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
