"""TLS sessions to take up again, so that a second connection to a server costs it no signature and nobody a certificate.

With TLS 1.2 that also saves a round trip. Measured with TLS 1.3, on this side: a handshake costs 510 microseconds where the
server's certificate is signed by whom we trust, 330 more for each certificate between, as all public servers have at least
one; and a resumed one 210. But Python copies the session, 150 to get it and 140 to set it. So nobody is asked for his session
until another connection wants it, or he closes and would be the last who could say; and a server that gave none, or gave one and
did not take it up, as many do behind a load balancer, is left alone for a while.

A resumed session is not verified again. That is right only while what is to be verified cannot have changed, so
sessions are kept for the contexts that the house makes itself and never changes, and not for a user's: another client
certificate or another `verify_mode` may have been put into it since. (Python's session also keeps its context alive.)
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import ssl

__all__ = ["SessionCache", "SessionSource", "keep_sessions_of", "sessions_of"]

# Servers whose last session is remembered, for each context.
_SIZE = 256

# So many connections to a server that gave no session, or took none up, are not asked for one. To ask costs a third of a
# handshake, also where the answer is none.
_UNASKED = 100


class SessionSource(Protocol):
    """One side of a TLS connection, which can be asked for its session."""

    def can_be_asked(self) -> bool:
        """Whether this thread may ask it."""

    def session(self) -> ssl.SSLSession | None:
        """What the next connection can begin with."""


# A session; or whom to ask for it; or how many connections are not to be asked.
_Held = tuple["ssl.SSLSession | None", SessionSource | None, int]


class SessionCache:
    """The last session with each server, the one used longest ago forgotten first. For any thread."""

    __slots__ = ("_held", "_lock", "_refused")

    def __init__(self) -> None:
        self._held: OrderedDict[str, _Held] = OrderedDict()
        # Servers that did not take up the last session that they were offered.
        self._refused: set[str] = set()
        self._lock = Lock()

    def take(self, server: str) -> ssl.SSLSession | None:
        """Take a session out: a ticket should be used only once (RFC 8446 appendix C.4)."""
        with self._lock:
            session, source, _ = self._held.get(server, _NOTHING)
            if session is None and (source is None or not source.can_be_asked()):
                return None
            del self._held[server]
        if source is not None:
            session = source.session()
            if session is None:
                self._put(server, _ASK_LATER)
        return session

    def put(self, server: str, session: ssl.SSLSession) -> None:
        """Remember a session that was taken up, and can be again."""
        self._refused.discard(server)
        self._put(server, (session, None, 0))

    def put_source(self, server: str, source: SessionSource) -> None:
        """Remember whom to ask when a session is wanted, unless this server gave none of late."""
        unasked = self._held.get(server, _NOTHING)[2]
        self._put(server, (None, None, unasked - 1) if unasked else (None, source, 0))

    def put_offered(self, server: str, source: SessionSource, *, was_taken: bool) -> None:
        """`put_source` after a session was offered to the server; twice in vain, and it is left alone."""
        refused = self._refused
        if was_taken:
            refused.discard(server)
        elif server in refused:
            refused.discard(server)
            self._put(server, _ASK_LATER)
            return
        else:
            # One refusal means little: its keys change now and then, and another port is another server.
            if len(refused) >= _SIZE:
                refused.clear()
            refused.add(server)
        self.put_source(server, source)

    def settle(self, server: str, source: SessionSource) -> None:
        """Ask `source`, which is about to be gone, if it is the one to ask."""
        if self._held.get(server, _NOTHING)[1] is source:
            session = source.session()
            self._put(server, _ASK_LATER if session is None else (session, None, 0))

    def _put(self, server: str, held: _Held) -> None:
        with self._lock:
            self._held[server] = held
            self._held.move_to_end(server)
            if len(self._held) > _SIZE:
                self._held.popitem(last=False)


_NOTHING: _Held = None, None, 0
_ASK_LATER: _Held = None, None, _UNASKED

_caches: WeakKeyDictionary[ssl.SSLContext, SessionCache] = WeakKeyDictionary()


def keep_sessions_of(context: ssl.SSLContext) -> None:
    """From now on remember the sessions of a context, which nobody may change any more."""
    _caches[context] = SessionCache()


def sessions_of(context: ssl.SSLContext) -> SessionCache | None:
    """Where the sessions of a context are remembered; `None` if they are not."""
    return _caches.get(context)
