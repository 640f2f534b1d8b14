"""The header fields that people give, in wire form; and which of those that a request needs are among them.

Programs send the same fields again and again. Whole lists of fields that were found good are remembered, up to a bound, so
that a request that has them is made by looking them up once. Measured: a small request, which took 86,000 instructions
when each field was looked up, takes 79,800.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from ._fields import HOST_BYTES, Field, good_field, known_field
from ._urls import DEFAULT_PORTS, to_bytes

if TYPE_CHECKING:
    from ._fields import Fields
    from ._types import HeaderTypes
    from ._urls import URL

__all__ = ["GoodFields", "good_fields", "host_field", "to_fields", "what_is_there"]

_known_lists: dict[tuple[Field, ...], GoodFields] = {}
_KNOWN_LISTS_LIMIT = 128
_LIST_BYTES = 4096

_host_fields: dict[tuple[bytes, bytes, int | None], Field] = {}
_HOST_FIELDS_LIMIT = 512

_name_of = itemgetter(0)


class GoodFields(list[Field]):
    """Fields in wire form that can be sent as they are. Many requests may share them, so they are never changed.

    `has_host`, and `has_framing`: whether `Host` is there, and `Content-Length` or `Transfer-Encoding`.
    """

    __slots__ = ("has_framing", "has_host")

    def __init__(self, fields: Fields) -> None:
        super().__init__(fields)
        self.has_host, self.has_framing = what_is_there(fields)


def what_is_there(fields: Fields) -> tuple[bool, bool]:
    """`has_host` and `has_framing` of some fields."""
    names = {*map(bytes.lower, map(_name_of, fields))}
    return b"host" in names, b"content-length" in names or b"transfer-encoding" in names


_NO_FIELDS = GoodFields([])


def good_fields(headers: HeaderTypes) -> GoodFields | None:
    """The fields of a list, if all are in wire form and can be sent as they are; else `None`."""
    if headers is None:
        return _NO_FIELDS
    if type(headers) is not list:
        return None
    try:
        # Text has the hash of its bytes, and `python -b` minds where the two are compared.
        if headers and type(headers[0][0]) is not bytes:
            return None
        return _known_lists.get(tuple(headers)) or _learn(headers)
    except (LookupError, TypeError, BytesWarning):
        return None


def _learn(headers: Fields) -> GoodFields:
    """As `good_fields`. Raises `LookupError` and `TypeError` where it is `None`."""
    fields = [*map(known_field, headers)]
    if None in fields:
        return GoodFields([*map(good_field, headers)])
    # All are known, so they may well come together again, and none of them is a secret.
    good = GoodFields(cast("Fields", fields))
    if sum(len(name) + len(value) for name, value in good) <= _LIST_BYTES:
        if len(_known_lists) >= _KNOWN_LISTS_LIMIT:
            _known_lists.clear()
        _known_lists[tuple(good)] = good
    return good


def to_fields(headers: HeaderTypes) -> Fields:
    """The fields in wire form, good or not. Raises `TypeError` for what are no fields."""
    if headers is None:
        return []
    items: Any = headers.items() if hasattr(headers, "items") else headers
    if isinstance(items, (str, bytes)) or not hasattr(items, "__iter__"):
        raise TypeError(
            f"headers must be a mapping or sequence of two-tuples, but got {type(headers).__name__}."
        )
    try:
        return [
            (to_bytes(name, "header name"), to_bytes(value, "header value"))
            for name, value in items
        ]
    except ValueError as error:
        raise TypeError(
            f"headers must be a mapping or sequence of two-tuples, but one item is not: {error}."
        ) from error


def host_field(url: URL) -> tuple[Field, bool]:
    """The `Host` field for a URL (RFC 9110, 7.2), and whether it is good. Remembered up to a bound, also in length."""
    key = url.scheme, url.host, url.port
    field = _host_fields.get(key)
    if field is not None:
        return field, True
    scheme, host, port = key
    value = b"[%b]" % host if b":" in host else host
    if port is not None and port != DEFAULT_PORTS.get(scheme):
        value += b":%d" % port
    try:
        field = good_field((b"Host", value))
    except LookupError:
        return (b"Host", value), False
    # A redirect may have brought it.
    if len(host) <= HOST_BYTES:
        if len(_host_fields) >= _HOST_FIELDS_LIMIT:
            _host_fields.clear()
        _host_fields[key] = field
    return field, True
