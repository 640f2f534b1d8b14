"""h11, asked about one message at a time.

h11 knows the whole of HTTP/1.1 and is strict where strictness matters, so whatever the codec is not certain of goes
here. A judge reads one head, and the body after it if that head is final. It is stricter than h11 in what h11 leaves
open: control characters in values (RFC 9110, 5.5), and the amount of everything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import h11

from httpcore_interfaces import LocalProtocolError, RemoteProtocolError

if TYPE_CHECKING:
    from httpcore_interfaces import Fields

    from .limits import Limits

__all__ = ["Head", "Judge", "judged_request", "refuse_other_protocol"]

#: Version such as `b"HTTP/1.1"`, status code, reason phrase, header fields.
Head = tuple[bytes, int, bytes, "Fields"]

_find_control = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search
_is_status_line = re.compile(
    rb"HTTP/[0-9]\.[0-9] [1-9][0-9]{2}(?: [\t\x20-\x7e\x80-\xff]*)?\r?"
).fullmatch
_is_field_line = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r?").fullmatch
_is_continuation = re.compile(rb"[ \t][\t\x20-\x7e\x80-\xff]*\r?").fullmatch
_FRAMING = (b"content-length", b"transfer-encoding")
# What may still become a size line, or the first line of a trailer section, when no line end has come yet; the beginning of a
# trailer field; and the size line of the last chunk, which has no data.
_is_start_of_size_line = re.compile(
    rb"[0-9A-Fa-f]{0,20}|[0-9A-Fa-f]{1,20}(?:;[^\n]*|[ \t]*\r?)"
).fullmatch
_is_start_of_trailers = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+(?::[^\n]*)?|\r").fullmatch
_begins_a_field = re.compile(rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+:").match
_is_last_size_line = re.compile(rb"0{1,20}(?:;[^\n]*|[ \t]*)\r\n").fullmatch
_bytearray = re.compile(r"bytearray\((b.*)\)$", re.DOTALL)

# A size line and the two line ends of a chunk: what is beyond that is extension.
_PLAIN_CHUNK_OVERHEAD = 24
# More than anybody reads at once.
_READ_BYTES = 1 << 20
_CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def judged_request(method: bytes, target: bytes, fields: Fields) -> tuple[bytes, Fields]:
    """The bytes of a request's head, and its fields as h11 understood them.

    Raises `LocalProtocolError`.
    """
    try:
        request = h11.Request(method=method, target=target, headers=fields)
        head = h11.Connection(h11.CLIENT).send(request)
    except h11.LocalProtocolError as error:
        raise LocalProtocolError(f"the request cannot be sent: {error}") from error
    return head, list(request.headers)


class Judge:
    """Reads one head, and the body that belongs to it, with h11."""

    __slots__ = (
        "_chunked",
        "_chunks",
        "_content",
        "_end",
        "_failure",
        "_fed",
        "_h11",
        "_limits",
        "_may_be_trailers",
        "_offset",
        "_overhead",
        "_recent",
        "_start",
    )

    def __init__(self, method: bytes, upgrade: bytes, limits: Limits, offset: int) -> None:
        """`method` and `upgrade` are the request's; `offset` is where in the response the bytes to come begin."""
        self._h11 = h11.Connection(
            h11.CLIENT,
            # Never reached: the limits below are looked at first, and say what they are.
            max_incomplete_event_size=limits.head_bytes + limits.trailer_bytes + _READ_BYTES,
        )
        # Of the request, only these two bear on how its response is read.
        fields = [(b"Host", b"-")]
        if upgrade:
            fields.append((b"Upgrade", upgrade))
        self._h11.send(h11.Request(method=method, target=b"/", headers=fields))
        self._h11.send(h11.EndOfMessage())
        self._limits = limits
        self._offset = offset
        self._fed = 0
        self._start = bytearray()  # of the head, for the sake of errors
        self._chunked = False
        self._recent = bytearray()  # of a chunked body, what was not looked through yet
        self._may_be_trailers = False
        self._chunks = 0
        self._content = 0
        self._overhead = 0
        self._end: h11.EndOfMessage | None = None
        self._failure: h11.RemoteProtocolError | None = None

    @classmethod
    def of_chunked_body(cls, limits: Limits, offset: int) -> Judge:
        """A judge that stands before a chunk of a body whose head has been read already."""
        judge = cls(b"GET", b"", limits, offset - len(_CHUNKED_HEAD))
        judge.feed(_CHUNKED_HEAD)
        judge.next_head()
        return judge

    def feed(self, data: bytes) -> None:
        """Take bytes; `b""` says that there will be no more."""
        self._fed += len(data)
        self._h11.receive_data(data)
        if not self._overhead:
            self._start += data
        elif self._chunked:
            self._recent += data

    def unread(self) -> bytes:
        """The bytes after what has been read."""
        return self._h11.trailing_data[0]

    def keeps_alive(self) -> bool:
        """Once the body has ended: whether HTTP allows another exchange after it."""
        return self._h11.their_state is h11.DONE

    def next_head(self) -> Head | None:
        """The head, or `None` for need-data. Raises `RemoteProtocolError`."""
        try:
            event = self._h11.next_event()
        except h11.RemoteProtocolError as error:
            raise self._explained(error) from error
        if event is h11.NEED_DATA:
            self._refuse_large_head(self._fed)
            refuse_other_protocol(self._start, self._offset)
            return None
        assert isinstance(event, (h11.InformationalResponse, h11.Response))
        unread = self.unread()
        self._overhead = self._fed - len(unread)
        self._refuse_large_head(self._overhead)
        fields = event.headers.raw_items()
        self._chunked = any(name == b"transfer-encoding" for name, _ in event.headers)
        if self._chunked:
            self._recent += unread
        self._refuse_controls(fields, event.reason)
        return b"HTTP/" + event.http_version, event.status_code, event.reason, fields

    def head_bytes(self) -> int:
        """How many bytes the head had."""
        return self._overhead

    def next_chunk(self) -> bytes | None:
        """All content that is here, `b""` at the end of the body, `None` for need-data. Raises `RemoteProtocolError`."""
        if self._end is not None:
            return b""
        if self._failure is not None:
            raise self._explained(self._failure) from self._failure
        pieces: list[bytes | bytearray] = []
        while True:
            try:
                event = self._h11.next_event()
            except h11.RemoteProtocolError as error:
                if not pieces:
                    raise self._explained(error) from error
                self._failure = error
                break
            if isinstance(event, h11.Data):
                pieces.append(event.data)
                self._content += len(event.data)
                self._chunks += event.chunk_start
                continue
            if isinstance(event, h11.EndOfMessage):
                self._end = event
            if self._chunked:
                unread = self.unread()
                self._refuse_much_overhead(len(unread), self.trailers())
                self._note_read(unread)
                if unread and self._end is None and not pieces:
                    self._refuse_endless_line(unread)
            break
        if pieces:
            return b"".join(pieces)
        return None if self._end is None else b""

    def trailers(self) -> Fields:
        """The trailer fields, once the body has ended."""
        return [] if self._end is None else self._end.headers.raw_items()

    def _refuse_large_head(self, size: int) -> None:
        if size > self._limits.head_bytes:
            raise RemoteProtocolError(
                f"the response head has at least {size} bytes; the limit head_bytes is {self._limits.head_bytes}"
            )

    def _refuse_endless_line(self, unread: bytes) -> None:
        """Refuse what will never be a size line or a trailer field, but for which h11 would wait, maybe in vain."""
        line, end, _ = unread.partition(b"\n")
        if end:
            is_good = self._may_be_trailers and _begins_a_field(line) is not None
        else:
            is_good = _is_start_of_size_line(line) is not None or (
                self._may_be_trailers and _is_start_of_trailers(line) is not None
            )
        if not is_good:
            raise RemoteProtocolError(
                f"a line of a chunked body is neither a chunk size that ends in CRLF nor, after the last chunk, a trailer field: "
                f"{_shown(line + end)} (byte {self._offset + self._fed - len(unread)} of the response)"
            )

    def _note_read(self, unread: bytes) -> None:
        """Find out whether what is unread may stand behind the size line of the last chunk, which h11 does not tell.

        Data that look like that line are taken for it. Then either kind of line is good, and one of the wrong kind waited for.
        """
        recent = self._recent
        end = len(recent) - len(unread)
        if end:
            begin = recent.rfind(b"\n", 0, end - 1) + 1
            self._may_be_trailers = _is_last_size_line(recent, begin, end) is not None
            del recent[:end]

    def _refuse_much_overhead(self, unread: int, trailers: Fields) -> None:
        limits = self._limits
        trailer_bytes = sum(len(name) + len(value) + 4 for name, value in trailers)
        if (
            max(trailer_bytes, 0 if self._end else unread) > limits.trailer_bytes
            or len(trailers) > limits.trailer_fields
        ):
            raise RemoteProtocolError(
                f"a trailer section, or an unfinished line of a chunked body, has {max(trailer_bytes, unread)} bytes and "
                f"{len(trailers)} fields; the limits trailer_bytes and trailer_fields are {limits.trailer_bytes} and "
                f"{limits.trailer_fields}"
            )
        self._refuse_controls(trailers, b"")
        extensions = (
            self._fed
            - unread
            - self._overhead
            - trailer_bytes
            - self._content
            - _PLAIN_CHUNK_OVERHEAD * (self._chunks + 1)
        )
        if extensions > limits.extension_bytes or (
            extensions > limits.extension_bytes // 4
            and extensions > limits.extension_ratio * self._content
        ):
            raise RemoteProtocolError(
                f"about {extensions} bytes of chunk extensions came with {self._content} bytes of content; the limits "
                f"extension_bytes and extension_ratio are {limits.extension_bytes} and {limits.extension_ratio}"
            )

    def _refuse_controls(self, fields: Fields, reason: bytes) -> None:
        bad = _find_control(reason)
        if bad is not None:
            raise RemoteProtocolError(
                f"the reason phrase has the illegal byte {bad[0]!r} at offset {bad.start()}: {_shown(reason)}"
            )
        for name, value in fields:
            bad = _find_control(value)
            if bad is not None:
                raise RemoteProtocolError(
                    f"the value of the field {_shown(name)} has the illegal byte {bad[0]!r} at offset {bad.start()}: "
                    f"{_shown(value[max(0, bad.start() - 20) :])}"
                )

    def _explained(self, error: h11.RemoteProtocolError) -> RemoteProtocolError:
        if self._overhead:  # the head has been read, the body is at fault
            offset = self._offset + self._fed - len(self.unread())
            what = _bytearray.sub(r"\1", str(error))
            return RemoteProtocolError(f"{_shortened(what)} (before byte {offset} of the response)")
        what = str(error).partition(": bytearray")[0]
        if "_SWITCH" in what:  # a name of h11's own
            what = "the server switches to a protocol that the request did not ask for"
        offset, line = _bad_line(bytes(self._start), what)
        return RemoteProtocolError(
            f"{_shortened(what)} (byte {self._offset + offset} of the response: {_shown(line)})"
        )


