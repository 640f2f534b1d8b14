"""An answer that comes while the server takes no more of the request: it is there at once, and not when writing fails."""

import time
from collections.abc import AsyncIterator

import pytest

import httpcore

from ..networks import async_network, async_networks
from ..refusals import Refusals
from ..tls_servers import Authorities

# More than all buffers between take.
SIZE = 100_000_000

# Far more than it takes.
LIMITS = {"timeout": {"pool": 20.0, "connect": 20.0, "read": 20.0, "write": 20.0}}
FOR_EVER = {"timeout": {"connect": 20.0}}


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(SIZE // size):
        yield bytes(size)


@pytest.mark.parametrize("limits", [LIMITS, FOR_EVER], ids=["limits", "for ever"])
@pytest.mark.parametrize("kind", async_networks)
@pytest.mark.parametrize("version", ["plain", "TLS 1.3", "TLS 1.2"])
async def test_an_answer_ends_the_sending_at_once(
    version: str, kind: str, limits: dict[str, dict[str, float]], authorities: Authorities
) -> None:
    heard = []

    async def hear(status: int, fields: list[tuple[bytes, bytes]]) -> None:
        heard.append(status)

    # One piece, pieces that are joined to what frames them, and pieces that are not.
    contents: list[bytes | AsyncIterator[bytes]] = [
        bytes(SIZE),
        pieces(10_000),
        pieces(10_000_000),
    ]
    context = None if version == "plain" else authorities.server(version)
    with Refusals(context) as server:
        async with httpcore.AsyncConnectionPool(
            ssl_context=authorities.client(), network_backend=async_network(kind)
        ) as pool:
            for content in contents:
                began = time.monotonic()
                async with pool.stream(
                    "POST",
                    server.url,
                    content=content,
                    extensions={**limits, "informational": hear},
                ) as response:
                    assert response.status == 413
                    assert await response.aread() == b"enough!"
                assert time.monotonic() - began < 5.0
                # It was not sent to its end.
                assert pool.connections == []
    assert heard == [103, 103, 103]
