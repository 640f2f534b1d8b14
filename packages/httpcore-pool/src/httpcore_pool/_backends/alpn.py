"""Which protocols a user's TLS context offers (ALPN, RFC 7301), touched as little as can be.

OpenSSL copies the list from the context in the moment in which a connection is made of it, and neither Python nor
OpenSSL lets one connection have its own, nor one context be made of another. So for HTTP/2 the list must be set on the
user's context. It is set once, and again only when another pool wants another list of the same context; what was set is
remembered, and setting it and making the connection is one step, so that pools and threads can share a context.

A context that only HTTP/1.1 is wanted of is left alone, for that is what the absence of ALPN means. Should a server
choose something else then, because somebody has set a list on the context before, the list is set after all.

Tried and rejected: a connection of a context of the house's own, moved over to the user's by `SSLObject.context`, for
`verify_mode`, options, versions, ciphers and curves stay those of the first (a context that verifies accepted a
certificate of nobody's), and not all of them can be read to be copied; calling `SSL_set_alpn_protos` with ctypes, for
where Python keeps the pointer is nobody's promise; a subclass of `SSLContext` that stands for the user's, for those who
write backends and trace would no more see their own object, and it would set the list just the same.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator

__all__ = ["HTTP1_ALONE", "offering", "take_over"]

#: What a pool offers that speaks HTTP/1.1 and nothing else.
HTTP1_ALONE = ("http/1.1",)

# What was last set on each of the users' contexts. Empty for one that is no more left alone, and not set yet.
_offered: WeakKeyDictionary[ssl.SSLContext, tuple[str, ...]] = WeakKeyDictionary()
_lock = Lock()


@contextmanager
def offering(context: ssl.SSLContext, alpn_protocols: tuple[str, ...]) -> Generator[None]:
    """In here, connections that are made of the user's context offer these protocols. Do not wait in here."""
    with _lock:
        offered = _offered.get(context)
        if offered != alpn_protocols and (offered is not None or alpn_protocols != HTTP1_ALONE):
            context.set_alpn_protocols(list(alpn_protocols))
            _offered[context] = alpn_protocols
        yield


def take_over(context: ssl.SSLContext) -> bool:
    """Leave a context alone no longer. Returns whether it was, so that the next connection will be another."""
    with _lock:
        if context in _offered:
            return False
        _offered[context] = ()
        return True
