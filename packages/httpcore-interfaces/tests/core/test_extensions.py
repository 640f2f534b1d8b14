"""The one reader of time-outs, and the answers of trace callbacks."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

import pytest

from httpcore_interfaces import (
    AsyncTrace,
    ReadError,
    ReadTimeout,
    Timeouts,
    Trace,
    WriteTimeout,
    _extensions,
)
from httpcore_interfaces._extensions import checked_answer, checked_async_answer


def limits(timeouts: Timeouts) -> list[float | None]:
    return [timeouts.connect, timeouts.read, timeouts.write, timeouts.pool, timeouts.total]


@pytest.mark.parametrize("extensions", [{}, {"timeout": None}, {"timeout": {}}])
def test_no_time_outs_are_no_limits(extensions: dict[str, Any]) -> None:
    timeouts = Timeouts.of(extensions)
    assert limits(timeouts) == [None] * 5
    assert timeouts.deadline is None
    assert timeouts.bounded(None) is None
    assert timeouts.bounded(3.0) == 3.0


def test_limits_are_read_by_name() -> None:
    given = {"connect": 1, "read": 2.5, "write": float("inf"), "pool": None, "other": "ignored"}
    assert limits(Timeouts.of({"timeout": given})) == [1.0, 2.5, None, None, None]
    assert limits(Timeouts.of({"timeout": {"pool": 0}})) == [None, None, None, 0.0, None]


def test_a_timeout_says_that_total_was_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(_extensions, "monotonic", lambda: now)
    timeouts = Timeouts(read=5.0, total=3.0)
    error = ReadTimeout("read timeout: a sent nothing for 2 s; raise the read timeout", limit=2.0)
    for other in (error, ValueError("x")):
        before = str(other)
        timeouts.blame_total(other)
        assert str(other) == before
    now = 103.0
    timeouts.blame_total(failure := ReadError("it broke"))
    assert str(failure) == "it broke"
    Timeouts(read=2.0).blame_total(error)
    assert error.limit == 2.0
    timeouts.blame_total(error)
    assert error.message == (
        "total timeout: 3 s were over (read timeout: a sent nothing for 2 s); "
        "raise the total timeout if the request needs longer"
    )
    assert error.limit == 3.0
    timeouts.total = None
    timeouts.blame_total(again := ReadTimeout("read timeout: 1; 2"))
    assert again.message == "read timeout: 1; 2"


def test_a_write_timeout_says_that_total_was_over(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(_extensions, "monotonic", lambda: now)
    timeouts = Timeouts(write=5.0, total=3.0)
    now = 103.0
    error = WriteTimeout(
        "write timeout: a took nothing for 1 s; raise the write timeout", limit=1.0
    )
    timeouts.blame_total(error)
    assert type(error) is WriteTimeout
    assert error.message == (
        "total timeout: 3 s were over (write timeout: a took nothing for 1 s); "
        "raise the total timeout if the request needs longer"
    )
    assert error.limit == 3.0


def test_sets_of_limits_are_remembered_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    known: set[Any] = set()
    monkeypatch.setattr(_extensions, "_known_limits", known)
    for number in range(200):
        given = {"read": 1.0 * number, "total": 7}
        for _ in range(3):
            read = Timeouts.of({"timeout": given})
            assert limits(read) == [None, number, None, None, 7.0]
    assert len(known) == 64


def test_what_equals_a_known_limit_is_checked_all_the_same() -> None:
    assert Timeouts.of({"timeout": {"read": 1.0}}).read == 1.0
    for wrong in (True, Fraction(1)):
        with pytest.raises(TypeError, match="the read timeout must be a number"):
            Timeouts.of({"timeout": {"read": wrong}})


def test_total_becomes_a_deadline() -> None:
    before = time.monotonic()
    timeouts = Timeouts.of({"timeout": {"total": 100.0}})
    assert timeouts.deadline is not None
    assert before + 100.0 <= timeouts.deadline <= time.monotonic() + 100.0
    left = timeouts.bounded(None)
    assert left is not None
    assert 0.0 < left <= 100.0
    assert timeouts.bounded(5.0) == 5.0
    assert timeouts.bounded(1000.0) != 1000.0


def test_what_is_left_of_total_is_never_negative() -> None:
    timeouts = Timeouts(total=0.0)
    assert timeouts.bounded(None) == 0.0
    assert timeouts.bounded(5.0) == 0.0


def test_limits_can_be_given_one_by_one() -> None:
    timeouts = Timeouts(connect=1.0, read=2.0, write=3.0, pool=4.0)
    assert limits(timeouts) == [1.0, 2.0, 3.0, 4.0, None]


@pytest.mark.parametrize("wrong", [5.0, 0, (), "", [5.0], "5", False])
def test_the_extension_must_be_a_mapping(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"must be a mapping .* but got {type(wrong).__name__}"):
        Timeouts.of({"timeout": wrong})


@pytest.mark.parametrize("name", ["connect", "read", "write", "pool", "total"])
def test_limits_must_be_numbers_of_seconds(name: str) -> None:
    wrong: Any
    for wrong in ("5", True, [5.0]):
        with pytest.raises(
            TypeError, match=f"the {name} timeout must be .* {type(wrong).__name__}"
        ):
            Timeouts.of({"timeout": {name: wrong}})
    for wrong in (-1, -0.5, float("nan"), float("-inf")):
        with pytest.raises(ValueError, match=f"the {name} timeout must not be negative or NaN"):
            Timeouts.of({"timeout": {name: wrong}})


async def test_the_callback_of_an_asynchronous_request_must_be_asynchronous() -> None:
    wrong: Any = dict
    with pytest.raises(TypeError, match="must be a coroutine function, but it returned NoneType"):
        await AsyncTrace("http11", lambda name, info: wrong().get(name), None).event("x", {})

    async def answer() -> None:
        pass

    await checked_async_answer(answer(), "trace")


def test_the_callback_of_a_synchronous_request_must_be_synchronous() -> None:
    async def callback(name: str, info: dict[str, Any]) -> None:
        pass

    class Awaitable:
        def __await__(self) -> None:
            raise NotImplementedError

    wrong: Any = callback
    with pytest.raises(TypeError, match="must be a plain function, not a coroutine function"):
        Trace("http11", wrong, None).event("x", {})
    with pytest.raises(TypeError, match="must be a plain function, not a coroutine function"):
        checked_answer(Awaitable(), "trace")
    checked_answer(None, "trace")
