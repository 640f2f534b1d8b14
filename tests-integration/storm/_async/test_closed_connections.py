"""A server that closes idle connections at random, as servers do: what is asked of it is answered, or nothing is lost.

`HTTPCORE_STORM=100000` says how many requests there are.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from httpcore import AsyncConnectionPool, HTTPCoreError

from ...crowds import async_together
from ...figures import note
from ..weather import StormyServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REQUESTS = int(os.environ.get("HTTPCORE_STORM", "8000"))
SEED = int(os.environ.get("HTTPCORE_STORM_SEED", "1"))
PLACES = 8

IN_TIME = {"timeout": {"read": 20.0, "write": 20.0, "connect": 20.0, "pool": 20.0}}


@pytest.mark.timeout(60 + REQUESTS // 100)
async def test_no_get_fails() -> None:
    began = time.monotonic()
    with StormyServer(SEED) as server:
        server.only_closes = True

        async def ask(caller: int) -> None:
            for number in range(caller, REQUESTS, PLACES):
                response = await pool.request("GET", f"{server.url}{number}", extensions=IN_TIME)
                assert response.content == b"hello"

        async with AsyncConnectionPool(max_connections=PLACES) as pool:
            await async_together(PLACES, ask)
            stats = pool.stats()
    assert len(server.acted) == REQUESTS
    # The weather was as bad as it should be: many ends were noticed in time, and some were not.
    assert stats.dials > REQUESTS / 50
    assert stats.replacements > 0
    note(
        f"{REQUESTS} GETs, 0 errors: {stats.dials} connections, {stats.replacements} found closed, "
        f"{stats.replays} requests sent again, {time.monotonic() - began:.1f} s"
    )


@pytest.mark.timeout(60 + REQUESTS // 100)
async def test_post_whose_content_is_gone_tells_the_truth() -> None:
    failed: dict[bytes, bool] = {}
    with StormyServer(SEED) as server:
        server.only_closes = True

        async def content() -> AsyncIterator[bytes]:
            yield b"once"

        async def ask(caller: int) -> None:
            for number in range(caller, REQUESTS // 4, PLACES):
                url = f"{server.url}{number}"
                try:
                    await pool.request("POST", url, content=content(), extensions=IN_TIME)
                except HTTPCoreError as error:
                    failed[b"/%d" % number] = error.safe_to_retry

        async with AsyncConnectionPool(max_connections=PLACES) as pool:
            await async_together(PLACES, ask)
    # Nothing was acted on twice, and nothing that was acted on is said to be safe to repeat.
    assert set(server.acted.values()) == {1}
    assert not [target for target, is_safe in failed.items() if is_safe and server.acted[target]]
    assert len(server.acted.keys() | failed.keys()) == REQUESTS // 4
    assert len(failed) < REQUESTS // 16
    note(
        f"{REQUESTS // 4} POSTs: {len(failed)} failed, {sum(failed.values())} of them safe to retry"
    )
