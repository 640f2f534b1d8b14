"""The rules about cancellation. Threads cannot be cancelled, so these have no synchronous twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._exceptions import ReadError
from .._messages import prepared_request
from ._conformance import Broken, require
from ._tasks import AsyncTask, async_settle, one_pass

if TYPE_CHECKING:
    from .._async.network import AsyncNetworkStream
    from .._async.requests import AsyncRequestInterface
    from ._async.network_checks import AsyncPeer

__all__ = ["NETWORK_RULES", "REQUEST_RULES"]

_ROUNDS = 30
_MOMENT = 0.05


async def a_cancelled_read_loses_nothing(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """However a read is cancelled, the next reads get every byte."""
    sent = b""
    received = b""
    for number in range(_ROUNDS):
        reading = AsyncTask(stream.read, 100)
        await async_settle()
        piece = bytes([number]) * 3
        sent += piece
        # The cancellation comes sooner and later: before the bytes, with them, and after them.
        if number % 8 == 0:
            await reading.stop()
        await peer.send(piece)
        for _ in range(number % 8 - 1):
            await one_pass()
        await reading.stop()
        if _has_succeeded(reading):
            received += reading.result()
        # The next read must find a stream without leftovers, for it has to wait before it is cancelled.
        while len(received) < len(sent):
            async with AsyncTask(stream.read, 100, 1.0) as last:
                await last.wait()
            require(_has_succeeded(last), f"{len(sent) - len(received)} bytes were lost.")
            received += last.result()
    require(received == sent, "bytes were changed or came twice around a cancellation.")


async def a_cancelled_close_closes(stream: AsyncNetworkStream, peer: AsyncPeer) -> None:
    """When closing is cancelled, the stream is closed all the same."""
    tasks: list[AsyncTask[None]] = []

    async def close_while_cancelled() -> None:
        tasks[0].cancel()
        await stream.aclose()

    tasks.append(AsyncTask(close_while_cancelled))
    require(await tasks[0].wait(1.0), "the closing still waits, though it was cancelled.")
    await _require_closed(stream)
    while True:
        try:
            data = await peer.receive(100)
        except Exception:  # noqa: BLE001 - what a peer raises is its own affair, and also says the end
            return
        if not data:
            return


async def a_cancelled_start_tls_closes(stream: AsyncNetworkStream, _peer: AsyncPeer) -> None:
    """When `start_tls` is cancelled, the stream is closed."""
    import ssl

    if stream.get_extra_info("ssl_object") is not None:
        return
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    async with AsyncTask(stream.start_tls, context, "tls.example") as starting:
        ended = await starting.wait(_MOMENT)
    if ended:
        try:
            starting.result()
        except NotImplementedError:
            return
        raise Broken("start_tls ended, though the peer said nothing.")
    await _require_closed(stream)


async def a_cancelled_request_leaves_the_transport_usable(
    transport: AsyncRequestInterface, url: str
) -> None:
    """However a request is cancelled, the next ones are answered."""

    async def get() -> bytes:
        response = await transport.handle_async_request(
            prepared_request("GET", url, None, None, None)
        )
        try:
            return await response.aread()
        finally:
            await response.aclose()

    whole = await get()
    for number in range(_ROUNDS):
        async with AsyncTask(get) as asking:
            for _ in range(number):
                await one_pass()
            await asking.stop()
    after = await get()
    require(after == whole, f"the body was {whole!r} before, and is {after!r} now.")


NETWORK_RULES = (
    a_cancelled_read_loses_nothing,
    a_cancelled_close_closes,
    a_cancelled_start_tls_closes,
)
REQUEST_RULES = (a_cancelled_request_leaves_the_transport_usable,)


def _has_succeeded(task: AsyncTask[bytes]) -> bool:
    try:
        task.result()
    except BaseException:  # noqa: BLE001 - the cancellation among others
        return False
    return True


async def _require_closed(stream: AsyncNetworkStream) -> None:
    async with AsyncTask(stream.read, 100, 0) as reading:
        await reading.wait()
    try:
        data = reading.result()
    except ReadError:
        return
    except Exception as error:
        raise Broken(f"the read after it raised {error!r} instead of ReadError.") from error
    raise Broken(f"the read after it returned {data!r}, as if the stream were open.")
