"""Which sessions are remembered."""

from __future__ import annotations

import ssl

import pytest

from httpcore_pool._backends.tls_sessions import SessionCache, sessions_of
from httpcore_pool._tls import shared_ssl_context

SESSION: ssl.SSLSession = object()  # type: ignore[assignment]
OTHER: ssl.SSLSession = object()  # type: ignore[assignment]


class Source:
    """Who can be asked for a session, and how often that was done."""

    def __init__(self, session: ssl.SSLSession | None, is_here: bool = True) -> None:
        self.answer = session
        self.is_here = is_here
        self.asked = 0

    def can_be_asked(self) -> bool:
        return self.is_here

    def session(self) -> ssl.SSLSession | None:
        self.asked += 1
        return self.answer


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


def test_nobody_is_asked_before_a_session_is_wanted() -> None:
    cache = SessionCache()
    first, second = Source(SESSION), Source(OTHER)
    cache.put_source("a.example", first)
    cache.put_source("a.example", second)
    cache.settle("a.example", first)
    assert (first.asked, second.asked) == (0, 0)
    assert cache.take("a.example") is OTHER
    assert cache.take("a.example") is None
    cache.settle("a.example", second)
    assert (first.asked, second.asked) == (0, 1)
    assert cache.take("a.example") is None


def test_who_is_about_to_be_gone_is_asked_before() -> None:
    cache = SessionCache()
    source = Source(SESSION)
    cache.put_source("a.example", source)
    cache.settle("a.example", source)
    assert source.asked == 1
    assert cache.take("a.example") is SESSION
    assert source.asked == 1


def test_another_threads_connection_is_not_asked_and_not_forgotten() -> None:
    cache = SessionCache()
    source = Source(SESSION, is_here=False)
    cache.put_source("a.example", source)
    assert cache.take("a.example") is None
    source.is_here = True
    assert cache.take("a.example") is SESSION


@pytest.mark.parametrize("settles", [False, True])
def test_a_server_that_gave_no_session_is_not_asked_for_a_while(settles: bool) -> None:
    cache = SessionCache()
    asked = []
    for number in range(250):
        cache.take("a.example")
        source = Source(None)
        cache.put_source("a.example", source)
        if settles:
            cache.settle("a.example", source)
        else:
            cache.take("a.example")
        asked += [number] * source.asked
    assert asked == [0, 101, 202]
    cache.put("a.example", SESSION)
    assert cache.take("a.example") is SESSION


def test_a_server_is_left_alone_only_when_it_refuses_twice_in_a_row() -> None:
    cache = SessionCache()
    for _ in range(5):
        for was_taken in (False, True):
            cache.put_offered("a.example", Source(SESSION), was_taken=was_taken)
            assert cache.take("a.example") is SESSION
    cache.put_offered("a.example", Source(SESSION), was_taken=False)
    cache.put("a.example", SESSION)
    cache.put_offered("a.example", Source(SESSION), was_taken=False)
    assert cache.take("a.example") is SESSION
    cache.put_offered("a.example", Source(SESSION), was_taken=False)
    assert cache.take("a.example") is None


def test_refusals_are_not_counted_without_end() -> None:
    cache = SessionCache()
    for number in range(1000):
        cache.put_offered(f"{number}.example", Source(SESSION), was_taken=False)
    assert len(cache._refused) <= 256


def test_sessions_are_kept_for_the_contexts_of_the_house() -> None:
    assert sessions_of(shared_ssl_context(("http/1.1",))) is not None
    assert sessions_of(ssl.create_default_context()) is None
