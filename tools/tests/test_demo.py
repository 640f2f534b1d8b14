"""The demo shows what happened, and cannot be fooled by an answer that only looks right."""

import asyncio
import hashlib
import importlib.util
import itertools
import re
import ssl
import sys
from collections.abc import Callable
from typing import Any

import demo_faces
import demo_servers
import demo_tour
import pytest
from demo_faces import CALLERS, Caller, Route, run
from demo_record import PHASES, Ask, Record, Span, waterfall
from demo_screen import Screen, median, shorten, size

import httpcore

from .loading import load_tool

ROW = re.compile(r"(GET|POST|stream|again)\s+(HTTP/[\d.]+|-)\s+(\d+|-)\s.*\s(new|reused|-)\s")
ONE_CALLER = CALLERS[:1]


def rows(output: str) -> list[tuple[str, ...]]:
    """Return request, protocol, status and connection of each row."""
    above = output.split("\nin short", maxsplit=1)[0]
    return [match.groups() for line in above.splitlines() if (match := ROW.search(line))]


def demo(*arguments: str) -> int:
    status = load_tool("demo").main(list(arguments))
    assert isinstance(status, int)
    return status


# The whole


def test_every_request_of_the_tour_is_answered_rightly(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo() == 0
    output = capsys.readouterr().out
    one_way = [("GET", "new"), ("POST", "reused"), ("stream", "reused")] * len(CALLERS)
    protocols = ["HTTP/1.1", "HTTP/1.1", "HTTP/2"] * 2
    assert rows(output) == [
        (name, protocol, "200", connection)
        for protocol in protocols
        for name, connection in one_way
    ]
    assert re.search(r"162 requests, 54 connections, [\d.]+ s, every answer right\n$", output)
    assert max(map(len, output.splitlines())) <= 100
    assert "\x1b" not in output


def test_every_face_runs_threads_asyncio_and_trio() -> None:
    assert [(caller.face, caller.runtime) for caller in CALLERS] == [
        ("request face", "sync"),
        ("request face", "asyncio"),
        ("request face", "trio"),
        ("transport face", "sync"),
        ("transport face", "asyncio"),
        ("transport face", "trio"),
        ("httpx.Client", "sync"),
        ("httpx.AsyncClient", "asyncio"),
        ("httpx.AsyncClient", "trio"),
    ]


def test_httpx_runs_on_this_httpcore() -> None:
    found = importlib.util.find_spec("httpcore")
    assert found is not None
    assert found.origin is not None
    assert "packages/httpcore/src" in found.origin


def test_a_url_is_fetched_through_every_face(capsys: pytest.CaptureFixture[str]) -> None:
    with demo_servers.Servers() as servers:
        assert demo(f"{servers.plain}/document?with=query#and-fragment") == 0
    output = capsys.readouterr().out
    assert rows(output) == [
        ("GET", "HTTP/1.1", "200", "new"),
        ("again", "HTTP/1.1", "200", "reused"),
    ] * len(CALLERS)
    assert "the bodies differ" not in output


def test_a_url_may_be_https_and_its_status_anything(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with demo_servers.Servers() as servers:
        context = servers.client_context
        monkeypatch.setattr(httpcore, "default_ssl_context", context)
        assert demo(f"{servers.tls}/nothing-here") == 0
    assert {row[1:3] for row in rows(capsys.readouterr().out)} == {("HTTP/2", "404")}


def test_different_bodies_of_one_url_are_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = itertools.count()
    answer = demo_servers.application
    monkeypatch.setattr(demo_servers, "DOCUMENT", b"")

    async def application(scope: Any, receive: Any, send: Any) -> None:
        demo_servers.DOCUMENT = b"answer %d" % next(counted)
        await answer(scope, receive, send)

    monkeypatch.setattr(demo_servers, "application", application)
    with demo_servers.Servers() as servers:
        assert demo(f"{servers.plain}/document") == 0
    assert "the bodies differ from answer to answer" in capsys.readouterr().out


# Failures


def test_a_refused_connection_fails_every_row_and_is_explained_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert demo("http://localhost:1/") == 1
    output = capsys.readouterr().out
    count = 2 * len(CALLERS)
    assert output.count("FAILED ConnectError: cannot connect to") == count
    assert rows(output) == [("GET", "-", "-", "-"), ("again", "-", "-", "-")] * len(CALLERS)
    explained = output.split("\nin short")[1]
    assert explained.count("Connection refused (") == 1
    assert "  localhost, httpx.AsyncClient trio: GET, again\n" in explained
    assert f"{count} requests, 0 connections" in explained
    assert output.endswith(f"{count} requests failed\n")


def test_a_certificate_of_a_stranger_fails_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    with demo_servers.Servers() as servers:
        assert demo(f"{servers.tls}/document") == 1
    assert "CERTIFICATE_VERIFY_FAILED" in capsys.readouterr().out


@pytest.mark.parametrize("url", ["localhost:8000", "example.org", "ftp://example.org/", "http://"])
def test_what_cannot_be_fetched_is_refused(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo(url) == 1
    assert "try https://example.org/" in capsys.readouterr().out


def test_what_is_no_url_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert demo("http://example.org:port/") == 1
    assert "is not a URL" in capsys.readouterr().out


def test_an_interrupt_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo_tour, "tour", interrupted)
    assert demo() == 130


def test_one_failing_row_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(body: bytes, declared: str | None) -> bytes:
        return demo_servers.DOCUMENT[:113]

    monkeypatch.setattr(demo_servers, "receipt", forgetful)
    assert demo_tour.tour(Screen(), ONE_CALLER) == 1
    output = capsys.readouterr().out
    assert [row[2] for row in rows(output)] == ["200"] * 18
    assert output.count("FAILED the body has the right length and the wrong bytes") == 6
    assert output.count("0/1") == 6
    assert output.count("1/1") == 12
    assert "  HTTP/2 TLS proxy, request face sync: POST\n" in output


def test_servers_that_stop_say_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_servers(servers: demo_servers.Servers, certificate: str) -> None:
        raise RuntimeError("no server today")

    monkeypatch.setattr(demo_servers.Servers, "_config", without_servers)
    assert demo_tour.tour(Screen(), ONE_CALLER) == 1
    output = capsys.readouterr().out
    assert "the servers said: the servers stopped: RuntimeError('no server today')" in output


def test_a_client_that_cannot_be_opened_fails_all_its_requests() -> None:
    def call(route: object, records: object) -> None:
        raise OSError("no client today")

    records = run(Caller("a face", "sync", call), some_route(), demo_tour.TOUR)
    assert [record.failure for record in records] == ["OSError: no client today"] * 3


def test_a_client_that_cannot_be_closed_fails_its_last_request() -> None:
    def call(route: object, records: Any) -> None:
        for record in records:
            with record.watch():
                pass
        raise OSError

    records = run(Caller("a face", "sync", call), some_route(), demo_tour.TOUR)
    assert [record.failure for record in records] == ["", "", "OSError: nothing more is known"]


# What is compared


def some_route(protocol: str = "HTTP/1.1", proxy: str | None = None) -> Route:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return Route("a route", "https://localhost:1", context, False, protocol, proxy)


def answered(
    body: bytes = b"right",
    peer: int = 1,
    dialed: bool = True,
    status: int = 200,
    protocol: str = "HTTP/1.1",
    in_pieces: bool = False,
) -> Record:
    record = Record(Ask("GET", "GET", "/", expected=b"right", in_pieces=in_pieces))
    fields = [(b"Demo-Peer", b"%d" % peer), (b"Demo-Protocol", b"HTTP/1.1")]
    with record.watch():
        record.head(protocol, status, fields)
        record.chunk(body)
    record.dialed = dialed
    return record


@pytest.mark.parametrize(
    ("records", "proxied", "failures"),
    [
        ([answered()], set(), [""]),
        ([answered(), answered(dialed=False)], set(), ["", ""]),
        ([answered(status=500)], set(), ["the status is 500, not 200"]),
        ([answered(b"too much")], set(), ["the body has 8 bytes, not 5"]),
        ([answered(b"wrong")], set(), ["the body has the right length and the wrong bytes"]),
        (
            [answered(in_pieces=True)],
            set(),
            ["the body came in one piece, so it was not streamed"],
        ),
        (
            [answered(protocol="HTTP/2")],
            set(),
            ["the transport says HTTP/2, the server says HTTP/1.1, and it should be HTTP/1.1"],
        ),
        ([answered(peer=7)], {7}, ["it went through the proxy"]),
        (
            [answered(), answered(peer=2)],
            set(),
            ["", "a new connection was made while one was idle"],
        ),
        (
            [answered(dialed=False)],
            set(),
            ["the transport says that its connection is reused, the server says that it is not"],
        ),
        (
            [answered(status=500), answered(dialed=True)],
            set(),
            [
                "the status is 500, not 200",
                "the transport says that its connection is new, the server says that it is not",
            ],
        ),
        ([answered(status=500), answered(peer=2)], set(), ["the status is 500, not 200", ""]),
    ],
)
def test_what_is_not_right_is_said(
    records: list[Record], proxied: set[int], failures: list[str]
) -> None:
    demo_tour.check(records, some_route(), proxied)
    assert [record.failure for record in records] == failures


def test_a_request_that_avoids_the_proxy_is_found() -> None:
    record = answered()
    demo_tour.check([record], some_route(proxy="http://localhost:2"), {7})
    assert record.failure == "it did not go through the proxy"


# The record


def test_an_error_is_told_with_its_cause() -> None:
    record = Record(Ask("GET", "GET", "/"))
    with record.watch():
        raise ValueError("outside") from OSError("inside")
    assert record.failure == "ValueError: outside (because of OSError: inside)"


def test_an_error_that_names_its_cause_is_told_alone() -> None:
    record = Record(Ask("GET", "GET", "/"))
    with record.watch():
        raise ValueError("outside of inside") from OSError("inside")
    assert record.failure == "ValueError: outside of inside"


def test_events_become_phases() -> None:
    record = Record(Ask("GET", "GET", "/"))
    connect = {"request": httpcore.Request(b"CONNECT", "http://localhost:1")}
    with record.watch():
        for name, info in [
            ("connection.resolve", {}),
            ("connection.connect_tcp", {}),
            ("http11.send_request_headers", connect),
            ("http11.receive_response_headers", connect),
            ("connection.start_tls", {}),
            ("something.else", {}),
            ("http2.send_connection_init", {}),
            ("http2.send_request_body", {}),
            ("http2.receive_response_headers", {}),
        ]:
            record.event(f"{name}.started", info)
            record.event(f"{name}.complete", {"return_value": None})
        record.event("http2.receive_response_body.started", {})
        record.event(
            "http2.send_request_headers.complete", {}
        )  # of which nobody heard the beginning
    phases = [span.phase for span in record.spans]
    assert list(dict.fromkeys(phases)) == list(PHASES)
    assert phases.count("tunnel") == 2
    assert record.dialed
    assert record.seconds_in("wait") is not None


def test_a_connection_that_failed_was_not_made() -> None:
    record = Record(Ask("GET", "GET", "/"))
    with record.watch():
        record.event("connection.connect_tcp.started", {})
        record.event("connection.connect_tcp.failed", {"exception": OSError()})
    assert not record.dialed
    assert record.seconds_in("connect") is not None
    assert record.seconds_in("TLS") is None


def letters(spans: list[Span], seconds: float, width: int) -> str:
    return "".join(PHASES.get(cell, ".") for cell in waterfall(spans, seconds, width))


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], ".........."),
        ([("send", 0, 10)], "ssssssssss"),
        ([("send", 0, 5), ("wait", 5, 10)], "ssssswwwww"),
        ([("send", 2, 5), ("wait", 6, 9)], "..sss.www."),
        ([("wait", 5, 10), ("send", 0, 5)], "ssssswwwww"),
        ([("send", 0, 2), ("send", 3, 5), ("wait", 5, 10)], "ssssswwwww"),
        ([("resolve", 0, 0.001), ("connect", 0.001, 10)], "rccccccccc"),
        ([("connect", 0, 9.999), ("send", 9.999, 9.999), ("wait", 9.999, 10)], "ccccccccsw"),
        ([("connect", 0, 6), ("TLS", 3, 10)], "cccccctttt"),
        ([("connect", 0, 10), ("TLS", 3, 4)], "ccccccccct"),
    ],
)
def test_waterfall(spans: list[tuple[str, float, float]], expected: str) -> None:
    assert letters([Span(*span) for span in spans], 10, 10) == expected


