"""TLS without a network: ciphertext in, plaintext out, and the other way round.

One engine serves every stream: a socket, a transport, or another TLS stream. `SSLSocket` would do for sockets alone,
and was measured: no faster, because OpenSSL asks the kernel twice for each record and raises when there is none.

Each call is one step. What one thread reads while another writes meets in the same OpenSSL object, which is not made
for that, so the engine of the synchronous streams takes a lock for the length of a step, never while waiting.
"""

from __future__ import annotations

import errno
import ssl
from _thread import allocate_lock, get_ident
from contextlib import nullcontext, suppress
from typing import Generic, Protocol, TypeVar

from httpcore_interfaces import AsyncParker, Parker

from .alpn import offering

__all__ = ["AsyncTLSEngine", "TLSEngine"]

# The most that one record carries (RFC 8446 section 5.1), and so the most that OpenSSL gives at once.
_RECORD = 16384


class _Parker(Protocol):
    def unpark(self) -> None: ...


P = TypeVar("P", bound=_Parker)


class _TLSEngine(Generic[P]):
    """The client's side of one TLS connection; `P` is what a task or a thread waits on.

    It offers `alpn_protocols`; when that is `None`, what the context says.

    Making one raises `ValueError` or `ssl.SSLError` when the arguments make no handshake possible; the steps raise
    `ssl.SSLError`.
    """

    __slots__ = (
        "_broken",
        "_ended",
        "_incoming",
        "_is_dry",
        "_outgoing",
        "_sending",
        "_stash",
        "_unsent",
        "_waiting",
        "failure",
        "ssl_object",
        "unannounced_end",
        "written",
    )

    def __init__(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None,
        session: ssl.SSLSession | None = None,
        alpn_protocols: tuple[str, ...] | None = None,
    ) -> None:
        # An SSLSocket asks for this, an SSLObject would silently verify no name at all.
        if ssl_context.check_hostname and not server_hostname:
            raise ValueError(
                "check_hostname requires server_hostname: give the name that the certificate must have"
            )
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        with nullcontext() if alpn_protocols is None else offering(ssl_context, alpn_protocols):
            self.ssl_object = ssl_context.wrap_bio(
                self._incoming, self._outgoing, server_hostname=server_hostname, session=session
            )
        # Plaintext that was decrypted only to find out whether there is any.
        self._stash = b""
        self._ended = False
        # Whether OpenSSL has nothing to give until more ciphertext comes: asked nevertheless, as at the beginning of most
        # reads, it would answer with an exception.
        self._is_dry = False
        # The connection has ended without TLS's own word for it, `close_notify`: whoever can cut it could have done that.
        self.unannounced_end = False
        # Why nothing more can be read; told when what came before it has been.
        self.failure: ssl.SSLError | None = None
        # Who sends, sends everything that is there; a second one waits for its turn.
        self._sending = False
        self._waiting: P | None = None
        # What is left of a turn that was cut short, and goes first next time.
        self._unsent = b""
        # Ciphertext was lost on its way, so that nothing that follows it could be understood.
        self._broken = False
        # Bytes of plaintext taken: they are sent sooner or later, in order, or nothing is any more.
        self.written = 0

    def handshake(self, ciphertext: bytes | None = None) -> bool:
        """Go on with the handshake, `b""` being the end; `True` when it is over, `False` when it needs more."""
        if ciphertext is not None:
            self._feed(ciphertext)
        try:
            self.ssl_object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def decrypt(self, max_bytes: int, ciphertext: bytes | None = None) -> bytes | None:
        """Return plaintext, `b""` at the end, `None` when more ciphertext is needed.

        `ciphertext`: what the peer sent since; `b""` is the end.
        """
        return self._decrypt(max_bytes, ciphertext)

    def is_readable(self, ciphertext: bytes | None) -> bool:
        """Whether plaintext, the end or an error is there, and not only what TLS says for itself, such as tickets."""
        try:
            data = self._decrypt(_RECORD, ciphertext)
        except ssl.SSLError:
            return True
        if data:
            self._stash = data + self._stash
        return data is not None

    @property
    def must_send(self) -> bool:
        """Whether TLS has something to say for itself, without which the peer might not go on."""
        return (self._outgoing.pending > 0 or bool(self._unsent)) and not self._broken

    def begin_sending(self, plaintext: bytes | memoryview = b"") -> bytes | P:
        """Encrypt, and return all ciphertext that is to be sent, or what to wait on while another is sending.

        Whoever got ciphertext sends it and calls `end_sending`; `b""` is no turn and needs no end. Whoever waited asks
        again, without the plaintext. Raises `BrokenPipeError` after a turn that failed.
        """
        if self._broken:
            raise BrokenPipeError(errno.EPIPE, "an earlier write was not finished")
        if plaintext:
            self.ssl_object.write(plaintext)
            self.written += len(plaintext)
        if self._sending:
            self._waiting = self._make_parker()
            return self._waiting
        ciphertext = self._unsent + self._outgoing.read()
        self._unsent = b""
        self._sending = bool(ciphertext)
        return ciphertext

    def end_sending(self, unsent: bytes | None = b"") -> None:
        """End the turn; `unsent` is what was not handed over, `None` when nobody knows."""
        self._sending = False
        if unsent is None:
            self._broken = True
        else:
            self._unsent = unsent
        if self._waiting is not None:
            self._waiting.unpark()
            self._waiting = None

    def close(self) -> bytes:
        """Say that nothing more will come, and return what is to be sent, if it can be sent in good order."""
        with suppress(
            OSError, ValueError
        ):  # it wants the peer's answer, or has never been connected
            self.ssl_object.unwrap()
        if self._sending or self._broken:
            return b""
        return self._unsent + self._outgoing.read()

    def can_be_asked(self) -> bool:
        """Whether this thread may call `session()` now."""
        raise NotImplementedError

    def has_resumed(self) -> bool:
        """Whether the server took up the session that it was offered."""
        return bool(self.ssl_object.session_reused)

    def can_resume_again(self) -> bool:
        """Whether that session may be taken up again: one of TLS 1.2, which knows no single use."""
        return self.ssl_object.version() != "TLSv1.3"

    def session(self) -> ssl.SSLSession | None:
        """What the next connection to this server can begin with, if the server has given such a thing."""
        if self.failure is not None:
            return None
        session = self.ssl_object.session
        # In TLS 1.3 the ticket makes the session, and comes some time after the handshake.
        if session is None or not (session.has_ticket or self.ssl_object.version() != "TLSv1.3"):
            return None
        return session

    def last_words(self) -> bytes:
        """What is to be sent although the handshake failed: the alert that tells the peer why."""
        return self._outgoing.read()

    def _make_parker(self) -> P:
        raise NotImplementedError

    def _feed(self, ciphertext: bytes) -> None:
        if ciphertext:
            self._incoming.write(ciphertext)
        else:
            self._incoming.write_eof()

    def _decrypt(self, max_bytes: int, ciphertext: bytes | None) -> bytes | None:
        if ciphertext is not None:
            self._feed(ciphertext)
        if self._stash:
            data, self._stash = self._stash[:max_bytes], self._stash[max_bytes:]
            return data
        if ciphertext is not None or not self._is_dry:
            data = self._decrypt_records(max_bytes)
            if data:
                return data
        if self.failure is not None:
            raise self.failure
        return b"" if self._ended else None

    def _decrypt_records(self, max_bytes: int) -> bytes:
        """All that there is: several records may have come at once, and whoever reads wants few and large pieces."""
        if self._ended or self.failure is not None:
            return b""
        read, incoming = self.ssl_object.read, self._incoming
        pieces: list[bytes] = []
        left = max_bytes
        self._is_dry = False
        try:
            while left:
                data = read(left if left < _RECORD else _RECORD)
                if not data:
                    self._end()
                    break
                pieces.append(data)
                left -= len(data)
                if left and not incoming.pending:
                    self._is_dry = True
                    break
        except ssl.SSLWantReadError:
            self._is_dry = True
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            self._end()
        except ssl.SSLError as error:
            self.failure = error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _end(self) -> None:
        self._ended = True
        # Python's contexts have OpenSSL take either end for the other. But all that came before the end of the
        # connection had been read when that was fed: if `close_notify` was in it, this is told before.
        self.unannounced_end = self._incoming.eof


