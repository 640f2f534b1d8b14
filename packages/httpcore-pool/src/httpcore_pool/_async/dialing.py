"""The dialer: walks a route, hop by hop, under one connect time-out."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from httpcore_interfaces import (
    AsyncTrace,
    ConnectError,
    ConnectTimeout,
    HTTPCoreError,
    ProxyError,
    Request,
    TimeoutException,
    Timeouts,
    validate_request,
)

from .._backends.alpn import HTTP1_ALONE, offering, take_over
from .._backends.default import has_separate_steps
from .._core.routes import TLS, Connect, SocksConnect, Tunnel, as_connect, is_resolved_here
from .._core.socks import address_in, socks_handshake
from .._protocols import make_async_http11_connection
from .._tls import shared_ssl_context
from .network import AsyncSocketStream

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from httpcore_interfaces import AsyncNetworkBackend, AsyncNetworkStream, Proxy

    from .._core.routes import Hop, Route
    from .._core.settings import Settings

__all__ = ["AsyncDialer"]

# The steps of a SOCKS proxy, and those behind an HTTP proxy's tunnel, go by names of their own.
_LOGGERS = {
    prefix: logging.getLogger(f"httpcore.{prefix}") for prefix in ("connection", "proxy", "socks")
}

# As much of a refusing proxy's answer as goes into the error.
_PROXY_BODY_LIMIT = 2048
# Seconds that it may take to come.
_PROXY_BODY_SECONDS = 2.0


class AsyncDialer:
    """One walk along a route, for one request."""

    def __init__(
        self, settings: Settings[AsyncNetworkBackend], request: Request, timeouts: Timeouts
    ) -> None:
        self._settings = settings
        self._extensions = request.extensions
        self._trace: AsyncTrace | None = None
        self._stream: AsyncNetworkStream | None = None
        self._connect_arguments: dict[str, Any] = {}
        connect = timeouts.bounded(timeouts.connect)
        self._deadline = None if connect is None else time.monotonic() + connect
        self._connect_timeout = connect
        # For each SOCKS proxy that wants addresses: those that are still to be tried, and why the others would not do.
        self._addresses: dict[SocksConnect, list[bytes]] = {}
        self._attempts: list[tuple[str, BaseException]] = []
        self._may_go_again = False

    async def dial(self, route: Route) -> AsyncNetworkStream:
        """Walk the route and return the stream at its end.

        Raises `ConnectError`, `ConnectTimeout`, `ProxyError`. Nothing is left open by an error or by cancellation.
        """
        is_socks = any(isinstance(hop, SocksConnect) for hop in route.hops)
        while True:
            self._listen("socks" if is_socks else "connection")
            self._may_go_again = False
            try:
                for hop in route.hops:
                    await self._take(hop)
            except BaseException:
                if self._stream is not None:
                    await self._stream.aclose()
                if not self._may_go_again:
                    raise
            else:
                return self._end()

    async def pause(self, seconds: float) -> None:
        """Wait before the next walk, after this one has failed."""
        sleep = self._settings.backend.sleep
        if self._trace is None:
            await sleep(seconds)
        else:
            await self._trace.step("retry", self._connect_arguments, sleep, seconds)

    def _listen(self, prefix: str) -> None:
        self._trace = AsyncTrace.of(self._extensions, _LOGGERS[prefix], prefix)

    async def _take(self, hop: Hop) -> None:
        if isinstance(hop, Connect):
            await self._connect(hop)
        elif isinstance(hop, TLS):
            await self._start_tls(hop)
        elif isinstance(hop, Tunnel):
            await self._open_tunnel(hop)
            self._listen("proxy")
        else:
            await self._open_socks(hop)

    def _end(self) -> AsyncNetworkStream:
        """The stream as far as the walk has come."""
        assert self._stream is not None  # the first hop of every route makes one
        return self._stream

    async def _connect(self, hop: Connect) -> None:
        settings = self._settings
        backend: Any = settings.backend  # its steps are no part of the interface
        common = {"timeout": self._connect_timeout, "socket_options": settings.socket_options}
        if hop.path is not None:
            self._connect_arguments = {"path": hop.path, **common}
            await self._step(
                "connect_unix_socket", backend.connect_unix_socket, self._connect_arguments
            )
            return
        self._connect_arguments = {
            "host": hop.host,
            "port": hop.port,
            "local_address": settings.local_address,
            **common,
        }
        connect = backend.connect_tcp
        if self._trace is not None and has_separate_steps(backend):
            # Only somebody who looks can tell the two steps of `connect_tcp` apart.
            connect = await self._resolve(self._trace, hop, backend)
        await self._step("connect_tcp", connect, self._connect_arguments)

    async def _resolve(
        self, trace: AsyncTrace, hop: Connect, backend: Any
    ) -> Callable[..., Awaitable[AsyncNetworkStream]]:
        """Resolve, and return what is left of `connect_tcp`."""
        limit = self._connect_timeout
        info = {"host": hop.host, "port": hop.port, "timeout": limit}
        addresses = await trace.step("resolve", info, backend.resolve, hop.host, hop.port, limit)

        async def connect(**arguments: Any) -> AsyncNetworkStream:
            stream: AsyncNetworkStream = await backend.connect_addresses(
                addresses, self._left(), arguments["local_address"], arguments["socket_options"]
            )
            return stream

        return connect

    async def _start_tls(self, hop: TLS) -> None:
        settings = self._settings
        alpn: tuple[str, ...]
        if hop.proxy is not None:
            own, alpn = hop.proxy.ssl_context, HTTP1_ALONE
        else:
            own, alpn = settings.ssl_context, settings.alpn_protocols
        await self._step(
            "start_tls",
            _start_tls(self._end(), own, alpn),
            {
                "ssl_context": shared_ssl_context(alpn) if own is None else own,
                "server_hostname": hop.server_hostname,
                "timeout": self._left(),
            },
        )
        if own is not None:
            self._check_choice(own, alpn)

    def _check_choice(self, context: ssl.SSLContext, alpn: tuple[str, ...]) -> None:
        """See to it that a list which somebody else has set on a user's context decides nothing."""
        tls = self._end().get_extra_info("ssl_object")
        chosen = None if tls is None else tls.selected_alpn_protocol()
        if chosen is not None and chosen not in alpn and take_over(context):
            self._may_go_again = True
            raise ConnectError(f"the server chose {chosen}, which only the ssl_context has offered")

    async def _open_tunnel(self, hop: Tunnel) -> None:
        proxy = hop.proxy
        connection = make_async_http11_connection(
            proxy.url.origin, self._end(), None, self._settings.http11_options
        )
        request = as_connect(hop, self._extensions)
        limit = self._left()
        timeouts = Timeouts(read=limit, write=limit, total=limit)
        timeouts.total = None  # it is the time to connect, and no error may call it another
        try:
            # Nobody has looked at the name of a proxy yet, which is what the one before it is asked for.
            validate_request(request)
            response = await connection.exchange(request, timeouts)
        except HTTPCoreError as error:
            raise self._translated(error, proxy) from error
        if not 200 <= response.status <= 299:
            body = b""
            # The refusal is there, and the rest of it is not worth waiting for long.
            until = time.monotonic() + _PROXY_BODY_SECONDS
            timeouts.deadline = until if self._deadline is None else min(until, self._deadline)
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
        self._stream = response.extensions["network_stream"]

    async def _open_socks(self, hop: SocksConnect) -> None:
        """Ask a SOCKS proxy, for one address after the other where it wants addresses."""
        host = hop.host
        if hop not in self._addresses:
            self._addresses[hop] = await self._addresses_for(hop)
        if self._addresses[hop]:
            host = self._addresses[hop][0]
        if self._trace is None:
            await self._socks_connect(hop, host)
            return
        auth = hop.proxy.auth
        info = {
            "stream": self._stream,
            "host": host.decode("ascii"),
            "port": hop.port,
            # Who logs this should not thereby log a password.
            "auth": None if auth is None else (auth[0], b"***"),
        }
        version = hop.proxy.url.scheme[:6].decode("ascii")
        await self._trace.step(f"setup_{version}_connection", info, self._socks_connect, hop, host)

    async def _addresses_for(self, hop: SocksConnect) -> list[bytes]:
        """The addresses to ask for instead of a name; none where the proxy resolves it, or is given an address."""
        proxy = hop.proxy
        # A backend that was written for httpcore 1.x cannot be asked; then the proxy must do it, as it did there.
        resolve = getattr(self._settings.backend, "resolve", None)
        if not is_resolved_here(proxy) or resolve is None or address_in(hop.host) is not None:
            return []
        name = hop.host.decode("ascii")
        limit = self._left()
        if self._trace is None:
            found = await resolve(name, hop.port, limit)
        else:
            info = {"host": name, "port": hop.port, "timeout": limit}
            found = await self._trace.step("resolve", info, resolve, name, hop.port, limit)
        hosts = [address.sockaddr[0].encode("ascii") for address in found]
        if proxy.url.scheme == b"socks4":
            hosts = [host for host in hosts if b":" not in host]
            if not hosts:
                raise ProxyError(
                    f"SOCKS 4 needs an IPv4 address, and {name} has none; use socks4a or socks5",
                    phase="resolve",
                    proxy=proxy.url.origin,
                )
        return hosts

    async def _socks_connect(self, hop: SocksConnect, host: bytes) -> AsyncNetworkStream:
        proxy = hop.proxy
        try:
            refusal = await self._shake_hands(hop, host)
        except ProxyError as error:
            error.add_details(phase="connect", proxy=proxy.url.origin)
            raise
        except HTTPCoreError as error:
            raise self._translated(error, proxy) from error
        if refusal is None:
            return self._end()
        del self._addresses[hop][:1]
        self._may_go_again = bool(self._addresses[hop])
        where = f"[{host.decode('ascii')}]" if b":" in host else host.decode("ascii")
        sentence = f"the SOCKS proxy could not connect to {where}:{hop.port}: {refusal}"
        failure = ProxyError(sentence, phase="connect", proxy=proxy.url.origin)
        self._attempts.append((f"{where}:{hop.port}", failure))
        if len(self._attempts) == 1:
            raise failure
        raise ProxyError(
            f"the SOCKS proxy could not connect to any of {len(self._attempts)} addresses",
            phase="connect",
            proxy=proxy.url.origin,
            attempts=tuple(self._attempts),
        ) from failure

    async def _shake_hands(self, hop: SocksConnect, host: bytes) -> str | None:
        """Why the proxy could not connect onwards to `host`; `None` when it did."""
        stream = self._end()
        handshake = socks_handshake(hop.proxy.url.scheme, host, hop.port, hop.proxy.auth)
        try:
            wanted = next(handshake)
            while True:
                if isinstance(wanted, bytes):
                    await stream.write(wanted, self._left())
                    wanted = next(handshake)
                else:
                    wanted = handshake.send(await self._read_exactly(stream, wanted))
        except StopIteration as end:
            refusal: str | None = end.value
            return refusal

    async def _read_exactly(self, stream: AsyncNetworkStream, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = await stream.read(count - len(data), self._left())
            if not more:
                raise ProxyError("the proxy closed the connection during the SOCKS handshake")
            data += more
        return data

    async def _step(
        self,
        name: str,
        function: Callable[..., Awaitable[AsyncNetworkStream]],
        arguments: dict[str, Any],
    ) -> None:
        """A step that makes a stream."""
        if self._trace is None:
            self._stream = await function(**arguments)
        else:
            await self._trace.step(name, arguments, self._make_stream, function, arguments)

    async def _make_stream(
        self, function: Callable[..., Awaitable[AsyncNetworkStream]], arguments: dict[str, Any]
    ) -> AsyncNetworkStream:
        # Kept here and now: who listens to the step may raise, or be cancelled, before it returns.
        self._stream = stream = await function(**arguments)
        return stream

    def _left(self) -> float | None:
        """Seconds that are left of the connect time-out."""
        if self._deadline is None:
            return None
        return max(0.0, self._deadline - time.monotonic())

    def _translated(self, error: HTTPCoreError, proxy: Proxy) -> HTTPCoreError:
        """A failure of the handshake with a proxy, as the caller of `connect` should see it."""
        if isinstance(error, TimeoutException):
            # Every limit of the handshake was what was left for connecting.
            return ConnectTimeout(
                f"connect timeout: the proxy did not finish its handshake within {self._connect_timeout} s",
                phase="connect",
                proxy=proxy.url.origin,
                limit=self._connect_timeout,
            )
        return ProxyError(
            f"the handshake with the proxy failed: {error.message}",
            phase="connect",
            proxy=proxy.url.origin,
        )


def _start_tls(
    stream: AsyncNetworkStream, own: ssl.SSLContext | None, alpn: tuple[str, ...]
) -> Callable[..., Awaitable[AsyncNetworkStream]]:
    """The stream's `start_tls`, offering these protocols by the user's own context, if that is used."""
    if isinstance(stream, AsyncSocketStream) and (
        type(stream).start_tls is AsyncSocketStream.start_tls
    ):
        return partial(stream.start_tls_for_request, None if own is None else alpn)
    if own is not None:
        # Nobody knows when another's stream looks at the context, which should be soon.
        with offering(own, alpn):
            pass
    return stream.start_tls