def test_waterfall_has_its_width_whatever_happened() -> None:
    spans = [Span(phase, index, index + 1) for index, phase in enumerate([*PHASES] * 3)]
    for width in range(1, 60):
        assert len(letters(spans, 21, width)) == width
    assert len(letters([Span("send", 0, 0)], 0, 3)) == 3


# The screen


def test_colours_are_for_terminals_and_may_be_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert Screen.at_hand() == Screen(False, 100)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    assert Screen.at_hand() == Screen(True, 120)
    monkeypatch.setenv("NO_COLOR", "1")
    assert Screen.at_hand() == Screen(False, 120)
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert Screen.at_hand() == Screen(False, 120)


def shown(screen: Screen, record: Record) -> Callable[[], None]:
    def show() -> None:
        screen.legend()
        screen.heading("HTTP/1.1", "http://localhost:1")
        screen.row(record, first=True)
        screen.summary([("HTTP/1.1", [record])])
        screen.failures([record])

    return show


def test_colours_change_no_column(capsys: pytest.CaptureFixture[str]) -> None:
    record = Record(Ask("GET", "GET", "/"), "request face", "sync", "HTTP/1.1")
    record.head("HTTP/1.1", 404, [])
    record.spans = [Span("connect", 0, 1)]
    record.failure = "not as it should be"
    shown(Screen(), record)()
    plain = capsys.readouterr().out.splitlines()
    shown(Screen(colour=True), record)()
    coloured = capsys.readouterr().out
    assert "\x1b[31m" in coloured
    bare = re.sub(r"\x1b\[[\d;]*m", "", coloured).splitlines()
    width = 76  # up to the bar, whose letters stand only once where there are colours
    assert [line[:width].rstrip() for line in bare[1:]] == [
        line[:width].rstrip() for line in plain[1:]
    ]
    assert max(map(len, bare)) <= 100


