"""The engine on plain bytes: turns, credit, and servers that do what they should not."""

import struct

import h2.errors
import h2.events
import h2.settings
import pytest
from hpack.hpack import Encoder
from hypothesis import given, settings
from hypothesis import strategies as st

from httpcore_http2._core.engine import Engine
from httpcore_http2._core.failures import Failure
from httpcore_http2._core.settings import CONNECTION_WINDOW, MAX_STREAM_WINDOW, STREAM_WINDOW
from httpcore_http2._core.states import ConnectionState, StreamState
from httpcore_http2._core.streams import Stream, Wanted
from httpcore_http2._core.turns import Turn
from httpcore_http2._engines import SynchronizedEngine
from httpcore_interfaces import ConnectionNotAvailable, ReadError, RemoteProtocolError

from ..servers import Server

FIELDS = [(b":method", b"GET"), (b":authority", b"h"), (b":scheme", b"https"), (b":path", b"/")]
CODES = h2.errors.ErrorCodes
HEAD = Encoder().encode([(b":status", b"200")])


def frame(kind: int, stream_id: int, payload: bytes = b"", flags: int = 0) -> bytes:
    return (
        len(payload).to_bytes(3, "big")
        + bytes([kind, flags])
        + struct.pack(">I", stream_id)
        + payload
    )


def head(stream_id: int, block: bytes = HEAD, *, end: bool = False) -> bytes:
    return frame(1, stream_id, block, 0x5 if end else 0x4)


def block(*fields: tuple[bytes, bytes]) -> bytes:
    return Encoder().encode(list(fields))


class Parked:
    def __init__(self) -> None:
        self.woken = 0

    def unpark(self) -> None:
        self.woken += 1


def write(engine: Engine) -> bytes:
    """What the engine wants to write now."""
    written = b""
    data = engine.begin_write(0, None)
    while data:
        written += data
        data = engine.end_write(len(data), 0)
    return written


def engines(server: Server | None = None) -> tuple[Engine, Server]:
    """An engine that has met its server."""
    engine, server = SynchronizedEngine(), server or Server(Server.keep_silent)
    exchange(engine, server)
    return engine, server


def said(server: Server, data: bytes) -> bytes:
    """What the server answers."""
    steps = server(data)
    assert steps is None or isinstance(steps, list)
    return b"".join(step for step in steps or () if isinstance(step, bytes))


def exchange(engine: Engine, server: Server, now: float = 0.0) -> None:
    """Carry bytes both ways until there are none."""
    for _ in range(100):
        answer = server.output()
        if answer:
            engine.receive(answer, now, None, Wanted.HEAD)
        data = write(engine)
        if data:
            answer = said(server, data)
            if answer:
                engine.receive(answer, now, None, Wanted.HEAD)
        elif not answer:
            return
    raise AssertionError("they never have done")


def opened(engine: Engine, count: int = 1, *, end: bool = True) -> list[Stream]:
    return [engine.open(list(FIELDS), None, end=end) for _ in range(count)]


def receive(engine: Engine, data: bytes, now: float = 0.0) -> None:
    engine.receive(data, now, None, Wanted.HEAD)


# Turns.


def test_turns_pass_from_reader_to_reader() -> None:
    engine, _ = engines()
    first, second, third = opened(engine, 3)
    assert engine.wait(first, Wanted.HEAD, None) == Turn.READ
    assert engine.wait(second, Wanted.HEAD, None) == Turn.PARK
    parked, other = Parked(), Parked()
    assert engine.wait(second, Wanted.HEAD, parked) == Turn.PARK
    assert engine.wait(third, Wanted.HEAD, other) == Turn.PARK
    assert not engine.begin_reading()
    assert engine.receive(head(1), 0.0, first, Wanted.HEAD)
    assert (parked.woken, other.woken) == (1, 0)
    # It goes without taking the turn: another gets the offer.
    engine.leave(second, parked)
    assert other.woken == 1
    assert engine.wait(third, Wanted.HEAD, None) == Turn.READ
    engine.stop_reading()
    assert engine.begin_reading()


