"""Good and bad certificates, on every way to the server alike."""

import ssl
from collections.abc import Callable

import pytest

import httpcore

from ...servers import HELLO
from ..tls_servers import GOOD, REASONS, Authorities, TLSServer

NOT_FOR_EVER = {"timeout": {"pool": 20.0, "connect": 20.0, "read": 20.0, "write": 20.0}}


@pytest.mark.parametrize("kind", REASONS)
async def test_bad_certificate_is_refused_with_its_reason(
    kind: str, route: list[httpcore.Proxy], tls: dict[str, TLSServer], authorities: Authorities
) -> None:
    server = tls[kind]
    async with httpcore.AsyncConnectionPool(
        ssl_context=authorities.client(), proxy=route, http2=True
    ) as pool:
        with pytest.raises(httpcore.ConnectError) as caught:
            await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
        assert pool.connections == []
    error = caught.value
    assert error.phase == "tls"
    assert error.origin == httpcore.Origin(b"https", b"localhost", server.server_port)
    assert isinstance(error.__cause__, ssl.SSLCertVerificationError)
    # Whose certificate, that it was the certificate, and why.
    assert "the TLS handshake with localhost at 127.0.0.1:" in error.message
    assert f"the certificate was not accepted: {REASONS[kind]}" in error.message


@pytest.mark.parametrize("kind", GOOD)
async def test_good_server_is_spoken_to(
    kind: str, route: list[httpcore.Proxy], tls: dict[str, TLSServer], authorities: Authorities
) -> None:
    async with httpcore.AsyncConnectionPool(
        ssl_context=authorities.good_client(), proxy=route, http2=True
    ) as pool:
        response = await pool.request("GET", f"{tls[kind].url}/", extensions=NOT_FOR_EVER)
        assert response.content == HELLO
        assert response.extensions["http_version"] == b"HTTP/1.1"
        tls_object = response.extensions["network_stream"].get_extra_info("ssl_object")
        assert tls_object.version() == ("TLSv1.2" if "TLS 1.2" in kind else "TLSv1.3")
        # For HTTP/2 something must be offered, and the server can then say what it prefers of it.
        expected = None if "ALPN" in kind else "http/1.1"
        assert tls_object.selected_alpn_protocol() == expected


@pytest.mark.parametrize(
    ("alert", "client"),
    [
        ("certificate expired", Authorities.expired_client),
        ("unknown ca", Authorities.unknown_client),
        ("certificate required", Authorities.client),
    ],
)
@pytest.mark.parametrize("kind", ["client certificate", "client certificate, TLS 1.2"])
async def test_client_certificate_that_a_server_refuses(
    kind: str,
    alert: str,
    client: Callable[[Authorities], ssl.SSLContext],
    route: list[httpcore.Proxy],
    tls: dict[str, TLSServer],
    authorities: Authorities,
) -> None:
    # With TLS 1.3 a client is done with its handshake before the server has looked at its certificate.
    kinds: tuple[type[httpcore.HTTPCoreError], ...] = (httpcore.ReadError, httpcore.WriteError)
    if "1.2" in kind:
        kinds = (httpcore.ConnectError,)
    async with httpcore.AsyncConnectionPool(ssl_context=client(authorities), proxy=route) as pool:
        with pytest.raises(kinds) as caught:
            await pool.request("POST", f"{tls[kind].url}/", extensions=NOT_FOR_EVER)
        assert pool.connections == []
    error = caught.value
    assert error.origin == httpcore.Origin(b"https", b"localhost", tls[kind].server_port)
    assert " localhost at 127.0.0.1:" in error.message
    if "1.2" in kind and alert == "certificate required":
        alert = "handshake failure"  # what TLS 1.2 has for that
    assert f" failed: the peer sent the TLS alert {alert!r}" in error.message


@pytest.mark.parametrize("kind", ["TLS 1.3", "TLS 1.2"])
async def test_second_connection_resumes_the_session(
    kind: str,
    route: list[httpcore.Proxy],
    tls: dict[str, TLSServer],
    authorities: Authorities,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # That is for the default context alone: nobody else can have changed what it verifies.
    monkeypatch.setenv("SSL_CERT_FILE", str(authorities.file))
    server = tls[kind]
    seen = len(server.resumed)
    async with httpcore.AsyncConnectionPool(proxy=route, max_keepalive_connections=0) as pool:
        for _ in range(2):
            response = await pool.request("GET", f"{server.url}/", extensions=NOT_FOR_EVER)
            assert response.content == HELLO
    assert server.resumed[seen:][-1] is True
