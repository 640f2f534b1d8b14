"""A backend's memory of names, and the resolvers that come with the house, with a clock of their own."""

from __future__ import annotations

from threading import Event
from typing import Any

import anyio
import pytest

from httpcore_interfaces import ConnectError, ConnectTimeout
from httpcore_pool import Resolved, StaticResolver, SyncBackend
from httpcore_pool._backends.addresses import numeric_addresses
from httpcore_pool._backends.asyncio_native import AsyncioBackend
from httpcore_pool._backends.names import Names

from .ends import async_backend

FOUND = numeric_addresses("192.0.2.1", 80)


def test_answer_holds_for_as_long_as_it_says_or_as_the_backend_says() -> None:
    names = Names(cache_size=10, cache_seconds=5.0)
    names.learn("said", 80, (FOUND, 60.0), 100.0)
    names.learn("unsaid", 80, (FOUND, None), 100.0)
    names.learn("never", 80, (FOUND, 0.0), 100.0)
    known = {
        now: [name for name in ("said", "unsaid", "never") if names.known(name, 80, now)]
        for now in (100.0, 104.9, 105.0, 159.9, 160.0)
    }
    assert known == {
        100.0: ["said", "unsaid"],
        104.9: ["said", "unsaid"],
        105.0: ["said"],
        159.9: ["said"],
        160.0: [],
    }


def test_ports_are_told_apart_and_letters_are_not() -> None:
    names = Names(cache_size=10)
    names.learn("Server", 80, (FOUND, None), 0.0)
    assert names.known("sERVER", 80, 0.0) == FOUND
    assert not names.known("server", 81, 0.0)


def test_never_more_than_the_last_used_are_kept() -> None:
    names = Names(cache_size=2)
    for name in ("a", "b"):
        names.learn(name, 80, (FOUND, None), 0.0)
    assert names.known("a", 80, 0.0)
    names.learn("c", 80, (FOUND, None), 0.0)
    assert [name for name in "abc" if names.known(name, 80, 0.0)] == ["a", "c"]
    for number in range(1000):
        names.learn(f"n{number}", 80, (FOUND, None), 0.0)
    assert len(names._cache) == 2


def test_nothing_is_kept_unless_that_is_asked_for() -> None:
    names = Names()
    names.learn("a", 80, (FOUND, 60.0), 0.0)
    assert not names.known("a", 80, 0.0)


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"resolver": "dns.example"}, TypeError, "resolver must be callable, but got str"),
        ({"cache_size": -1}, ValueError, "cache_size must be at least 0"),
        ({"cache_seconds": float("nan")}, ValueError, "cache_seconds must not be negative or NaN"),
    ],
)
def test_options_are_checked(options: dict[str, Any], kind: type[Exception], message: str) -> None:
    for backend in (SyncBackend, AsyncioBackend):
        with pytest.raises(kind, match=message):
            backend(**options)


def test_static_resolver_knows_names_and_names_with_ports() -> None:
    resolver = StaticResolver(
        {"A.example": "192.0.2.1", "a.example:81": ["192.0.2.2", "2001:db8::2"]}
    )
    assert resolver("a.EXAMPLE", 80) == ("192.0.2.1",)
    assert resolver("a.example", 81) == ("192.0.2.2", "2001:db8::2")
    assert resolver("b.example", 80) is None
    with pytest.raises(ValueError, match=r"^'a\.example', given for 'b', is no IP address$"):
        StaticResolver({"b": "a.example"})
    with pytest.raises(ValueError, match="is no IP address"):
        StaticResolver({"b": ":::"})


def test_synchronous_backend_takes_no_coroutine_function() -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return []

    network = SyncBackend(resolver=resolver)  # type: ignore[arg-type]
    for timeout in (None, 5.0):
        with pytest.raises(ConnectError, match="must be a plain function"):
            network.resolve("a.example", 80, timeout)


def test_slow_resolver_of_threads_is_left_to_itself() -> None:
    over = Event()

    def resolver(host: str, port: int) -> Resolved:
        over.wait(10.0)
        return Resolved(["192.0.2.1"])

    try:
        with pytest.raises(ConnectTimeout, match=r"'a\.example' was not resolved within"):
            SyncBackend(resolver=resolver).resolve("a.example", 80, 0.01)
    finally:
        over.set()


async def test_slow_resolver_of_tasks_is_cancelled() -> None:
    async def resolver(host: str, port: int) -> Resolved:
        await anyio.sleep_forever()
        raise AssertionError("nobody waits for it any more")

    for kind in ("native", "anyio", "auto"):
        with pytest.raises(ConnectTimeout, match=r"'a\.example' was not resolved within"):
            await async_backend(kind, resolver=resolver).resolve("a.example", 80, 0.01)


def test_subclass_need_not_call_the_constructor() -> None:
    class Own(SyncBackend):
        def __init__(self) -> None:
            pass

    assert [str(address) for address in Own().resolve("192.0.2.1", 80)] == ["192.0.2.1:80"]
