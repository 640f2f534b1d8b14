"""A server that is silent for long is asked whether it is still there."""

import h2.events
import pytest

from httpcore_interfaces import ReadError, ReadTimeout

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
