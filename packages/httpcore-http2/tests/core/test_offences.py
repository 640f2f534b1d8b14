"""What h2, hpack and hyperframe find is said in plain words, whichever of their exceptions it is."""

import inspect
import re
import struct

import h2.exceptions
import hpack.exceptions
import hyperframe.exceptions
import pytest
from h2.errors import ErrorCodes
from hypothesis import given, settings
from hypothesis import strategies as st

from httpcore_http2._core.engine import Engine
from httpcore_http2._core.frames import FrameKind
from httpcore_http2._core.offences import Offence, Scene
from httpcore_http2._core.states import ConnectionState, StreamInput
from httpcore_http2._core.streams import Stream, Wanted

from .test_lane import (
    BLOCKS,
    CONTINUATION,
    DATA,
    GOAWAY,
    HEADERS,
    OK,
    PING,
    PRIORITY,
    PUSH,
    RST_STREAM,
    SETTINGS,
    WINDOW,
    frame,
    literal,
)

LATEST = 2**31 - 1
FIELDS = [(b":method", b"POST"), (b":scheme", b"https"), (b":path", b"/")]


def window(stream_id: int, increment: int) -> bytes:
    return frame(WINDOW, stream_id, struct.pack(">I", increment))


def setting(code: int, value: int) -> bytes:
    return frame(SETTINGS, 0, struct.pack(">HI", code, value))


def response(*fields: tuple[bytes, bytes], flags: int = 0x4, status: bytes = OK) -> bytes:
    return frame(HEADERS, 1, status + b"".join(literal(*field, 0) for field in fields), flags)


INTERIM = literal(b":status", b"103", 0)
END = 0x1
# The fields of HEADERS with a priority: the stream that it depends on, and a weight.
ITSELF = b"\0\0\0\x01\x0f"

