"""What holds for every test of the house: the event loops it runs on, and that it leaves nothing behind."""

import asyncio
import functools
import inspect
import os
import time
from collections.abc import Awaitable, Callable, Generator
from importlib.util import find_spec
from typing import Any

import hypothesis
import pytest

IN_CI = bool(os.environ.get("CI"))

# The machines are shared and noisy: the time one example takes says nothing about it.
hypothesis.settings.register_profile("house", deadline=None, derandomize=IN_CI)
hypothesis.settings.load_profile("house")


def _loop(name: str, options: dict[str, Any], needs: str | None = None) -> Any:
    # In CI nothing may be missing: without the skip, the test fails with the reason.
    absent = needs is not None and not IN_CI and find_spec(needs) is None
    marks = [pytest.mark.skip(reason=f"{needs} is not installed")] if absent else []
    return pytest.param((name, options), id=needs or name, marks=marks)


@pytest.fixture(
    scope="module",
    params=[
        _loop("asyncio", {"use_uvloop": False}),
        _loop("asyncio", {"use_uvloop": True}, needs="uvloop"),
        _loop("trio", {}, needs="trio"),
    ],
)
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Run every async test on each event loop."""
    return request.param


def _open_sockets() -> set[str]:
    found = set()
    for fd in os.listdir("/proc/self/fd"):  # noqa: PTH208 - half the time of a Path for each
        try:
            target = os.readlink(f"/proc/self/fd/{fd}")  # noqa: PTH115
        except OSError:  # the descriptor of the listing itself
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


@pytest.fixture(autouse=True)
def _no_socket_is_left_open() -> Generator[None]:
    if not os.path.isdir("/proc/self/fd"):  # noqa: PTH112
        yield
        return
    before = _open_sockets()
    yield
    left = _open_sockets() - before
    # A server in another thread may need a moment to see that its client has gone.
    patience = time.monotonic() + 2.0
    while left and time.monotonic() < patience:
        time.sleep(0.002)
        left = _open_sockets() - before
    if left:
        pytest.fail(f"the test left {len(left)} sockets open: {', '.join(sorted(left))}")


def _leaving_no_task(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def checked(**arguments: Any) -> None:
        before = asyncio.all_tasks()
        await test(**arguments)
        left = asyncio.all_tasks() - before
        for _ in range(5):  # a task that was cancelled ends in the next rounds of the loop
            if not left:
                return
            await asyncio.sleep(0)
            left = asyncio.all_tasks() - before
        if left:
            pytest.fail(f"the test left asyncio tasks behind: {left}")

    return checked


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Look for tasks while the loop still runs; Trio has no tasks that could be left."""
    loop = pyfuncitem.funcargs.get("anyio_backend")
    if (
        isinstance(loop, tuple)
        and loop[0] == "asyncio"
        and inspect.iscoroutinefunction(pyfuncitem.obj)
    ):
        pyfuncitem.obj = _leaving_no_task(pyfuncitem.obj)
    return (yield)
