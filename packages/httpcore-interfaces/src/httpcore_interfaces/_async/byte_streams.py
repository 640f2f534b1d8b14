"""Bodies as streams: what a transport takes as a request's body and gives as a response's."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .._exceptions import StreamClosed, StreamConsumed

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
    from typing import Self

__all__ = ["AsyncByteStream", "AsyncIteratorByteStream", "AsyncWholeByteStream"]

UNREAD, READING, ENDED, CLOSED = range(4)


class AsyncByteStream:
    """The interface of a request's or a response's body.

    Iterate with `async for`, then `aclose()`; `async with` does the closing.
    """

    __slots__ = ()

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The chunks of the body, in order, of any sizes; the end of iteration is the end of the body.

        Iterating a second time raises `StreamConsumed` where the bytes are gone. A body may be its own iterator; then it is
        refused only once something was read, for a loop over an iterator asks it for its iterator again.
        """
        raise NotImplementedError

    async def aread_whole(self) -> bytes:
        """The body from where it is to its end, as one piece. Raises as iterating does.

        What has it all at hand may do better than to iterate.
        """
        return b"".join([chunk async for chunk in self])

    async def aclose(self) -> None:
        """Give up the body and whatever stands behind it. Calling it again does nothing.

        Reading on, or anew, then raises `StreamClosed`; a body that is kept in memory may still be read, but whole.
        Whoever reads must never take what was closed for what has ended.
        """

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()


class AsyncIteratorByteStream(AsyncByteStream):
    """A body from any iterable of bytes that is read with `async for`.

    An asynchronous iterator or generator can be read once; a second time raises `StreamConsumed`, and after `aclose()`,
    which closes a generator, `StreamClosed`. What gives a new iterator each time can be read again and again.
    `aclose_func` is called once, by the first `aclose()`, after the generator was closed.
    """

    __slots__ = ("_aclose_func", "_closed", "_consumed", "_iterator")

    def __init__(
        self,
        aiterator: AsyncIterable[bytes],
        aclose_func: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        if isinstance(aiterator, (bytes, str)) or not hasattr(aiterator, "__aiter__"):
            raise TypeError(
                f"aiterator must be an asynchronous iterable of bytes, but got {type(aiterator).__name__}."
            )
        self._iterator = aiterator
        self._aclose_func = aclose_func
        self._consumed = False
        self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        iterator = aiter(self._iterator)
        if iterator is not self._iterator:
            return iterator
        if self._closed:
            raise StreamClosed
        if self._consumed:
            raise StreamConsumed
        return self

    async def __anext__(self) -> bytes:
        # A generator that was closed says that it has ended.
        if self._closed:
            raise StreamClosed
        self._consumed = True
        return await anext(cast("AsyncIterator[bytes]", self._iterator))

    async def aclose(self) -> None:
        self._closed = True
        function, self._aclose_func = self._aclose_func, None
        aclose = getattr(self._iterator, "aclose", None)
        try:
            if aclose is not None:
                await aclose()
        finally:
            if function is not None:
                await function()


class AsyncWholeByteStream(AsyncByteStream):
    """The body of a response that is all here, of an exchange that is over: nothing but bytes, to be read once.

    Made by `async_whole_response` alone.
    """

    __slots__ = ("_content", "_state")

    _content: bytes
    _state: int

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._state > READING:
            raise StreamClosed if self._state == CLOSED else StreamConsumed
        self._state = READING
        return self

    async def __anext__(self) -> bytes:
        if self._state == CLOSED:
            raise StreamClosed
        content, self._content = self._content, b""
        if content:
            self._state = READING
            return content
        self._state = ENDED
        raise StopAsyncIteration

    async def aread_whole(self) -> bytes:
        if self._state == UNREAD:
            self._state = ENDED
            content, self._content = self._content, b""
            return content
        return await super().aread_whole()

    async def aclose(self) -> None:
        self._state = CLOSED
