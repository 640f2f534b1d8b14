"""A server that ends its connections again and again: GOAWAY costs no request.

`INTEROP_REQUESTS` says how many requests are sent; the suite itself sends a modest number.
"""

import os
import ssl

import pytest

from ..._async.pools import async_pool_for
from ...crowds import async_together
from ...servers import Server
from ..content import HELLO
from ..web_servers import REQUESTS_PER_CONNECTION
from .callers import NOT_FOR_EVER

REQUESTS = int(os.environ.get("INTEROP_REQUESTS", "2000"))
CALLERS = 20


class Tally:
    """What became of the requests."""

    def __init__(self) -> None:
        self.answered = 0
        self.connections = 0


@pytest.mark.timeout(60 + REQUESTS // 50)
@pytest.mark.parametrize("connections", [1, 3])
async def test_no_request_fails_when_the_server_ends_its_connections(
    short_lived: Server, trusting: ssl.SSLContext, connections: int
) -> None:
    tallies = [Tally() for _ in range(CALLERS)]

    async def call(caller: int) -> None:
        tally = tallies[caller]
        for number in range(caller, REQUESTS, CALLERS):
            # Now and then one that may not simply be sent again.
            if number % 7:
                response = await pool.request("GET", f"{short_lived.url}/", extensions=NOT_FOR_EVER)
                assert response.content == HELLO
            else:
                response = await pool.request(
                    "POST", f"{short_lived.url}/taken", content=HELLO, extensions=NOT_FOR_EVER
                )
                assert response.content == b"taken"
            assert response.status == 200
            tally.answered += 1
            # The first stream of a connection.
            tally.connections += response.extensions["stream_id"] == 1

    async with async_pool_for(short_lived, trusting, max_connections=connections) as pool:
        await async_together(CALLERS, call)
        assert len(pool.connections) <= connections
    assert sum(tally.answered for tally in tallies) == REQUESTS
    made = sum(tally.connections for tally in tallies)
    assert made >= REQUESTS // REQUESTS_PER_CONNECTION
