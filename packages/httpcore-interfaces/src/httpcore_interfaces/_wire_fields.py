"""The header fields that people give, in wire form; and which of those that a request needs are among them.

Programs send the same fields again and again. Whole lists of fields that were found good are remembered, up to a bound, so
that a request that has them is made by looking them up once. Measured: a small request, which took 86,000 instructions
when each field was looked up, takes 79,800.
"""

from __future__ import annotations

import sys
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

from ._fields import Field, good_field, known_field
from ._urls import DEFAULT_PORTS, to_bytes

if TYPE_CHECKING:
    from ._fields import Fields
    from ._types import HeaderTypes
    from ._urls import URL

__all__ = [
    "GoodFields",
    "good_fields",
    "host_field",
    "recent_fields",
    "to_fields",
    "what_is_there",
]

_known_lists: dict[tuple[Field, ...], GoodFields] = {}
_KNOWN_LISTS_LIMIT = 128
_LIST_BYTES = 4096

_name_of = itemgetter(0)


class GoodFields(list[Field]):
    """Fields in wire form that can be sent as they are. Many requests may share them, so they are never changed.

    - `has_host`, and `has_framing`: whether `Host` is there, and `Content-Length` or `Transfer-Encoding`.
    - `kept`: the field that was put before them last, and all of them together.
    """

    __slots__ = ("has_framing", "has_host", "kept")

    def __init__(self, fields: Fields, has_host: bool, has_framing: bool) -> None:
        super().__init__(fields)
        self.has_host = has_host
        self.has_framing = has_framing
        self.kept: tuple[Field, GoodFields] | None = None

    def behind(self, field: Field) -> GoodFields:
        """These fields with a good `Host` field before them; kept, for most programs send them to one host after all."""
        fields = GoodFields([field, *self], True, self.has_framing)
        self.kept = field, fields
        return fields

    def __reduce__(self) -> tuple[type[Fields], tuple[Fields]]:
        # A request that is copied or pickled takes its own fields along, and not what was put before those of others.
        return list, ([*self],)


def what_is_there(fields: Fields) -> tuple[bool, bool]:
    """`has_host` and `has_framing` of some fields."""
    names = {*map(bytes.lower, map(_name_of, fields))}
    return b"host" in names, b"content-length" in names or b"transfer-encoding" in names


_NO_FIELDS = GoodFields([], False, False)


#: The list that was last found among the known ones, alone in a list. Measured: to compare three fields with it takes a
#: quarter of the time that it takes to look them up. Where Python minds that text and bytes are compared, none is.
recent_fields = [_NO_FIELDS]
_COMPARES = not sys.flags.bytes_warning


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
        good = _known_lists.get(tuple(headers))
        if good is None:
            return _learn(headers)
        if _COMPARES:
            recent_fields[0] = good
        return good
    except (LookupError, TypeError, BytesWarning):
        return None


def _learn(headers: Fields) -> GoodFields:
    """As `good_fields`. Raises `LookupError` and `TypeError` where it is `None`."""
    known = [*map(known_field, headers)]
    if None in known:
        fields = [*map(good_field, headers)]
        return GoodFields(fields, *what_is_there(fields))
    # All are known, so they may well come together again, and none of them is a secret.
    fields = cast("Fields", known)
    good = GoodFields(fields, *what_is_there(fields))
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
    """The `Host` field for a URL (RFC 9110, 7.2), and whether it is good."""
    host = url.host
    value = b"[%b]" % host if b":" in host else host
    if url.port is not None and url.port != DEFAULT_PORTS.get(url.scheme):
        value += b":%d" % url.port
    try:
        return good_field((b"Host", value)), True
    except LookupError:
        return (b"Host", value), False
