"""gRPC with grpcio's server: every kind of call, with messages framed by hand."""

import ssl
from collections.abc import Sequence

import httpcore

from ...crowds import async_together
from ...servers import Server

FIELDS = [(b"Content-Type", b"application/grpc"), (b"TE", b"trailers")]
TIMES = {"connect": 20.0, "read": 20.0, "write": 20.0, "pool": 20.0}


def framed(message: bytes) -> bytes:
    """A message as gRPC sends it: not compressed, its length, itself."""
    return b"\x00" + len(message).to_bytes(4, "big") + message


def messages(content: bytes) -> list[bytes]:
    """The messages that content consists of."""
    found = []
    while content:
        end = 5 + int.from_bytes(content[1:5], "big")
        assert content[0] == 0
        assert len(content) >= end
        found.append(content[5:end])
        content = content[end:]
    return found


def pool_for(server: Server, trusting: ssl.SSLContext) -> httpcore.AsyncConnectionPool:
    """A pool that speaks HTTP/2, without TLS by prior knowledge."""
    return httpcore.AsyncConnectionPool(
        ssl_context=trusting, http1=server.url.startswith("https"), http2=True
    )


async def call(
    pool: httpcore.AsyncConnectionPool, server: Server, method: str, sent: Sequence[bytes]
) -> tuple[list[bytes], dict[bytes, bytes]]:
    """Make a call whose messages are all known, and return the answers and the trailers."""
    content = b"".join(map(framed, sent))
    response = await pool.request(
        "POST",
        f"{server.url}/test.Bytes/{method}",
        headers=[*FIELDS, (b"Content-Length", b"%d" % len(content))],
        content=content,
        extensions={"timeout": TIMES},
    )
    assert response.status == 200
    # An error that is known at once comes with the head, and there are no trailers then.
    fields = [*response.headers, *response.extensions.get("trailers", [])]
    return messages(response.content), dict(fields)


class AsyncReader:
    """The messages of a conversation, whose pieces come as they like."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self.stream = stream
        self.buffer = b""

    async def next(self) -> bytes | None:
        """The next message; `None` when the server has ended its side."""
        while len(self.buffer) < 5 or len(self.buffer) < 5 + int.from_bytes(
            self.buffer[1:5], "big"
        ):
            data = await self.stream.read(65536, timeout=20.0)
            if not data:
                assert self.buffer == b""
                return None
            self.buffer += data
        end = 5 + int.from_bytes(self.buffer[1:5], "big")
        message, self.buffer = self.buffer[5:end], self.buffer[end:]
        return message


async def test_one_message_for_one_with_status_in_trailers(
    grpc: Server, trusting: ssl.SSLContext
) -> None:
    async with pool_for(grpc, trusting) as pool:
        for _ in range(3):
            answers, fields = await call(pool, grpc, "Upper", [b"hello"])
            assert answers == [b"HELLO"]
            assert fields[b"grpc-status"] == b"0"
            assert fields[b"x-length"] == b"5"
        assert len(pool.connections) == 1


async def test_an_error_is_told_in_its_own_way(grpc: Server, trusting: ssl.SSLContext) -> None:
    async with pool_for(grpc, trusting) as pool:
        for method, status in (("Refuse", b"5"), ("Unknown", b"12")):
            answers, fields = await call(pool, grpc, method, [b"hello"])
            assert answers == []
            assert fields[b"grpc-status"] == status
            assert fields[b"grpc-message"]


async def test_many_messages_for_one(grpc: Server, trusting: ssl.SSLContext) -> None:
    async with pool_for(grpc, trusting) as pool:
        answers, fields = await call(pool, grpc, "Count", [b"1000"])
        assert answers == [b"%d" % number for number in range(1000)]
        assert fields[b"grpc-status"] == b"0"


async def test_one_message_for_many(grpc: Server, trusting: ssl.SSLContext) -> None:
    async with pool_for(grpc, trusting) as pool:
        words = [b"x" * 1000, b"", b"y" * 100_000]
        answers, fields = await call(pool, grpc, "Gather", words)
        assert answers == [b",".join(words)]
        assert fields[b"grpc-status"] == b"0"


async def begun(
    pool: httpcore.AsyncConnectionPool, server: Server, first: bytes
) -> httpcore.Response:
    """A conversation whose first message is sent along with the head, for the server waits for it."""
    request = httpcore.Request(
        "POST",
        f"{server.url}/test.Bytes/Echo",
        headers=[*FIELDS, (b"Host", server.url.partition("//")[2].encode())],
        content=framed(first),
        extensions={"duplex": True, "timeout": TIMES},
    )
    return await pool.handle_async_request(request)


async def test_a_conversation_goes_both_ways(grpc: Server, trusting: ssl.SSLContext) -> None:
    async with pool_for(grpc, trusting) as pool:
        response = await begun(pool, grpc, b"0")
        assert response.status == 200
        stream = response.extensions["network_stream"]
        reader = AsyncReader(stream)
        assert await reader.next() == b"echo 0"
        # Each answer is there before the next word is said, so neither side waits for the end of the other.
        for number in range(1, 100):
            await stream.write(framed(b"%d" % number), timeout=20.0)
            assert await reader.next() == b"echo %d" % number
        await stream.send_eof()
        assert await reader.next() is None
        await response.aclose()
        assert dict(response.extensions["trailers"])[b"grpc-status"] == b"0"
        assert await call(pool, grpc, "Upper", [b"a"])
        assert len(pool.connections) == 1


async def test_both_sides_talk_at_once(grpc: Server, trusting: ssl.SSLContext) -> None:
    async with pool_for(grpc, trusting) as pool:
        response = await begun(pool, grpc, b"first")
        stream = response.extensions["network_stream"]
        reader = AsyncReader(stream)
        words = [b"%d " % number * 2000 for number in range(300)]
        heard: list[bytes | None] = []

        async def take_part(side: int) -> None:
            if side == 0:
                for word in words:
                    await stream.write(framed(word), timeout=20.0)
                await stream.send_eof()
            else:
                while (message := await reader.next()) is not None:
                    heard.append(message)

        await async_together(2, take_part)
        assert heard == [b"echo first", *(b"echo " + word for word in words)]
        await response.aclose()


async def test_conversations_share_a_connection_and_one_that_is_cut_off_ends_alone(
    grpc: Server, trusting: ssl.SSLContext
) -> None:
    async with pool_for(grpc, trusting) as pool:
        await call(pool, grpc, "Upper", [b"a"])

        async def converse(who: int) -> None:
            response = await begun(pool, grpc, b"%d" % who)
            stream = response.extensions["network_stream"]
            reader = AsyncReader(stream)
            assert await reader.next() == b"echo %d" % who
            for _ in range(20):
                await stream.write(framed(b"word"), timeout=20.0)
                assert await reader.next() == b"echo word"
            if who % 2:
                await stream.send_eof()
                assert await reader.next() is None
            await response.aclose()

        # As many as the server has threads to talk with, or some would wait.
        await async_together(8, converse)
        assert len(pool.connections) == 1
        assert pool.connections[0].is_idle()
        assert (await call(pool, grpc, "Upper", [b"b"]))[0] == [b"B"]
