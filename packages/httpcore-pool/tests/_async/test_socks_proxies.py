"""SOCKS proxies: the handshake over a stream, who resolves names, and what a failure leaves behind."""

from __future__ import annotations

import socket

import pytest

from httpcore_interfaces import (
    ConnectError,
    ConnectTimeout,
    Origin,
    Proxy,
    ProxyError,
    ReadError,
    WriteError,
)
from httpcore_interfaces.testing import END, STALL, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncConnectionPool, AsyncSOCKSProxy
from httpcore_pool._backends.addresses import Address

from .lines import HELLO, AsyncRecorder, async_get

# The answer of a proxy that connected from 0.0.0.0:0.
DONE = b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
REFUSED = b"\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00"


async def test_proxy_resolves_the_name_and_connects() -> None:
    stream = AsyncScriptedStream([b"\x05\x00", DONE, TURN, *HELLO])
    network = AsyncScriptedBackend([stream])
    async with AsyncSOCKSProxy("socks5://proxy/", network_backend=network) as pool:
        assert await async_get(pool, "http://a.example:81/") == b"hello"
    assert (network.connects[0].host, network.connects[0].port) == ("proxy", 1080)
    assert stream.writes[:2] == [b"\x05\x01\x00", b"\x05\x01\x00\x03\x09a.example\x00\x51"]
    assert b"".join(stream.writes[2:]) == b"GET\t/\tHost: a.example:81\n\n"


async def test_proxy_is_told_who_asks() -> None:
    stream = AsyncScriptedStream([b"\x05\x02", b"\x01\x00", DONE, TURN, *HELLO])
    async with AsyncSOCKSProxy(
        "socks5h://proxy/",
        proxy_auth=("user", "pass"),
        network_backend=AsyncScriptedBackend([stream]),
    ) as pool:
        assert await async_get(pool) == b"hello"
    assert stream.writes[:2] == [b"\x05\x02\x00\x02", b"\x01\x04user\x04pass"]


