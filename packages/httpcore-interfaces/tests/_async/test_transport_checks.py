"""The check of transports passes what is right on either face, and catches a planted defect for every rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from httpcore_interfaces import (
    URL,
    AsyncByteStream,
    AsyncHTTPTransport,
    AsyncRequestInterface,
    Fields,
    PlainByteStream,
    Request,
    Response,
    StreamClosed,
    StreamConsumed,
    UnsupportedProtocol,
    URLTuple,
    validate_request,
)
from httpcore_interfaces.testing import ConformanceError, check_async_transport
from httpcore_interfaces.testing._async.transport_checks import RULES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

NAMES = [rule.__name__ for rule in RULES]
ADDRESS = "http://example.com:8080/path"


class AsyncAnswer(AsyncByteStream):
    """A response's body, from a transport that can give out ten at a time."""

    def __init__(self, owner: AsyncServer) -> None:
        self.owner = owner
        self.chunks = [b"bo", b"dy"]
        self.state = "new"

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self.state == "closed":
            raise StreamClosed
        if self.state == "read":
            raise StreamConsumed
        return self

    async def __anext__(self) -> bytes:
        if self.state == "closed":
            raise StreamClosed
        self.state = "read"
        if not self.chunks:
            raise StopAsyncIteration
        return self.chunks.pop(0)

    async def aclose(self) -> None:
        if self.state != "closed":
            self.state = "closed"
            self.owner.given_back()


class AsyncServer:
    """What stands behind the transports here: it answers everything with the same body."""

    free = 10

    def given_back(self) -> None:
        self.free += 1

    async def answer(self, request: Request) -> AsyncByteStream:
        validate_request(request)
        if request.url.scheme not in (b"http", b"https"):
            raise UnsupportedProtocol
        stream: Any = request.stream
        async for _ in stream:
            pass
        assert self.free > 0, "no connection is free"
        self.free -= 1
        return AsyncAnswer(self)


class AsyncGoodTransport(AsyncServer, AsyncHTTPTransport):
    closed = False

    async def arequest(
        self,
        method: bytes,
        url: URLTuple,
        headers: Fields | None = None,
        stream: AsyncByteStream | None = None,
        ext: dict[str, Any] | None = None,
    ) -> tuple[int, Fields, AsyncByteStream, dict[str, Any]]:
        if not all(isinstance(part, bytes) for part in (method, url[0], url[1], url[3])):
            raise TypeError("bytes are needed")
        target = URL(scheme=url[0], host=url[1], port=url[2], target=url[3])
        request = Request(method, target, content=stream)
        request.headers = headers or []
        fields = [(b"Content-Length", b"4")]
        return 200, fields, await self.answer(request), {"http_version": "HTTP/1.1", "reason": "OK"}

    async def aclose(self) -> None:
        self.closed = True


class AsyncChangesTheAnswer(AsyncGoodTransport):
    """Gives `answer_part` in place of the part of the answer with that index."""

    index = 0
    answer_part: Any = 200

    async def arequest(self, *args: Any, **kwargs: Any) -> Any:
        parts = list(await super().arequest(*args, **kwargs))
        parts[self.index] = self.answer_part
        return tuple(parts)


class AsyncTextualStatus(AsyncChangesTheAnswer):
    answer_part = "200"


class AsyncTextualFields(AsyncChangesTheAnswer):
    index = 1
    answer_part: Any = [("Content-Length", "4")]  # noqa: RUF012


class AsyncFieldsInATuple(AsyncChangesTheAnswer):
    index = 1
    answer_part = ()


class AsyncListAsStream(AsyncChangesTheAnswer):
    index = 2
    answer_part: Any = [b"body"]  # noqa: RUF012


class AsyncEmptyBody(AsyncChangesTheAnswer):
    index = 2
    answer_part = PlainByteStream(b"")


class AsyncVersionInBytes(AsyncChangesTheAnswer):
    index = 3
    answer_part: Any = {"http_version": b"HTTP/1.1", "reason": "OK"}  # noqa: RUF012


class AsyncNoReason(AsyncChangesTheAnswer):
    index = 3
    answer_part: Any = {"http_version": "HTTP/1.1"}  # noqa: RUF012


class AsyncOddStatus(AsyncChangesTheAnswer):
    answer_part = 7