def test_an_offer_to_one_that_is_satisfied_goes_on() -> None:
    engine, _ = engines()
    first, second, third = opened(engine, 3)
    assert engine.wait(first, Wanted.HEAD, None) == Turn.READ
    parked, other = Parked(), Parked()
    engine.wait(second, Wanted.HEAD, parked)
    engine.wait(third, Wanted.HEAD, other)
    engine.stop_reading()
    assert parked.woken == 1
    assert engine.begin_reading()
    assert not engine.receive(head(3), 0.0, first, Wanted.HEAD)
    engine.stop_reading()
    assert other.woken == 1
    assert engine.wait(second, Wanted.HEAD, None) == Turn.READY


def test_who_is_satisfied_is_woken() -> None:
    engine, _ = engines()
    first, second = opened(engine, 2)
    engine.wait(first, Wanted.HEAD, None)
    parked = Parked()
    engine.wait(second, Wanted.BODY, parked)
    assert not engine.receive(head(3), 0.0, first, Wanted.HEAD)
    assert parked.woken == 0
    assert not engine.receive(frame(0, 3, b"x"), 0.0, first, Wanted.HEAD)
    assert parked.woken == 1


# Opening.


def test_no_more_requests_than_the_limit() -> None:
    engine, _ = engines()
    streams = opened(engine, 100)
    with pytest.raises(ConnectionNotAvailable, match="100 requests under way"):
        opened(engine)
    engine.give_up(streams[0])
    opened(engine)


def test_the_limit_may_be_raised_and_lowered() -> None:
    engine, server = engines()
    for said, limit in ((5, 5), (0, 0), (1000, 100), (50, 50)):
        server.h2.update_settings({h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: said})
        exchange(engine, server)
        assert engine.stream_limit() == limit
        assert engine.take_capacity_change()
        assert not engine.take_capacity_change()
        assert engine.can_open() == (limit > 0)


def test_the_last_stream_identifier_is_the_last_call() -> None:
    engine, _ = engines()
    engine._h2.highest_outbound_stream_id = 2**31 - 3
    (last,) = opened(engine)
    assert last.stream_id == 2**31 - 1
    assert engine.stream_limit() == 0
    assert engine.take_capacity_change()
    assert not engine.can_open()
    engine.give_up(last)
    assert engine.state == ConnectionState.CLOSED


# Windows.


def test_the_windows_are_announced() -> None:
    _, server = engines()
    assert server.h2.remote_settings.initial_window_size == STREAM_WINDOW
    assert server.h2.outbound_flow_control_window == CONNECTION_WINDOW
    assert not server.h2.remote_settings.enable_push


def test_a_window_grows_while_its_reader_keeps_up() -> None:
    engine, server = engines()
    (stream,) = opened(engine)
    exchange(engine, server)
    server.head(1)
    server.send(1, bytes(40_000_000), end=True)
    total = rounds = 0
    answer = server.output() or b""
    while stream.state != StreamState.COMPLETE:
        # In small steps, as from a network, each taken at once.
        for start in range(0, len(answer), 65536):
            receive(engine, answer[start : start + 65536])
            total += len(engine.take_body(stream))
        answer = said(server, write(engine))
        rounds += 1
    assert total == 40_000_000
    assert stream.window == MAX_STREAM_WINDOW
    # Half a window a round, where it would be 80 rounds without growing.
    assert rounds < 25
    engine.give_up(stream)
    assert engine._granted == 0


def test_a_window_does_not_grow_for_one_that_lags() -> None:
    engine, server = engines()
    (stream,) = opened(engine)
    exchange(engine, server)
    server.head(1)
    server.send(1, bytes(5_000_000), end=True)
    while stream.state != StreamState.COMPLETE or stream.chunks:
        exchange(engine, server)
        engine.take_body(stream)
        exchange(engine, server)
    assert stream.window == STREAM_WINDOW


def test_padding_alone_is_credited() -> None:
    engine, server = engines()
    (stream,) = opened(engine)
    exchange(engine, server)
    server.head(1)
    receive(engine, server.output() or b"")
    padding = frame(0, 1, b"\xff" + bytes(255), 0x8)
    # At a pace that is no flood.
    for number in range(10_000):
        receive(engine, padding, number / 100)
    assert engine.state == ConnectionState.ACTIVE
    assert stream.chunks == []
    assert 0 < len(write(engine)) < 200


