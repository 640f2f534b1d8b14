"""The check of byte streams passes what is right, and catches a planted defect for every rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from httpcore_interfaces import (
    AsyncByteStream,
    AsyncIteratorByteStream,
    PlainByteStream,
    StreamClosed,
    StreamConsumed,
)
from httpcore_interfaces.testing import ConformanceError, check_async_byte_stream
from httpcore_interfaces.testing._async.byte_stream_checks import RULES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Self

NAMES = [rule.__name__ for rule in RULES]
BODY = b"ab" * 30


class AsyncGoodStream(AsyncByteStream):
    """A body as the protocols give it: an object that is its own iterator."""

    def __init__(self) -> None:
        self.chunks = [BODY[:10], BODY[10:]]
        self.started = False
        self.closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self.closed:
            raise StreamClosed
        if self.started:
            raise StreamConsumed
        return self

    async def __anext__(self) -> bytes:
        if self.closed:
            raise StreamClosed
        self.started = True
        if not self.chunks:
            raise StopAsyncIteration
        return self.chunks.pop(0)

    async def aclose(self) -> None:
        self.closed = True


class AsyncGivesText(AsyncGoodStream):
    async def __anext__(self) -> Any:
        return (await super().__anext__()).decode()


class AsyncGivesLess(AsyncGoodStream):
    async def __anext__(self) -> bytes:
        return (await super().__anext__())[1:]


class AsyncStartsAgain(AsyncGoodStream):
    async def __anext__(self) -> bytes:
        if not self.chunks:
            self.chunks = [b"again"]
            raise StopAsyncIteration
        return await super().__anext__()


class AsyncIsIteratedOnceOnly(AsyncGoodStream):
    def __aiter__(self) -> AsyncIterator[bytes]:
        iterator = super().__aiter__()
        self.started = True
        return iterator


class AsyncIsEmptyTheSecondTime(AsyncGoodStream):
    def __aiter__(self) -> AsyncIterator[bytes]:
        self.started = False
        return super().__aiter__()


class AsyncClosesOnce(AsyncGoodStream):
    async def aclose(self) -> None:
        if self.closed:
            raise OSError("closed already")
        await super().aclose()


class AsyncEndsWhenClosed(AsyncGoodStream):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self.closed:
            raise StopAsyncIteration
        return await super().__anext__()


class AsyncEntersAsAnother(AsyncGoodStream):
    async def __aenter__(self) -> Any:
        return AsyncGoodStream()


class AsyncLeavesHalf(AsyncGoodStream):
    async def __aenter__(self) -> Self:
        del self.chunks[0]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass


DEFECTS: list[tuple[str, type[AsyncGoodStream]]] = [
    ("iteration_gives_bytes_and_ends_for_good", AsyncGivesText),
    ("iteration_gives_bytes_and_ends_for_good", AsyncGivesLess),
    ("iteration_gives_bytes_and_ends_for_good", AsyncStartsAgain),
    ("iteration_gives_bytes_and_ends_for_good", AsyncIsIteratedOnceOnly),
    ("a_second_reading_is_refused_or_whole", AsyncIsEmptyTheSecondTime),
    ("closing_may_be_repeated", AsyncClosesOnce),
    ("closing_may_be_repeated", AsyncGivesLess),
    ("closing_an_unread_body_refuses_reading", AsyncEndsWhenClosed),
    ("closing_in_the_middle_refuses_the_rest", AsyncEndsWhenClosed),
    ("the_context_manager_closes", AsyncEntersAsAnother),
    ("the_context_manager_closes", AsyncLeavesHalf),
]


async def generated() -> AsyncIterator[bytes]:
    yield BODY[:10]
    yield BODY[10:]


async def good() -> AsyncByteStream:
    return AsyncGoodStream()


async def in_memory() -> AsyncByteStream:
    return PlainByteStream(BODY)


async def from_a_generator() -> AsyncByteStream:
    return AsyncIteratorByteStream(generated())


@pytest.mark.parametrize("make", [good, in_memory, from_a_generator])
@pytest.mark.parametrize("content", [BODY, None])
async def test_good_streams_pass(make: Any, content: bytes | None) -> None:
    await check_async_byte_stream(make, content)


async def test_an_empty_body_passes() -> None:
    async def make() -> AsyncByteStream:
        return PlainByteStream(b"")

    await check_async_byte_stream(make, b"")


@pytest.mark.parametrize(("rule", "kind"), DEFECTS)
async def test_a_defect_is_caught(rule: str, kind: type[AsyncGoodStream]) -> None:
    async def make() -> AsyncByteStream:
        return kind()

    with pytest.raises(ConformanceError) as caught:
        await check_async_byte_stream(make, BODY, skip=[name for name in NAMES if name != rule])
    assert caught.value.rule == rule


def test_every_rule_has_a_defect() -> None:
    assert {rule for rule, _ in DEFECTS} == set(NAMES)


async def test_what_the_test_expects_is_what_counts() -> None:
    with pytest.raises(
        ConformanceError, match=r"b'other' was expected, it gave b'abab.*\(60 bytes\)"
    ):
        await check_async_byte_stream(good, b"other")
