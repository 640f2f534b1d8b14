"""A route is a list of hops: from here, perhaps through proxies, to where the request can be written.

Whatever the route, the same dialer walks it, so that every option (TLS, SNI, time-outs, local address, trace) works on
all of them alike. This module only decides; `_async/dialing.py` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from httpcore_interfaces import (
    DEFAULT_PORTS,
    URL,
    LocalProtocolError,
    Origin,
    Request,
    UnsupportedProtocol,
)

if TYPE_CHECKING:
    from collections.abc import Hashable

    from httpcore_interfaces import Fields, Proxy

__all__ = [
    "Connect",
    "Hop",
    "ProxyMode",
    "Route",
    "SocksConnect",
    "TLS",
    "Tunnel",
    "as_forwarded",
    "check_proxy",
    "connection_key",
    "origin_of",
    "plan_route",
]

ProxyMode = Literal["DEFAULT", "FORWARD_ONLY", "TUNNEL_ONLY"]

SECURE_SCHEMES = (b"https", b"wss")
_SCHEMES = (b"http", b"https", b"ws", b"wss")
_HTTP_PROXIES = (b"http", b"https")
_SOCKS_PROXIES = (b"socks5", b"socks5h")


class Connect(NamedTuple):
    """Open a socket: to a host and port, or to the Unix domain socket at `path`."""

    host: str
    port: int
    path: str | None = None


class TLS(NamedTuple):
    """Encrypt what there is so far, for the proxy or for the origin."""

    server_hostname: str
    to_proxy: bool


class Tunnel(NamedTuple):
    """Ask an HTTP proxy to connect onwards (RFC 9110, 9.3.6)."""

    authority: bytes
    fields: tuple[tuple[bytes, bytes], ...]


class SocksConnect(NamedTuple):
    """Ask a SOCKS 5 proxy to connect onwards (RFC 1928)."""

    host: bytes
    port: int
    auth: tuple[bytes, bytes] | None


Hop = Connect | TLS | Tunnel | SocksConnect


class Route(NamedTuple):
    """The hops, and whether requests go to a forward proxy at the end of them instead of to the origin."""

    hops: tuple[Hop, ...]
    is_forward: bool


def origin_of(url: URL) -> Origin:
    """The origin of a request's URL, which must name a scheme that this pool speaks and a host."""
    if url.scheme not in _SCHEMES:
        if not url.scheme:
            raise UnsupportedProtocol("Request URL is missing an 'http://' or 'https://' protocol.")
        scheme = url.scheme.decode("ascii", "backslashreplace")
        raise UnsupportedProtocol(f"Request URL has an unsupported protocol '{scheme}://'.")
    if not url.host:
        raise LocalProtocolError(
            f"the request URL has no host: {url!r}; give one as in https://example.com/"
        )
    return url.origin


def connection_key(url: URL, server_hostname: object) -> Hashable:
    """What a connection must have been made for to serve this URL; the rest is the same for all of a pool.

    Raises as `origin_of`.
    """
    scheme, host, port = url.scheme, url.host, url.port
    if scheme not in _SCHEMES or not host:
        origin_of(url)
    return (scheme, host, DEFAULT_PORTS[scheme] if port is None else port, server_hostname)


def plan_route(
    origin: Origin,
    server_hostname: str | None,
    proxy: Proxy | None,
    proxy_mode: ProxyMode,
    path: str | None,
) -> Route:
    """How to reach `origin`, through `proxy` or through the Unix domain socket at `path` where given."""
    host = origin.host.decode("ascii")
    is_secure = origin.scheme in SECURE_SCHEMES
    to_origin = (TLS(server_hostname or host, to_proxy=False),) if is_secure else ()
    if proxy is None:
        return Route((Connect(host, origin.port, path), *to_origin), is_forward=False)
    to_proxy = _hops_to_proxy(proxy)
    if proxy.url.scheme in _SOCKS_PROXIES:
        return Route(
            (*to_proxy, SocksConnect(origin.host, origin.port, proxy.auth), *to_origin),
            is_forward=False,
        )
    if proxy_mode == "FORWARD_ONLY" or (proxy_mode == "DEFAULT" and not is_secure):
        return Route(to_proxy, is_forward=True)
    authority = b"[%b]:%d" if b":" in origin.host else b"%b:%d"
    tunnel = Tunnel(authority % (origin.host, origin.port), tuple(proxy.headers))
    return Route((*to_proxy, tunnel, *to_origin), is_forward=False)


def check_proxy(proxy: Proxy) -> None:
    """Raise `UnsupportedProtocol` or `ValueError` for a proxy that no route can lead through."""
    if proxy.url.scheme not in (*_HTTP_PROXIES, *_SOCKS_PROXIES):
        scheme = proxy.url.scheme.decode("ascii", "backslashreplace")
        raise UnsupportedProtocol(
            f"the proxy URL has the unsupported scheme {scheme!r}; use http, https, socks5 or socks5h"
        )
    if not proxy.url.host:
        raise ValueError(
            f"the proxy URL has no host: {proxy.url!r}; give one as in http://proxy.example:8080"
        )


def _hops_to_proxy(proxy: Proxy) -> tuple[Hop, ...]:
    origin = proxy.url.origin
    host = origin.host.decode("ascii")
    if proxy.url.scheme == b"https":
        return (Connect(host, origin.port), TLS(host, to_proxy=True))
    return (Connect(host, origin.port),)


def as_forwarded(request: Request, proxy_fields: Fields) -> Request:
    """The request as a forward proxy wants it: absolute-form target (RFC 9112, 3.2.2), and the proxy's own fields.

    These come last, for `Host` should stay the first (RFC 9110, 7.2).
    """
    url = request.url
    own = {name.lower() for name, _ in request.headers}
    fields = [field for field in proxy_fields if field[0].lower() not in own]
    return Request(
        request.method,
        URL(scheme=url.scheme, host=url.host, port=url.port, target=bytes(url)),
        headers=[*request.headers, *fields],
        content=request.stream,
        extensions={key: value for key, value in request.extensions.items() if key != "target"},
    )
