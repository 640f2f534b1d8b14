"""The constructors of both faces: the arguments of each generation, and where they meet."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from httpcore_interfaces import (
    AsyncHTTPTransport,
    AsyncRequestInterface,
    Proxy,
    RequestInterface,
    SyncHTTPTransport,
)
from httpcore_interfaces.testing import AsyncScriptedBackend, ScriptedBackend
from httpcore_pool import (
    AnyIOBackend,
    AsyncConnectionPool,
    AsyncHTTPProxy,
    AsyncioBackend,
    AsyncSOCKSProxy,
    AutoBackend,
    ConnectionPool,
    HTTPProxy,
    SOCKSProxy,
    SyncBackend,
    SyncConnectionPool,
    SyncHTTPProxy,
)
from httpcore_pool._core.settings import FOREVER

pytestmark = pytest.mark.usefixtures("line_protocols")

PROXY = "http://proxy:8080/"
REQUEST_FACE = [
    AsyncConnectionPool,
    lambda **options: AsyncHTTPProxy(PROXY, **options),
    ConnectionPool,
    lambda **options: HTTPProxy(PROXY, **options),
]
TRANSPORT_FACE = [
    AsyncConnectionPool,
    lambda **options: AsyncHTTPProxy(PROXY, **options),
    SyncConnectionPool,
    lambda **options: SyncHTTPProxy(PROXY, **options),
]


def test_faces_are_those_of_the_interfaces() -> None:
    for both in (AsyncConnectionPool, AsyncHTTPProxy):
        assert issubclass(both, AsyncRequestInterface)
        assert issubclass(both, AsyncHTTPTransport)
    for requests in (ConnectionPool, HTTPProxy, SOCKSProxy):
        assert issubclass(requests, RequestInterface)
    for transport in (SyncConnectionPool, SyncHTTPProxy):
        assert issubclass(transport, SyncHTTPTransport)
    assert issubclass(AsyncSOCKSProxy, AsyncRequestInterface)


@pytest.mark.parametrize("make", REQUEST_FACE)
def test_request_face_allows_ten_connections_unless_it_is_told(make: Any) -> None:
    assert make()._ledger.limits.total == 10
    assert make(max_connections=3)._ledger.limits.total == 3
    assert make(max_connections=None)._ledger.limits.total == FOREVER


@pytest.mark.parametrize("make", TRANSPORT_FACE[2:])
def test_transport_face_sets_no_limit_unless_it_is_told(make: Any) -> None:
    assert make()._ledger.limits.total == FOREVER
    assert make(max_connections=3)._ledger.limits.total == 3


@pytest.mark.parametrize("make", [*REQUEST_FACE, *TRANSPORT_FACE])
def test_limits_of_idleness_are_none_unless_they_are_told(make: Any) -> None:
    pool = make()
    limits = pool._ledger.limits
    assert (limits.idle, limits.idle_seconds) == (FOREVER, FOREVER)
    pool = make(max_keepalive_connections=2, keepalive_expiry=5.0)
    limits = pool._ledger.limits
    assert (limits.idle, limits.idle_seconds) == (2, 5.0)


@pytest.mark.parametrize("make", TRANSPORT_FACE)
def test_old_name_of_a_limit_is_deprecated(make: Any) -> None:
    with pytest.warns(
        DeprecationWarning,
        match=r"^max_keepalive is deprecated; use max_keepalive_connections$",
    ):
        pool = make(max_keepalive=2)
    assert pool._ledger.limits.idle == 2


def test_warning_points_at_the_caller() -> None:
    with pytest.warns(DeprecationWarning, match="max_keepalive") as caught:
        AsyncConnectionPool(max_keepalive=2)
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("auto", AutoBackend),
        ("asyncio", AsyncioBackend),
        ("trio", AnyIOBackend),
        ("anyio", AnyIOBackend),
    ],
)
def test_async_backend_may_be_named(name: str, kind: type[object]) -> None:
    assert type(AsyncConnectionPool(backend=name)._settings.backend) is kind
    assert type(AsyncHTTPProxy(PROXY, backend=name)._settings.backend) is kind


@pytest.mark.parametrize("name", ["sync", "auto"])
def test_backend_may_be_named(name: str) -> None:
    assert type(SyncConnectionPool(backend=name)._settings.backend) is SyncBackend
    assert type(SyncHTTPProxy(PROXY, backend=name)._settings.backend) is SyncBackend


@pytest.mark.parametrize(
    "make", [*TRANSPORT_FACE], ids=["async pool", "async proxy", "pool", "proxy"]
)
def test_unknown_name_of_a_backend_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"^backend must be .* but got 'curio'$"):
        make(backend="curio")


def test_backend_may_be_given() -> None:
    network, async_network = ScriptedBackend(), AsyncScriptedBackend()
    assert SyncConnectionPool(backend=network)._settings.backend is network
    assert ConnectionPool(network_backend=network)._settings.backend is network
    assert AsyncConnectionPool(backend=async_network)._settings.backend is async_network
    pool = AsyncConnectionPool(network_backend=async_network, backend="asyncio")
    assert pool._settings.backend is async_network
    proxy = AsyncHTTPProxy(PROXY, network_backend=async_network)
    assert proxy._settings.backend is async_network


def test_without_a_backend_each_pool_finds_its_own() -> None:
    assert type(ConnectionPool()._settings.backend) is SyncBackend
    assert type(AsyncConnectionPool()._settings.backend) is AutoBackend
    assert type(AsyncSOCKSProxy("socks5://proxy/")._settings.backend) is AutoBackend


@pytest.mark.parametrize(
    "make",
    [
        AsyncConnectionPool,
        ConnectionPool,
        SyncConnectionPool,
        lambda **options: AsyncHTTPProxy(PROXY, **options),
        lambda **options: HTTPProxy(PROXY, **options),
    ],
)
def test_options_reach_the_settings(make: Any) -> None:
    settings = make(http2=True, retries=2, uds="/run/server", local_address="::1")._settings
    assert (settings.http2, settings.retries) == (True, 2)
    assert (settings.uds, settings.local_address) == ("/run/server", "::1")


@pytest.mark.parametrize("kind", [AsyncHTTPProxy, HTTPProxy, SyncHTTPProxy])
def test_proxy_may_be_a_url_in_any_form(kind: Any) -> None:
    for url in (PROXY, PROXY.encode()):
        assert kind(url)._settings.proxy.url.origin == Proxy(PROXY).url.origin
    assert kind(PROXY, proxy_mode="TUNNEL_ONLY")._settings.proxy_mode == "TUNNEL_ONLY"


@pytest.mark.parametrize("kind", [AsyncHTTPProxy, SyncHTTPProxy])
def test_proxy_of_the_transport_face_may_be_a_tuple(kind: Any) -> None:
    proxy = kind((b"http", b"proxy", 8080, b"/"), proxy_headers=[(b"X", b"y")])._settings.proxy
    assert proxy.url.origin == Proxy(PROXY).url.origin
    assert proxy.headers == [(b"X", b"y")]


@pytest.mark.parametrize("kind", [AsyncSOCKSProxy, SOCKSProxy])
def test_socks_proxy_keeps_its_credentials(kind: Any) -> None:
    proxy = kind("socks5://proxy/", proxy_auth=("user", "pass"))._settings.proxy
    assert proxy.auth == (b"user", b"pass")


def test_shared_classes_document_both_faces() -> None:
    for kind in (AsyncConnectionPool, AsyncHTTPProxy):
        text = inspect.getdoc(kind)
        assert text is not None
        assert "max_keepalive" in text
        assert "proxy" in text


# The public signatures of httpcore 1.0.9; whatever is added comes after, or by keyword.
POOL = (
    "ssl_context proxy max_connections max_keepalive_connections keepalive_expiry http1 http2 "
    "retries local_address uds network_backend socket_options"
)
HTTP_PROXY = (
    "proxy_url proxy_auth proxy_headers ssl_context proxy_ssl_context max_connections "
    "max_keepalive_connections keepalive_expiry http1 http2 retries local_address uds "
    "network_backend socket_options"
)
SOCKS_PROXY = (
    "proxy_url proxy_auth ssl_context max_connections max_keepalive_connections keepalive_expiry "
    "http1 http2 retries network_backend"
)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (AsyncConnectionPool, POOL),
        (ConnectionPool, POOL),
        (AsyncHTTPProxy, HTTP_PROXY),
        (HTTPProxy, HTTP_PROXY),
        (AsyncSOCKSProxy, SOCKS_PROXY),
        (SOCKSProxy, SOCKS_PROXY),
    ],
)
def test_arguments_of_the_request_face_keep_their_places(kind: Any, names: str) -> None:
    wanted = names.split()
    assert list(inspect.signature(kind).parameters)[: len(wanted)] == wanted


@pytest.mark.parametrize("proxy", [AsyncHTTPProxy, AsyncSOCKSProxy])
def test_a_proxy_is_a_kind_of_pool(proxy: type) -> None:
    assert issubclass(proxy, AsyncConnectionPool)
