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
    Proxy,
    Request,
    UnsupportedProtocol,
    validate_fields,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from typing import Any

    from httpcore_interfaces import Fields

__all__ = [
    "Connect",
    "Hop",
    "ProxyMode",
    "Route",
    "SocksConnect",
    "TLS",
    "Tunnel",
    "as_connect",
    "as_forwarded",
    "check_proxy",
    "connection_key",
    "check_context",
    "check_path",
    "is_forwarder",
    "is_resolved_here",
    "origin_of",
    "plan_route",
    "proxies_of",
    "server_name",
    "socket_path",
]

ProxyMode = Literal["DEFAULT", "FORWARD_ONLY", "TUNNEL_ONLY"]

SECURE_SCHEMES = (b"https", b"wss")
_SCHEMES = (b"http", b"https", b"ws", b"wss")
_LAST_PORT = 65535
_HTTP_PROXIES = (b"http", b"https")
_SOCKS4_PROXIES = (b"socks4", b"socks4a")
_SOCKS_PROXIES = (*_SOCKS4_PROXIES, b"socks5", b"socks5h")
# What is asked of these names addresses; the others are told names, and look for themselves.
_RESOLVED_HERE = (b"socks4", b"socks5")


class Connect(NamedTuple):
    """Open a socket: to a host and port, or to the Unix domain socket at `path`."""

    host: str
    port: int
    path: str | None = None


class TLS(NamedTuple):
    """Encrypt what there is so far: for `proxy`, or for the origin where that is `None`."""

    server_hostname: str
    proxy: Proxy | None


class Tunnel(NamedTuple):
    """Ask an HTTP proxy to connect onwards (RFC 9110, 9.3.6)."""

    authority: bytes
    proxy: Proxy


class SocksConnect(NamedTuple):
    """Ask a SOCKS proxy to connect onwards (RFC 1928)."""

    host: bytes
    port: int
    proxy: Proxy


Hop = Connect | TLS | Tunnel | SocksConnect


class Route(NamedTuple):
    """The hops, and whether requests go to a forward proxy at the end of them instead of to the origin."""

    hops: tuple[Hop, ...]
    is_forward: bool


def origin_of(url: URL) -> Origin:
    """The origin of a request's URL, which must name a scheme that this pool speaks, a host, and a port that there is.

    Raises `UnsupportedProtocol` and `LocalProtocolError`.
    """
    if url.scheme not in _SCHEMES:
        if not url.scheme:
            raise UnsupportedProtocol("Request URL is missing an 'http://' or 'https://' protocol.")
        scheme = url.scheme.decode("ascii", "backslashreplace")
        raise UnsupportedProtocol(f"Request URL has an unsupported protocol '{scheme}://'.")
    if not url.host:
        raise LocalProtocolError(
            f"the request URL has no host: {url!r}; give one as in https://example.com/"
        )
    if url.port is not None and not 0 <= url.port <= _LAST_PORT:
        raise LocalProtocolError(
            f"the request URL has the port {url.port}, and there are only those from 0 to {_LAST_PORT}: {url!r}"
        )
    return url.origin


def connection_key(url: URL, extensions: Mapping[str, Any]) -> Hashable:
    """What a connection must have been made for to serve this URL; the rest is the same for all of a pool.

    Raises as `origin_of`.
    """
    scheme, host, port = url.scheme, url.host, url.port
    if scheme not in _SCHEMES or not host or (port is not None and not 0 <= port <= _LAST_PORT):
        origin_of(url)
    if not extensions:
        return (scheme, host, DEFAULT_PORTS[scheme] if port is None else port, None, None)
    return (
        scheme,
        host,
        DEFAULT_PORTS[scheme] if port is None else port,
        extensions.get("sni_hostname"),
        extensions.get("uds"),
    )


def socket_path(extensions: Mapping[str, Any], default: str | None) -> str | None:
    """The Unix domain socket that a request asks for, else that of its pool. Raises `TypeError`."""
    path = extensions.get("uds")
    if path is None:
        return default
    check_path("the uds extension", path)
    text: str = path
    return text


def check_path(what: str, path: object) -> None:
    """Raise `TypeError` and `ValueError` for what is no path of a Unix domain socket."""
    if not isinstance(path, str):
        raise TypeError(f"{what} must be str, but got {type(path).__name__}: {path!r}")
    if not path:
        raise ValueError(f"{what} is empty; give the path of a Unix domain socket")


def check_context(what: str, context: object) -> None:
    """Raise `TypeError` for what makes no TLS connections; `None` does, by default."""
    if context is not None and not hasattr(context, "wrap_bio"):
        raise TypeError(
            f"{what} must be an ssl.SSLContext or None, but got {type(context).__name__}: {context!r}"
        )


def server_name(extensions: Mapping[str, Any]) -> str | None:
    """The name that a request asks for by SNI, instead of its host. Raises `TypeError` and `ValueError`."""
    name = extensions.get("sni_hostname")
    if isinstance(name, bytes):
        name = name.decode("ascii")
    if name is None:
        return None
    if not isinstance(name, str):
        raise TypeError(
            f"the sni_hostname extension must be str, but got {type(name).__name__}: {name!r}"
        )
    if "\0" in name:
        raise ValueError(f"the sni_hostname extension holds a NUL character: {name!r}")
    return name


