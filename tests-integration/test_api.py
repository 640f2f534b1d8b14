"""`httpcore.request` and `httpcore.stream`, which make a pool for one request."""

from collections.abc import Iterator

import pytest

import httpcore

from .servers import HELLO, LARGE, Certificates, Server


def pieces() -> Iterator[bytes]:
    yield b"one "
    yield b"two"


def test_request_gets_and_posts(plain_server: Server) -> None:
    url = plain_server.url
    assert httpcore.request("GET", f"{url}/").content == HELLO
    assert httpcore.request("POST", f"{url}/echo", content=b"body").content == b"body"
    assert httpcore.request("POST", f"{url}/echo", content=pieces()).content == b"one two"


def test_stream_gives_the_body_piece_by_piece(python: Server) -> None:
    with httpcore.stream("GET", f"{python.url}/large") as response:
        assert response.status == 200
        assert b"".join(response.iter_stream()) == LARGE


def test_stream_may_be_left_early(python: Server) -> None:
    with httpcore.stream("GET", f"{python.url}/large") as response:
        assert next(response.iter_stream())


def test_the_trust_store_can_be_named_by_the_environment(
    nginx_tls: Server, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority_file))
    assert httpcore.request("GET", f"{nginx_tls.url}/").content == HELLO
