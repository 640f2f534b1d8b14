"""How requests leave: in as few writes as can be, of the declared length, and not on when an answer has come."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from httpcore_http11 import AsyncHTTP11Connection
from httpcore_interfaces import (
    LocalProtocolError,
    Origin,
    ReadError,
    RemoteProtocolError,
    Request,
    Timeouts,
    WriteError,
    WriteTimeout,
)
from httpcore_interfaces.testing import END, STALL, TURN, AsyncScriptedStream, Step, Steps

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ORIGIN = Origin(b"http", b"a", 80)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
BIG = bytes(range(256)) * 4096
HUGE = BIG * 4


class AsyncPieces:
    """A body of these pieces, with a note of how far it was read, and of its closing."""

    def __init__(self, *pieces: Any) -> None:
        self.pieces = pieces
        self.given = 0
        self.closed = False

    def __aiter__(self) -> AsyncPieces:
        return self

    async def __anext__(self) -> Any:
        if self.given == len(self.pieces):
            raise StopAsyncIteration
        self.given += 1
        piece = self.pieces[self.given - 1]
        if isinstance(piece, Exception):
            raise piece
        return piece

    async def aclose(self) -> None:
        self.closed = True


class AsyncFile:
    """A file that was opened for reading."""

    def __init__(self, content: bytes) -> None:
        self.file = io.BytesIO(content)
        self.sizes: list[int] = []

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError("a file is not read line by line")

    async def read(self, size: int) -> bytes:
        self.sizes.append(size)
        return self.file.read(size)

    async def readinto(self, buffer: bytearray) -> int:
        raise AssertionError("it is there to be seen, not to be called")


def length(size: int) -> dict[str, str]:
    return {"Content-Length": str(size)}


def answering(end: bytes, *answer: Step, **more: Any) -> AsyncScriptedStream:
    """A server that answers when what it has received ends so."""
    received = bytearray()

    def on_write(data: bytes) -> Steps | None:
        received.extend(data)
        return answer if received.endswith(end) else None

    return AsyncScriptedStream([], at_end=STALL, on_write=on_write, **more)


async def post(
    stream: AsyncScriptedStream, content: Any, headers: dict[str, str] | None = None, **more: Any
) -> tuple[AsyncHTTP11Connection, Any]:
    connection = AsyncHTTP11Connection(ORIGIN, stream, continue_timeout=0.01)
    extensions = {"timeout": {"read": 3.0, "write": 3.0}, **more}
    response = await connection.request(
        "POST", "http://a/", content=content, headers=headers, extensions=extensions
    )
    return connection, response


async def test_head_and_small_body_leave_in_one_write() -> None:
    stream = AsyncScriptedStream([TURN, OK, STALL])
    await post(stream, b"hello")
    assert stream.writes == [b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"]


async def test_a_small_body_can_be_one_chunk_in_that_write() -> None:
    stream = AsyncScriptedStream([TURN, OK, STALL])
    await post(stream, b"hello", {"Transfer-Encoding": "chunked"}, trailers=[(b"A", b"1")])
    assert stream.writes == [CHUNKED + b"5\r\nhello\r\n0\r\nA: 1\r\n\r\n"]


async def test_a_large_body_leaves_in_large_writes() -> None:
    stream = answering(HUGE, OK)
    await post(stream, HUGE)
    assert stream.written.endswith(HUGE)
    assert [len(data) for data in stream.writes[1:]] == [1_048_576] * 4


async def test_the_first_piece_goes_with_the_head_when_the_length_is_known() -> None:
    stream = answering(b"hello", OK)
    await post(stream, AsyncPieces(b"hel", b"lo"), length(5))
    assert stream.writes == [b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", b"lo"]


async def test_a_large_first_piece_goes_after_the_head() -> None:
    stream = answering(BIG, OK)
    await post(stream, AsyncPieces(BIG), length(len(BIG)))
    assert [len(data) for data in stream.writes] == [53, len(BIG)]


@pytest.mark.parametrize("pieces", [(), (b"",), (b"", bytearray(), b"")])
async def test_an_empty_body_of_known_length(pieces: tuple[bytes, ...]) -> None:
    stream = AsyncScriptedStream([TURN, OK, STALL])
    connection, _ = await post(stream, AsyncPieces(*pieces), length(0))
    assert stream.writes == [b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"]
    assert connection.is_idle()


async def test_the_head_does_not_wait_for_a_chunked_body() -> None:
    stream = answering(b"0\r\n\r\n", OK)
    written: list[bytes] = []

    class AsyncLate(AsyncPieces):
        async def __anext__(self) -> Any:
            written.append(stream.written)
            return await super().__anext__()

    await post(stream, AsyncLate(b"hello", b"", bytearray(b"x"), memoryview(b"yz")))
    assert written[0] == CHUNKED
    assert stream.writes[1:] == [b"5\r\nhello\r\n", b"1\r\nx\r\n", b"2\r\nyz\r\n", b"0\r\n\r\n"]


async def test_large_chunks_are_not_copied() -> None:
    stream = answering(b"0\r\n\r\n", OK)
    await post(stream, AsyncPieces(BIG))
    assert stream.writes == [CHUNKED, b"100000\r\n", BIG, b"\r\n", b"0\r\n\r\n"]


async def test_a_file_is_read_in_blocks() -> None:
    stream = answering(BIG[:300_000], OK)
    file = AsyncFile(BIG[:300_000])
    await post(stream, file, length(300_000))
    assert file.sizes == [262_144] * 3
    assert stream.written.endswith(BIG[:300_000])


async def test_the_size_of_a_file_is_compared_before_anything_is_sent() -> None:
    class AsyncSeekable(AsyncFile):
        async def tell(self) -> int:
            return self.file.tell()

        async def seek(self, offset: int, whence: int = 0) -> int:
            return self.file.seek(offset, whence)

    file = AsyncSeekable(b"0123456789")
    await file.seek(4)
    stream = answering(b"456789", OK)
    await post(stream, file, length(6))
    await file.seek(4)
    stream = AsyncScriptedStream([])
    with pytest.raises(LocalProtocolError, match="the body has 6 bytes, but Content-Length decl"):
        await post(stream, file, length(10))
    assert stream.writes == []
    assert file.file.tell() == 4


async def test_a_file_that_does_not_wait_has_not_ended() -> None:
    class AsyncImpatient(AsyncFile):
        async def read(self, size: int) -> Any:
            return await super().read(2) or None

    stream = AsyncScriptedStream([], at_end=STALL)
    with pytest.raises(TypeError, match="the pieces of a body must be bytes, but got NoneType"):
        await post(stream, AsyncImpatient(b"hello"))
    assert stream.is_closed


async def test_a_buffer_is_the_callers_again_when_it_has_been_sent() -> None:
    class AsyncReused(AsyncPieces):
        async def __anext__(self) -> Any:
            self.buffer.clear()
            self.buffer += await super().__anext__()
            return self.buffer

        buffer = bytearray()

    stream = answering(b"0\r\n\r\n", OK)
    await post(stream, AsyncReused(b"a", BIG, b"b"))
    assert stream.written.endswith(b"\r\n1\r\nb\r\n0\r\n\r\n")


@pytest.mark.parametrize("piece", ["text", 5, None])
async def test_pieces_must_be_bytes(piece: Any) -> None:
    stream = AsyncScriptedStream([TURN, STALL])
    with pytest.raises(TypeError, match="the pieces of a body must be bytes, but got"):
        await post(stream, AsyncPieces(piece), length(5))
    assert stream.writes == []
    assert not stream.is_closed


async def test_a_body_must_fit_the_world_it_is_sent_from() -> None:
    stream = AsyncScriptedStream([])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    request = Request("POST", "http://a/", headers={"Host": "a", "Content-Length": "5"})
    request.stream = 5  # type: ignore[assignment]
    with pytest.raises(TypeError, match="the body of an asynchronous request must be bytes or"):
        await connection.handle_async_request(request)
    assert connection.is_idle()


# Lengths.


@pytest.mark.parametrize(
    ("pieces", "message", "written"),
    [
        ([b"hello!"], "at least 6 bytes, but Content-Length declares 5; 0 bytes", b""),
        ([b"hel", b"lo!"], "at least 6 bytes, but Content-Length declares 5; 3 bytes", b"hel"),
        ([b"hel"], "ended after 3 bytes, but Content-Length declares 5", b"hel"),
        ([], "ended after 0 bytes, but Content-Length declares 5", b""),
        ([BIG], "at least 1048576 bytes, but Content-Length declares 5", b""),
        ([b"h", BIG], "at least 1048577 bytes, but Content-Length declares 5", b"h"),
    ],
)
async def test_a_wrong_length_is_found_as_early_as_can_be(
    pieces: list[bytes], message: str, written: bytes
) -> None:
    stream = AsyncScriptedStream([], at_end=STALL)
    body = AsyncPieces(*pieces)
    with pytest.raises(LocalProtocolError, match=message):
        await post(stream, body, length(5))
    assert stream.written.partition(b"\r\n\r\n")[2] == written
    assert stream.is_closed is bool(stream.written)
    assert body.closed


async def test_content_that_nothing_declares_is_refused_before_anything_is_sent() -> None:
    stream = AsyncScriptedStream([])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    body = AsyncPieces(b"", b"x")
    request = Request("GET", "http://a/", headers={"Host": "a"}, content=body)
    with pytest.raises(LocalProtocolError, match="neither Content-Length nor Transfer-Encoding"):
        await connection.handle_async_request(request)
    assert stream.writes == []
    assert connection.is_idle()
    assert body.closed


@pytest.mark.parametrize("headers", [length(len(BIG) + 1), {**length(5), "Expect": "100-continue"}])
async def test_a_known_length_is_compared_before_anything_is_sent(headers: Any) -> None:
    stream = AsyncScriptedStream([])
    with pytest.raises(LocalProtocolError, match="1048576 bytes, but Content-Length declares"):
        await post(stream, BIG, headers)
    assert stream.writes == []
    assert not stream.is_closed


async def test_an_error_of_the_body_is_the_callers_own() -> None:
    stream = AsyncScriptedStream([], at_end=STALL)
    body = AsyncPieces(b"a", ValueError("mine"))
    with pytest.raises(ValueError, match="mine"):
        await post(stream, body)
    assert stream.is_closed
    assert body.closed


# Trailers.


async def test_trailers_are_asked_for_when_the_body_is_sent() -> None:
    body = AsyncPieces(b"a", b"b")
    asked_at: list[int] = []

    def trailers() -> list[tuple[bytes, bytes]]:
        asked_at.append(body.given)
        return [(b"X-Sum", b"1")]

    stream = answering(b"0\r\nX-Sum: 1\r\n\r\n", OK)
    await post(stream, body, trailers=trailers)
    assert stream.writes[-1] == b"0\r\nX-Sum: 1\r\n\r\n"
    assert asked_at == [2]


async def test_trailers_without_chunks_are_refused_before_anything_is_sent() -> None:
    stream = AsyncScriptedStream([])
    with pytest.raises(LocalProtocolError, match="trailers need"):
        await post(stream, b"a", trailers=[(b"A", b"b")])
    assert stream.writes == []


async def test_no_trailers_need_no_chunks() -> None:
    stream = AsyncScriptedStream([TURN, OK, STALL])
    _, response = await post(stream, b"a", trailers=[])
    assert response.status == 200


@pytest.mark.parametrize(
    ("trailers", "error", "message"),
    [
        ([(b"A", b"b\r\n")], LocalProtocolError, "the value of the trailer b'A' has the illegal"),
        ([(b"Content-Length", b"1")], LocalProtocolError, "must not be sent as a trailer"),
        ([("A", "b")], TypeError, "trailer name must be bytes, but got str"),
        ({b"A": b"b"}, TypeError, "trailers must be a list of pairs of bytes, .* but got dict"),
    ],
)
async def test_trailers_that_are_known_are_checked_before_anything_is_sent(
    trailers: Any, error: type[Exception], message: str
) -> None:
    stream = AsyncScriptedStream([])
    body = AsyncPieces(b"a")
    with pytest.raises(error, match=message):
        await post(stream, body, trailers=trailers)
    assert stream.writes == []
    assert body.given == 0


# Answers that come early.


async def test_an_early_answer_stops_the_sending() -> None:
    stream = answering(b"1\r\nb\r\n", TOO_LARGE)
    body = AsyncPieces(b"a", b"b", b"c", b"d", b"e")
    connection, response = await post(stream, body)
    assert response.status == 413
    assert response.content == b"no"
    assert connection.is_closed()
    assert body.given == 3
    assert body.closed
    assert not stream.written.endswith(b"0\r\n\r\n")


async def test_an_early_answer_to_a_large_known_body() -> None:
    stream = answering(BIG, TOO_LARGE)
    connection, response = await post(stream, HUGE)
    assert response.status == 413
    assert connection.is_closed()
    assert len(stream.written) < len(HUGE)


@pytest.mark.parametrize(("content", "taken"), [(b"small", 0), (BIG, 0), (HUGE, 2)])
async def test_an_answer_is_not_lost_in_a_broken_pipe(content: bytes, taken: int) -> None:
    script: list[Step] = [b"HTTP/1.1 102 x\r\n\r\n" + TOO_LARGE[:20], TOO_LARGE[20:], END]
    steps = [None] * taken + [WriteError("broken pipe")]
    stream = AsyncScriptedStream(script, write_steps=steps, extra_info={"is_readable": False})
    connection, response = await post(stream, content)
    assert response.status == 413
    assert response.content == b"no"
    assert connection.is_closed()


@pytest.mark.parametrize("at", range(4))
async def test_nor_in_a_broken_pipe_between_the_parts_of_a_chunk(at: int) -> None:
    steps = [None] * (at + 1) + [WriteError("broken pipe")]
    stream = AsyncScriptedStream(
        [TURN, TOO_LARGE, END], write_steps=steps, extra_info={"is_readable": False}
    )
    _, response = await post(stream, AsyncPieces(BIG))
    assert response.status == 413
    assert len(stream.writes) == at + 1


async def test_nor_between_the_head_and_a_large_first_piece() -> None:
    stream = AsyncScriptedStream(
        [TOO_LARGE, END], write_steps=[WriteError], extra_info={"is_readable": False}
    )
    _, response = await post(stream, AsyncPieces(BIG), length(len(BIG)))
    assert response.status == 413
    assert stream.writes == []


async def test_an_answer_is_not_lost_when_the_server_takes_no_more() -> None:
    stream = AsyncScriptedStream(
        [TOO_LARGE, STALL], write_steps=[WriteTimeout], extra_info={"is_readable": False}
    )
    _, response = await post(stream, b"small")
    assert response.status == 413
    assert ("read", 0.0) in stream.operations


@pytest.mark.parametrize("script", [[END], [ReadError], [b"HTTP/1.1 4", END], [b"X\r\n\r\n"]])
async def test_a_broken_pipe_without_an_answer_is_an_error(script: list[Any]) -> None:
    stream = AsyncScriptedStream(
        script, write_steps=[WriteError("broken pipe")], extra_info={"is_readable": False}
    )
    with pytest.raises(WriteError, match="broken pipe") as info:
        await post(stream, b"small")
    assert info.value.bytes_sent == 0
    assert not info.value.safe_to_retry
    assert stream.is_closed


async def test_a_server_that_leaves_early_stops_the_sending() -> None:
    stream = AsyncScriptedStream([TURN, END])
    body = AsyncPieces(b"a", b"b", b"c")
    with pytest.raises(RemoteProtocolError, match="Server disconnected"):
        await post(stream, body)
    assert body.given == 1
    assert body.closed


async def test_informational_answers_do_not_stop_the_sending() -> None:
    shown = []

    async def show(status: int, fields: Any) -> None:
        shown.append(status)

    early = b"HTTP/1.1 102 x\r\n\r\nHTTP"
    steps = {b"1\r\na\r\n": early, b"0\r\n\r\n": b"/1.1" + OK[8:]}
    stream = AsyncScriptedStream([], at_end=STALL, on_write=steps.get)
    connection, response = await post(stream, AsyncPieces(b"a", b"b", b"c"), informational=show)
    assert response.status == 200
    assert shown == [102]
    assert stream.written.endswith(b"1\r\nc\r\n0\r\n\r\n")
    assert connection.is_idle()


@pytest.mark.parametrize(
    "answer", [OK, b"HTTP/1.1 101 x\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"]
)
async def test_what_comes_after_the_last_byte_is_no_early_answer(answer: bytes) -> None:
    stream = answering(b"hello", answer)
    headers = {**length(5), "Upgrade": "x", "Connection": "Upgrade"}
    connection, response = await post(stream, AsyncPieces(b"hello", b""), headers)
    assert response.status == int(answer[9:12])
    assert connection.is_idle() is (response.status == 200)


async def test_switching_is_no_answer_when_the_pipe_is_broken() -> None:
    script: list[Step] = [b"HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n", END]
    stream = AsyncScriptedStream(
        script, write_steps=[WriteError("broken pipe")], extra_info={"is_readable": False}
    )
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    with pytest.raises(WriteError, match="broken pipe"):
        await connection.request("GET", "http://a/", headers={"Upgrade": "x"})
    assert stream.is_closed


async def test_what_is_readable_may_be_nothing_for_us() -> None:
    stream = answering(b"0\r\n\r\n", OK, extra_info={"is_readable": True})
    _, response = await post(stream, AsyncPieces(b"a"))
    assert response.status == 200
    assert ("read", 0.0) in stream.operations


@pytest.mark.parametrize("content", [b"a", "pieces"])
async def test_a_stream_of_another_make_may_say_so_by_an_error(content: Any) -> None:
    # Before the request, and before the piece: the bytes were session tickets, which Python's own TLS tells like this.
    wants_read = ReadError("the operation did not complete (read)")
    secure = {"is_readable": True, "ssl_object": object()}
    stream = AsyncScriptedStream([wants_read, wants_read, OK], extra_info=secure)
    if content == b"a":
        stream = AsyncScriptedStream([wants_read, OK], extra_info=secure)
    _, response = await post(stream, AsyncPieces(b"a") if content == "pieces" else content)
    assert response.status == 200
    assert stream.written.endswith(b"0\r\n\r\n" if content == "pieces" else b"\r\n\r\na")


async def test_without_tls_such_an_error_is_one() -> None:
    stream = AsyncScriptedStream([ReadError("reset"), OK], extra_info={"is_readable": True})
    with pytest.raises(ReadError, match="reset") as caught:
        await post(stream, b"a")
    assert caught.value.safe_to_retry
    assert stream.writes == []


# Expectations.

EXPECT = {"Expect": "100-continue"}
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize("content", [b"hello", "pieces"])
async def test_the_body_waits_for_the_servers_word(content: Any) -> None:
    shown = []

    async def show(status: int, fields: Any) -> None:
        shown.append(status)

    stream = AsyncScriptedStream([TURN, b"HTTP/1.1 102 x\r\n\r\n", CONTINUE, TURN, OK, STALL])
    if content == "pieces":
        content = AsyncPieces(b"hello")
    connection, response = await post(stream, content, {**EXPECT, **length(5)}, informational=show)
    assert response.status == 200
    assert shown == [102, 100]
    assert stream.writes[0].endswith(b"\r\n\r\n")
    assert stream.writes[1:] == [b"hello"]
    assert [name for name, _ in stream.operations[:4]] == ["write", "read", "read", "write"]
    assert connection.is_idle()


async def test_it_does_not_wait_for_ever() -> None:
    stream = AsyncScriptedStream(
        [], at_end=STALL, on_write=lambda data: [OK] if data == b"hello" else None
    )
    _, response = await post(stream, b"hello", EXPECT)
    assert response.status == 200
    assert stream.writes[1:] == [b"hello"]
    limit = stream.operations[1][1]
    assert limit is not None
    assert limit <= 0.01


async def test_a_final_answer_spares_the_body() -> None:
    stream = AsyncScriptedStream([TURN, b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n", STALL])
    body = AsyncPieces(b"hello")
    connection, response = await post(stream, body, {**EXPECT, **length(5)})
    assert response.status == 417
    assert body.given == 0
    assert connection.is_closed()


async def test_there_is_nothing_to_wait_for_without_a_body() -> None:
    stream = AsyncScriptedStream([TURN, OK, STALL])
    await post(stream, b"", EXPECT)
    assert [name for name, _ in stream.operations] == ["write", "read"]


async def test_a_write_limit_is_used() -> None:
    stream = AsyncScriptedStream([TURN, STALL], write_steps=[STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    request = Request("GET", "http://a/", headers={"Host": "a"})
    with pytest.raises(WriteTimeout):
        await connection.exchange(request, Timeouts(write=0.001, total=9.0))
    assert connection.is_closed()


@pytest.mark.parametrize("content", [b"small", BIG])
async def test_a_write_timeout_says_that_total_was_over(content: bytes) -> None:
    # A large body is written after its head.
    steps = [STALL] if content == b"small" else [None, STALL]
    stream = AsyncScriptedStream([], at_end=STALL, write_steps=steps)
    with pytest.raises(WriteTimeout) as caught:
        await post(stream, content, timeout={"write": 5.0, "total": 0.02})
    error = caught.value
    assert error.message.startswith("total timeout: 0.02 s were over (")
    assert error.message.endswith("; raise the total timeout if the request needs longer")
    assert (error.limit, error.phase) == (0.02, "write request")
    assert stream.is_closed


async def test_a_write_timeout_of_its_own_does_not_say_that_total_was_over() -> None:
    stream = AsyncScriptedStream([], at_end=STALL, write_steps=[STALL])
    with pytest.raises(WriteTimeout) as caught:
        await post(stream, b"small", timeout={"write": 0.02, "total": 60.0})
    assert "total" not in caught.value.message
    assert caught.value.limit == 0.02
