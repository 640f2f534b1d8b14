"""How a connection, or a part of it, ends: GOAWAY, resets, end of file, errors, and what can be tried again."""

from collections.abc import AsyncIterator
from typing import Any

import h2.errors
import h2.events
import h2.settings
import pytest

from httpcore_interfaces import (
    ConnectionNotAvailable,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    Request,
    WriteError,
    WriteTimeout,
)
from httpcore_interfaces.testing import END

from ..servers import Server
from .meeting import URL, AsyncObserver, async_meet

NOW = {"timeout": {"read": 0.02}}


async def test_a_reset_is_an_error_of_one_request() -> None:
    def answer(server: Server, stream_id: int) -> None:
        if stream_id == 1:
            server.h2.reset_stream(stream_id, h2.errors.ErrorCodes.INTERNAL_ERROR)
        else:
            server.hello(stream_id)

    connection, _ = async_meet(Server(answer))
    with pytest.raises(RemoteProtocolError, match="reset the stream") as caught:
        await connection.request("GET", URL)
    assert caught.value.phase == "read response head"
    assert caught.value.reused is False
    assert caught.value.safe_to_retry  # GET, and not one byte came back
    assert (await connection.request("GET", URL)).content == b"hello"
    await connection.aclose()


async def test_a_reset_in_the_body_comes_after_what_has_arrived() -> None:
    def answer(server: Server, stream_id: int) -> None:
        server.respond(stream_id, b"half", end=False)
        server.h2.reset_stream(stream_id, 0x99)

    connection, _ = async_meet(Server(answer))
    response = await connection.handle_async_request(Request("GET", URL))
    chunks: Any = response.stream
    assert await chunks.__anext__() == b"half"
    with pytest.raises(RemoteProtocolError, match="153") as caught:
        await chunks.__anext__()
    assert caught.value.phase == "read response body"
    assert caught.value.bytes_received
    assert not caught.value.safe_to_retry
    assert connection.is_idle()
    await connection.aclose()


async def test_a_refused_stream_can_be_sent_again_whatever_its_method() -> None:
    def answer(server: Server, stream_id: int) -> None:
        server.h2.reset_stream(stream_id, h2.errors.ErrorCodes.REFUSED_STREAM)

    connection, _ = async_meet(Server(answer))
    with pytest.raises(RemoteProtocolError, match="REFUSED_STREAM") as caught:
        await connection.request("POST", URL, content=b"content")
    assert caught.value.safe_to_retry
    await connection.aclose()


async def test_goaway_fails_what_was_not_accepted_and_lets_the_rest_finish() -> None:
    connection, stream = async_meet(server := Server(Server.keep_silent))
    observer = AsyncObserver()
    connection.observe(observer)
    first = Request("POST", URL, extensions=NOW)
    with pytest.raises(ReadTimeout):
        await connection.handle_async_request(first)
    server.go_away(1)
    stream.feed(server.output() or b"")
    # It is found out before anything of the next request is used up.
    with pytest.raises(ConnectionNotAvailable):
        await connection.handle_async_request(Request("GET", URL))
    assert observer.changed == 1
    assert connection.is_closed()
    assert stream.is_closed


async def test_goaway_below_a_request_makes_it_safe_to_retry() -> None:
    def answer(server: Server, stream_id: int) -> None:
        server.go_away(0, h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)

    connection, stream = async_meet(Server(answer))
    observer = AsyncObserver()
    connection.observe(observer)
    with pytest.raises(RemoteProtocolError, match="ENHANCE_YOUR_CALM") as caught:
        await connection.request("POST", URL, content=b"content")
    assert caught.value.safe_to_retry
    assert caught.value.bytes_sent
    assert observer.ended == 1
    assert connection.is_closed()
    assert stream.is_closed


async def test_a_response_goes_on_after_goaway() -> None:
    def answer(server: Server, stream_id: int) -> None:
        server.head(stream_id)
        head = server.h2.data_to_send()
        server.h2.send_data(stream_id, b"after", end_stream=True)
        content = server.h2.data_to_send()
        server.go_away(stream_id)
        server.then = [head + server.h2.data_to_send(), content]

    connection, stream = async_meet(Server(answer))
    observer = AsyncObserver()
    connection.observe(observer)
    request = Request("GET", URL)
    response = await connection.handle_async_request(request)
    assert not connection.is_available()
    assert not connection.is_closed()
    assert connection.stream_limit() == 0
    assert "DRAINING" in connection.info()
    assert observer.changed == 1
    with pytest.raises(ConnectionNotAvailable):
        await connection.handle_async_request(request)
    assert await response.aread() == b"after"
    assert connection.is_closed()
    assert stream.is_closed
    assert observer.ended == 1


