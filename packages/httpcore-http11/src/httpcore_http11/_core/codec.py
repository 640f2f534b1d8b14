"""HTTP/1.1 as bytes, without a network: one object per connection, one exchange after the other.

There is one codec. Inside, the fast lane serves the plainest messages, and a judge, which is h11, everything else;
callers cannot tell which one spoke.

An exchange: `encode_head`, then `encode_data` for each piece of the body and `encode_end`, or `encode_content` for both
at once. Meanwhile or afterwards `receive` whatever the peer sends, and ask for `next_head` until the final one has come,
then for `next_chunk` until the end of the body. Then `can_reuse` says whether another exchange may follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import LocalProtocolError, RemoteProtocolError, validate_fields

from .fast_lane import (
    CHUNKED,
    UNTIL_CLOSE,
    PlainChunks,
    is_plain_target,
    keep_alive_hint,
    kind_of,
    may_become_plain,
    plain_block,
    read_plain_head,
)
from .judge import Head, Judge, judged_request, refuse_other_protocol
from .lenient import without_broken_values
from .limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from httpcore_interfaces import Fields

    from .fast_lane import PlainHead, SentBlock

    # What is kept of a head, in case that it comes again: its size; status and reason; fields; the length of the body
    # for the method it was an answer to; the server's hint.
    Meaning = tuple[int, tuple[int, bytes], Fields, int, float | None]

__all__ = ["Codec", "Head"]

_BODILESS = frozenset((204, 304))

# Framing and routing, which come too late after the body.
_NO_TRAILERS = frozenset(
    (b"content-length", b"transfer-encoding", b"host", b"connection", b"te", b"trailer", b"upgrade")
)

# A head that comes in more pieces than this goes to h11, which does not search it from its beginning every time.
_PATIENCE = 8

# A head that is larger is not kept in case that it comes again: each idle connection would hold one.
_REMEMBERED_BYTES = 4096

# Shared by all connections, of which most never have any: these lists are replaced, and not added to.
_NO_FIELDS: Fields = []
_NO_LINES: list[bytes] = []

# Before the first request: no fields are like these.
_NO_BLOCK: SentBlock = (b"", 0, True, False, b"", None)


class Codec:
    """One side of HTTP/1.1, the client's, as a sans-IO object.

    `limits`: what a response may have at most. `lenient`: leave out response fields whose values have illegal bytes,
    instead of refusing the response; framing is never treated so, and the lines left out are in `skipped`. Likewise for a body
    whose end is doubtful (`doubt_end`).

    Errors of the peer are `RemoteProtocolError`, those of the caller `LocalProtocolError`; after either the codec is of
    no use any more. Attributes to read:

    - `body_length`: of the request, after `encode_head`; -1 when it is chunked.
    - `expects_continue`: whether the request's head asks for a 100 response before its body, and it has one.
    - `switched`: whether the last head made the connection something else than HTTP/1.1; `unread()` belongs to that.
    - `received`: bytes received since `encode_head`.
    - `trailers`: the response's trailer fields, once its body has ended.
    - `skipped`: lines of the last head that were left out.
    - `keep_alive_hint`: seconds for which the server promises to keep the connection, if it does.
    """

    __slots__ = (
        "_attempts",
        "_block",
        "_buffer",
        "_chunks",
        "_complete",
        "_eof",
        "_informational",
        "_informational_bytes",
        "_judge",
        "_keep",
        "_last_head",
        "_last_meaning",
        "_last_method",
        "_left",
        "_length",
        "_lenient",
        "_limits",
        "_method",
        "_to_send",
        "_unusual",
        "_upgrade",
        "body_length",
        "expects_continue",
        "keep_alive_hint",
        "received",
        "skipped",
        "switched",
        "trailers",
    )

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, lenient: bool = False) -> None:
        self._limits = limits
        self._lenient = lenient
        self._buffer = b""
        self._eof = False
        self._complete = True
        self._keep = True
        self._block: SentBlock = _NO_BLOCK
        self._last_head = b""
        self._last_meaning: Meaning | None = None
        self._last_method = b""
        self._left = 0
        self._length = 0
        self._to_send = 0
        self._judge: Judge | None = None
        self._chunks: PlainChunks | None = None
        self._attempts = 0
        self._informational = 0
        self._informational_bytes = 0
        # Whether something is to be set back before the next exchange.
        self._unusual = False
        self._method = b""
        self._upgrade = b""
        self.body_length = 0
        self.expects_continue = False
        self.switched = False
        self.received = 0
        self.trailers: Fields = _NO_FIELDS
        self.skipped: list[bytes] = _NO_LINES
        self.keep_alive_hint: float | None = None

    # The request.

    def encode_head(self, method: bytes, target: bytes, fields: Fields) -> bytes:
        """Begin an exchange, and return its request's head as bytes.

        Raises `LocalProtocolError`; then nothing has begun, and another exchange can.
        """
        if kind_of(method) is None or not is_plain_target(target):
            # h11 says why.
            judged_request(method, target, fields)
        return self.encode_checked_head(method, target, fields)

    def encode_checked_head(self, method: bytes, target: bytes, fields: Fields) -> bytes:
        """`encode_head` for a request that `validate_request` has let pass: method and target are not looked at again."""
        block: SentBlock | None = self._block
        # Most requests on a connection have the fields of the one before.
        if fields != self._block[5]:
            block = plain_block(fields)
            if block is not None and block[5] is not None:
                self._block = block
        if block is None:
            head, block = _encode_judged_head(method, target, fields)
            _, length, self._keep, self.expects_continue, self._upgrade, _ = block
        else:
            lines, length, self._keep, self.expects_continue, self._upgrade, _ = block
            # Measured: formatting takes 1.4 times as long.
            head = b"".join((method, b" ", target, lines))
        self._method = method
        self.body_length = self._to_send = length
        self.received = 0
        self._complete = False
        if self._unusual:
            self._set_back()
        return head

    def _set_back(self) -> None:
        self._unusual = False
        self._attempts = 0
        self._informational = self._informational_bytes = 0
        self.trailers = _NO_FIELDS
        self.skipped = _NO_LINES

    def encode_content(self, content: bytes, trailers: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
        """The whole body, given at once, as bytes. Raises `LocalProtocolError` when it is not of the declared length."""
        if self._to_send == CHUNKED:
            return self.encode_data(content) + self.encode_end(trailers)
        if len(content) != self._to_send:
            self.check_length(len(content))
        self._to_send = 0
        if trailers:
            self.encode_end(trailers)
        return content

    def encode_data(self, data: bytes) -> bytes:
        """A piece of the body as bytes; with a Content-Length these are the very object that was given.

        Raises `LocalProtocolError` when it is more than was declared; nothing of that piece may be sent then.
        """
        size = len(data)
        if self._to_send == CHUNKED:
            # An empty chunk would end the body (RFC 9112, 7.1).
            return b"%x\r\n%b\r\n" % (size, data) if size else b""
        self._take(size)
        return data

    def encode_chunk_size(self, size: int) -> tuple[bytes, bytes]:
        """For a large piece of the body: what to send before and after it, so that it need not be copied."""
        if self._to_send == CHUNKED:
            return b"%x\r\n" % size, b"\r\n"
        self._take(size)
        return b"", b""

    def encode_end(self, trailers: Sequence[tuple[bytes, bytes]] = ()) -> bytes:
        """The end of the body as bytes, with trailer fields perhaps.

        Raises `LocalProtocolError` when the body is shorter than declared, or the trailers cannot be sent.
        """
        left = self._to_send
        if left == CHUNKED:
            self._to_send = 0
            if not trailers:
                return b"0\r\n\r\n"
            self.check_trailers(trailers)
            return b"0\r\n%b\r\n" % b"".join(
                [b"%b: %b\r\n" % (name, value) for name, value in trailers]
            )
        if left:
            raise LocalProtocolError(
                f"the body ended after {self.body_length - left} bytes, but {self._declared()}"
            )
        if trailers:
            self.check_trailers(trailers)
        return b""

    def is_sent(self) -> bool:
        """Whether the request has been encoded to its end; where its length is known, the last byte is that end."""
        return not self._to_send

    def check_length(self, size: int) -> None:
        """Raises `LocalProtocolError` when a body of so many bytes is not of the declared length."""
        if self.body_length not in (CHUNKED, size):
            raise LocalProtocolError(
                f"the body has {size} bytes, but {self._declared()}; nothing was sent of it"
            )

    def check_trailers(self, trailers: Sequence[tuple[bytes, bytes]]) -> None:
        """Raises `LocalProtocolError` when the request's head does not allow trailers, or these may not be sent."""
        if self.body_length != CHUNKED:
            raise LocalProtocolError(
                "trailers need Transfer-Encoding: chunked, which this request does not declare"
            )
        validate_fields(trailers, "trailer")
        for name, _ in trailers:
            if name.lower() in _NO_TRAILERS:
                raise LocalProtocolError(
                    f"{name!r} must not be sent as a trailer (RFC 9110, 6.5.1); put it into the head"
                )

    def _take(self, size: int) -> None:
        left = self._to_send - size
        if left < 0:
            raise LocalProtocolError(
                f"the body has at least {self.body_length - left} bytes, but {self._declared()}; "
                f"{self.body_length - self._to_send} bytes were sent of it"
            )
        self._to_send = left

    def _declared(self) -> str:
        if self.body_length:
            return f"Content-Length declares {self.body_length}"
        return "neither Content-Length nor Transfer-Encoding declares one"

    # The response.

    def receive(self, data: bytes) -> None:
        """Take bytes from the peer; `b""` says that it has ended its side."""
        if data:
            self.received += len(data)
            if self._judge is not None:
                self._judge.feed(data)
            else:
                self._buffer = self._buffer + data if self._buffer else data
        else:
            self._eof = True
            if self._judge is not None:
                self._judge.feed(data)

    def doubt_end(self) -> None:
        """After `receive(b"")`, when more of the body was needed: nobody knows whether it was the peer who ended the connection.

        Such as when TLS ended without `close_notify`. A body that ends with the connection may have been cut off then
        (RFC 9112, 8 and 9.8). Raises `RemoteProtocolError`, unless lenient.
        """
        # What has a length, or chunks, says itself that it is incomplete.
        self.next_chunk()
        if not self._lenient:
            raise RemoteProtocolError(
                "the body of the response, which has no length, ended with the connection, and TLS did not announce that end "
                "(no close_notify), so it may have been cut off; for a server that never does, use lenient=True "
                "(http11_lenient=True of a pool)"
            )

    def receive_head(self, data: bytes) -> Head | None:
        """`receive` and `next_head` in one, for the first bytes of a response: nothing of it has come yet."""
        meaning = self._last_meaning
        if (
            meaning is None
            or not data.startswith(self._last_head)
            or self._method != self._last_method
        ):
            self.receive(data)
            return self.next_head()
        # The server answers as it did last time.
        size, (status, reason), fields, length, self.keep_alive_hint = meaning
        self.received = len(data)
        self._buffer = data[size:]
        self._length = self._left = length
        if length == CHUNKED:
            self._chunks = PlainChunks()
        # The list becomes the caller's.
        return b"HTTP/1.1", status, reason, fields.copy()

    def receive_whole(self, data: bytes) -> tuple[Head, bytes] | None:
        """`receive_head` and `take_whole` in one, where a whole response has come at once, and has the head of the last one.

        Its head and its content; with `None` nothing has been done, and `receive_head` is to be asked.
        """
        meaning = self._last_meaning
        if meaning is None or not data.startswith(self._last_head):
            return None
        size, (status, reason), fields, length, hint = meaning
        received = len(data)
        if (
            size + length != received
            or self._method != self._last_method
            or self._to_send
            or not self._keep
        ):
            return None
        self.received = received
        self.keep_alive_hint = hint
        self._complete = True
        # The list becomes the caller's.
        return (b"HTTP/1.1", status, reason, fields.copy()), data[size:]

    def next_head(self) -> Head | None:
        """The next head of the response, or `None` for need-data. It is final when its status is 200 or more, or 101.

        Raises `RemoteProtocolError`.
        """
        if self._judge is not None:
            return self._judged_head(self._judge)
        data = self._buffer
        plain = self._plain_head(data)
        if plain is None:
            return self._unplain_head(data)
        size, start, fields, length, keep, self.keep_alive_hint, is_private = plain
        self._buffer = data[size:]
        status, reason = start
        # RFC 9112, 6.3.
        if status in _BODILESS or self._method == b"HEAD":
            length = 0
        self._length = self._left = length
        if length == CHUNKED:
            self._chunks = PlainChunks()
        if not keep or length == UNTIL_CLOSE:
            self._keep = False
        elif not is_private and size <= _REMEMBERED_BYTES:
            self._last_head = data[:size]
            self._last_meaning = size, start, fields, length, self.keep_alive_hint
            self._last_method = self._method
        # The list becomes the caller's.
        return b"HTTP/1.1", status, reason, fields.copy()

    def _plain_head(self, data: bytes) -> PlainHead | None:
        """The next head if it is whole and plain."""
        end = data.find(b"\r\n\r\n")
        if end < 0 or end + 4 > self._limits.head_bytes or self._method == b"CONNECT":
            return None
        return read_plain_head(data, end, self._limits.fields)

    def _unplain_head(self, data: bytes) -> Head | None:
        """The next head if it is not plain, or not whole."""
        if not self._eof:
            if not data:
                return None
            if b"\r\n\r\n" not in data:
                refuse_other_protocol(data, self.received - len(data))
                if len(data) <= self._limits.head_bytes and may_become_plain(data):
                    self._unusual = True
                    self._attempts += 1
                    if self._attempts < _PATIENCE:
                        return None
        elif not data:
            # Programs look for these very words, which are httpcore's.
            raise RemoteProtocolError("Server disconnected without sending a response.")
        if self._lenient and not self._eof and len(data) <= self._limits.head_bytes:
            mended = without_broken_values(data)
            if mended is None:
                return None
            self._unusual = True
            self._buffer, self.skipped = mended
        return self._call_judge()

    def next_chunk(self) -> bytes | None:
        """All content that has arrived, as one piece; `b""` at the end of the body; `None` for need-data.

        Raises `RemoteProtocolError`.
        """
        if self._judge is not None:
            return self._judged_chunk(self._judge)
        left = self._left
        data = self._buffer
        if left > 0:
            if data:
                size = len(data)
                if size <= left:
                    self._left = left - size
                    self._buffer = b""
                    return data
                self._left = 0
                self._buffer = data[left:]
                return data[:left]
            if self._eof:
                raise RemoteProtocolError(
                    "peer closed connection without sending complete message body "
                    f"(received {self._length - left} bytes, expected {self._length})"
                )
            return None
        if left == CHUNKED:
            return self._plain_chunk(data)
        if left == UNTIL_CLOSE:
            if data:
                self._buffer = b""
                return data
            if not self._eof:
                return None
        self._complete = True
        return b""

    def take_whole(self) -> bytes | None:
        """All content, if exactly that is here and another exchange can follow; `None` leaves it to `next_chunk`."""
        data = self._buffer
        if (
            self._left != len(data)
            or self._judge is not None
            or self._to_send
            or not self._keep
            or self._eof
            or self.skipped
        ):
            return None
        self._left = 0
        self._buffer = b""
        self._complete = True
        return data

    def can_reuse(self) -> bool:
        """Whether another exchange may follow: this one is complete both ways, both sides allow it, nothing is unread."""
        return (
            self._complete
            and self._keep
            and not self._to_send
            and not self._buffer
            and not self._eof
        )

    def at_eof(self) -> bool:
        """Whether the peer has ended its side."""
        return self._eof

    def unread(self) -> bytes:
        """Bytes received that belong to no message read so far."""
        return self._buffer if self._judge is None else self._judge.unread()

    def _plain_chunk(self, data: bytes) -> bytes | None:
        chunks = self._chunks
        assert chunks is not None
        if data and not chunks.ended:
            piece = chunks.read(data)
            self._buffer = chunks.rest
            if piece is not None:
                return piece
            if chunks.declined:
                judge = Judge.of_chunked_body(self._limits, self.received - len(self._buffer))
                self._hand_over(judge)
                return self._judged_chunk(judge)
        if chunks.ended:
            self._left = 0
            self._complete = True
            return b""
        if self._eof:
            raise RemoteProtocolError(
                "peer closed connection without sending complete message body (incomplete chunked read)"
            )
        return None

    # What is not plain.

    def _call_judge(self) -> Head | None:
        judge = Judge(self._method, self._upgrade, self._limits, self.received - len(self._buffer))
        self._hand_over(judge)
        return self._judged_head(judge)

    def _hand_over(self, judge: Judge) -> None:
        self._judge = judge
        data, self._buffer = self._buffer, b""
        # It is never empty: there is nothing to judge in that.
        judge.feed(data)
        if self._eof:
            judge.feed(b"")

    def _judged_head(self, judge: Judge) -> Head | None:
        head = judge.next_head()
        if head is None:
            return None
        limits = self._limits
        _, status, _, fields = head
        if len(fields) > limits.fields:
            raise RemoteProtocolError(
                f"the response head has {len(fields)} fields; the limit fields is {limits.fields}"
            )
        if status == 101 or (self._method == b"CONNECT" and 200 <= status < 300):
            if self._to_send:
                raise RemoteProtocolError(
                    f"the server switched protocols (status {status}) before the request was sent to its end"
                )
            self.switched = True
            self._keep = False
        elif status < 200:
            self._count_informational(judge.head_bytes())
            # The next head may be a plain one.
            self._buffer = judge.unread()
            self._judge = None
            self._attempts = 0
        else:
            names = {name.lower() for name, _ in fields}
            # RFC 9112, 6.3: a sign of request smuggling or response splitting.
            if b"transfer-encoding" in names and b"content-length" in names:
                self._keep = False
            self.keep_alive_hint = next(
                (keep_alive_hint(value) for name, value in fields if name.lower() == b"keep-alive"),
                None,
            )
        return head

    def _judged_chunk(self, judge: Judge) -> bytes | None:
        if self.switched:
            return b""
        chunk = judge.next_chunk()
        if chunk == b"" and not self._complete:
            self._complete = True
            self._unusual = True
            self.trailers = judge.trailers()
            self._keep = self._keep and judge.keeps_alive()
            self._buffer = judge.unread()
            self._left = 0
            self._judge = None
        return chunk

    def _count_informational(self, size: int) -> None:
        limits = self._limits
        self._unusual = True
        self._informational += 1
        self._informational_bytes += size
        if (
            self._informational > limits.informational
            or self._informational_bytes > limits.informational_bytes
        ):
            raise RemoteProtocolError(
                f"{self._informational} informational responses with {self._informational_bytes} bytes came before the "
                f"final one; the limits informational and informational_bytes are {limits.informational} and "
                f"{limits.informational_bytes}"
            )


def _encode_judged_head(method: bytes, target: bytes, fields: Fields) -> tuple[bytes, SentBlock]:
    head, understood = judged_request(method, target, fields)
    length = 0
    keep = True
    expects = False
    upgrade = b""
    for name, value in understood:
        if name == b"content-length":
            length = int(value)
        elif name == b"connection":
            keep = keep and b"close" not in [option.strip() for option in value.lower().split(b",")]
        elif name == b"expect":
            expects = value.lower() == b"100-continue"
        elif name == b"upgrade":
            upgrade = value
    names = {name for name, _ in understood}
    if b"transfer-encoding" in names:
        if b"content-length" in names:
            raise LocalProtocolError(
                "a request must not have both Content-Length and Transfer-Encoding (RFC 9112, 6.2); leave one out"
            )
        length = CHUNKED
    return head, (b"", length, keep, expects and length != 0, upgrade, None)