def test_small_chunks_are_gathered() -> None:
    engine, _ = engines()
    (stream,) = opened(engine)
    receive(engine, head(1))
    for _ in range(20_000):
        receive(engine, frame(0, 1, b"ab"))
    assert len(stream.chunks) < 10
    assert engine.take_body(stream) == b"ab" * 20_000
    receive(engine, frame(0, 1, bytes(2000)))
    receive(engine, frame(0, 1, bytes(2000)))
    assert len(stream.chunks) == 2


def test_early_ends_leave_the_window_as_it_was() -> None:
    engine, server = engines(
        Server(lambda server, stream_id: server.respond(stream_id, bytes(3_000_000)))
    )
    for _ in range(1000):
        (stream,) = opened(engine)
        exchange(engine, server)
        engine.give_up(stream)
        exchange(engine, server)
    assert server.h2.outbound_flow_control_window > CONNECTION_WINDOW // 2
    # One reset for each stream, not one for each frame that was under way.
    assert len(server.of(h2.events.StreamReset)) == 1000


def test_frames_under_way_to_a_stream_that_is_gone_are_not_answered() -> None:
    engine, server = engines()
    (stream,) = opened(engine)
    exchange(engine, server)
    engine.give_up(stream)
    server.head(1)
    server.send(1, bytes(50_000), end=False)
    late = server.output() or b""
    server(write(engine))
    receive(engine, late)
    assert write(engine) == b""
    # The connection's window was kept: when much has come, the credit goes out alone.
    for _ in range(130):
        (stream,) = opened(engine)
        exchange(engine, server)
        server.head(stream.stream_id)
        server.send(stream.stream_id, bytes(1_000_000), end=False)
        late = server.output() or b""
        engine.give_up(stream)
        server(write(engine))
        receive(engine, late)
        server(write(engine))
    assert server.h2.outbound_flow_control_window > CONNECTION_WINDOW // 2
    assert len(server.of(h2.events.StreamReset)) == 131


# What a server may not do.


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (head(2), "no request has opened"),
        (frame(0, 4, b"x"), "no request has opened"),
        (frame(0, 0, b"x"), "broke HTTP/2"),
        (head(99), "no request has opened"),
        (frame(0, 99, b"x"), "no request has opened"),
        (frame(3, 99, bytes(4)), "no request has opened"),
        (frame(0, 1, b"x"), "content on stream 1 before the head"),
        (frame(5, 1, struct.pack(">I", 2) + HEAD, 0x4), "pushed"),
        (frame(4, 0, b"12345"), "broke HTTP/2"),
        (frame(4, 0, struct.pack(">HI", 2, 1)), "broke HTTP/2"),
        (frame(4, 0, struct.pack(">HI", 4, 2**31)), "broke HTTP/2"),
        (frame(8, 0, struct.pack(">I", 2**31 - 1)), "window"),
        (frame(8, 0, bytes(4)), "broke HTTP/2"),
        (frame(9, 1, b"x", 0x4), "broke HTTP/2"),
        (frame(0, 1, b"\x05abc", 0x8), "padding"),
        (head(1, b"\xff\xff\xff\xff\xff\xff\xff"), "cannot be unpacked"),
        (head(1, block((b":status", b"200"), (b"Upper", b"x"))), "not in lower case"),
        (head(1, block((b":status", b"200"), (b"a", b"x\r\nset-cookie: y"))), "NUL, CR or LF"),
        (head(1, block((b":status", b"200"), (b"a", b"\x00"))), "NUL, CR or LF"),
        (head(1, block((b":status", b"200"), (b"connection", b"close"))), "only HTTP/1.1 has"),
        (head(1, block((b"a", b"b"))), "without :status"),
        (
            head(1, block((b":status", b"200"), *[(b"x", b"y" * 4000)] * 20)),
            "unpacks to more than 65536 bytes",
        ),
        ((2**20).to_bytes(3, "big") + bytes(6), "1048576 bytes"),
        (frame(7, 0, b"short"), "broke HTTP/2"),
        (frame(6, 0, b"short"), "broke HTTP/2"),
        (frame(3, 1, b"short"), "broke HTTP/2"),
    ],
)
def test_a_server_that_breaks_the_protocol_is_left(data: bytes, sentence: str) -> None:
    engine, server = engines()
    stream, _ = opened(engine, 2)
    exchange(engine, server)
    receive(engine, data)
    assert engine.state == ConnectionState.CLOSED
    assert stream.failure is not None
    error = stream.failure.error()
    assert isinstance(error, RemoteProtocolError)
    assert sentence in str(error)
    assert error.__cause__ is not None
    server(write(engine))
    assert len(server.of(h2.events.ConnectionTerminated)) == 1
    # What comes after it is not looked at.
    receive(engine, head(1))
    receive(engine, b"")


