"""Every attack of the tables, through a pool with one place: the error, the farewell, the cost, and what goes on."""

import ssl

import pytest

import httpcore

from ..attacks import Attack
from ..judging import (
    IN_TIME,
    check_attacked,
    check_cost,
    check_farewell,
    check_sibling,
    measured,
)
from ..peer import Hostile
from ..tables import ATTACKS
from .asking import async_ask, async_require_next, async_rest, pool_for

#: Over TLS, one of each kind.
OVER_TLS = [
    "size: HPACK bomb",
    "characters: another field in a value",
    "meaning: status b'101'",
    "number: more than the window of a stream",
    "flood: PING",
    "extension: ALTSVC",
]


async def async_attack(pool: httpcore.AsyncConnectionPool, server: Hostile, attack: Attack) -> None:
    """Let the server attack one of two requests, and look at everything."""
    server.prepare(attack.steps)
    async with pool.stream("GET", f"{server.url}/open", extensions=IN_TIME) as sibling:
        with measured() as cost:
            outcome = await async_ask(pool, f"{server.url}/attacked")
        check_attacked(attack, outcome)
        check_sibling(attack, await async_rest(sibling))
    await async_require_next(pool, server)
    assert len(server.conversations) == attack.connections
    check_farewell(attack, server.conversations[0])
    check_cost(attack, server.conversations[0], cost)


@pytest.mark.parametrize("name", ATTACKS)
async def test_attack(name: str, server: Hostile) -> None:
    async with pool_for(server) as pool:
        await async_attack(pool, server, ATTACKS[name])


@pytest.mark.parametrize("name", OVER_TLS)
async def test_attack_over_tls(name: str, tls_server: Hostile, trusting: ssl.SSLContext) -> None:
    async with pool_for(tls_server, trusting) as pool:
        await async_attack(pool, tls_server, ATTACKS[name])
