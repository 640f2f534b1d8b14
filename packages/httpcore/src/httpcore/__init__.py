"""The HTTP transport: everything of the four packages beneath, under one name.

Nothing is defined here but `request()` and `stream()`. What needs a package that not every program uses (h2, anyio)
is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import (
    SOCKET_OPTION,
    URL,
    AsyncByteStream,
    AsyncConnectionInterface,
    AsyncHTTPTransport,
    AsyncIteratorByteStream,
    AsyncNetworkBackend,
    AsyncNetworkStream,
    AsyncRequestInterface,
    CloseError,
    ConnectError,
    ConnectionInterface,
    ConnectionNotAvailable,
    ConnectTimeout,
    HTTPCoreError,
    IteratorByteStream,
    LocalProtocolError,
    NetworkBackend,
    NetworkError,
    NetworkStream,
    Origin,
    PlainByteStream,
    PoolTimeout,
    ProtocolError,
    Proxy,
    ProxyError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    Request,
    RequestInterface,
    Response,
    StreamClosed,
    StreamConsumed,
    SyncByteStream,
    SyncHTTPTransport,
    TimeoutException,
    UnsupportedProtocol,
    WriteError,
    WriteTimeout,
)
from httpcore_pool import (
    AsyncConnectionPool,
    AsyncHTTPConnection,
    AsyncHTTPProxy,
    AsyncSOCKSProxy,
    ConnectionPool,
    HTTPConnection,
    HTTPProxy,
    PoolClosed,
    SOCKSProxy,
    SyncBackend,
    SyncConnectionPool,
    SyncHTTPProxy,
    default_ssl_context,
)

from .__about__ import __version__
from ._api import request, stream

if TYPE_CHECKING:
    from httpcore_http2 import AsyncHTTP2Connection, HTTP2Connection
    from httpcore_http11 import AsyncHTTP11Connection, HTTP11Connection
    from httpcore_interfaces.testing import (
        AsyncMockBackend,
        AsyncMockStream,
        MockBackend,
        MockStream,
    )
    from httpcore_pool import AnyIOBackend, TrioBackend

__all__ = [
    "SOCKET_OPTION",
    "URL",
    "AnyIOBackend",
    "AsyncByteStream",
    "AsyncConnectionInterface",
    "AsyncConnectionPool",
    "AsyncHTTP2Connection",
    "AsyncHTTP11Connection",
    "AsyncHTTPConnection",
    "AsyncHTTPProxy",
    "AsyncHTTPTransport",
    "AsyncIteratorByteStream",
    "AsyncMockBackend",
    "AsyncMockStream",
    "AsyncNetworkBackend",
    "AsyncNetworkStream",
    "AsyncRequestInterface",
    "AsyncSOCKSProxy",
    "CloseError",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionInterface",
    "ConnectionNotAvailable",
    "ConnectionPool",
    "HTTP2Connection",
    "HTTP11Connection",
    "HTTPConnection",
    "HTTPCoreError",
    "HTTPProxy",
    "IteratorByteStream",
    "LocalProtocolError",
    "MockBackend",
    "MockStream",
    "NetworkBackend",
    "NetworkError",
    "NetworkStream",
    "Origin",
    "PlainByteStream",
    "PoolClosed",
    "PoolTimeout",
    "ProtocolError",
    "Proxy",
    "ProxyError",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "Request",
    "RequestInterface",
    "Response",
    "SOCKSProxy",
    "StreamClosed",
    "StreamConsumed",
    "SyncBackend",
    "SyncByteStream",
    "SyncConnectionPool",
    "SyncHTTPProxy",
    "SyncHTTPTransport",
    "TimeoutException",
    "TrioBackend",
    "UnsupportedProtocol",
    "WriteError",
    "WriteTimeout",
    "__version__",
    "default_ssl_context",
    "request",
    "stream",
]

_LOADED_WHEN_ASKED_FOR = {
    "AnyIOBackend": "httpcore_pool",
    "AsyncHTTP11Connection": "httpcore_http11",
    "AsyncHTTP2Connection": "httpcore_http2",
    "AsyncMockBackend": "httpcore_interfaces.testing",
    "AsyncMockStream": "httpcore_interfaces.testing",
    "HTTP11Connection": "httpcore_http11",
    "HTTP2Connection": "httpcore_http2",
    "MockBackend": "httpcore_interfaces.testing",
    "MockStream": "httpcore_interfaces.testing",
    "TrioBackend": "httpcore_pool",
}


def __getattr__(name: str) -> object:
    module = _LOADED_WHEN_ASKED_FOR.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(module), name)
    return value
