"""The transport face: plain arguments in, a plain tuple out, as HTTPX 0.16 and 0.17 call it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from httpcore_interfaces import AsyncByteStream, AsyncHTTPTransport

from .._core.arguments import to_ext, to_request

if TYPE_CHECKING:
    from httpcore_interfaces import Fields, Request, Response, URLTuple

__all__ = ["AsyncTransportFace"]


class AsyncTransportFace(AsyncHTTPTransport):
    """`arequest`, for whatever has `handle_async_request`."""

    async def handle_async_request(self, request: Request) -> Response:
        """The request face, which does the work."""
        raise NotImplementedError

    async def arequest(
        self,
        method: bytes,
        url: URLTuple,
        headers: Fields | None = None,
        stream: AsyncByteStream | None = None,
        ext: dict[str, Any] | None = None,
    ) -> tuple[int, Fields, AsyncByteStream, dict[str, Any]]:
        response = await self.handle_async_request(to_request(method, url, headers, stream, ext))
        return (
            response.status,
            response.headers,
            cast("AsyncByteStream", response.stream),
            to_ext(response),
        )
