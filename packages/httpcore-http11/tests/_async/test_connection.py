"""The life of a connection: exchanges, states, reuse, expiry, closing, and what an observer is told."""

from __future__ import annotations

from inspect import iscoroutinefunction
from sys import getrefcount
from typing import Any

import pytest

from httpcore_http11 import AsyncHTTP11Connection, Limits
from httpcore_http11._core.states import CLOSED
from httpcore_interfaces import (
    URL,
    AsyncNetworkStream,
    ConnectionNotAvailable,
    HTTPCoreError,
    LocalProtocolError,
    Origin,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    Request,
    StreamClosed,
    StreamConsumed,
    Timeouts,
)
from httpcore_interfaces.testing import (
    END,
    STALL,
    TURN,
    AsyncScriptedStream,
    Step,
    check_async_byte_stream,
)

ORIGIN = Origin(b"http", b"a.example", 80)
HOST = [(b"Host", b"a.example")]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class AsyncObserver:
    """Notes what it is told, and in which state the connection was then."""

    def __init__(self, connection: AsyncHTTP11Connection, dropped: bool = False) -> None:
        self.connection = connection
        self.dropped = dropped
        self.told: list[str] = []
        connection.observe(self)

    def exchange_ended(self, limit: int) -> bool:
        self.told.append("closed" if self.connection.is_closed() else "open")
        return self.dropped

    def capacity_changed(self) -> None:
        self.told.append("capacity")

    def response_dropped(self, body: object) -> None:
        raise AssertionError("no response is dropped here")

    async def aclose_dropped(self) -> None:
        self.told.append("dropped")


async def test_a_closed_connection_keeps_nobody_who_was_told() -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream())
    observer = AsyncObserver(connection)
    before = getrefcount(observer)
    await connection.aclose()
    assert getrefcount(observer) == before - 1


def test_it_shows_itself_as_httpcore_does() -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream())
    assert (
        repr(connection) == "<AsyncHTTP11Connection ['http://a.example:80', NEW, Request Count: 0]>"
    )
    assert connection.info() == "'http://a.example:80', HTTP/1.1, NEW, Request Count: 0"
    assert connection.can_handle_request(Origin(b"http", b"a.example", 80))
    assert not connection.can_handle_request(Origin(b"http", b"a.example", 81))
    assert connection.is_available()
    assert not connection.is_idle()
    assert not connection.is_closed()
    assert not connection.has_expired()
    assert connection.stream_limit() == 1


async def test_requests_follow_each_other() -> None:
    stream = AsyncScriptedStream([TURN, OK, TURN, OK, STALL])
    async with AsyncHTTP11Connection(ORIGIN, stream) as connection:
        response = await connection.request("GET", "http://a.example/")
        assert response.status == 200
        assert response.content == b"hello"
        assert response.extensions == {
            "http_version": b"HTTP/1.1",
            "reason_phrase": b"OK",
            "network_stream": stream,
        }
        assert connection.is_idle()
        assert connection.is_available()
        response = await connection.request("POST", "http://a.example/x", content=b"ab")
        assert response.content == b"hello"
        assert connection.info() == "'http://a.example:80', HTTP/1.1, IDLE, Request Count: 2"
    assert stream.writes == [
        b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nab",
    ]
    assert stream.closes == 1
    assert connection.is_closed()


async def test_a_request_for_another_origin_is_refused() -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream())
    with pytest.raises(RuntimeError, match=r"request to http://b\.example:80 on connection to"):
        await connection.request("GET", "http://b.example/")
    assert connection.info() == "'http://a.example:80', HTTP/1.1, NEW, Request Count: 0"


