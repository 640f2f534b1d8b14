"""Attacks by single frames: of the wrong size, on the wrong stream, at the wrong time, with a wrong number in them."""

from dataclasses import replace

from .attacks import IT, MIB, OTHER, Attack, breaks, floods, harmless, spoils
from .frames import (
    ACK,
    END_HEADERS,
    END_STREAM,
    OK,
    PADDED,
    PRIORITY,
    Code,
    Kind,
    Setting,
    data,
    fields,
    frame,
    goaway,
    headers,
    ping,
    priority,
    rst_stream,
    settings,
    window_update,
)
from .peer import Conversation

PROTOCOL, SIZE, FLOW, CLOSED = (
    Code.PROTOCOL_ERROR,
    Code.FRAME_SIZE_ERROR,
    Code.FLOW_CONTROL_ERROR,
    Code.STREAM_CLOSED,
)

PADDING = "with more padding than it has bytes"

SIZES = {
    "frame too large": breaks(SIZE, "a frame of 65537 bytes, where 65536 are allowed", data(IT, bytes(65_537))),
    "frame that says it has 16 MiB": breaks(SIZE, "a frame of 16777215 bytes", b"\xff\xff\xff\x00\x00\x00\x00\x00\x03"),
    "SETTINGS of 5 bytes": breaks(SIZE, "a SETTINGS frame of 5 bytes", frame(Kind.SETTINGS, bytes(5))),
    "SETTINGS ACK of 6 bytes": breaks(SIZE, "where there must be none", frame(Kind.SETTINGS, bytes(6), flags=ACK)),
    "PING of 7 bytes": breaks(SIZE, "a PING frame of 7 bytes", frame(Kind.PING, bytes(7))),
    "PING of 9 bytes": breaks(SIZE, "a PING frame of 9 bytes", frame(Kind.PING, bytes(9))),
    "RST_STREAM of 3 bytes": breaks(SIZE, "a RST_STREAM frame of 3 bytes", frame(Kind.RST_STREAM, bytes(3), stream=IT)),
    "RST_STREAM of 5 bytes": breaks(SIZE, "a RST_STREAM frame of 5 bytes", frame(Kind.RST_STREAM, bytes(5), stream=IT)),
    "WINDOW_UPDATE of 3 bytes": breaks(SIZE, "a WINDOW_UPDATE frame of 3 bytes", frame(Kind.WINDOW_UPDATE, bytes(3))),
    "WINDOW_UPDATE of 5 bytes": breaks(SIZE, "a WINDOW_UPDATE frame of 5 bytes", frame(Kind.WINDOW_UPDATE, bytes(5), stream=IT)),
    "PRIORITY of 4 bytes": breaks(SIZE, "a PRIORITY frame of 4 bytes", frame(Kind.PRIORITY, bytes(4), stream=IT)),
    "GOAWAY of 7 bytes": breaks(SIZE, "a GOAWAY frame of 7 bytes", frame(Kind.GOAWAY, bytes(7))),
    "HEADERS too short for its priority": breaks(SIZE, "too short for what is in it", headers(IT, bytes(4), END_HEADERS | PRIORITY)),
    "DATA without its padding's length": breaks(SIZE, PADDING, headers(IT, OK), data(IT, b"", PADDED)),
    "padding longer than DATA": breaks(PROTOCOL, PADDING, headers(IT, OK), data(IT, b"\x05abc", PADDED)),
    "padding longer than HEADERS": breaks(PROTOCOL, PADDING, headers(IT, b"\x09" + OK, END_HEADERS | PADDED)),
    "padding longer than PUSH_PROMISE": breaks(PROTOCOL, PADDING, frame(Kind.PUSH_PROMISE, b"\xff" + bytes(6), flags=PADDED, stream=IT)),
}  # fmt: skip

FOR_STREAMS = "which is for the connection itself"
FOR_ZERO = "where it belongs on stream 0"
NOT_OPENED = "which no request has opened"
OVER = "on stream 1, which is over"

# The other response comes to its end, and this behind it.
END = Conversation.finish

