"""The rules about cancellation catch what is planted. Threads cannot be cancelled, so this has no twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import (
    AsyncNetworkStream,
    AsyncParker,
    AsyncRequestInterface,
    Request,
    Response,
)
from httpcore_interfaces.testing import (
    ConformanceError,
    check_async_network_stream,
    check_async_transport,
)
from httpcore_interfaces.testing._async import network_checks, transport_checks
from httpcore_interfaces.testing._tasks import AsyncTask

from ._async.pipes import AsyncPipePeer, AsyncPipeStream, async_pipe

if TYPE_CHECKING:
    import ssl

NETWORK_NAMES = [rule.__name__ for rule in network_checks.RULES]
TRANSPORT_NAMES = [rule.__name__ for rule in transport_checks.RULES]


class LosesWhatItHas(AsyncPipeStream):
    """Takes the bytes, and then waits with them in its hands."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await super().read(max_bytes, timeout)
        await AsyncParker().park(0)
        return data


class ReadsTwice(AsyncPipeStream):
    """Puts the bytes back when it is cancelled, though it had returned them."""

    last = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self.last = await super().read(max_bytes, timeout)
        except BaseException:
            self.incoming.buffer[:0] = self.last
            raise
        return self.last


class WaitsBeforeClosing(AsyncPipeStream):
    async def aclose(self) -> None:
        if not self.link.broken:
            await AsyncParker().park(0)
        await super().aclose()


class CannotBeHurried(AsyncPipeStream):
    async def aclose(self) -> None:
        while not self.link.broken:
            try:
                await AsyncParker().park(0.01)
            except BaseException:
                continue
        await super().aclose()


class ClosesTheWrongWay(AsyncPipeStream):
    def take(self, max_bytes: int) -> bytes:
        if self.closed:
            raise ConnectionResetError
        return super().take(max_bytes)


class EndsWhenClosed(AsyncPipeStream):
    def take(self, max_bytes: int) -> bytes:
        return b"" if self.closed else super().take(max_bytes)


class StaysOpen(AsyncPipeStream):
    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        await self.link.wait_until(self.can_read, timeout)
        return self


class TrustsAnyone(AsyncPipeStream):
    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        return self


class Impossible(AsyncPipeStream):
    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> AsyncNetworkStream:
        raise NotImplementedError


class Encrypted(AsyncPipeStream):
    def get_extra_info(self, info: str) -> object:
        return self if info == "ssl_object" else super().get_extra_info(info)


async def check(rule: str, kind: type[AsyncPipeStream]) -> None:
    peers: list[AsyncPipePeer] = []

    async def make() -> tuple[AsyncPipeStream, AsyncPipePeer]:
        stream, peer = await async_pipe(kind)
        peers.append(peer)
        return stream, peer

    others = [name for name in NETWORK_NAMES if name != rule]
    try:
        await check_async_network_stream(make, patience=2.0, skip=others)
    finally:
        for peer in peers:
            await peer.reset()


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("a_cancelled_read_loses_nothing", LosesWhatItHas),
        ("a_cancelled_read_loses_nothing", ReadsTwice),
        ("a_cancelled_close_closes", WaitsBeforeClosing),
        ("a_cancelled_close_closes", ClosesTheWrongWay),
        ("a_cancelled_close_closes", EndsWhenClosed),
        ("a_cancelled_start_tls_closes", StaysOpen),
        ("a_cancelled_start_tls_closes", TrustsAnyone),
    ],
)
async def test_a_defect_is_caught(rule: str, kind: type[AsyncPipeStream]) -> None:
    with pytest.raises(ConformanceError) as caught:
        await check(rule, kind)
    assert caught.value.rule == rule


async def test_what_cannot_start_tls_is_no_defect() -> None:
    await check("a_cancelled_start_tls_closes", Impossible)
    await check("a_cancelled_start_tls_closes", Encrypted)


async def test_a_peer_that_gets_an_error_has_learned_of_the_closing_too() -> None:
    class Rude(AsyncPipeStream):
        def close_now(self) -> None:
            self.closed = True
            self.link.broken = True
            self.link.changed()

    await check("a_cancelled_close_closes", Rude)


async def test_what_was_written_before_a_cancelled_close_may_arrive() -> None:
    class Talkative(AsyncPipeStream):
        def close_now(self) -> None:
            self.outgoing.buffer += b"bye"
            super().close_now()

    await check("a_cancelled_close_closes", Talkative)


class Answers(AsyncRequestInterface):
    """Answers with the same body, from one connection that must be given back."""

    def __init__(self, forgetful: bool = False) -> None:
        self.forgetful = forgetful
        self.busy = False

    async def handle_async_request(self, request: Request) -> Response:
        if self.busy:
            return Response(503, content=b"busy")
        self.busy = True
        try:
            await AsyncParker().park(0)
        finally:
            if not self.forgetful:
                self.busy = False
        self.busy = False
        return Response(200, content=b"body")


async def test_a_request_that_is_cancelled_is_given_back() -> None:
    others = [name for name in TRANSPORT_NAMES if "cancelled" not in name]

    async def make() -> tuple[AsyncRequestInterface, str]:
        return Answers(), "https://example.com/"

    await check_async_transport(make, skip=others)

    async def make_bad() -> tuple[AsyncRequestInterface, str]:
        return Answers(forgetful=True), "https://example.com/"

    with pytest.raises(ConformanceError, match="was b'body' before, and is b'busy' now"):
        await check_async_transport(make_bad, skip=others)


async def test_a_task_tells_what_became_of_it() -> None:
    async def value() -> int:
        return 5

    async def error() -> int:
        raise ZeroDivisionError

    async with AsyncTask(value) as task:
        assert await task.wait(5.0)
        assert task.result() == 5
    async with AsyncTask(error) as task:
        assert await task.wait(5.0)
        with pytest.raises(ZeroDivisionError):
            task.result()
    async with AsyncTask(AsyncParker().park) as waiting:
        assert not await waiting.wait(0)
        with pytest.raises(IndexError):
            waiting.result()
    with pytest.raises(BaseException) as cancelled:  # noqa: PT011 - each loop has its own
        waiting.result()
    assert "Cancelled" in type(cancelled.value).__name__