def plan_route(
    origin: Origin,
    server_hostname: str | None,
    proxies: Sequence[Proxy],
    proxy_mode: ProxyMode,
    path: str | None,
) -> Route:
    """How to reach `origin`: through each of `proxies`, the nearest first.

    `path` is the Unix domain socket that stands for the first stop, where given.
    """
    host = origin.host.decode("ascii")
    to_origin = (TLS(server_hostname or host, None),) if origin.scheme in SECURE_SCHEMES else ()
    if not proxies:
        return Route((Connect(host, origin.port, path), *to_origin), is_forward=False)
    nearest = proxies[0].url.origin
    hops: list[Hop] = [Connect(nearest.host.decode("ascii"), nearest.port, path)]
    for number, proxy in enumerate(proxies):
        if number:
            hops.append(_onwards(proxies[number - 1], proxy.url.origin))
        if proxy.url.scheme == b"https":
            hops.append(TLS(proxy.url.host.decode("ascii"), proxy))
    last = proxies[-1]
    # Only plain HTTP can be forwarded: a connection that is to become a WebSocket needs a way through.
    if is_forwarder(last) and (
        proxy_mode == "FORWARD_ONLY" or (proxy_mode == "DEFAULT" and origin.scheme == b"http")
    ):
        return Route(tuple(hops), is_forward=True)
    return Route((*hops, _onwards(last, origin), *to_origin), is_forward=False)


def _onwards(proxy: Proxy, origin: Origin) -> Hop:
    """The step from a proxy to what comes behind it."""
    if proxy.url.scheme in _SOCKS_PROXIES:
        return SocksConnect(origin.host, origin.port, proxy)
    authority = b"[%b]:%d" if b":" in origin.host else b"%b:%d"
    return Tunnel(authority % (origin.host, origin.port), proxy)


def is_forwarder(proxy: Proxy) -> bool:
    """Whether a proxy understands HTTP, so that it can be sent requests instead of being asked for a way through."""
    return proxy.url.scheme in _HTTP_PROXIES


def is_resolved_here(proxy: Proxy) -> bool:
    """Whether a SOCKS proxy is to be told addresses instead of names."""
    return proxy.url.scheme in _RESOLVED_HERE


def proxies_of(proxy: Proxy | Sequence[Proxy] | None) -> tuple[Proxy, ...]:
    """The `proxy` argument as a chain, the nearest first. Raises `TypeError`, and as `check_proxy`."""
    if proxy is None:
        return ()
    proxies = (proxy,) if isinstance(proxy, Proxy) else tuple(proxy)
    for one in proxies:
        if not isinstance(one, Proxy):
            raise TypeError(
                f"proxy must be a Proxy, a sequence of them, or None, but got {type(one).__name__}"
            )
        check_proxy(one)
    return proxies


def check_proxy(proxy: Proxy) -> None:
    """Raise for a proxy that no route can lead through: `UnsupportedProtocol`, `ValueError`, `LocalProtocolError`."""
    scheme = proxy.url.scheme
    if scheme not in (*_HTTP_PROXIES, *_SOCKS_PROXIES):
        raise UnsupportedProtocol(
            f"the proxy URL has the unsupported scheme {scheme.decode('ascii', 'backslashreplace')!r}; "
            "use http, https, socks4, socks4a, socks5 or socks5h"
        )
    if not proxy.url.host:
        raise ValueError(
            f"the proxy URL has no host: {proxy.url!r}; give one as in http://proxy.example:8080"
        )
    check_context("the proxy's ssl_context", proxy.ssl_context)
    if proxy.auth is not None and scheme in _SOCKS_PROXIES:
        for what, text in zip(("user name", "password"), proxy.auth, strict=True):
            if len(text) > 255:
                raise ValueError(
                    f"a SOCKS {what} has at most 255 bytes, but this one has {len(text)}"
                )
    if proxy.auth is not None and scheme in _SOCKS4_PROXIES:
        user, password = proxy.auth
        if password or b"\0" in user:
            raise ValueError(
                "SOCKS 4 knows a user name without NUL bytes, and no password; "
                "give auth=(user, '') or use socks5"
            )
    # Here and not with each request: to that they are added after it was checked.
    validate_fields(proxy.headers)


def as_connect(hop: Tunnel, extensions: Mapping[str, Any]) -> Request:
    """The request that asks an HTTP proxy for a tunnel, traced like the one that has these extensions."""
    url = hop.proxy.url
    usual = [(b"Host", hop.authority), (b"Accept", b"*/*")]
    names = {name.lower() for name, _ in hop.proxy.headers}
    fields = [field for field in usual if field[0].lower() not in names]
    return Request(
        b"CONNECT",
        URL(scheme=url.scheme, host=url.host, port=url.port, target=hop.authority),
        headers=[*fields, *hop.proxy.headers],
        extensions={"trace": extensions["trace"]} if "trace" in extensions else {},
    )


def as_forwarded(request: Request, proxy_fields: Fields) -> Request:
    """The request as a forward proxy wants it: absolute-form target (RFC 9112, 3.2.2), and the proxy's own fields.

    These come last, for `Host` should stay the first (RFC 9110, 7.2).
    """
    url = request.url
    own = {name.lower() for name, _ in request.headers}
    fields = [field for field in proxy_fields if field[0].lower() not in own]
    forwarded = Request(
        request.method,
        URL(scheme=url.scheme, host=url.host, port=url.port, target=bytes(url)),
        headers=[*request.headers, *fields],
        content=request.stream,
        extensions={key: value for key, value in request.extensions.items() if key != "target"},
    )
    forwarded.reads_whole = getattr(request, "reads_whole", False)
    return forwarded