async def test_the_end_of_file_ends_requests_under_way() -> None:
    connection, stream = async_meet(server := Server(Server.keep_silent))
    server.then = [END]
    with pytest.raises(RemoteProtocolError, match="closed the connection") as caught:
        await connection.request("POST", URL, content=b"1")
    assert not caught.value.safe_to_retry
    assert connection.is_closed()
    assert stream.is_closed


async def test_a_read_error_ends_requests_under_way() -> None:
    connection, stream = async_meet(server := Server(Server.keep_silent))
    server.then = [ReadError("reset by peer")]
    with pytest.raises(ReadError, match="reset by peer") as caught:
        await connection.request("GET", URL)
    assert caught.value.safe_to_retry
    assert isinstance(caught.value.__cause__, ReadError)
    assert connection.is_closed()
    assert stream.is_closed


async def test_closing_ends_requests_under_way() -> None:
    connection, stream = async_meet(Server(Server.keep_silent))
    with pytest.raises(ReadTimeout):
        await connection.request("GET", URL, extensions=NOW)
    response_to_come = Server(lambda server, stream_id: server.head(stream_id))
    connection, stream = async_meet(response_to_come)
    response = await connection.handle_async_request(Request("GET", URL))
    await connection.aclose()
    assert stream.is_closed
    with pytest.raises(ReadError, match="was closed while"):
        await response.aread()
    with pytest.raises(ConnectionNotAvailable):
        await connection.request("GET", URL)


async def test_closing_says_goaway_unless_nobody_listens() -> None:
    server = Server()
    connection, _ = async_meet(server)
    await connection.request("GET", URL)
    await connection.aclose()
    assert len(server.of(h2.events.ConnectionTerminated)) == 1
    connection, stream = async_meet(server, stream={"write_steps": [WriteError("gone")]})
    await connection.aclose()
    assert stream.is_closed


async def test_a_server_that_breaks_the_protocol_is_told_and_left() -> None:
    server = Server(Server.keep_silent)
    connection, stream = async_meet(server)
    # Content for a stream that was never opened.
    server.then = [b"\x00\x00\x00\x00\x00\x00\x00\x00\x07"]
    with pytest.raises(RemoteProtocolError, match="broke HTTP/2"):
        await connection.request("GET", URL)
    assert connection.is_closed()
    assert stream.is_closed
    assert len(server.of(h2.events.ConnectionTerminated)) == 1


async def test_the_read_timeout_is_of_one_request_and_frees_its_stream() -> None:
    def answer(server: Server, stream_id: int) -> None:
        if stream_id > 1:
            server.hello(stream_id)

    server = Server(answer)
    connection, _ = async_meet(server)
    with pytest.raises(ReadTimeout, match="sent nothing for this request") as caught:
        await connection.request("GET", URL, extensions=NOW)
    assert caught.value.limit == 0.02
    assert caught.value.elapsed is not None
    assert caught.value.safe_to_retry
    assert server.seen[1].reset == h2.errors.ErrorCodes.CANCEL
    assert (await connection.request("GET", URL)).content == b"hello"
    await connection.aclose()


async def test_the_total_limits_all_of_it() -> None:
    connection, _ = async_meet(Server(Server.keep_silent))
    with pytest.raises(ReadTimeout):
        await connection.request("GET", URL, extensions={"timeout": {"total": 0.02}})
    await connection.aclose()


async def test_a_read_timeout_in_the_body_resets_the_stream() -> None:
    server = Server(lambda server, stream_id: server.respond(stream_id, b"half", end=False))
    connection, _ = async_meet(server)
    response = await connection.handle_async_request(Request("GET", URL, extensions=NOW))
    with pytest.raises(ReadTimeout) as caught:
        await response.aread()
    assert caught.value.phase == "read response body"
    assert server.seen[1].reset == h2.errors.ErrorCodes.CANCEL
    assert connection.is_idle()
    await connection.aclose()


async def test_an_early_close_resets_the_stream_and_credits_what_came() -> None:
    server = Server(lambda server, stream_id: server.respond(stream_id, bytes(3_000_000)))
    connection, _ = async_meet(server)
    for _ in range(300):
        response = await connection.handle_async_request(Request("GET", URL))
        await response.aclose()
    assert {seen.reset for seen in server.seen.values()} == {h2.errors.ErrorCodes.CANCEL}
    assert (
        len(await (await connection.handle_async_request(Request("GET", URL))).aread()) == 3_000_000
    )
    # What is not credited yet is less than half the connection's window.
    assert server.h2.outbound_flow_control_window > 128 * 1024 * 1024
    await connection.aclose()


