"""The plainest messages, read and written without a judge.

Measured: one request and response cost about 100 microseconds in h11 and a tenth of that here, because nearly all
messages are of the plainest form and need no state machine. Everything in this module either is certain and gives
exactly what h11 would give, or declines, and then the codec hands the very same bytes to h11. A differential fuzz test
holds the two together, so a doubt is always resolved by declining, never by guessing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from httpcore_interfaces import RemoteProtocolError, may_be_remembered

if TYPE_CHECKING:
    from httpcore_interfaces import Fields

__all__ = [
    "CHUNKED",
    "UNTIL_CLOSE",
    "PlainChunks",
    "is_plain_target",
    "keep_alive_hint",
    "kind_of",
    "may_become_plain",
    "plain_block",
    "plain_names",
    "read_plain_head",
]

Pairs = tuple[tuple[bytes, bytes], ...]

# What stands behind the target, which is the version, field lines, and a blank line; the length of the body (or
# `CHUNKED`), whether the connection may stay open, whether `100-continue` is expected, the value of `Upgrade`; and the
# fields themselves where all may be remembered.
SentBlock = tuple[bytes, int, bool, bool, bytes, "Fields | None"]

# The size in bytes; status and reason; fields; the length of the body (or `CHUNKED` or `UNTIL_CLOSE`) going by them alone; whether the
# connection may stay open; the server's hint how long; whether something is in it that no memory may keep.
PlainHead = tuple[int, tuple[int, bytes], "Fields", int, bool, float | None, bool]

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
# What a received line means besides: nothing, but that no memory may keep it.
PRIVATE: Final = 8

_KINDS: Final = {
    b"host": HOST,
    b"content-length": CONTENT_LENGTH,
    b"transfer-encoding": TRANSFER_ENCODING,
    b"connection": CONNECTION,
    b"expect": EXPECT,
    b"upgrade": UPGRADE,
    b"keep-alive": KEEP_ALIVE,
}

#: Names, in the case they came in, that are known to be tokens, with their kind. Bounded, also in their length: a
#: server may send any.
plain_names: dict[bytes, int] = {}
_PLAIN_NAMES_LIMIT = 1024
_PLAIN_NAME_BYTES = 64

# Enough for an exabyte; h11 takes two digits more, and gets those.
_LENGTH_DIGITS = 18

# Fields and status lines repeat from message to message, and so do whole lists of a request's fields: what was once found
# plain is remembered with what it means, up to a bound, by `may_be_remembered`. Measured: reading each anew took a third of
# the instructions of a small exchange.
_sent_lines: dict[tuple[bytes, bytes], tuple[bytes, int]] = {}
_sent_blocks: dict[Pairs, SentBlock] = {}
_status_lines: dict[bytes, tuple[int, bytes]] = {}
_LINES_LIMIT = 512
_BLOCKS_LIMIT = 128
_BLOCK_BYTES = 4096
_STATUS_LINES_LIMIT = 64
_STATUS_LINE_BYTES = 64

# RFC 9110, 5.5: what a value may have, and what a reason may (RFC 9112, 4).
_VALUE_BYTES = bytes([9, *range(0x20, 0x7F), *range(0x80, 0x100)])

is_plain_target = re.compile(rb"[!-~]+").fullmatch
_is_token = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+").fullmatch
_match_size_line = re.compile(rb"([0-9A-Fa-f]{1,16})\r\n").match
_is_start_of_size_line = re.compile(rb"[0-9A-Fa-f]{0,16}|[0-9A-Fa-f]{1,16}\r").fullmatch


def kind_of(name: bytes) -> int | None:
    """What a field name means, `None` when it is no token."""
    if not _is_token(name):
        return None
    kind = _KINDS.get(name.lower(), ORDINARY)
    if len(name) <= _PLAIN_NAME_BYTES:
        if len(plain_names) >= _PLAIN_NAMES_LIMIT:
            plain_names.clear()
        plain_names[name] = kind
    return kind


def plain_block(fields: Fields) -> SentBlock | None:
    """The fields of a request as they are sent, and what they mean; `None` to decline."""
    try:
        pairs: Pairs = tuple(fields)
        block = _sent_blocks.get(pairs)
    except TypeError:  # one is a pair, but no tuple
        pairs = tuple(map(tuple, fields))  # type: ignore[arg-type]  # each is a pair and stays one
        block = None
    return block or _read_block(pairs)


def _read_block(fields: Pairs) -> SentBlock | None:
    """`plain_block`, of fields that have not been seen together."""
    keep = True
    expects = False
    upgrade = b""
    length = None
    has_host = False
    repeats = True
    lines: list[bytes] = []
    for field in fields:
        entry = _sent_lines.get(field)
        if entry is None:
            entry = _learn_sent(*field)
            repeats = False
            if entry is None:
                return None
        line, kind = entry
        if kind:
            value = field[1]
            if kind == HOST:
                # Only as the first field, which is where RFC 9110, 7.2, wants it.
                if lines:
                    return None
                has_host = True
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
        lines.append(line)
    if not has_host:
        return None
    lines.append(b"\r\n")
    joined = b" HTTP/1.1\r\n" + b"".join(lines)
    # Without content nothing waits for leave to be sent (RFC 9110, 10.1.1).
    expects = expects and bool(length)
    # Lines that are all known may well come together again, and none of them is a secret.
    if not repeats or len(joined) > _BLOCK_BYTES:
        return joined, length or 0, keep, expects, upgrade, None
    if len(_sent_blocks) >= _BLOCKS_LIMIT:
        _sent_blocks.clear()
    _sent_blocks[fields] = block = joined, length or 0, keep, expects, upgrade, [*fields]
    return block


def _learn_sent(name: bytes, value: bytes) -> tuple[bytes, int] | None:
    """A field as a line with its end, and the kind of its name; `None` to decline."""
    kind = _kind_of_name(name)
    # White space around a value: h11 refuses it. An empty value: h11 writes it in its own way.
    if (
        kind is None
        or not value
        or value.strip(b" \t") != value
        or value.translate(None, _VALUE_BYTES)
    ):
        return None
    entry = b"%b: %b\r\n" % (name, value), kind
    if may_be_remembered(name, value):
        if len(_sent_lines) >= _LINES_LIMIT:
            _sent_lines.clear()
        _sent_lines[name, value] = entry
    return entry


def _kind_of_name(name: bytes) -> int | None:
    kind = plain_names.get(name)
    return kind_of(name) if kind is None else kind


def read_plain_head(data: bytes, end: int, most_fields: int) -> PlainHead | None:
    """The head of a final response.

    `end` is where its blank line begins: `data[:end]` has no `CRLF CRLF`. `None` to decline.
    """
    lines = data[:end].split(b"\r\n")
    status_line = lines[0]
    start = _status_lines.get(status_line) or _learn_status(status_line)
    if start is None or len(lines) > most_fields + 1:
        return None
    del lines[0]
    length = None
    keep = True
    hint = None
    is_private = False
    fields: Fields = []
    try:
        for field, kind in map(_received_lines.__getitem__, lines):
            fields.append(field)
            if kind:
                value = field[1]
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
                elif kind == PRIVATE:
                    is_private = True
    except _NotPlain:
        return None
    if length is None:
        length = UNTIL_CLOSE
    return end + 4, start, fields, length, keep, hint, is_private


class _NotPlain(Exception):
    """A line that the fast lane declines: rare, so this may be slow."""


class ReceivedLines(dict[bytes, tuple[tuple[bytes, bytes], int]]):
    """Lines that were received, each as a field with the kind of its name. A line that is not there is read and learned.

    Raises `_NotPlain`.
    """

    def __missing__(self, line: bytes) -> tuple[tuple[bytes, bytes], int]:
        name, colon, value = line.partition(b":")
        kind = _kind_of_name(name)
        # As for a status line.
        if kind is None or not colon or value.translate(None, _VALUE_BYTES):
            raise _NotPlain
        field = name, value.strip(b" \t")
        if not may_be_remembered(name, value):
            return field, kind or PRIVATE
        if len(self) >= _LINES_LIMIT:
            self.clear()
        self[line] = entry = field, kind
        return entry


_received_lines = ReceivedLines()


def _learn_status(line: bytes) -> tuple[int, bytes] | None:
    """Status and reason; `None` to decline."""
    if (
        line[:9] != b"HTTP/1.1 "
        or line[12:13] != b" "
        or line[9:10] not in (b"2", b"3", b"4", b"5")
        or not line[9:12].isdigit()
        # A line end of another form, or a control character.
        or line.translate(None, _VALUE_BYTES)
    ):
        return None
    start = int(line[9:12]), line[13:]
    if len(line) <= _STATUS_LINE_BYTES:
        if len(_status_lines) >= _STATUS_LINES_LIMIT:
            _status_lines.clear()
        _status_lines[line] = start
    return start


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
