"""Attacks by more and more of what is harmless once (RFC 9113, 10.5)."""

from .attacks import IT, MIB, OTHER, floods
from .frames import (
    ACK,
    END_STREAM,
    OK,
    PADDED,
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

CALM = Code.ENHANCE_YOUR_CALM
WORDS = "more empty or idle frames than is sane"
END = data(OTHER, b"", END_STREAM)
BAD_HEAD = headers(IT, fields((b":status", b"2000")))
BAD_STATUS = "the status code b'2000'"

FLOODS = {
    "PING": floods(CALM, WORDS, ping()),
    "PING ACK": floods(CALM, WORDS, ping(ACK)),
    "SETTINGS": floods(CALM, WORDS, settings()),
    "SETTINGS that change": floods(
        CALM,
        WORDS,
        settings((Setting.INITIAL_WINDOW_SIZE, 1)) + settings((Setting.INITIAL_WINDOW_SIZE, 2)),
    ),
    "SETTINGS that nobody knows": floods(
        CALM, WORDS, b"".join(settings((number, 1)) for number in range(1000, 2000))
    ),
    "SETTINGS of the header table": floods(
        CALM,
        WORDS,
        settings((Setting.HEADER_TABLE_SIZE, 0)) + settings((Setting.HEADER_TABLE_SIZE, 4096)),
    ),
    "SETTINGS ACK": floods(CALM, WORDS, frame(Kind.SETTINGS, flags=ACK)),
    "empty DATA": floods(CALM, WORDS, data(IT), headers(IT, OK)),
    "DATA of padding": floods(CALM, WORDS, data(IT, b"\0", PADDED), headers(IT, OK)),
    "DATA of much padding": floods(
        CALM, WORDS, data(IT, b"\xff" + bytes(255), PADDED), headers(IT, OK), said=MIB
    ),
    "WINDOW_UPDATE": floods(CALM, WORDS, window_update(0, 1)),
    "WINDOW_UPDATE of the stream": floods(CALM, WORDS, window_update(IT, 1)),
    "WINDOW_UPDATE of a stream that is over": floods(
        CALM, WORDS, window_update(OTHER, 1), END, sibling=b""
    ),
    "RST_STREAM of a stream that is over": floods(
        CALM, WORDS, rst_stream(OTHER, Code.NO_ERROR), END, sibling=b""
    ),
    "PRIORITY": floods(CALM, WORDS, priority(99, 0)),
    "unknown frames": floods(CALM, WORDS, frame(0x77)),
    "large unknown frames": floods(CALM, WORDS, frame(0x77, bytes(60_000)), said=3 * MIB),
    "ALTSVC": floods(CALM, WORDS, frame(Kind.ALTSVC, b"\0\1ah2")),
    "ORIGIN": floods(CALM, WORDS, frame(Kind.ORIGIN, b"\0\x11https://a.example")),
    # The server makes us reset the stream, and goes on.
    "content of one byte behind our reset": floods(
        CALM, BAD_STATUS, data(IT, b"x"), BAD_HEAD, reset=Code.PROTOCOL_ERROR
    ),
    "content behind our reset": floods(
        Code.FLOW_CONTROL_ERROR,
        BAD_STATUS,
        data(IT, bytes(16_384)),
        BAD_HEAD,
        reset=Code.PROTOCOL_ERROR,
        said=2 * MIB,
    ),
    "heads behind our reset": floods(
        CALM, BAD_STATUS, headers(IT, OK), BAD_HEAD, reset=Code.PROTOCOL_ERROR
    ),
    "GOAWAY": floods(CALM, WORDS, goaway(IT)),
    "GOAWAY with much to say": floods(CALM, WORDS, goaway(IT, debug=bytes(60_000)), said=3 * MIB),
}

TABLES = {"flood": FLOODS}
