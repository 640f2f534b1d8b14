"""WebSockets for Hypercorn: what comes goes back, and `bye` ends it."""

from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Take part in one conversation, answer one request, or see the server come and go."""
    message = await receive()
    if scope["type"] == "lifespan":
        while message["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
            message = await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello, world\n"})
    elif scope["path"] == "/closed":
        await send({"type": "websocket.close"})
    else:
        await send(
            {"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)}
        )
        await _talk(receive, send)


async def _talk(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "bye":
            await send({"type": "websocket.close", "code": 1000})
            return
        if message.get("text") is not None:
            await send({"type": "websocket.send", "text": message["text"]})
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})
