"""What every transport must do, as rules that can be run against one, on the faces that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..._async.byte_streams import AsyncByteStream, AsyncIteratorByteStream
from ..._async.requests import AsyncRequestInterface
from ..._async.transports import AsyncHTTPTransport
from ..._byte_streams import PlainByteStream
from ..._exceptions import LocalProtocolError, UnsupportedProtocol
from ..._messages import Request, Response, prepared_request
from ..._urls import URL
from .. import _cancellation  # unasync: remove
from .._conformance import Broken, require, without
from .byte_stream_checks import check_async_byte_stream
from .rules import keep_rule, put_away

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Collection
    from typing import Any, TypeAlias

    from ..._fields import Fields
    from ..._urls import URLTuple

    Transport: TypeAlias = AsyncHTTPTransport | AsyncRequestInterface

__all__ = ["check_async_transport"]

_BAD_FIELD = (b"X-Bad", b"a\r\nX-Smuggled: b")
# More requests than a pool usually has connections: what leaks one for each would be caught.
_MANY = 12


async def check_async_transport(
    make: Callable[[], Awaitable[tuple[Transport, str]]],
    *,
    patience: float = 5.0,
    skip: Collection[str] = (),
) -> None:
    """Check a transport against the contracts of `AsyncHTTPTransport` and `AsyncRequestInterface`, those that it has.

    `make`: gives a new transport, and the URL of something that answers `GET` with the same body every time, not an empty one, and
    takes `POST`; called once for each rule. `patience`: seconds after which something that does not happen is taken
    to hang. `skip`: names of rules to leave out.
    Raises `ConformanceError` for the first rule that is broken. Transports are closed.
    """
    for rule in without(skip, RULES):
        transport, url = await make()
        try:
            if rule in _RULES_FOR_TRANSPORTS and not _has_transport_face(transport):
                continue
            if rule in _RULES_FOR_REQUESTS and not _has_request_face(transport):
                continue
            await keep_rule(rule, patience, transport, url)
        finally:
            if hasattr(transport, "aclose"):
                await put_away(patience, transport)


async def the_transport_face_speaks_wire_form(transport: AsyncHTTPTransport, url: str) -> None:
    """`arequest` returns status, fields in bytes, a byte stream, and `http_version` and `reason` as text."""
    status, headers, stream, ext = await _get(transport, url)
    require(type(status) is int, f"the status is {status!r}.")
    _require_fields(headers)
    require(isinstance(stream, AsyncByteStream), f"the stream is a {type(stream).__name__}.")
    for key in ("http_version", "reason"):
        require(isinstance(ext.get(key), str), f"ext[{key!r}] is {ext.get(key)!r}.")
    require(await _body_of(stream) != b"", "the body is empty, though the URL promises one.")
    await stream.aclose()


async def the_transport_face_refuses_text(transport: AsyncHTTPTransport, url: str) -> None:
    """`arequest` raises `TypeError` where text is given for bytes, and works on."""
    good = _tuple_of(url)
    text: Any = "text"
    for method, target, headers in (
        (text, good, []),
        (b"GET", (good[0], good[1], good[2], text), []),
        (b"GET", good, [(text, b"value")]),
        (b"GET", good, [(b"name", text)]),
    ):
        try:
            _, _, stream, _ = await transport.arequest(method, target, headers)
        except TypeError:
            continue
        await stream.aclose()
        raise Broken(f"it took {method!r}, {target!r}, {headers!r}.")
    await _require_usable(transport, url)


async def the_transport_face_refuses_bad_fields(transport: AsyncHTTPTransport, url: str) -> None:
    """`arequest` raises `LocalProtocolError` for a line break in a field, and works on."""
    try:
        _, _, stream, _ = await _get(transport, url, [_BAD_FIELD])
    except LocalProtocolError:
        await _require_usable(transport, url)
        return
    await stream.aclose()
    raise Broken(f"it took {_BAD_FIELD!r}.")


async def the_transport_face_refuses_unknown_schemes(
    transport: AsyncHTTPTransport, url: str
) -> None:
    """`arequest` raises `UnsupportedProtocol` for a scheme that it does not speak, and works on."""
    _, host, port, target = _tuple_of(url)
    for scheme in (b"no-such-scheme", b""):
        try:
            _, _, stream, _ = await transport.arequest(b"GET", (scheme, host, port, target), [])
        except UnsupportedProtocol:
            continue
        await stream.aclose()
        raise Broken(f"it took the scheme {scheme!r}.")
    await _require_usable(transport, url)


async def the_transport_face_gives_good_bodies(transport: AsyncHTTPTransport, url: str) -> None:
    """The response's stream keeps the contract of a byte stream."""

    async def make() -> AsyncByteStream:
        _, _, stream, _ = await _get(transport, url)
        return stream

    await check_async_byte_stream(make)


