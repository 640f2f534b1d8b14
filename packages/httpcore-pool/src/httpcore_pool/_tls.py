"""TLS contexts: one default per process and protocol list, and the user's own, touched as little as can be.

A context costs tens of milliseconds and most of a megabyte, because the trust store goes into it. So the defaults are
built once, with their ALPN list, and never changed after.

OpenSSL takes the ALPN list from the context at the moment a connection begins, and neither Python nor OpenSSL lets one
connection have its own or one context be copied from another. So for a context that the user gave, as HTTPX does, the
list must be set on that context. It is set once, and again only when a pool wants another list on the same context.
Nothing else of a user's context is ever changed.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ._backends.tls_sessions import keep_sessions_of

if TYPE_CHECKING:
    import ssl

__all__ = ["context_for", "default_ssl_context"]

# What was offered last by each of the users' contexts.
_offered: WeakKeyDictionary[ssl.SSLContext, tuple[str, ...]] = WeakKeyDictionary()
_lock = Lock()

# The environment that a default context depends on.
_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


def default_ssl_context() -> ssl.SSLContext:
    """Return a new client context that verifies certificates and host names.

    It trusts the system's store, or the files that `SSL_CERT_FILE` and `SSL_CERT_DIR` name; where the system has none,
    what the package `certifi` brings, if that is installed. It writes keys to the file that `SSLKEYLOGFILE` names.
    """
    import ssl  # not for everybody who imports the pool: it takes as long as all the rest

    context = ssl.create_default_context()
    if not _has_trust(context) and not _is_told_what_to_trust():
        try:
            import certifi
        except ModuleNotFoundError:
            return context  # every certificate will be refused, which is the safe side
        context.load_verify_locations(certifi.where())
    return context


def context_for(context: ssl.SSLContext | None, alpn_protocols: tuple[str, ...]) -> ssl.SSLContext:
    """Return a context whose connections offer the given protocols, such as `("http/1.1", "h2")`.

    `context`: the user's own, which is returned itself; `None` for the default one, which nobody may change.
    Begin the handshake before anything else can ask for the same context with another list.
    """
    if context is None:
        return _default_context(alpn_protocols, *map(os.environ.get, _VARIABLES))
    with _lock:
        if _offered.get(context) != alpn_protocols:
            context.set_alpn_protocols(list(alpn_protocols))
            _offered[context] = alpn_protocols
    return context


@lru_cache(maxsize=16)
def _default_context(alpn_protocols: tuple[str, ...], *_environment: str | None) -> ssl.SSLContext:
    context = default_ssl_context()
    context.set_alpn_protocols(list(alpn_protocols))
    keep_sessions_of(context)
    return context


def _has_trust(context: ssl.SSLContext) -> bool:
    import ssl

    if context.cert_store_stats()["x509_ca"]:
        return True
    # Directories are not loaded but looked into when a certificate is asked for.
    folder = ssl.get_default_verify_paths().capath
    return folder is not None and any(Path(folder).iterdir())


def _is_told_what_to_trust() -> bool:
    return bool(os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"))
