"""HTTP proxies: forwarding, tunnels, and what a proxy can do wrong."""

from __future__ import annotations

import ssl
from base64 import b64encode

import pytest

from httpcore_interfaces import (
    ConnectError,
    ConnectTimeout,
    Origin,
    Proxy,
    ProxyError,
    ReadError,
    RemoteProtocolError,
    UnsupportedProtocol,
)
from httpcore_interfaces.testing import (
    END,
    STALL,
    TURN,
    AsyncScriptedBackend,
    AsyncScriptedStream,
    Step,
)
from httpcore_pool import AsyncConnectionPool, AsyncHTTPProxy
from httpcore_pool._async import dialing

from .lines import HELLO, AsyncRecorder, async_get, async_greeting_network

PROXY = Origin(b"http", b"proxy", 8080)
CONNECTED = [b"200 Connected\tVia: proxy\n"]


def tunnel(*steps: Step, alpn: str | None = None) -> AsyncScriptedStream:
    """A stream to a proxy that opens a tunnel, and greets at the end of it."""
    return AsyncScriptedStream([*CONNECTED, TURN, *(steps or HELLO)], alpn=alpn)


async def test_forwarded_request_has_the_absolute_form_and_the_proxys_fields() -> None:
    network = async_greeting_network()
    async with AsyncHTTPProxy(
        "http://proxy:8080/",
        proxy_auth=("user", "pass"),
        proxy_headers={"X-Proxy": "1"},
        network_backend=network,
    ) as pool:
        await pool.request("GET", "http://a:81/path?query", headers={"Host": "a", "X": "y"})
    (connect,) = network.connects
    assert (connect.host, connect.port) == ("proxy", 8080)
    assert network.streams[0].written == (
        b"GET\thttp://a:81/path?query\tHost: a\tX: y\tProxy-Authorization: Basic dXNlcjpwYXNz\tX-Proxy: 1\n\n"
    )


async def test_forwarded_request_may_replace_the_proxys_fields_and_the_target() -> None:
    network = async_greeting_network()
    async with AsyncHTTPProxy(
        "http://proxy/", proxy_headers={"X-Proxy": "1"}, network_backend=network
    ) as pool:
        await pool.request(
            "GET",
            "http://a/",
            headers={"Host": "a", "x-proxy": "mine"},
            extensions={"target": b"/t"},
        )
    assert network.streams[0].written == b"GET\thttp://a/t\tHost: a\tx-proxy: mine\n\n"


async def test_forwarding_connections_belong_to_one_origin_each() -> None:
    network = async_greeting_network()
    async with AsyncHTTPProxy("http://proxy/", network_backend=network) as pool:
        for url in ("http://a/", "http://b/", "http://a/"):
            assert await async_get(pool, url) == b"hello"
        assert sorted(await pool.get_connection_info()) == ["http://a:80", "http://b:80"]


async def test_body_is_forwarded() -> None:
    network = async_greeting_network()
    async with AsyncHTTPProxy("http://proxy/", network_backend=network) as pool:
        await pool.request("POST", "http://a/", headers={"Host": "a"}, content=b"content")
    assert network.streams[0].written.endswith(b"Content-Length: 7\ncontent\n\n")


async def test_secure_requests_go_through_a_tunnel_that_knows_the_proxys_fields_alone() -> None:
    stream = tunnel()
    network = AsyncScriptedBackend([stream])
    async with AsyncHTTPProxy(
        "http://proxy:8080/",
        proxy_auth=("user", "pass"),
        proxy_headers={"X-Proxy": "1"},
        network_backend=network,
    ) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
        assert [host for _, host in stream.handshakes] == ["a"]
        assert stream.written == (
            b"CONNECT\ta:443\tHost: a:443\tAccept: */*\tProxy-Authorization: Basic dXNlcjpwYXNz\tX-Proxy: 1\n\n"
            b"GET\t/\tHost: a\n\n"
        )
        # The handshake comes after the tunnel.
        names = [name for name, _ in stream.operations]
        assert names.index("start_tls") == names.index("read") + 1
    assert stream.is_closed


