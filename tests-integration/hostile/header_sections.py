"""Attacks by header sections: too large, in too many parts, badly compressed, and by what their fields say."""

from .attacks import IT, OTHER, Attack, breaks, floods, harmless, spoils
from .frames import (
    END_HEADERS,
    END_STREAM,
    OK,
    Code,
    continuation,
    data,
    fields,
    frame,
    headers,
    indexed,
    literal,
    ping,
    resized,
    window_update,
)

PROTOCOL, COMPRESSION, CALM = Code.PROTOCOL_ERROR, Code.COMPRESSION_ERROR, Code.ENHANCE_YOUR_CALM


def head(*pairs: tuple[bytes, bytes], flags: int = END_HEADERS) -> bytes:
    """The head of a response with these fields, which may be any."""
    return headers(IT, OK + fields(*pairs), flags)


def only(*pairs: tuple[bytes, bytes]) -> bytes:
    """Likewise, without `:status: 200` before them."""
    return headers(IT, fields(*pairs))


def trailers(*pairs: tuple[bytes, bytes]) -> bytes:
    """A head, and trailers with these fields."""
    return headers(IT, OK) + headers(IT, fields(*pairs), END_HEADERS | END_STREAM)


def behind_reset(code: Code, step: bytes) -> Attack:
    """Make the client reset the stream, and then end the connection by what comes on it."""
    return Attack(
        [only((b":status", b"2000")), step],
        "the status code b'2000'",
        parting=code,
        reset=PROTOCOL,
        sibling=None,
        connections=2,
    )


LARGE = "that unpacks to more than 65536 bytes"

# An entry of 4 KB, and a byte for each time that it is meant: 60 KB that unpack to 240 MB.
BOMB = literal(b"x", b"y" * 3900, kept=True) + indexed(62) * 60_000

SIZES = {
    "HPACK bomb": breaks(CALM, LARGE, headers(IT, OK + BOMB)),
    "HPACK bomb in trailers": breaks(
        CALM, LARGE, headers(IT, OK), headers(IT, BOMB, END_HEADERS | END_STREAM)
    ),
    "HPACK bomb in an interim response": breaks(
        CALM, LARGE, headers(IT, fields((b":status", b"103")) + BOMB)
    ),
    "HPACK bomb behind our reset": behind_reset(CALM, headers(IT, BOMB)),
    "list of too many bytes": breaks(CALM, LARGE, head((b"a", b"x" * 33_000), (b"b", b"x" * 32_500))),
    "list of too many fields": breaks(CALM, LARGE, head(*[(b"a", b"")] * 2000)),
    "one field without end": floods(
        CALM,
        "a header section of more than 65536 bytes",
        continuation(IT, b"x" * 60_000),
        # A length of 2 MB.
        headers(IT, OK + b"\x00\x01a\x7f\xff\xff\x7f", 0),
    ),
}  # fmt: skip

BROKEN_OFF = "in the middle of a header section on stream 3"

