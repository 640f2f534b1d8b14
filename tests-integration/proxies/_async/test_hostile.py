"""Proxies that answer with too much, too little, or at the wrong time."""

import ssl

import pytest

import httpcore

from ..hostile import BOUND, HELLO, OK, REFUSALS, TUNNELS, Hostile

UNASKED = r"the peer sent b'HTTP/1\.1 200 OK"
NOT_FOR_EVER = {"timeout": {"pool": 20.0, "connect": 20.0, "read": 20.0, "write": 20.0}}


def pool_through(scheme: str, server: Hostile, **options: object) -> httpcore.AsyncConnectionPool:
    proxy = httpcore.Proxy(f"{scheme}://127.0.0.1:{server.server_address[1]}")
    return httpcore.AsyncConnectionPool(proxy=proxy, **options)  # type: ignore[arg-type]  # any


@pytest.mark.parametrize("name", REFUSALS)
async def test_answer_that_opens_no_tunnel(name: str, hostile_proxy: Hostile) -> None:
    answer, sentence = REFUSALS[name]
    hostile_proxy.turns = [answer]
    async with pool_through("http", hostile_proxy) as pool:
        with pytest.raises(httpcore.ProxyError) as caught:
            await pool.request("GET", "https://a.example/", extensions=NOT_FOR_EVER)
        assert pool.connections == []
    assert sentence in caught.value.message
    assert caught.value.safe_to_retry
    assert len(caught.value.body or b"") <= 2048


@pytest.mark.parametrize("name", TUNNELS)
async def test_answer_that_opens_a_tunnel(name: str, hostile_proxy: Hostile) -> None:
    hostile_proxy.turns = [TUNNELS[name], [HELLO], [HELLO]]
    async with pool_through("http", hostile_proxy, http1=True) as pool:
        for _ in range(2):
            response = await pool.request("GET", "ws://a.example/", extensions=NOT_FOR_EVER)
            assert response.content == b"hello"
        assert len(pool.connections) == 1


async def test_bytes_behind_the_answer_belong_to_the_tunnel(hostile_proxy: Hostile) -> None:
    # They reach the connection in the tunnel, which lets nobody speak before it is asked.
    hostile_proxy.turns = [[OK + HELLO]]
    async with pool_through("http", hostile_proxy) as pool:
        with pytest.raises(httpcore.RemoteProtocolError, match=UNASKED) as caught:
            await pool.request("GET", "ws://a.example/", extensions=NOT_FOR_EVER)
        assert pool.connections == []
    assert caught.value.bytes_received == len(HELLO)


async def test_bytes_behind_the_answer_are_no_tls(
    hostile_proxy: Hostile, trusting: ssl.SSLContext
) -> None:
    hostile_proxy.turns = [[OK + HELLO]]
    async with pool_through("http", hostile_proxy, ssl_context=trusting) as pool:
        with pytest.raises(httpcore.ConnectError, match="bytes before the TLS handshake"):
            await pool.request("GET", "https://a.example/", extensions=NOT_FOR_EVER)
        assert pool.connections == []


@pytest.mark.parametrize("in_pieces", [False, True], ids=["whole", "in pieces"])
@pytest.mark.parametrize("name", BOUND)
async def test_socks_proxy_may_have_any_address(
    name: str, in_pieces: bool, hostile_proxy: Hostile
) -> None:
    answer = BOUND[name]
    pieces = [answer[i : i + 1] for i in range(len(answer))] if in_pieces else [answer]
    hostile_proxy.turns = [[b"\x05\x00"], pieces, [HELLO]]
    async with pool_through("socks5h", hostile_proxy) as pool:
        response = await pool.request("GET", "http://a.example/", extensions=NOT_FOR_EVER)
        assert response.content == b"hello"


async def test_bytes_behind_the_answer_of_a_socks_proxy_are_the_servers(
    hostile_proxy: Hostile,
) -> None:
    hostile_proxy.turns = [[b"\x05\x00"], [BOUND["name"] + HELLO]]
    async with pool_through("socks5h", hostile_proxy) as pool:
        with pytest.raises(httpcore.RemoteProtocolError, match=UNASKED) as caught:
            await pool.request("GET", "http://a.example/", extensions=NOT_FOR_EVER)
        assert pool.connections == []
    assert caught.value.bytes_received == len(HELLO)
