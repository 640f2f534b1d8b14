"""Bodies as streams."""

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

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def chunks() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


class AsyncRepeatable:
    closes = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return chunks()

    async def aclose(self) -> None:
        self.closes += 1


class AsyncEndless:
    """An iterator that cannot be closed."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return b"a"


async def whole(stream: AsyncByteStream) -> bytes:
    body = b""
    async for chunk in stream:
        body += chunk
    return body


async def test_the_interface_closes_when_left() -> None:
    class AsyncBody(AsyncByteStream):
        closed = False

        async def aclose(self) -> None:
            self.closed = True

    stream = AsyncBody()
    async with stream as entered:
        assert entered is stream
        assert not stream.closed
    assert stream.closed


async def test_closing_the_bare_interface_does_nothing() -> None:
    await AsyncByteStream().aclose()


async def test_a_generator_is_read_once() -> None:
    stream = AsyncIteratorByteStream(chunks())
    assert await whole(stream) == b"ab"
    with pytest.raises(StreamConsumed):
        await whole(stream)


async def test_an_iterator_can_be_handed_on_before_it_has_begun() -> None:
    assert await whole(AsyncIteratorByteStream(aiter(AsyncIteratorByteStream(chunks())))) == b"ab"


async def test_a_generator_that_was_closed_has_not_ended() -> None:
    stream = AsyncIteratorByteStream(chunks())
    iterator = aiter(stream)
    assert await anext(iterator) == b"a"
    await stream.aclose()
    with pytest.raises(StreamClosed):
        await anext(iterator)
    with pytest.raises(StreamClosed):
        aiter(stream)
    await stream.aclose()


async def test_an_iterator_without_a_way_to_close_it_is_closed_all_the_same() -> None:
    stream = AsyncIteratorByteStream(AsyncEndless())
    assert await anext(aiter(stream)) == b"a"
    await stream.aclose()
    with pytest.raises(StreamClosed):
        aiter(stream)


async def test_what_gives_new_iterators_can_be_read_again() -> None:
    repeatable = AsyncRepeatable()
    stream = AsyncIteratorByteStream(repeatable)
    assert await whole(stream) == b"ab"
    await stream.aclose()
    assert repeatable.closes == 1
    assert await whole(stream) == b"ab"


@pytest.mark.parametrize("wrong", [b"bytes", "text", 5, None])
async def test_only_iterables_make_a_stream(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"but got {type(wrong).__name__}"):
        AsyncIteratorByteStream(wrong)


async def test_a_plain_body_is_read_as_often_as_one_likes() -> None:
    stream = PlainByteStream(b"abc")
    assert [await whole(stream), await whole(stream)] == [b"abc", b"abc"]
    async with stream:
        assert await whole(stream) == b"abc"
    assert repr(stream) == "<PlainByteStream [3 bytes]>"
    assert not hasattr(stream, "__dict__")
    empty: list[bytes] = []
    async for chunk in PlainByteStream(b""):
        empty.append(chunk)
    assert empty == []


@pytest.mark.parametrize("wrong", ["text", bytearray(b"x"), 5, None])
async def test_a_plain_body_is_made_of_bytes(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"content must be bytes, but got {type(wrong).__name__}"):
        PlainByteStream(wrong)


async def test_closing_calls_the_function_once() -> None:
    closed: list[str] = []

    async def close() -> None:
        closed.append("closed")

    stream = AsyncIteratorByteStream(chunks(), aclose_func=close)
    assert await whole(stream) == b"ab"
    assert closed == []
    for _ in range(2):
        await stream.aclose()
    assert closed == ["closed"]


async def test_closing_calls_the_function_even_when_the_iterator_cannot_be_closed() -> None:
    class AsyncStubborn(AsyncEndless):
        async def aclose(self) -> None:
            raise ValueError("not now")

    closed: list[str] = []

    async def close() -> None:
        closed.append("closed")

    with pytest.raises(ValueError, match="not now"):
        await AsyncIteratorByteStream(AsyncStubborn(), close).aclose()
    assert closed == ["closed"]
