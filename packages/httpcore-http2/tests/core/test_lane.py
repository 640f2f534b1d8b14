"""The lane says what h2 would have said, byte for byte, whatever a server sends and whatever callers do."""

import struct
from typing import Any

import h2.config
import h2.connection
import h2.events
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from httpcore_http2._core.engine import Engine
from httpcore_http2._core.frames import FrameSplitter
from httpcore_http2._core.settings import CONNECTION_WINDOW, STREAM_WINDOW
from httpcore_http2._core.states import ConnectionState, StreamState
from httpcore_http2._core.streams import Stream, Wanted
from httpcore_interfaces import Fields

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)


def frame(kind: int, stream_id: int, payload: bytes = b"", flags: int = 0) -> bytes:
    return (
        len(payload).to_bytes(3, "big")
        + bytes([kind, flags])
        + struct.pack(">I", stream_id)
        + payload
    )


def literal(name: bytes, value: bytes, first: int) -> bytes:
    return bytes([first, len(name)]) + name + bytes([len(value)]) + value


# The heads that servers send: with and without entries for the table, with a size of the table, and some that are wrong.
OK = b"\x88"
BLOCKS = [
    OK,
    OK,
    OK + literal(b"server", b"s", 0x40),
    OK + literal(b"server", b"s", 0x40) + literal(b"content-length", b"5", 0x40),
    OK + literal(b"content-length", b"5", 0x00),
    OK + literal(b"content-length", b"3000", 0x00),
    OK + literal(b"content-length", b"0", 0x00),
    OK + literal(b"content-length", b"x", 0x00),
    OK + b"\xbe",  # the newest entry of the table
    OK + b"\xbe" + literal(b"x-large", b"y" * 100, 0x40),
    b"\x20" + OK + literal(b"server", b"s", 0x40),
    b"\x3f\x21" + OK + literal(b"server", b"s", 0x40),
    OK + literal(b"Upper", b"s", 0x00),
    OK + literal(b"connection", b"close", 0x00),
    b"\x8b" + literal(b"content-length", b"5", 0x00),  # 304
    literal(b":status", b"103", 0x00),
    literal(b":status", b"099", 0x00),
    literal(b"grpc-status", b"0", 0x00),
    b"\xff\xff\xff\xff\xff\xff\xff",
]


class Judged(Engine):
    """An engine without the lane: h2 sees every frame of every stream."""

    def _send_head(self, stream: Stream, fields: Fields, *, end: bool) -> None:
        stream.is_plain = False
        self._h2.send_headers(stream.stream_id, fields, end_stream=end)
        self._collect()

    def _send_data(self, stream: Stream, data: memoryview, total: int, *, end: bool) -> None:
        limit = self._h2.max_outbound_frame_size
        for start in range(0, total, limit):
            stop = min(total, start + limit)
            self._h2.send_data(stream.stream_id, data[start:stop], end_stream=end and stop == total)
            self._guard.sent_data(1)
        self._collect()

    def _pass_head(self, stream: Stream, flags: int, block: bytes) -> bool:
        return False

    def _pass_run(self, stream: Stream, splitter: FrameSplitter, start: int) -> int:
        return 0

    def _pass_last(self, stream: Stream, flags: int, data: bytes) -> bool:
        return False

    def _pass_late(self, stream_id: int, flags: int, length: int) -> bool:
        return False

    def _pass_window(self, stream: Stream | None, increment: int) -> bool:
        return False