async def test_a_busy_or_closed_connection_takes_no_request() -> None:
    stream = AsyncScriptedStream([TURN, OK, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    assert not connection.is_available()
    assert "ACTIVE" in connection.info()
    assert connection.stream_limit() == 1
    with pytest.raises(ConnectionNotAvailable, match="is ACTIVE"):
        await connection.request("GET", "http://a.example/")
    assert observer.told == []
    assert await response.aread() == b"hello"
    await connection.aclose()
    await connection.aclose()
    with pytest.raises(ConnectionNotAvailable, match="is CLOSED"):
        await connection.request("GET", "http://a.example/")
    assert connection.stream_limit() == 0
    assert observer.told == ["open"]


async def test_the_observer_is_told_once_for_every_exchange() -> None:
    stream = AsyncScriptedStream([TURN, OK, TURN, OK + b"unasked", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection, dropped=True)
    response = await connection.exchange(
        Request("GET", "http://a.example/", headers=HOST), Timeouts()
    )
    await response.aread()
    await response.aclose()
    assert observer.told == ["open", "dropped"]
    response = await connection.exchange(
        Request("GET", "http://a.example/", headers=HOST), Timeouts()
    )
    await response.aread()
    assert observer.told == ["open", "dropped", "closed", "dropped"]
    assert stream.is_closed


async def test_unread_bytes_condemn_the_connection() -> None:
    stream = AsyncScriptedStream([TURN, OK + b"HTTP/1.1 200 OK\r\n\r\n", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.request("GET", "http://a.example/")
    assert response.content == b"hello"
    assert connection.is_closed()


async def test_bytes_before_a_request_condemn_the_connection() -> None:
    stream = AsyncScriptedStream([TURN, OK, OK])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    await connection.request("GET", "http://a.example/")
    assert connection.has_expired()
    with pytest.raises(ConnectionNotAvailable):
        await connection.request("GET", "http://a.example/")
    assert connection.is_closed()
    assert stream.writes == [b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"]


@pytest.mark.parametrize(
    ("expiry", "hint", "after", "expired"),
    [
        (5.0, b"", 4.9, False),
        (5.0, b"", 5.1, True),
        (None, b"Keep-Alive: timeout=5\r\n", 3.9, False),
        (None, b"Keep-Alive: timeout=5\r\n", 4.1, True),
        (2.0, b"Keep-Alive: timeout=5\r\n", 2.1, True),
        (9.0, b"Keep-Alive: timeout=5\r\n", 4.1, True),
        (None, b"Keep-Alive: timeout=0\r\n", 0.1, True),
        (None, b"", 1e9, False),
    ],
)
async def test_an_idle_connection_expires(
    expiry: float | None,
    hint: bytes,
    after: float,
    expired: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr("httpcore_http11._async.connection.monotonic", lambda: now[0])
    head = b"HTTP/1.1 200 OK\r\n" + hint + b"Content-Length: 0\r\n\r\n"
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, head, STALL]), expiry)
    await connection.request("GET", "http://a.example/")
    assert not connection.has_expired()
    now[0] += after
    assert connection.has_expired() is expired


async def test_an_expired_connection_refuses_an_exchange_at_the_door() -> None:
    stream = AsyncScriptedStream([TURN, OK, OK])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    await connection.request("GET", "http://a.example/")
    with pytest.raises(ConnectionNotAvailable, match="has expired") as caught:
        await connection.exchange(Request("GET", "http://a.example/", headers=HOST), Timeouts())
    assert caught.value.bytes_sent is None
    assert connection.is_idle()
    assert observer.told == ["open"]
    assert len(stream.writes) == 1


async def test_a_connection_that_cannot_be_looked_at_is_closed_and_that_is_told() -> None:
    class AsyncBlind(AsyncScriptedStream):
        blind = False

        def get_extra_info(self, info: str) -> object:
            if self.blind:
                raise ZeroDivisionError
            return super().get_extra_info(info)

    stream = AsyncBlind([TURN, OK, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    await connection.request("GET", "http://a.example/")
    stream.blind = True
    with pytest.raises(ZeroDivisionError):
        await connection.exchange(Request("GET", "http://a.example/", headers=HOST), Timeouts())
    assert connection.is_closed()
    assert stream.is_closed
    assert observer.told == ["open", "closed"]


def read_at_once() -> Request:
    request = Request("GET", "http://a.example/", headers=HOST)
    request.reads_whole = True
    return request


async def test_connection_that_another_closes_while_it_is_looked_at_takes_no_request() -> None:
    class AsyncLookedAt(AsyncScriptedStream):
        is_closing = False

        def get_extra_info(self, info: str) -> Any:
            if self.is_closing:
                connection._state = CLOSED
                return False
            return super().get_extra_info(info)

    stream = AsyncLookedAt([TURN, OK, TURN, OK, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    await connection.request("GET", "http://a.example/")
    written = stream.written
    stream.is_closing = True
    with pytest.raises(ConnectionNotAvailable, match="is CLOSED"):
        await connection.exchange(read_at_once(), Timeouts())
    assert connection.is_closed()
    assert stream.written == written


@pytest.mark.parametrize("reads_whole", [True, False])
async def test_end_is_told_to_who_observed_it_though_another_closes_at_that_moment(
    reads_whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(connection: AsyncHTTP11Connection, hint: float | None) -> float:
        # As `aclose()` by another thread does.
        connection._state = CLOSED
        connection._observer = None
        return 1.0

    stream = AsyncScriptedStream([TURN, OK, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream, keepalive_expiry=1.0)
    observer = AsyncObserver(connection)
    monkeypatch.setattr(AsyncHTTP11Connection, "_expiry", closed)
    request = read_at_once()
    request.reads_whole = reads_whole
    response = await connection.handle_async_request(request)
    assert await response.aread() == b"hello"
    assert observer.told == ["closed"]
    await stream.aclose()


async def test_a_response_that_will_be_read_at_once_frees_the_connection_when_it_is_there() -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, OK, TURN, OK, STALL]))
    observer = AsyncObserver(connection, dropped=True)
    for number in range(2):
        response = await connection.handle_async_request(read_at_once())
        assert connection.is_idle()
        assert observer.told == ["open", "dropped"] * (number + 1)
        assert await response.aread() == b"hello"
        await response.aclose()
    assert observer.told == ["open", "dropped"] * 2


async def test_a_body_that_came_whole_is_read_like_any_other() -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, OK, TURN, OK, STALL]))
    response = await connection.handle_async_request(read_at_once())
    body: Any = response.stream
    assert [chunk async for chunk in body] == [b"hello"]
    with pytest.raises(StreamConsumed):
        aiter(body)
    assert await anext(body, None) is None
    with pytest.raises(StreamConsumed):
        await body.aread_whole()
    await response.aclose()
    with pytest.raises(StreamClosed):
        aiter(body)
    with pytest.raises(StreamClosed):
        await body.__anext__()
    response = await connection.handle_async_request(read_at_once())
    await response.aclose()
    with pytest.raises(StreamClosed):
        await response.aread()


@pytest.mark.parametrize(
    "answer",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", b"lo"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
    ],
)
async def test_what_is_not_there_yet_or_not_plain_is_read_by_the_caller(
    answer: list[bytes],
) -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, *answer, STALL]))
    response = await connection.handle_async_request(read_at_once())
    assert not connection.is_idle()
    assert not connection.is_closed()
    assert await response.aread() == b"hello"


