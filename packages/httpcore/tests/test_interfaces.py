"""The interfaces of 1.x, as those who implement them find them: what is asked of a subclass, and what it raises until then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import httpcore

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGIN = httpcore.Origin(b"http", b"a.example", 80)
REQUEST = httpcore.Request("GET", "http://a.example/")


def test_a_connection_answers_nothing_by_itself() -> None:
    connection = httpcore.ConnectionInterface()
    questions: list[Callable[[], object]] = [
        connection.close,
        connection.info,
        connection.is_available,
        connection.has_expired,
        connection.is_idle,
        connection.is_closed,
        lambda: connection.can_handle_request(ORIGIN),
        lambda: connection.handle_request(REQUEST),
    ]
    for ask in questions:
        with pytest.raises(NotImplementedError):
            ask()


async def test_an_asynchronous_connection_answers_nothing_by_itself() -> None:
    connection = httpcore.AsyncConnectionInterface()
    questions: list[Callable[[], object]] = [
        connection.info,
        connection.is_available,
        connection.has_expired,
        connection.is_idle,
        connection.is_closed,
        lambda: connection.can_handle_request(ORIGIN),
    ]
    for ask in questions:
        with pytest.raises(NotImplementedError):
            ask()
    with pytest.raises(NotImplementedError):
        await connection.handle_async_request(REQUEST)
    with pytest.raises(NotImplementedError):
        await connection.aclose()


def test_a_network_connects_nowhere_by_itself() -> None:
    backend = httpcore.NetworkBackend()
    with pytest.raises(NotImplementedError):
        backend.connect_tcp("a.example", 80)
    with pytest.raises(NotImplementedError):
        backend.connect_unix_socket("/a/path")


async def test_an_asynchronous_network_connects_nowhere_by_itself() -> None:
    backend = httpcore.AsyncNetworkBackend()
    with pytest.raises(NotImplementedError):
        await backend.connect_tcp("a.example", 80)
    with pytest.raises(NotImplementedError):
        await backend.connect_unix_socket("/a/path")


async def test_a_transport_sends_nothing_by_itself() -> None:
    url = (b"http", b"a.example", 80, b"/")
    with httpcore.SyncHTTPTransport() as transport, pytest.raises(NotImplementedError):
        transport.request(b"GET", url)
    async with httpcore.AsyncHTTPTransport() as async_transport:
        with pytest.raises(NotImplementedError):
            await async_transport.arequest(b"GET", url)


def test_how_much_is_read_at_once_can_be_seen() -> None:
    assert httpcore.HTTP11Connection.READ_NUM_BYTES == 64 * 1024
    assert httpcore.AsyncHTTP11Connection.READ_NUM_BYTES == 64 * 1024
