"""A server that speaks HTTP/2 and says that it wants HTTP/1.1 (HTTP_1_1_REQUIRED; RFC 9113, 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from httpcore_interfaces import RemoteProtocolError, Request
from httpcore_interfaces.testing import AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool
from httpcore_pool._tls import shared_ssl_context

from .lines import AsyncRecorder, async_get, async_greeter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

URL = "https://a/"
HEADERS = {"Host": "a"}


def async_reluctant() -> AsyncScriptedStream:
    """A connection on which the server chose HTTP/2, and regrets it."""
    return AsyncScriptedStream(alpn="h2", extra_info={"wants_http11": True})


def async_reluctant_network() -> AsyncScriptedBackend:
    """Such a server: its first connection is one of HTTP/2, all others are of HTTP/1.1."""
    streams = [async_reluctant(), *(async_greeter(alpn="http/1.1") for _ in range(3))]
    return AsyncScriptedBackend(streams)


async def async_chunks() -> AsyncIterator[bytes]:
    yield b"content"


async def test_the_request_is_redone_over_http11_and_so_are_the_next() -> None:
    network = async_reluctant_network()
    recorder = AsyncRecorder()
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        for _ in range(3):
            response = await pool.request(
                "POST", URL, headers=HEADERS, content=b"content", extensions={"trace": recorder}
            )
            assert response.extensions["http_version"] == b"HTTP/1.1"
            assert response.content == b"hello"
        assert len(network.connects) == 2
        contexts = [
            info["ssl_context"]
            for name, info in recorder.events
            if name == "connection.start_tls.started"
        ]
        assert contexts == [
            shared_ssl_context(("h2", "http/1.1")),
            shared_ssl_context(("http/1.1",)),
        ]
        assert pool.stats().replays == 1


async def test_one_that_asks_again_and_again_is_heard_in_the_end() -> None:
    network = AsyncScriptedBackend(lambda connect: async_reluctant())
    async with AsyncConnectionPool(http2=True, network_backend=network) as pool:
        with pytest.raises(RemoteProtocolError, match="wants HTTP"):
            await async_get(pool, URL)
        assert len(network.connects) == 6


@pytest.mark.parametrize(
    ("options", "content", "extensions"),
    [
        ({}, "chunks", {}),
        ({"replay": False}, None, {}),
        ({"http1": False}, None, {}),
        ({}, None, {"duplex": True}),
        ({}, None, {"protocol": b"websocket"}),
    ],
)
async def test_what_cannot_be_redone_ends_with_an_error_that_says_what_to_do(
    options: dict[str, Any], content: str | None, extensions: dict[str, Any]
) -> None:
    network = async_reluctant_network()
    async with AsyncConnectionPool(http2=True, network_backend=network, **options) as pool:
        request = Request(
            "POST",
            URL,
            headers=HEADERS,
            content=async_chunks() if content else None,
            extensions=extensions,
        )
        with pytest.raises(RemoteProtocolError, match="wants HTTP") as caught:
            await pool.handle_async_request(request)
        assert caught.value.safe_to_retry
        assert caught.value.http11_required
        assert len(network.connects) == 1
        # What can be sent again by the caller goes the right way then.
        remembers = not extensions and "http1" not in options
        assert bool(pool._old_fashioned) == remembers
        if remembers:
            response = await pool.request("GET", URL)
            assert response.extensions["http_version"] == b"HTTP/1.1"
