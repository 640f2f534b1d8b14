"""The servers that tools/demo talks to: all on loopback, on ports that were free, gone when it ends.

Hypercorn speaks HTTP/1.1 and HTTP/2, so that the other end of the wire is somebody else's code. The proxy is our own and
knows only what a proxy must: CONNECT, and forwarding, one connection onwards for each that comes in. Both run on one
event loop in one thread, so that callers may block.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Self, cast
from urllib.parse import urlsplit

import h11
import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

HOST = "localhost"

DOCUMENT = hashlib.shake_256(b"a document").digest(64 * 1024)
PIECES = tuple(hashlib.shake_256(b"piece %d" % index).digest(32 * 1024) for index in range(8))
# Between the pieces of a streamed response; so that it can be seen that they do not come at once.
PAUSE = 0.004

# Seconds for the servers to end in; what is left after that ends with the process.
PATIENCE = 5.0

READ_SIZE = 64 * 1024

Message = dict[str, Any]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def receipt(body: bytes, declared: str | None) -> bytes:
    """Return what the server answers to a body: how much of it arrived, and what it was.

    Args:
        body: what the server received.
        declared: the value of the request's Content-Length, None where it had none.
    """
    digest = hashlib.sha256(body).hexdigest()
    return json.dumps({"bytes": len(body), "sha256": digest, "declared": declared}).encode()


async def application(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answer over ASGI: `/document` whole, `/pieces` with pauses, `/receipt` to what is posted.

    Each answer says which protocol the server saw, and the port of its peer, which tells connections apart.
    """
    if scope["type"] != "http":  # the lifespan, of which there is none
        return
    fields = [
        (b"demo-protocol", b"HTTP/" + scope["http_version"].encode()),
        (b"demo-peer", str(scope["client"][1]).encode()),
    ]
    status = 200
    pieces: tuple[bytes, ...] = ()
    if scope["path"] == "/pieces":
        pieces = PIECES
    else:
        if scope["path"] == "/document":
            body = DOCUMENT
        elif scope["path"] == "/receipt":
            body = await _receipt_for(scope, receive)
        else:
            status, body = 404, b"there is /document, /pieces and /receipt"
        pieces = (body,)
        fields.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    for index, piece in enumerate(pieces):
        if index:
            await asyncio.sleep(PAUSE)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _receipt_for(scope: Message, receive: Callable[[], Awaitable[Message]]) -> bytes:
    declared = dict(scope["headers"]).get(b"content-length")
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return receipt(body, None if declared is None else declared.decode())


class ForwardingProxy:
    """An HTTP proxy without credentials, caches or opinions.

    `ports` are the local ports of its connections onwards, by which a server sees that a request came through it.
    """

    def __init__(self) -> None:
        self.ports: set[int] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side has enough."""
        upstream: _Upstream | None = None
        client = h11.Connection(h11.SERVER)
        try:
            while isinstance(request := await _next_event(client, reader), h11.Request):
                try:
                    if upstream is None:
                        upstream = await self._connect(request)
                except (OSError, ValueError) as error:
                    await self._refuse(client, writer, str(error))
                    return
                if request.method == b"CONNECT":
                    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
                    upstream.writer.write(client.trailing_data[0])
                    await _pump_both_ways(reader, writer, upstream)
                    return
                await _forward(request, client, reader, writer, upstream)
                if client.our_state is not h11.DONE or upstream.protocol.our_state is not h11.DONE:
                    return
                client.start_next_cycle()
                upstream.protocol.start_next_cycle()
        except (h11.ProtocolError, OSError):
            pass  # its peers see that the connection ends
        finally:
            await _close(writer, *([] if upstream is None else [upstream.writer]))

    async def _connect(self, request: h11.Request) -> "_Upstream":
        target = request.target.decode("ascii")
        url = urlsplit(f"//{target}" if request.method == b"CONNECT" else target)
        if url.hostname is None:
            raise ValueError(f"no host in the target {target!r}")
        reader, writer = await asyncio.open_connection(url.hostname, url.port or 80)
        self.ports.add(writer.get_extra_info("sockname")[1])
        return _Upstream(reader, writer)

    @staticmethod
    async def _refuse(client: h11.Connection, writer: asyncio.StreamWriter, why: str) -> None:
        body = f"the proxy cannot connect: {why}\n".encode()
        fields = [(b"Content-Length", str(len(body)).encode()), (b"Connection", b"close")]
        parts = (
            h11.Response(status_code=502, reason=b"Bad Gateway", headers=fields),
            h11.Data(data=body),
        )
        for event in (*parts, h11.EndOfMessage()):
            writer.write(client.send(event) or b"")
        await writer.drain()


class _Upstream:
    """The connection onwards."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.protocol = h11.Connection(h11.CLIENT)


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event:
    while True:
        event = connection.next_event()
        if event is h11.PAUSED:  # h11 waits for a new cycle, which nobody will begin
            return h11.ConnectionClosed()
        if event is not h11.NEED_DATA:
            return cast("h11.Event", event)
        connection.receive_data(await reader.read(READ_SIZE))