def test_what_came_before_a_bad_frame_counts() -> None:
    engine, _ = engines()
    stream, _ = opened(engine, 2)
    receive(engine, head(1) + frame(0, 1, b"whole", 0x1) + frame(0, 0, b"x"))
    assert stream.state == StreamState.COMPLETE
    assert engine.take_body(stream) == b"whole"
    assert engine.state == ConnectionState.CLOSED


@pytest.mark.parametrize(
    "data",
    [
        frame(6, 0, bytes(8)),
        frame(4, 0),
        frame(0, 1),
        frame(8, 1, struct.pack(">I", 1)),
        frame(2, 1, bytes(4) + b"\x01"),
        frame(0x77, 0, b"x"),
        frame(3, 3, bytes(4)),
        head(1, block((b":status", b"103"))),
    ],
)
def test_floods_end_in_an_error(data: bytes) -> None:
    engine, _ = engines()
    stream, gone = opened(engine, 2)
    engine.give_up(gone)
    if data[3] != 1:
        receive(engine, head(1))
    write(engine)
    for _ in range(3000):
        receive(engine, data)
        if stream.failure is not None:
            break
    else:
        raise AssertionError("it went on for ever")
    assert engine.outbox.queued - engine.outbox.written < 100_000


@pytest.mark.parametrize(("is_gone", "is_sent"), [(False, False), (False, True), (True, True)])
@pytest.mark.parametrize("data", [frame(0, 1, b"more"), frame(0, 1), head(1), head(1, end=True)])
def test_what_comes_behind_the_end_of_a_stream_is_an_abuse(
    data: bytes, is_gone: bool, is_sent: bool
) -> None:
    engine, server = engines()
    stream, _ = opened(engine, 2, end=is_sent)
    exchange(engine, server)
    receive(engine, head(1, end=True))
    if is_gone:
        engine.give_up(stream)
        write(engine)
    receive(engine, data)
    assert engine.state == ConnectionState.CLOSED
    assert engine.failure is not None
    assert "on stream 1, which is over" in engine.failure.sentence
    assert write(engine).endswith(CODES.STREAM_CLOSED.to_bytes(4, "big"))


