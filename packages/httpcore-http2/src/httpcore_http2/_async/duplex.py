"""One HTTP/2 stream as a network stream: what follows CONNECT, and what a request that asks for both ways gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from httpcore_interfaces import (
    AsyncNetworkStream,
    HTTPCoreError,
    ReadError,
    TimeoutException,
    Timeouts,
    WriteError,
)

from .._core.streams import Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .._core.streams import Stream
    from .bodies import AsyncHTTP2Body
    from .connection import AsyncHTTP2Connection

__all__ = ["AsyncHTTP2Stream"]


class AsyncHTTP2Stream(AsyncNetworkStream):
    """Reads what the server sends in DATA frames, and writes DATA frames. Reading and writing at once is allowed.

    A time-out leaves it usable, with nothing lost and nothing sent twice: a write that was cut short by one may have
    queued a part, so close it then, as any network stream. Closing ends this stream alone; it and the response's body
    are one, so read through one of them.
    """

    def __init__(
        self, connection: AsyncHTTP2Connection, stream: Stream, body: AsyncHTTP2Body
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._body = body
        self._leading = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `AsyncNetworkStream.read`; `b""` when the server has ended its side.

        Then `trailers` is among the response's extensions, if the server has sent any.
        """
        data = self._leading
        if not data:
            self._require_open(ReadError)
            try:
                data = await self._connection.receive_body(self._stream, Timeouts(read=timeout))
            except TimeoutException:
                raise
            except HTTPCoreError as error:
                raise ReadError(error.message) from error
            if not data:
                self._body.tell_trailers()
        self._leading = data[max_bytes:]
        return data[:max_bytes]

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As `AsyncNetworkStream.write`. Raises `WriteError` when the server takes no more, or after `send_eof`."""
        self._require_open(WriteError)
        if self._stream.is_sent or not self._stream.wants_upload:
            raise WriteError("nothing more can be written to this stream: one side has ended it")
        await self._connection.send_piece(self._stream, buffer, Timeouts(write=timeout), end=False)

    async def send_eof(
        self, trailers: Sequence[tuple[bytes, bytes]] = (), timeout: float | None = None
    ) -> None:
        """End our side, with trailer fields perhaps; the server's side can still be read.

        `timeout`: seconds. Calling it again does nothing. Raises `WriteTimeout`, and `LocalProtocolError` for fields
        that cannot be sent.
        """
        self._require_open(WriteError)
        await self._connection.send_end(self._stream, trailers, Timeouts(write=timeout))

    async def aclose(self) -> None:
        """End the exchange; the stream is reset unless both sides have ended it."""
        self._leading = b""
        await self._body.aclose()

    def get_extra_info(self, info: str) -> Any:
        """As `AsyncNetworkStream.get_extra_info`: whether this stream can be read, and facts of the connection."""
        if info == "is_readable":
            return bool(self._leading) or self._stream.has(Wanted.BODY)
        if info == "bytes_written":
            return None
        return self._connection.network_info(info)

    def _require_open(self, kind: type[HTTPCoreError]) -> None:
        if self._body.is_over:
            raise kind("the stream was closed")