def test_small_words() -> None:
    assert [size(count) for count in (0, 1023, 1024, 9 << 20, 10 << 20)] == [
        "0",
        "1023",
        "1K",
        "9216K",
        "10M",
    ]
    assert shorten("as it is", 8) == "as it is"
    assert shorten("too long by far", 8) == "too l..."
    assert shorten("two\nlines", 20) == "two\\nlines"
    assert median([]) is None
    assert median([None, 3.0, 1.0, 2.0]) == 2.0


# The servers


def test_a_posted_body_is_counted_and_hashed() -> None:
    with demo_servers.Servers() as servers, httpcore.ConnectionPool() as pool:
        url = f"{servers.plain}/receipt"
        assert pool.request("POST", url, content=b"abc").content == demo_servers.receipt(
            b"abc", "3"
        )
        digest = hashlib.sha256(b"abc").hexdigest()
        assert digest.encode() in demo_servers.receipt(b"abc", "3")


def test_the_proxy_serves_many_requests_over_one_connection_onwards() -> None:
    with demo_servers.Servers() as servers:
        with httpcore.HTTPProxy(servers.proxy) as pool:
            peers = {
                dict(pool.request("GET", f"{servers.plain}/document?a=b").headers)[b"demo-peer"]
                for _ in range(3)
            }
        assert {int(peer) for peer in peers} == servers.through_proxy


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_proxy_says_that_it_cannot_connect(scheme: str) -> None:
    with demo_servers.Servers() as servers, httpcore.HTTPProxy(servers.proxy) as pool:
        if scheme == "http":
            response = pool.request("GET", "http://localhost:1/")
            assert response.status == 502
            assert b"the proxy cannot connect" in response.content
        else:
            with pytest.raises(httpcore.ProxyError, match="502"):
                pool.request("GET", "https://localhost:1/")


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 502 Bad Gateway\r\n"),
        (b"not HTTP at all\r\n\r\n", b""),
        (b"GET http://loc", b""),
    ],
)
def test_the_proxy_survives_what_is_not_for_it(sent: bytes, answer: bytes) -> None:
    async def talk(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("localhost", port)
        writer.write(sent)
        writer.write_eof()
        received = await reader.read()
        writer.close()
        await writer.wait_closed()
        return received

    with demo_servers.Servers() as servers:
        received = asyncio.run(talk(int(servers.proxy.rpartition(":")[2])))
        assert received.startswith(answer)
        assert bool(received) == bool(answer)
        with httpcore.HTTPProxy(servers.proxy) as pool:
            assert pool.request("GET", f"{servers.plain}/document").status == 200


def test_servers_end_while_a_tunnel_is_open() -> None:
    with demo_servers.Servers() as servers:
        pool = httpcore.HTTPProxy(servers.proxy, ssl_context=servers.client_context())
        assert pool.request("GET", f"{servers.tls}/document").status == 200
    pool.close()


def test_faces_offer_bodies_only_piece_by_piece() -> None:
    ask = Ask("POST", "POST", "/", pieces=(b"a", b"b"))
    pieces = demo_faces.pieces_of(ask)
    assert pieces is not None
    assert list(pieces) == [b"a", b"b"]
    assert demo_faces.async_pieces_of(Ask("GET", "GET", "/")) is None
