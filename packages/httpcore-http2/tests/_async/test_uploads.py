"""Content that goes up: in pieces, through windows, with trailers, and not longer than the server wants it."""

import io
from collections.abc import AsyncIterator
from typing import Any

import h2.errors
import h2.settings
import pytest

from httpcore_interfaces import (
    LocalProtocolError,
    RemoteProtocolError,
    Request,
    WriteError,
    WriteTimeout,
)
from httpcore_interfaces.testing import END, STALL

from ..servers import Server
from .meeting import URL, async_meet

CONTENT = bytes(range(256)) * 2000


async def async_pieces(*pieces: Any) -> AsyncIterator[Any]:
    remaining = list(pieces)
    while remaining:
        yield remaining.pop(0)


async def test_content_in_pieces() -> None:
    server = Server(Server.echo)
    connection, _ = async_meet(server)
    body = async_pieces(b"one", b"", bytearray(b"two"), memoryview(b"three"))
    response = await connection.request("POST", URL, content=body)
    assert response.content == b"onetwothree"
    assert (b"transfer-encoding", b"chunked") not in server.seen[1].fields
    await connection.aclose()


async def test_the_last_promised_byte_takes_the_end_along() -> None:
    server = Server(Server.echo)
    connection, stream = async_meet(server)
    response = await connection.request(
        "POST", URL, headers={"Content-Length": "6"}, content=async_pieces(b"one", b"two")
    )
    assert response.content == b"onetwo"
    assert [name for name, _ in stream.operations].count("write") == 3
    await connection.aclose()


async def test_content_of_the_wrong_length_is_refused_and_its_stream_reset() -> None:
    server = Server()
    connection, _ = async_meet(server)
    for length, sentence in (("4", "longer"), ("8", "shorter")):
        with pytest.raises(LocalProtocolError, match=sentence):
            await connection.request(
                "POST", URL, headers={"Content-Length": length}, content=async_pieces(b"123456")
            )
    with pytest.raises(LocalProtocolError, match="shorter"):
        await connection.request("POST", URL, headers={"Content-Length": "8"}, content=b"123456")
    with pytest.raises(LocalProtocolError, match="not one number"):
        await connection.request("POST", URL, headers={"Content-Length": "x"}, content=b"1")
    assert [seen.reset for seen in server.seen.values()] == [h2.errors.ErrorCodes.CANCEL] * 3
    assert (await connection.request("GET", URL)).content == b"hello"
    await connection.aclose()


async def test_pieces_must_be_bytes() -> None:
    server = Server()
    connection, _ = async_meet(server)
    with pytest.raises(TypeError, match="str"):
        await connection.request("POST", URL, content=async_pieces("text"))
    assert server.seen[1].reset == h2.errors.ErrorCodes.CANCEL
    assert connection.is_idle()
    await connection.aclose()


class AsyncFile:
    """What an opened file looks like."""

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)

    def __aiter__(self) -> Any:
        raise AssertionError("a file is not sent line by line")

    def readinto(self, buffer: Any) -> int:
        raise AssertionError("only its presence is looked at")

    async def read(self, size: int) -> bytes:
        return self._file.read(size)


async def test_a_file_is_sent_in_large_pieces() -> None:
    server = Server(Server.echo)
    connection, _ = async_meet(server)
    request = Request("PUT", URL, headers={"Content-Length": str(len(CONTENT))})
    request.stream = AsyncFile(CONTENT)
    response = await connection.handle_async_request(request)
    assert await response.aread() == CONTENT
    request = Request("PUT", URL, headers={"Transfer-Encoding": "chunked"})
    request.stream = AsyncFile(b"")
    response = await connection.handle_async_request(request)
    assert await response.aread() == b""
    await connection.aclose()


async def test_content_waits_for_the_window() -> None:
    server = Server(Server.echo)
    connection, _ = async_meet(server)
    response = await connection.request("POST", URL, content=CONTENT)
    assert response.content == CONTENT
    assert max(server.seen[1].pieces) <= 16384
    await connection.aclose()


async def test_a_window_that_never_opens_is_a_write_timeout_of_this_request_alone() -> None:
    server = Server(credits=False)
    connection, stream = async_meet(server)
    with pytest.raises(WriteTimeout, match="took no more of this request") as caught:
        await connection.request(
            "POST", URL, content=CONTENT, extensions={"timeout": {"write": 0.05}}
        )
    assert caught.value.limit == 0.05
    assert caught.value.phase == "write request"
    assert not caught.value.safe_to_retry
    assert server.seen[1].reset == h2.errors.ErrorCodes.CANCEL
    # The window of the connection is used up, but a request without content needs none.
    assert (await connection.request("GET", URL)).content == b"hello"
    stream.feed(b"".join(filter(None, [credit(server, 0)])))
    assert (await connection.request("POST", URL, content=b"x")).content == b"hello"
    await connection.aclose()


