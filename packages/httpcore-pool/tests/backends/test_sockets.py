"""The race to connect, and asking sockets whether they are ready."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import SOCKET_OPTION, ConnectError, ConnectTimeout
from httpcore_pool._backends.addresses import Address
from httpcore_pool._backends.sockets import (
    ConnectRace,
    PollReadiness,
    SelectReadiness,
    address_of,
    is_readable,
    poll_any_writable,
    poll_either,
    receive_nowait,
    select_any_writable,
    select_either,
    unix_address,
    wait_for_any_writable,
)

from .ends import listening, refusing, unanswering

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

V4 = socket.AF_INET


def address_of_listener(listener: socket.socket) -> Address:
    return Address(listener.family, listener.getsockname())


def run(
    race: ConnectRace, now: float = 0.0, wait: float | None = 5.0
) -> tuple[socket.socket, Address]:
    """Race to the end, each wait taking no time by the race's clock."""
    winner = race.step(now)
    while winner is None:
        wait_for_any_writable(race.sockets, wait)
        winner = race.step(now)
    race.close()
    return winner


def test_the_only_address_wins() -> None:
    with listening() as listener:
        address = address_of_listener(listener)
        sock, winner = run(ConnectRace([address], None, None, 0.0, None))
        with sock:
            assert winner == address
            assert sock.getpeername() == listener.getsockname()
            assert not sock.getblocking()


def test_winner_has_the_options_of_the_house_and_then_the_users() -> None:
    options: list[SOCKET_OPTION] = [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0),
        (socket.SOL_SOCKET, socket.SO_RCVBUF, (40000).to_bytes(4, "little")),
    ]
    with listening() as listener:
        race = ConnectRace([address_of_listener(listener)], None, options, 0.0, None)
        sock, _ = run(race)
        with sock:
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 15
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 80000


def test_next_address_is_tried_when_one_refuses() -> None:
    with listening() as listener:
        addresses = [refusing(), address_of_listener(listener)]
        sock, winner = run(ConnectRace(addresses, None, None, 0.0, None))
        sock.close()
        assert winner == addresses[1]


def test_next_address_is_tried_while_one_is_silent() -> None:
    with listening() as listener, unanswering() as silent:
        addresses = [silent, address_of_listener(listener)]
        race = ConnectRace(addresses, None, None, 0.0, None)
        assert race.step(0.0) is None
        assert race.pause(0.1) == pytest.approx(0.15)
        assert race.step(0.2) is None
        assert len(race.sockets) == 1
        sock, winner = run(race, 0.25)
        sock.close()
        assert winner == addresses[1]
        assert race.sockets == []


def test_all_failures_are_told() -> None:
    addresses = [refusing(), refusing()]
    with pytest.raises(ConnectError) as caught:
        run(ConnectRace(addresses, None, None, 0.0, None))
    error = caught.value
    assert [name for name, _ in error.attempts] == [str(address) for address in addresses]
    assert all(isinstance(cause, ConnectionRefusedError) for _, cause in error.attempts)
    assert error.__cause__ is error.attempts[-1][1]
    assert error.message == "cannot connect to any of 2 addresses"
    assert str(addresses[0]) in str(error)


def test_one_failure_is_told_in_one_sentence() -> None:
    address = refusing()
    with pytest.raises(ConnectError) as caught:
        run(ConnectRace([address], None, None, 0.0, None))
    assert caught.value.message == f"cannot connect to {address}: Connection refused"
    assert caught.value.peer == str(address)


def test_no_address_is_an_error() -> None:
    with pytest.raises(ConnectError, match="no address"):
        ConnectRace([], None, None, 0.0, None).step(0.0)


def test_time_out_tells_what_was_tried() -> None:
    with unanswering() as silent:
        refused = refusing()
        race = ConnectRace([refused, silent], None, None, 0.0, 2.0)
        assert race.step(0.0) is None
        wait_for_any_writable(race.sockets, 0.1)
        assert race.step(2.0) is None
        assert race.pause(2.5) == 0.0
        with pytest.raises(ConnectTimeout) as caught:
            race.step(2.5)
        race.close()
    error = caught.value
    assert (error.limit, error.elapsed, error.phase) == (2.0, 2.5, "connect")
    assert [name for name, _ in error.attempts] == [str(refused), str(silent)]
    assert "no answer yet" in str(error)


def test_time_out_of_one_address_names_it() -> None:
    with unanswering() as silent:
        race = ConnectRace([silent], None, None, 0.0, 1.0)
        race.step(0.0)
        assert race.pause(0.4) == pytest.approx(0.6)
        with pytest.raises(ConnectTimeout, match=f"no connection to {silent} within"):
            race.step(1.5)
        race.close()


