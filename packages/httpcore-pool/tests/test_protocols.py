"""The protocol packages that are installed are loaded; what is not there is named before anything is done."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest

from httpcore_interfaces import Origin, Proxy
from httpcore_interfaces.testing import AsyncScriptedStream, ScriptedStream
from httpcore_pool import (
    AsyncConnectionPool,
    AsyncHTTPConnection,
    ConnectionPool,
    HTTPConnection,
    SyncConnectionPool,
)
from httpcore_pool import _protocols as protocols

ORIGIN = Origin(b"https", b"a", 443)
HAS_HTTP11 = find_spec("httpcore_http11") is not None
HAS_HTTP2 = find_spec("httpcore_http2") is not None

MAKERS = [
    (HAS_HTTP11, protocols.make_http11_connection, ScriptedStream, "HTTP11Connection"),
    (HAS_HTTP11, protocols.make_async_http11_connection, AsyncScriptedStream, "AsyncHTTP11Connection"),
    (HAS_HTTP2, protocols.make_http2_connection, ScriptedStream, "HTTP2Connection"),
    (HAS_HTTP2, protocols.make_async_http2_connection, AsyncScriptedStream, "AsyncHTTP2Connection"),
]  # fmt: skip


def require_refusal(make: Any, name: str, **options: Any) -> None:
    with pytest.raises(ImportError, match=f"pip install {name}"):
        make(**options)


@pytest.mark.parametrize(("is_there", "make", "stream", "name"), MAKERS)
def test_installed_protocol_makes_a_connection_and_an_absent_one_cannot(
    is_there: bool, make: Any, stream: Any, name: str
) -> None:
    if is_there:
        connection = make(ORIGIN, stream(), 5.0)
        assert type(connection).__name__ == name
        assert connection.can_handle_request(ORIGIN)
    else:
        with pytest.raises(ModuleNotFoundError, match="httpcore_http"):
            make(ORIGIN, stream(), 5.0)


@pytest.mark.parametrize(
    "make",
    [
        protocols.require_protocols,
        AsyncConnectionPool,
        ConnectionPool,
        lambda **options: AsyncHTTPConnection(ORIGIN, **options),
        lambda **options: HTTPConnection(ORIGIN, **options),
    ],
    ids=["check", "async pool", "pool", "async connection", "connection"],
)
def test_allowed_protocol_must_be_installed(make: Any) -> None:
    for http1, http2 in ((True, False), (False, True), (True, True)):
        if http1 and not HAS_HTTP11:
            require_refusal(make, "httpcore-http11", http1=http1, http2=http2)
        elif http2 and not HAS_HTTP2:
            require_refusal(make, "httpcore-http2", http1=http1, http2=http2)
        else:
            make(http1=http1, http2=http2)


def test_transport_face_says_so_too() -> None:
    if HAS_HTTP11:
        SyncConnectionPool()
    else:
        require_refusal(SyncConnectionPool, "httpcore-http11")


@pytest.mark.parametrize("missing", ["httpcore_http11", "httpcore_http2"])
def test_each_package_is_named_when_it_is_missing(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == missing else object()
    )
    protocols.require_protocols(missing != "httpcore_http11", missing != "httpcore_http2")
    with pytest.raises(
        ImportError,
        match=f"^http.=True needs the package {missing.replace('_', '-')}, which is not",
    ):
        protocols.require_protocols(True, True)


def test_proxies_that_are_asked_for_tunnels_need_http1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "httpcore_http11" else object()
    )
    for pool in (ConnectionPool, AsyncConnectionPool):
        pool(http1=False, http2=True, proxy=Proxy("socks5://proxy"))
        with pytest.raises(ImportError, match=r"^an HTTP proxy is spoken to by HTTP/1\.1, which"):
            pool(http1=False, http2=True, proxy=[Proxy("http://a"), Proxy("socks5://b")])


@pytest.mark.parametrize("name", ["http11", "http2"])
def test_makers_take_what_the_packages_have(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an environment that has only one of the packages, too, each maker does its work."""

    class Connections:
        def __getattr__(self, name: str) -> Any:
            return lambda *arguments: (name, *arguments)

    monkeypatch.setitem(sys.modules, f"httpcore_{name}", Connections())
    stream: Any = object()
    for prefix, maker in (
        ("Async", f"make_async_{name}_connection"),
        ("", f"make_{name}_connection"),
    ):
        made = getattr(protocols, maker)(ORIGIN, stream, 5.0)
        assert made == (f"{prefix}{name.upper()}Connection", ORIGIN, stream, 5.0)


class Limits:
    """Stands for the limits of HTTP/1.1, whose package may not be here."""


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    module: Any = ModuleType("httpcore_http11")
    module.Limits = Limits
    module.DEFAULT_LIMITS = Limits()
    monkeypatch.setitem(sys.modules, "httpcore_http11", module)
    default: Limits = module.DEFAULT_LIMITS
    return default


def test_options_of_http11_are_handed_on(
    limits: Limits, line_protocols: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    own: Any = Limits()
    for pool in (AsyncConnectionPool, ConnectionPool, SyncConnectionPool):
        assert pool()._settings.http11_options is None
        given = pool(http11_limits=own, http11_lenient=True, continue_timeout=5)
        assert given._settings.http11_options == {
            "limits": own,
            "lenient": True,
            "continue_timeout": 5,
        }
        given = pool(continue_timeout=0.0)
        assert given._settings.http11_options == {
            "limits": limits,
            "lenient": False,
            "continue_timeout": 0.0,
        }


@pytest.mark.parametrize("make", [AsyncConnectionPool, ConnectionPool, SyncConnectionPool])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"http11_limits": {"head_bytes": 5}}, TypeError, "must be httpcore_http11.Limits, such"),
        ({"http11_lenient": "yes"}, TypeError, "http11_lenient must be True or False, but got str"),
        ({"continue_timeout": None}, TypeError, "must be a number of seconds, and not None"),
        ({"continue_timeout": "1"}, TypeError, "continue_timeout must be a number of seconds"),
        ({"continue_timeout": -1.0}, ValueError, "continue_timeout must not be negative"),
    ],
)
def test_options_of_http11_are_checked(
    limits: Limits,
    line_protocols: None,
    make: Any,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=message):
        make(**options)