async def test_a_connection_in_use_or_closed_has_not_expired() -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, OK, END]), 0.0)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    assert not connection.has_expired()
    await response.aclose()
    await connection.aclose()
    assert not connection.has_expired()


async def test_the_limits_are_passed_on() -> None:
    stream = AsyncScriptedStream([TURN, b"HTTP/1.1 200 OK\r\nA: b\r\nA: b\r\n\r\n"])
    connection = AsyncHTTP11Connection(ORIGIN, stream, limits=Limits(fields=1))
    with pytest.raises(RemoteProtocolError, match="the limit fields is 1"):
        await connection.request("GET", "http://a.example/")


async def test_broken_values_can_be_left_out() -> None:
    stream = AsyncScriptedStream([TURN, b"HTTP/1.1 200 OK\r\nA: \x00\r\nContent-Length: 0\r\n\r\n"])
    connection = AsyncHTTP11Connection(ORIGIN, stream, lenient=True)
    response = await connection.request("GET", "http://a.example/")
    assert response.headers == [(b"Content-Length", b"0")]
    assert response.extensions["skipped_fields"] == [b"A: \x00"]


# Errors.


async def test_an_error_says_what_is_known() -> None:
    stream = AsyncScriptedStream([TURN, OK, TURN, END])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    await connection.request("GET", "http://a.example/")
    observer = AsyncObserver(connection)
    with pytest.raises(
        RemoteProtocolError, match=r"Server disconnected without sending a response\."
    ) as info:
        await connection.request("GET", "http://a.example/")
    error = info.value
    assert error.phase == "read response head"
    assert error.method == "GET"
    assert error.origin == ORIGIN
    assert error.reused is True
    assert error.bytes_sent == len(stream.writes[1])
    assert error.bytes_received == 0
    assert error.safe_to_retry
    assert observer.told == ["closed"]
    assert stream.is_closed


