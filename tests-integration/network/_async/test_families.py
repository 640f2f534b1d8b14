"""A name with addresses of both families, one of which answers nothing, or refuses."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

import httpcore
from httpcore_pool import StaticResolver

from ...servers import HELLO, Server
from ..networks import async_network, async_networks

pytestmark = pytest.mark.parametrize("kind", async_networks)


@contextmanager
def black_hole(port: int) -> Iterator[None]:
    """Nobody answers on this port of the IPv6 loopback address: the queue of its listener is full, and stays so."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_INET6))
        try:
            listener.bind(("::1", port))
        except OSError as error:
            pytest.skip(f"no IPv6 here: {error}")
        listener.listen(0)
        for _ in range(2):
            sock = stack.enter_context(socket.socket(socket.AF_INET6))
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield


async def test_silent_family_costs_less_than_300_ms(kind: str, python: Server) -> None:
    backend = async_network(kind, resolver=StaticResolver({"dual.example": ["::1", "127.0.0.1"]}))
    times = []
    with black_hole(python.port):
        # The machine may be busy: the best of a few counts.
        for _ in range(4):
            async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
                began = time.monotonic()
                response = await pool.request("GET", f"http://dual.example:{python.port}/")
                times.append(time.monotonic() - began)
                assert response.content == HELLO
    assert 0.2 < min(times) < 0.3, times


async def test_refusing_family_costs_nothing(kind: str, python: Server) -> None:
    backend = async_network(kind, resolver=StaticResolver({"dual.example": ["::1", "127.0.0.1"]}))
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        began = time.monotonic()
        response = await pool.request("GET", f"http://dual.example:{python.port}/")
        assert response.content == HELLO
        assert time.monotonic() - began < 0.2


async def test_error_names_every_address(kind: str, dead_port: int) -> None:
    backend = async_network(kind, resolver=StaticResolver({"dual.example": ["::1", "127.0.0.1"]}))
    async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
        with pytest.raises(httpcore.ConnectError) as caught:
            await pool.request("GET", f"http://dual.example:{dead_port}/")
        assert pool.connections == []
    where = [f"[::1]:{dead_port}", f"127.0.0.1:{dead_port}"]
    assert [address for address, _ in caught.value.attempts] == where
    assert all(isinstance(cause, OSError) for _, cause in caught.value.attempts)
    for address in where:
        assert address in str(caught.value)


async def test_error_names_those_that_did_not_answer(kind: str, dead_port: int) -> None:
    backend = async_network(kind, resolver=StaticResolver({"dual.example": ["::1", "127.0.0.1"]}))
    with black_hole(dead_port):
        async with httpcore.AsyncConnectionPool(network_backend=backend) as pool:
            with pytest.raises(httpcore.ConnectTimeout) as caught:
                await pool.request(
                    "GET",
                    f"http://dual.example:{dead_port}/",
                    extensions={"timeout": {"connect": 0.4}},
                )
    assert sorted(address for address, _ in caught.value.attempts) == [
        f"127.0.0.1:{dead_port}",
        f"[::1]:{dead_port}",
    ]
