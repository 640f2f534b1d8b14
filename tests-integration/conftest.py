"""The servers as fixtures: each is started when the first test asks for it, and stopped at the end."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from . import python_servers, servers
from .environments import build_wheels
from .servers import Certificates, Server


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what could not be tested."""
    for name, package in sorted(servers.MISSING.items()):
        line = f"NOT TESTED: everything with {name}, which is not installed (apt-get install {package})"
        terminalreporter.write_line(line, red=True, bold=True)


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheels of this tree."""
    return build_wheels(tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The authority that signed the servers' certificate."""
    return Certificates.made_in(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def trusting(certificates: Certificates) -> ssl.SSLContext:
    """A client's TLS context that trusts the servers."""
    return certificates.client_context()


@pytest.fixture(scope="session")
def python() -> Iterator[Server]:
    """The server of the standard library."""
    with python_servers.web_server() as server:
        yield server


@pytest.fixture(scope="session")
def nginx_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where nginx has its files."""
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="session")
def nginx_ports(
    nginx_folder: Path, certificates: Certificates, python: Server
) -> Iterator[list[int]]:
    """nginx's plain port, that for TLS, and that for HTTP/2."""
    with servers.nginx(nginx_folder, certificates, python) as ports:
        yield ports


@pytest.fixture(scope="session")
def nginx(nginx_ports: list[int]) -> Server:
    """nginx without TLS."""
    return Server(f"http://127.0.0.1:{nginx_ports[0]}")


@pytest.fixture(scope="session")
def nginx_tls(nginx_ports: list[int]) -> Server:
    """nginx with TLS and HTTP/1.1."""
    return Server(f"https://localhost:{nginx_ports[1]}")


@pytest.fixture(scope="session")
def nginx_http2(nginx_ports: list[int]) -> Server:
    """nginx with HTTP/2."""
    return Server(f"https://localhost:{nginx_ports[2]}", b"HTTP/2")


@pytest.fixture(scope="session")
def nginx_socket(nginx_folder: Path, nginx_ports: list[int]) -> Path:
    """nginx's Unix domain socket."""
    return nginx_folder / "nginx.sock"


@pytest.fixture(scope="session")
def nghttpd(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Server]:
    """nghttpd, HTTP/2 over TLS."""
    with servers.nghttpd(tmp_path_factory.mktemp("nghttpd"), certificates) as ports:
        yield Server(f"https://localhost:{ports[0]}", b"HTTP/2")


@pytest.fixture(scope="session")
def hypercorn_ports(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[list[int]]:
    """Hypercorn's plain port, and that for TLS with either protocol."""
    with servers.hypercorn(tmp_path_factory.mktemp("hypercorn"), certificates) as ports:
        yield ports


@pytest.fixture(scope="session")
def hypercorn(hypercorn_ports: list[int]) -> Server:
    """Hypercorn without TLS."""
    return Server(f"http://127.0.0.1:{hypercorn_ports[0]}")


@pytest.fixture(scope="session")
def hypercorn_tls(hypercorn_ports: list[int]) -> Server:
    """Hypercorn with TLS, for a client that offers HTTP/1.1 alone."""
    return Server(f"https://localhost:{hypercorn_ports[1]}")


@pytest.fixture(scope="session")
def hypercorn_http2(hypercorn_ports: list[int]) -> Server:
    """Hypercorn with TLS, for a client that offers HTTP/2."""
    return Server(f"https://localhost:{hypercorn_ports[1]}", b"HTTP/2")


ALL = (
    "python",
    "nginx",
    "nginx_tls",
    "nginx_http2",
    "nghttpd",
    "hypercorn",
    "hypercorn_tls",
    "hypercorn_http2",
)


@pytest.fixture(scope="session", params=ALL)
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the servers, with each of its protocols."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session", params=["python", "nginx", "hypercorn"])
def plain_server(request: pytest.FixtureRequest) -> Server:
    """Those without TLS."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session", params=["nginx_http2", "nghttpd", "hypercorn_http2"])
def http2_server(request: pytest.FixtureRequest) -> Server:
    """Those that speak HTTP/2."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session", params=["python", "hypercorn", "hypercorn_http2", "nginx_http2"])
def slow_server(request: pytest.FixtureRequest) -> Server:
    """Those that can be asked for an answer that does not come."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def tinyproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of tinyproxy."""
    with servers.tinyproxy(tmp_path_factory.mktemp("tinyproxy")) as ports:
        yield f"http://127.0.0.1:{ports[0]}"


@pytest.fixture(scope="session")
def python_proxy() -> Iterator[str]:
    """The URL of a proxy of the standard library."""
    with python_servers.proxy() as proxy:
        yield proxy.url


@pytest.fixture(scope="session", params=["python_proxy", "tinyproxy"])
def proxy(request: pytest.FixtureRequest) -> str:
    """The URL of each proxy."""
    found: str = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def strict_proxy() -> Iterator[str]:
    """The URL of a proxy that asks for the user name `user` and the password `secret`."""
    with python_servers.proxy("user:secret") as proxy:
        yield proxy.url


@pytest.fixture(scope="session")
def tls_proxy(certificates: Certificates) -> Iterator[str]:
    """The URL of a proxy that is spoken to over TLS."""
    with python_servers.proxy(context=certificates.server_context()) as proxy:
        yield proxy.url


@pytest.fixture(scope="session")
def socks_proxy() -> Iterator[str]:
    """The URL of a SOCKS proxy."""
    with python_servers.socks_proxy() as proxy:
        yield proxy.url


@pytest.fixture(scope="session")
def strict_socks_proxy() -> Iterator[str]:
    """The URL of a SOCKS proxy that asks for the user name `user` and the password `secret`."""
    with python_servers.socks_proxy("user:secret") as proxy:
        yield proxy.url


@contextmanager
def _listening(accepts: bool) -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        if accepts:
            sock.listen()
        yield sock.getsockname()[1]


@pytest.fixture(scope="session")
def mute_port() -> Iterator[int]:
    """A port that can be connected to, and where nobody ever reads or writes."""
    with _listening(accepts=True) as port:
        yield port


@pytest.fixture(scope="session")
def dead_port() -> Iterator[int]:
    """A port that refuses connections, and that nobody else can get meanwhile."""
    with _listening(accepts=False) as port:
        yield port