STREAMS = st.integers(0, 3)
SIZES = st.sampled_from([0, 1, 5, 5, 100, 3000, 16384])
FRAMES = st.one_of(
    st.tuples(st.just("head"), STREAMS, st.sampled_from(BLOCKS[:6])),
    st.tuples(st.just("head"), STREAMS, st.sampled_from(BLOCKS)),
    st.tuples(st.just("last head"), STREAMS, st.sampled_from(BLOCKS)),
    st.tuples(st.just("half a head"), STREAMS, st.sampled_from(BLOCKS)),
    st.tuples(st.just("continued"), STREAMS, st.sampled_from([b"", BLOCKS[2], BLOCKS[0]])),
    st.tuples(st.just("data"), STREAMS, SIZES),
    st.tuples(st.just("data"), STREAMS, SIZES),
    st.tuples(st.just("last data"), STREAMS, SIZES),
    st.tuples(st.just("last data"), STREAMS, SIZES),
    st.tuples(st.just("padded data"), STREAMS, SIZES),
    st.tuples(st.just("reset"), STREAMS, st.sampled_from([0, 7, 8])),
    st.tuples(st.just("window"), STREAMS, st.sampled_from([0, 1, 100_000, 2**31 - 1])),
    st.tuples(st.just("connection window"), STREAMS, st.sampled_from([1, 100_000])),
    st.tuples(st.just("initial window"), STREAMS, st.sampled_from([0, 10, 100, 70_000])),
    st.tuples(st.just("largest frame"), STREAMS, st.sampled_from([16384, 20_000])),
    st.tuples(st.just("going away"), STREAMS, st.just(0)),
    st.tuples(st.just("priority"), STREAMS, st.just(0)),
    st.tuples(st.just("ping"), STREAMS, st.just(0)),
)
ACTIONS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from([b"GET", b"HEAD", b"POST", b"POST"]), st.booleans()),
    st.tuples(st.just("open"), st.sampled_from([b"GET", b"HEAD", b"POST", b"POST"]), st.booleans()),
    st.tuples(st.just("send"), STREAMS, st.sampled_from([0, 5, 40_000])),
    st.tuples(st.just("end"), STREAMS, st.sampled_from([0, 5, 40_000])),
    st.tuples(st.just("trailers"), STREAMS, st.just(0)),
    st.tuples(st.just("take"), STREAMS, st.just(0)),
    st.tuples(st.just("give up"), STREAMS, st.just(0)),
)


def greeted(engine: Engine) -> Engine:
    """The engine, to which a server has said what it says first."""
    engine.receive(frame(SETTINGS, 0), 0.0, None, Wanted.HEAD)
    # The acknowledgement, behind our own preface.
    assert _written(engine).endswith(frame(SETTINGS, 0, flags=1))
    return engine


class Pair:
    """Two engines that hear and do the same."""

    def __init__(self) -> None:
        self.engines = (greeted(Engine()), greeted(Judged()))
        self.opened: list[tuple[Stream, Stream]] = []

    def do(self, step: tuple[str, Any, Any]) -> None:
        what, target, argument = step
        if what == "open":
            if self.engines[0].can_open():
                self._open(target, argument)
        elif what in _CALLS:
            if self.opened:
                streams = self.opened[target % len(self.opened)]
                if streams[0].state != StreamState.GIVEN_UP:
                    results = [
                        _CALLS[what](engine, stream, argument)
                        for engine, stream in zip(self.engines, streams, strict=True)
                    ]
                    assert results[0] == results[1]
        else:
            data = _frame(what, target * 2 + 1, argument)
            for engine in self.engines:
                engine.receive(data, 0.0, None, Wanted.HEAD)

    def _open(self, method: bytes, end: bool) -> None:
        fields = [
            (b":method", method),
            (b":authority", b"example.org"),
            (b":scheme", b"https"),
            (b":path", b"/%d" % (len(self.opened) % 2)),
        ]
        first, second = [engine.open(list(fields), None, end=end) for engine in self.engines]
        self.opened.append((first, second))

    def compare(self) -> None:
        lane, judged = self.engines
        assert _written(lane) == _written(judged)
        assert lane.state == judged.state
        assert lane.active == judged.active
        assert lane._guard.tokens <= judged._guard.tokens + 200
        assert _sentence(lane) == _sentence(judged)
        known, reference = lane._h2, judged._h2
        assert known.outbound_flow_control_window == reference.outbound_flow_control_window
        if lane.state == ConnectionState.CLOSED:
            return
        assert known.inbound_flow_control_window == reference.inbound_flow_control_window
        entries = [list(engine._decoder.header_table.dynamic_entries) for engine in self.engines]
        assert entries[0] == entries[1]
        for one, other in self.opened:
            assert _seen(one) == _seen(other)


def _seen(stream: Stream) -> dict[str, Any]:
    names = ("state", "status", "fields", "trailers", "received", "expected", "bytes_received")
    seen = {name: getattr(stream, name) for name in (*names, "is_sent", "is_reset", "taken")}
    seen["content"] = b"".join(stream.chunks)
    seen["failure"] = stream.failure and stream.failure.sentence
    return seen


