"""A proxy that dies at any byte of its handshake: the error says so, and the next request succeeds."""

import ssl

import pytest

import httpcore

from ...servers import HELLO, Server
from ..cutting import DEATHS, DIALOGUES, Cutter, answered


@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("scheme", DIALOGUES)
async def test_proxy_dies_in_its_handshake(
    scheme: str, death: str, cutter: Cutter, nginx_tls: Server, trusting: ssl.SSLContext
) -> None:
    expected = httpcore.ConnectTimeout if death == "stall" else httpcore.ProxyError
    auth = {"http": None, "socks4a": ("asker", "")}.get(scheme, ("asker", "secret"))
    for left in range(answered(scheme)):
        url = cutter.cut(scheme, nginx_tls.port, left, death)
        proxy = httpcore.Proxy(url, auth=auth)
        async with httpcore.AsyncConnectionPool(
            ssl_context=trusting, proxy=proxy, max_connections=1
        ) as pool:
            connect = 0.03 if death == "stall" else 20.0
            with pytest.raises(expected) as caught:
                await pool.request(
                    "GET", f"{nginx_tls.url}/", extensions={"timeout": {"connect": connect}}
                )
            assert caught.value.proxy == proxy.url.origin, left
            assert caught.value.safe_to_retry, left
            assert pool.connections == []
            if left % 4 == 0:
                timeout = {"pool": 0.0, "connect": 20.0, "read": 20.0}
                response = await pool.request(
                    "GET", f"{nginx_tls.url}/", extensions={"timeout": timeout}
                )
                assert response.content == HELLO
                assert len(pool.connections) == 1
