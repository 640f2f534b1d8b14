"""The request face: pools as httpcore 1.x's programs and HTTPX 0.21 and later make them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import AsyncRequestInterface, Proxy

from .pool import AsyncPool

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from httpcore_interfaces import SOCKET_OPTION, URL, AsyncNetworkBackend, HeaderTypes

    from .._core.routes import ProxyMode

__all__ = ["AsyncConnectionPool", "AsyncHTTPProxy", "AsyncSOCKSProxy"]


class AsyncConnectionPool(AsyncPool, AsyncRequestInterface):
    """A pool of connections to any number of origins.

    - `ssl_context`: how to verify servers; `None` verifies against the system's trust store.
    - `proxy`: where to send everything through: a `Proxy`, or a sequence of them, the nearest first.
    - `max_connections`: open connections and dials at a time, at least 1; `None` for no limit. Requests beyond it wait
      in line.
    - `max_keepalive_connections`: idle connections to keep; `None` for no limit, 0 to keep none. The longest idle goes.
    - `keepalive_expiry`: seconds an idle connection is kept; `None` for ever.
    - `http1`, `http2`: the protocols allowed. With both, ALPN chooses. HTTP/2 alone is used with prior knowledge.
    - `retries`: further attempts to connect after a failure. The pauses between them are 0, 0.5, 1, 2, 4 ... seconds,
      each but for up to a quarter of it, at random. Each attempt has the `connect` time-out to itself; `total` bounds
      all of them, and no pause is begun that would outlast it. Nothing else is retried by it.
    - `local_address`: the address to connect from. `uds`: the path of a Unix domain socket to connect to
      instead of the first stop, which is the proxy where there is one; the `uds` extension replaces it for a request.
    - `network_backend`: the network; `None` for the one that fits the running event loop.
    - `socket_options`: further arguments for `setsockopt`.

    By keyword alone:

    - `max_connections_per_origin`: as `max_connections`, for what leads to one origin; `None` for no limit of its own.
    - `max_connection_age`: seconds after which a connection takes no more requests; `None` for no limit. Up to a tenth
      is taken off for each connection, at random, so that those made together do not end together. What is under way
      is finished.
    - `max_requests_per_connection`: requests that a connection serves, at least 1; `None` for no limit.
    - `replay`: send a request again, once, on a fresh connection, when the one it had gone to was used before and died
      before the response began, if that cannot make the server act twice; and whenever an HTTP/2 server says that it
      did not act on it. Only where its content is at hand a second time. `False` raises the error instead.
    - `http11_limits`: what a response over HTTP/1.1 may have at most, as `httpcore_http11.Limits`; `None` for its defaults.
      They hold for what a proxy says about a tunnel, too.
    - `http11_lenient`: `True` to leave out response fields over HTTP/1.1 whose values have illegal bytes, and to list them
      in the response's `skipped_fields` extension, instead of refusing the response; and to take a body for whole that only
      the end of a TLS connection ends, when TLS did not announce that end, and say so in its `unannounced_end` extension.
    - `continue_timeout`: seconds to wait, over HTTP/1.1, for an answer to `Expect: 100-continue` before the content is sent
      all the same.

    Raises `TypeError` and `ValueError` for what cannot be, `ImportError` when an allowed protocol is not installed.
    """


class AsyncHTTPProxy(AsyncConnectionPool):
    """A pool that sends everything through an HTTP proxy.

    `http://` requests are forwarded, `https://` requests go through a tunnel. `proxy_url` may be `http://` or
    `https://`; `proxy_auth` is a user name and a password; `proxy_headers` are for the proxy alone;
    `proxy_ssl_context` is for an `https://` proxy. The rest is as in `AsyncConnectionPool`.
    """

    def __init__(
        self,
        proxy_url: URL | bytes | str,
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
    ) -> None:
        # By its name, for `super()` may be the class with the transport face.
        AsyncConnectionPool.__init__(
            self,
            ssl_context=ssl_context,
            proxy=Proxy(
                proxy_url, auth=proxy_auth, headers=proxy_headers, ssl_context=proxy_ssl_context
            ),
            max_connections=max_connections,
            max_keepalive_connections=max_keepalive_connections,
            keepalive_expiry=keepalive_expiry,
            http1=http1,
            http2=http2,
            retries=retries,
            local_address=local_address,
            uds=uds,
            network_backend=network_backend,
            socket_options=socket_options,
            proxy_mode=proxy_mode,
        )


class AsyncSOCKSProxy(AsyncConnectionPool):
    """A pool that sends everything through a SOCKS proxy.

    `proxy_url` is `socks5h://` or `socks4a://`, where the proxy resolves names, or `socks5://` or `socks4://`, where they
    are resolved here. `proxy_auth` is a user name and a password, which SOCKS 4 does not have: leave it empty. The rest
    is as in `AsyncConnectionPool`.
    """

    def __init__(
        self,
        proxy_url: URL | bytes | str,
        proxy_auth: tuple[bytes | str, bytes | str] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        max_connections: int | None = 10,
        max_keepalive_connections: int | None = None,
        keepalive_expiry: float | None = None,
        http1: bool = True,
        http2: bool = False,
        retries: int = 0,
        network_backend: AsyncNetworkBackend | None = None,
    ) -> None:
        # By its name, for `super()` may be the class with the transport face.
        AsyncConnectionPool.__init__(
            self,
            ssl_context=ssl_context,
            proxy=Proxy(proxy_url, auth=proxy_auth),
            max_connections=max_connections,
            max_keepalive_connections=max_keepalive_connections,
            keepalive_expiry=keepalive_expiry,
            http1=http1,
            http2=http2,
            retries=retries,
            network_backend=network_backend,
        )
