"""Where a request's content comes from when it is not there as `bytes` already."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

__all__ = ["AsyncSource", "check_content"]

# A file is read in large pieces: iterating over it would give its lines.
_FILE_PIECE = 128 * 1024


class AsyncSource:
    """Gives the pieces of a body one by one, as views on bytes."""

    __slots__ = ("_file", "_iterator")

    def __init__(self, body: Any) -> None:
        self._file = body if hasattr(body, "readinto") else None
        self._iterator = None if self._file is not None else aiter(body)

    async def next_piece(self) -> memoryview | None:
        """The next piece that is not empty, `None` at the end.

        Raises what the caller's body raises, and `TypeError` for a piece that is not bytes-like.
        """
        while True:
            if self._file is not None:
                piece = await self._file.read(_FILE_PIECE)
                if not piece:
                    return None
            else:
                assert self._iterator is not None
                try:
                    piece = await self._iterator.__anext__()
                except StopAsyncIteration:
                    return None
            if not isinstance(piece, (bytes, bytearray, memoryview)):
                raise TypeError(
                    f"the content of a request must come as bytes, but got {type(piece).__name__}"
                )
            if len(piece):
                return memoryview(piece).cast("B")

    async def aclose(self) -> None:
        """Let a generator that is not wanted to its end clean up."""
        aclose = getattr(self._iterator, "aclose", None)
        if aclose is not None:
            await aclose()


def check_content(body: object) -> None:
    """Raise `TypeError` when a request's content cannot be read here."""
    if not hasattr(body, "__aiter__"):
        raise TypeError(
            "the content of an asynchronous request must be bytes or an asynchronous iterable of bytes, "
            f"but got {type(body).__name__}"
        )
