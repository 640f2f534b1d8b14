"""A program written against the types of httpcore 1.0.9. It is never run: that it passes the type checker is the test.

It passes `mypy --strict` with httpcore 1.0.9 installed, too, and has to go on doing so.
"""

# ruff: noqa: T201, ARG

import ssl
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpcore

context: ssl.SSLContext = httpcore.default_ssl_context()
url: httpcore.URL = httpcore.URL("https://a.example/")
same: httpcore.URL = httpcore.URL(scheme=b"https", host="a.example", port=None, target="/")
origin: httpcore.Origin = url.origin
parts: tuple[bytes, bytes, int | None, bytes] = (url.scheme, url.host, url.port, url.target)
option: httpcore.SOCKET_OPTION = (6, 1, 1)
proxy: httpcore.Proxy = httpcore.Proxy(
    url="http://proxy", auth=("user", b"secret"), headers={"a": "b"}, ssl_context=context
)


def pieces() -> Iterator[bytes]:
    yield b"a"


async def async_pieces() -> AsyncIterator[bytes]:
    yield b"a"


def listen(name: str, info: dict[str, Any]) -> None:
    print(name, info)


def requests() -> list[httpcore.Request]:
    return [
        httpcore.Request("GET", "https://a.example/"),
        httpcore.Request(b"GET", url, headers=[(b"a", b"b")], content=b"x"),
        httpcore.Request("GET", b"http://a", headers={"a": "b"}, content=pieces()),
        httpcore.Request("GET", url, headers={b"a": b"b"}, content=async_pieces()),
        httpcore.Request(
            method="GET", url=url, headers=None, content=None, extensions={"timeout": {"read": 1.0}}
        ),
    ]


def read(response: httpcore.Response) -> bytes:
    status: int = response.status
    headers: list[tuple[bytes, bytes]] = list(response.headers)
    stream: Any = response.extensions["network_stream"]
    first = next(iter(response.iter_stream()), b"")
    response.close()
    print(status, headers, stream, first)
    return response.read() + response.content


async def aread(response: httpcore.Response) -> bytes:
    async for chunk in response.aiter_stream():
        print(chunk)
    await response.aclose()
    return await response.aread()


def pools() -> list[httpcore.ConnectionPool]:
    return [
        httpcore.ConnectionPool(),
        httpcore.ConnectionPool(context, proxy, 10, 5, 5.0, True, True, 1, "127.0.0.1", None),
        httpcore.ConnectionPool(
            ssl_context=context,
            proxy=proxy,
            max_connections=None,
            max_keepalive_connections=None,
            keepalive_expiry=None,
            http1=True,
            http2=True,
            retries=1,
            local_address="127.0.0.1",
            uds="/a/path",
            network_backend=httpcore.SyncBackend(),
            socket_options=[option, (1, 2, b"x"), (1, 2, None, 4)],
        ),
        httpcore.HTTPProxy("http://proxy", proxy_auth=("a", "b"), proxy_headers=[("a", "b")]),
        httpcore.SOCKSProxy("socks5://proxy", proxy_auth=(b"a", b"b"), ssl_context=context),
    ]


def async_pools() -> list[httpcore.AsyncConnectionPool]:
    return [
        httpcore.AsyncConnectionPool(network_backend=httpcore.AnyIOBackend()),
        httpcore.AsyncHTTPProxy(
            url, proxy_ssl_context=context, network_backend=httpcore.TrioBackend()
        ),
        httpcore.AsyncSOCKSProxy(b"socks5://proxy", max_connections=1),
    ]


def main() -> None:
    print(httpcore.request("GET", "https://a.example", headers={"a": "b"}, content=b"x").status)
    with httpcore.stream("POST", url, content=pieces(), extensions={"trace": listen}) as response:
        read(response)
    for pool in pools():
        with pool as entered:
            answer: httpcore.Response = entered.handle_request(requests()[0])
            answer = entered.request("GET", url)
            with entered.stream("GET", url) as streamed:
                print(streamed.status, answer)
        connections: list[httpcore.ConnectionInterface] = pool.connections
        for connection in connections:
            said: str = connection.info()
            known: bool = connection.is_idle() or connection.is_closed() or connection.has_expired()
            print(said, known, connection.is_available(), connection.can_handle_request(origin))
            connection.close()
        made: httpcore.ConnectionInterface = pool.create_connection(origin)
        print(made)


async def amain() -> None:
    for pool in async_pools():
        async with pool as entered:
            answer: httpcore.Response = await entered.handle_async_request(requests()[0])
            answer = await entered.request("GET", url, content=async_pieces())
            async with entered.stream("GET", url) as streamed:
                print(await aread(streamed), answer)
        connections: list[httpcore.AsyncConnectionInterface] = pool.connections
        print([connection.info() for connection in connections])
        made: httpcore.AsyncConnectionInterface = pool.create_connection(origin)
        await made.aclose()


class Stream(httpcore.NetworkStream):
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        print(buffer, timeout)

    def close(self) -> None:
        print("closed")

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


class Network(httpcore.NetworkBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        return Stream()

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> httpcore.NetworkStream:
        return Stream()

    def sleep(self, seconds: float) -> None:
        print(seconds)


class AsyncNetwork(httpcore.AsyncNetworkBackend):
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        return httpcore.AsyncMockStream([])


class Connection(httpcore.ConnectionInterface):
    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        return httpcore.Response(200, content=[b"a"], extensions={"http_version": b"HTTP/1.1"})

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return True

    def close(self) -> None:
        print("closed")

    def info(self) -> str:
        return "a connection"


class Pool(httpcore.ConnectionPool):
    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        return Connection()


class AsyncPool(httpcore.AsyncConnectionPool):
    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        return httpcore.AsyncHTTP11Connection(
            origin, httpcore.AsyncMockStream([]), keepalive_expiry=5.0
        )


def others() -> list[httpcore.ConnectionInterface]:
    stream: httpcore.NetworkStream = httpcore.MockStream([b"a"], http2=True)
    return [
        httpcore.HTTPConnection(
            origin, ssl_context=context, network_backend=httpcore.MockBackend([b"a"])
        ),
        httpcore.HTTP11Connection(origin=origin, stream=stream, keepalive_expiry=None),
        httpcore.HTTP2Connection(origin, stream),
    ]


def errors() -> str:
    try:
        main()
    except (
        httpcore.ConnectTimeout,
        httpcore.ReadTimeout,
        httpcore.WriteTimeout,
        httpcore.PoolTimeout,
    ) as slow:
        timeout: httpcore.TimeoutException = slow
        return str(timeout)
    except (httpcore.ConnectError, httpcore.ReadError, httpcore.WriteError) as broken:
        network: httpcore.NetworkError = broken
        return str(network)
    except (httpcore.LocalProtocolError, httpcore.RemoteProtocolError) as wrong:
        protocol: httpcore.ProtocolError = wrong
        return str(protocol)
    except (
        httpcore.ProxyError,
        httpcore.UnsupportedProtocol,
        httpcore.ConnectionNotAvailable,
    ) as other:
        return repr(other)
    return httpcore.__version__