@pytest.mark.parametrize(
    ("method", "script", "safe"),
    [
        ("GET", [END], True),
        ("PUT", [ReadError], True),
        ("POST", [END], False),
        ("PATCH", [ReadError], False),
        ("GET", [b"H", END], False),
    ],
)
async def test_only_some_requests_are_safe_to_retry(
    method: str, script: list[Any], safe: bool
) -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, *script]))
    with pytest.raises((RemoteProtocolError, ReadError)) as info:
        await connection.request(method, "http://a.example/")
    assert info.value.safe_to_retry is safe
    assert info.value.reused is False


@pytest.mark.parametrize(
    ("script", "kind", "message", "received"),
    [
        (
            [OK],
            RemoteProtocolError,
            r"the peer sent b'HTTP/1\.1 200 OK.*' before any request",
            len(OK),
        ),
        ([b"SSH-2.0-OpenSSH\r\n"], RemoteProtocolError, "does it speak HTTP/1.1", 17),
        ([END], RemoteProtocolError, r"Server disconnected without sending a response\.", 0),
        ([ReadError], ReadError, "failed while reading", 0),
    ],
)
async def test_what_comes_before_the_first_request_condemns_the_connection(
    script: list[Any], kind: type[HTTPCoreError], message: str, received: int
) -> None:
    stream = AsyncScriptedStream(script)
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    with pytest.raises(kind, match=message) as info:
        await connection.request("POST", "http://a.example/", content=b"x")
    assert info.value.safe_to_retry
    assert info.value.bytes_sent == 0
    assert info.value.bytes_received == received
    assert stream.writes == []
    assert stream.is_closed
    assert observer.told == ["closed"]


async def test_what_is_no_byte_for_us_does_not_condemn_a_new_connection() -> None:
    # TLS had something to say for itself.
    stream = AsyncScriptedStream([TURN, OK, STALL], extra_info={"is_readable": True})
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    assert (await connection.request("GET", "http://a.example/")).content == b"hello"


