"""The ways through other people's proxies, as fixtures."""

import ssl
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

import httpcore

from ..servers import Certificates, Server
from .cutting import Cutter
from .hostile import Hostile, hostile
from .programs import PASSWORD, USER, Programs

Way: TypeAlias = Callable[..., list[httpcore.Proxy]]

# For each proxy: the scheme of its URL, the program, which of its ports, and whether it asks who asks. dante is not asked by
# SOCKS 4a: it takes names, but reaches nothing by them, with curl no more than with us.
PROXIES = {
    "squid": ("http", "squid", 0, True),
    "squid over TLS": ("https", "squid", 1, True),
    "tinyproxy": ("http", "tinyproxy", 0, True),
    "tinyproxy behind HAProxy's TLS": ("https", "haproxy", 0, True),
    "dante, SOCKS 5": ("socks5", "strict dante", 0, True),
    "dante, SOCKS 5h": ("socks5h", "strict dante", 0, True),
    "dante, SOCKS 4": ("socks4", "dante", 0, False),
    "OpenSSH, SOCKS 4a": ("socks4a", "openssh", 0, False),
    "OpenSSH, SOCKS 5h": ("socks5h", "openssh", 0, False),
    "microsocks": ("socks5h", "microsocks", 0, True),
}

WAYS = {
    **{name: [name] for name in PROXIES},
    "microsocks, then squid over TLS": ["microsocks", "squid over TLS"],
    "OpenSSH by SOCKS 4a, then dante": ["OpenSSH, SOCKS 4a", "dante, SOCKS 5h"],
    "tinyproxy, then dante": ["tinyproxy", "dante, SOCKS 5h"],
}


@pytest.fixture(scope="session")
def programs(certificates: Certificates, python: Server) -> Iterator[Programs]:
    """The proxies. They give up the rights of root, so their folder is open to everybody."""
    with tempfile.TemporaryDirectory(prefix="proxies-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Programs(folder, certificates, python.port) as programs:
            yield programs


@pytest.fixture(scope="session")
def through(programs: Programs, trusting: ssl.SSLContext) -> Way:
    """Make the way of a name, with the right password or with another."""

    def through(name: str, password: str = PASSWORD) -> list[httpcore.Proxy]:
        way = []
        for step in WAYS[name]:
            scheme, program, number, asks = PROXIES[step]
            port = programs.ports(program)[number]
            auth = (USER, password) if asks else None
            # By its name, since a certificate has one.
            way.append(
                httpcore.Proxy(f"{scheme}://localhost:{port}", auth=auth, ssl_context=trusting)
            )
        return way

    return through


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, through: Way) -> list[httpcore.Proxy]:
    """Every way."""
    return through(request.param)


@pytest.fixture(params=[name for name in PROXIES if PROXIES[name][3]])
def wrong_way(request: pytest.FixtureRequest, through: Way) -> list[httpcore.Proxy]:
    """Every proxy that asks for a password, and a wrong one."""
    return through(request.param, "not it")


@pytest.fixture(scope="session")
def forwarder(programs: Programs) -> httpcore.Proxy:
    """HAProxy, which takes requests for a proxy and has one server to forward them to."""
    return httpcore.Proxy(f"http://127.0.0.1:{programs.ports('haproxy')[1]}")


@pytest.fixture(scope="session")
def hostile_proxy() -> Iterator[Hostile]:
    """A proxy that answers what it is told to."""
    with hostile() as server:
        yield server


@pytest.fixture(scope="session")
def cutter() -> Iterator[Cutter]:
    """A proxy that can be told when to fall silent."""
    with Cutter() as cutter:
        yield cutter
