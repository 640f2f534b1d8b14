"""The link delays and limits what goes over it."""

import socket
import threading
import time

from bench_http2 import Link, link_to


def serve(listener: socket.socket, answer: bytes) -> None:
    sock, _ = listener.accept()
    with sock:
        while sock.recv(1000):
            sock.sendall(answer)


def asked(link: Link, answer: bytes) -> tuple[bytes, float]:
    """What comes back over the link, and after how many seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, answer), daemon=True)
        thread.start()
        with (
            link_to(listener.getsockname()[1], link) as port,
            socket.create_connection(("127.0.0.1", port)) as sock,
        ):
            began = time.monotonic()
            sock.sendall(b"?")
            received = b""
            while len(received) < len(answer):
                received += sock.recv(65536)
            elapsed = time.monotonic() - began
        thread.join()
    return received, elapsed


def test_each_way_takes_its_time() -> None:
    received, elapsed = asked(Link(0.05, 0.0), b"!")
    assert received == b"!"
    assert 0.1 <= elapsed < 5.0


def test_no_more_than_the_rate_comes_through_and_nothing_is_lost() -> None:
    answer = bytes(range(256)) * 2000
    received, elapsed = asked(Link(0.0, 2e6), answer)
    assert received == answer
    assert len(answer) / 2e6 * 0.9 < elapsed < 10.0
