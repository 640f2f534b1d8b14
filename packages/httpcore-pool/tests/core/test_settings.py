"""What a pool is told is checked once."""

from __future__ import annotations

from typing import Any, cast

import pytest

from httpcore_interfaces import Proxy, UnsupportedProtocol
from httpcore_pool._core.settings import FOREVER, Settings, checked_limit, checked_seconds


def test_settings_keep_what_they_are_told() -> None:
    settings = Settings(backend="network", retries=2, uds="/run/server", local_address="::1")
    assert settings.backend == "network"
    assert (settings.retries, settings.uds, settings.local_address) == (2, "/run/server", "::1")
    assert settings.socket_options is None


def test_socket_options_are_kept_for_every_connection() -> None:
    options: list[Any] = [(1, 2, 3)]
    settings = Settings(backend=None, socket_options=iter(options))
    assert settings.socket_options == ((1, 2, 3),)


@pytest.mark.parametrize(
    ("http1", "http2", "protocols"),
    [
        (True, False, ("http/1.1",)),
        (True, True, ("h2", "http/1.1")),
        (False, True, ("h2",)),
    ],
)
def test_preferred_protocol_is_offered_first(
    http1: bool, http2: bool, protocols: tuple[str, ...]
) -> None:
    settings = Settings(backend=None, http1=http1, http2=http2)
    assert settings.alpn_protocols == protocols


def test_no_protocol_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one protocol must be allowed"):
        Settings(backend=None, http1=False, http2=False)


def test_unknown_proxy_mode_is_refused() -> None:
    mode: Any = "SOMETIMES"
    with pytest.raises(ValueError, match="but got 'SOMETIMES'"):
        Settings(backend=None, proxy_mode=mode)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_http2_alone_goes_through_tunnels_for_nobody_forwards_it(scheme: str) -> None:
    proxy = Proxy(f"{scheme}://proxy/")
    assert Settings(backend=None, proxy=proxy, http2=True).proxy_mode == "DEFAULT"
    settings = Settings(backend=None, proxy=proxy, http1=False, http2=True)
    assert settings.proxy_mode == "TUNNEL_ONLY"
    with pytest.raises(ValueError, match=r"^http1=False and proxy_mode='FORWARD_ONLY' exclude"):
        Settings(backend=None, proxy=proxy, proxy_mode="FORWARD_ONLY", http1=False, http2=True)


@pytest.mark.parametrize(
    ("option", "kind", "message"),
    [
        ({"uds": ""}, ValueError, "uds is empty"),
        ({"uds": b"/run/server"}, TypeError, "uds must be str, but got bytes: b'/run/server'"),
        ({"local_address": b"::1"}, TypeError, "local_address must be str or None, but got bytes"),
        ({"ssl_context": True}, TypeError, "^ssl_context must be an ssl"),
        (
            {"proxy": Proxy("https://a", ssl_context=cast("Any", "x.pem"))},
            TypeError,
            "^the proxy's ssl_c",
        ),
        (
            {"socket_options": [(1, 2)]},
            TypeError,
            r"such as \(level, option, value\), but got \(1, 2\)",
        ),
        ({"socket_options": [5]}, TypeError, "socket_options must be tuples"),
    ],
)
def test_what_no_connection_could_be_made_with_is_refused_at_once(
    option: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        Settings(backend=None, **option)


def test_proxy_is_checked_at_once() -> None:
    with pytest.raises(UnsupportedProtocol):
        Settings(backend=None, proxy=Proxy("ftp://proxy/"))


def test_none_is_no_limit() -> None:
    assert checked_limit("x", None, least=1) == FOREVER
    assert checked_limit("x", 1, least=1) == 1
    assert checked_seconds("x", None) is None
    assert checked_seconds("x", 0) == 0
    assert checked_seconds("x", float("inf")) == FOREVER