STREAMS = {
    "DATA on stream 0": breaks(PROTOCOL, FOR_STREAMS, data(0, b"x")),
    "HEADERS on stream 0": breaks(PROTOCOL, FOR_STREAMS, headers(0, OK)),
    "PRIORITY on stream 0": breaks(PROTOCOL, FOR_STREAMS, priority(0, OTHER)),
    "RST_STREAM on stream 0": breaks(PROTOCOL, FOR_STREAMS, rst_stream(0, 0)),
    "PUSH_PROMISE on stream 0": breaks(PROTOCOL, FOR_STREAMS, frame(Kind.PUSH_PROMISE, bytes(4), flags=END_HEADERS)),
    "SETTINGS on a stream": breaks(PROTOCOL, FOR_ZERO, frame(Kind.SETTINGS, stream=IT)),
    "PING on a stream": breaks(PROTOCOL, FOR_ZERO, frame(Kind.PING, bytes(8), stream=IT)),
    "GOAWAY on a stream": breaks(PROTOCOL, FOR_ZERO, frame(Kind.GOAWAY, bytes(8), stream=IT)),
    **{
        f"{name} on stream {number}": breaks(PROTOCOL, NOT_OPENED, say)
        for number in (2, 99, 2**31 - 1)
        for name, say in {
            "DATA": data(number, b"x"),
            "HEADERS": headers(number, OK),
            "RST_STREAM": rst_stream(number, 0),
            "WINDOW_UPDATE": window_update(number, 1),
        }.items()
    },
    "PRIORITY on an idle stream": harmless(priority(99, IT)),
    "a number with the reserved bit": harmless(window_update(IT | 1 << 31, 1)),
    "DATA behind the end": Attack([END, data(OTHER, b"x")], OVER, CLOSED, connections=2),
    "empty DATA behind the end": Attack([END, data(OTHER)], OVER, CLOSED, connections=2),
    "HEADERS behind the end": Attack([END, headers(OTHER, OK)], OVER, CLOSED, connections=2),
    "trailers behind the end": Attack([END, headers(OTHER, fields((b"a", b"b")), END_HEADERS | END_STREAM)], OVER, CLOSED, connections=2),
    "WINDOW_UPDATE behind the end": harmless(END, window_update(OTHER, 1)),
    "RST_STREAM behind the end": harmless(END, rst_stream(OTHER, Code.NO_ERROR)),
    "PRIORITY behind the end": harmless(END, priority(OTHER, IT)),
}  # fmt: skip

TIMES = {
    "DATA before the head": breaks(PROTOCOL, "before the head of its response", data(IT, b"x")),
    "DATA after an interim response": breaks(PROTOCOL, "before the head of its response", headers(IT, fields((b":status", b"103"))), data(IT, b"x")),
    "a second head": breaks(PROTOCOL, "a second final response", headers(IT, OK) * 2),
    "trailers that are not the end": breaks(PROTOCOL, "trailers without the end of the stream", headers(IT, OK) + headers(IT, fields((b"a", b"b")))),
    "RST_STREAM for an answer": spoils(None, "the server reset the stream (INTERNAL_ERROR)", rst_stream(IT, Code.INTERNAL_ERROR)),
    "RST_STREAM in the content": spoils(None, "the server reset the stream (INTERNAL_ERROR)", headers(IT, OK) + data(IT, b"x") + rst_stream(IT, Code.INTERNAL_ERROR)),
    "RST_STREAM with a code that nobody knows": spoils(None, "the server reset the stream (error code 3735928559)", rst_stream(IT, 0xDEADBEEF)),
    "RST_STREAM twice": spoils(None, "the server reset the stream (CANCEL)", rst_stream(IT, Code.CANCEL) * 2),
    "frames behind RST_STREAM": Attack([rst_stream(IT, Code.CANCEL) + headers(IT, OK)], "the server reset the stream (CANCEL)"),
    "the end in the middle of a frame": Attack([headers(IT, OK)[:5], Conversation.hang_up], "the server closed the connection in the middle of a request", sibling=None, connections=2),
    "the end in the middle of the content": Attack([headers(IT, OK), data(IT, b"x"), Conversation.hang_up], "the server closed the connection in the middle of a request", sibling=None, connections=2),
    "PUSH_PROMISE": breaks(PROTOCOL, "a pushed response, which we have disabled", frame(Kind.PUSH_PROMISE, b"\0\0\0\2" + fields((b":method", b"GET")), flags=END_HEADERS, stream=IT)),
    "the end of a pushed response": breaks(PROTOCOL, NOT_OPENED, headers(2, OK, END_HEADERS | END_STREAM)),
    "GOAWAY for a later stream, then for more": replace(harmless(goaway(IT) + goaway(2**31 - 1)), connections=2),
    "GOAWAY with a code that nobody knows": replace(harmless(goaway(IT, 0xDEADBEEF, b"what?")), connections=2),
    # The request is sent again, on another connection, and the server is good to it.
    "GOAWAY for no stream": Attack([goaway(0)], sibling=None, connections=2),
    "GOAWAY for one, then for none": Attack([goaway(OTHER) + goaway(0)], sibling=None, connections=2),
}  # fmt: skip

