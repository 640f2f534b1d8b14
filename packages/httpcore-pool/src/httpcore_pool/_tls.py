"""The default TLS contexts: one per process and protocol list.

A context costs tens of milliseconds and most of a megabyte, because the trust store goes into it. So the defaults are
built once, with their ALPN list, and never changed after. (For the users' own, see `_backends/alpn.py`.)
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from ._backends.tls_sessions import keep_sessions_of

if TYPE_CHECKING:
    import ssl

__all__ = ["default_ssl_context", "shared_ssl_context"]

# The environment that a default context depends on.
_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")

# Where OpenSSL does not know what the operating system trusts, or only what it has trusted before.
_NEED_TRUSTSTORE = ("darwin", "win32")


def default_ssl_context() -> ssl.SSLContext:
    """Return a new client context that verifies certificates and host names.

    It trusts what the system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR`, each by itself, name something to stand in the
    place of the system's file of certificates, or of its directory. To know what macOS and Windows trust takes the
    package `truststore`, if it is installed. Where nothing is trusted, it is what the package `certifi` brings, if that
    is installed. It writes keys to the file that `SSLKEYLOGFILE` names.
    """
    import ssl  # not for everybody who imports the pool: it takes as long as all the rest

    is_told = any(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    if sys.platform in _NEED_TRUSTSTORE and not is_told:
        try:
            import truststore
        except ModuleNotFoundError:
            pass
        else:
            asking = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            keys = os.environ.get("SSLKEYLOGFILE")
            if keys:
                asking.keylog_filename = keys
            return asking
    context = _of_openssl()
    if not is_told and not _has_trust(context):
        try:
            import certifi
        except ModuleNotFoundError:
            return context  # every certificate will be refused, which is the safe side
        context.load_verify_locations(certifi.where())
    return context


def shared_ssl_context(alpn_protocols: tuple[str, ...]) -> ssl.SSLContext:
    """Return the default context whose connections offer these protocols. It is everybody's: do not change it."""
    return _shared_context(alpn_protocols, *map(os.environ.get, _VARIABLES))


@lru_cache(maxsize=16)
def _shared_context(alpn_protocols: tuple[str, ...], *_environment: str | None) -> ssl.SSLContext:
    import ssl

    context = default_ssl_context()
    context.set_alpn_protocols(list(alpn_protocols))
    if type(context) is ssl.SSLContext:
        # truststore looks at a chain of certificates, which a session that was taken up again does not have.
        keep_sessions_of(context)
    return context


def _of_openssl() -> ssl.SSLContext:
    """Return a context that trusts what OpenSSL does by default, looked up in the way that costs least.

    Where it is left to find its places itself, OpenSSL 3 reads the whole directory for each certificate that it does not
    know, such as one between the server's and a trusted one: in each handshake, of which that was a seventh (163 of
    1,108 microseconds, measured with Debian's directory). A directory that it is told of it asks for one file.
    """
    import ssl

    places = ssl.get_default_verify_paths()
    # That may be several, of which `places` knows nothing.
    folder = os.environ.get("SSL_CERT_DIR") or places.capath
    if sys.platform != "win32" and (places.cafile or folder):
        # Not to find any there is no error for OpenSSL, but is one for Python.
        with suppress(OSError):
            return ssl.create_default_context(cafile=places.cafile, capath=folder)
    return ssl.create_default_context()


def _has_trust(context: ssl.SSLContext) -> bool:
    import ssl

    if context.cert_store_stats()["x509_ca"]:
        return True
    # Directories are not loaded but looked into when a certificate is asked for.
    folder = ssl.get_default_verify_paths().capath
    return folder is not None and bool(os.listdir(folder))  # noqa: PTH208 - pathlib takes long to load
