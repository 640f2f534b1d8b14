"""The private attributes of 1.x's pools: what tools read is there, and what they replace is used."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

import httpcore
from httpcore._compat.attributes import READ, REPLACED

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWER = [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]

# Arguments of a pool, and what its attributes say then.
SAID: dict[str, tuple[dict[str, Any], object]] = {
    "_connections": ({}, []),
    "_http1": ({"http1": False, "http2": True}, False),
    "_http2": ({"http2": True}, True),
    "_keepalive_expiry": ({"keepalive_expiry": 2.5}, 2.5),
    "_local_address": ({"local_address": "127.0.0.9"}, "127.0.0.9"),
    "_max_connections": ({"max_connections": 7}, 7),
    "_max_keepalive_connections": ({"max_keepalive_connections": 3}, 3),
    "_network_backend": ({"network_backend": "a backend"}, "a backend"),
    "_proxy": ({}, None),
    "_retries": ({"retries": 4}, 4),
    "_socket_options": ({"socket_options": [(6, 1, 1)]}, ((6, 1, 1),)),
    "_ssl_context": ({}, None),
    "_uds": ({"uds": "/a/path"}, "/a/path"),
}
OF_A_PROXY = {"_proxy_auth", "_proxy_headers", "_proxy_ssl_context", "_proxy_url"}

POOLS: list[Callable[..., Any]] = [httpcore.ConnectionPool, httpcore.AsyncConnectionPool]


def test_all_of_them_are_tried_here() -> None:
    assert {*READ, *REPLACED} == {*SAID, *OF_A_PROXY}


@pytest.mark.parametrize("make", POOLS)
@pytest.mark.parametrize("name", SAID)
def test_an_argument_can_be_read(make: Callable[..., Any], name: str) -> None:
    arguments, said = SAID[name]
    assert getattr(make(**arguments), name) == said


@pytest.mark.parametrize("make", POOLS)
def test_what_is_not_limited_reads_as_it_did(make: Callable[..., Any]) -> None:
    pool = make(max_connections=None)
    assert pool._max_connections == pool._max_keepalive_connections == sys.maxsize
    assert pool._keepalive_expiry is None


@pytest.mark.parametrize("make", [httpcore.HTTPProxy, httpcore.AsyncHTTPProxy])
def test_a_proxy_says_what_it_is(make: Callable[..., Any]) -> None:
    pool = make("http://proxy.example:8080", proxy_auth=("a", "b"), proxy_headers={"x": "y"})
    assert pool._proxy_url == httpcore.URL("http://proxy.example:8080")
    assert pool._proxy_headers == [(b"Proxy-Authorization", b"Basic YTpi"), (b"x", b"y")]
    assert pool._proxy_ssl_context is None
    socks: Any = httpcore.SOCKSProxy("socks5://proxy.example", proxy_auth=("a", "b"))
    assert socks._proxy_auth == (b"a", b"b")


@pytest.mark.parametrize("name", sorted(OF_A_PROXY))
def test_a_pool_without_a_proxy_has_none_of_its_attributes(name: str) -> None:
    with pytest.raises(AttributeError):
        getattr(httpcore.ConnectionPool(), name)


@pytest.mark.parametrize("make", POOLS)
@pytest.mark.parametrize("name", REPLACED)
def test_what_is_replaced_is_what_the_pool_has(make: Callable[..., Any], name: str) -> None:
    pool = make()
    value = object()
    setattr(pool, name, value)
    assert getattr(pool, name) is value
    assert getattr(pool._settings, REPLACED[name]) is value
    assert name not in vars(pool)


def test_a_network_that_is_replaced_is_used() -> None:
    with httpcore.ConnectionPool() as pool:
        vars(httpcore.ConnectionPool)["_network_backend"].__set__(
            pool, httpcore.MockBackend(ANSWER)
        )
        assert pool.request("GET", "http://nowhere.example/").status == 200


async def test_a_network_that_is_replaced_is_used_in_tasks() -> None:
    async with httpcore.AsyncConnectionPool() as pool:
        vars(httpcore.AsyncConnectionPool)["_network_backend"].__set__(
            pool, httpcore.AsyncMockBackend(ANSWER)
        )
        assert (await pool.request("GET", "http://nowhere.example/")).status == 200


@pytest.mark.parametrize("base", POOLS)
def test_a_subclass_may_set_them_for_itself_before_the_pool_is_made(base: Any) -> None:
    class Pool(base):  # type: ignore[misc]  # one of two
        def __init__(self) -> None:
            self._proxy_url = "its own"
            self._retries = 5
            with pytest.raises(AttributeError, match="'Pool' has no attribute '_uds' yet"):
                _ = self._uds
            super().__init__(retries=6)

    pool = Pool()
    assert (pool._proxy_url, pool._retries) == ("its own", 6)


def test_the_attributes_say_on_the_class_what_they_are() -> None:
    with pytest.raises(AttributeError, match="_retries"):
        _ = httpcore.ConnectionPool._retries  # type: ignore[attr-defined]  # they are put there
    assert "_retries" in vars(httpcore.ConnectionPool)
    # The transport face is of another generation.
    assert not hasattr(httpcore.SyncConnectionPool(), "_retries")