NUMBERS = {
    "ENABLE_PUSH of 1": breaks(PROTOCOL, "ENABLE_PUSH with 1", settings((Setting.ENABLE_PUSH, 1))),
    "ENABLE_PUSH of 2": breaks(PROTOCOL, "ENABLE_PUSH with 2", settings((Setting.ENABLE_PUSH, 2))),
    "INITIAL_WINDOW_SIZE too large": breaks(FLOW, "INITIAL_WINDOW_SIZE with 2147483648", settings((Setting.INITIAL_WINDOW_SIZE, 2**31))),
    "MAX_FRAME_SIZE too small": breaks(PROTOCOL, "MAX_FRAME_SIZE with 16383", settings((Setting.MAX_FRAME_SIZE, 2**14 - 1))),
    "MAX_FRAME_SIZE too large": breaks(PROTOCOL, "MAX_FRAME_SIZE with 16777216", settings((Setting.MAX_FRAME_SIZE, 2**24))),
    "ENABLE_CONNECT_PROTOCOL of 2": breaks(PROTOCOL, "ENABLE_CONNECT_PROTOCOL with 2", settings((Setting.ENABLE_CONNECT_PROTOCOL, 2))),
    "a bad setting behind good ones": breaks(PROTOCOL, "ENABLE_PUSH with 1", settings((Setting.HEADER_TABLE_SIZE, 0), (Setting.ENABLE_PUSH, 1))),
    "more settings than there are": breaks(Code.ENHANCE_YOUR_CALM, "more than 32 settings", settings(*[(number, 1) for number in range(100, 133)])),
    "settings that nobody knows": harmless(settings(*[(number, 2**32 - 1) for number in range(100, 132)])),
    "no streams any more": harmless(settings((Setting.MAX_CONCURRENT_STREAMS, 0)), settings((Setting.MAX_CONCURRENT_STREAMS, 100))),
    "no header table": harmless(settings((Setting.HEADER_TABLE_SIZE, 0))),
    "a header table of 4 GiB": harmless(settings((Setting.HEADER_TABLE_SIZE, 2**32 - 1))),
    "SETTINGS ACK of nothing": harmless(frame(Kind.SETTINGS, flags=ACK) * 3),
    "PING ACK of nothing": harmless(ping(ACK) * 3),
    "PRIORITY on itself": breaks(PROTOCOL, "a priority that makes stream 3 depend on itself", priority(IT, IT)),
    "HEADERS that depend on themselves": breaks(PROTOCOL, "the server broke HTTP/2", headers(IT, b"\0\0\0\3\x0f" + OK, END_HEADERS | PRIORITY)),
    "WINDOW_UPDATE of 0": breaks(PROTOCOL, "a WINDOW_UPDATE frame", window_update(0, 0)),
    "WINDOW_UPDATE of 0 on the stream": breaks(PROTOCOL, "a WINDOW_UPDATE frame", window_update(IT, 0)),
    "window of the connection too large": breaks(FLOW, "a window of more than 2147483647 bytes for the connection", window_update(0, 2**31 - 1)),
    "window of the stream too large": spoils(FLOW, "a window of more than 2147483647 bytes for stream 3", window_update(IT, 2**31 - 1)),
    "window of the stream too large by steps": spoils(FLOW, "a window of more than 2147483647 bytes for stream 3", window_update(IT, 2**30) * 2),
    "windows too large by SETTINGS": breaks(FLOW, "by INITIAL_WINDOW_SIZE", window_update(IT, 1) + settings((Setting.INITIAL_WINDOW_SIZE, 2**31 - 1))),
    "more than the window of a stream": floods(FLOW, "more content on stream 1 than its window", data(OTHER, bytes(16_384)), said=2 * MIB),
}  # fmt: skip

EXTENSIONS = {
    "unknown frames": harmless(frame(0x77, b"?" * 100, flags=0xFF, stream=IT) + frame(0xFF, stream=99) + frame(0x42)),
    "ALTSVC": harmless(frame(Kind.ALTSVC, b'\0\x09a.exampleh2=":1"') + frame(Kind.ALTSVC, b'\0\0h2=":1"', stream=IT)),
    "ALTSVC that is none": harmless(frame(Kind.ALTSVC, b"\xff\xff") + frame(Kind.ALTSVC, stream=2)),
    "ORIGIN": harmless(frame(Kind.ORIGIN, b"\0\x11https://a.example") + frame(Kind.ORIGIN, b"\xff")),
}  # fmt: skip

TABLES = {
    "frame size": SIZES,
    "stream": STREAMS,
    "time": TIMES,
    "number": NUMBERS,
    "extension": EXTENSIONS,
}