def credit(server: Server, stream_id: int) -> bytes | None:
    server.h2.increment_flow_control_window(60_000, stream_id or None)
    return server.output()


async def test_a_window_may_become_negative() -> None:
    def begun(server: Server, stream_id: int) -> None:
        server.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 10})

    def answer(server: Server, stream_id: int) -> None:
        server.respond(stream_id, b"%d" % len(server.seen[stream_id].content))

    server = Server(answer, begun=begun, credits=False)
    connection, stream = async_meet(server)
    with pytest.raises(WriteTimeout):
        await connection.request(
            "POST", URL, content=CONTENT, extensions={"timeout": {"write": 0.02}}
        )
    server.h2.increment_flow_control_window(100_000)
    stream.feed(b"".join(filter(None, [server.output()])))
    response = await connection.request("POST", URL, content=b"0123456789")
    assert response.content == b"10"
    await connection.aclose()


async def test_an_early_response_ends_the_upload() -> None:
    def begun(server: Server, stream_id: int) -> None:
        server.head(stream_id, b"413")
        server.send(stream_id, b"too large", end=True)

    server = Server(begun=begun, credits=False)
    connection, _ = async_meet(server)
    response = await connection.request("POST", URL, content=CONTENT)
    assert response.status == 413
    assert response.content == b"too large"
    assert server.seen[1].reset == h2.errors.ErrorCodes.NO_ERROR
    assert not server.seen[1].ended
    await connection.aclose()


async def test_an_early_response_followed_by_no_error_counts() -> None:
    def begun(server: Server, stream_id: int) -> None:
        server.head(stream_id, b"200")
        server.send(stream_id, b"enough", end=True)
        server.h2.reset_stream(stream_id, h2.errors.ErrorCodes.NO_ERROR)

    server = Server(begun=begun, credits=False)
    connection, _ = async_meet(server)
    ended = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield bytes(1000)
        finally:
            ended.append(True)

    response = await connection.request("POST", URL, content=endless())
    assert response.content == b"enough"
    assert ended == [True]
    await connection.aclose()


async def test_a_reset_ends_the_upload_with_an_error() -> None:
    def begun(server: Server, stream_id: int) -> None:
        server.h2.reset_stream(stream_id, h2.errors.ErrorCodes.INTERNAL_ERROR)

    connection, _ = async_meet(Server(begun=begun, credits=False))
    with pytest.raises(RemoteProtocolError, match="INTERNAL_ERROR") as caught:
        await connection.request("POST", URL, content=CONTENT)
    assert not caught.value.safe_to_retry
    assert connection.is_idle()
    await connection.aclose()


async def test_request_trailers() -> None:
    server = Server(Server.echo)
    connection, _ = async_meet(server)
    extensions: dict[str, Any] = {"trailers": [(b"X-Sum", b"42")]}
    response = await connection.request("POST", URL, content=b"content", extensions=extensions)
    assert response.content == b"content"
    assert server.seen[1].trailers == [(b"x-sum", b"42")]
    extensions = {"trailers": lambda: [(b"x-late", b"known now")]}
    await connection.request("POST", URL, content=async_pieces(b"1"), extensions=extensions)
    assert server.seen[3].trailers == [(b"x-late", b"known now")]
    await connection.request("POST", URL, extensions={"trailers": list})
    assert server.seen[5].ended
    assert server.seen[5].trailers is None
    await connection.aclose()


async def test_trailers_that_may_not_be_sent_are_refused() -> None:
    connection, _ = async_meet()
    for trailer, sentence in (
        ((b"transfer-encoding", b"chunked"), "framing"),
        ((b"bad name", b""), "token"),
    ):
        with pytest.raises(LocalProtocolError, match=sentence):
            await connection.request("POST", URL, content=b"x", extensions={"trailers": [trailer]})
    assert connection.is_idle()
    await connection.aclose()


async def test_an_answer_counts_though_writing_has_failed() -> None:
    def begun(server: Server, stream_id: int) -> None:
        server.head(stream_id, b"413", (b"", b""))

    options = {"write_steps": [None, WriteError("broken pipe")], "suspend": False}
    connection, stream = async_meet(Server(begun=begun), stream=options)
    response = await connection.request("POST", URL, content=async_pieces(b"1", b"2"))
    assert response.status == 413
    assert connection.is_closed()
    assert stream.is_closed


async def test_writing_fails_and_no_answer_has_come() -> None:
    for ending in (END, STALL):
        options: dict[str, Any] = {
            "write_steps": [WriteError("broken pipe")],
            "extra_info": {"is_readable": False},
            "at_end": ending,
        }
        connection, stream = async_meet(Server(), stream=options)
        with pytest.raises(WriteError, match="broken pipe") as caught:
            await connection.request("GET", URL)
        assert caught.value.safe_to_retry
        assert caught.value.bytes_sent == 0
        assert stream.is_closed
        assert connection.is_closed()
