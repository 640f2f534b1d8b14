"""Connecting can be cancelled at every step, and leaves nothing open. Threads cannot be cancelled: this has no twin."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest

from httpcore_interfaces.testing._tasks import AsyncTask

from .ends import async_backend, async_kinds, listening, stalled_names, unanswering

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from httpcore_interfaces import AsyncNetworkStream

pytestmark = pytest.mark.parametrize("kind", async_kinds)


async def cancel_after_each_turn(connect: Callable[[], Awaitable[AsyncNetworkStream]]) -> None:
    for turns in range(12):
        async with AsyncTask(connect) as task:
            for _ in range(turns):
                await anyio.lowlevel.checkpoint()
            task.cancel()
            assert await task.wait(5.0)
            try:
                stream = task.result()
            except (BaseException, IndexError):
                continue
            await stream.aclose()


async def test_connecting_over_tcp(kind: str) -> None:
    with listening() as listener:
        port = listener.getsockname()[1]
        await cancel_after_each_turn(
            lambda: async_backend(kind).connect_tcp("127.0.0.1", port, 5.0)
        )


async def test_connecting_to_a_unix_socket(kind: str, tmp_path: Path) -> None:
    path = str(tmp_path / "server")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        await cancel_after_each_turn(lambda: async_backend(kind).connect_unix_socket(path, 5.0))


async def test_racing(kind: str) -> None:
    with unanswering() as silent:
        await cancel_after_each_turn(
            lambda: async_backend(kind).connect_addresses([silent, silent], 5.0)
        )


async def test_resolving(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with stalled_names(monkeypatch):
        await cancel_after_each_turn(
            lambda: async_backend(kind).connect_tcp("server.example", 80, 5.0)
        )