async def test_answers_may_come_byte_by_byte_and_no_byte_too_many_is_read() -> None:
    answers = b"\x05\x00" + DONE
    steps = [answers[number : number + 1] for number in range(len(answers))]
    stream = AsyncScriptedStream([*steps, TURN, *HELLO])
    async with AsyncSOCKSProxy(
        "socks5://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        assert await async_get(pool) == b"hello"
    stream = AsyncScriptedStream([answers + b"".join(HELLO)])
    async with AsyncSOCKSProxy(
        "socks5://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        assert await async_get(pool) == b"hello"


async def test_tls_comes_after_the_proxy() -> None:
    stream = AsyncScriptedStream([b"\x05\x00", DONE, TURN, *HELLO])
    async with AsyncSOCKSProxy(
        "socks5://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
    assert [host for _, host in stream.handshakes] == ["a"]
    assert stream.writes[1] == b"\x05\x01\x00\x03\x01a\x01\xbb"


async def test_refusal_names_the_proxy_and_leaves_nothing_open() -> None:
    stream = AsyncScriptedStream([b"\x05\x00", REFUSED])
    async with AsyncSOCKSProxy(
        "socks5://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        with pytest.raises(
            ProxyError,
            match=r"^the SOCKS proxy could not connect to a:80: connection refused "
            r"\(GET http://a:80, through proxy socks5://proxy:1080\)$",
        ) as caught:
            await async_get(pool)
        assert caught.value.phase == "connect"
        assert caught.value.proxy == Origin(b"socks5", b"proxy", 1080)
        assert pool.connections == []
    assert stream.is_closed


async def test_proxy_that_goes_away_is_a_proxy_error() -> None:
    stream = AsyncScriptedStream([b"\x05", END])
    async with AsyncSOCKSProxy(
        "socks5://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        with pytest.raises(ProxyError, match="closed the connection during the SOCKS handshake"):
            await async_get(pool)
    assert stream.is_closed


@pytest.mark.parametrize(
    ("script", "write_steps", "message"),
    [
        ([ReadError("reset")], [], "the handshake with the proxy failed: reset"),
        ([], [WriteError("broken pipe")], "the handshake with the proxy failed: broken pipe"),
    ],
    ids=["read", "write"],
)
async def test_broken_stream_is_a_proxy_error(
    script: list[Exception], write_steps: list[Exception], message: str
) -> None:
    stream = AsyncScriptedStream(script, write_steps=write_steps)
    async with AsyncSOCKSProxy(
        "socks5://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        with pytest.raises(ProxyError, match=message) as caught:
            await async_get(pool)
        assert caught.value.__cause__ is (script or write_steps)[0]
    assert stream.is_closed


async def test_proxy_that_does_not_answer_is_a_connect_timeout() -> None:
    stream = AsyncScriptedStream([b"\x05\x00", STALL])
    async with AsyncSOCKSProxy(
        "socks5://proxy/", network_backend=AsyncScriptedBackend([stream])
    ) as pool:
        with pytest.raises(ConnectTimeout, match=r"within 0.01 s") as caught:
            await async_get(pool, connect=0.01)
        assert caught.value.proxy == Origin(b"socks5", b"proxy", 1080)
    assert stream.is_closed


@pytest.mark.parametrize("scheme", ["socks4", "socks5h"])
@pytest.mark.parametrize("auth", [("u" * 256, ""), ("u", "secret" * 50)])
def test_credentials_that_do_not_fit_are_refused_at_once(
    scheme: str, auth: tuple[str, str]
) -> None:
    what = "password" if auth[1] else "user name"
    with pytest.raises(ValueError, match=f"a SOCKS {what} has at most 255 bytes, but") as caught:
        AsyncSOCKSProxy(f"{scheme}://proxy/", proxy_auth=auth)
    assert "secret" not in str(caught.value)


class AsyncResolvingBackend(AsyncScriptedBackend):
    """A network that knows addresses of every name."""

    def __init__(self, outcomes: list[AsyncScriptedStream], *addresses: str) -> None:
        super().__init__(outcomes)
        self._found = [
            Address(socket.AF_INET6 if ":" in host else socket.AF_INET, (host, 80))
            for host in addresses
        ]
        self.asked: list[tuple[str, int]] = []

    async def resolve(self, host: str, port: int, timeout: float | None = None) -> list[Address]:
        self.asked.append((host, port))
        if not self._found:
            raise ConnectError(f"cannot resolve {host!r}: no such name", phase="resolve")
        return self._found


GRANTED = b"\x00\x5a" + b"\0" * 6
REJECTED = b"\x00\x5b" + b"\0" * 6


async def test_socks5_is_told_an_address_and_socks5h_the_name() -> None:
    for scheme, sent in (("socks5", b"\x01\xc0\x00\x02\x01"), ("socks5h", b"\x03\x01a")):
        stream = AsyncScriptedStream([b"\x05\x00", DONE, TURN, *HELLO])
        network = AsyncResolvingBackend([stream], "192.0.2.1")
        async with AsyncSOCKSProxy(f"{scheme}://proxy/", network_backend=network) as pool:
            assert await async_get(pool) == b"hello"
        assert stream.writes[1] == b"\x05\x01\x00" + sent + b"\x00\x50"
        assert network.asked == ([("a", 80)] if scheme == "socks5" else [])


async def test_address_is_never_looked_up() -> None:
    stream = AsyncScriptedStream([b"\x05\x00", DONE, TURN, *HELLO])
    network = AsyncResolvingBackend([stream])
    async with AsyncSOCKSProxy("socks5://proxy/", network_backend=network) as pool:
        assert await async_get(pool, "http://[::1]/") == b"hello"
    assert stream.writes[1] == b"\x05\x01\x00\x04" + b"\0" * 15 + b"\x01\x00\x50"
    assert network.asked == []


async def test_socks4_is_told_an_ipv4_address_and_socks4a_the_name() -> None:
    stream = AsyncScriptedStream([GRANTED, TURN, *HELLO])
    network = AsyncResolvingBackend([stream], "2001:db8::1", "192.0.2.1")
    async with AsyncSOCKSProxy(
        "socks4://proxy/", proxy_auth=("user", ""), network_backend=network
    ) as pool:
        assert await async_get(pool) == b"hello"
    assert stream.writes[0] == b"\x04\x01\x00\x50\xc0\x00\x02\x01user\x00"
    stream = AsyncScriptedStream([GRANTED, TURN, *HELLO])
    network = AsyncResolvingBackend([stream])
    async with AsyncSOCKSProxy("socks4a://proxy/", network_backend=network) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
    assert stream.writes[0] == b"\x04\x01\x01\xbb\x00\x00\x00\x01\x00a\x00"
    assert [host for _, host in stream.handshakes] == ["a"]


async def test_socks4_needs_an_ipv4_address() -> None:
    stream = AsyncScriptedStream([])
    network = AsyncResolvingBackend([stream], "2001:db8::1")
    async with AsyncSOCKSProxy("socks4://proxy/", network_backend=network) as pool:
        with pytest.raises(ProxyError, match=r"^SOCKS 4 needs an IPv4 address, and a has none"):
            await async_get(pool)
        assert pool.connections == []
    assert stream.is_closed


async def test_name_that_cannot_be_resolved_is_a_failure_to_connect() -> None:
    stream = AsyncScriptedStream([])
    network = AsyncResolvingBackend([stream])
    async with AsyncSOCKSProxy("socks5://proxy/", network_backend=network) as pool:
        with pytest.raises(ConnectError, match="cannot resolve 'a'"):
            await async_get(pool)
    assert stream.is_closed


async def test_next_address_is_asked_for_when_the_proxy_cannot_reach_one() -> None:
    first = AsyncScriptedStream([b"\x05\x00", REFUSED])
    second = AsyncScriptedStream([b"\x05\x00", DONE, TURN, *HELLO])
    network = AsyncResolvingBackend([first, second], "2001:db8::1", "192.0.2.1")
    async with AsyncSOCKSProxy("socks5://proxy/", network_backend=network) as pool:
        assert await async_get(pool) == b"hello"
    assert first.is_closed
    assert second.writes[1] == b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"
    assert len(network.asked) == 1


async def test_every_address_that_failed_is_named() -> None:
    streams = [AsyncScriptedStream([b"\x05\x00", REFUSED]) for _ in range(2)]
    network = AsyncResolvingBackend(streams, "2001:db8::1", "192.0.2.1")
    async with AsyncSOCKSProxy("socks5://proxy/", network_backend=network) as pool:
        with pytest.raises(ProxyError, match="any of 2 addresses") as caught:
            await async_get(pool)
        assert [where for where, _ in caught.value.attempts] == ["[2001:db8::1]:80", "192.0.2.1:80"]
        assert "192.0.2.1:80" in str(caught.value)
        assert pool.connections == []
    assert all(stream.is_closed for stream in streams)


async def test_trace_shows_names_addresses_and_no_password() -> None:
    stream = AsyncScriptedStream([b"\x05\x02", b"\x01\x00", DONE, TURN, *HELLO])
    network = AsyncResolvingBackend([stream], "192.0.2.1")
    seen = AsyncRecorder()
    async with AsyncSOCKSProxy(
        "socks5://proxy/", proxy_auth=("user", "hush"), network_backend=network
    ) as pool:
        await pool.request("GET", "http://a/", extensions={"trace": seen})
    names = [name for name in seen.names if name.startswith("socks.") and name.endswith("started")]
    assert names[1:] == ["socks.resolve.started", "socks.setup_socks5_connection.started"]
    infos = dict(seen.events)
    assert infos["socks.resolve.started"]["host"] == "a"
    assert infos["socks.setup_socks5_connection.started"]["host"] == "192.0.2.1"
    assert "hush" not in repr(seen.events)


async def test_chain_goes_from_proxy_to_proxy() -> None:
    stream = AsyncScriptedStream([b"\x05\x00", DONE, GRANTED, b"200 Connected\n", TURN, *HELLO])
    network = AsyncScriptedBackend([stream])
    chain = [
        Proxy("socks5h://one/"),
        Proxy("socks4a://two/", auth=("user", "")),
        Proxy("http://three:8080/", auth=("name", "hush")),
    ]
    async with AsyncConnectionPool(proxy=chain, network_backend=network) as pool:
        assert await async_get(pool, "https://a/") == b"hello"
    assert (network.connects[0].host, network.connects[0].port) == ("one", 1080)
    assert stream.writes[1] == b"\x05\x01\x00\x03\x03two\x04\x38"
    assert stream.writes[2] == b"\x04\x01\x1f\x90\x00\x00\x00\x01user\x00three\x00"
    assert stream.writes[3].startswith(b"CONNECT\ta:443\t")
    assert [host for _, host in stream.handshakes] == ["a"]


async def test_error_in_a_chain_names_the_proxy_that_failed() -> None:
    stream = AsyncScriptedStream([b"\x05\x00", DONE, REJECTED])
    network = AsyncScriptedBackend([stream])
    chain = [Proxy("socks5h://one/"), Proxy("socks4a://two/"), Proxy("http://three/")]
    async with AsyncConnectionPool(proxy=chain, network_backend=network) as pool:
        with pytest.raises(ProxyError, match="could not connect to three:80") as caught:
            await async_get(pool)
        assert caught.value.proxy == Origin(b"socks4a", b"two", 1080)
        assert pool.connections == []
    assert stream.is_closed


async def test_plain_request_is_forwarded_by_the_last_of_a_chain() -> None:
    stream = AsyncScriptedStream([b"200 Connected\n", TURN, *HELLO])
    network = AsyncScriptedBackend([stream])
    chain = [
        Proxy("http://one/", headers={"X-One": "1"}),
        Proxy("https://two/", headers={"X-Two": "2"}),
    ]
    async with AsyncConnectionPool(proxy=chain, network_backend=network) as pool:
        assert await async_get(pool) == b"hello"
    assert stream.written == (
        b"CONNECT\ttwo:443\tHost: two:443\tAccept: */*\tX-One: 1\n\n"
        b"GET\thttp://a/\tHost: a\tX-Two: 2\n\n"
    )
    assert [host for _, host in stream.handshakes] == ["two"]


async def test_unix_domain_socket_of_the_request_leads_to_the_proxy() -> None:
    stream = AsyncScriptedStream([b"\x05\x00", DONE, TURN, *HELLO])
    network = AsyncScriptedBackend([stream])
    async with AsyncSOCKSProxy("socks5://proxy/", network_backend=network) as pool:
        await pool.request("GET", "http://a/", extensions={"uds": "/run/proxy"})
    assert network.connects[0].path == "/run/proxy"
