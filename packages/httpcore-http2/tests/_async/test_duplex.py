"""Requests that stay open both ways: CONNECT, CONNECT with a protocol, and any that asks for it."""

from typing import Any

import h2.errors
import h2.events
import h2.settings
import pytest

from httpcore_interfaces import (
    ConnectionNotAvailable,
    LocalProtocolError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    Request,
    Response,
    WriteError,
)
from httpcore_interfaces.testing import END

from ..servers import Server
from .meeting import URL, AsyncObserver, async_meet

EXTENDED = {h2.settings.SettingCodes.ENABLE_CONNECT_PROTOCOL: 1}


class Echo(Server):
    """It answers at once, and gives back every DATA frame as it comes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(_say_status, begun=Server.head, **options)

    def _handle(self, event: Any) -> None:
        super()._handle(event)
        if isinstance(event, h2.events.DataReceived):
            assert event.stream_id is not None
            assert event.data is not None
            if event.data:
                self.send(event.stream_id, event.data, end=False)


def _say_status(server: Server, stream_id: int) -> None:
    server.h2.send_headers(stream_id, [(b"grpc-status", b"0")], end_stream=True)


def two_ways(response: Response) -> Any:
    return response.extensions["network_stream"]


async def test_a_request_may_ask_for_both_ways() -> None:
    server = Echo()
    connection, _ = async_meet(server)
    request = Request("POST", URL, content=b"first ", extensions={"duplex": True})
    response = await connection.handle_async_request(request)
    talk = two_ways(response)
    assert await talk.read(100) == b"first "
    assert not talk.get_extra_info("is_readable")
    await talk.write(b"second")
    assert await talk.read(3) == b"sec"
    assert talk.get_extra_info("is_readable")
    assert await talk.read(100) == b"ond"
    with pytest.raises(ReadTimeout):
        await talk.read(100, 0.01)
    assert talk.get_extra_info("bytes_written") is None
    assert talk.get_extra_info("ssl_object") is None
    await talk.send_eof([(b"x-sum", b"1")])
    await talk.send_eof()
    assert server.seen[1].trailers == [(b"x-sum", b"1")]
    with pytest.raises(WriteError, match="ended"):
        await talk.write(b"third")
    assert "trailers" not in response.extensions
    assert await talk.read(100) == b""
    assert await talk.read(100) == b""
    assert response.extensions["trailers"] == [(b"grpc-status", b"0")]
    await talk.aclose()
    assert connection.is_idle()
    assert server.seen[1].reset is None
    with pytest.raises(ReadError, match="was closed"):
        await talk.read(100)
    with pytest.raises(WriteError, match="was closed"):
        await talk.send_eof()
    await connection.aclose()


async def test_closing_both_ways_resets_the_stream() -> None:
    server = Echo()
    connection, _ = async_meet(server)
    request = Request("POST", URL, extensions={"duplex": True})
    talk = two_ways(await connection.handle_async_request(request))
    await talk.write(b"hello")
    await talk.aclose()
    await talk.aclose()
    assert server.seen[1].reset == h2.errors.ErrorCodes.CANCEL
    assert connection.is_idle()
    await connection.aclose()


async def test_the_response_can_be_read_as_a_body_too() -> None:
    connection, _ = async_meet(Echo())
    request = Request("POST", URL, content=b"content", extensions={"duplex": True})
    response = await connection.handle_async_request(request)
    await two_ways(response).send_eof()
    assert await response.aread() == b"content"
    assert response.extensions["trailers"] == [(b"grpc-status", b"0")]
    await connection.aclose()


def _end(server: Server, stream_id: int) -> None:
    server.respond(stream_id, b"no more from me")


async def test_our_side_goes_on_when_the_server_has_ended_its_own() -> None:
    server = Server(Server.keep_silent, begun=_end)
    connection, _ = async_meet(server)
    response = await connection.handle_async_request(
        Request("POST", URL, extensions={"duplex": True})
    )
    talk = two_ways(response)
    assert await talk.read(100) == b"no more from me"
    assert await talk.read(100) == b""
    assert "trailers" not in response.extensions
    await talk.write(b"but from ")
    await talk.write(b"me")
    await talk.send_eof()
    assert server.seen[1].content == b"but from me"
    assert server.seen[1].ended
    await talk.aclose()
    assert server.seen[1].reset is None
    assert connection.is_idle()
    await connection.aclose()


async def test_a_reset_ends_both_ways() -> None:
    server = Server(begun=Server.head)
    connection, stream = async_meet(server)
    request = Request("POST", URL, extensions={"duplex": True})
    talk = two_ways(await connection.handle_async_request(request))
    server.h2.reset_stream(1, h2.errors.ErrorCodes.INTERNAL_ERROR)
    stream.feed(server.output() or b"")
    with pytest.raises(ReadError, match="INTERNAL_ERROR") as caught:
        await talk.read(100)
    assert isinstance(caught.value.__cause__, RemoteProtocolError)
    with pytest.raises(WriteError, match="ended"):
        await talk.write(b"more")
    await talk.aclose()
    assert connection.is_idle()
    await connection.aclose()


async def test_connect_has_a_target_alone() -> None:
    server = Echo()
    connection, _ = async_meet(server)
    request = Request(
        "CONNECT", URL, headers={"Host": "x"}, extensions={"target": b"origin.example:80"}
    )
    response = await connection.handle_async_request(request)
    assert server.seen[1].fields[:2] == [
        (b":method", b"CONNECT"),
        (b":authority", b"origin.example:80"),
    ]
    talk = two_ways(response)
    await talk.write(b"through the tunnel")
    assert await talk.read(100) == b"through the tunnel"
    await talk.aclose()
    await connection.aclose()


async def test_connect_with_a_protocol() -> None:
    server = Echo(settings=EXTENDED)
    connection, stream = async_meet(server)
    # The settings come by themselves, before anything is asked.
    stream.feed(server.output() or b"")
    for _ in range(2):
        request = Request("CONNECT", f"{URL}/chat", extensions={"protocol": b"websocket"})
        talk = two_ways(await connection.handle_async_request(request))
        await talk.write(b"frame")
        assert await talk.read(100) == b"frame"
        await talk.aclose()
    assert server.seen[1].fields == [
        (b":method", b"CONNECT"),
        (b":authority", b"example.com"),
        (b":scheme", b"https"),
        (b":path", b"/chat"),
        (b":protocol", b"websocket"),
    ]
    await connection.aclose()


async def test_connect_with_a_protocol_waits_for_the_servers_settings() -> None:
    request = Request("CONNECT", URL, extensions={"protocol": "websocket"})
    connection, _ = async_meet(server := Echo())
    with pytest.raises(LocalProtocolError, match="does not take CONNECT") as caught:
        await connection.handle_async_request(request)
    assert caught.value.safe_to_retry
    assert server.seen == {}
    assert connection.is_idle()
    await connection.aclose()
    connection, _ = async_meet(Hasty())
    with pytest.raises(RemoteProtocolError, match="closed the connection"):
        await connection.handle_async_request(request)
    with pytest.raises(ConnectionNotAvailable):
        await connection.handle_async_request(request)


async def test_the_servers_settings_may_leave_no_room() -> None:
    settings = {**EXTENDED, h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 0}
    connection, _ = async_meet(Echo(settings=settings))
    observer = AsyncObserver()
    connection.observe(observer)
    request = Request("CONNECT", URL, extensions={"protocol": "websocket"})
    with pytest.raises(ConnectionNotAvailable):
        await connection.handle_async_request(request)
    assert observer.ended == 0
    await connection.aclose()


class Hasty(Server):
    """It hangs up without a word."""

    def __call__(self, data: bytes) -> Any:
        return END
