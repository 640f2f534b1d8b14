"""A server that is silent for long is asked whether it is still there."""

import h2.events
import pytest

from httpcore_interfaces import ConnectionNotAvailable, ReadError, ReadTimeout
from httpcore_interfaces.testing._tasks import AsyncTask

from ..servers import Server
from .meeting import URL, async_meet


async def test_a_silent_server_that_answers_a_ping_is_waited_for() -> None:
    server = Server(Server.keep_silent)
    connection, _ = async_meet(server, ping_interval=0.01)
    with pytest.raises(ReadTimeout):
        await connection.request("GET", URL, extensions={"timeout": {"read": 0.2}})
    assert len(server.of(h2.events.PingReceived)) > 2
    await connection.aclose()


class Dead(Server):
    """It answers nothing at all after its first words."""

    def output(self) -> bytes | None:
        said = super().output()
        return None if self.of(h2.events.PingReceived) else said


class Mute(Server):
    """It says nothing at all."""

    def output(self) -> bytes | None:
        super().output()
        return None


async def test_a_server_that_answers_no_ping_is_dead() -> None:
    connection, stream = async_meet(Dead(Server.keep_silent), ping_interval=0.02, ping_timeout=0.05)
    with pytest.raises(ReadError, match="not answered a PING") as caught:
        await connection.request("GET", URL)
    assert caught.value.safe_to_retry
    assert connection.is_closed()
    assert stream.is_closed


async def test_nobody_is_asked_without_an_interval() -> None:
    server = Server(Server.keep_silent)
    connection, _ = async_meet(server, ping_interval=None)
    with pytest.raises(ReadTimeout):
        await connection.request("GET", URL, extensions={"timeout": {"read": 0.05}})
    assert server.of(h2.events.PingReceived) == []
    await connection.aclose()


AT_ONCE = {"timeout": {"read": 0.0}}


async def test_a_time_out_on_a_connection_that_lives_costs_nobody_else() -> None:
    def answer(server: Server, stream_id: int) -> None:
        if stream_id > 5:
            server.hello(stream_id)

    connection, _ = async_meet(server := Server(answer))
    for _ in range(3):
        with pytest.raises(ReadTimeout):
            await connection.request("GET", URL, extensions=AT_ONCE)
    assert (await connection.request("GET", URL)).content == b"hello"
    # At the first time-out the server had just sent its settings, so there was no need to ask.
    assert len(server.of(h2.events.PingReceived)) <= 3
    await connection.aclose()


async def test_a_server_that_is_silent_after_a_time_out_is_asked_nothing_more() -> None:
    connection, stream = async_meet(Mute(Server.keep_silent))
    with pytest.raises(ReadTimeout):
        await connection.request("GET", URL, extensions=AT_ONCE)
    assert connection.is_idle()
    with pytest.raises(ConnectionNotAvailable):
        await connection.request("GET", URL)
    assert connection.is_closed()
    assert stream.is_closed


async def test_others_on_a_silent_connection_have_as_long_as_a_ping() -> None:
    connection, stream = async_meet(Mute(Server.keep_silent), ping_timeout=0.05)
    waiting = AsyncTask(connection.request, "GET", URL)
    with pytest.raises(ReadTimeout):
        await connection.request("GET", URL, extensions=AT_ONCE)
    while not connection.is_closed():
        with pytest.raises((ReadTimeout, ConnectionNotAvailable)):
            await connection.request("GET", URL, extensions={"timeout": {"read": 0.01}})
    assert await waiting.wait(5.0)
    with pytest.raises(ReadError, match="nor answered a PING"):
        waiting.result()
    assert stream.is_closed


async def test_a_time_out_asks_nothing_without_an_interval() -> None:
    connection, _ = async_meet(Mute(Server.keep_silent), ping_interval=None)
    for _ in range(2):
        with pytest.raises(ReadTimeout):
            await connection.request("GET", URL, extensions=AT_ONCE)
    await connection.aclose()
