"""What the blocking backend does for threads."""

from __future__ import annotations

import signal
import socket
import threading
from time import monotonic
from typing import Any

import pytest

from httpcore_interfaces import ReadError, ReadTimeout, WriteError
from httpcore_interfaces.testing._tasks import Task
from httpcore_pool._backends.blocking import SyncStream


class FalseAlarms(socket.socket):
    """Has nothing to give, and takes nothing, every other time."""

    alarms = 0

    def recv(self, *args: int) -> bytes:
        self._alarm()
        return super().recv(*args)

    def send(self, data: Any, *args: int) -> int:
        self._alarm()
        return super().send(data, *args)

    def _alarm(self) -> None:
        self.alarms += 1
        if self.alarms % 2:
            raise BlockingIOError


def pair() -> tuple[SyncStream, FalseAlarms, socket.socket]:
    plain, theirs = socket.socketpair()
    ours = FalseAlarms(fileno=plain.detach())
    ours.setblocking(False)
    return SyncStream(ours, "peer"), ours, theirs


def test_false_alarms_are_waited_out() -> None:
    stream, _, peer = pair()
    peer.send(b"ping")
    assert stream.read(10, 5.0) == b"ping"
    stream.write(b"pong", 5.0)
    assert peer.recv(10) == b"pong"
    data = bytes(4 << 20)
    received = b""
    writing = Task(stream.write, data, 5.0)
    while len(received) < len(data):
        received += peer.recv(1 << 20)
    assert writing.wait(5.0)
    writing.result()
    stream.close()
    peer.close()


def test_write_that_watches_waits_out_false_alarms() -> None:
    stream, _, peer = pair()
    data = bytes(4 << 20)
    received = b""
    writing = Task(stream.write_until_readable, data, 5.0)
    while len(received) < len(data):
        received += peer.recv(1 << 20)
    assert writing.wait(5.0)
    assert writing.result() == len(data)
    assert stream.get_extra_info("bytes_written") == len(data)
    stream.close()
    peer.close()


def test_write_that_watches_tells_failures() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    stream = SyncStream(ours, "peer")
    with pytest.raises(WriteError, match="writing to peer failed"):
        stream.write_until_readable(b"anybody there?")
    stream.close()


def test_descriptor_stays_open_while_a_thread_uses_it() -> None:
    stream, sock, peer = pair()
    seen = []
    entered, go_on = threading.Event(), threading.Event()

    def recv(*args: int) -> bytes:
        entered.set()
        assert go_on.wait(5.0)
        seen.append(sock.fileno())
        return b""

    sock.recv = recv  # type: ignore[method-assign]
    peer.send(b"x")
    reading = Task(stream.read, 10, 5.0)
    assert entered.wait(5.0)
    stream.close()
    stream.close()
    assert sock.fileno() >= 0
    go_on.set()
    assert reading.wait(5.0)
    with pytest.raises(ReadError, match="closed on this side"):
        reading.result()
    assert seen[0] >= 0
    assert sock.fileno() == -1
    peer.close()


def test_threads_may_ask_at_the_same_moment_whether_there_is_something_to_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream, _, peer = pair()
    peer.send(b"x")
    assert stream.get_extra_info("is_readable")

    class Busy:
        def look(self) -> bool:
            raise RuntimeError("concurrent poll() invocation")

    monkeypatch.setattr(stream, "_probe", Busy())
    assert stream.get_extra_info("is_readable")
    stream.close()
    assert stream.get_extra_info("is_readable")
    peer.close()


def test_a_socket_that_was_taken_away_counts_as_readable() -> None:
    stream, sock, peer = pair()
    sock.close()
    assert stream.get_extra_info("is_readable")
    peer.close()


def test_close_wakes_a_thread_that_reads_or_writes_without_a_limit() -> None:
    stream, _, peer = pair()
    reading = Task(stream.read, 10, None)
    writing = Task(stream.write, bytes(8 << 20), None)
    assert peer.recv(1)  # the writer is in the call
    stream.close()
    assert reading.wait(5.0)
    assert writing.wait(5.0)
    with pytest.raises(ReadError, match="closed on this side"):
        reading.result()
    with pytest.raises(WriteError):
        writing.result()
    assert stream.get_extra_info("socket").fileno() == -1
    peer.close()


def test_signals_do_not_prolong_a_limit() -> None:
    stream, _, peer = pair()
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(monotonic()))
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    began = monotonic()
    try:
        with pytest.raises(ReadTimeout):
            stream.read(10, 0.1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert rung
    assert monotonic() - began < 5.0
    stream.close()
    peer.close()
