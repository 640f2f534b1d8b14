"""The plainest messages, read and written without a judge.

Measured: one request and response cost about 100 microseconds in h11 and a tenth of that here, because nearly all
messages are of the plainest form and need no state machine. Everything in this module either is certain and gives
exactly what h11 would give, or declines, and then the codec hands the very same bytes to h11. A differential fuzz test
holds the two together, so a doubt is always resolved by declining, never by guessing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from httpcore_interfaces import RemoteProtocolError

if TYPE_CHECKING:
    from httpcore_interfaces import Fields

    from .judge import Head

__all__ = [
    "CHUNKED",
    "UNTIL_CLOSE",
    "PlainChunks",
    "encode_plain_head",
    "kind_of",
    "may_become_plain",
    "plain_names",
    "read_plain_head",
]

# Lengths of a body that are no numbers.
CHUNKED: Final = -1
UNTIL_CLOSE: Final = -2

# What a field name means to the codec; everything else is an ordinary field.
ORDINARY: Final = 0
HOST: Final = 1
CONTENT_LENGTH: Final = 2
TRANSFER_ENCODING: Final = 3
CONNECTION: Final = 4
EXPECT: Final = 5
UPGRADE: Final = 6
KEEP_ALIVE: Final = 7

_KINDS: Final = {
    b"host": HOST,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"connection": CONNECTION,
    b"expect": EXPECT,
    b"upgrade": UPGRADE,
    b"keep-alive": KEEP_ALIVE,
}

#: Names, in the case they came in, that are known to be tokens, with their kind. Bounded.
plain_names: dict[bytes, int] = {}
_PLAIN_NAMES_LIMIT = 1024

# Enough for an exabyte; h11 takes two digits more, and gets those.
_LENGTH_DIGITS = 18

# RFC 9110, 5.5: what a value may have. With the line ends, what a head may have.
_HEAD_BYTES = bytes([9, 10, 13, *range(0x20, 0x7F), *range(0x80, 0x100)])

_is_token = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+").fullmatch
_match_size_line = re.compile(rb"([0-9A-Fa-f]{1,16})\r\n").match
_is_start_of_size_line = re.compile(rb"[0-9A-Fa-f]{0,16}\r?").fullmatch


def kind_of(name: bytes) -> int | None:
    """What a field name means, `None` when it is no token."""
    if not _is_token(name):
        return None
    kind = _KINDS.get(name.lower(), ORDINARY)
    if len(plain_names) < _PLAIN_NAMES_LIMIT:
        plain_names[name] = kind
    return kind


def encode_plain_head(
    method: bytes, target: bytes, fields: Fields
) -> tuple[bytes, int, bool, bool, bytes] | None:
    """A request's head as bytes.

    Returns the bytes, the length of the body (or `CHUNKED`), whether the connection may stay open, whether
    `100-continue` is expected, and the value of `Upgrade`; or `None` to decline.
    """
    names = plain_names
    keep = True
    expects = False
    upgrade = b""
    length = None
    parts = [method, b" ", target, b" HTTP/1.1\r\n"]
    host = 0
    for name, value in fields:
        kind = names.get(name)
        if kind is None:
            kind = kind_of(name)
            if kind is None:
                return None
        if kind:
            if kind == HOST:
                # Only as the first field, which is where RFC 9110, 7.2, wants it.
                if host or len(parts) > 4:
                    return None
                host = 1
            elif kind == CONTENT_LENGTH:
                if length is not None or not value.isdigit() or len(value) > _LENGTH_DIGITS:
                    return None
                length = int(value)
            elif kind == TRANSFER_ENCODING:
                if length is not None or value != b"chunked":
                    return None
                length = CHUNKED
            elif kind == CONNECTION:
                keep = keep and not _has_close(value)
            elif kind == EXPECT:
                expects = value.lower() == b"100-continue"
            elif kind == UPGRADE:
                upgrade = value
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"\r\n")
    head = b"".join(parts)
    lines = len(fields) + 2
    if (
        not host
        or (method not in names and kind_of(method) is None)
        or not target
        or not target.isascii()
        or b" " in target
        or b"\t" in target
        or head.count(b"\n") != lines
        or head.count(b"\r") != lines
        or head.translate(None, _HEAD_BYTES)
        # White space around a value: h11 refuses it, or the value is empty.
        or b":  " in head
        or b": \t" in head
        or b" \r" in head
        or b"\t\r" in head
    ):
        return None
    return head, length or 0, keep, expects, upgrade


def read_plain_head(
    data: bytes, end: int, most_fields: int
) -> tuple[Head, int, bool, float | None] | None:
    """The head of a final response.

    `end` is where its blank line begins: `data[:end]` has no `CRLF CRLF`. Returns the head, the length of the body (or
    `CHUNKED` or `UNTIL_CLOSE`) going by the fields alone, whether the connection may stay open, and the server's hint
    how long; or `None` to decline.
    """
    head = data[:end]
    lines = head.split(b"\r\n")
    status_line = lines[0]
    breaks = len(lines) - 1
    if (
        status_line[:9] != b"HTTP/1.1 "
        or status_line[12:13] != b" "
        or status_line[9:10] not in (b"2", b"3", b"4", b"5")
        or not status_line[9:12].isdigit()
        or breaks > most_fields
        # A line end of another form, or a control character.
        or head.count(b"\n") != breaks
        or head.count(b"\r") != breaks
        or head.translate(None, _HEAD_BYTES)
    ):
        return None
    del lines[0]
    names = plain_names
    length = None
    keep = True
    hint = None
    fields: Fields = []
    add = fields.append
    for line in lines:
        name, _, value = line.partition(b":")
        kind = names.get(name)
        if kind is None:
            kind = kind_of(name)
            if kind is None:
                return None
        if not value and len(line) == len(name):  # no colon
            return None
        value = value.strip(b" \t")
        if kind:
            if kind == CONTENT_LENGTH:
                if length is not None or not value.isdigit() or len(value) > _LENGTH_DIGITS:
                    return None
                length = int(value)
            elif kind == TRANSFER_ENCODING:
                if length is not None or value != b"chunked":
                    return None
                length = CHUNKED
            elif kind == CONNECTION:
                keep = keep and not _has_close(value)
            elif kind == KEEP_ALIVE:
                hint = keep_alive_hint(value)
        add((name, value))
    status = int(status_line[9:12])
    if length is None:
        length = UNTIL_CLOSE
    return (b"HTTP/1.1", status, status_line[13:], fields), length, keep, hint


def may_become_plain(data: bytes) -> bool:
    """Whether bytes that hold no `CRLF CRLF` yet are so far the beginning of a plain head."""
    return (
        data.startswith(b"HTTP/1.1 ") if len(data) >= 9 else b"HTTP/1.1 ".startswith(data)
        # A bare LF could end the head for h11.
    ) and data.count(b"\n") == data.count(b"\r\n")


def keep_alive_hint(value: bytes) -> float | None:
    """Seconds that a `Keep-Alive` field promises, `None` when it promises none."""
    for parameter in value.split(b","):
        name, _, seconds = parameter.strip().partition(b"=")
        if name.lower() == b"timeout" and seconds.isdigit() and len(seconds) < 10:
            return float(seconds)
    return None


def _has_close(value: bytes) -> bool:
    """Whether a `Connection` field has the option `close`."""
    value = value.lower()
    if value == b"keep-alive":
        return False
    return b"close" in [option.strip() for option in value.split(b",")]


class PlainChunks:
    """A chunked body without extensions and trailers, however it was cut on its way.

    `read` takes all bytes that are there and returns all content among them as one piece; what it has not used up is in
    `rest`. A piece of `None` says need-data, unless `ended` or `declined` is set. It declines only in front of a chunk
    size, so that a judge can go on from there with `rest`.
    """

    __slots__ = ("_left", "declined", "ended", "rest")

    def __init__(self) -> None:
        self._left = 0  # of the chunk: its data and its CRLF; 0 in front of a chunk size
        self.rest = b""
        self.ended = False
        self.declined = False

    def read(self, data: bytes) -> bytes | None:
        """Raises `RemoteProtocolError` when chunk data is not followed by its line end."""
        pieces: list[bytes] = []
        end = len(data)
        left = self._left
        at = 0
        while True:
            if left > 2:
                stop = at + left - 2
                if stop >= end:
                    if at < end:
                        pieces.append(data[at:] if at else data)
                    left -= end - at
                    at = end
                    break
                pieces.append(data[at:stop])
                at = stop
                left = 2
            if left:
                wanted = b"\r\n" if left == 2 else b"\n"
                found = data[at : at + left]
                if found != wanted:
                    if wanted.startswith(found):
                        at += len(found)
                        left -= len(found)
                    elif not pieces:
                        raise RemoteProtocolError(
                            f"the data of a chunk must be followed by CRLF, but {data[at : at + 20]!r} came"
                        )
                    break
                at += left
            line = _match_size_line(data, at)
            if line is None:
                left = 0
                if end - at > 17 or not _is_start_of_size_line(data, at):
                    self.declined = not pieces
                break
            size = int(line[1], 16)
            if size:
                at = line.end()
                left = size + 2
                continue
            left = 0
            after = data[line.end() : line.end() + 2]
            if after == b"\r\n":
                self.ended = True
                at = line.end() + 2
            elif not b"\r\n".startswith(after):
                self.declined = not pieces  # trailers
            break
        self._left = left
        self.rest = data[at:]
        if not pieces:
            return None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
