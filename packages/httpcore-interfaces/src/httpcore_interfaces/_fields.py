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
    from ._urls import URLStart

__all__ = [
    "HOST_BYTES",
    "Fields",
    "good_field",
    "known_field",
    "may_be_remembered",
    "validate_fields",
    "validate_request",
]

Field = tuple[bytes, bytes]

#: Header or trailer fields in wire form and wire order.
Fields = list[Field]

_is_token = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_find_bad_value_byte = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search
_find_bad_target_byte = re.compile(rb"[\x00-\x20\x7f-\xff]").search
# The delimiters of RFC 3986, 3.2, and what has to be encoded: a host ends up in `Host` and in the target for a proxy.
_find_bad_host_byte = re.compile(rb"[\x00-\x20\x7f-\xff/?#@\\]").search

# Names and whole fields repeat: what was once found good is remembered, up to a bound. Measured: to check the fields of a
# small request anew took 8 % of all instructions that the request takes.
_known_names: set[bytes] = set()
_KNOWN_NAMES_LIMIT = 512
_NAME_BYTES = 64
_KNOWN_FIELDS_LIMIT = 512
_known_hosts: set[bytes] = set()
_KNOWN_HOSTS_LIMIT = 512
HOST_BYTES = 255  # what a name has at most in the DNS

# Authorization, Cookie, Proxy-Authorization, Set-Cookie, and what people call their own.
_hints_at_a_secret = re.compile(
    rb"auth|cookie|credential|csrf|jwt|key|passw|secret|session|signature|token", re.IGNORECASE
).search


def validate_request(request: Request) -> URLStart | None:
    """Check method, target, host and fields of a request before anything is done for it.

    Returns what stands before the target of its URL if that is still as it was read, for transports to save what follows
    from it, else `None`. Raises `LocalProtocolError` that shows the offending bytes and their offset, `TypeError` for
    anything but bytes.
    """
    method = request.method
    if type(method) is not bytes or method not in _known_names:
        _learn_name(method, "method")
    url = request.url
    target = url.target
    if not target or _find_bad_target_byte(target) is not None:
        _refuse_target(target)
    host = url.host
    if type(host) is not bytes or host not in _known_hosts:
        _learn_host(host)
    fields = request.headers
    try:
        good = request._good
        start = url._start
    except AttributeError:  # a request of another make
        good = start = None
    # Most requests are sent as they were made, and then their fields were checked already; comparing a list with the same
    # objects does not look into them.
    if good is None or fields != good:
        validate_fields(fields)
    if (
        start is None
        or start.host is not host
        or start.port is not url.port
        or start.scheme is not url.scheme
    ):
        return None
    return start


def validate_fields(fields: Sequence[tuple[bytes, bytes]], kind: str = "header") -> None:
    """Check names and values of header or trailer fields.

    `kind` names them in the error, `"header"` or `"trailer"`. Raises as `validate_request`.
    """
    known = _known_fields
    for field in fields:
        name, value = field
        if (
            type(field) is not tuple
            # A memoryview is equal to the same bytes, but is none.
            or type(name) is not bytes
            or type(value) is not bytes
            or field not in known
        ):
            _check_field(name, value, kind)
            _remember_field(name, value)


def may_be_remembered(name: bytes, value: bytes) -> bool:
    """Whether a field may be kept in a table that outlives its message: it is short, and its value is no secret."""
    return len(value) <= 128 and len(name) <= _NAME_BYTES and _hints_at_a_secret(name) is None


class _KnownFields(dict[Field, Field]):
    """Fields that were found good, each by itself. One that is not there is checked, and remembered if it may be.

    What equals such a field is given back as that field, whatever it was made of. Raises `LookupError` for what is no
    good field, or not in wire form: why will be said by who needs it.
    """

    def __missing__(self, field: Field) -> Field:
        if type(field) is not tuple or len(field) != 2:
            raise LookupError
        name, value = field
        if type(name) is not bytes or type(value) is not bytes:
            raise LookupError
        try:
            _check_field(name, value, "header")
        except LocalProtocolError as error:
            raise LookupError from error
        _remember_field(name, value)
        return field


_known_fields = _KnownFields()

#: The field that was found good before and equals what is given, `None` when there is none. Raises `TypeError` for what has
#: no hash.
known_field = _known_fields.get

#: The good field that equals what is given. Raises `LookupError`, and `TypeError` for what has no hash.
good_field = _known_fields.__getitem__


def _remember_field(name: bytes, value: bytes) -> None:
    if may_be_remembered(name, value):
        if len(_known_fields) >= _KNOWN_FIELDS_LIMIT:
            _known_fields.clear()
        field = name, value
        _known_fields[field] = field


def _check_field(name: bytes, value: bytes, kind: str) -> None:
    if not isinstance(name, bytes) or name not in _known_names:
        _learn_name(name, f"{kind} name")
    # White space around a value is not part of it (RFC 9110, 5.5), and malformed in HTTP/2 (RFC 9113, 8.2.1).
    if (
        not isinstance(value, bytes)
        or value.strip() != value
        or _find_bad_value_byte(value) is not None
    ):
        _refuse_value(name, value, kind)


def _learn_name(name: bytes, what: str) -> None:
    if not isinstance(name, bytes):
        raise TypeError(f"{what} must be bytes, but got {type(name).__name__}: {name!r}")
    if not _is_token(name):
        raise LocalProtocolError(
            f"the {what} {_shown(name)} is not a token: letters, digits and !#$%&'*+-.^_`|~ only, at least one"
        )
    if len(name) <= _NAME_BYTES:
        if len(_known_names) >= _KNOWN_NAMES_LIMIT:
            _known_names.clear()
        _known_names.add(name)


def _learn_host(host: bytes) -> None:
    if _find_bad_host_byte(host) is not None:
        raise LocalProtocolError(
            f"the host {_shown(host)} has illegal bytes; give a name in its ASCII form (IDNA) or an IP address"
        )
    if len(host) <= HOST_BYTES:
        if len(_known_hosts) >= _KNOWN_HOSTS_LIMIT:
            _known_hosts.clear()
        _known_hosts.add(host)


def _refuse_target(target: bytes) -> None:
    bad = _find_bad_target_byte(target)
    if bad is None:
        raise LocalProtocolError(
            "the request target is empty; the least that can be asked for is b'/'"
        )
    raise LocalProtocolError(
        f"the request target has the illegal byte {bad[0]!r} at offset {bad.start()} of {_shown(target)}; "
        "percent-encode it"
    )


def _refuse_value(name: bytes, value: bytes, kind: str) -> None:
    if not isinstance(value, bytes):
        raise TypeError(
            f"the value of the {kind} {_shown(name)} must be bytes, but got {type(value).__name__}: {value!r}"
        )
    bad = _find_bad_value_byte(value)
    if bad is None:
        raise LocalProtocolError(
            f"the value of the {kind} {_shown(name)} begins or ends with white space: {_shown(value)}; strip it"
        )
    raise LocalProtocolError(
        f"the value of the {kind} {_shown(name)} has the illegal byte {bad[0]!r} at offset {bad.start()}: "
        f"{_shown(value[max(0, bad.start() - 20) : bad.start() + 20])}; control characters may not be sent"
    )


def _shown(value: bytes, limit: int = 80) -> str:
    return repr(value) if len(value) <= limit else f"{value[:limit]!r}..."
