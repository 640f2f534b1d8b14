"""Which sessions are remembered."""

from __future__ import annotations

import ssl

from httpcore_pool._backends.tls_sessions import SessionCache, sessions_of
from httpcore_pool._tls import shared_ssl_context

SESSION: ssl.SSLSession = object()  # type: ignore[assignment]
OTHER: ssl.SSLSession = object()  # type: ignore[assignment]


def test_session_is_taken_once() -> None:
    cache = SessionCache()
    cache.put("a.example", SESSION)
    assert cache.take("b.example") is None
    assert cache.take("a.example") is SESSION
    assert cache.take("a.example") is None


def test_last_session_counts() -> None:
    cache = SessionCache()
    cache.put("a.example", SESSION)
    cache.put("a.example", OTHER)
    assert cache.take("a.example") is OTHER


def test_oldest_session_is_forgotten() -> None:
    cache = SessionCache()
    for number in range(256):
        cache.put(f"{number}.example", SESSION)
    cache.put("0.example", SESSION)
    cache.put("one-more.example", SESSION)
    assert cache.take("1.example") is None
    assert cache.take("0.example") is SESSION


def test_sessions_are_kept_for_the_contexts_of_the_house() -> None:
    assert sessions_of(shared_ssl_context(("http/1.1",))) is not None
    assert sessions_of(ssl.create_default_context()) is None
