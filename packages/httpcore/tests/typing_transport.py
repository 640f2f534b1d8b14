"""A program written against httpcore 0.12's interface, typed. It is never run: that it passes the type checker is the test.

What its generation called `Optional[...]` and `Dict[...]` is written as it is today.
"""

# ruff: noqa: T201, ARG

import ssl
from collections.abc import AsyncIterator, Iterator

import httpcore

URL = tuple[bytes, bytes, int | None, bytes]
Headers = list[tuple[bytes, bytes]]

url: URL = (b"https", b"a.example", None, b"/")
context: ssl.SSLContext = ssl.create_default_context()


def pieces() -> Iterator[bytes]:
    yield b"a"


async def async_pieces() -> AsyncIterator[bytes]:
    yield b"a"


async def close() -> None:
    print("closed")


def transports() -> list[httpcore.SyncHTTPTransport]:
    return [
        httpcore.SyncConnectionPool(),
        httpcore.SyncConnectionPool(
            ssl_context=context,
            max_connections=10,
            max_keepalive_connections=5,
            keepalive_expiry=5.0,
            http2=True,
            uds="/a/path",
            local_address="127.0.0.1",
            retries=1,
            backend="sync",
        ),
        httpcore.SyncHTTPProxy(
            url, proxy_headers=[(b"a", b"b")], proxy_mode="TUNNEL_ONLY", http2=True
        ),
    ]


def async_transports() -> list[httpcore.AsyncHTTPTransport]:
    return [
        httpcore.AsyncConnectionPool(ssl_context=context, keepalive_expiry=5.0, backend="auto"),
        httpcore.AsyncHTTPProxy(
            proxy_url=url, proxy_mode="FORWARD_ONLY", backend="trio", max_connections=1
        ),
    ]


def main() -> None:
    body: httpcore.SyncByteStream = httpcore.IteratorByteStream(pieces(), close_func=lambda: None)
    for transport in transports():
        with transport as entered:
            status, headers, stream, ext = entered.request(
                b"POST",
                url,
                headers=[(b"host", b"a.example")],
                stream=body,
                ext={"timeout": {"read": 5.0}},
            )
            reason: str = ext.get("reason", "")
            try:
                print(status, dict(headers), [len(part) for part in stream], reason)
            finally:
                stream.close()
        transport.close()
    info: dict[str, list[str]] = httpcore.SyncConnectionPool().get_connection_info()
    print(info, httpcore.PlainByteStream(b"a"))


async def amain() -> None:
    body: httpcore.AsyncByteStream = httpcore.AsyncIteratorByteStream(
        async_pieces(), aclose_func=close
    )
    for transport in async_transports():
        async with transport as entered:
            status, headers, stream, ext = await entered.arequest(b"GET", url, [], body, {})
            async for part in stream:
                print(status, headers, part, ext)
            await stream.aclose()
        await transport.aclose()


class Fake(httpcore.SyncHTTPTransport):
    def request(
        self,
        method: bytes,
        url: URL,
        headers: Headers | None = None,
        stream: httpcore.SyncByteStream | None = None,
        ext: dict[str, object] | None = None,
    ) -> tuple[int, Headers, httpcore.SyncByteStream, dict[str, object]]:
        return 200, [], httpcore.PlainByteStream(b""), {"http_version": "HTTP/1.1"}


class Body(httpcore.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"a"

    async def aclose(self) -> None:
        print("closed")


def errors() -> str:
    try:
        main()
    except (httpcore.CloseError, httpcore.NetworkError, httpcore.TimeoutException) as error:
        return str(error)
    except (httpcore.ProxyError, httpcore.UnsupportedProtocol, httpcore.ProtocolError) as error:
        return str(error)
    return ""