PARTS = {
    "CONTINUATION without end": floods(
        PROTOCOL, "too many CONTINUATION frames", continuation(IT, fields((b"a", b"b"))), headers(IT, OK, 0)
    ),
    "empty CONTINUATION without end": floods(
        PROTOCOL, "too many CONTINUATION frames", continuation(IT), headers(IT, OK, 0)
    ),
    "large CONTINUATION without end": floods(
        CALM, "a header section of more than 65536 bytes", continuation(IT, bytes(60_000)), headers(IT, OK, 0)
    ),
    "CONTINUATION on another stream": breaks(PROTOCOL, BROKEN_OFF, headers(IT, OK, 0) + continuation(OTHER, b"", END_HEADERS)),
    "CONTINUATION of nothing": breaks(PROTOCOL, "continues nothing", continuation(IT, OK, END_HEADERS)),
    "CONTINUATION of what is whole": breaks(PROTOCOL, "continues nothing", headers(IT, OK) + continuation(IT, b"", END_HEADERS)),
    "CONTINUATION on stream 0": breaks(PROTOCOL, "continues nothing", continuation(0, OK, END_HEADERS)),
    "PING between": breaks(PROTOCOL, BROKEN_OFF, headers(IT, OK, 0) + ping()),
    "DATA between": breaks(PROTOCOL, BROKEN_OFF, headers(IT, OK, 0) + data(OTHER, b"x")),
    "WINDOW_UPDATE between": breaks(PROTOCOL, BROKEN_OFF, headers(IT, OK, 0) + window_update(0, 1)),
    "HEADERS between": breaks(PROTOCOL, BROKEN_OFF, headers(IT, OK, 0) + headers(OTHER, OK)),
    "an unknown frame between": breaks(PROTOCOL, BROKEN_OFF, headers(IT, OK, 0) + frame(0x77, stream=IT)),
    "parts of one byte": harmless(
        headers(IT, b"\x48", 0), *[continuation(IT, bytes([byte])) for byte in b"\x03103"], continuation(IT, b"", END_HEADERS)
    ),
}  # fmt: skip

NO_ENTRY = "refers to an entry the compression table does not have"
TORN = "cannot be unpacked"

CODING = {
    "index 0": breaks(COMPRESSION, NO_ENTRY, headers(IT, OK + indexed(0))),
    "index out of range": breaks(COMPRESSION, NO_ENTRY, headers(IT, OK + indexed(4000))),
    "number without end": breaks(COMPRESSION, TORN, headers(IT, OK + b"\xff" * 60_000)),
    "Huffman code that is none": breaks(COMPRESSION, TORN, headers(IT, OK + b"\x00\x01a\x84\xff\xff\xff\xff")),
    "Huffman code with wrong padding": breaks(COMPRESSION, TORN, headers(IT, OK + b"\x00\x01a\x81\x00")),
    "text longer than its block": breaks(COMPRESSION, TORN, headers(IT, OK + b"\x00\x01a\x7f\x01x")),
    "table too large": breaks(COMPRESSION, "a size of the compression table", headers(IT, resized(1_000_000) + OK)),
    "size of the table behind a field": breaks(COMPRESSION, TORN, headers(IT, OK + resized(0))),
    "in a section behind our reset": behind_reset(COMPRESSION, headers(IT, indexed(0))),
}  # fmt: skip

BAD_NAME = "whose name has an illegal character"
BAD_VALUE = "whose value has a NUL, CR or LF in it"
EVIL = b"x\r\nset-cookie: evil=1"

CHARACTERS = {
    "empty name": breaks(PROTOCOL, "which has no name", head((b"", b"x"))),
    "upper-case name": breaks(PROTOCOL, "is not in lower case", head((b"Server", b"x"))),
    "upper-case name in trailers": breaks(PROTOCOL, "is not in lower case", trailers((b"A", b"x"))),
    **{
        f"{byte!r} in a name": breaks(PROTOCOL, BAD_NAME, head((b"a" + byte + b"b", b"x")))
        for byte in (b"\r", b"\n", b"\0", b" ", b":", b"\x7f", b"\x80")
    },
    "a name that is no token": spoils(PROTOCOL, "b'a(b', which is not a token", head((b"a(b", b"x"))),
    **{
        f"{byte!r} in a value": breaks(PROTOCOL, BAD_VALUE, head((b"a", b"x" + byte + b"y")))
        for byte in (b"\r", b"\n", b"\0")
    },
    "another field in a value": breaks(PROTOCOL, BAD_VALUE, head((b"a", EVIL))),
    "another field in a trailer": breaks(PROTOCOL, BAD_VALUE, trailers((b"a", EVIL))),
    "another field in an interim response": breaks(PROTOCOL, BAD_VALUE, only((b":status", b"103"), (b"a", EVIL))),
    **{
        f"{byte!r} in a value": spoils(PROTOCOL, f"the illegal byte {byte!r} in the field b'a'", head((b"a", b"x" + byte)))
        for byte in (b"\x01", b"\x08", b"\x0b", b"\x1f", b"\x7f")
    },
    "control character in a trailer": spoils(None, "the illegal byte", trailers((b"a", b"x\x01"))),
    **{
        f"the value {value!r}": breaks(PROTOCOL, "begins or ends with white space", head((b"a", value)))
        for value in (b" x", b"x ", b"\tx", b"x\t")
    },
}  # fmt: skip