# What comes on a connection with two requests, 1 and 3, whose content is not sent to its end; and what is said then.
SENTENCES: list[tuple[bytes, str]] = [
    # Frames that are not laid out as they should be.
    (frame(DATA, 0, b"x"), "a DATA frame on stream 0, which is for the connection itself"),
    (frame(HEADERS, 0, OK, 4), "a HEADERS frame on stream 0, which is for the connection itself"),
    (
        frame(PRIORITY, 0, bytes(5)),
        "a PRIORITY frame on stream 0, which is for the connection itself",
    ),
    (
        frame(RST_STREAM, 0, bytes(4)),
        "a RST_STREAM frame on stream 0, which is for the connection itself",
    ),
    (frame(SETTINGS, 1), "a SETTINGS frame on stream 1, where it belongs on stream 0"),
    (frame(PING, 3, bytes(8)), "a PING frame on stream 3, where it belongs on stream 0"),
    (frame(GOAWAY, 1, bytes(8)), "a GOAWAY frame on stream 1, where it belongs on stream 0"),
    (frame(PRIORITY, 1, bytes(4)), "a PRIORITY frame of 4 bytes, where 5 are right"),
    (frame(RST_STREAM, 1, bytes(5)), "a RST_STREAM frame of 5 bytes, where 4 are right"),
    (frame(PING, 0, bytes(7)), "a PING frame of 7 bytes, where 8 are right"),
    (
        window(1, 1)[:2] + b"\x03\x08" + bytes(4) + b"\x01" + bytes(3),
        "a WINDOW_UPDATE frame of 3 bytes, where 4 are right",
    ),
    (frame(SETTINGS, 0, bytes(7)), "a SETTINGS frame of 7 bytes, which is no multiple of 6"),
    (
        frame(SETTINGS, 0, bytes(6), 1),
        "an acknowledgement of SETTINGS with 6 bytes, where there must be none",
    ),
    (frame(GOAWAY, 0, bytes(7)), "a GOAWAY frame of 7 bytes, where 8 are the least"),
    (
        window(0, 0),
        "a WINDOW_UPDATE frame with an increment of 0 for the connection, where 1 to 2147483647 is right",
    ),
    (
        window(1, 0),
        "a WINDOW_UPDATE frame with an increment of 0 for stream 1, where 1 to 2147483647 is right",
    ),
    (frame(DATA, 1, b"\x05abc", 8), "a DATA frame on stream 1 with more padding than it has bytes"),
    (
        frame(HEADERS, 1, b"\x09" + OK, 0xC),
        "a HEADERS frame on stream 1 with more padding than it has bytes",
    ),
    (
        frame(HEADERS, 1, b"abc", 0x24),
        "a HEADERS frame of 3 bytes on stream 1, too short for what is in it",
    ),
    (bytes([16, 0, 0, 0, 0, 0, 0, 0, 1]), "a frame of 1048576 bytes, where 65536 are allowed"),
    # Header sections that cannot be unpacked.
    (
        frame(HEADERS, 1, b"\xc0", 4),
        "a header section on stream 1 that refers to an entry the compression table does not have",
    ),
    (
        frame(HEADERS, 1, b"\x3f\xff\xff\x7f" + OK, 4),
        "a header section on stream 1 that sets a size of the compression table that was not agreed on",
    ),
    (
        frame(HEADERS, 1, b"\xff" * 9, 4),
        "a header section on stream 1 that cannot be unpacked: it is cut short, or its compression is wrong",
    ),
    (
        frame(HEADERS, 1, OK + literal(b"x-large", b"y" * 120, 0x40) + b"\xbe" * 500, 4),
        "a header section on stream 1 that unpacks to more than 65536 bytes",
    ),
    # Header sections in parts.
    (
        frame(HEADERS, 1, OK) + frame(DATA, 3, b"x"),
        "a DATA frame on stream 3 in the middle of a header section on stream 1",
    ),
    (
        frame(HEADERS, 1, OK) + frame(CONTINUATION, 3, b"x"),
        "a CONTINUATION frame on stream 3 in the middle of a header section on stream 1",
    ),
    (
        frame(HEADERS, 1, OK) + frame(CONTINUATION, 1) * 100,
        "a header section on stream 1 in too many CONTINUATION frames",
    ),
    (frame(CONTINUATION, 1, OK, 4), "a CONTINUATION frame that continues nothing"),
    # Fields.
    (response((b"Upper", b"")), "the field b'Upper', whose name is not in lower case, on stream 1"),
    (response((b"a b", b"")), "the field b'a b', whose name has an illegal character, on stream 1"),
    (response((b"a:b", b"")), "the field b'a:b', whose name has an illegal character, on stream 1"),
    (response((b"", b"x")), "the field b'', which has no name, on stream 1"),
    (
        response((b"a", b"x\r\nb: c")),
        "the field b'a', whose value has a NUL, CR or LF in it, on stream 1",
    ),
    (
        response((b"a", b"x ")),
        "the field b'a', whose value begins or ends with white space, on stream 1",
    ),
    (
        response((b"connection", b"close")),
        "the field b'connection', which only HTTP/1.1 has, on stream 1",
    ),
    (
        response((b"te", b"gzip")),
        "the field b'te', which may say nothing but trailers, on stream 1",
    ),
    (response((b":status", b"200")), "the field b':status', which is there twice, on stream 1"),
    (response((b":path", b"/")), "the field b':path', which a response does not have, on stream 1"),
    (
        response((b"a", b"b"), (b":status", b"200"), status=b""),
        "the field b':status', which does not stand before all others, on stream 1",
    ),
    (
        response((b"content-length", b"5x")),
        "the field b'content-length', which is b'5x' and no number, on stream 1",
    ),
    (
        response((b"content-length", b"5"), (b"content-length", b"6")),
        "the field b'content-length', which is there twice, with different numbers, on stream 1",
    ),
    (
        response((b"Long" * 20, b"")),
        f"the field {b'Long' * 15 + b'...'!r}, whose name is not in lower case, on stream 1",
    ),
    (response((b"a", b"b"), status=b""), "a response without :status on stream 1"),
    (
        response(flags=5, status=INTERIM),
        "the end of the stream with an interim response on stream 1",
    ),
    (response() + response(status=INTERIM), "an interim response after the final one on stream 1"),
    (response() + response(), "a second final response on stream 1"),
    (
        response() + frame(HEADERS, 1, OK) + frame(CONTINUATION, 1, b"", 4),
        "a second final response on stream 1",
    ),
    (
        response() + response(flags=5),
        "the pseudo-header field b':status' in a trailer section on stream 1",
    ),
    (
        response() + response((b"a", b"b"), (b":path", b"/"), status=b"", flags=5),
        "the pseudo-header field b':path' in a trailer section on stream 1",
    ),
    (
        response() + frame(HEADERS, 1, OK, 1) + frame(CONTINUATION, 1, b"", 4),
        "the pseudo-header field b':status' in a trailer section on stream 1",
    ),
    (
        response() + response((b"a", b"b"), status=b""),
        "trailers without the end of the stream on stream 1",
    ),
    # Content and windows.
    (frame(DATA, 1, b"x"), "content on stream 1 before the head of its response"),
    (
        response((b"content-length", b"2")) + frame(DATA, 1, b"abc"),
        "3 bytes of content on stream 1, where Content-Length promised 2",
    ),
    (
        response((b"content-length", b"2")) + frame(DATA, 1, b"a", END),
        "1 bytes of content on stream 1, where Content-Length promised 2",
    ),
    (
        response() + frame(DATA, 1, bytes(65536)) * 17,
        "more content on stream 1 than its window or the connection's allows",
    ),
    (window(0, LATEST), "a window of more than 2147483647 bytes for the connection"),
    (
        frame(PRIORITY, 1, bytes(5)) + window(1, LATEST - 65535) + setting(4, 70_000),
        "a window of more than 2147483647 bytes for a stream, by INITIAL_WINDOW_SIZE",
    ),
    # Settings and the rest.
    (setting(2, 1), "the setting ENABLE_PUSH with 1, where 0 is right"),
    (
        setting(4, 2**31),
        "the setting INITIAL_WINDOW_SIZE with 2147483648, where 0 to 2147483647 is right",
    ),
    (setting(5, 100), "the setting MAX_FRAME_SIZE with 100, where 16384 to 16777215 is right"),
    (setting(8, 2), "the setting ENABLE_CONNECT_PROTOCOL with 2, where 0 to 1 is right"),
    (frame(PUSH, 1, struct.pack(">I", 2) + OK, 4), "a pushed response, which we have disabled"),
    (
        frame(PUSH, 1, struct.pack(">I", 2) + OK) + frame(CONTINUATION, 1, b"", 4),
        "a pushed response, which we have disabled",
    ),
    (frame(PRIORITY, 1, b"\0\0\0\x01\0"), "a priority that makes stream 1 depend on itself"),
    (frame(HEADERS, 1, ITSELF + OK, 0x24), "a priority that makes stream 1 depend on itself"),
    (
        frame(HEADERS, 1, b"\0\x80" + ITSELF[1:] + OK, 0x2C),
        "a priority that makes stream 1 depend on itself",
    ),
    (
        frame(HEADERS, 1, ITSELF + INTERIM, 0x24),
        "a priority that makes stream 1 depend on itself",
    ),
    (
        response() + frame(HEADERS, 1, ITSELF + literal(b"a", b"b", 0), 0x25),
        "a priority that makes stream 1 depend on itself",
    ),
    (
        frame(HEADERS, 1, ITSELF + OK, 0x20) + frame(CONTINUATION, 1, b"", 4),
        "a priority that makes stream 1 depend on itself",
    ),
    (frame(HEADERS, 99, OK, 4), "a HEADERS frame on stream 99, which no request has opened"),
    (window(99, 1), "a WINDOW_UPDATE frame on stream 99, which no request has opened"),
]


