"""What a pool is told is checked once."""

from __future__ import annotations

from typing import Any

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


def test_proxy_is_checked_at_once() -> None:
    with pytest.raises(UnsupportedProtocol):
        Settings(backend=None, proxy=Proxy("ftp://proxy/"))


def test_none_is_no_limit() -> None:
    assert checked_limit("x", None, least=1) == FOREVER
    assert checked_limit("x", 1, least=1) == 1
    assert checked_seconds("x", None) is None
    assert checked_seconds("x", 0) == 0
    assert checked_seconds("x", float("inf")) == FOREVER
