"""From a request in HTTP/1.1's words to HTTP/2's field list, and from a response's field list back.

Callers write one form of request whatever the protocol will be: `Host`, `Connection`, `Transfer-Encoding`. HTTP/2 says
these things otherwise (RFC 9113, 8.2 and 8.3). What only described the connection is dropped; what asked for something
that cannot be had here is refused. Characters are not looked at: the interfaces' validator has done that, for every
protocol alike.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hpack.struct import NeverIndexedHeaderTuple

from httpcore_interfaces import DEFAULT_PORTS, Fields, LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from httpcore_interfaces import Request

__all__ = ["RequestMapper", "content_length", "flaw_of", "response_fields", "trailer_fields"]

# Described a connection that is not HTTP/1.1's any more (RFC 9113, 8.2.2).
_DROPPED = frozenset([b"keep-alive", b"proxy-connection"])

# Credentials stay out of the compression tables, where their bytes could be guessed one by one (RFC 7541, 7.1.3).
_SECRET = frozenset([b"authorization", b"proxy-authorization"])
_GUESSABLE_COOKIE = 20

# As for HTTP/1.1: RFC 9110, 5.1 and 5.5.
_is_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+").fullmatch
_find_control = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search

_HTTP_SCHEMES = {b"wss": b"https", b"ws": b"http"}

_SPECIAL = (
    _DROPPED
    | _SECRET
    | {b"host", b"connection", b"transfer-encoding", b"upgrade", b"te", b"cookie"}
)


class RequestMapper:
    """Makes the field lists of one connection's requests, which mostly differ in nothing but their targets."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        # The header fields of the last request, and what became of them.
        self._last: tuple[Fields, bytes | None, Fields, int | None] = ([], None, [], None)

    def fields_of(self, request: Request) -> tuple[Fields, int | None]:
        """The field list of a request, pseudo-header fields first, and what its Content-Length promises, if it is there.

        Raises `LocalProtocolError` for what HTTP/2 cannot say.
        """
        headers, host, fields, length = self._last
        if headers != request.headers:
            host, fields = _regular_fields(request.headers)
            length = content_length(fields)
            # In one step, for threads may share it; as tuples, for lists may change and be the same.
            self._last = [(name, value) for name, value in request.headers], host, fields, length
        return _pseudo_fields(request, host) + fields, length


def content_length(fields: Fields) -> int | None:
    """What Content-Length promises, `None` where it is absent. Raises `LocalProtocolError` when it is no number."""
    found: bytes | None = None
    for name, value in fields:
        if name == b"content-length":
            if not value.isdigit() or found not in (None, value):
                raise LocalProtocolError(
                    f"the Content-Length {value!r} is not one number; send the length of the content in bytes"
                )
            found = value
    return None if found is None else int(found)


def trailer_fields(trailers: Iterable[tuple[bytes, bytes]]) -> Fields:
    """The field list of a trailer section: names in lower case. Raises `LocalProtocolError` for what may not be there."""
    fields: Fields = []
    for name, value in trailers:
        name = name.lower()
        if name in _SPECIAL and name not in _SECRET:
            raise LocalProtocolError(
                f"the trailer field {name!r} is about framing or routing; send it as a header"
            )
        fields.append(NeverIndexedHeaderTuple(name, value) if name in _SECRET else (name, value))
    return fields


def response_fields(fields: Sequence[tuple[bytes, bytes]]) -> tuple[bytes, Fields]:
    """Status and header fields of a response. h2 has seen to it that `:status` is there, and first."""
    return fields[0][1], [(name, value) for name, value in fields[1:]]


def flaw_of(fields: Fields) -> str | None:
    """What is wrong with received fields in the eyes of HTTP, in a few words; `None` if nothing is.

    h2 looks for what would be another field in HTTP/1.1 (RFC 9113, 8.2.1), and lets other control characters pass.
    """
    if fields and not _is_token(b"".join([name for name, _ in fields])):
        name = next(name for name, _ in fields if not _is_token(name))
        return f"the field name {name!r}, which is not a token"
    bad = _find_control(b"".join([value for _, value in fields]))
    if bad is None:
        return None
    name = next(name for name, value in fields if _find_control(value))
    return f"the illegal byte {bad[0]!r} in the field {name!r}"


def _regular_fields(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes | None, Fields]:
    """What a Host field says, and all fields that are none of HTTP/1.1 alone."""
    host: bytes | None = None
    nominated: set[bytes] = set()
    fields: Fields = []
    for name, value in headers:
        name = name.lower()
        if name not in _SPECIAL:
            fields.append((name, value))
        elif name == b"host":
            if host is not None:
                raise LocalProtocolError("the request has several Host fields; send one")
            host = value
        elif name == b"connection":
            nominated.update(option.strip(b" \t") for option in value.lower().split(b","))
        elif name not in _DROPPED:
            _append_special(fields, name, value)
    if nominated:
        fields = [field for field in fields if field[0] not in nominated]
    return host, fields


def _append_special(fields: Fields, name: bytes, value: bytes) -> None:
    if name == b"te":
        # Nothing else may be asked for (RFC 9113, 8.2.2).
        if b"trailers" in [option.strip(b" \t") for option in value.lower().split(b",")]:
            fields.append((name, b"trailers"))
    elif name == b"transfer-encoding":
        # Chunks are what DATA frames do anyway; any other coding would be lost.
        if value.lower() != b"chunked":
            raise LocalProtocolError(
                f"the request asks for the transfer coding {value!r}, which HTTP/2 does not have; "
                "encode the content and say so in Content-Encoding"
            )
    elif name == b"upgrade":
        raise LocalProtocolError(
            f"the request asks to upgrade to {value!r}, which HTTP/2 cannot do; send it over HTTP/1.1"
        )
    elif name in _SECRET or len(value) < _GUESSABLE_COOKIE:
        fields.append(NeverIndexedHeaderTuple(name, value))
    else:
        fields.append((name, value))


def _pseudo_fields(request: Request, host: bytes | None) -> Fields:
    url = request.url
    protocol = request.extensions.get("protocol")
    if request.method == b"CONNECT" and protocol is None:
        # The target is all there is (RFC 9113, 8.5).
        return [(b":method", b"CONNECT"), (b":authority", url.target)]
    if host is None:
        host = b"[%b]" % url.host if b":" in url.host else url.host
        if url.port is not None and url.port != DEFAULT_PORTS.get(url.scheme):
            host = b"%b:%d" % (host, url.port)
    fields = [
        (b":method", request.method),
        (b":authority", host),
        (b":scheme", url.scheme),
        (b":path", url.target),
    ]
    if protocol is not None:
        # Extended CONNECT (RFC 8441, 4), with the scheme of HTTP: wss is https here.
        fields[2] = (b":scheme", _HTTP_SCHEMES.get(url.scheme, url.scheme))
        fields.append((b":protocol", _checked_protocol(request.method, protocol)))
    return fields


def _checked_protocol(method: bytes, protocol: object) -> bytes:
    if isinstance(protocol, str):
        protocol = protocol.encode("ascii", "replace")
    if not isinstance(protocol, bytes):
        raise LocalProtocolError(
            f"the protocol extension must be a name as bytes, such as b'websocket', but got {type(protocol).__name__}"
        )
    if method != b"CONNECT" or not protocol.isalnum():
        raise LocalProtocolError(
            f"the protocol extension {protocol!r} belongs to a CONNECT request and names a protocol, "
            "such as b'websocket'"
        )
    return protocol
