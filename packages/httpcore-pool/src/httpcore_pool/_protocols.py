"""The protocol packages, loaded when they are asked for.

A pool can be installed with only one of them. Asking for a protocol whose package is not there is an error when the
pool is made, and names what to install; importing it waits until the first connection needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._core.settings import CONTINUE_SECONDS, checked_seconds

if TYPE_CHECKING:
    from httpcore_http11 import Limits
    from httpcore_interfaces import (
        AsyncConnectionInterface,
        AsyncNetworkStream,
        ConnectionInterface,
        NetworkStream,
        Origin,
    )

    from ._core.settings import HTTP11Options

__all__ = [
    "make_async_http2_connection",
    "make_async_http11_connection",
    "make_http2_connection",
    "make_http11_connection",
    "http11_options",
    "require_protocols",
]


def http11_options(limits: Limits | None, lenient: bool, continue_timeout: float) -> HTTP11Options:
    """The arguments of the same names, checked. Raises `TypeError`, `ValueError`."""
    if limits is None and lenient is False and continue_timeout == CONTINUE_SECONDS:
        return None
    from httpcore_http11 import DEFAULT_LIMITS, Limits

    if limits is not None and not isinstance(limits, Limits):
        raise TypeError(
            "http11_limits must be httpcore_http11.Limits, such as Limits(head_bytes=65536), or None, "
            f"but got {type(limits).__name__}"
        )
    if not isinstance(lenient, bool):
        raise TypeError(
            f"http11_lenient must be True or False, but got {type(lenient).__name__}: {lenient!r}"
        )
    if checked_seconds("continue_timeout", continue_timeout) is None:
        raise TypeError(
            "continue_timeout must be a number of seconds, and not None: servers that do not know the expectation would be "
            "waited for in vain"
        )
    return {
        "limits": DEFAULT_LIMITS if limits is None else limits,
        "continue_timeout": continue_timeout,
        "lenient": lenient,
    }


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
    origin: Origin,
    stream: AsyncNetworkStream,
    keepalive_expiry: float | None,
    options: HTTP11Options = None,
) -> AsyncConnectionInterface:
    """An HTTP/1.1 connection over `stream`."""
    from httpcore_http11 import AsyncHTTP11Connection

    return AsyncHTTP11Connection(origin, stream, keepalive_expiry, **(options or {}))


def make_async_http2_connection(
    origin: Origin, stream: AsyncNetworkStream, keepalive_expiry: float | None
) -> AsyncConnectionInterface:
    """An HTTP/2 connection over `stream`."""
    from httpcore_http2 import AsyncHTTP2Connection

    return AsyncHTTP2Connection(origin, stream, keepalive_expiry)


def make_http11_connection(
    origin: Origin,
    stream: NetworkStream,
    keepalive_expiry: float | None,
    options: HTTP11Options = None,
) -> ConnectionInterface:
    """An HTTP/1.1 connection over `stream`."""
    from httpcore_http11 import HTTP11Connection

    return HTTP11Connection(origin, stream, keepalive_expiry, **(options or {}))


def make_http2_connection(
    origin: Origin, stream: NetworkStream, keepalive_expiry: float | None
) -> ConnectionInterface:
    """An HTTP/2 connection over `stream`."""
    from httpcore_http2 import HTTP2Connection

    return HTTP2Connection(origin, stream, keepalive_expiry)
