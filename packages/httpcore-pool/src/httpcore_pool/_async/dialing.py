"""The dialer: walks a route, hop by hop, under one connect time-out."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, TypeVar

from httpcore_interfaces import (
    URL,
    AsyncTrace,
    ConnectTimeout,
    HTTPCoreError,
    Origin,
    ProxyError,
    Request,
    Timeouts,
)

from .._backends.default import has_separate_steps
from .._core.routes import TLS, Connect, SocksConnect, Tunnel
from .._core.socks import socks5_handshake
from .._protocols import make_async_http11_connection
from .._tls import context_for

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from httpcore_interfaces import AsyncNetworkBackend, AsyncNetworkStream

    from .._core.routes import Hop, Route
    from .._core.settings import Settings

__all__ = ["AsyncDialer"]

T = TypeVar("T")

logger = logging.getLogger("httpcore.connection")
proxy_logger = logging.getLogger("httpcore.proxy")

# As much of a refusing proxy's answer as goes into the error.
_PROXY_BODY_LIMIT = 2048


class AsyncDialer:
    """One walk along a route, for one request."""

    def __init__(
        self, settings: Settings[AsyncNetworkBackend], request: Request, timeouts: Timeouts
    ) -> None:
        self._settings = settings
        self._extensions = request.extensions
        self._trace = AsyncTrace.of(request.extensions, logger, "connection")
        self._limit = timeouts.connect
        connect = timeouts.bounded(timeouts.connect)
        self._deadline = None if connect is None else time.monotonic() + connect
        self._connect_timeout = connect

    async def dial(self, route: Route) -> AsyncNetworkStream:
        """Walk the route and return the stream at its end.

        Raises `ConnectError`, `ConnectTimeout`, `ProxyError`. Nothing is left open by an error or by cancellation.
        """
        stream: AsyncNetworkStream | None = None
        try:
            for hop in route.hops:
                stream = await self._take(hop, stream)
        except BaseException:
            if stream is not None:
                await stream.aclose()
            raise
        assert stream is not None  # the first hop of every route makes one
        return stream

    async def _take(self, hop: Hop, stream: AsyncNetworkStream | None) -> AsyncNetworkStream:
        if isinstance(hop, Connect):
            return await self._connect(hop)
        assert stream is not None  # only the first hop has nothing to stand on
        if isinstance(hop, TLS):
            return await self._start_tls(hop, stream)
        if isinstance(hop, Tunnel):
            return await self._open_tunnel(hop, stream)
        await self._socks_connect(hop, stream)
        return stream

    async def _connect(self, hop: Connect) -> AsyncNetworkStream:
        settings = self._settings
        if hop.path is not None:
            return await self._step(
                "connect_unix_socket",
                settings.backend.connect_unix_socket,
                {
                    "path": hop.path,
                    "timeout": self._connect_timeout,
                    "socket_options": settings.socket_options,
                },
            )
        backend: Any = settings.backend  # its steps are no part of the interface
        arguments = {
            "host": hop.host,
            "port": hop.port,
            "local_address": settings.local_address,
            "timeout": self._connect_timeout,
            "socket_options": settings.socket_options,
        }
        if self._trace is None or not has_separate_steps(backend):
            return await self._step("connect_tcp", settings.backend.connect_tcp, arguments)
        # Only somebody who looks can tell the two steps of `connect_tcp` apart.
        asked = {"host": hop.host, "port": hop.port, "timeout": self._connect_timeout}
        addresses: Any = await self._step("resolve", backend.resolve, asked)

        async def connect(**arguments: Any) -> AsyncNetworkStream:
            stream: AsyncNetworkStream = await backend.connect_addresses(
                addresses, self._left(), arguments["local_address"], arguments["socket_options"]
            )
            return stream

        return await self._step("connect_tcp", connect, arguments)

    async def _start_tls(self, hop: TLS, stream: AsyncNetworkStream) -> AsyncNetworkStream:
        settings = self._settings
        context: ssl.SSLContext | None
        alpn: tuple[str, ...]
        if hop.to_proxy:
            assert settings.proxy is not None
            context, alpn = settings.proxy.ssl_context, ("http/1.1",)
        else:
            context, alpn = settings.ssl_context, settings.alpn_protocols
        return await self._step(
            "start_tls",
            stream.start_tls,
            {
                "ssl_context": context_for(context, alpn),
                "server_hostname": hop.server_hostname,
                "timeout": self._left(),
            },
        )

    async def _open_tunnel(self, hop: Tunnel, stream: AsyncNetworkStream) -> AsyncNetworkStream:
        proxy = self._settings.proxy
        assert proxy is not None
        connection = make_async_http11_connection(proxy.url.origin, stream, None)
        request = Request(
            b"CONNECT",
            URL(
                scheme=proxy.url.scheme,
                host=proxy.url.host,
                port=proxy.url.port,
                target=hop.authority,
            ),
            headers=[(b"Host", hop.authority), (b"Accept", b"*/*"), *hop.fields],
        )
        limit = self._left()
        request.extensions = {
            "timeout": {"read": limit, "write": limit, "total": limit},
            **({"trace": self._extensions["trace"]} if "trace" in self._extensions else {}),
        }
        try:
            response = await connection.handle_async_request(request)
        except HTTPCoreError as error:
            raise self._translated(error) from error
        if not 200 <= response.status <= 299:
            body = b""
            try:
                async for chunk in response.aiter_stream():
                    body += chunk
                    if len(body) >= _PROXY_BODY_LIMIT:
                        break
            except HTTPCoreError:
                # What arrived before the proxy failed is still worth showing.
                pass
            finally:
                await response.aclose()
                await connection.aclose()
            reason = response.extensions.get("reason_phrase", b"").decode("latin-1")
            raise ProxyError(
                f"{response.status} {reason}".rstrip(), phase="connect", proxy=proxy.url.origin
            ).with_answer(response.status, response.headers, body[:_PROXY_BODY_LIMIT])
        tunnel: AsyncNetworkStream = response.extensions["network_stream"]
        return tunnel

    async def _socks_connect(self, hop: SocksConnect, stream: AsyncNetworkStream) -> None:
        handshake = socks5_handshake(hop.host, hop.port, hop.auth)
        try:
            wanted = next(handshake)
            while True:
                if isinstance(wanted, bytes):
                    await stream.write(wanted, self._left())
                    wanted = next(handshake)
                else:
                    wanted = handshake.send(await self._read_exactly(stream, wanted))
        except StopIteration:
            return
        except ProxyError:
            raise
        except HTTPCoreError as error:
            raise self._translated(error) from error

    async def _read_exactly(self, stream: AsyncNetworkStream, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = await stream.read(count - len(data), self._left())
            if not more:
                raise ProxyError(
                    "the proxy closed the connection during the SOCKS handshake", phase="connect"
                )
            data += more
        return data

    async def _step(
        self, name: str, function: Callable[..., Awaitable[T]], arguments: dict[str, Any]
    ) -> T:
        if self._trace is None:
            return await function(**arguments)
        value: T = await self._trace.step(name, arguments, _with_arguments, function, arguments)
        return value

    def _left(self) -> float | None:
        """Seconds that are left of the connect time-out."""
        if self._deadline is None:
            return None
        return max(0.0, self._deadline - time.monotonic())

    def _translated(self, error: HTTPCoreError) -> HTTPCoreError:
        """A failure of the handshake with a proxy, as the caller of `connect` should see it."""
        proxy = self._settings.proxy
        origin: Origin | None = None if proxy is None else proxy.url.origin
        if self._left() == 0.0:
            kind: type[HTTPCoreError] = ConnectTimeout
            message = (
                f"connect timeout: the proxy did not finish its handshake within {self._limit} s"
            )
        else:
            kind = ProxyError
            message = f"the handshake with the proxy failed: {error.message}"
        return kind(message, phase="connect", proxy=origin)


async def _with_arguments(function: Callable[..., Awaitable[T]], arguments: dict[str, Any]) -> T:
    return await function(**arguments)
