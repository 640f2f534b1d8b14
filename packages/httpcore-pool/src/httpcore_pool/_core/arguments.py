"""The transport face's plain arguments, checked, as the engine's values; and back.

This face takes bytes only: what was `str` in the caller's hands would be sent in an encoding that nobody chose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from httpcore_interfaces import URL, Request

if TYPE_CHECKING:
    from httpcore_interfaces import AsyncByteStream, Fields, Response, SyncByteStream, URLTuple

__all__ = ["to_ext", "to_request", "url_from_tuple"]


def to_request(
    method: bytes,
    url: URLTuple,
    headers: Fields | None,
    stream: AsyncByteStream | SyncByteStream | None,
    ext: dict[str, Any] | None,
) -> Request:
    """The request that these arguments describe. Raises `TypeError`, saying what was given and what is expected."""
    if not isinstance(method, bytes):
        raise TypeError(
            f"method must be bytes such as b'GET', but got {type(method).__name__}: {method!r}"
        )
    pairs = [] if headers is None else headers
    for pair in pairs:
        if not (
            isinstance(pair, tuple)
            and len(pair) == 2
            and all(isinstance(item, bytes) for item in pair)
        ):
            raise TypeError(f"headers must be a list of pairs of bytes, but it holds {pair!r}")
    return Request(method, url_from_tuple(url), headers=pairs, content=stream, extensions=ext)


def url_from_tuple(url: URLTuple) -> URL:
    """A URL from its four parts. Raises `TypeError` for anything else."""
    if not (isinstance(url, tuple) and len(url) == 4):
        raise TypeError(
            f"url must be a tuple (scheme, host, port or None, target), but got {type(url).__name__}: {url!r}"
        )
    scheme, host, port, target = url
    for name, part in (("scheme", scheme), ("host", host), ("target", target)):
        if not isinstance(part, bytes):
            raise TypeError(
                f"the {name} in url must be bytes, but got {type(part).__name__}: {part!r}"
            )
    return URL(scheme=scheme, host=host, port=port, target=target)


def to_ext(response: Response) -> dict[str, Any]:
    """The response's extensions, with the two that this face has as text."""
    ext = dict(response.extensions)
    ext["http_version"] = ext.get("http_version", b"").decode("ascii")
    ext["reason"] = ext.pop("reason_phrase", b"").decode("latin-1")
    return ext
