"""One request without a pool of one's own: each call makes a pool and closes it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from httpcore_pool import ConnectionPool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from httpcore_interfaces import URL, ContentTypes, HeaderTypes, Response

__all__ = ["request", "stream"]


def request(
    method: bytes | str,
    url: URL | bytes | str,
    *,
    headers: HeaderTypes = None,
    content: ContentTypes = None,
    extensions: Mapping[str, Any] | None = None,
) -> Response:
    """Send one request and return its response, read to the end.

    `Host` and the framing fields are added where absent. Raises `HTTPCoreError`. For more than one request make a
    `ConnectionPool`: it keeps connections.
    """
    with ConnectionPool() as pool:
        return pool.request(method, url, headers=headers, content=content, extensions=extensions)


@contextmanager
def stream(
    method: bytes | str,
    url: URL | bytes | str,
    *,
    headers: HeaderTypes = None,
    content: ContentTypes = None,
    extensions: Mapping[str, Any] | None = None,
) -> Iterator[Response]:
    """As `request`, for use with `with`: the body is still to be read, and is closed at the end."""
    with (
        ConnectionPool() as pool,
        pool.stream(
            method, url, headers=headers, content=content, extensions=extensions
        ) as response,
    ):
        yield response
