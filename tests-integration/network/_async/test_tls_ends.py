"""Bodies that only the end of a TLS connection ends: whole when TLS announced that end, and else maybe cut off."""

import pytest

import httpcore

from ..networks import async_network, async_networks
from ..tls_servers import FRAMED, Authorities, TLSServer

NOT_FOR_EVER = {"timeout": {"pool": 20.0, "connect": 20.0, "read": 20.0, "write": 20.0}}
ENDED_WITH_THE_CONNECTION = ("connection", "old connection")

pytestmark = [
    pytest.mark.parametrize("kind", async_networks),
    pytest.mark.parametrize("version", ["TLS 1.3", "TLS 1.2"]),
]


def async_pool_over(
    kind: str, route: list[httpcore.Proxy], authorities: Authorities, *, lenient: bool = False
) -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(
        ssl_context=authorities.client(),
        proxy=route,
        network_backend=async_network(kind),
        http11_lenient=lenient,
    )


def path_to(framing: str, end: str) -> str:
    return f"/{framing}/{end}".replace(" ", "-")


async def test_end_that_is_announced_is_an_end(
    kind: str,
    version: str,
    route: list[httpcore.Proxy],
    tls: dict[str, TLSServer],
    authorities: Authorities,
) -> None:
    async with async_pool_over(kind, route, authorities) as pool:
        for framing in FRAMED:
            url = tls[version].url + path_to(framing, "announced")
            response = await pool.request("GET", url, extensions=NOT_FOR_EVER)
            assert response.content == b"hello"
            assert "unannounced_end" not in response.extensions


async def test_end_that_is_not_announced_ends_no_body(
    kind: str,
    version: str,
    route: list[httpcore.Proxy],
    tls: dict[str, TLSServer],
    authorities: Authorities,
) -> None:
    async with async_pool_over(kind, route, authorities) as pool:
        for framing in FRAMED:
            url = tls[version].url + path_to(framing, "cut")
            if framing in ENDED_WITH_THE_CONNECTION:
                with pytest.raises(httpcore.RemoteProtocolError, match="no close_notify") as caught:
                    await pool.request("GET", url, extensions=NOT_FOR_EVER)
                assert caught.value.phase == "read response body"
                assert caught.value.bytes_received == len(FRAMED[framing])
            else:
                response = await pool.request("GET", url, extensions=NOT_FOR_EVER)
                assert response.content == b"hello"
                # Whether its end is here already is not looked at.
                assert "unannounced_end" not in response.extensions
        await pool.request("GET", f"{tls[version].url}/", extensions=NOT_FOR_EVER)


async def test_what_came_before_the_cut_is_there_to_be_read(
    kind: str,
    version: str,
    route: list[httpcore.Proxy],
    tls: dict[str, TLSServer],
    authorities: Authorities,
) -> None:
    read = b""

    async def read_it(response: httpcore.Response) -> None:
        nonlocal read
        async for piece in response.aiter_stream():
            read += piece

    async with async_pool_over(kind, route, authorities) as pool:
        url = tls[version].url + path_to("connection", "cut")
        async with pool.stream("GET", url, extensions=NOT_FOR_EVER) as response:
            with pytest.raises(httpcore.RemoteProtocolError, match="no close_notify"):
                await read_it(response)
        assert read == b"hello"
        assert pool.connections == []


async def test_lenient_pool_takes_the_body_for_whole_and_says_so(
    kind: str,
    version: str,
    route: list[httpcore.Proxy],
    tls: dict[str, TLSServer],
    authorities: Authorities,
) -> None:
    async with async_pool_over(kind, route, authorities, lenient=True) as pool:
        for framing in FRAMED:
            url = tls[version].url + path_to(framing, "cut")
            response = await pool.request("GET", url, extensions=NOT_FOR_EVER)
            assert response.content == b"hello"
            assert response.extensions.get("unannounced_end", False) is (
                framing in ENDED_WITH_THE_CONNECTION
            )