async def _forward(
    request: h11.Request,
    client: h11.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream: _Upstream,
) -> None:
    url = urlsplit(request.target)
    target = (url.path or b"/") + (b"?" + url.query if url.query else b"")
    fields = [(name, value) for name, value in request.headers if not name.startswith(b"proxy-")]
    event: h11.Event = h11.Request(method=request.method, target=target, headers=fields)
    while True:
        upstream.writer.write(upstream.protocol.send(event) or b"")
        await upstream.writer.drain()
        if isinstance(event, h11.EndOfMessage):
            break
        event = await _next_event(client, reader)
    while not isinstance(event := await _next_event(upstream.protocol, upstream.reader), _ENDS):
        writer.write(client.send(event) or b"")
        await writer.drain()
    writer.write(client.send(event) or b"")


_ENDS = (h11.EndOfMessage, h11.ConnectionClosed)


async def _pump_both_ways(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: _Upstream
) -> None:
    pumps = [
        asyncio.ensure_future(_pump(reader, upstream.writer)),
        asyncio.ensure_future(_pump(upstream.reader, writer)),
    ]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(READ_SIZE):
        writer.write(data)
        await writer.drain()


async def _close(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:  # before anything is waited for: the waiting may be cancelled
        writer.close()
    for writer in writers:
        with contextlib.suppress(OSError):
            await writer.wait_closed()


class Servers:
    """All of them, between `with` and its end.

    `plain` and `tls` are base URLs, `proxy` the URL of the proxy, `through_proxy` the ports by which servers see it.
    `complaints` is what the servers had to say, in case something goes wrong.
    """

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._authority = trustme.CA()
        self._proxy = ForwardingProxy()
        self._sockets = {name: _listening() for name in ("plain", "tls", "proxy")}
        ports = {name: found.getsockname()[1] for name, found in self._sockets.items()}
        self.plain = f"http://{HOST}:{ports['plain']}"
        self.tls = f"https://{HOST}:{ports['tls']}"
        self.proxy = f"http://{HOST}:{ports['proxy']}"
        self._thread = threading.Thread(target=self._run, name="demo servers", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()

    @property
    def through_proxy(self) -> set[int]:
        """The ports from which the proxy has connected."""
        return self._proxy.ports

    def client_context(self) -> ssl.SSLContext:
        """Return a TLS context that trusts these servers and nobody else."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._authority.configure_trust(context)
        return context

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread.start()  # the sockets listen already, so nobody has to wait
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(
            RuntimeError
        ):  # the loop is closed already: the servers stopped by themselves
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        loop = self._loop
        assert loop is not None
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            try:
                runner.run(self._serve())
            except Exception as error:  # noqa: BLE001 - told by whoever finds that nobody answers
                self.complaints.append(f"the servers stopped: {error!r}")
            finally:
                for listening in self._sockets.values():
                    listening.close()

    async def _serve(self) -> None:
        conversations: set[asyncio.Task[None]] = set()

        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = cast("asyncio.Task[None]", asyncio.current_task())
            conversations.add(task)
            task.add_done_callback(conversations.discard)
            with contextlib.suppress(asyncio.CancelledError):  # its end is no error
                await self._proxy.serve(reader, writer)

        async def until_stopped() -> None:
            await self._stop.wait()
            # First, for Hypercorn ends its connections one by one, and these are the proxy's.
            for task in conversations:
                task.cancel()
            await asyncio.gather(*conversations, return_exceptions=True)

        asyncio.get_running_loop().set_exception_handler(self._note)
        async with await asyncio.start_server(converse, sock=self._sockets.pop("proxy")):
            # Hypercorn takes a certificate from a file.
            certificate = self._authority.issue_cert(HOST).private_key_and_cert_chain_pem
            with certificate.tempfile() as path:
                config = self._config(path)
                await serve(cast("Any", application), config, shutdown_trigger=until_stopped)

    def _note(self, _: object, details: dict[str, Any]) -> None:
        self.complaints.append(f"{details['message']} {details.get('exception', '')!r}")

    def _config(self, certificate: str) -> Config:
        config = Config()
        config.certfile = config.keyfile = certificate
        config.bind = [f"fd://{self._sockets.pop('tls').detach()}"]
        config.insecure_bind = [f"fd://{self._sockets.pop('plain').detach()}"]
        config.errorlog = self._log()
        config.graceful_timeout = 1.0
        return config

    def _log(self) -> logging.Logger:
        log = logging.Logger("tools/demo", logging.WARNING)  # noqa: LOG001 - for these servers alone
        log.addHandler(_Notes(self.complaints))
        return log


class _Notes(logging.Handler):
    """Keeps what is logged, for whoever wants to know later."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self._notes = notes

    def emit(self, record: logging.LogRecord) -> None:
        self._notes.append(record.getMessage())


def _listening() -> socket.socket:
    """Return a socket that listens on the address to which the host's name leads first."""
    family, kind, protocol, _, address = socket.getaddrinfo(HOST, 0, type=socket.SOCK_STREAM)[0]
    listening = socket.socket(family, kind, protocol)
    listening.bind(address)
    listening.listen()
    return listening
