"""The transport face: a request as plain arguments, a response as a plain tuple."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Self

    from .._fields import Fields
    from .._urls import URLTuple
    from .byte_streams import AsyncByteStream

__all__ = ["AsyncHTTPTransport"]


class AsyncHTTPTransport:
    """The interface of everything that can send an HTTP request: a pool, a proxy, a mock.

    Implement `arequest` and, where there is something to give back, `aclose`.
    """

    __slots__ = ()

    async def arequest(
        self,
        method: bytes,
        url: URLTuple,
        headers: Fields | None = None,
        stream: AsyncByteStream | None = None,
        ext: dict[str, Any] | None = None,
    ) -> tuple[int, Fields, AsyncByteStream, dict[str, Any]]:
        """Send one request and return its response, with the body still to be read.

        - `method`: such as `b"GET"`.
        - `url`: the tuple `(scheme, host, port or None, target)`, bytes and int.
        - `headers`: pairs of bytes.
        - `stream`: the body, `None` for none.
        - `ext`: `"timeout"` may hold `"connect"`, `"read"`, `"write"`, `"pool"` in seconds.

        Returns `(status_code, headers, stream, ext)`; that `ext` has `"http_version"` and `"reason"`, both `str`. The
        stream must be read to its end or closed. Raises `HTTPCoreError`; `TypeError` where `str` was given for bytes.
        """
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the transport and what it holds. Calling it again does nothing."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()
