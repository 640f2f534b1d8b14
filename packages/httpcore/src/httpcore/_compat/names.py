"""The table: each private module of httpcore 1.x that something outside is known to use, its names, and their homes.

A home is `module:attribute`, or a module. Who asks for what, where it is not just any program's type annotation:

| name | asked for by |
| --- | --- |
| `_synchronization`, `_backends.sync`, `.anyio` and `.trio`, `_utils` | httpx-socks |
| the three stream classes of `_backends` | dnspython (DNS over HTTPS) |
| the classes of `_sync` and `_async`, to patch `handle_request` | respx, elastic-apm |
| `_models.ByteStream` | vcrpy |
| `_sync.interfaces`, `_async.interfaces`, `_exceptions`, `_models` | hishel before 1.0 |
"""

from __future__ import annotations

from typing import Final

__all__ = ["MODULES", "PACKAGES"]


def _public(names: str) -> dict[str, str]:
    return {name: f"httpcore:{name}" for name in names.split()}


def _modules(package: str, names: str) -> dict[str, str]:
    return {name: f"httpcore.{package}.{name}" for name in names.split()}


#: Those of the modules that have modules below them.
PACKAGES: Final = ("_async", "_backends", "_sync")

_BELOW = "connection connection_pool http_proxy http11 http2 interfaces socks_proxy"

MODULES: Final[dict[str, dict[str, str]]] = {
    "_exceptions": _public(
        "ConnectError ConnectTimeout ConnectionNotAvailable LocalProtocolError NetworkError PoolTimeout ProtocolError "
        "ProxyError ReadError ReadTimeout RemoteProtocolError TimeoutException UnsupportedProtocol WriteError WriteTimeout"
    ),
    "_models": {
        **_public("Origin Proxy Request Response URL"),
        "ByteStream": "httpcore:PlainByteStream",
    },
    "_ssl": _public("default_ssl_context"),
    "_synchronization": {"AsyncLock": "anyio:Lock", "Lock": "threading:Lock"},
    "_utils": {"is_socket_readable": "httpcore._compat.sockets:is_socket_readable"},
    # The network.
    "_backends": _modules("_backends", "anyio auto base mock sync trio"),
    "_backends.anyio": {
        **_public("AnyIOBackend"),
        "AnyIOStream": "httpcore._compat.anyio_stream:AnyIOStream",
    },
    "_backends.auto": {"AutoBackend": "httpcore_pool:AutoBackend"},
    "_backends.base": _public(
        "AsyncNetworkBackend AsyncNetworkStream NetworkBackend NetworkStream SOCKET_OPTION"
    ),
    "_backends.mock": _public("AsyncMockBackend AsyncMockStream MockBackend MockStream"),
    "_backends.sync": {
        **_public("SyncBackend"),
        "SyncStream": "httpcore._compat.sync_stream:SyncStream",
    },
    "_backends.trio": {
        **_public("TrioBackend"),
        "TrioStream": "httpcore._compat.trio_stream:TrioStream",
    },
    # Connections and pools.
    "_async": {
        **_public(
            "AsyncConnectionInterface AsyncConnectionPool AsyncHTTP11Connection AsyncHTTP2Connection "
            "AsyncHTTPConnection AsyncHTTPProxy AsyncSOCKSProxy"
        ),
        **_modules("_async", _BELOW),
    },
    "_async.connection": _public("AsyncHTTPConnection"),
    "_async.connection_pool": _public("AsyncConnectionPool"),
    "_async.http11": _public("AsyncHTTP11Connection"),
    "_async.http2": _public("AsyncHTTP2Connection"),
    "_async.http_proxy": _public("AsyncHTTPProxy"),
    "_async.interfaces": _public("AsyncConnectionInterface AsyncRequestInterface"),
    "_async.socks_proxy": _public("AsyncSOCKSProxy"),
    "_sync": {
        **_public(
            "ConnectionInterface ConnectionPool HTTP11Connection HTTP2Connection HTTPConnection HTTPProxy SOCKSProxy"
        ),
        **_modules("_sync", _BELOW),
    },
    "_sync.connection": _public("HTTPConnection"),
    "_sync.connection_pool": _public("ConnectionPool"),
    "_sync.http11": _public("HTTP11Connection"),
    "_sync.http2": _public("HTTP2Connection"),
    "_sync.http_proxy": _public("HTTPProxy"),
    "_sync.interfaces": _public("ConnectionInterface RequestInterface"),
    "_sync.socks_proxy": _public("SOCKSProxy"),
}
