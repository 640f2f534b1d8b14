"""A server that regrets HTTP/2 gets HTTP/1.1 (RFC 9113, 7), over real TLS."""

import ssl

from ..crowds import async_together
from ..reluctant import reluctant
from ..servers import Certificates
from .pools import async_pool_for


async def test_requests_turn_to_http11_and_stay_there(
    certificates: Certificates, trusting: ssl.SSLContext
) -> None:
    with reluctant(certificates) as found:
        server = found.server
        async with async_pool_for(server, trusting) as pool:
            response = await pool.request("GET", f"{server.url}/new")
            assert response.extensions["http_version"] == b"HTTP/2"
            for _ in range(3):
                response = await pool.request("GET", f"{server.url}/old")
                assert response.content == b"old"
                assert response.extensions["http_version"] == b"HTTP/1.1"
            assert found.protocols == ["h2", "http/1.1"]


async def test_many_are_told_at_once(certificates: Certificates, trusting: ssl.SSLContext) -> None:
    with reluctant(certificates) as found:
        server = found.server
        async with async_pool_for(server, trusting, max_connections=5) as pool:

            async def ask(number: int) -> None:
                for _ in range(3):
                    response = await pool.request("GET", f"{server.url}/old")
                    assert response.content == b"old"

            await async_together(20, ask)
            assert found.protocols.count("h2") == 1
            assert len(pool.connections) <= 5