async def test_tunnel_to_an_ipv6_address_names_it_in_brackets() -> None:
    stream = tunnel()
    async with AsyncHTTPProxy(
        "http://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        await async_get(pool, "https://[::1]/")
    assert stream.written.startswith(b"CONNECT\t[::1]:443\tHost: [::1]:443\t")


async def test_tunnel_is_used_again() -> None:
    stream = tunnel(*HELLO, TURN, *HELLO)
    async with AsyncHTTPProxy(
        "http://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
        assert await async_get(pool, "https://a/") == b"hello"


async def test_http2_goes_through_a_tunnel() -> None:
    stream = AsyncScriptedStream(CONNECTED, alpn="h2")
    async with AsyncHTTPProxy(
        "http://proxy/", http2=True, network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        response = await pool.request("GET", "https://a/")
        assert response.extensions["http_version"] == b"HTTP/2"


async def test_http2_alone_goes_through_a_tunnel_to_plain_origins_too() -> None:
    stream = AsyncScriptedStream([*CONNECTED])
    async with AsyncHTTPProxy(
        "http://proxy/", http1=False, http2=True, network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        response = await pool.request("GET", "http://a/")
        assert response.extensions["http_version"] == b"HTTP/2"
    assert stream.written.startswith(b"CONNECT\ta:80\t")


async def test_secure_proxy_has_a_handshake_of_its_own_with_its_own_context() -> None:
    for_proxy = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for_origin = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    network = AsyncScriptedBackend([tunnel()])
    async with AsyncHTTPProxy(
        "https://proxy/",
        ssl_context=for_origin,
        proxy_ssl_context=for_proxy,
        network_backend=network,
    ) as pool:
        await pool.request("GET", "https://a/", extensions={"sni_hostname": "b"})
    assert network.connects[0].port == 443
    assert network.streams[0].handshakes == [(for_proxy, "proxy"), (for_origin, "b")]


async def test_secure_proxy_forwards_plain_requests() -> None:
    network = async_greeting_network()
    async with AsyncHTTPProxy("https://proxy/", network_backend=network) as pool:
        assert await async_get(pool) == b"hello"
    assert [host for _, host in network.streams[0].handshakes] == ["proxy"]
    assert network.streams[0].written == b"GET\thttp://a/\tHost: a\n\n"


async def test_mode_says_what_is_forwarded_and_what_is_tunnelled() -> None:
    network = AsyncScriptedBackend([tunnel()])
    async with AsyncHTTPProxy(
        "http://proxy/", proxy_mode="TUNNEL_ONLY", network_backend=network
    ) as pool:
        assert await async_get(pool, "http://a/") == b"hello"
        assert network.streams[0].handshakes == []
        assert network.streams[0].writes[0].startswith(b"CONNECT\ta:80\t")
    network = async_greeting_network()
    async with AsyncHTTPProxy(
        "http://proxy/", proxy_mode="FORWARD_ONLY", network_backend=network
    ) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
        assert network.streams[0].handshakes == []
        assert network.streams[0].writes[0] == b"GET\thttps://a/\tHost: a\n"


async def test_web_sockets_go_through_a_tunnel() -> None:
    for url in ("ws://a/", "wss://a/"):
        stream = tunnel()
        async with AsyncHTTPProxy(
            "http://proxy/", network_backend=AsyncScriptedBackend([stream])
        ) as pool:
            assert await async_get(pool, url) == b"hello"
        assert stream.written.startswith(b"CONNECT\ta:")
        assert len(stream.handshakes) == (url == "wss://a/")


async def test_credentials_are_in_no_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    secret = b64encode(b"user:hush").decode()
    refusal = [b"407 Who are you\n", b"\n"]
    network = AsyncScriptedBackend([tunnel(), refusal])
    seen = AsyncRecorder()
    proxy = Proxy("http://user:hush@proxy/")
    async with AsyncConnectionPool(proxy=proxy, network_backend=network) as pool:
        await pool.request("GET", "https://a/", extensions={"trace": seen})
        with pytest.raises(ProxyError) as caught:
            await pool.request("GET", "https://b/", extensions={"trace": seen})
        texts = [caplog.text, repr(seen.events), repr(proxy), repr(pool), repr(pool.connections)]
        texts += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    network_bytes = network.streams[0].written
    assert network_bytes.count(secret.encode()) == 1
    assert secret.encode() in network_bytes.partition(b"\n\n")[0]
    for text in texts:
        assert "hush" not in text
        assert secret not in text


async def test_refusal_holds_status_fields_and_content_of_the_answer() -> None:
    answer = [b"407 Who are you\tProxy-Authenticate: Basic\n", b"log\n", b"in\n", b"\n"]
    stream = AsyncScriptedStream(answer)
    network = AsyncScriptedBackend([stream, tunnel()])
    async with AsyncHTTPProxy(
        "http://proxy:8080/", max_connections=1, network_backend=network
    ) as pool:
        with pytest.raises(
            ProxyError,
            match=r"^407 Who are you \(GET https://a:443, through proxy http://proxy:8080\)$",
        ) as caught:
            await async_get(pool, "https://a/")
        error = caught.value
        assert error.status == 407
        assert list(error.headers) == [(b"Proxy-Authenticate", b"Basic")]
        assert error.body == b"login"
        assert error.phase == "connect"
        assert error.proxy == PROXY
        assert stream.is_closed
        assert pool.connections == []
        assert await async_get(pool, "https://a/") == b"hello"


async def test_refusal_without_a_reason_is_its_status() -> None:
    network = AsyncScriptedBackend([[b"503\n", b"\n"]])
    async with AsyncHTTPProxy("http://proxy/", network_backend=network) as pool:
        with pytest.raises(ProxyError) as caught:
            await async_get(pool, "https://a/")
        assert caught.value.message == "503"


async def test_refusal_holds_only_the_beginning_of_much_content() -> None:
    line = b"x" * 99 + b"\n"
    stream = AsyncScriptedStream([b"403 No\n", line * 50, STALL])
    network = AsyncScriptedBackend([stream])
    async with AsyncHTTPProxy("http://proxy/", network_backend=network) as pool:
        with pytest.raises(ProxyError) as caught:
            await async_get(pool, "https://a/")
        assert caught.value.body == b"x" * 2048
    assert stream.is_closed


async def test_refusal_holds_what_came_before_the_proxy_failed() -> None:
    stream = AsyncScriptedStream([b"403 No\n", b"beca\n", ReadError("reset")])
    network = AsyncScriptedBackend([stream])
    async with AsyncHTTPProxy("http://proxy/", network_backend=network) as pool:
        with pytest.raises(ProxyError, match=r"^403 No ") as caught:
            await async_get(pool, "https://a/")
        assert caught.value.body == b"beca"
    assert stream.is_closed


async def test_proxy_that_dies_during_the_handshake_is_a_proxy_error() -> None:
    stream = AsyncScriptedStream([END])
    network = AsyncScriptedBackend([stream])
    async with AsyncHTTPProxy("http://proxy:8080/", network_backend=network) as pool:
        with pytest.raises(
            ProxyError,
            match=r"^the handshake with the proxy failed: the server has gone \(GET https://a:443, "
            r"through proxy http://proxy:8080\)$",
        ) as caught:
            await async_get(pool, "https://a/")
        assert isinstance(caught.value.__cause__, RemoteProtocolError)
        assert caught.value.status is None
    assert stream.is_closed


async def test_proxy_that_does_not_answer_is_a_connect_timeout() -> None:
    stream = AsyncScriptedStream([STALL])
    network = AsyncScriptedBackend([stream])
    async with AsyncHTTPProxy("http://proxy:8080/", network_backend=network) as pool:
        with pytest.raises(
            ConnectTimeout,
            match=r"^connect timeout: the proxy did not finish its handshake within 0.01 s \(GET https://a:443, "
            r"through proxy http://proxy:8080\)$",
        ) as caught:
            await async_get(pool, "https://a/", connect=0.01)
        assert caught.value.limit == 0.01
        assert caught.value.safe_to_retry
    assert stream.is_closed


async def test_refusal_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialing, "_PROXY_BODY_SECONDS", 0.01)
    network = AsyncScriptedBackend([[b"403 No\n", STALL] for _ in range(2)])
    async with AsyncHTTPProxy("http://proxy:8080/", network_backend=network) as pool:
        for limits in ({}, {"connect": 60.0}):
            with pytest.raises(ProxyError, match=r"^403 No "):
                await async_get(pool, "https://a/", **limits)


async def test_proxy_that_takes_its_time_over_a_refusal_is_a_refusal() -> None:
    stream = AsyncScriptedStream([b"403 No\n", STALL])
    network = AsyncScriptedBackend([stream])
    async with AsyncHTTPProxy("http://proxy:8080/", network_backend=network) as pool:
        with pytest.raises(ProxyError, match=r"^403 No "):
            await async_get(pool, "https://a/", connect=0.01)
    assert stream.is_closed


async def test_failed_handshake_behind_the_tunnel_closes_it() -> None:
    stream = AsyncScriptedStream(CONNECTED, tls=ConnectError("bad certificate"))
    network = AsyncScriptedBackend([stream])
    async with AsyncHTTPProxy("http://proxy/", network_backend=network) as pool:
        with pytest.raises(ConnectError, match="bad certificate"):
            await async_get(pool, "https://a/")
    assert stream.is_closed


async def test_proxy_that_cannot_be_reached_is_named() -> None:
    network = AsyncScriptedBackend([ConnectError("refused")])
    async with AsyncHTTPProxy("http://proxy:8080/", network_backend=network) as pool:
        with pytest.raises(
            ConnectError, match=r"^refused \(GET https://a:443, through proxy http://proxy:8080\)$"
        ):
            await async_get(pool, "https://a/")


async def test_connecting_to_a_proxy_is_retried_too() -> None:
    network = AsyncScriptedBackend([ConnectError("refused"), tunnel()])
    async with AsyncHTTPProxy("http://proxy/", retries=1, network_backend=network) as pool:
        assert await async_get(pool, "https://a/") == b"hello"


async def test_refusal_is_not_retried() -> None:
    network = AsyncScriptedBackend([[b"403 No\n", b"\n"]])
    async with AsyncHTTPProxy("http://proxy/", retries=3, network_backend=network) as pool:
        with pytest.raises(ProxyError):
            await async_get(pool, "https://a/")


async def test_name_of_a_proxy_cannot_be_more_than_a_name() -> None:
    network = AsyncScriptedBackend([b"HTTP/1.1 200 OK\r\n\r\n"])
    chain = [Proxy("http://first/"), Proxy("http://second x/")]
    async with AsyncConnectionPool(proxy=chain, network_backend=network) as pool:
        with pytest.raises(ProxyError, match=r"illegal byte b' ' at offset 6 of b'second x:80'"):
            await async_get(pool, "https://a/")
    assert [stream.written for stream in network.streams] == [b""]


async def test_pool_takes_a_proxy() -> None:
    network = async_greeting_network()
    async with AsyncConnectionPool(proxy=Proxy("http://proxy/"), network_backend=network) as pool:
        assert await async_get(pool) == b"hello"
    assert network.connects[0].host == "proxy"


def test_proxy_that_no_route_leads_through_is_refused_at_once() -> None:
    for url in ("ftp://proxy/", "socks6://proxy/", "proxy:8080", "/proxy"):
        with pytest.raises(UnsupportedProtocol, match=r"use http, .* or socks5h$"):
            AsyncHTTPProxy(url)
    with pytest.raises(ValueError, match=r"^the proxy URL has no host: "):
        AsyncHTTPProxy("http:///")
