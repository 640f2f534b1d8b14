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
    WrongEventLoop,
    default_ssl_context,
)

from .__about__ import __version__
from ._api import request, stream
from ._compat import attributes as _attributes

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
else:
    # A type checker must not see it, for it would then believe in every name.
    from ._loading import load as __getattr__  # noqa: F401 - Python looks for this name

# Tracebacks, logs and pickles have always called an exception `httpcore.ConnectError`.
for _error in list(vars().values()):
    if isinstance(_error, type) and issubclass(_error, HTTPCoreError):
        _error.__module__ = "httpcore"

_attributes.install(AsyncConnectionPool)
_attributes.install(ConnectionPool)

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
    "WrongEventLoop",
    "__version__",
    "default_ssl_context",
    "request",
    "stream",
]