def refuse_other_protocol(start: bytes | bytearray, offset: int) -> None:
    """Refuse the beginning of a head that will never be one; a peer of another protocol may wait for our answer to it.

    `offset` is where in the response it begins. Raises `RemoteProtocolError`.
    """
    line, end, _ = start.partition(b"\n")
    if end:
        is_good = _is_status_line(line) is not None
    else:
        is_good = b"HTTP/".startswith(line[:5]) and b"\r" not in line[:-1]
    if not is_good:
        raise RemoteProtocolError(
            f"the response does not begin with a status line of HTTP/1 but with {_shown(bytes(line + end))} "
            f"(byte {offset} of the response); does the peer speak another protocol?"
        )


def _bad_line(head: bytes, what: str) -> tuple[int, bytes]:
    """Where in a head the reason probably is for which h11 has refused it: the offset, and the line."""
    lines = head.split(b"\n")
    offset = 0
    said = what.encode("ascii", "replace").lower()
    named = 0, lines[0]
    for number, line in enumerate(lines):
        if number and line in (b"", b"\r"):
            break
        if number == 0:
            good = _is_status_line(line)
        else:
            good = _is_field_line(line) or (_is_continuation(line) if number > 1 else None)
        if not good:
            return offset, line
        name = line.partition(b":")[0].lower()
        if name in _FRAMING and name in said:
            # Each line has a good form; of several that contradict each other, it is the last.
            named = offset, line
        offset += len(line) + 1
    return named


def _shown(value: bytes, limit: int = 80) -> str:
    return repr(value) if len(value) <= limit else f"{value[:limit]!r}..."


def _shortened(text: str, limit: int = 160) -> str:
    return text if len(text) <= limit else f"{text[:limit]}..."
