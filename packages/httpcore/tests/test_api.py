"""`request` and `stream`: one request, a pool that nobody sees, and nothing left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import httpcore

from .servers import answering

if TYPE_CHECKING:
    from collections.abc import Iterator

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello"


def pieces() -> Iterator[bytes]:
    yield b"one "
    yield b"two"


def test_request_returns_the_response_read_to_its_end() -> None:
    with answering(HELLO) as server:
        response = httpcore.request("GET", f"{server.url}/a?b#c")
    assert response.status == 200
    assert response.headers == [(b"Content-Length", b"5"), (b"X-A", b"b")]
    assert response.content == b"hello"
    assert response.extensions["http_version"] == b"HTTP/1.1"
    assert response.extensions["reason_phrase"] == b"OK"


def test_request_adds_host_and_the_framing_and_nothing_else() -> None:
    with answering(HELLO) as server:
        httpcore.request("GET", f"{server.url}/a?b#c")
        httpcore.request(b"POST", server.url, headers={"A": "b"}, content=b"body")
        httpcore.request("POST", server.url, headers=[("A", "b")], content=pieces())
        host = server.url.removeprefix("http://").encode()
    assert server.requests == [
        b"GET /a?b HTTP/1.1\r\nHost: " + host + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: " + host + b"\r\nA: b\r\nContent-Length: 4\r\n\r\nbody",
        b"POST / HTTP/1.1\r\nHost: "
        + host
        + b"\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n",
    ]


def test_request_leaves_what_the_caller_gave() -> None:
    with answering(HELLO) as server:
        fields = [("host", "example.com"), ("content-length", "4")]
        httpcore.request("PUT", server.url, headers=fields, content=b"body")
    assert server.requests == [
        b"PUT / HTTP/1.1\r\nhost: example.com\r\ncontent-length: 4\r\n\r\nbody"
    ]


def test_request_hands_on_the_extensions() -> None:
    events = []
    with answering(HELLO) as server:
        httpcore.request(
            "GET",
            f"{server.url}/a",
            extensions={
                "target": "/b",
                "trace": lambda name, _info: events.append(name),
                "timeout": {"connect": 10, "read": 10},
            },
        )
    assert server.requests[0].startswith(b"GET /b HTTP/1.1\r\n")
    assert "http11.send_request_headers.started" in events


def test_stream_gives_the_body_as_it_is_read() -> None:
    with (
        answering(HELLO) as server,
        httpcore.stream("POST", server.url, headers={"A": "b"}, content=b"x") as response,
    ):
        assert response.status == 200
        with pytest.raises(RuntimeError, match=r"response\.read\(\)"):
            response.content  # noqa: B018 - it is a property that raises
        assert b"".join(response.iter_stream()) == b"hello"
    assert server.requests[0].endswith(b"A: b\r\nContent-Length: 1\r\n\r\nx")


def test_stream_closes_the_connection_when_left_early() -> None:
    with (
        answering(HELLO) as server,
        httpcore.stream("GET", server.url, extensions={"target": b"/b"}) as response,
    ):
        stream = response.extensions["network_stream"]
        assert stream.get_extra_info("socket").fileno() >= 0
    assert stream.get_extra_info("socket").fileno() == -1
    assert server.requests[0].startswith(b"GET /b ")


def test_stream_closes_the_connection_when_left_by_an_error() -> None:
    def leave_by_an_error() -> None:
        with httpcore.stream("GET", server.url) as response:
            seen.append(response)
            raise LookupError

    seen: list[httpcore.Response] = []
    with answering(HELLO) as server:
        with pytest.raises(LookupError):
            leave_by_an_error()
        with pytest.raises(RuntimeError):
            seen[0].read()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", httpcore.RemoteProtocolError),
        (b"HTTP/1.1 abc\r\n\r\n", httpcore.RemoteProtocolError),
        (HELLO[:-1], httpcore.RemoteProtocolError),
    ],
)
def test_errors_of_the_transport_pass_through(
    answer: bytes, error: type[httpcore.HTTPCoreError]
) -> None:
    with answering(answer) as server:
        with pytest.raises(error):
            httpcore.request("GET", server.url)
        with pytest.raises(error), httpcore.stream("GET", server.url) as response:
            response.read()


def test_what_cannot_be_sent_is_refused() -> None:
    with pytest.raises(httpcore.UnsupportedProtocol):
        httpcore.request("GET", "ftp://example.com/")
    with pytest.raises(httpcore.UnsupportedProtocol), httpcore.stream("GET", "/no/origin"):
        pass
    with pytest.raises(TypeError):
        httpcore.request("GET", "http://example.com/", content="text")  # type: ignore[arg-type]  # the mistake
