"""The body that is there already: one `bytes` object, readable in both worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._async.byte_streams import AsyncByteStream
from ._sync.byte_streams import SyncByteStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["EMPTY", "PlainByteStream"]


class PlainByteStream(AsyncByteStream, SyncByteStream):
    """A body that is one `bytes` object. Works in both worlds and can be iterated any number of times.

    `PlainByteStream(b"...")`. Raises `TypeError` for anything but bytes. An empty body yields nothing.
    """

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        if not isinstance(content, bytes):
            raise TypeError(f"content must be bytes, but got {type(content).__name__}.")
        self.content = content

    def __iter__(self) -> Iterator[bytes]:
        return iter((self.content,) if self.content else ())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _AsyncOnce(iter(self))

    def read_whole(self) -> bytes:
        return self.content

    async def aread_whole(self) -> bytes:
        return self.content

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{len(self.content)} bytes]>"


class _AsyncOnce:
    """An asynchronous view of an iterator that never has to wait."""

    __slots__ = ("_iterator",)

    def __init__(self, iterator: Iterator[bytes]) -> None:
        self._iterator = iterator

    def __aiter__(self) -> _AsyncOnce:
        return self

    async def __anext__(self) -> bytes:
        for chunk in self._iterator:
            return chunk
        raise StopAsyncIteration


EMPTY = PlainByteStream(b"")
