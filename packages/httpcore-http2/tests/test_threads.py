"""Threads share one synchronous connection."""

import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ._sync.meeting import URL, meet
from .servers import Server

THREADS = 20
REQUESTS = 15


class Guarded(Server):
    """Two threads may be in one write and one read at a time; the server's state is one."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._lock = threading.Lock()

    def __call__(self, data: bytes) -> Any:
        with self._lock:
            return super().__call__(data)


@pytest.fixture(autouse=True)
def _eager_switching() -> Iterator[None]:
    """Let threads meet in as many places as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def test_threads_share_a_connection() -> None:
    server = Guarded(Server.echo)
    connection, _ = meet(server)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(REQUESTS):
                content = b"%d:%d;" % (number, turn) * (1 + 3000 * (turn % 3))
                assert connection.request("POST", URL, content=content).content == content
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=work, args=(number,), daemon=True) for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(8)
    assert failures == []
    assert connection.is_idle()
    assert len(server.seen) == THREADS * REQUESTS
    connection.close()