MEANING = {
    "no fields": breaks(PROTOCOL, "without :status", headers(IT, b"")),
    "no status": breaks(PROTOCOL, "without :status", only((b"a", b"b"))),
    "status twice": breaks(PROTOCOL, "which is there twice", head((b":status", b"200"))),
    "status late": breaks(PROTOCOL, "does not stand before all others", only((b"a", b"b"), (b":status", b"200"))),
    "pseudo-field that nobody knows": breaks(PROTOCOL, "which a response does not have", head((b":what", b"x"))),
    "pseudo-field of requests": breaks(PROTOCOL, "which a response does not have", head((b":path", b"/"))),
    "pseudo-field in trailers": breaks(PROTOCOL, "the server broke HTTP/2", trailers((b":status", b"200"))),
    **{
        f"status {status!r}": spoils(PROTOCOL, f"the status code {status!r}", only((b":status", status)))
        for status in (b"", b"20", b"2000", b"abc", b"+20", b"20\xb2", b"1x3", b"101")
    },
    **{
        name.decode(): breaks(PROTOCOL, "which only HTTP/1.1 has", head((name, value)))
        for name, value in {
            b"connection": b"close",
            b"keep-alive": b"timeout=5",
            b"proxy-connection": b"close",
            b"transfer-encoding": b"chunked",
            b"upgrade": b"h2c",
        }.items()
    },
    "connection in trailers": breaks(PROTOCOL, "which only HTTP/1.1 has", trailers((b"connection", b"close"))),
    "two lengths": breaks(PROTOCOL, "with different numbers", head((b"content-length", b"1"), (b"content-length", b"2"))),
    **{
        f"length {length!r}": breaks(PROTOCOL, "and no number", head((b"content-length", length)))
        for length in (b"x", b"-1", b"+4", b"1_0", b"4, 4")
    },
    "more than the length": breaks(
        PROTOCOL, "4 bytes of content on stream 3, where Content-Length promised 2", head((b"content-length", b"2")), data(IT, b"four", END_STREAM)
    ),
    "less than the length": breaks(
        PROTOCOL, "4 bytes of content on stream 3, where Content-Length promised 9", head((b"content-length", b"9")), data(IT, b"four", END_STREAM)
    ),
    "less than the length, and trailers": spoils(
        None, "4 bytes of content and promised 9", head((b"content-length", b"9")), data(IT, b"four"), headers(IT, fields((b"a", b"b")), END_HEADERS | END_STREAM)
    ),
    "a length and no content": spoils(
        None, "0 bytes of content and promised 9", head((b"content-length", b"9"), flags=END_HEADERS | END_STREAM)
    ),
}  # fmt: skip

INTERIM = only((b":status", b"103"))

INTERIMS = {
    "that ends the stream": breaks(PROTOCOL, "the end of the stream with an interim response", headers(IT, fields((b":status", b"103")), END_HEADERS | END_STREAM)),
    "after the head": breaks(PROTOCOL, "an interim response after the final one", headers(IT, OK), INTERIM),
    # The stream is reset after a hundred; what then still comes is a flood.
    "without end": floods(CALM, "more than 100 interim responses", INTERIM, reset=PROTOCOL),
    "a hundred": harmless(INTERIM * 100),
}  # fmt: skip

TABLES = {
    "size": SIZES,
    "parts": PARTS,
    "coding": CODING,
    "characters": CHARACTERS,
    "meaning": MEANING,
    "interim response": INTERIMS,
}
