"""The protocol packages, loaded when they are asked for.

A pool can be installed with only one of them. Asking for a protocol whose package is not there is an error when the
pool is made, and names what to install; importing it waits until the first connection needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpcore_interfaces import (
        AsyncConnectionInterface,
        AsyncNetworkStream,
        ConnectionInterface,
        NetworkStream,
        Origin,
    )

__all__ = [
    "make_async_http2_connection",
    "make_async_http11_connection",
    "make_http2_connection",
    "make_http11_connection",
    "require_protocols",
]


def require_protocols(http1: bool, http2: bool, tunnels: bool = False) -> None:
    """Raise `ImportError`, naming the package to install, when a protocol that is needed is not installed.

    `tunnels`: whether there are proxies, which are asked for tunnels by HTTP/1.1.
    """
    from importlib.util import find_spec  # not for everybody who imports the pool

    if http1 and find_spec("httpcore_http11") is None:
        raise ImportError(
            "http1=True needs the package httpcore-http11, which is not installed: pip install httpcore-http11 "
            "(or pass http1=False, http2=True)"
        )
    if tunnels and find_spec("httpcore_http11") is None:
        raise ImportError(
            "an HTTP proxy is spoken to by HTTP/1.1, which needs the package httpcore-http11, which is not installed: "
            "pip install httpcore-http11"
        )
    if http2 and find_spec("httpcore_http2") is None:
        raise ImportError(
            "http2=True needs the package httpcore-http2, which is not installed: pip install httpcore-http2"
        )


def make_async_http11_connection(
    origin: Origin, stream: AsyncNetworkStream, keepalive_expiry: float | None
) -> AsyncConnectionInterface:
    """An HTTP/1.1 connection over `stream`."""
    from httpcore_http11 import AsyncHTTP11Connection

    return AsyncHTTP11Connection(origin, stream, keepalive_expiry)


def make_async_http2_connection(
    origin: Origin, stream: AsyncNetworkStream, keepalive_expiry: float | None
) -> AsyncConnectionInterface:
    """An HTTP/2 connection over `stream`."""
    from httpcore_http2 import AsyncHTTP2Connection

    return AsyncHTTP2Connection(origin, stream, keepalive_expiry)


def make_http11_connection(
    origin: Origin, stream: NetworkStream, keepalive_expiry: float | None
) -> ConnectionInterface:
    """An HTTP/1.1 connection over `stream`."""
    from httpcore_http11 import HTTP11Connection

    return HTTP11Connection(origin, stream, keepalive_expiry)


def make_http2_connection(
    origin: Origin, stream: NetworkStream, keepalive_expiry: float | None
) -> ConnectionInterface:
    """An HTTP/2 connection over `stream`."""
    from httpcore_http2 import HTTP2Connection

    return HTTP2Connection(origin, stream, keepalive_expiry)
