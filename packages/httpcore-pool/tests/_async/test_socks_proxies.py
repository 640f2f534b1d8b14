"""SOCKS 5 proxies: the handshake over a stream, and what it leaves behind."""

from __future__ import annotations

import pytest

from httpcore_interfaces import ConnectTimeout, Origin, ProxyError, ReadError, WriteError
from httpcore_interfaces.testing import END, STALL, TURN, AsyncScriptedBackend, AsyncScriptedStream
from httpcore_pool import AsyncSOCKSProxy

from .lines import HELLO, async_get

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


async def test_credentials_that_do_not_fit_are_refused() -> None:
    stream = AsyncScriptedStream([b"\x05\x02"])
    async with AsyncSOCKSProxy(
        "socks5://proxy/",
        proxy_auth=("u" * 256, "p"),
        network_backend=AsyncScriptedBackend([stream]),
    ) as pool:
        with pytest.raises(ProxyError, match="a SOCKS user name must be 1 to 255 bytes long"):
            await async_get(pool)
    assert stream.is_closed
