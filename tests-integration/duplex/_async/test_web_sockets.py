"""WebSockets over HTTP/2 (RFC 8441) with Hypercorn, their frames by wsproto."""

import ssl
from contextlib import suppress

import pytest
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, TextMessage

import httpcore

from ...crowds import async_together
from ...servers import Server

TIMES = {"connect": 20.0, "read": 20.0, "write": 20.0, "pool": 20.0}


class AsyncWebSocket:
    """What a WebSocket library needs of the transport: a response, and its network stream."""

    def __init__(self, response: httpcore.Response) -> None:
        self.response = response
        self.stream: httpcore.AsyncNetworkStream = response.extensions["network_stream"]
        self.frames = Connection(ConnectionType.CLIENT)
        self.events: list[Event] = []

    @classmethod
    async def open(
        cls, pool: httpcore.AsyncConnectionPool, server: Server, path: str = "/"
    ) -> "AsyncWebSocket":
        """CONNECT with the protocol's name; the response says whether the server agrees."""
        request = httpcore.Request(
            "CONNECT",
            f"{server.url}{path}",
            headers=[
                (b"Host", server.url.partition("//")[2].encode()),
                (b"Sec-WebSocket-Version", b"13"),
                (b"Sec-WebSocket-Protocol", b"chat"),
                (b"Origin", server.url.encode()),
            ],
            extensions={"protocol": b"websocket", "timeout": TIMES},
        )
        return cls(await pool.handle_async_request(request))

    async def send(self, event: Event) -> None:
        """Send a message, or say something about the connection."""
        await self.stream.write(self.frames.send(event), timeout=20.0)

    async def next(self) -> Event | None:
        """What the server says; `None` when it has ended its side."""
        while not self.events:
            data = await self.stream.read(65536, timeout=20.0)
            if not data:
                return None
            self.frames.receive_data(data)
            self.events += list(self.frames.events())
        return self.events.pop(0)

    async def next_message(self) -> str | bytes:
        """A message, all of it."""
        found: list[str] | list[bytes] = []
        while True:
            event = await self.next()
            assert isinstance(event, (TextMessage, BytesMessage))
            found.append(event.data)  # type: ignore[arg-type]  # a message is of one kind
            if event.message_finished:
                return type(found[0])().join(found)  # type: ignore[arg-type]  # as above


def pool_for(trusting: ssl.SSLContext) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(ssl_context=trusting, http2=True)


async def test_a_conversation_and_its_end(sockets: Server, trusting: ssl.SSLContext) -> None:
    async with pool_for(trusting) as pool:
        socket = await AsyncWebSocket.open(pool, sockets)
        assert socket.response.status == 200
        assert socket.response.extensions["http_version"] == b"HTTP/2"
        assert dict(socket.response.headers)[b"sec-websocket-protocol"] == b"chat"
        for word in ("one", "two", "\N{SNOWMAN}"):
            await socket.send(TextMessage(data=word))
            assert await socket.next_message() == word
        await socket.send(BytesMessage(data=bytes(100_000)))
        assert await socket.next_message() == bytes(100_000)
        await socket.send(Ping(payload=b"there?"))
        assert await socket.next() == Pong(payload=b"there?")
        await socket.send(TextMessage(data="bye"))
        closing = await socket.next()
        assert isinstance(closing, CloseConnection)
        assert closing.code == 1000
        with suppress(httpcore.WriteError):  # it may be gone already
            await socket.send(closing.response())
        await socket.response.aclose()
        # The connection is as good as before.
        response = await pool.request("GET", sockets.url, extensions={"timeout": TIMES})
        assert response.content == b"hello, world\n"
        assert len(pool.connections) == 1


async def test_sockets_and_requests_share_a_connection(
    sockets: Server, trusting: ssl.SSLContext
) -> None:
    async with pool_for(trusting) as pool:
        await pool.request("GET", sockets.url, extensions={"timeout": TIMES})

        async def take_part(who: int) -> None:
            if who % 3 == 0:
                for _ in range(10):
                    response = await pool.request("GET", sockets.url, extensions={"timeout": TIMES})
                    assert response.content == b"hello, world\n"
                return
            socket = await AsyncWebSocket.open(pool, sockets)
            for number in range(20):
                await socket.send(TextMessage(data=f"{who} {number}"))
                assert await socket.next_message() == f"{who} {number}"
            await socket.response.aclose()

        await async_together(12, take_part)
        assert len(pool.connections) == 1
        assert pool.connections[0].is_idle()


async def test_a_server_that_does_not_agree_answers_like_any_other(
    sockets: Server, trusting: ssl.SSLContext
) -> None:
    async with pool_for(trusting) as pool:
        socket = await AsyncWebSocket.open(pool, sockets, "/closed")
        assert socket.response.status == 403
        await socket.response.aclose()
        assert pool.connections[0].is_idle()


async def test_a_server_without_them_is_found_out_before_anything_is_sent(
    nghttpd: Server, trusting: ssl.SSLContext
) -> None:
    async with pool_for(trusting) as pool:
        with pytest.raises(httpcore.LocalProtocolError, match="CONNECT with a protocol") as caught:
            await AsyncWebSocket.open(pool, nghttpd)
        assert caught.value.safe_to_retry
        assert (await pool.request("GET", nghttpd.url, extensions={"timeout": TIMES})).status == 200
