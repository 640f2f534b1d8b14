"""What the operating system and TLS report, told once in the house's words.

Every backend raises through here, so that the same failure has the same class, the same fields and a sentence that
names the peer, whichever event loop it happened on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import (
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "alert_in",
    "closed_for_reading",
    "closed_for_writing",
    "connect_failed",
    "connect_timed_out",
    "peer_name",
    "read_failed",
    "read_timed_out",
    "reason",
    "resolve_failed",
    "resolve_timed_out",
    "tls_failed",
    "tls_read_failed",
    "tls_timed_out",
    "tls_write_failed",
    "write_failed",
    "write_timed_out",
]

#: One attempt to connect: the address as text, and what came of it.
Attempt = tuple[str, BaseException]


# By these alerts (RFC 8446 section 6.2) a server says that it does not like the client's certificate, or the lack of one.
_ABOUT_CERTIFICATES = {
    "access denied",
    "bad certificate",
    "certificate expired",
    "certificate required",
    "certificate revoked",
    "certificate unknown",
    "unknown ca",
    "unsupported certificate",
}


def alert_in(error: BaseException) -> str | None:
    """The words of the TLS alert that the peer sent, such as `"certificate expired"`; `None` for other failures."""
    reason = getattr(error, "reason", None)
    _, _, name = reason.partition("_ALERT_") if isinstance(reason, str) else ("", "", "")
    return name.lower().replace("_", " ") or None


def reason(error: BaseException) -> str:
    """What went wrong, never empty."""
    verify_message = getattr(error, "verify_message", None)
    if verify_message:
        return f"the certificate was not accepted: {verify_message}"
    alert = alert_in(error)
    if alert is not None:
        advice = ""
        if alert in _ABOUT_CERTIFICATES:
            advice = "; it is about the client certificate, which load_cert_chain() gives to the ssl_context"
        return f"the peer sent the TLS alert {alert!r}{advice}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def peer_name(sockaddr: object) -> str:
    """A peer's socket address as text."""
    if isinstance(sockaddr, tuple) and len(sockaddr) > 1:
        host, port = sockaddr[:2]
        return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
    return str(sockaddr) if sockaddr else "the peer"


def read_failed(peer: str, error: BaseException) -> ReadError:
    """Reading failed."""
    return ReadError(f"reading from {peer} failed: {reason(error)}", peer=peer)


def read_timed_out(peer: str, limit: float, elapsed: float) -> ReadTimeout:
    """Nothing came in time."""
    return ReadTimeout(
        f"read timeout: {peer} sent nothing for {elapsed:.3g} s; raise the read timeout if it needs longer",
        peer=peer,
        limit=limit,
        elapsed=elapsed,
    )


def write_failed(peer: str, error: BaseException) -> WriteError:
    """Writing failed."""
    return WriteError(f"writing to {peer} failed: {reason(error)}", peer=peer)


def write_timed_out(peer: str, limit: float, elapsed: float) -> WriteTimeout:
    """The peer took nothing in time."""
    return WriteTimeout(
        f"write timeout: {peer} took nothing for {elapsed:.3g} s; raise the write timeout if it needs longer",
        peer=peer,
        limit=limit,
        elapsed=elapsed,
    )


def closed_for_reading(peer: str) -> ReadError:
    """This side closed the stream before or during the read."""
    return ReadError(f"cannot read from {peer}: the stream was closed on this side", peer=peer)


def closed_for_writing(peer: str) -> WriteError:
    """This side closed the stream before or during the write."""
    return WriteError(f"cannot write to {peer}: the stream was closed on this side", peer=peer)


def resolve_failed(host: str, error: BaseException) -> ConnectError:
    """No address for a name."""
    return ConnectError(f"cannot resolve {host!r}: {reason(error)}", phase="resolve")


def resolve_timed_out(host: str, limit: float | None, elapsed: float) -> ConnectTimeout:
    """No address for a name in time."""
    return ConnectTimeout(
        f"connect timeout: {host!r} was not resolved within {elapsed:.3g} s",
        phase="resolve",
        limit=limit,
        elapsed=elapsed,
    )


def connect_failed(attempts: Sequence[Attempt]) -> ConnectError:
    """No address could be connected to."""
    if not attempts:
        return ConnectError("cannot connect: there is no address to connect to", phase="connect")
    first, cause = attempts[0]
    if len(attempts) == 1:
        sentence = f"cannot connect to {first}: {reason(cause)}"
        return ConnectError(sentence, phase="connect", peer=first, attempts=tuple(attempts))
    sentence = f"cannot connect to any of {len(attempts)} addresses"
    return ConnectError(sentence, phase="connect", attempts=tuple(attempts))


def connect_timed_out(limit: float, elapsed: float, attempts: Sequence[Attempt]) -> ConnectTimeout:
    """No address answered in time; `attempts` also lists those that were still being tried."""
    where = attempts[0][0] if len(attempts) == 1 else f"any of {len(attempts)} addresses"
    return ConnectTimeout(
        f"connect timeout: no connection to {where} within {elapsed:.3g} s",
        phase="connect",
        limit=limit,
        elapsed=elapsed,
        attempts=tuple(attempts),
    )


def tls_failed(host: str | None, peer: str, error: BaseException) -> ConnectError:
    """The TLS handshake failed, or its arguments make none possible."""
    sentence = f"the TLS handshake with {_who(host, peer)} failed: {reason(error)}"
    return ConnectError(sentence, phase="tls", peer=peer)


def tls_read_failed(host: str, peer: str, error: BaseException) -> ReadError:
    """What came was no proper TLS, or an alert."""
    return ReadError(f"reading from {_who(host, peer)} failed: {reason(error)}", peer=peer)


def tls_write_failed(host: str, peer: str, alert: BaseException) -> WriteError:
    """The peer has taken its leave with an alert."""
    return WriteError(f"writing to {_who(host, peer)} failed: {reason(alert)}", peer=peer)


def tls_timed_out(host: str | None, peer: str, limit: float, elapsed: float) -> ConnectTimeout:
    """The TLS handshake took too long."""
    who = _who(host, peer)
    sentence = f"connect timeout: the TLS handshake with {who} was not over within {elapsed:.3g} s"
    return ConnectTimeout(sentence, phase="tls", peer=peer, limit=limit, elapsed=elapsed)


def _who(host: str | None, peer: str) -> str:
    return f"{host} at {peer}" if host else peer
