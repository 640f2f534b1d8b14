"""Traces tell callbacks and loggers, and cost nothing when nobody listens."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from httpcore_interfaces import AsyncTrace

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger("httpcore.tests")


@pytest.fixture(autouse=True)
def _level() -> Iterator[None]:
    logger.setLevel(logging.INFO)
    yield
    logger.setLevel(logging.NOTSET)


def only(trace: AsyncTrace | None) -> AsyncTrace:
    assert trace is not None
    return trace


class AsyncListener:
    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []

    async def __call__(self, name: str, info: dict[str, Any]) -> None:
        self.heard.append((name, info))


async def double(value: int) -> int:
    return value * 2


async def fail() -> None:
    raise ZeroDivisionError


def test_there_is_no_trace_when_nobody_listens() -> None:
    assert AsyncTrace.of({}, logger, "http11") is None
    assert AsyncTrace.of({"trace": None}, logger, "http11") is None


async def test_a_step_is_told_when_it_starts_and_completes() -> None:
    listener = AsyncListener()
    trace = only(AsyncTrace.of({"trace": listener}, logger, "http11"))
    assert await trace.step("send_request_body", {"request": "r"}, double, 4) == 8
    assert listener.heard == [
        ("http11.send_request_body.started", {"request": "r"}),
        ("http11.send_request_body.complete", {"return_value": 8}),
    ]


async def test_a_step_is_told_when_it_fails() -> None:
    listener = AsyncListener()
    trace = only(AsyncTrace.of({"trace": listener}, logger, "http2"))
    with pytest.raises(ZeroDivisionError) as caught:
        await trace.step("send_request_body", {}, fail)
    assert listener.heard[1] == ("http2.send_request_body.failed", {"exception": caught.value})


async def test_a_logger_gets_the_name_without_the_prefix(caplog: pytest.LogCaptureFixture) -> None:
    listener = AsyncListener()
    caplog.set_level(logging.DEBUG, logger.name)
    for extensions in ({}, {"trace": listener}):
        trace = only(AsyncTrace.of(extensions, logger, "connection"))
        await trace.event("connect_tcp.started", {"host": "a", "port": 80})
        await trace.event("connect_tcp.complete", {"return_value": None})
    assert caplog.messages == ["connect_tcp.started host='a' port=80", "connect_tcp.complete"] * 2
    assert len(listener.heard) == 2


async def test_what_a_callback_raises_is_raised() -> None:
    async def callback(name: str, info: dict[str, Any]) -> None:
        raise OSError(name)

    trace = only(AsyncTrace.of({"trace": callback}, logger, "http11"))
    with pytest.raises(OSError, match=r"http11\.step\.started"):
        await trace.step("step", {}, double, 4)


async def test_logger_is_told_at_the_level_that_was_asked_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(5, logger.name)
    await only(AsyncTrace.of({}, logger, "pool", 5)).event("dial.started", {"origin": "a"})
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (5, "dial.started origin='a'")
    ]
    logger.setLevel(logging.DEBUG)
    assert AsyncTrace.of({}, logger, "pool", 5) is None
