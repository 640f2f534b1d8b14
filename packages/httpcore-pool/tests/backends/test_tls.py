"""TLS contexts: what the default one trusts, and how little of a user's own is touched."""

from __future__ import annotations

import gc
import ssl
import sys
from typing import TYPE_CHECKING

import pytest
import trustme

from httpcore_pool import _tls
from httpcore_pool._tls import context_for, default_ssl_context

from .ends import authority

if TYPE_CHECKING:
    from pathlib import Path


HTTP1 = ("http/1.1",)
HTTP2 = ("http/1.1", "h2")


class Recording(ssl.SSLContext):
    """Remembers which lists it was told to offer."""

    offered: list[list[str]]

    def set_alpn_protocols(self, alpn_protocols: object) -> None:
        assert isinstance(alpn_protocols, list)
        self.__dict__.setdefault("offered", []).append(alpn_protocols)
        super().set_alpn_protocols(alpn_protocols)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


def subjects(context: ssl.SSLContext) -> int:
    return context.cert_store_stats()["x509_ca"]


def test_default_context_verifies() -> None:
    context = default_ssl_context()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert default_ssl_context() is not context


def test_default_contexts_are_made_once_for_each_list() -> None:
    assert context_for(None, HTTP1) is context_for(None, HTTP1)
    assert context_for(None, HTTP1) is not context_for(None, HTTP2)


def test_certificates_named_by_the_environment_are_trusted_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = context_for(None, HTTP1)
    file = tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    after = context_for(None, HTTP1)
    assert after is not before
    assert subjects(after) == 1


def test_certifi_fills_in_where_the_system_trusts_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "certifi.pem"
    for authority_ in (trustme.CA(), trustme.CA()):
        authority_.cert_pem.write_to_path(file, append=True)
    monkeypatch.setitem(sys.modules, "certifi", Certifi(str(file)))
    empty = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda: empty)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: Paths(None))
    assert subjects(default_ssl_context()) == 2


def test_nothing_fills_in_for_what_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert subjects(default_ssl_context()) == 0


def test_nobody_is_trusted_where_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "certifi", None)
    empty = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda: empty)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: Paths(None))
    assert subjects(default_ssl_context()) == 0


def test_directory_of_certificates_is_trust_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "0a1b2c3d.0").touch()
    empty = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda: empty)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: Paths(str(tmp_path)))
    assert default_ssl_context() is empty
    assert subjects(empty) == 0


def test_keys_are_written_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert context_for(None, HTTP1).keylog_filename == str(tmp_path / "keys")


def test_list_is_set_once_on_a_users_context() -> None:
    context = Recording(ssl.PROTOCOL_TLS_CLIENT)
    for _ in range(3):
        assert context_for(context, HTTP2) is context
    assert context.offered == [["http/1.1", "h2"]]
    context_for(context, HTTP1)
    context_for(context, HTTP1)
    assert context.offered == [["http/1.1", "h2"], ["http/1.1"]]


def test_users_contexts_are_not_kept_alive() -> None:
    gc.collect()
    count = len(_tls._offered)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context_for(context, HTTP1)
    assert len(_tls._offered) == count + 1
    del context
    gc.collect()
    assert len(_tls._offered) == count


class Certifi:
    def __init__(self, path: str) -> None:
        self.path = path

    def where(self) -> str:
        return self.path


class Paths:
    def __init__(self, capath: str | None) -> None:
        self.capath = capath
