"""The transport face: plain arguments in wire form, a plain tuple back, and a `TypeError` for anything else."""

from __future__ import annotations

from typing import Any

import pytest

from httpcore_interfaces import (
    AsyncByteStream,
    LocalProtocolError,
    PlainByteStream,
    UnsupportedProtocol,
)
from httpcore_interfaces.testing import TURN, AsyncScriptedBackend, AsyncScriptedStream

from ..support import async_transport_pool, async_transport_proxy
from .lines import HELLO, async_greeting_network

URL = (b"http", b"a", None, b"/")


async def async_body_of(stream: AsyncByteStream) -> bytes:
    body = b""
    async for chunk in stream:
        body += chunk
    await stream.aclose()
    return body


async def test_request_and_response_are_plain() -> None:
    network = AsyncScriptedBackend(
        lambda connect: AsyncScriptedStream([b"201 Made\tX: y\n", *HELLO[1:]])
    )
    async with async_transport_pool(network) as pool:
        status, headers, stream, ext = await pool.arequest(
            b"POST",
            (b"http", b"a", 81, b"/path"),
            [(b"Host", b"a:81")],
            PlainByteStream(b"content"),
            {"timeout": {"connect": 5.0}},
        )
        assert status == 201
        assert headers == [(b"X", b"y")]
        assert ext["http_version"] == "HTTP/1.1"
        assert ext["reason"] == "Made"
        assert "reason_phrase" not in ext
        assert await async_body_of(stream) == b"hello"
    assert network.connects[0].port == 81
    assert network.connects[0].timeout == 5.0
    assert network.streams[0].written == b"POST\t/path\tHost: a:81\ncontent\n\n"


async def test_all_but_method_and_url_may_be_left_out() -> None:
    network = async_greeting_network()
    async with async_transport_pool(network) as pool:
        status, _, stream, _ = await pool.arequest(b"GET", URL)
        assert status == 200
        assert await async_body_of(stream) == b"hello"
    assert network.streams[0].written == b"GET\t/\n\n"


async def test_response_without_a_reason_has_an_empty_one() -> None:
    network = AsyncScriptedBackend([AsyncScriptedStream(alpn="h2")])
    async with async_transport_pool(network, http2=True) as pool:
        _, _, stream, ext = await pool.arequest(b"GET", (b"https", b"a", None, b"/"))
        assert ext == {"http_version": "HTTP/2", "reason": ""}
        await stream.aclose()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("GET", URL), r"^method must be bytes such as b'GET', but got str: 'GET'$"),
        ((None, URL), r"method must be bytes such as b'GET', but got NoneType"),
        ((b"GET", "http://a/"), r"url must be a tuple .* but got str: 'http://a/'"),
        ((b"GET", (b"http", b"a", None)), r"url must be a tuple"),
        ((b"GET", [b"http", b"a", None, b"/"]), r"url must be a tuple .* but got list"),
        ((b"GET", ("http", b"a", None, b"/")), r"the scheme in url must be bytes, but got str"),
        ((b"GET", (b"http", "a", None, b"/")), r"the host in url must be bytes, but got str"),
        ((b"GET", (b"http", b"a", None, "/")), r"the target in url must be bytes, but got str"),
        ((b"GET", (b"http", b"a", "80", b"/")), r"port must be int or None, but got str"),
        ((b"GET", (b"http", b"a", True, b"/")), r"port must be int or None, but got bool"),
        ((b"GET", URL, [("X", b"y")]), r"headers must be a list of pairs of bytes, but it holds"),
        ((b"GET", URL, [(b"X", "y")]), r"but it holds \(b'X', 'y'\)"),
        ((b"GET", URL, [b"Xy"]), r"but it holds b'Xy'"),
        ((b"GET", URL, [(b"X",)]), r"but it holds \(b'X',\)"),
        ((b"GET", URL, [], "text"), r"content must be bytes or an iterable of bytes"),
        ((b"GET", URL, [], None, 7), r"extensions must be a mapping, but got int"),
        ((b"GET", URL, [], None, {"timeout": 5.0}), r"the timeout extension must be a mapping"),
    ],
)
async def test_wrong_types_are_refused(arguments: tuple[Any, ...], message: str) -> None:
    network = async_greeting_network()
    async with async_transport_pool(network) as pool:
        with pytest.raises(TypeError, match=message):
            await pool.arequest(*arguments)
        assert network.connects == []
        _, _, stream, _ = await pool.arequest(b"GET", URL)
        assert await async_body_of(stream) == b"hello"


async def test_what_cannot_be_sent_is_refused() -> None:
    network = async_greeting_network()
    async with async_transport_pool(network) as pool:
        for url, headers, error in (
            ((b"", b"a", 80, b"/"), [], UnsupportedProtocol),
            ((b"ftp", b"a", None, b"/"), [], UnsupportedProtocol),
            ((b"http", b"", None, b"/"), [], LocalProtocolError),
            ((b"http", b"a", None, b""), [], LocalProtocolError),
            ((b"http", b"a", -1, b"/"), [], LocalProtocolError),
            ((b"http", b"a", 65536, b"/"), [], LocalProtocolError),
            (URL, [(b"X", b"a\r\nb")], LocalProtocolError),
            (URL, [(b"X\0", b"a")], LocalProtocolError),
        ):
            with pytest.raises(error):
                await pool.arequest(b"GET", url, headers)
        assert network.connects == []


async def test_proxy_is_a_tuple_too() -> None:
    network = async_greeting_network()
    async with async_transport_proxy(
        (b"http", b"proxy", 8080, b"/"),
        network,
        proxy_headers=[(b"X-Proxy", b"1")],
        proxy_mode="FORWARD_ONLY",
    ) as pool:
        _, _, stream, _ = await pool.arequest(b"GET", (b"https", b"a", None, b"/x"), [])
        await async_body_of(stream)
    assert (network.connects[0].host, network.connects[0].port) == ("proxy", 8080)
    assert network.streams[0].written == b"GET\thttps://a/x\tX-Proxy: 1\n\n"


async def test_proxy_tunnels() -> None:
    stream = AsyncScriptedStream([b"200 Connected\n", TURN, *HELLO])
    async with async_transport_proxy("http://proxy:8080", AsyncScriptedBackend([stream])) as pool:
        _, _, body, _ = await pool.arequest(b"GET", (b"https", b"a", None, b"/"))
        assert await async_body_of(body) == b"hello"
    assert stream.writes[0].startswith(b"CONNECT\ta:443\t")


def test_proxy_of_wrong_types_is_refused() -> None:
    network = async_greeting_network()
    for url in ((b"http", b"proxy", 8080), ("http", b"proxy", 8080, b"/")):
        with pytest.raises(TypeError, match="url"):
            async_transport_proxy(url, network)
    with pytest.raises(TypeError, match="url must be a URL, bytes, or str, but got int"):
        async_transport_proxy(7, network)
    with pytest.raises(ValueError, match="proxy_mode must be 'DEFAULT', 'FORWARD_ONLY' or"):
        async_transport_proxy("http://proxy/", network, proxy_mode="tunnel")


async def test_both_faces_tell_of_their_connections() -> None:
    async with async_transport_pool(async_greeting_network()) as pool:
        _, _, stream, _ = await pool.arequest(b"GET", URL)
        active = {"http://a:80": ["'http://a:80', LINES, ACTIVE, Request Count: 1"]}
        assert await pool.get_connection_info() == active
        await async_body_of(stream)
        idle = {"http://a:80": ["'http://a:80', LINES, IDLE, Request Count: 1"]}
        assert await pool.get_connection_info() == idle
