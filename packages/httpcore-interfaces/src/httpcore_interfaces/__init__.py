"""The interfaces of httpcore: transports, byte streams, requests, connections, networks, and their errors.

It has no dependencies and does nothing by itself. Depend on it alone for typing, for writing a transport or a network
backend, or for a fake of one; `httpcore_interfaces.testing` checks the result.
"""

from .__about__ import __version__
from ._async.byte_streams import AsyncByteStream, AsyncIteratorByteStream
from ._async.network import AsyncNetworkBackend, AsyncNetworkStream
from ._async.requests import (
    AsyncConnectionInterface,
    AsyncConnectionObserver,
    AsyncRequestInterface,
    async_whole_response,
)
from ._async.trace import AsyncTrace
from ._async.transports import AsyncHTTPTransport
from ._byte_streams import EMPTY, PlainByteStream
from ._exceptions import (
    CloseError,
    ConnectError,
    ConnectionNotAvailable,
    ConnectTimeout,
    ErrorDetails,
    HTTPCoreError,
    LocalProtocolError,
    NetworkError,
    PoolTimeout,
    ProtocolError,
    ProxyError,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    StreamClosed,
    StreamConsumed,
    TimeoutException,
    UnsupportedProtocol,
    WriteError,
    WriteTimeout,
)
from ._extensions import (
    AsyncTraceCallback,
    RequestExtensions,
    ResponseExtensions,
    TimeoutExtension,
    Timeouts,
    TraceCallback,
    checked_answer,
    checked_async_answer,
)
from ._fields import (
    Fields,
    may_be_remembered,
    validate_fields,
    validate_request,
)
from ._messages import Proxy, Request, Response, prepared_request
from ._network import SOCKET_OPTION
from ._parking import AsyncParker, Parker, current_async_library
from ._sync.byte_streams import IteratorByteStream, SyncByteStream
from ._sync.network import NetworkBackend, NetworkStream
from ._sync.requests import (
    ConnectionInterface,
    ConnectionObserver,
    RequestInterface,
    whole_response,
)
from ._sync.trace import Trace
from ._sync.transports import SyncHTTPTransport
from ._types import ContentTypes, HeaderTypes
from ._urls import DEFAULT_PORTS, URL, Origin, URLTuple

__all__ = [
    "DEFAULT_PORTS",
    "EMPTY",
    "SOCKET_OPTION",
    "URL",
    "AsyncByteStream",
    "AsyncConnectionInterface",
    "AsyncConnectionObserver",
    "AsyncHTTPTransport",
    "AsyncIteratorByteStream",
    "AsyncNetworkBackend",
    "AsyncNetworkStream",
    "AsyncParker",
    "AsyncRequestInterface",
    "AsyncTrace",
    "AsyncTraceCallback",
    "CloseError",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionInterface",
    "ConnectionNotAvailable",
    "ConnectionObserver",
    "ContentTypes",
    "ErrorDetails",
    "Fields",
    "HTTPCoreError",
    "HeaderTypes",
    "IteratorByteStream",
    "LocalProtocolError",
    "NetworkBackend",
    "NetworkError",
    "NetworkStream",
    "Origin",
    "Parker",
    "PlainByteStream",
    "PoolTimeout",
    "ProtocolError",
    "Proxy",
    "ProxyError",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "Request",
    "RequestExtensions",
    "RequestInterface",
    "Response",
    "ResponseExtensions",
    "StreamClosed",
    "StreamConsumed",
    "SyncByteStream",
    "SyncHTTPTransport",
    "TimeoutException",
    "TimeoutExtension",
    "Timeouts",
    "Trace",
    "TraceCallback",
    "URLTuple",
    "UnsupportedProtocol",
    "WriteError",
    "WriteTimeout",
    "__version__",
    "async_whole_response",
    "checked_answer",
    "checked_async_answer",
    "current_async_library",
    "may_be_remembered",
    "prepared_request",
    "validate_fields",
    "validate_request",
    "whole_response",
]