def test_content_for_a_stream_that_was_reset_is_an_abuse_beyond_its_window() -> None:
    engine, server = engines()
    (stream,) = opened(engine)
    exchange(engine, server)
    engine.give_up(stream)
    for _ in range(16):
        receive(engine, frame(0, 1, bytes(STREAM_WINDOW // 16)))
    assert engine.failure is None
    write(engine)
    receive(engine, frame(0, 1, b"x"))
    assert engine.state == ConnectionState.CLOSED
    assert write(engine).endswith(CODES.FLOW_CONTROL_ERROR.to_bytes(4, "big"))


def test_a_block_that_cannot_be_decoded_is_an_error_of_compression() -> None:
    engine, server = engines()
    opened(engine)
    exchange(engine, server)
    receive(engine, head(1, b"\x80"))
    assert write(engine).endswith(CODES.COMPRESSION_ERROR.to_bytes(4, "big"))


@pytest.mark.parametrize("field", [(b"a", b"x\x01y"), (b"a", b"\x7f"), (b"a(b)", b"x")])
@pytest.mark.parametrize("where", ["head", "trailers", "news"])
def test_what_is_no_field_is_an_error_of_its_stream(where: str, field: tuple[bytes, bytes]) -> None:
    engine, server = engines()
    stream = engine.open(list(FIELDS), None, end=True, wants_news=True)
    (other,) = opened(engine)
    exchange(engine, server)
    if where == "trailers":
        receive(engine, head(1) + head(1, block(field), end=True))
    else:
        receive(engine, head(1, block((b":status", b"103" if where == "news" else b"200"), field)))
    assert stream.failure is not None
    assert "the server sent the " in stream.failure.sentence
    assert stream.trailers is None
    receive(engine, head(3))
    assert other.status == 200


def test_settings_that_mean_nothing_are_not_remembered() -> None:
    engine, _ = engines()
    for number in range(0x100, 0x200):
        receive(engine, frame(4, 0, struct.pack(">HI", number, 1)))
    assert engine.state == ConnectionState.IDLE
    event = engine.take_remote_settings()
    assert event is not None
    assert list(event.changed_settings) == [0x1FF]
    assert len(engine._h2.remote_settings) < 10


@pytest.mark.parametrize("is_known", [False, True])
def test_a_window_beyond_the_largest_by_settings_is_an_error_of_the_connection(
    is_known: bool,
) -> None:
    engine, server = engines()
    (stream,) = opened(engine, end=False)
    exchange(engine, server)
    if is_known:
        receive(engine, frame(2, 1, bytes(4) + b"\x01"))
    receive(engine, frame(8, 1, struct.pack(">I", 1)))
    assert stream.is_plain is not is_known
    receive(engine, frame(4, 0, struct.pack(">HI", 4, 2**31 - 1)))
    assert engine.state == ConnectionState.CLOSED
    assert write(engine).endswith(CODES.FLOW_CONTROL_ERROR.to_bytes(4, "big"))


@pytest.mark.parametrize("status", [b"20", b"2000", b"abc", b"2\xb20"])
@pytest.mark.parametrize("end", [False, True])
def test_a_strange_status_is_an_error_of_its_stream(status: bytes, end: bool) -> None:
    engine, server = engines()
    stream, other = opened(engine, 2)
    exchange(engine, server)
    receive(engine, head(1, block((b":status", status)), end=end))
    assert stream.failure is not None
    assert "status code" in stream.failure.sentence
    if not end:
        receive(engine, frame(0, 1, b"x"))
    receive(engine, head(3))
    assert other.status == 200
    engine.give_up(stream)
    server(write(engine))
    assert server.seen[1].reset == (None if end else CODES.PROTOCOL_ERROR)


def test_interim_responses_are_limited() -> None:
    engine, server = engines()
    stream, other = opened(engine, 2)
    exchange(engine, server)
    for _ in range(101):
        receive(engine, head(1, block((b":status", b"103"))))
    assert stream.failure is not None
    assert "100 interim" in stream.failure.sentence
    receive(engine, head(3))
    assert other.status == 200


@pytest.mark.parametrize(
    ("fields", "count", "sentence"),
    [
        ([(b":status", b"1x3")], 1, "status code"),
        ([(b":status", b"1033")], 1, "status code"),
        ([(b":status", b"101")], 1, "status code"),
        ([(b":status", b"103"), (b"link", bytes(30_000).hex().encode())], 1, ""),
        ([(b":status", b"103"), (b"link", b"x" * 30_000)], 2, ""),
        ([(b":status", b"103"), (b"link", b"x" * 30_000)], 3, "bytes of interim responses"),
    ],
)
def test_interim_responses_that_are_kept_are_sound_and_not_too_large(
    fields: list[tuple[bytes, bytes]], count: int, sentence: str
) -> None:
    engine, server = engines()
    stream = engine.open(FIELDS, None, end=True, wants_news=True)
    exchange(engine, server)
    for _ in range(count):
        receive(engine, head(1, block(*fields)))
    if sentence:
        assert stream.failure is not None
        assert sentence in stream.failure.sentence
    else:
        assert stream.failure is None
        assert engine.take_news(stream) == [(103, fields[1:])] * count
        assert engine.take_news(stream) == []
    assert engine.state == ConnectionState.ACTIVE


def test_a_window_beyond_the_largest_is_an_error_of_its_stream() -> None:
    engine, server = engines()
    stream, other = opened(engine, 2, end=False)
    exchange(engine, server)
    receive(engine, frame(8, 1, struct.pack(">I", 2**31 - 1)))
    assert stream.failure is not None
    assert "a window of more than 2147483647 bytes for stream 1" in stream.failure.sentence
    receive(engine, head(3))
    assert other.status == 200


def test_frames_for_streams_that_are_gone_change_nothing() -> None:
    engine, server = engines()
    (stream,) = opened(engine, end=False)
    exchange(engine, server)
    engine.give_up(stream)
    for data in (
        frame(8, 1, struct.pack(">I", 1)),
        frame(3, 1, struct.pack(">I", 8)),
        head(1, block((b":status", b"103"))),
        head(1),
        frame(0, 1, b"x", 0x1),
    ):
        receive(engine, data)
        assert engine.state == ConnectionState.IDLE


def test_a_header_block_of_a_stream_that_is_gone_may_come_in_parts() -> None:
    engine, _ = engines()
    stream, other = opened(engine, 2)
    engine.give_up(stream)
    receive(engine, frame(1, 1, HEAD, 0x1) + frame(9, 1, b"", 0x4))
    receive(engine, head(3))
    assert other.status == 200


@pytest.mark.parametrize("last", [block((b":status", b"200")), block((b":status", b"103")), None])
def test_a_header_block_may_end_when_its_stream_has_gone(last: bytes | None) -> None:
    engine, _ = engines()
    stream, other = opened(engine, 2)
    if last is None:
        receive(engine, head(1))
        last = block((b"grpc-status", b"0"))
    receive(engine, frame(1, 1, last, 0x1 if stream.status else 0))
    engine.lose_writing(Failure(ReadError, "reset"))
    engine.give_up(stream)
    receive(engine, frame(9, 1, b"", 0x4) + head(3))
    assert other.status == 200


def test_streams_above_goaway_are_of_no_interest() -> None:
    engine, server = engines()
    stream, other = opened(engine, 2, end=False)
    exchange(engine, server)
    server.go_away(1)
    receive(engine, server.output() or b"")
    assert other.failure is not None
    receive(engine, frame(8, 3, struct.pack(">I", 1)))
    receive(engine, frame(3, 3, struct.pack(">I", 8)))
    receive(engine, head(1))
    assert stream.status == 200


@pytest.mark.parametrize("code", [CODES.REFUSED_STREAM, CODES.HTTP_1_1_REQUIRED, CODES.CANCEL])
@pytest.mark.parametrize("has_begun", [False, True])
def test_a_reset_says_whether_the_request_may_be_sent_again(
    code: h2.errors.ErrorCodes, has_begun: bool
) -> None:
    engine, server = engines()
    stream, other = opened(engine, 2)
    exchange(engine, server)
    if has_begun:
        receive(engine, head(1))
    receive(engine, frame(3, 1, struct.pack(">I", code)))
    assert stream.failure is not None
    error = stream.failure.error()
    untouched = code != CODES.CANCEL and not has_begun
    assert (error.unprocessed is True) == untouched
    assert error.safe_to_retry == untouched
    assert (error.http11_required is True) == (untouched and code == CODES.HTTP_1_1_REQUIRED)
    receive(engine, head(3))
    assert other.status == 200


def test_going_away_may_be_for_http11() -> None:
    engine, server = engines()
    stream, other = opened(engine, 2)
    exchange(engine, server)
    server.go_away(1, CODES.HTTP_1_1_REQUIRED)
    receive(engine, server.output() or b"")
    assert other.failure is not None
    assert other.failure.error().http11_required
    receive(engine, head(1))
    assert stream.status == 200


# Ends.


def test_a_ping_is_for_an_open_connection() -> None:
    engine, server = engines()
    engine.ping()
    exchange(engine, server)
    assert len(server.of(h2.events.PingReceived)) == 1
    engine.close(Failure(ReadError, "closed"))
    written = write(engine)
    engine.ping()
    engine.close(Failure(ReadError, "closed again"))
    assert write(engine) == b""
    assert written


def test_going_away_from_everybody_is_the_end() -> None:
    engine, server = engines()
    stream, other = opened(engine, 2)
    exchange(engine, server)
    receive(engine, head(1))
    receive(engine, frame(7, 0, struct.pack(">II", 1, 0)))
    assert engine.failure is None
    write(engine)
    receive(engine, frame(7, 0, bytes(8)) + frame(0, 1, b"x") + frame(0, 0, b"x"))
    # Whoever may still hold them.
    assert engine.state == ConnectionState.CLOSED
    assert write(engine) == b""
    assert stream.failure is not None
    assert other.failure is not None


def test_goaway_twice_and_then_the_end() -> None:
    engine, server = engines()
    first, second = opened(engine, 2)
    exchange(engine, server)
    server.go_away(3)
    receive(engine, server.output() or b"")
    assert second.failure is None
    server.go_away(1)
    receive(engine, server.output() or b"")
    assert second.failure is not None
    assert second.failure.unprocessed
    assert first.failure is None
    engine.lose(Failure(ReadError, "reset"))
    assert first.failure is not None
    assert first.failure.sentence == "reset"
    for stream in (first, second):
        engine.give_up(stream)
    assert engine.state == ConnectionState.CLOSED


def test_the_first_failure_is_the_one_that_is_told() -> None:
    engine, _ = engines()
    (stream,) = opened(engine)
    engine.lose_writing(Failure(ReadError, "first"))
    engine.lose_writing(Failure(ReadError, "second"))
    assert engine.state == ConnectionState.DRAINING
    receive(engine, b"")
    assert stream.failure is not None
    assert stream.failure.sentence == "first"
    engine.shut()


def test_sending_to_who_wants_no_more_does_nothing() -> None:
    engine, server = engines()
    (stream,) = opened(engine, end=False)
    exchange(engine, server)
    server.head(1)
    server.send(1, b"enough", end=True)
    exchange(engine, server)
    assert engine.send(stream, b"more", end=True) == 4
    engine.send_trailers(stream, [(b"a", b"b")])
    assert write(engine) == b""
    (other,) = opened(engine, end=False)
    assert engine.send(other, b"x", end=True) == 1
    assert engine.send(other, b"y", end=True) == 1
    assert engine.send(other, b"", end=True) == 0
    engine.send_trailers(other, [(b"a", b"b")])
    exchange(engine, server)
    assert server.seen[other.stream_id].content == b"x"


def test_settings_end_a_wait_for_the_window() -> None:
    engine, _ = engines(
        Server(Server.keep_silent, settings={h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0})
    )
    stream, other = opened(engine, 2, end=False)
    assert engine.send(stream, b"x", end=False) == 0
    assert engine.begin_reading()
    waiting, elsewhere = Parked(), Parked()
    assert engine.wait(stream, Wanted.WINDOW, waiting) == Turn.PARK
    assert engine.wait(other, Wanted.HEAD, elsewhere) == Turn.PARK
    exchange_settings = frame(4, 0, struct.pack(">HI", 4, 100))
    assert not engine.receive(exchange_settings, 0.0, other, Wanted.HEAD)
    assert waiting.woken == 1
    assert elsewhere.woken == 0
    assert engine.send(stream, b"x" * 200, end=False) == 100


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 30))
@settings(max_examples=300)
def test_no_bytes_whatever_raise_anything(payloads: list[bytes], size: int) -> None:
    engine, _ = engines()
    opened(engine, 3)
    data = b""
    for number, payload in enumerate(payloads):
        kind = payload[0] % 11 if payload else 0
        flags = payload[1] if len(payload) > 1 else 0
        data += frame(kind, (0, 1, 3, 5, 7, 2)[number % 6], payload[2:], flags)
    for start in range(0, len(data), size):
        receive(engine, data[start : start + size])
    if engine.state == ConnectionState.CLOSED:
        assert engine.failure is not None


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "answered in HTTP/1"),
        (b"SSH-2.0-x\r\n", "a frame of 5460808 bytes"),
        (frame(6, 0, bytes(8)), "PING, where SETTINGS must come first"),
    ],
)
def test_a_server_of_another_protocol_is_told_apart(said: bytes, sentence: str) -> None:
    engine = SynchronizedEngine()
    (stream,) = opened(engine)
    receive(engine, said)
    assert engine.state == ConnectionState.CLOSED
    assert stream.failure is not None
    assert sentence in stream.failure.sentence