def _sentence(engine: Engine) -> str | None:
    return None if engine.failure is None else engine.failure.sentence


def _written(engine: Engine) -> bytes:
    written = b""
    data = engine.begin_write(0, None)
    while data:
        written += data
        data = engine.end_write(len(data), 0)
    return written


_CALLS: dict[str, Any] = {
    "send": lambda engine, stream, size: engine.send(stream, bytearray(size), end=False),
    "end": lambda engine, stream, size: engine.send(stream, bytes(size), end=True),
    "trailers": lambda engine, stream, _: engine.send_trailers(stream, [(b"a", b"b")]),
    "take": lambda engine, stream, _: engine.take_body(stream),
    "give up": lambda engine, stream, _: engine.give_up(stream),
}


def _frame(what: str, stream_id: int, argument: Any) -> bytes:
    match what:
        case "head":
            return frame(HEADERS, stream_id, argument, 0x4)
        case "last head":
            return frame(HEADERS, stream_id, argument, 0x5)
        case "half a head":
            return frame(HEADERS, stream_id, argument)
        case "continued":
            return frame(CONTINUATION, stream_id, argument, 0x4)
        case "data":
            return frame(DATA, stream_id, bytes(argument))
        case "last data":
            return frame(DATA, stream_id, bytes(argument), 0x1)
        case "padded data":
            return frame(DATA, stream_id, b"\x03" + bytes(argument) + bytes(3), 0x8)
        case "reset":
            return frame(RST_STREAM, stream_id, struct.pack(">I", argument))
        case "window":
            return frame(WINDOW, stream_id, struct.pack(">I", argument))
        case "connection window":
            return frame(WINDOW, 0, struct.pack(">I", argument))
        case "initial window":
            return frame(SETTINGS, 0, struct.pack(">HI", 4, argument))
        case "largest frame":
            return frame(SETTINGS, 0, struct.pack(">HI", 5, argument))
        case "going away":
            return frame(GOAWAY, 0, struct.pack(">II", max(stream_id, 0), 0))
        case "ping":
            return frame(PING, 0, bytes(8))
        case _:
            return frame(PRIORITY, stream_id, bytes(4) + b"\x01")


@given(st.lists(st.one_of(FRAMES, ACTIONS, FRAMES), max_size=40))
@settings(max_examples=400, deadline=None)
def test_the_lane_and_h2_agree(steps: list[tuple[str, Any, Any]]) -> None:
    pair = Pair()
    for _ in range(3):
        pair.do(("open", b"POST", False))
    # Blocks are remembered from the second time on, so the lane must have seen some.
    for stream in (0, 1):
        pair.do(("head", stream, BLOCKS[stream]))
    for step in steps:
        pair.do(step)
        pair.compare()


LATE = [
    ("head", 0, OK),
    ("head", 0, literal(b":status", b"103", 0x00)),
    ("last head", 0, literal(b"grpc-status", b"0", 0x00)),
    ("half a head", 0, OK),
    ("continued", 0, OK),
    ("data", 0, 5),
    ("last data", 0, 0),
    ("reset", 0, 8),
    ("window", 0, 1),
    ("window", 0, 2**31 - 1),
    ("going away", -1, 0),
]


@pytest.mark.parametrize("late", LATE)
@pytest.mark.parametrize("opens", [False, True])
@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("ending", ["ended", "reset", "broken"])
def test_what_comes_for_a_finished_stream_is_judged_alike_whatever_was_opened_since(
    late: tuple[str, Any, Any], opens: bool, is_known: bool, ending: str
) -> None:
    pair = Pair()
    for _ in range(2):
        pair.do(("open", b"POST", False))
    pair.do(("head", 1, OK))
    pair.do(("end", 0, 5))
    if is_known:
        pair.do(("priority", 0, 0))
    pair.do(("head", 0, OK))
    if ending == "ended":
        pair.do(("last data", 0, 5))
    elif ending == "reset":
        pair.do(("reset", 0, 8))
    else:
        pair.do(("window", 0, 2**31 - 1))
    pair.compare()
    if opens:
        pair.do(("open", b"GET", False))
    pair.do(late)
    pair.compare()
    pair.do(("give up", 0, 0))
    pair.do(("ping", 0, 0))
    pair.compare()