@pytest.mark.parametrize(("data", "sentence"), SENTENCES)
def test_what_a_server_did_wrong_is_said_in_words(data: bytes, sentence: str) -> None:
    engine = Engine()
    for _ in range(2):
        engine.open(list(FIELDS), None, end=False)
    engine.receive(frame(SETTINGS, 0) + data, 0.0, None, Wanted.HEAD)
    assert engine.failure is not None
    assert engine.failure.sentence == f"the server broke HTTP/2: {sentence}"
    require_plain(engine.failure.sentence)
    # Who wants to know what h2 said looks at the cause.
    assert engine.failure.cause is not None


def test_a_frame_for_a_stream_that_is_over_is_said_to_be_that() -> None:
    engine = Engine()
    for _ in range(2):
        engine.open(list(FIELDS), None, end=True)
    end = frame(HEADERS, 1, OK, 5)
    engine.receive(frame(SETTINGS, 0) + end + end, 0.0, None, Wanted.HEAD)
    assert engine.failure is not None
    assert engine.failure.sentence == (
        "the server broke HTTP/2: a HEADERS frame on stream 1, which is over"
    )


def test_what_ends_one_stream_is_said_in_words() -> None:
    engine = Engine()
    stream = engine.open(list(FIELDS), None, end=False)
    engine.receive(frame(SETTINGS, 0) + window(1, LATEST), 0.0, None, Wanted.HEAD)
    assert stream.failure is not None
    assert stream.failure.sentence == (
        "the server broke HTTP/2: a window of more than 2147483647 bytes for stream 1"
    )
    assert engine.state == ConnectionState.ACTIVE


