"""Where the two public faces meet.

For asyncio and Trio one class serves both, since `arequest` and `handle_async_request` do not collide. For threads
`request` means something else to each generation, so there are two classes over one engine: `ConnectionPool`, which is
the generated twin of the request face, and `SyncConnectionPool` here.

Where the generations' defaults differ (`max_connections` was unlimited and is 10) the shared class takes the newer
one, the others their own.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from httpcore_interfaces import Proxy

from ._async import request_face
from ._async.transport_face import AsyncTransportFace
from ._backends.default import async_backend_named, backend_named
from ._core.arguments import url_from_tuple
from ._core.settings import CONTINUE_SECONDS
from ._sync.pool import Pool
from ._sync.transport_face import TransportFace

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Sequence

    from httpcore_http11 import Limits as HTTP11Limits
    from httpcore_interfaces import (
        SOCKET_OPTION,
        URL,
        AsyncNetworkBackend,
        Fields,
        HeaderTypes,
        NetworkBackend,
        URLTuple,
    )

    from ._core.routes import ProxyMode

__all__ = [
    "AsyncConnectionPool",
    "AsyncHTTPProxy",
    "AsyncSOCKSProxy",
    "SyncConnectionPool",
    "SyncHTTPProxy",
]


class AsyncConnectionPool(request_face.AsyncConnectionPool, AsyncTransportFace):
    __doc__ = (
        (request_face.AsyncConnectionPool.__doc__ or "")
        + """
    For programs of the transport face's generation there are also `arequest`, `backend` (`"auto"`, `"asyncio"`,
    `"trio"`, `"anyio"`, or a backend) and `max_keepalive`, the deprecated name of `max_keepalive_connections`.
    """
    )

    def __init__(
        self,
        ssl_context: ssl.SSLContext | None = None,
        proxy: Proxy | Sequence[Proxy] | None = None,
        max_connections: int | None = 10,
        max_keepalive_connections: int | None = None,
        keepalive_expiry: float | None = None,
        http1: bool = True,
        http2: bool = False,
        retries: int = 0,
        local_address: str | None = None,
        uds: str | None = None,
        network_backend: AsyncNetworkBackend | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
        *,
        max_connections_per_origin: int | None = None,
        max_connection_age: float | None = None,
        max_requests_per_connection: int | None = None,
        replay: bool = True,
        http11_limits: HTTP11Limits | None = None,
        http11_lenient: bool = False,
        continue_timeout: float = CONTINUE_SECONDS,
        backend: AsyncNetworkBackend | str = "auto",
        max_keepalive: int | None = None,
    ) -> None:
        super().__init__(
            ssl_context=ssl_context,
            proxy=proxy,
            max_connections=max_connections,
            max_keepalive_connections=_keepalive(max_keepalive_connections, max_keepalive),
            keepalive_expiry=keepalive_expiry,
            http1=http1,
            http2=http2,
            retries=retries,
            local_address=local_address,
            uds=uds,
            network_backend=async_backend_named(backend)
            if network_backend is None
            else network_backend,
            socket_options=socket_options,
            max_connections_per_origin=max_connections_per_origin,
            max_connection_age=max_connection_age,
            max_requests_per_connection=max_requests_per_connection,
            replay=replay,
            http11_limits=http11_limits,
            http11_lenient=http11_lenient,
            continue_timeout=continue_timeout,
        )


class AsyncHTTPProxy(request_face.AsyncHTTPProxy, AsyncConnectionPool):
    __doc__ = (
        (request_face.AsyncHTTPProxy.__doc__ or "")
        + """
    For programs of the transport face's generation: `proxy_url` may be the tuple `(scheme, host, port, target)`,
    `proxy_mode` is `"DEFAULT"`, `"FORWARD_ONLY"` or `"TUNNEL_ONLY"`, and there are `arequest`, `backend` and
    `max_keepalive` as in `AsyncConnectionPool`.
    """
    )

    def __init__(
        self,
        proxy_url: URL | URLTuple | bytes | str,
        proxy_auth: tuple[bytes | str, bytes | str] | None = None,
        proxy_headers: HeaderTypes = None,
        ssl_context: ssl.SSLContext | None = None,
        proxy_ssl_context: ssl.SSLContext | None = None,
        max_connections: int | None = 10,
        max_keepalive_connections: int | None = None,
        keepalive_expiry: float | None = None,
        http1: bool = True,
        http2: bool = False,
        retries: int = 0,
        local_address: str | None = None,
        uds: str | None = None,
        network_backend: AsyncNetworkBackend | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
        proxy_mode: ProxyMode = "DEFAULT",
        *,
        backend: AsyncNetworkBackend | str = "auto",
        max_keepalive: int | None = None,
    ) -> None:
        super().__init__(
            url_from_tuple(proxy_url) if isinstance(proxy_url, tuple) else proxy_url,
            proxy_auth=proxy_auth,
            proxy_headers=proxy_headers,
            ssl_context=ssl_context,
            proxy_ssl_context=proxy_ssl_context,
            max_connections=max_connections,
            max_keepalive_connections=_keepalive(max_keepalive_connections, max_keepalive),
            keepalive_expiry=keepalive_expiry,
            http1=http1,
            http2=http2,
            retries=retries,
            local_address=local_address,
            uds=uds,
            network_backend=async_backend_named(backend)
            if network_backend is None
            else network_backend,
            socket_options=socket_options,
            proxy_mode=proxy_mode,
        )


class AsyncSOCKSProxy(request_face.AsyncSOCKSProxy, AsyncConnectionPool):
    __doc__ = request_face.AsyncSOCKSProxy.__doc__ or ""


class SyncConnectionPool(Pool, TransportFace):
    """A pool of connections to any number of origins, for the transport face: call `request(method, url, ...)`.

    - `max_connections`, `max_keepalive_connections`: `None` for no limit.
    - `max_keepalive`: the deprecated name of `max_keepalive_connections`.
    - `backend`: `"sync"`, or a backend.

    The rest is as in `ConnectionPool`.
    """

    def __init__(
        self,
        ssl_context: ssl.SSLContext | None = None,
        max_connections: int | None = None,
        max_keepalive_connections: int | None = None,
        keepalive_expiry: float | None = None,
        http2: bool = False,
        uds: str | None = None,
        local_address: str | None = None,
        retries: int = 0,
        max_keepalive: int | None = None,
        backend: NetworkBackend | str = "sync",
        *,
        http11_limits: HTTP11Limits | None = None,
        http11_lenient: bool = False,
        continue_timeout: float = CONTINUE_SECONDS,
    ) -> None:
        super().__init__(
            ssl_context=ssl_context,
            max_connections=max_connections,
            max_keepalive_connections=_keepalive(max_keepalive_connections, max_keepalive),
            keepalive_expiry=keepalive_expiry,
            http2=http2,
            retries=retries,
            local_address=local_address,
            uds=uds,
            network_backend=backend_named(backend),
            http11_limits=http11_limits,
            http11_lenient=http11_lenient,
            continue_timeout=continue_timeout,
        )


class SyncHTTPProxy(Pool, TransportFace):
    """A pool that sends everything through an HTTP proxy, for the transport face.

    - `proxy_url`: the tuple `(scheme, host, port or None, target)`, or a URL.
    - `proxy_headers`: pairs of bytes for the proxy alone.
    - `proxy_mode`: `"DEFAULT"` forwards `http://` requests and tunnels `https://` ones; `"FORWARD_ONLY"`;
      `"TUNNEL_ONLY"`.

    The rest is as in `SyncConnectionPool`.
    """

    def __init__(
        self,
        proxy_url: URL | URLTuple | bytes | str,
        proxy_headers: Fields | None = None,
        proxy_mode: ProxyMode = "DEFAULT",
        ssl_context: ssl.SSLContext | None = None,
        max_connections: int | None = None,
        max_keepalive_connections: int | None = None,
        keepalive_expiry: float | None = None,
        http2: bool = False,
        backend: NetworkBackend | str = "sync",
        max_keepalive: int | None = None,
    ) -> None:
        url = url_from_tuple(proxy_url) if isinstance(proxy_url, tuple) else proxy_url
        super().__init__(
            ssl_context=ssl_context,
            proxy=Proxy(url, headers=proxy_headers),
            max_connections=max_connections,
            max_keepalive_connections=_keepalive(max_keepalive_connections, max_keepalive),
            keepalive_expiry=keepalive_expiry,
            http2=http2,
            network_backend=backend_named(backend),
            proxy_mode=proxy_mode,
        )


def _keepalive(connections: int | None, deprecated: int | None) -> int | None:
    if deprecated is None:
        return connections
    warnings.warn(
        "max_keepalive is deprecated; use max_keepalive_connections",
        DeprecationWarning,
        stacklevel=3,
    )
    return deprecated
