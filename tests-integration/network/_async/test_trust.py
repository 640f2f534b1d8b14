"""Whom the default context trusts, and where it writes its keys."""

import ssl
import sys
from pathlib import Path

import pytest
import truststore

import httpcore

from ...servers import HELLO
from ..tls_servers import Authorities, TLSServer

NOT_FOR_EVER = {"timeout": {"pool": 20.0, "connect": 20.0, "read": 20.0, "write": 20.0}}


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


async def fetch(server: TLSServer) -> ssl.SSLObject:
    """Ask a server by a pool that was told nothing of TLS, and return what its TLS was."""
    async with httpcore.AsyncConnectionPool() as pool:
        response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
        assert response.content == HELLO
        tls: ssl.SSLObject = response.extensions["network_stream"].get_extra_info("ssl_object")
        return tls


async def test_authority_that_nobody_named_is_not_trusted(tls: dict[str, TLSServer]) -> None:
    with pytest.raises(httpcore.ConnectError, match="unable to get local issuer certificate"):
        await fetch(tls["TLS 1.3"])


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_authority_of_the_environment_is_trusted(
    name: str,
    tls: dict[str, TLSServer],
    authorities: Authorities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(name, str(authorities.places[name]))
    await fetch(tls["TLS 1.3"])
    with pytest.raises(httpcore.ConnectError, match="unable to get local issuer certificate"):
        await fetch(tls["unknown authority"])


@pytest.mark.parametrize("kind", ["TLS 1.3", "TLS 1.2"])
async def test_keys_are_written_down(
    kind: str,
    tls: dict[str, TLSServer],
    authorities: Authorities,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities.file))
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    await fetch(tls[kind])
    labels = {line.split(" ")[0] for line in keys.read_text().splitlines() if line[0] != "#"}
    if kind == "TLS 1.2":
        assert labels == {"CLIENT_RANDOM"}
    else:
        assert labels >= {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"}


async def test_system_is_asked_by_truststore_where_openssl_cannot(
    tls: dict[str, TLSServer], authorities: Authorities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS, but that the system which truststore asks is this one."""
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(sys, "platform", "darwin")
        context = httpcore.default_ssl_context()
    assert type(context) is truststore.SSLContext
    # This system is told by the environment.
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities.file))
    async with httpcore.AsyncConnectionPool(ssl_context=context, http2=True) as pool:
        for _ in range(2):
            response = await pool.request("GET", f"{tls['TLS 1.3'].url}/", extensions=NOT_FOR_EVER)
            assert response.content == HELLO
        with pytest.raises(httpcore.ConnectError, match="the certificate was not accepted"):
            await pool.request("GET", f"{tls['unknown authority'].url}/", extensions=NOT_FOR_EVER)
