"""Every stream of every backend keeps the contract, plain, with TLS, and with TLS in TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces.testing import check_async_network_stream

from ..ends import async_backend, async_kinds
from .peers import async_connected, async_encrypted

if TYPE_CHECKING:
    from httpcore_interfaces import AsyncNetworkStream
    from httpcore_interfaces.testing import AsyncPeer


@pytest.mark.parametrize("kind", async_kinds)
@pytest.mark.parametrize("layers", [0, 1, 2])
async def test_stream_keeps_the_contract(kind: str, layers: int) -> None:
    async def make() -> tuple[AsyncNetworkStream, AsyncPeer]:
        stream: AsyncNetworkStream
        peer: AsyncPeer
        stream, peer = await async_connected(async_backend(kind))
        for _ in range(layers):
            stream, peer = await async_encrypted(stream, peer)
        return stream, peer

    await check_async_network_stream(make)