async def test_what_was_never_written_leaves_the_connection_open() -> None:
    stream = AsyncScriptedStream([TURN, OK, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    with pytest.raises(LocalProtocolError, match="Content-Length declares 3") as info:
        await connection.request(
            "POST", "http://a.example/", headers={"Content-Length": "3"}, content=b"four"
        )
    assert info.value.safe_to_retry
    assert info.value.bytes_sent == 0
    assert info.value.phase == "write request"
    assert observer.told == ["open"]
    assert stream.writes == []
    assert (await connection.request("GET", "http://a.example/")).content == b"hello"


async def test_illegal_bytes_are_refused_at_once() -> None:
    stream = AsyncScriptedStream()
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    with pytest.raises(LocalProtocolError):
        await connection.handle_async_request(
            Request("GET", "http://a.example/", headers=[*HOST, (b"A", b"b\r\nc: d")])
        )
    assert connection.is_available()
    assert stream.operations == []


async def test_the_read_limit_is_used() -> None:
    stream = AsyncScriptedStream([TURN, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    with pytest.raises(ReadTimeout) as info:
        await connection.request(
            "GET", "http://a.example/", extensions={"timeout": {"read": 0.001, "write": 3.0}}
        )
    assert info.value.phase == "read response head"
    assert stream.operations[:2] == [("write", 3.0), ("read", 0.001)]
    assert observer.told == ["closed"]


async def test_the_total_limit_bounds_the_others() -> None:
    stream = AsyncScriptedStream([TURN, OK[:30], OK[30:-2], STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    request = Request(
        "GET", "http://a.example/", headers=HOST, extensions={"timeout": {"total": 0.02}}
    )
    response = await connection.handle_async_request(request)
    with pytest.raises(ReadTimeout) as info:
        await response.aread()
    assert info.value.phase == "read response body"
    limits = [limit for name, limit in stream.operations if name != "aclose"]
    assert all(limit is not None and 0 <= limit <= 0.02 for limit in limits)


async def test_informational_responses_do_not_extend_the_read_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]

    def clock() -> float:
        now[0] += 1.0
        return now[0]

    monkeypatch.setattr("httpcore_http11._async.connection.monotonic", clock)
    informational = b"HTTP/1.1 102 Processing\r\n\r\n"
    stream = AsyncScriptedStream([TURN, informational, informational, OK, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    await connection.request("GET", "http://a.example/", extensions={"timeout": {"read": 9.0}})
    assert [limit for name, limit in stream.operations if name == "read"] == [9.0, 8.0, 7.0]


async def test_informational_responses_are_shown() -> None:
    shown = []

    async def show(status: int, fields: list[tuple[bytes, bytes]]) -> None:
        shown.append((status, fields))

    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 x\r\n\r\n"
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, hints + OK, STALL]))
    response = await connection.request(
        "GET", "http://a.example/", extensions={"informational": show}
    )
    assert response.content == b"hello"
    assert shown == [(103, [(b"Link", b"</a>")]), (102, [])]
    assert connection.is_idle()


async def test_a_callback_for_informational_responses_of_the_wrong_kind_is_an_error() -> None:
    """A coroutine that nobody runs would be a callback that is never called."""
    stream = AsyncScriptedStream([TURN, b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    namespace: dict[str, Any] = {}
    # A plain function is wrong in one world, a coroutine function in the other.
    kind = b"" if iscoroutinefunction(connection.handle_async_request) else b"async "
    exec(kind + b"def show(status, fields): pass", namespace)
    with pytest.raises(TypeError, match=r"the informational callback of .* request must be a "):
        await connection.request(
            "GET", "http://a.example/", extensions={"informational": namespace["show"]}
        )
    assert connection.is_closed()


async def test_closing_ends_a_request_under_way() -> None:
    stream = AsyncScriptedStream([TURN, OK[:-2], STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection, dropped=True)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    await connection.aclose()
    with pytest.raises(ReadError):
        await response.aread()
    await response.aclose()
    assert observer.told == ["closed", "dropped"]


async def test_closing_between_two_steps_is_an_error_of_the_request() -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, OK]))

    async def close(status: int, fields: list[tuple[bytes, bytes]]) -> None:
        await connection.aclose()

    stream = AsyncScriptedStream([TURN, b"HTTP/1.1 102 x\r\n\r\n" + OK])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    with pytest.raises(LocalProtocolError, match="closed while a request was under way"):
        await connection.request("GET", "http://a.example/", extensions={"informational": close})
    assert observer.told == ["closed"]


async def test_what_has_come_can_be_read_after_closing() -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, OK]))
    observer = AsyncObserver(connection)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    await connection.aclose()
    assert await response.aread() == b"hello"
    assert observer.told == ["closed"]


async def test_the_observer_hears_of_what_was_dropped_even_when_closing_fails() -> None:
    class AsyncBroken(AsyncNetworkStream):
        async def write(self, buffer: bytes, timeout: float | None = None) -> None:
            raise ReadError("broken")

        async def aclose(self) -> None:
            raise RuntimeError("a stream that breaks its contract")

    connection = AsyncHTTP11Connection(ORIGIN, AsyncBroken())
    observer = AsyncObserver(connection, dropped=True)
    with pytest.raises(RuntimeError):
        await connection.request("GET", "http://a.example/")
    assert observer.told == ["closed", "dropped"]


# Bodies.


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 10\r\n\r\nhelloworld",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n",
        b"\r\nhelloworld",
    ],
)
async def test_bodies_keep_the_contract_of_byte_streams(framing: bytes) -> None:
    async def make() -> Any:
        data = b"HTTP/1.1 200 OK\r\n" + framing
        stream = AsyncScriptedStream([TURN, data[:-6], data[-6:], END])
        connection = AsyncHTTP11Connection(ORIGIN, stream)
        response = await connection.handle_async_request(
            Request("GET", "http://a.example/", headers=HOST)
        )
        return response.stream

    await check_async_byte_stream(make, b"helloworld")