class AsyncTakesText(AsyncGoodTransport):
    async def arequest(self, method: Any, *args: Any, **kwargs: Any) -> Any:
        method = method.encode() if isinstance(method, str) else method
        return await super().arequest(method, *args, **kwargs)


class AsyncTakesAnyField(AsyncGoodTransport):
    async def arequest(
        self, method: Any, url: Any, headers: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        return await super().arequest(method, url, [], *args, **kwargs)


class AsyncTakesAnyScheme(AsyncGoodTransport):
    async def arequest(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        return await super().arequest(method, (b"http", *url[1:]), *args, **kwargs)


class AsyncLeaks(AsyncGoodTransport):
    def given_back(self) -> None:
        pass


class AsyncBodiesEndWhenClosed(AsyncGoodTransport):
    async def answer(self, request: Request) -> AsyncByteStream:
        class AsyncEndsWhenClosed(AsyncAnswer):
            async def __anext__(self) -> bytes:
                if self.state == "closed":
                    raise StopAsyncIteration
                return await super().__anext__()

        await super().answer(request)
        return AsyncEndsWhenClosed(self)


class AsyncBreaksAfterAMistake(AsyncGoodTransport):
    broken = False

    async def arequest(self, *args: Any, **kwargs: Any) -> Any:
        try:
            status, fields, stream, ext = await super().arequest(*args, **kwargs)
        except Exception:
            self.broken = True
            raise
        return status, fields, PlainByteStream(b"") if self.broken else stream, ext


class AsyncClosesOnce(AsyncGoodTransport):
    async def aclose(self) -> None:
        if self.closed:
            raise OSError("closed already")
        await super().aclose()


class AsyncEntersAsAnother(AsyncGoodTransport):
    async def __aenter__(self) -> Any:
        return AsyncGoodTransport()


class AsyncGoodRequests(AsyncServer, AsyncRequestInterface):
    async def handle_async_request(self, request: Request) -> Response:
        stream = await self.answer(request)
        fields = [(b"Content-Length", b"4")]
        return Response.from_wire(200, fields, stream, {"http_version": b"HTTP/1.1"})


class AsyncChangesTheResponse(AsyncGoodRequests):
    def change(self, response: Response) -> Any:
        raise NotImplementedError

    async def handle_async_request(self, request: Request) -> Any:
        return self.change(await super().handle_async_request(request))


class AsyncReturnsATuple(AsyncChangesTheResponse):
    def change(self, response: Response) -> Any:
        return (response.status, response.headers)


class AsyncResponseStatusIsText(AsyncChangesTheResponse):
    def change(self, response: Any) -> Any:
        response.status = "200"
        return response


class AsyncResponseFieldsAreTriples(AsyncChangesTheResponse):
    def change(self, response: Any) -> Any:
        response.headers = [(b"Content-Length", b"4", b"more")]
        return response


class AsyncResponseVersionIsText(AsyncChangesTheResponse):
    def change(self, response: Response) -> Any:
        response.extensions["http_version"] = "HTTP/1.1"
        return response


class AsyncResponseIsEmpty(AsyncChangesTheResponse):
    def change(self, response: Response) -> Any:
        response.stream = PlainByteStream(b"")
        return response


class AsyncRequestGivesAnother(AsyncGoodRequests):
    async def request(self, *args: Any, **kwargs: Any) -> Any:
        await super().request(*args, **kwargs)
        response = Response(200, content=PlainByteStream(b"other"))
        await response.aread()
        return response


class AsyncRefusesToPost(AsyncGoodRequests):
    async def handle_async_request(self, request: Request) -> Response:
        response = await super().handle_async_request(request)
        response.status = 200 if request.method == b"GET" else 99
        return response


class AsyncRequestsTakeAnyField(AsyncGoodRequests):
    async def handle_async_request(self, request: Request) -> Response:
        request.headers = []
        return await super().handle_async_request(request)


class AsyncRequestsTakeAnyScheme(AsyncGoodRequests):
    async def handle_async_request(self, request: Request) -> Response:
        request.url = URL(ADDRESS)
        return await super().handle_async_request(request)


class AsyncRequestsBreakAfterAMistake(AsyncGoodRequests):
    broken = False

    async def handle_async_request(self, request: Request) -> Response:
        try:
            response = await super().handle_async_request(request)
        except Exception:
            self.broken = True
            raise
        if self.broken:
            response.stream = PlainByteStream(b"")
        return response


class AsyncRequestsLeak(AsyncGoodRequests):
    def given_back(self) -> None:
        pass


class AsyncRequestBodiesEndWhenClosed(AsyncGoodRequests):
    answer = AsyncBodiesEndWhenClosed.answer


DEFECTS: list[tuple[str, type[Any]]] = [
    ("the_transport_face_speaks_wire_form", AsyncTextualStatus),
    ("the_transport_face_speaks_wire_form", AsyncTextualFields),
    ("the_transport_face_speaks_wire_form", AsyncFieldsInATuple),
    ("the_transport_face_speaks_wire_form", AsyncListAsStream),
    ("the_transport_face_speaks_wire_form", AsyncEmptyBody),
    ("the_transport_face_speaks_wire_form", AsyncVersionInBytes),
    ("the_transport_face_speaks_wire_form", AsyncNoReason),
    ("the_transport_face_refuses_text", AsyncTakesText),
    ("the_transport_face_refuses_text", AsyncBreaksAfterAMistake),
    ("the_transport_face_refuses_bad_fields", AsyncTakesAnyField),
    ("the_transport_face_refuses_bad_fields", AsyncBreaksAfterAMistake),
    ("the_transport_face_refuses_unknown_schemes", AsyncTakesAnyScheme),
    ("the_transport_face_refuses_unknown_schemes", AsyncBreaksAfterAMistake),
    ("the_transport_face_gives_good_bodies", AsyncBodiesEndWhenClosed),
    ("the_transport_face_sends_bodies", AsyncOddStatus),
    ("the_transport_face_drops_responses", AsyncLeaks),
    ("a_transport_closes_as_often_as_one_likes", AsyncClosesOnce),
    ("a_transport_closes_as_often_as_one_likes", AsyncEntersAsAnother),
    ("the_request_face_answers", AsyncReturnsATuple),
    ("the_request_face_answers", AsyncResponseStatusIsText),
    ("the_request_face_answers", AsyncResponseFieldsAreTriples),
    ("the_request_face_answers", AsyncResponseVersionIsText),
    ("the_request_face_answers", AsyncResponseIsEmpty),
    ("the_request_face_has_conveniences", AsyncRequestGivesAnother),
    ("the_request_face_has_conveniences", AsyncRefusesToPost),
    ("the_request_face_refuses_bad_fields", AsyncRequestsTakeAnyField),
    ("the_request_face_refuses_bad_fields", AsyncRequestsBreakAfterAMistake),
    ("the_request_face_refuses_unknown_schemes", AsyncRequestsTakeAnyScheme),
    ("the_request_face_refuses_unknown_schemes", AsyncRequestsBreakAfterAMistake),
    ("the_request_face_gives_good_bodies", AsyncRequestBodiesEndWhenClosed),
    ("the_request_face_drops_responses", AsyncRequestsLeak),
]


def made_of(kind: Callable[[], Any]) -> Callable[[], Awaitable[tuple[Any, str]]]:
    async def make() -> tuple[Any, str]:
        return kind(), ADDRESS

    return make


async def test_a_good_transport_passes_on_the_transport_face() -> None:
    await check_async_transport(made_of(AsyncGoodTransport))


async def test_a_good_transport_passes_on_the_request_face() -> None:
    await check_async_transport(made_of(AsyncGoodRequests))


async def test_the_request_face_needs_no_more_than_its_one_method() -> None:
    class AsyncBare:
        def __init__(self) -> None:
            self.handle_async_request = AsyncGoodRequests().handle_async_request

    await check_async_transport(made_of(AsyncBare))


@pytest.mark.parametrize(("rule", "kind"), DEFECTS)
async def test_a_defect_is_caught(rule: str, kind: type[Any]) -> None:
    others = [name for name in NAMES if name != rule]
    with pytest.raises(ConformanceError) as caught:
        await check_async_transport(made_of(kind), skip=others)
    assert caught.value.rule in (rule, "closing_in_the_middle_refuses_the_rest")


def test_every_rule_has_a_defect() -> None:
    seeded = {rule for rule, _ in DEFECTS}
    # Cancellation is tested elsewhere, for threads do not have it.
    assert all("cancelled" in name for name in NAMES if name not in seeded)
