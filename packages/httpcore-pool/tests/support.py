"""What the tests of both worlds need and no generator can make: doing things at the same time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

import anyio

from httpcore_interfaces import AsyncParker, Parker
from httpcore_pool import AsyncConnectionPool, AsyncHTTPProxy, SyncConnectionPool, SyncHTTPProxy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from httpcore_interfaces import AsyncNetworkBackend, NetworkBackend

T = TypeVar("T")

# Looks that are taken before a condition is given up: seconds in which a broken test must end.
_LOOKS = 5000


async def async_run_together(*functions: Callable[[], Awaitable[T]]) -> list[T]:
    """What the functions return, in their order; run as tasks. Raises the first of their errors."""
    results: dict[int, T] = {}
    errors: list[Exception] = []

    async def run(number: int) -> None:
        try:
            results[number] = await functions[number]()
        except Exception as error:
            errors.append(error)

    async with anyio.create_task_group() as group:
        for number in range(len(functions)):
            group.start_soon(run, number)
    return _outcome(results, errors)


def run_together(*functions: Callable[[], T]) -> list[T]:
    """What the functions return, in their order; run as threads. Raises the first of their errors."""
    results: dict[int, T] = {}
    errors: list[Exception] = []

    def run(number: int) -> None:
        try:
            results[number] = functions[number]()
        except Exception as error:
            errors.append(error)

    threads = [
        threading.Thread(target=run, args=[number], daemon=True) for number in range(len(functions))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30.0)
        assert not thread.is_alive(), "a thread hangs"
    return _outcome(results, errors)


def _outcome(results: dict[int, T], errors: list[Exception]) -> list[T]:
    if errors:
        raise errors[0]
    return [results[number] for number in sorted(results)]


async def async_until(condition: Callable[[], object]) -> None:
    """Let others run until the condition holds."""
    for _ in range(_LOOKS):
        if condition():
            return
        await AsyncParker().park(0.001)
    raise AssertionError("what the test waits for does not happen")


def until(condition: Callable[[], object]) -> None:
    """Let others run until the condition holds."""
    for _ in range(_LOOKS):
        if condition():
            return
        Parker().park(0.001)
    raise AssertionError("what the test waits for does not happen")


# The transport face's classes, whose names the generator cannot know.


def async_transport_pool(backend: AsyncNetworkBackend, **options: Any) -> AsyncConnectionPool:
    return AsyncConnectionPool(backend=backend, **options)


def transport_pool(backend: NetworkBackend, **options: Any) -> SyncConnectionPool:
    return SyncConnectionPool(backend=backend, **options)


def async_transport_proxy(
    proxy_url: Any, backend: AsyncNetworkBackend, **options: Any
) -> AsyncHTTPProxy:
    return AsyncHTTPProxy(proxy_url, backend=backend, **options)


def transport_proxy(proxy_url: Any, backend: NetworkBackend, **options: Any) -> SyncHTTPProxy:
    return SyncHTTPProxy(proxy_url, backend=backend, **options)
