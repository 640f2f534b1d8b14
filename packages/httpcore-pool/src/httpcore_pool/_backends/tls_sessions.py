"""TLS sessions to take up again, so that a second connection to a server costs it no signature and nobody a certificate.

With TLS 1.2 that also saves a round trip. Of this side's CPU it saves nothing: what a handshake with TLS 1.3 costs less,
300 of 510 microseconds, Python spends on copying the session, 150 to get it and 140 to set it.

A resumed session is not verified again. That is right only while what is to be verified cannot have changed, so
sessions are kept for the contexts that the house makes itself and never changes, and not for a user's: another client
certificate or another `verify_mode` may have been put into it since. (Python's session also keeps its context alive.)
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import ssl

__all__ = ["SessionCache", "keep_sessions_of", "sessions_of"]

# Servers whose last session is remembered, for each context.
_SIZE = 256


class SessionCache:
    """The last session with each server, the one used longest ago forgotten first. For any thread."""

    __slots__ = ("_lock", "_sessions")

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, ssl.SSLSession] = OrderedDict()
        self._lock = Lock()

    def take(self, server_hostname: str) -> ssl.SSLSession | None:
        """Take a session out: a ticket should be used only once (RFC 8446 appendix C.4)."""
        with self._lock:
            return self._sessions.pop(server_hostname, None)

    def put(self, server_hostname: str, session: ssl.SSLSession) -> None:
        """Remember a session."""
        with self._lock:
            self._sessions[server_hostname] = session
            self._sessions.move_to_end(server_hostname)
            if len(self._sessions) > _SIZE:
                self._sessions.popitem(last=False)


_caches: WeakKeyDictionary[ssl.SSLContext, SessionCache] = WeakKeyDictionary()


def keep_sessions_of(context: ssl.SSLContext) -> None:
    """From now on remember the sessions of a context, which nobody may change any more."""
    _caches[context] = SessionCache()


def sessions_of(context: ssl.SSLContext) -> SessionCache | None:
    """Where the sessions of a context are remembered; `None` if they are not."""
    return _caches.get(context)