def test_a_head_for_a_finished_stream_is_an_error_of_a_closed_stream() -> None:
    written = set()
    for opens in (False, True):
        engine = engine_that_has_seen(OK)
        opened(engine)
        engine.receive(frame(HEADERS, 3, OK, 0x5), 0.0, None, Wanted.HEAD)
        if opens:
            opened(engine)
        _written(engine)
        engine.receive(
            frame(HEADERS, 3, literal(b":status", b"103", 0), 0x4), 0.0, None, Wanted.HEAD
        )
        written.add(_written(engine))
    # STREAM_CLOSED.
    assert written == {frame(GOAWAY, 0, struct.pack(">II", 0, 5))}


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("size", [0, 5, 40_000])
def test_the_end_of_content_is_sent_alike(is_known: bool, size: int) -> None:
    pair = Pair()
    pair.do(("open", b"POST", False))
    if is_known:
        pair.do(("priority", 0, 0))
    pair.do(("end", 0, size))
    pair.compare()
    stream = pair.opened[0][0]
    assert stream.is_sent
    pair.do(("last head", 0, OK))
    pair.compare()
    assert stream.is_over


def test_empty_content_is_received_alike() -> None:
    pair = Pair()
    pair.do(("open", b"GET", True))
    pair.do(("head", 0, OK))
    for what in ("data", "last data"):
        pair.do((what, 0, 0))
        pair.compare()
    assert pair.opened[0][0].is_over


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST"])
@pytest.mark.parametrize("block", range(len(BLOCKS)))
@pytest.mark.parametrize("end", ["last head", "data", "last data", "padded data"])
def test_every_head_is_judged_alike_when_it_comes_again(
    method: bytes, block: int, end: str
) -> None:
    pair = Pair()
    for stream in range(3):
        pair.do(("open", method, method != b"POST"))
        pair.compare()
        if end == "last head":
            pair.do((end, stream, BLOCKS[block]))
        else:
            pair.do(("head", stream, BLOCKS[block]))
            pair.compare()
            pair.do((end, stream, 5))
        pair.compare()
        pair.do(("give up", stream, 0))
        pair.compare()


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("when", ["open", "answered", "ended"])
@pytest.mark.parametrize("increment", [0, 1, 100_000, 2**31 - 1, 2**31])
@pytest.mark.parametrize("what", ["window", "connection window"])
def test_windows_open_alike(is_known: bool, when: str, increment: int, what: str) -> None:
    pair = Pair()
    for stream in range(3):
        pair.do(("open", b"POST", False))
        pair.do(("head", stream, OK))
    if is_known:
        pair.do(("priority", 2, 0))
    if when == "answered":
        pair.do(("data", 2, 5))
    elif when == "ended":
        pair.do(("last data", 2, 5))
    pair.compare()
    pair.do((what, 2, increment))
    pair.compare()
    for size in (40_000, 40_000):
        pair.do(("send", 1, size))
        pair.do(("send", 2, size))
    pair.do(("end", 2, 5))
    pair.compare()


def engine_that_has_seen(block: bytes) -> Engine:
    engine = greeted(Engine())
    stream = engine.open(
        [(b":method", b"GET"), (b":scheme", b"https"), (b":path", b"/")], None, end=True
    )
    engine.receive(frame(HEADERS, 1, block, 0x4), 0.0, None, Wanted.HEAD)
    assert not stream.is_plain
    engine.give_up(stream)
    return engine


def opened(engine: Engine, method: bytes = b"GET", *, end: bool = True) -> Stream:
    return engine.open(
        [(b":method", method), (b":scheme", b"https"), (b":path", b"/")], None, end=end
    )


def test_h2_never_hears_of_a_plain_exchange() -> None:
    engine = engine_that_has_seen(OK + literal(b"server", b"s", 0x40))
    stream = opened(engine, b"POST", end=False)
    assert engine.send(stream, b"content", end=True) == 7
    data = frame(HEADERS, 3, OK + literal(b"server", b"s", 0x40), 0x4)
    engine.receive(data + frame(DATA, 3, b"hello", 0x1), 0.0, None, Wanted.HEAD)
    assert stream.is_plain
    assert (stream.status, stream.fields) == (200, [(b"server", b"s")])
    assert engine.take_body(stream) == b"hello"
    assert stream.state == StreamState.COMPLETE
    engine.give_up(stream)
    assert engine._h2.streams == {}
    # It knows how the stream ended, and judges what comes after.
    engine.receive(frame(HEADERS, 3, OK, 0x4), 0.0, None, Wanted.HEAD)
    assert engine.state == ConnectionState.CLOSED


