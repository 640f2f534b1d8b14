"""What every byte stream must do, as rules that can be run against one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._exceptions import StreamClosed, StreamConsumed
from .._conformance import require, without
from .rules import keep_rule, put_away

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection

    from ..._async.byte_streams import AsyncByteStream

__all__ = ["check_async_byte_stream"]


async def check_async_byte_stream(
    make: Callable[[], Awaitable[AsyncByteStream]],
    content: bytes | None = None,
    *,
    patience: float = 5.0,
    skip: Collection[str] = (),
) -> None:
    """Check a kind of body against the contract of `AsyncByteStream`.

    `make`: gives a new stream, unread, called once for each rule. `content`: what it should give; `None` takes what the
    first one gives for right. `patience`: seconds after which something that does not happen is taken to hang.
    `skip`: names of rules to leave out.
    Raises `ConformanceError` for the first rule that is broken. Streams are closed.
    """
    if content is None:
        stream = await make()
        content = await _rest_of(aiter(stream))
        await put_away(patience, stream)
    for rule in without(skip, RULES):
        stream = await make()
        try:
            await keep_rule(rule, patience, stream, content)
        finally:
            await put_away(patience, stream)


async def iteration_gives_bytes_and_ends_for_good(stream: AsyncByteStream, content: bytes) -> None:
    """Iteration gives the body in pieces of bytes, ends, and stays ended; it can be handed on before it has begun."""
    iterator = aiter(aiter(stream))
    received = await _rest_of(iterator)
    require(received == content, f"{_shown(content)} was expected, it gave {_shown(received)}.")
    late = await _rest_of(iterator)
    require(late == b"", f"after its end it gave {_shown(late)}.")


async def a_second_reading_is_refused_or_whole(stream: AsyncByteStream, content: bytes) -> None:
    """Reading again raises `StreamConsumed`, or gives the whole body again."""
    await _rest_of(aiter(stream))
    try:
        again = await _rest_of(aiter(stream))
    except StreamConsumed:
        return
    require(again == content, f"the body is {_shown(content)}, the second time {_shown(again)}.")


async def closing_may_be_repeated(stream: AsyncByteStream, content: bytes) -> None:
    """Closing is allowed at any time and as often as one likes."""
    received = await _rest_of(aiter(stream))
    require(received == content, f"{_shown(content)} was expected, it gave {_shown(received)}.")
    await stream.aclose()
    await stream.aclose()


async def closing_an_unread_body_refuses_reading(stream: AsyncByteStream, content: bytes) -> None:
    """Reading after closing raises `StreamClosed`, or gives the whole body: closed is never taken for ended."""
    await stream.aclose()
    await stream.aclose()
    await _require_refused_or_whole(stream, content)


async def closing_in_the_middle_refuses_the_rest(stream: AsyncByteStream, content: bytes) -> None:
    """An iteration that goes on after closing raises `StreamClosed`, or gives all the rest."""
    iterator = aiter(stream)
    received = await anext(iterator, b"")
    await stream.aclose()
    try:
        received += await _rest_of(iterator)
    except StreamClosed:
        return
    require(
        received == content,
        f"the body is {_shown(content)}, but with a closing in between it ended after {_shown(received)}.",
    )


async def the_context_manager_closes(stream: AsyncByteStream, content: bytes) -> None:
    """`async with` gives the stream itself and closes it."""
    async with stream as entered:
        require(entered is stream, f"it gave {entered!r}.")
    await _require_refused_or_whole(stream, content)


RULES = (
    iteration_gives_bytes_and_ends_for_good,
    a_second_reading_is_refused_or_whole,
    closing_may_be_repeated,
    closing_an_unread_body_refuses_reading,
    closing_in_the_middle_refuses_the_rest,
    the_context_manager_closes,
)


async def _rest_of(iterator: AsyncIterator[bytes]) -> bytes:
    received = b""
    while True:
        try:
            chunk = await anext(iterator)
        except StopAsyncIteration:
            return received
        require(isinstance(chunk, bytes), f"it gave a {type(chunk).__name__}.")
        received += chunk


async def _require_refused_or_whole(stream: AsyncByteStream, content: bytes) -> None:
    try:
        received = await _rest_of(aiter(stream))
    except (StreamClosed, StreamConsumed):
        return
    require(
        received == content,
        f"the body is {_shown(content)}, but after closing it gave {_shown(received)}.",
    )


def _shown(content: bytes) -> str:
    return repr(content) if len(content) <= 40 else f"{content[:40]!r}... ({len(content)} bytes)"
