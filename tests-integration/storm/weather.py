"""A server with moods: it answers, drips, stalls, resets, refuses, and closes idle connections, all at random.

It takes down on what it acted, so that nobody can deny it.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
_RESET = struct.pack("ii", 1, 0)


class StormyServer:
    """Listens on a port of its own, in a thread of its own, until the context ends; `calm` lets it answer only."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.calm = False
        # Answers everybody, and closes what is idle, at random.
        self.only_closes = False
        # How often it read a whole request for each target.
        self.acted: Counter[bytes] = Counter()
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, *exc_info: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", 0, backlog=1000)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/"

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if self.calm or self.only_closes or self._random.random() > 0.02:
                await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            target = await self._read_request(reader)
            self.acted[target] += 1
            if target.startswith(b"/slow"):
                await asyncio.sleep(0.02)
            mood = 1.0 if self.calm else self._random.random()
            if self.only_closes:
                mood = max(mood, 0.5) if mood < 0.8 else 1.0
            if mood < 0.02:
                self._reset(writer)
                return
            if mood < 0.04:
                writer.write(_ANSWER[: self._random.randrange(len(_ANSWER))])
                await writer.drain()
                return
            if mood < 0.06:
                await asyncio.sleep(0.05)
            if mood < 0.10:
                writer.write(_ANSWER[:-3])
                await asyncio.sleep(0.001)
                writer.write(_ANSWER[-3:])
            else:
                writer.write(_ANSWER)
            await writer.drain()
            if mood > 0.97 and not self.calm:
                # The race that every client of HTTP/1.1 runs: the end comes while the next request is on its way.
                await asyncio.sleep(self._random.random() * 0.002)
                return

    async def _read_request(self, reader: asyncio.StreamReader) -> bytes:
        """Read all of it, and return its target."""
        head = await reader.readuntil(b"\r\n\r\n")
        if b"transfer-encoding: chunked" in head.lower():
            while not (await reader.readuntil(b"\r\n")).startswith(b"0"):
                await reader.readuntil(b"\r\n")
            await reader.readuntil(b"\r\n")
        return head.split(b" ", 2)[1]

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
