"""Servers with good and bad certificates, the ways to them, and a server that drips."""

import ssl
from collections.abc import Iterator

import pytest

import httpcore

from .drips import Drips
from .tls_servers import Authorities, TLSServer, tls_servers

ROUTES: dict[str, list[str]] = {
    "direct": [],
    "tunnel": ["python_proxy"],
    "tunnel over TLS": ["tls_proxy"],
    "SOCKS": ["socks_proxy"],
    "SOCKS, then tunnel over TLS": ["socks_proxy", "tls_proxy"],
}


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    """Who signs certificates."""
    return Authorities(tmp_path_factory.mktemp("authorities"))


@pytest.fixture(scope="session")
def tls(authorities: Authorities) -> Iterator[dict[str, TLSServer]]:
    """A server of each kind."""
    with tls_servers(authorities) as servers:
        yield servers


@pytest.fixture(scope="session", autouse=True)
def _proxies(python_proxy: str, tls_proxy: str, socks_proxy: str) -> None:
    """Start them all before the first test looks which sockets there are."""


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest, trusting: ssl.SSLContext) -> list[httpcore.Proxy]:
    """Every way to a server."""
    urls = [request.getfixturevalue(name) for name in ROUTES[request.param]]
    return [httpcore.Proxy(url, ssl_context=trusting) for url in urls]


@pytest.fixture(scope="session")
def drips() -> Iterator[Drips]:
    """Whatever drips."""
    with Drips() as drips:
        yield drips
