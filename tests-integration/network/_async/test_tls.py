"""Good and bad certificates, on every way to the server alike."""

import ssl

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
        expected = None if "ALPN" in kind else "http/1.1"
        assert tls_object.selected_alpn_protocol() == expected


@pytest.mark.parametrize("kind", ["client certificate", "client certificate, TLS 1.2"])
async def test_expired_client_certificate_is_refused_by_the_server(
    kind: str, route: list[httpcore.Proxy], tls: dict[str, TLSServer], authorities: Authorities
) -> None:
    # With TLS 1.3 a client is done with its handshake before the server has looked, and who writes to a connection that
    # has ended meanwhile, be it the client or a proxy, hears of that and not of the reason.
    kinds: tuple[type[httpcore.HTTPCoreError], ...] = (httpcore.ConnectError,)
    if "1.2" not in kind:
        kinds = (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError)
    async with httpcore.AsyncConnectionPool(
        ssl_context=authorities.expired_client(), proxy=route
    ) as pool:
        with pytest.raises(kinds) as caught:
            await pool.request("POST", f"{tls[kind].url}/", extensions=NOT_FOR_EVER)
        assert pool.connections == []
    if "1.2" in kind:
        assert "certificate expired" in str(caught.value).lower().replace("_", " ")


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
