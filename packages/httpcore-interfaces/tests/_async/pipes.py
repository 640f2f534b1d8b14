"""A network in memory that keeps the contract of network streams: what the seeded defects are planted in."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from httpcore_interfaces import (
    AsyncNetworkStream,
    AsyncParker,
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

CAPACITY = 65536


class AsyncLink:
    """What both ends share: who waits for a change of anything."""

    def __init__(self) -> None:
        # For threads; tasks never find it taken, for nobody waits while holding it.
        self.lock = threading.RLock()
        self.broken = False
        self._waiting: list[AsyncParker] = []

    def changed(self) -> None:
        with self.lock:
            waiting, self._waiting = self._waiting, []
            for parker in waiting:
                parker.unpark()

    async def wait_until(self, ready: Callable[[], bool], timeout: float | None) -> bool:
        while True:
            parker = AsyncParker()
            with self.lock:
                if ready():
                    return True
                self._waiting.append(parker)
            if not await parker.park(timeout):
                return ready()


class Way:
    """One direction: a bounded buffer."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.ended = False


class AsyncPipeStream(AsyncNetworkStream):
    def __init__(self, link: AsyncLink, incoming: Way, outgoing: Way) -> None:
        self.link = link
        self.incoming = incoming
        self.outgoing = outgoing
        self.closed = False

    def can_read(self) -> bool:
        return self.closed or self.link.broken or bool(self.incoming.buffer) or self.incoming.ended

    def can_write(self) -> bool:
        return self.closed or self.link.broken or len(self.outgoing.buffer) < CAPACITY

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not await self.link.wait_until(self.can_read, timeout):
            raise ReadTimeout
        with self.link.lock:
            return self.take(max_bytes)

    def take(self, max_bytes: int) -> bytes:
        if self.closed or self.link.broken:
            raise ReadError
        data = bytes(self.incoming.buffer[:max_bytes])
        del self.incoming.buffer[:max_bytes]
        self.link.changed()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = memoryview(buffer)
        while left:
            if not await self.link.wait_until(self.can_write, timeout):
                raise WriteTimeout
            with self.link.lock:
                left = left[self.put(left) :]

    async def write_until_readable(self, buffer: bytes, timeout: float | None = None) -> int:
        left = memoryview(buffer)
        while left:
            if not await self.link.wait_until(lambda: self.can_write() or self.can_read(), timeout):
                raise WriteTimeout
            with self.link.lock:
                if self.can_write():
                    left = left[self.put(left) :]
                elif self.can_read():
                    break
        return len(buffer) - len(left)

    def put(self, data: memoryview) -> int:
        if self.closed or self.link.broken:
            raise WriteError
        room = CAPACITY - len(self.outgoing.buffer)
        self.outgoing.buffer += data[:room]
        self.link.changed()
        return room

    async def aclose(self) -> None:
        self.close_now()

    def close_now(self) -> None:
        self.closed = True
        self.outgoing.ended = True
        self.link.changed()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        """A handshake with a peer that never speaks TLS."""
        try:
            if await self.link.wait_until(self.can_read, timeout):
                raise ConnectError
            raise ConnectTimeout
        finally:
            self.close_now()

    def get_extra_info(self, info: str) -> Any:
        return self.can_read() if info == "is_readable" else None


class AsyncPipePeer:
    def __init__(self, stream: AsyncPipeStream) -> None:
        self.stream = stream

    async def send(self, data: bytes) -> None:
        await self.stream.write(data)

    async def receive(self, max_bytes: int) -> bytes:
        return await self.stream.read(max_bytes)

    async def end(self) -> None:
        self.stream.outgoing.ended = True
        self.stream.link.changed()

    async def reset(self) -> None:
        self.stream.link.broken = True
        self.stream.link.changed()

    async def aclose(self) -> None:
        await self.stream.aclose()


async def async_pipe(
    kind: type[AsyncPipeStream] = AsyncPipeStream,
) -> tuple[AsyncPipeStream, AsyncPipePeer]:
    link, there, back = AsyncLink(), Way(), Way()
    return kind(link, back, there), AsyncPipePeer(AsyncPipeStream(link, there, back))
