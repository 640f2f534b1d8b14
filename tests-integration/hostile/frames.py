"""HTTP/2 frames and HPACK blocks made by hand, for no library lets anybody make bad ones (RFC 9113, 4 and 6; RFC 7541, 6)."""

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """Types of frames."""

    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9
    ALTSVC = 10
    ORIGIN = 12


class Code(IntEnum):
    """Error codes (RFC 9113, 7)."""

    NO_ERROR = 0
    PROTOCOL_ERROR = 1
    INTERNAL_ERROR = 2
    FLOW_CONTROL_ERROR = 3
    SETTINGS_TIMEOUT = 4
    STREAM_CLOSED = 5
    FRAME_SIZE_ERROR = 6
    REFUSED_STREAM = 7
    CANCEL = 8
    COMPRESSION_ERROR = 9
    CONNECT_ERROR = 10
    ENHANCE_YOUR_CALM = 11
    INADEQUATE_SECURITY = 12
    HTTP_1_1_REQUIRED = 13


class Setting(IntEnum):
    """Identifiers of settings (RFC 9113, 6.5.2; RFC 8441, 3)."""

    HEADER_TABLE_SIZE = 1
    ENABLE_PUSH = 2
    MAX_CONCURRENT_STREAMS = 3
    INITIAL_WINDOW_SIZE = 4
    MAX_FRAME_SIZE = 5
    MAX_HEADER_LIST_SIZE = 6
    ENABLE_CONNECT_PROTOCOL = 8


ACK = END_STREAM = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITY = 0x20

#: What a client says first.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

HEADER_LENGTH = 9


@dataclass(frozen=True)
class Frame:
    """A frame that has come."""

    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def code(self) -> int:
        """The error code of RST_STREAM or GOAWAY."""
        return int.from_bytes(
            self.payload[4:8] if self.kind == Kind.GOAWAY else self.payload, "big"
        )


def parsed(data: bytes) -> tuple[list[Frame], bytes]:
    """The whole frames at the beginning of `data`, and the rest."""
    found = []
    while len(data) >= HEADER_LENGTH:
        end = HEADER_LENGTH + int.from_bytes(data[:3], "big")
        if len(data) < end:
            break
        stream = int.from_bytes(data[5:9], "big")
        found.append(Frame(data[3], data[4], stream, data[HEADER_LENGTH:end]))
        data = data[end:]
    return found, data


# Frames.


def frame(kind: int, payload: bytes = b"", *, flags: int = 0, stream: int = 0) -> bytes:
    """Any frame, right or wrong."""
    length = len(payload).to_bytes(3, "big")
    return length + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def headers(stream: int, block: bytes, flags: int = END_HEADERS) -> bytes:
    """HEADERS; by default the block ends with it and the stream does not."""
    return frame(Kind.HEADERS, block, flags=flags, stream=stream)


def continuation(stream: int, block: bytes = b"", flags: int = 0) -> bytes:
    """CONTINUATION; by default more are to follow."""
    return frame(Kind.CONTINUATION, block, flags=flags, stream=stream)


def data(stream: int, content: bytes = b"", flags: int = 0) -> bytes:
    """DATA; by default the stream does not end with it."""
    return frame(Kind.DATA, content, flags=flags, stream=stream)


def settings(*pairs: tuple[int, int]) -> bytes:
    """SETTINGS."""
    return frame(
        Kind.SETTINGS, b"".join(i.to_bytes(2, "big") + v.to_bytes(4, "big") for i, v in pairs)
    )


def window_update(stream: int, increment: int) -> bytes:
    """WINDOW_UPDATE."""
    return frame(Kind.WINDOW_UPDATE, increment.to_bytes(4, "big"), stream=stream)


def rst_stream(stream: int, code: int) -> bytes:
    """RST_STREAM."""
    return frame(Kind.RST_STREAM, code.to_bytes(4, "big"), stream=stream)


def goaway(last: int, code: int = Code.NO_ERROR, debug: bytes = b"") -> bytes:
    """GOAWAY."""
    return frame(Kind.GOAWAY, last.to_bytes(4, "big") + code.to_bytes(4, "big") + debug)


def ping(flags: int = 0) -> bytes:
    """PING."""
    return frame(Kind.PING, b"hostile!", flags=flags)


def priority(stream: int, depends_on: int) -> bytes:
    """PRIORITY."""
    return frame(Kind.PRIORITY, depends_on.to_bytes(4, "big") + b"\x0f", stream=stream)


# HPACK.

#: `:status: 200`, an index of the static table.
OK = b"\x88"


def integer(value: int, bits: int, pattern: int = 0) -> bytes:
    """An integer with a prefix of so many bits, the bits before them from `pattern` (RFC 7541, 5.1)."""
    most = (1 << bits) - 1
    if value < most:
        return bytes([pattern | value])
    out = bytearray([pattern | most])
    value -= most
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def text(value: bytes) -> bytes:
    """A string literal, without Huffman coding."""
    return integer(len(value), 7) + value


def indexed(index: int) -> bytes:
    """A field that is in a table."""
    return integer(index, 7, 0x80)


def literal(name: bytes, value: bytes, *, kept: bool = False) -> bytes:
    """A field by its name and value; `kept` in the dynamic table or not."""
    return (b"\x40" if kept else b"\x00") + text(name) + text(value)


def resized(size: int) -> bytes:
    """An update of the dynamic table's size."""
    return integer(size, 5, 0x20)


def fields(*pairs: tuple[bytes, bytes]) -> bytes:
    """A block of literal fields."""
    return b"".join(literal(name, value) for name, value in pairs)
