"""Connections of another make in a pool: whatever they do, no place is lost, and nothing stays open."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import (
    AsyncConnectionInterface,
    ConnectionNotAvailable,
    PoolTimeout,
    ReadError,
    Request,
    Response,
    StreamClosed,
)
from httpcore_pool import AsyncConnectionPool, AsyncHTTPConnection

from ..support import async_run_together
from .lines import async_get, async_greeting_network

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Any

    from httpcore_interfaces import Origin

GET = Request("GET", "http://a/")


class AsyncStranger(AsyncConnectionInterface):
    """Serves one request at a time, or `width`, with a generator for a body. `trouble` says what it does wrong."""

    def __init__(self, origin: Origin, width: int = 1, trouble: str = "") -> None:
        self.origin = origin
        self.width = width
        self.trouble = trouble
        self.running = 0
        self.served = 0
        self.closed = 0
        self.is_stale = False

    async def handle_async_request(self, request: Request) -> Response:
        if self.trouble == "refuses" or self.running >= self.width:
            raise ConnectionNotAvailable
        if self.trouble == "passes on a refusal":
            raise ConnectionNotAvailable("of something else", bytes_sent=0)
        if self.trouble == "fails":
            raise ReadError("the connection broke")
        if self.trouble == "is interrupted":
            raise KeyboardInterrupt
        self.running += 1
        self.served += 1
        return Response(200, headers=[("a", "b")], content=self._body(), extensions={"x": 1})

    async def _body(self) -> AsyncIterator[bytes]:
        try:
            yield b"hel"
            if self.trouble == "fails in the middle":
                raise ReadError("the connection broke")
            yield b"lo"
        finally:
            self.running -= 1
            if self.trouble == "fails at the end":
                raise ReadError("the connection broke")

    def _answer(self, answer: bool) -> bool:
        if self.trouble == "raises when asked":
            raise OSError("no answer")
        return answer

    async def aclose(self) -> None:
        self.closed += 1

    def info(self) -> str:
        return "A STRANGER"

    def is_available(self) -> bool:
        return self._answer(self.running < self.width)

    def has_expired(self) -> bool:
        return self._answer(self.is_stale)

    def is_idle(self) -> bool:
        return self._answer(not self.running)

    def is_closed(self) -> bool:
        return self._answer(self.closed > 0)


class AsyncStrangePool(AsyncConnectionPool):
    """A pool of such connections."""

    def __init__(self, width: int = 1, trouble: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.width = width
        self.trouble = trouble
        self.made: list[AsyncStranger] = []

    def create_connection(self, origin: Origin) -> AsyncConnectionInterface:
        self.made.append(AsyncStranger(origin, self.width, self.trouble))
        return self.made[-1]


async def test_refusal_that_it_passes_on_ends_the_request() -> None:
    async with AsyncStrangePool(trouble="passes on a refusal", max_connections=1) as pool:
        for _ in range(2):
            with pytest.raises(ConnectionNotAvailable, match="of something else"):
                await async_get(pool, pool=1.0)
        assert pool.connections == []
        assert [made.closed for made in pool.made] == [1, 1]


async def test_connection_is_made_used_again_and_shown() -> None:
    async with AsyncStrangePool() as pool:
        for _ in range(3):
            response = await pool.request("GET", "http://a/")
            assert (response.status, response.content) == (200, b"hello")
            assert response.headers == [(b"a", b"b")]
            assert response.extensions == {"x": 1}
        assert await async_get(pool, "http://b/") == b"hello"
        assert [(str(made.origin), made.served) for made in pool.made] == [
            ("http://a:80", 3),
            ("http://b:80", 1),
        ]
        assert pool.connections == pool.made
        assert await pool.get_connection_info() == {
            "http://a:80": ["A STRANGER"],
            "http://b:80": ["A STRANGER"],
        }
        assert repr(pool) == (
            "<AsyncStrangePool [Requests: 0 active, 0 queued | Connections: 0 active, 2 idle]>"
        )
    assert [made.closed for made in pool.made] == [1, 1]


async def test_place_is_kept_until_the_response_is_closed() -> None:
    async with AsyncStrangePool(max_connections=1) as pool:
        async with pool.stream("GET", "http://a/") as response:
            assert await response.aread() == b"hello"
            # It has been read to its end.
            assert await async_get(pool, pool=0.0) == b"hello"
        async with pool.stream("GET", "http://a/"):
            with pytest.raises(PoolTimeout):
                await async_get(pool, pool=0.0)
        assert await async_get(pool, "http://b/", pool=0.0) == b"hello"


async def test_body_that_is_left_in_the_middle_is_closed() -> None:
    async with AsyncStrangePool(max_connections=1) as pool:
        async with pool.stream("GET", "http://a/") as response:
            async for _ in response.aiter_stream():
                break
            assert pool.made[0].running == 1
        assert pool.made[0].running == 0
        body: Any = response.stream
        with pytest.raises(StopAsyncIteration):
            await anext(body)
        with pytest.raises(StreamClosed):
            aiter(body)
        await response.aclose()
        assert await async_get(pool) == b"hello"
        assert len(pool.made) == 1


@pytest.mark.parametrize("trouble", ["fails", "fails in the middle", "fails at the end"])
async def test_connection_that_failed_gets_nothing_more(trouble: str) -> None:
    async with AsyncStrangePool(max_connections=1, trouble=trouble) as pool:
        for _ in range(3):
            with pytest.raises(ReadError, match="the connection broke"):
                await async_get(pool, pool=0.0)
            assert pool.connections == []
        assert [made.closed for made in pool.made] == [1, 1, 1]


async def test_close_that_fails_gives_the_place_back() -> None:
    async with AsyncStrangePool(max_connections=1, trouble="fails at the end") as pool:
        response = await pool.handle_async_request(GET)
        async for _ in response.aiter_stream():
            break
        with pytest.raises(ReadError):
            await response.aclose()
        assert pool.connections == []
        pool.trouble = ""
        assert await async_get(pool, pool=0.0) == b"hello"


async def test_connection_that_is_interrupted_gives_the_place_back() -> None:
    async with AsyncStrangePool(max_connections=1, trouble="is interrupted") as pool:
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                await pool.handle_async_request(GET)
            assert pool.connections == []
        assert [made.closed for made in pool.made] == [1, 1]


async def test_connection_that_refuses_is_not_asked_for_ever() -> None:
    async with AsyncStrangePool(max_connections=1) as pool:
        assert await async_get(pool) == b"hello"
        pool.made[0].trouble = "refuses"
        assert await async_get(pool, pool=0.0) == b"hello"
        assert [made.closed for made in pool.made] == [1, 0]


async def test_stale_connection_is_replaced() -> None:
    async with AsyncStrangePool() as pool:
        assert await async_get(pool) == b"hello"
        pool.made[0].is_stale = True
        assert await async_get(pool) == b"hello"
        assert [made.closed for made in pool.made] == [1, 0]


async def test_connection_that_raises_when_it_is_asked_costs_no_place() -> None:
    async with AsyncStrangePool(max_connections=1) as pool:
        for _ in range(2):
            assert await async_get(pool, pool=0.0) == b"hello"
            pool.made[-1].trouble = "raises when asked"
        assert await async_get(pool, pool=0.0) == b"hello"
        async with pool.stream("GET", "http://a/"):
            pool.made[-1].trouble = "raises when asked"
        assert pool.connections == []
        assert await async_get(pool, pool=0.0) == b"hello"


async def test_connection_that_carries_more_is_shared() -> None:
    async with AsyncStrangePool(width=3, max_connections=1) as pool:
        async with (
            pool.stream("GET", "http://a/") as first,
            pool.stream("GET", "http://a/") as second,
            pool.stream("GET", "http://a/"),
        ):
            with pytest.raises(PoolTimeout):
                await async_get(pool, pool=0.0)
            assert await first.aread() == b"hello"
            assert await async_get(pool, pool=0.0) == b"hello"
            pool.made[0].trouble = "fails in the middle"
            with pytest.raises(ReadError):
                await second.aread()
        assert pool.connections == []
        assert len(pool.made) == 1
        assert pool.made[0].closed == 1


async def test_many_share_few_connections() -> None:
    async with AsyncStrangePool(max_connections=2) as pool:

        async def ask() -> bytes:
            return await async_get(pool, pool=30.0)

        assert await async_run_together(*[ask] * 20) == [b"hello"] * 20
        assert len(pool.made) <= 2


async def test_response_that_is_dropped_gives_the_place_back() -> None:
    async with AsyncStrangePool(max_connections=1) as pool:
        body: Any = (await pool.handle_async_request(GET)).stream
        assert await anext(aiter(body)) == b"hel"
        del body
        gc.collect()
        assert await async_get(pool, pool=0.0) == b"hello"
        assert pool.made[0].running == 0


async def test_what_is_no_connection_is_refused() -> None:
    class AsyncEmptyPool(AsyncConnectionPool):
        def create_connection(self, origin: Origin) -> AsyncConnectionInterface:
            return None  # type: ignore[return-value]  # the mistake

    async with AsyncEmptyPool(max_connections=1) as pool:
        for _ in range(2):
            with pytest.raises(TypeError, match=r"create_connection\(\) .*returned NoneType"):
                await async_get(pool, pool=0.0)


async def test_own_connection_that_is_patched_is_asked_as_patched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Request] = []
    original = AsyncHTTPConnection.handle_async_request

    async def handle(self: AsyncHTTPConnection, request: Request) -> Response:
        asked.append(request)
        return await original(self, request)

    monkeypatch.setattr(AsyncHTTPConnection, "handle_async_request", handle)
    network = async_greeting_network()
    async with AsyncConnectionPool(network_backend=network) as pool:
        for _ in range(2):
            assert await async_get(pool) == b"hello"
        (connection,) = pool.connections
        assert type(connection) is AsyncHTTPConnection
        assert connection.is_idle()
    assert len(asked) == 2
    assert len(network.streams) == 1
    assert network.streams[0].is_closed


async def test_questions_reach_the_connection_and_forgetting_closes_what_can_be() -> None:
    forgotten: list[bool] = []
    async with AsyncStrangePool() as pool:
        assert await async_get(pool) == b"hello"
        (held,) = pool._held()
        assert held.protocol is not None
        assert held.is_idle()
        assert held.is_available()
        assert not held.is_closed()
        assert not held.has_expired()
        pool.made[0].forget = lambda: forgotten.append(True)  # type: ignore[attr-defined]  # as those of the house have it
        held.forget()
    assert forgotten == [True]
