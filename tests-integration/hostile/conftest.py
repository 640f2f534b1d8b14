"""The hostile server."""

from collections.abc import Iterator

import pytest

from ..servers import Certificates
from .peer import Hostile, hostile


@pytest.fixture(scope="session")
def server() -> Iterator[Hostile]:
    """Spoken to by prior knowledge."""
    with hostile() as server:
        yield server


@pytest.fixture(scope="session")
def tls_server(certificates: Certificates) -> Iterator[Hostile]:
    """Over TLS, where it chooses HTTP/2."""
    context = certificates.server_context()
    context.set_alpn_protocols(["h2"])
    with hostile(context) as server:
        yield server