async def the_transport_face_sends_bodies(transport: AsyncHTTPTransport, url: str) -> None:
    """`arequest` sends a body that is there already, and one that comes in pieces."""
    host = (b"Host", _tuple_of(url)[1])
    pieces = AsyncIteratorByteStream(_pieces())
    for stream, framing in (
        (PlainByteStream(b"body"), (b"Content-Length", b"4")),
        (pieces, (b"Transfer-Encoding", b"chunked")),
    ):
        status, _, answer, _ = await transport.arequest(
            b"POST", _tuple_of(url), [host, framing], cast("AsyncByteStream", stream)
        )
        await _body_of(answer)
        await answer.aclose()
        require(200 <= status < 600, f"the status is {status!r}.")


async def the_transport_face_drops_responses(transport: AsyncHTTPTransport, url: str) -> None:
    """A response that is closed unread leaves the transport as it was."""
    for _ in range(_MANY):
        _, _, stream, _ = await _get(transport, url)
        await stream.aclose()
    await _require_usable(transport, url)


async def a_transport_closes_as_often_as_one_likes(transport: AsyncHTTPTransport, url: str) -> None:
    """`async with` gives the transport itself and closes it; closing again does nothing."""
    async with transport as entered:
        require(entered is transport, f"it gave {entered!r}.")
        await _require_usable(transport, url)
    await transport.aclose()


async def the_request_face_answers(transport: AsyncRequestInterface, url: str) -> None:
    """`handle_async_request` returns a `Response` in wire form, whose body can be read."""
    response = await transport.handle_async_request(_request("GET", url))
    require(isinstance(response, Response), f"it returned a {type(response).__name__}.")
    require(type(response.status) is int, f"the status is {response.status!r}.")
    _require_fields(response.headers)
    version = response.extensions.get("http_version")
    require(isinstance(version, bytes), f"extensions['http_version'] is {version!r}.")
    require(await response.aread() != b"", "the body is empty, though the URL promises one.")
    await response.aclose()
    await response.aclose()


async def the_request_face_has_conveniences(transport: AsyncRequestInterface, url: str) -> None:
    """`request` reads the response, `stream` closes it."""
    if not isinstance(transport, AsyncRequestInterface):
        return
    response = await transport.request("GET", url)
    whole = response.content
    async with transport.stream("GET", url) as response:
        pieces = await _body_of(response.aiter_stream())
    require(pieces == whole, f"{whole!r} by request, {pieces!r} by stream.")
    response = await transport.request("POST", url, content=b"body")
    require(200 <= response.status < 600, f"the status is {response.status!r}.")


async def the_request_face_refuses_bad_fields(transport: AsyncRequestInterface, url: str) -> None:
    """`handle_async_request` raises `LocalProtocolError` for a line break in a field, and works on."""
    request = _request("GET", url)
    request.headers.append(_BAD_FIELD)
    await _require_refusal(transport, request, LocalProtocolError, f"{_BAD_FIELD!r}")
    await _require_answer(transport, url)