def test_pause_is_bounded_by_the_time_out() -> None:
    with unanswering() as silent:
        race = ConnectRace([silent, silent], None, None, 0.0, 0.1)
        race.step(0.0)
        assert race.pause(0.0) == pytest.approx(0.1)
        race.close()


def test_local_address_is_used() -> None:
    with listening() as listener:
        sock, _ = run(ConnectRace([address_of_listener(listener)], "127.0.0.3", None, 0.0, None))
        with sock:
            assert sock.getsockname()[0] == "127.0.0.3"


def test_local_address_that_is_none_is_an_error() -> None:
    for address in ("192.0.2.1", "::1"):
        with pytest.raises(ConnectError, match=f"be done from the local address '{address}': "):
            run(ConnectRace([refusing()], address, None, 0.0, None))


def test_port_that_cannot_be_is_an_error() -> None:
    with pytest.raises(ConnectError, match=r"127\.0\.0\.1:65536: .*port must be 0-65535"):
        run(ConnectRace([Address(V4, ("127.0.0.1", 65536))], None, None, 0.0, None))


def test_path_that_cannot_be_is_an_error() -> None:
    for path in ("\ud800", "x" * 200):
        with pytest.raises(ConnectError, match="cannot connect to"):
            run(ConnectRace([unix_address(path)], None, None, 0.0, None))


def test_family_that_the_machine_lacks_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> socket.socket:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(ConnectError, match="not supported"):
        ConnectRace([Address(V4, ("127.0.0.1", 1))], None, None, 0.0, None).step(0.0)


def test_socket_options_that_are_none_leave_nothing_open() -> None:
    options = [("SOL_SOCKET", "SO_KEEPALIVE", 1)]
    with pytest.raises(TypeError):
        ConnectRace([refusing()], None, options, 0.0, None).step(0.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("abstract", [False, True])
def test_unix_socket_is_connected_to(tmp_path: Path, abstract: bool) -> None:
    path = f"\0{tmp_path}" if abstract else str(tmp_path / "server")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen()
        sock, _ = run(ConnectRace([unix_address(path)], None, None, 0.0, None))
        sock.close()


def test_full_queue_of_a_unix_socket_is_tried_again(tmp_path: Path) -> None:
    path = str(tmp_path / "server")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(path)
        listener.listen(0)
        first, _ = run(ConnectRace([unix_address(path)], None, None, 0.0, None))
        race = ConnectRace([unix_address(path)], None, None, 0.0, None)
        assert race.step(0.0) is None
        assert race.sockets == []
        assert race.pause(0.0) == pytest.approx(0.01)
        listener.accept()[0].close()
        assert race.step(0.005) is None
        second = race.step(0.01)
        assert second is not None
        first.close()
        second[0].close()


@pytest.mark.parametrize("kind", [PollReadiness, SelectReadiness])
def test_readiness(kind: type[PollReadiness | SelectReadiness]) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reading, writing = kind(ours), kind(ours, for_writing=True)
        assert not reading.look()
        assert not reading.wait(0.0)
        assert not reading.wait(0.001)
        assert writing.wait(None)
        assert writing.look()
        theirs.send(b"x")
        assert reading.look()
        assert reading.wait(None)
        assert reading.wait(1e12)


@pytest.mark.parametrize("wait", [poll_any_writable, select_any_writable])
def test_those_that_can_be_written_to_are_found(wait: object) -> None:
    assert callable(wait)
    ours, theirs = socket.socketpair()
    full, other = socket.socketpair()
    with ours, theirs, full, other:
        full.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                full.send(bytes(65536))
        found: Sequence[socket.socket] = wait([full, ours], 0.0)
        assert found == [ours]
        assert wait([full], 0.0) == []
        assert wait([ours], None) == [ours]


@pytest.mark.parametrize("wait", [poll_either, select_either])
def test_what_a_socket_is_ready_for_is_found(
    wait: Callable[[socket.socket, float | None], tuple[bool, bool]],
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert wait(ours, None) == (False, True)
        ours.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                ours.send(bytes(65536))
        assert wait(ours, 0.001) == (False, False)
        theirs.send(b"x")
        assert wait(ours, 5.0) == (True, False)
        theirs.close()
        assert wait(ours, 5.0) == (True, True)


def test_socket_is_readable() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        assert not is_readable(ours)
        assert receive_nowait(ours, 10) is None
        theirs.send(b"x")
        assert is_readable(ours)
        assert receive_nowait(ours, 10) == b"x"
        theirs.close()
        assert is_readable(ours)
        assert receive_nowait(ours, 10) == b""
        ours.close()
        assert is_readable(ours)
        assert receive_nowait(ours, 10) == b""
        assert address_of(ours, "client_addr") is None
        assert address_of(ours, "server_addr") is None