class AsyncTLSEngine(_TLSEngine[AsyncParker]):
    """For streams whose reader and writer are tasks of one thread."""

    __slots__ = ("_thread",)

    def __init__(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None,
        session: ssl.SSLSession | None = None,
        alpn_protocols: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(ssl_context, server_hostname, session, alpn_protocols)
        self._thread = get_ident()

    def can_be_asked(self) -> bool:
        # In another the loop may be reading at this moment.
        return self._thread == get_ident()

    def _make_parker(self) -> AsyncParker:
        return AsyncParker()


class TLSEngine(_TLSEngine[Parker]):
    """For streams that one thread reads while another writes: each step holds a lock."""

    __slots__ = ("_lock",)

    def __init__(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None,
        session: ssl.SSLSession | None = None,
        alpn_protocols: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(ssl_context, server_hostname, session, alpn_protocols)
        self._lock = allocate_lock()

    def handshake(self, ciphertext: bytes | None = None) -> bool:
        with self._lock:
            return super().handshake(ciphertext)

    def decrypt(self, max_bytes: int, ciphertext: bytes | None = None) -> bytes | None:
        with self._lock:
            return super().decrypt(max_bytes, ciphertext)

    def begin_sending(self, plaintext: bytes | memoryview = b"") -> bytes | Parker:
        with self._lock:
            return super().begin_sending(plaintext)

    def end_sending(self, unsent: bytes | None = b"") -> None:
        with self._lock:
            super().end_sending(unsent)

    def is_readable(self, ciphertext: bytes | None) -> bool:
        with self._lock:
            return super().is_readable(ciphertext)

    def can_be_asked(self) -> bool:
        return True

    def session(self) -> ssl.SSLSession | None:
        with self._lock:
            return super().session()

    def close(self) -> bytes:
        with self._lock:
            return super().close()

    def _make_parker(self) -> Parker:
        return Parker()
