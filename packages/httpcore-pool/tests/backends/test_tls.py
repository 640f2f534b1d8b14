"""The default TLS contexts, and what they trust."""

from __future__ import annotations

import os
import ssl
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import trustme

from httpcore_pool._backends.tls_sessions import sessions_of
from httpcore_pool._tls import default_ssl_context, shared_ssl_context

from .ends import authority

if TYPE_CHECKING:
    from pathlib import Path


HTTP1 = ("http/1.1",)
HTTP2 = ("http/1.1", "h2")


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
    assert shared_ssl_context(HTTP1) is shared_ssl_context(HTTP1)
    assert shared_ssl_context(HTTP1) is not shared_ssl_context(HTTP2)


def test_certificates_named_by_the_environment_are_trusted_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = shared_ssl_context(HTTP1)
    file = tmp_path / "authority.pem"
    authority().cert_pem.write_to_path(file)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    after = shared_ssl_context(HTTP1)
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
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: empty)
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
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: empty)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: Paths(None))
    assert subjects(default_ssl_context()) == 0


def test_directory_of_certificates_is_trust_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "0a1b2c3d.0").touch()
    empty = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", lambda **_: empty)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: Paths(str(tmp_path)))
    assert default_ssl_context() is empty
    assert subjects(empty) == 0


def test_only_what_is_asked_for_is_looked_up_in_a_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where OpenSSL finds its places itself, it reads all of a directory for each certificate that it does not know."""
    monkeypatch.setenv("SSL_CERT_DIR", f"{tmp_path}{os.pathsep}{tmp_path / 'none'}")
    asked = []
    monkeypatch.setattr(
        ssl.SSLContext, "set_default_verify_paths", lambda _: pytest.fail("left to OpenSSL")
    )
    monkeypatch.setattr(
        ssl.SSLContext, "load_verify_locations", lambda _, *places: asked.append(places)
    )
    default_ssl_context()
    ((_, folder, _),) = asked
    assert folder == os.environ["SSL_CERT_DIR"]


def test_a_file_without_certificates_is_left_to_openssl(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "authority.pem"
    file.write_text("none here")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert subjects(default_ssl_context()) == 0


def test_windows_has_a_store_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "truststore", None)
    asked = []
    monkeypatch.setattr(
        ssl.SSLContext, "load_default_certs", lambda _, *purpose: asked.append(purpose)
    )
    default_ssl_context()
    assert asked == [(ssl.Purpose.SERVER_AUTH,)]


def test_keys_are_written_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    assert shared_ssl_context(HTTP1).keylog_filename == str(tmp_path / "keys")


class AskingTheSystem(ssl.SSLContext):
    """As truststore has it."""


@pytest.fixture
def _truststore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "truststore", SimpleNamespace(SSLContext=AskingTheSystem))


@pytest.mark.usefixtures("_truststore")
@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_system_is_asked_by_truststore_where_openssl_cannot(
    platform: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    context = default_ssl_context()
    assert type(context) is AskingTheSystem
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.keylog_filename is None
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    shared = shared_ssl_context(HTTP1)
    assert type(shared) is AskingTheSystem
    assert shared.keylog_filename == str(tmp_path / "keys")
    assert sessions_of(shared) is None


@pytest.mark.usefixtures("_truststore")
def test_openssl_is_asked_where_it_knows_the_system() -> None:
    assert type(default_ssl_context()) is ssl.SSLContext


@pytest.mark.usefixtures("_truststore")
@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_environment_is_asked_before_the_system(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setenv(name, str(tmp_path))
    assert type(default_ssl_context()) is ssl.SSLContext


def test_without_truststore_openssl_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setitem(sys.modules, "truststore", None)
    assert type(default_ssl_context()) is ssl.SSLContext


class Certifi:
    def __init__(self, path: str) -> None:
        self.path = path

    def where(self) -> str:
        return self.path


class Paths:
    def __init__(self, capath: str | None) -> None:
        self.cafile = None
        self.capath = capath