# Every exception that there is, and how it is made.
ARGUMENTS: dict[type[Exception], tuple[object, ...]] = {
    h2.exceptions.StreamIDTooLowError: (1, 3),
    h2.exceptions.NoSuchStreamError: (1,),
    h2.exceptions.StreamClosedError: (1,),
    h2.exceptions.InvalidSettingsValueError: ("5", ErrorCodes.PROTOCOL_ERROR),
    h2.exceptions.InvalidBodyLengthError: (5, 6),
    hyperframe.exceptions.UnknownFrameError: (99, 5),
}


def exceptions_of(module: object) -> list[type[Exception]]:
    return [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and kind.__module__ == getattr(module, "__name__", "")
    ]


FOREIGN = [
    kind
    for module in (h2.exceptions, hpack.exceptions, hyperframe.exceptions)
    for kind in exceptions_of(module)
]


def require_plain(sentence: str) -> None:
    # What is shown of a field is shown as it came.
    words = re.sub(r"b'.*?'|b\".*?\"", "", sentence)
    for bad in ("0x", "<", ">", "StreamInputs", "ConnectionInputs", "StreamState", "Error", "None"):
        assert bad not in words
    assert re.search(r"[a-z]{2,} [a-z]+", words)
    assert not words.endswith((".", ":", " "))


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("frame_kind", [*FrameKind, 77])
def test_no_foreign_exception_speaks_for_itself(kind: type[Exception], frame_kind: int) -> None:
    foreign = kind(*ARGUMENTS.get(kind, ("<object at 0x7f00> in StreamInputs.RECV_DATA",)))
    if isinstance(foreign, h2.exceptions.ProtocolError):
        error = foreign
    else:
        error = h2.exceptions.ProtocolError(str(foreign))
        error.__cause__ = foreign
    awaiting, receiving = Stream(1, 0, None), Stream(1, 0, None)
    receiving.advance(StreamInput.HEAD)
    for stream_id in (0, 1):
        for flags in (0, 0x1, 0x4, 0x8):
            for payload in (b"", bytes(4), bytes(5), bytes(8)):
                data = frame(frame_kind, stream_id, payload, flags)
                for stream in (None, awaiting, receiving):
                    offence = Offence(error, Scene(data, stream, (), 0))
                    require_plain(str(offence))
                    assert offence.error_code == error.error_code


@given(
    st.lists(
        st.builds(
            frame,
            st.integers(0, 10),
            st.integers(0, 5),
            st.one_of(
                st.binary(max_size=20),
                st.sampled_from(BLOCKS),
                st.sampled_from(
                    [bytes(4), bytes(5), bytes(6), bytes(8), b"\0\x05\0\0\0\x01", b"\0\0\0\x01"]
                ),
            ),
            st.sampled_from([0, 1, 4, 5, 8, 0x2C]),
        ),
        max_size=8,
    )
)
@settings(max_examples=400, deadline=None)
def test_whatever_comes_the_sentence_is_plain(frames: list[bytes]) -> None:
    engine = Engine()
    streams = [engine.open(list(FIELDS), None, end=bool(end)) for end in range(2)]
    engine.receive(frame(SETTINGS, 0) + b"".join(frames), 0.0, None, Wanted.HEAD)
    for failure in (engine.failure, *(stream.failure for stream in streams)):
        if failure is not None:
            require_plain(failure.sentence)
