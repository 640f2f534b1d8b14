"""What the programs are given: an interpreter with the tools, and places to send requests to."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..environments import ROOT, environment
from ..python_servers import SocksProxy, proxy, socks_proxy
from ..servers import Certificates
from .answers import answering
from .tools import ALSO, ALSO_FOR_HTTPX2, TOOLS, TOOLS_OF_HTTPX2


@pytest.fixture(scope="session")
def interpreter(wheels: list[Path]) -> Path:
    """Python with the wheels and all the tools of HTTPX."""
    return environment(ROOT / "build" / "ecosystem", wheels, [*TOOLS, *ALSO])


@pytest.fixture(scope="session")
def interpreter_of_httpx2(wheels: list[Path]) -> Path:
    """Python with the wheels and httpx2."""
    requirements = [*TOOLS_OF_HTTPX2, *ALSO_FOR_HTTPX2]
    return environment(ROOT / "build" / "ecosystem-httpx2", wheels, requirements)


@pytest.fixture(scope="session")
def answering_tls(certificates: Certificates) -> Iterator[str]:
    """The URL of the server that knows other people's protocols, over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    context.set_alpn_protocols(["http/1.1"])
    with answering(context) as url:
        yield url


@pytest.fixture(scope="session")
def open_socks_proxy() -> Iterator[SocksProxy]:
    """A SOCKS proxy that asks nobody for a password."""
    with socks_proxy() as found:
        yield found


@pytest.fixture
def places(
    certificates: Certificates, answering_tls: str, open_socks_proxy: SocksProxy
) -> Iterator[str]:
    """What a program gets as its only argument, as JSON. The plain server is new for each, for it counts."""
    with answering() as plain, proxy() as forwarding:
        yield json.dumps(
            {
                "plain": plain,
                "secure": answering_tls,
                "authority": str(certificates.authority_file),
                "proxy": forwarding.url,
                "socks": open_socks_proxy.url,
            }
        )
