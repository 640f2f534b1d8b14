"""What a pool and its connections were told once, checked once, and never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from .routes import check_context, check_path, is_forwarder, proxies_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Sequence
    from typing import Any, Self

    from httpcore_interfaces import SOCKET_OPTION, Proxy

    from .routes import ProxyMode

__all__ = ["Settings", "checked_limit", "checked_retries", "checked_seconds"]

B = TypeVar("B")

FOREVER = float("inf")

# How long an answer to `Expect: 100-continue` is waited for when nobody says.
CONTINUE_SECONDS = 1.0

#: The arguments of the HTTP/1.1 connections; `None` for what they take by default.
HTTP11Options: TypeAlias = "dict[str, Any] | None"


class Settings(Generic[B]):
    """How to connect. `backend` is the network; the rest are the arguments of the same names.

    `proxies` are all proxies of the chain, the nearest first, and `proxy` is the last of them.
    """

    __slots__ = (
        "backend",
        "http1",
        "http11_options",
        "http2",
        "keepalive_expiry",
        "local_address",
        "proxies",
        "proxy",
        "proxy_mode",
        "retries",
        "socket_options",
        "ssl_context",
        "uds",
    )

    def __init__(
        self,
        *,
        backend: B,
        ssl_context: ssl.SSLContext | None = None,
        proxy: Proxy | Sequence[Proxy] | None = None,
        proxy_mode: ProxyMode = "DEFAULT",
        keepalive_expiry: float | None = None,
        http1: bool = True,
        http2: bool = False,
        retries: int = 0,
        local_address: str | None = None,
        uds: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
        http11_options: HTTP11Options = None,
    ) -> None:
        if not (http1 or http2):
            raise ValueError("http1 and http2 are both off; at least one protocol must be allowed")
        if proxy_mode not in ("DEFAULT", "FORWARD_ONLY", "TUNNEL_ONLY"):
            raise ValueError(
                f"proxy_mode must be 'DEFAULT', 'FORWARD_ONLY' or 'TUNNEL_ONLY', but got {proxy_mode!r}"
            )
        check_context("ssl_context", ssl_context)
        if uds is not None:
            check_path("uds", uds)
        if local_address is not None and not isinstance(local_address, str):
            raise TypeError(
                f"local_address must be str or None, but got {type(local_address).__name__}: {local_address!r}"
            )
        self.backend = backend
        self.ssl_context = ssl_context
        self.proxies = proxies_of(proxy)
        self.proxy = self.proxies[-1] if self.proxies else None
        self.proxy_mode = proxy_mode
        if not http1 and self.proxy is not None and is_forwarder(self.proxy):
            # What a proxy forwards is HTTP/1.1, but anything can be spoken through a tunnel.
            if proxy_mode == "FORWARD_ONLY":
                raise ValueError(
                    "http1=False and proxy_mode='FORWARD_ONLY' exclude each other: what a proxy forwards is HTTP/1.1; "
                    "use a tunnel, or allow http1"
                )
            self.proxy_mode = "TUNNEL_ONLY"
        self.keepalive_expiry = checked_seconds("keepalive_expiry", keepalive_expiry)
        self.http1 = http1
        self.http2 = http2
        self.http11_options = http11_options
        self.retries = checked_retries(retries)
        self.local_address = local_address
        self.uds = uds
        self.socket_options = None if socket_options is None else _checked_options(socket_options)

    def for_http11(self) -> Self:
        """The same, but for connections that speak HTTP/1.1 and offer nothing else."""
        from copy import copy  # not for everybody who imports the pool

        other = copy(self)
        other.http2 = False
        return other

    @property
    def alpn_protocols(self) -> tuple[str, ...]:
        """What to offer in the TLS handshake, preferred first (RFC 7301)."""
        return (("h2",) if self.http2 else ()) + (("http/1.1",) if self.http1 else ())


def _checked_options(options: Iterable[SOCKET_OPTION]) -> tuple[SOCKET_OPTION, ...]:
    checked = tuple(options)
    for option in checked:
        if not isinstance(option, tuple) or len(option) not in (3, 4):
            raise TypeError(
                "socket_options must be tuples of arguments for setsockopt, such as (level, option, value), "
                f"but got {option!r}"
            )
    return checked


def checked_limit(name: str, value: int | None, least: int) -> float:
    """A limit on a number of things; `None` is no limit. Raises `TypeError` and `ValueError`."""
    if value is None:
        return FOREVER
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be int or None, but got {type(value).__name__}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, or None for no limit, but got {value}")
    return value


def checked_seconds(name: str, value: float | None) -> float | None:
    """A duration; `None` is for ever. Raises `TypeError` and `ValueError`."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(
            f"{name} must be a number of seconds or None, but got {type(value).__name__}"
        )
    if not value >= 0:
        raise ValueError(
            f"{name} must not be negative or NaN, but got {value!r}; use None for no limit"
        )
    return value


def checked_retries(value: int) -> int:
    """A number of further attempts. Raises `TypeError` and `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"retries must be int, but got {type(value).__name__}")
    if value < 0:
        raise ValueError(f"retries must not be negative, but got {value}")
    return value