async def test_the_stream_limit_is_the_servers() -> None:
    settings = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: 1}
    connection, _ = async_meet(Server(settings=settings))
    observer = AsyncObserver()
    connection.observe(observer)
    first = await connection.handle_async_request(Request("GET", URL))
    assert connection.stream_limit() == 1
    assert observer.changed == 1
    assert not connection.is_available()
    with pytest.raises(ConnectionNotAvailable):
        await connection.handle_async_request(Request("GET", URL))
    assert observer.ended == 0
    await first.aread()
    assert connection.is_available()
    await connection.aclose()


async def test_what_came_while_it_was_idle_is_looked_at_first() -> None:
    connection, stream = async_meet(server := Server())
    await connection.request("GET", URL)
    server.h2.ping(b"12345678")
    stream.feed(server.output() or b"")
    assert not connection.has_expired()
    assert (await connection.request("GET", URL)).content == b"hello"
    assert len(server.of(h2.events.PingAckReceived)) == 1
    stream.feed(END)
    observer = AsyncObserver()
    connection.observe(observer)
    with pytest.raises(ConnectionNotAvailable):
        await connection.request("GET", URL)
    assert observer.changed == 1
    assert observer.ended == 0
    assert stream.is_closed


async def test_an_error_while_it_was_idle() -> None:
    connection, stream = async_meet()
    await connection.request("GET", URL)
    stream.feed(ReadError("reset"))
    with pytest.raises(ConnectionNotAvailable):
        await connection.request("GET", URL)
    assert stream.is_closed


async def test_a_write_that_was_cut_short_is_taken_up_where_the_stream_counts() -> None:
    server = Server()
    connection, _ = async_meet(server, stream={"write_steps": [WriteTimeout("slow")]})
    with pytest.raises(WriteTimeout) as caught:
        await connection.request("POST", URL, content=b"content")
    assert caught.value.safe_to_retry
    assert connection.is_idle()
    assert (await connection.request("GET", URL)).content == b"hello"
    assert server.seen[1].content == b"content"
    assert server.seen[1].reset == h2.errors.ErrorCodes.CANCEL
    await connection.aclose()


async def test_a_write_that_was_cut_short_ends_a_connection_whose_stream_does_not_count() -> None:
    connection, stream = async_meet(
        Server(), counts=False, stream={"write_steps": [WriteTimeout("slow")]}
    )
    with pytest.raises(WriteTimeout):
        await connection.request("GET", URL)
    assert connection.is_closed()
    assert stream.is_closed


async def test_nothing_can_be_written_after_a_response() -> None:
    server = Server(lambda server, stream_id: server.head(stream_id))
    connection, stream = async_meet(
        server, stream={"write_steps": [None, None, WriteError("gone")]}
    )
    observer = AsyncObserver()
    connection.observe(observer)
    response = await connection.handle_async_request(Request("GET", URL))
    await response.aclose()
    assert observer.ended == 1
    assert connection.is_closed()
    assert stream.is_closed


async def test_what_seems_readable_may_hold_nothing_for_us() -> None:
    # Over TLS it may be a session ticket, or a part of a record.
    connection, _ = async_meet(stream={"extra_info": {"is_readable": True}})
    assert (await connection.request("GET", URL)).content == b"hello"
    await connection.aclose()


class Stop(BaseException):
    """What no program expects."""


async def test_whatever_is_raised_while_absorbing_leaves_the_connection_whole() -> None:
    connection, stream = async_meet(server := Server(), stream={"fail_at": 1, "error": Stop})
    stream.feed(server.output() or b"")
    with pytest.raises(Stop):
        await connection.request("GET", URL)
    assert (await connection.request("GET", URL)).content == b"hello"
    await connection.aclose()


async def test_a_request_does_not_wait_until_the_server_has_nothing_more_to_say() -> None:
    connection, stream = async_meet(Server())
    assert (await connection.request("GET", URL)).content == b"hello"
    # WINDOW_UPDATE, each read by itself.
    for _ in range(20):
        stream.feed(bytes([0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1]))
    assert (await connection.request("GET", URL)).content == b"hello"
    await connection.aclose()


async def test_whatever_content_raises_resets_the_stream() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"content"
        raise Stop

    server = Server()
    connection, _ = async_meet(server)
    with pytest.raises(Stop):
        await connection.request("POST", URL, content=broken())
    assert server.seen[1].reset == h2.errors.ErrorCodes.CANCEL
    assert connection.is_idle()
    await connection.aclose()
