# What it imports is installed in an environment of its own.
# mypy: ignore-errors
"""starlette.testclient: a client of HTTPX with a transport of its own, in an environment that has our httpcore."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would like another client more
    from starlette.testclient import TestClient

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute


async def hello(request):
    return PlainTextResponse(f"hello, {request.query_params['name']}")


async def socket(websocket):
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


application = Starlette(routes=[Route("/hello", hello), WebSocketRoute("/socket", socket)])
with TestClient(application) as client:
    assert isinstance(client, httpx.Client)
    assert client.get("/hello", params={"name": "world"}).text == "hello, world"
    with client.websocket_connect("/socket") as websocket:
        websocket.send_text("one")
        assert websocket.receive_text() == "one"
