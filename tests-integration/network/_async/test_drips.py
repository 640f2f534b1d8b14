"""A peer that sends a byte each 50 ms, at each stage: the time-outs end when they should."""

import ssl
import time

import pytest

import httpcore

from ...crowds import async_together
from ..drips import CONNECTING, RESPONDING, Drips
from ..networks import async_network, async_networks

pytestmark = pytest.mark.parametrize("kind", async_networks)

# What is allowed, and what ends: the limits, the error, after how many seconds.
LIMITS = (
    ({"read": 0.5, "total": 1.0}, 1.0),
    ({"total": 0.5}, 0.5),
)
CONNECT_LIMITS = (
    ({"connect": 0.5}, 0.5),
    ({"connect": 5.0, "total": 1.0}, 1.0),
)


def check_elapsed(began: float, expected: float, what: str) -> None:
    elapsed = time.monotonic() - began
    assert 0.95 * expected < elapsed < 1.2 * expected, f"{what}: {elapsed:.3f} s"


async def test_dripping_response_ends_with_the_total_time(kind: str, drips: Drips) -> None:
    cases = [(stage, *limit) for stage in RESPONDING for limit in LIMITS]

    async def run(number: int) -> None:
        stage, limits, expected = cases[number]
        async with httpcore.AsyncConnectionPool(network_backend=async_network(kind)) as pool:
            began = time.monotonic()
            with pytest.raises(httpcore.ReadTimeout):
                await pool.request(
                    "GET",
                    f"http://127.0.0.1:{drips.port(stage)}/",
                    extensions={"timeout": limits},
                )
            check_elapsed(began, expected, f"{stage} {limits}")
            assert pool.connections == []

    await async_together(len(cases), run)


async def test_dripping_handshake_ends_with_the_time_to_connect(
    kind: str, drips: Drips, trusting: ssl.SSLContext
) -> None:
    cases = [(stage, *limit) for stage in CONNECTING for limit in CONNECT_LIMITS]

    async def run(number: int) -> None:
        stage, limits, expected = cases[number]
        port = drips.port(stage)
        scheme = {"tunnel": "http", "socks": "socks5h"}.get(stage)
        proxy = scheme and httpcore.Proxy(f"{scheme}://127.0.0.1:{port}")
        async with httpcore.AsyncConnectionPool(
            ssl_context=trusting, proxy=proxy or None, network_backend=async_network(kind)
        ) as pool:
            began = time.monotonic()
            with pytest.raises(httpcore.ConnectTimeout):
                await pool.request(
                    "GET", f"https://127.0.0.1:{port}/", extensions={"timeout": limits}
                )
            check_elapsed(began, expected, f"{stage} {limits}")
            assert pool.connections == []

    await async_together(len(cases), run)


async def test_silence_ends_with_the_time_to_read(kind: str, mute_port: int) -> None:
    async with httpcore.AsyncConnectionPool(network_backend=async_network(kind)) as pool:
        began = time.monotonic()
        with pytest.raises(httpcore.ReadTimeout):
            await pool.request(
                "GET", f"http://127.0.0.1:{mute_port}/", extensions={"timeout": {"read": 0.5}}
            )
        check_elapsed(began, 0.5, "silence")


async def test_request_that_nobody_takes_ends_with_the_total_time(
    kind: str, mute_port: int
) -> None:
    limits = ({"write": 20.0, "total": 0.5}, {"write": 0.5, "total": 20.0})
    for number, timeout in enumerate(limits):
        async with httpcore.AsyncConnectionPool(network_backend=async_network(kind)) as pool:
            began = time.monotonic()
            with pytest.raises(httpcore.WriteTimeout) as caught:
                await pool.request(
                    "POST",
                    f"http://127.0.0.1:{mute_port}/",
                    content=bytes(100_000_000),
                    extensions={"timeout": timeout},
                )
            check_elapsed(began, 0.5, "a write")
            said = (
                "total timeout: 0.5 s were over (write timeout: "
                if number == 0
                else "write timeout: "
            )
            assert caught.value.message.startswith(said)
            assert caught.value.limit == 0.5
            assert pool.connections == []
