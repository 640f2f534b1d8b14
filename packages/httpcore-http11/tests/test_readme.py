"""The README's examples, run as they are printed, with a server of our own in the place of example.com."""

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parent.parent / "README.md"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def serve(listener: socket.socket) -> None:
    """Answer every request of every connection until the listener is closed."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            while (data := connection.recv(65_536)) and data.endswith(b"\r\n\r\n"):
                connection.sendall(ANSWER)


@pytest.fixture
def example_com(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int]]]:
    """Connections to anywhere lead to a server in a thread; what was asked for is listed."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(listener,), daemon=True)
    thread.start()
    connect = socket.create_connection
    asked: list[tuple[str, int]] = []

    def create_connection(address: tuple[str, int], *args: Any, **more: Any) -> socket.socket:
        asked.append(address)
        return connect(listener.getsockname(), *args, **more)

    monkeypatch.setattr(socket, "create_connection", create_connection)
    yield asked
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_the_examples_run(
    example_com: list[tuple[str, int]], capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(README), "exec"), namespace)
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "200 5 'http://example.com:80', HTTP/1.1, IDLE, Request Count: 1",
        "200 5 'http://example.com:80', HTTP/1.1, IDLE, Request Count: 2",
        "200 5",
        r"b'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n'",
        "200 b'hello' b'' True",
    ]
    assert example_com == [("example.com", 80)] * 2
