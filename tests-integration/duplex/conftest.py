"""Servers that talk both ways over one stream."""

import sys
from collections.abc import Iterator

import pytest

from ..servers import HERE, Certificates, Server, running


@pytest.fixture(scope="session")
def grpc_ports(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[list[int]]:
    """grpcio's plain port, and that for TLS."""

    def command(ports: list[int]) -> list[str]:
        program = HERE / "programs" / "grpc_server.py"
        files = [str(certificates.key), str(certificates.certificate)]
        return [sys.executable, str(program), *map(str, ports), *files]

    with running(tmp_path_factory.mktemp("grpc"), 2, command) as ports:
        yield ports


@pytest.fixture(scope="session", params=["plain", "tls"])
def grpc(request: pytest.FixtureRequest, grpc_ports: list[int]) -> Server:
    """grpcio's server: by prior knowledge without TLS, and by ALPN with it."""
    if request.param == "plain":
        return Server(f"http://127.0.0.1:{grpc_ports[0]}", b"HTTP/2")
    return Server(f"https://localhost:{grpc_ports[1]}", b"HTTP/2")


@pytest.fixture(scope="session")
def sockets(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates
) -> Iterator[Server]:
    """Hypercorn, which takes WebSockets over HTTP/2."""

    def command(ports: list[int]) -> list[str]:
        return [
            *(sys.executable, "-m", "hypercorn", "sockets:app", "--bind", f"127.0.0.1:{ports[0]}"),
            *("--certfile", str(certificates.certificate), "--keyfile", str(certificates.key)),
        ]

    folder = tmp_path_factory.mktemp("sockets")
    with running(folder, 1, command, cwd=HERE / "programs") as ports:
        yield Server(f"https://localhost:{ports[0]}", b"HTTP/2")