def test_a_head_that_is_changed_by_its_reader_is_not_changed_for_the_next() -> None:
    engine = engine_that_has_seen(OK + literal(b"server", b"s", 0))
    for stream_id in (3, 5):
        stream = opened(engine)
        engine.receive(
            frame(HEADERS, stream_id, OK + literal(b"server", b"s", 0), 0x5),
            0.0,
            None,
            Wanted.HEAD,
        )
        assert stream.is_plain
        assert stream.fields == [(b"server", b"s")]
        stream.fields.clear()


def test_a_large_download_passes_and_h2_counts_along() -> None:
    engine = engine_that_has_seen(OK)
    stream = opened(engine)
    engine.receive(frame(HEADERS, 3, OK, 0x4), 0.0, None, Wanted.HEAD)
    total = 0
    for _ in range(500):
        engine.receive(frame(DATA, 3, bytes(16384)), 0.0, None, Wanted.HEAD)
        total += len(engine.take_body(stream))
    assert total == 500 * 16384
    known = engine._h2.streams[3]
    assert known._actual_content_length == total
    assert 0 < known.inbound_flow_control_window <= stream.window


def test_windows_hold_on_the_lane() -> None:
    engine = engine_that_has_seen(OK)
    stream, other = opened(engine), opened(engine)
    for stream_id in (3, 5):
        engine.receive(frame(HEADERS, stream_id, OK, 0x4), 0.0, None, Wanted.HEAD)
    for _ in range(STREAM_WINDOW // 65536):
        engine.receive(frame(DATA, 3, bytes(65536)), 0.0, None, Wanted.HEAD)
    assert stream.is_plain
    assert stream.failure is None
    engine.receive(frame(DATA, 3, b"x"), 0.0, None, Wanted.HEAD)
    assert engine.state == ConnectionState.CLOSED
    assert "window" in str(other.failure and other.failure.sentence)


@pytest.mark.parametrize("size", [4, 6])
def test_the_length_of_content_holds_on_the_lane(size: int) -> None:
    block = OK + literal(b"content-length", b"5", 0)
    engine = engine_that_has_seen(block)
    stream = opened(engine)
    engine.receive(frame(HEADERS, 3, block, 0x4), 0.0, None, Wanted.HEAD)
    engine.receive(frame(DATA, 3, bytes(size), 0x1), 0.0, None, Wanted.HEAD)
    assert "Content-Length promised 5" in str(stream.failure and stream.failure.sentence)


def test_the_connections_window_holds_on_the_lane() -> None:
    engine = engine_that_has_seen(OK)
    stream = opened(engine)
    engine.receive(frame(HEADERS, 3, OK, 0x4), 0.0, None, Wanted.HEAD)
    engine._window.current_window_size = 10
    engine.receive(frame(DATA, 3, bytes(10)), 0.0, None, Wanted.HEAD)
    assert stream.is_plain
    engine.receive(frame(DATA, 3, b"x"), 0.0, None, Wanted.HEAD)
    assert engine.state == ConnectionState.CLOSED


def test_half_of_the_connections_window_is_credited_at_once() -> None:
    engine = engine_that_has_seen(OK)
    _written(engine)
    stream = opened(engine)
    engine.receive(
        frame(HEADERS, 3, OK, 0x4) + frame(DATA, 3, bytes(1000), 0x1), 0.0, None, Wanted.HEAD
    )
    engine._window._bytes_processed = CONNECTION_WINDOW // 2
    engine.take_body(stream)
    engine.give_up(stream)
    assert _written(engine)[-13:-4] == frame(WINDOW, 0, bytes(4))[:9]


def test_content_that_comes_late_is_counted_alike() -> None:
    pair = Pair()
    for _ in range(3):
        pair.do(("open", b"GET", True))
    for stream in (0, 1):
        pair.do(("head", stream, OK))
    pair.do(("last data", 1, 5))
    for stream in (0, 1):
        pair.do(("give up", stream, 0))
    pair.compare()
    # Enough to have the connection's window credited; the last of it is more than was granted.
    for engine in pair.engines:
        engine._window._bytes_processed = CONNECTION_WINDOW // 2 - 100_000
    for _ in range(STREAM_WINDOW // 16384):
        pair.do(("data", 0, 16384))
        pair.compare()
        assert pair.engines[0].failure is None
    pair.do(("data", 0, 16384))
    pair.compare()
    assert pair.engines[0].state == ConnectionState.CLOSED


@pytest.mark.parametrize(
    "late", [("data", 0, 5), ("data", 0, 3000), ("last data", 0, 3000), ("padded data", 0, 3000)]
)
@pytest.mark.parametrize("ending", ["give up", "reset"])
def test_late_content_is_counted_alike_whoever_reset_its_stream(
    late: tuple[str, Any, Any], ending: str
) -> None:
    pair = Pair()
    for _ in range(2):
        pair.do(("open", b"POST", False))
    pair.do((ending, 0, 0))
    pair.do(late)
    pair.compare()
    # A server that has reset the stream itself has nothing under way to it.
    expected = ConnectionState.ACTIVE if ending == "give up" else ConnectionState.CLOSED
    assert pair.engines[0].state == expected


def test_h2_never_hears_of_late_content() -> None:
    engine = engine_that_has_seen(OK)
    stream = opened(engine)
    engine.give_up(stream)
    _written(engine)
    before = engine._window.current_window_size
    known, engine._h2.receive_data = engine._h2.receive_data, None  # type: ignore[assignment, method-assign]
    engine.receive(frame(DATA, 3, bytes(16384)), 0.0, None, Wanted.HEAD)
    engine._h2.receive_data = known  # type: ignore[method-assign]
    assert engine._window.current_window_size == before - 16384
    assert _written(engine) == b""


def test_a_large_head_goes_out_in_parts() -> None:
    engine = Engine()
    fields = [(b":method", b"GET"), (b":authority", b"h"), (b":scheme", b"https"), (b":path", b"/")]
    engine.open([*fields, (b"x", bytes(40_000).hex().encode())], None, end=True)
    server = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    server.decoder.max_header_list_size = 200_000
    server.initiate_connection()
    events = server.receive_data(_written(engine))
    assert any(isinstance(event, h2.events.RequestReceived) for event in events)


@pytest.mark.parametrize("block", [OK, OK + literal(b"content-length", b"5", 0)])
@pytest.mark.parametrize("again", [False, True])
def test_less_content_than_promised_is_an_error_of_the_stream(block: bytes, again: bool) -> None:
    engine = engine_that_has_seen(block) if again else greeted(Engine())
    stream, other = opened(engine), opened(engine)
    first = stream.stream_id
    engine.receive(frame(HEADERS, first, block, 0x5), 0.0, None, Wanted.HEAD)
    if block == OK:
        assert stream.failure is None
    else:
        assert stream.failure is not None
        assert "0 bytes of content and promised 5" in stream.failure.sentence
    engine.receive(frame(HEADERS, other.stream_id, block, 0x4), 0.0, None, Wanted.HEAD)
    engine.receive(frame(DATA, other.stream_id, b"abc"), 0.0, None, Wanted.HEAD)
    trailers = literal(b"a", b"b", 0)
    engine.receive(frame(HEADERS, other.stream_id, trailers, 0x5), 0.0, None, Wanted.HEAD)
    assert (other.failure is None) == (block == OK)
    assert engine.state == ConnectionState.ACTIVE


def test_a_path_that_is_new_pushes_nothing_out_of_the_table() -> None:
    engine = greeted(Engine())
    sizes = []
    for number in range(100):
        before = engine.outbox.queued
        stream = engine.open(
            [
                (b":method", b"GET"),
                (b":authority", b"example.org"),
                (b":scheme", b"https"),
                (b":path", b"/item/%d" % number),
                (b"user-agent", b"a rather long description of a program"),
            ],
            None,
            end=True,
        )
        engine.receive(frame(HEADERS, stream.stream_id, OK, 0x5), 0.0, None, Wanted.HEAD)
        engine.give_up(stream)
        sizes.append(engine.outbox.queued - before)
    # What is the same for all stays in the table.
    assert sizes[0] > 50
    assert max(sizes[1:]) < 30
