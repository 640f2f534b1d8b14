"""The steps of a request, as httpcore 1.x tells them."""

import logging
from typing import Any

import h2.events
import pytest

from httpcore_interfaces import ConnectionNotAvailable, ReadTimeout, Request

from ..servers import Server
from .meeting import URL, AsyncObserver, async_meet


class AsyncListener:
    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def __call__(self, name: str, info: dict[str, Any]) -> None:
        self.events.append((name, info))

    def names(self) -> list[str]:
        return [name.removeprefix("http2.") for name, _ in self.events]


STEPS = [
    "send_connection_init",
    "send_request_headers",
    "send_request_body",
    "receive_response_headers",
    "receive_response_body",
    "response_closed",
]


async def test_every_step_is_told() -> None:
    listener = AsyncListener()
    connection, stream = async_meet(Server(Server.echo))
    request = Request("POST", URL, content=b"content", extensions={"trace": listener})
    response = await connection.handle_async_request(request)
    assert await response.aread() == b"content"
    expected = [f"{step}.{part}" for step in STEPS for part in ("started", "complete")]
    # The server's settings came with the first response.
    at = expected.index("receive_response_headers.complete")
    later = expected[2:]
    expected[at:at] = ["receive_remote_settings.started", "receive_remote_settings.complete"]
    assert listener.names() == expected
    infos = dict(listener.events)
    assert infos["http2.send_connection_init.started"] == {"request": request}
    assert infos["http2.send_request_headers.started"] == {"request": request, "stream_id": 1}
    assert infos["http2.receive_response_headers.complete"] == {"return_value": (200, [])}
    assert infos["http2.receive_response_body.started"] == {"request": request, "stream_id": 1}
    assert infos["http2.receive_remote_settings.started"] == {}
    settings = infos["http2.receive_remote_settings.complete"]["return_value"]
    assert isinstance(settings, h2.events.RemoteSettingsChanged)
    assert infos["http2.response_closed.started"] == {"stream_id": 1}
    assert stream.writes[0].startswith(b"PRI * ")
    listener.events.clear()
    await connection.request("GET", URL, extensions={"trace": listener})
    assert listener.names() == later
    await connection.aclose()


async def test_what_fails_is_told() -> None:
    listener = AsyncListener()
    server = Server(lambda server, stream_id: server.respond(stream_id, b"half", end=False))
    connection, _ = async_meet(server)
    extensions = {"trace": listener, "timeout": {"read": 0.02}}
    with pytest.raises(ReadTimeout):
        await connection.request("GET", URL, extensions=extensions)
    assert listener.names()[-4:] == [
        "receive_response_body.started",
        "receive_response_body.failed",
        "response_closed.started",
        "response_closed.complete",
    ]
    await connection.aclose()


async def test_listener_that_fails_at_the_end_of_a_failure_keeps_no_stream() -> None:
    async def fail(name: str, info: dict[str, Any]) -> None:
        if name == "http2.response_closed.started":
            raise ValueError(name)

    connection, _ = async_meet(Server(Server.keep_silent))
    observer = AsyncObserver()
    connection.observe(observer)
    extensions = {"trace": fail, "timeout": {"read": 0.02}}
    with pytest.raises(ValueError, match="response_closed"):
        await connection.request("GET", URL, extensions=extensions)
    assert observer.ended == 1
    await connection.aclose()


async def test_steps_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="httpcore.http2")
    connection, _ = async_meet()
    response = await connection.handle_async_request(Request("GET", URL))
    await response.aclose()
    assert "receive_response_headers.complete return_value=(200, [])" in caplog.messages
    assert caplog.messages[-1] == "response_closed.complete"
    await connection.aclose()


@pytest.mark.parametrize("step", STEPS)
async def test_listener_that_fails_ends_the_exchange_once(step: str) -> None:
    """Whatever raises after the door was passed, the pool is told, or the stream would never be free again."""

    async def fail(name: str, info: dict[str, Any]) -> None:
        if name == f"http2.{step}.started":
            raise ValueError(step)

    connection, _ = async_meet()
    observer = AsyncObserver()
    connection.observe(observer)
    with pytest.raises(ValueError, match=step):
        await connection.request("POST", URL, content=b"content", extensions={"trace": fail})
    assert observer.ended == 1
    assert (await connection.request("GET", URL)).status == 200
    await connection.aclose()


@pytest.mark.parametrize(("bytes_sent", "ended"), [(None, 0), (0, 1)])
async def test_refusal_that_a_listener_passes_on_is_told_if_it_is_of_another_request(
    bytes_sent: int | None, ended: int
) -> None:
    async def fail(name: str, info: dict[str, Any]) -> None:
        raise ConnectionNotAvailable("of another", bytes_sent=bytes_sent)

    connection, _ = async_meet()
    observer = AsyncObserver()
    connection.observe(observer)
    with pytest.raises(ConnectionNotAvailable, match="of another"):
        await connection.request("GET", URL, extensions={"trace": fail})
    assert observer.ended == ended
    await connection.aclose()
