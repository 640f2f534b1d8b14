"""One validator for what a caller sends, whatever the protocol.

The rules are those of RFC 9110: 5.1 and 5.6.2 for names, 5.5 for values, 9.1 for methods, and of RFC 9112, 3.2 for the
request target. HTTP/2 libraries do not check characters, so a line break in a value could split a request at the next
hop that translates it; checking before the protocol is chosen makes every protocol and route equally safe.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ._exceptions import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._messages import Request

__all__ = ["Fields", "validate_fields", "validate_request"]

#: Header or trailer fields in wire form and wire order.
Fields = list[tuple[bytes, bytes]]

_is_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_find_bad_value_byte = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search
_find_bad_target_byte = re.compile(rb"[\x00-\x20\x7f-\xff]").search

# Names repeat: what was once found good is remembered, up to a bound.
_known_names: set[bytes] = set()
_KNOWN_NAMES_LIMIT = 512


def validate_request(request: Request) -> None:
    """Check method, target and fields of a request before anything is done for it.

    Raises `LocalProtocolError` that shows the offending bytes and their offset, `TypeError` for anything but bytes.
    """
    method = request.method
    if method not in _known_names:
        _learn_name(method, "method")
    target = request.url.target
    bad = _find_bad_target_byte(target)
    if bad is not None:
        raise LocalProtocolError(
            f"the request target has the illegal byte {bad[0]!r} at offset {bad.start()} of {_shown(target)}; "
            "percent-encode it"
        )
    validate_fields(request.headers)


def validate_fields(fields: Sequence[tuple[bytes, bytes]], kind: str = "header") -> None:
    """Check names and values of header or trailer fields.

    `kind` names them in the error, `"header"` or `"trailer"`. Raises as `validate_request`.
    """
    known = _known_names
    for name, value in fields:
        if name not in known:
            _learn_name(name, f"{kind} name")
        if _find_bad_value_byte(value) is not None:
            _refuse_value(name, value, kind)


def _learn_name(name: bytes, what: str) -> None:
    if not isinstance(name, bytes):
        raise TypeError(f"{what} must be bytes, but got {type(name).__name__}: {name!r}")
    if not _is_token(name):
        raise LocalProtocolError(
            f"the {what} {_shown(name)} is not a token: letters, digits and !#$%&'*+-.^_`|~ only, at least one"
        )
    if len(_known_names) < _KNOWN_NAMES_LIMIT:
        _known_names.add(name)


def _refuse_value(name: bytes, value: bytes, kind: str) -> None:
    bad = _find_bad_value_byte(value)
    assert bad is not None
    raise LocalProtocolError(
        f"the value of the {kind} {_shown(name)} has the illegal byte {bad[0]!r} at offset {bad.start()}: "
        f"{_shown(value[max(0, bad.start() - 20) : bad.start() + 20])}; control characters may not be sent"
    )


def _shown(value: bytes, limit: int = 80) -> str:
    return repr(value) if len(value) <= limit else f"{value[:limit]!r}..."