async def the_request_face_refuses_unknown_schemes(
    transport: AsyncRequestInterface, url: str
) -> None:
    """`handle_async_request` raises `UnsupportedProtocol` for a scheme that it does not speak, and works on."""
    for scheme in (b"no-such-scheme", b""):
        request = _request("GET", url)
        given = request.url
        request.url = URL(
            scheme=scheme, host=given.host, port=given.port or 80, target=given.target
        )
        await _require_refusal(transport, request, UnsupportedProtocol, f"the scheme {scheme!r}")
    await _require_answer(transport, url)


async def the_request_face_gives_good_bodies(transport: AsyncRequestInterface, url: str) -> None:
    """The response's stream keeps the contract of a byte stream."""

    async def make() -> AsyncByteStream:
        response = await transport.handle_async_request(_request("GET", url))
        return cast("AsyncByteStream", response.stream)

    await check_async_byte_stream(make)


async def the_request_face_drops_responses(transport: AsyncRequestInterface, url: str) -> None:
    """A response that is closed unread leaves the transport as it was."""
    for _ in range(_MANY):
        response = await transport.handle_async_request(_request("GET", url))
        await response.aclose()
    await _require_answer(transport, url)


_RULES_FOR_TRANSPORTS = (
    the_transport_face_speaks_wire_form,
    the_transport_face_refuses_text,
    the_transport_face_refuses_bad_fields,
    the_transport_face_refuses_unknown_schemes,
    the_transport_face_gives_good_bodies,
    the_transport_face_sends_bodies,
    the_transport_face_drops_responses,
    a_transport_closes_as_often_as_one_likes,
)
_RULES_FOR_REQUESTS = (
    the_request_face_answers,
    the_request_face_has_conveniences,
    the_request_face_refuses_bad_fields,
    the_request_face_refuses_unknown_schemes,
    the_request_face_gives_good_bodies,
    the_request_face_drops_responses,
    *_cancellation.REQUEST_RULES,  # unasync: remove
)
RULES = (*_RULES_FOR_TRANSPORTS, *_RULES_FOR_REQUESTS)


def _has_request_face(transport: Transport) -> bool:
    return hasattr(transport, "handle_async_request")


def _has_transport_face(transport: Transport) -> bool:
    # What has `request` without being made for it may mean the other face's convenience.
    return isinstance(transport, AsyncHTTPTransport) or not _has_request_face(transport)


def _tuple_of(url: str) -> URLTuple:
    parts = URL(url)
    return (parts.scheme, parts.host, parts.port, parts.target)


def _request(method: str, url: str) -> Request:
    return prepared_request(method, url, None, None, None)


async def _get(
    transport: AsyncHTTPTransport, url: str, more: Fields | None = None
) -> tuple[int, Fields, AsyncByteStream, dict[str, Any]]:
    headers = [(b"Host", _tuple_of(url)[1]), *(more or [])]
    return await transport.arequest(b"GET", _tuple_of(url), headers)


async def _body_of(stream: AsyncIterable[bytes]) -> bytes:
    body = b""
    async for chunk in stream:
        body += chunk
    return body


async def _pieces() -> AsyncIterator[bytes]:
    yield b"bo"
    yield b"dy"


def _require_fields(headers: Fields) -> None:
    require(isinstance(headers, list), f"the fields are a {type(headers).__name__}.")
    for field in headers:
        good = len(field) == 2 and isinstance(field[0], bytes) and isinstance(field[1], bytes)
        require(good, f"{field!r} is among the fields.")


async def _require_usable(transport: AsyncHTTPTransport, url: str) -> None:
    status, _, stream, _ = await _get(transport, url)
    body = await _body_of(stream)
    await stream.aclose()
    require(body != b"", f"a request after that got status {status} and no body.")


async def _require_answer(transport: AsyncRequestInterface, url: str) -> None:
    response = await transport.handle_async_request(_request("GET", url))
    body = await response.aread()
    await response.aclose()
    require(body != b"", f"a request after that got status {response.status} and no body.")


async def _require_refusal(
    transport: AsyncRequestInterface, request: Request, expected: type[Exception], what: str
) -> None:
    try:
        response = await transport.handle_async_request(request)
    except expected:
        return
    await response.aclose()
    raise Broken(f"it took {what}.")