async def test_pieces_come_as_they_arrive() -> None:
    script: list[Step] = [
        TURN,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n",
        b"3\r\ntwo\r\n5\r\nthree\r\n",
        b"0\r\n\r\n",
        STALL,
    ]
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream(script))
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    pieces = []
    async for piece in response.aiter_stream():
        pieces += [piece]
    assert pieces == [b"one", b"twothree"]
    assert connection.is_idle()


async def test_trailers_are_there_after_the_body() -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n"
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, data, STALL]))
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    assert "trailers" not in response.extensions
    await response.aread()
    assert response.extensions["trailers"] == [(b"X-Sum", b"1")]
    assert connection.is_idle()


async def test_a_body_can_be_read_once() -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, OK, STALL]))
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    stream: Any = response.stream
    assert await anext(stream) == b"hello"
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    with pytest.raises(StreamConsumed):
        aiter(stream)
    await stream.aclose()
    with pytest.raises(StreamClosed):
        aiter(stream)


class AsyncInterfering(AsyncScriptedStream):
    """Between two reads somebody else does something with the body."""

    async def interfere(self) -> None:
        raise NotImplementedError

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if len(self.operations) == 2:
            await self.interfere()
        return await super().read(max_bytes, timeout)


async def test_only_one_can_read_a_body_and_the_other_harms_nobody() -> None:
    class AsyncSecondReader(AsyncInterfering):
        async def interfere(self) -> None:
            with pytest.raises(StreamConsumed, match="is being read by another"):
                await anext(body)
            with pytest.raises(StreamConsumed):
                aiter(body)

    stream = AsyncSecondReader([TURN, OK[:-5], b"hello", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    body: Any = response.stream
    assert await response.aread() == b"hello"
    assert connection.is_idle()


async def test_a_body_that_another_reads_is_closed_without_reading_on() -> None:
    class AsyncCloser(AsyncInterfering):
        async def interfere(self) -> None:
            await response.aclose()

    stream = AsyncCloser([TURN, OK[:-5], b"hello", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    with pytest.raises(ReadError):
        await response.aread()
    assert [name for name, _ in stream.operations] == ["write", "read", "aclose", "read"]
    assert observer.told == ["closed"]


async def test_what_had_arrived_when_another_closed_the_body_is_given() -> None:
    class AsyncLateCloser(AsyncScriptedStream):
        async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            data = await super().read(max_bytes, timeout)
            if len(self.operations) == 3:
                await response.aclose()
            return data

    stream = AsyncLateCloser([TURN, OK[:-5], b"hello", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    body: Any = response.stream
    assert await anext(aiter(body)) == b"hello"
    with pytest.raises(StreamClosed):
        await anext(body)
    assert connection.is_closed()


async def test_more_of_a_body_is_asked_for_after_a_large_piece() -> None:
    asked = []

    class AsyncCounter(AsyncScriptedStream):
        async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            asked.append(max_bytes)
            return await super().read(max_bytes, timeout)

    usual = AsyncHTTP11Connection.READ_NUM_BYTES
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 70001\r\n\r\n"
    pieces = [bytes(32_767), bytes(32_768), bytes(4_465), b"."]
    stream = AsyncCounter([TURN, head, *pieces, TURN, OK, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    for size in (70_001, 5):
        response = await connection.handle_async_request(read_at_once())
        assert len(await response.aread()) == size
        await response.aclose()
    assert asked == [usual, usual, usual, 126_976, usual, usual]


async def test_a_short_body_is_an_error() -> None:
    stream = AsyncScriptedStream([TURN, OK[:-2], END])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    with pytest.raises(RemoteProtocolError, match="received 3 bytes, expected 5") as info:
        await response.aread()
    assert info.value.phase == "read response body"
    assert not info.value.safe_to_retry
    body: Any = response.stream
    with pytest.raises(StreamClosed):
        await anext(body)
    assert observer.told == ["closed"]


@pytest.mark.parametrize(
    ("script", "kept"),
    [
        ([OK, STALL], True),
        ([OK[:-2], OK[-2:], STALL], True),
        ([OK[:-2], STALL], False),
        ([OK[:-2], END], False),
        ([OK[:-2], ReadError], False),
        ([OK[:-2], b"lo" + OK, STALL], False),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n", bytes(900_000), STALL], False),
        ([b"HTTP/1.1 200 OK\r\n\r\nabc", STALL], False),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n", STALL], True),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"X\r\n\r\n", STALL], False),
    ],
)
async def test_giving_up_a_body_keeps_the_connection_if_little_is_left(
    script: list[Any], kept: bool
) -> None:
    stream = AsyncScriptedStream([TURN, *script])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    observer = AsyncObserver(connection)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    await response.aclose()
    await response.aclose()
    assert connection.is_idle() is kept
    assert stream.is_closed is not kept
    assert observer.told == ["open" if kept else "closed"]
    # Nothing that was not there was waited for.
    assert all(limit == 0 for name, limit in stream.operations[2:] if name == "read")


async def test_a_head_request_has_no_body() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, head, STALL]))
    response = await connection.request("HEAD", "http://a.example/")
    assert response.content == b""
    assert connection.is_idle()


async def test_the_target_can_be_anything() -> None:
    stream = AsyncScriptedStream([TURN, OK, STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    await connection.request("OPTIONS", "http://a.example/", extensions={"target": b"*"})
    assert stream.written.startswith(b"OPTIONS * HTTP/1.1\r\n")
    url = URL(scheme="http", host="a.example", target="http://b/c")
    stream = AsyncScriptedStream([TURN, OK, STALL])
    await AsyncHTTP11Connection(ORIGIN, stream).request("GET", url)
    assert stream.written.startswith(b"GET http://b/c HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("script", "content", "told"),
    [
        ([OK], b"hello", "open"),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], b"", "open"),
        (
            [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"],
            b"hello",
            "closed",
        ),
        ([OK[:-2], b"lo"], b"hello", "open"),
        ([b"HTTP/1.1 200 OK\r\n\r\nhello", END], b"hello", "closed"),
        (
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
            b"hello",
            "open",
        ),
        ([OK + b"HTTP/1.1 200 OK\r\n"], b"hello", "closed"),
    ],
)
async def test_a_body_can_be_read_whole(script: list[Step], content: bytes, told: str) -> None:
    connection = AsyncHTTP11Connection(ORIGIN, AsyncScriptedStream([TURN, *script, STALL]))
    observer = AsyncObserver(connection)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    assert await response.aread() == content
    assert observer.told == [told]
    await response.aclose()
    assert observer.told == [told]


async def test_the_rest_of_a_body_can_be_read_whole() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    stream = AsyncScriptedStream([TURN, head + b"he", b"llo", STALL])
    connection = AsyncHTTP11Connection(ORIGIN, stream)
    response = await connection.handle_async_request(
        Request("GET", "http://a.example/", headers=HOST)
    )
    body: Any = response.stream
    assert await anext(aiter(body)) == b"he"
    assert await body.aread_whole() == b"llo"
    assert connection.is_idle()


@pytest.mark.parametrize("unannounced", [None, False, True])
async def test_a_body_that_ends_with_a_connection_of_which_nobody_knows_who_ended_it(
    unannounced: bool | None,
) -> None:
    for lenient in (False, True):
        stream = AsyncScriptedStream(
            [TURN, b"HTTP/1.1 200 OK\r\n\r\nhello", END],
            extra_info={"unannounced_end": unannounced},
        )
        connection = AsyncHTTP11Connection(ORIGIN, stream, lenient=lenient)
        if unannounced and not lenient:
            with pytest.raises(RemoteProtocolError, match="no close_notify") as caught:
                await connection.request("GET", "http://a.example/")
            assert caught.value.phase == "read response body"
        else:
            response = await connection.request("GET", "http://a.example/")
            assert response.content == b"hello"
            assert ("unannounced_end" in response.extensions) is bool(unannounced)
        assert connection.is_closed()
        assert stream.closes == 1
