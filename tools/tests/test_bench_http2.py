"""The link delays and limits what goes over it, and a download over it is measured."""

import socket
import threading
import time

import bench_http2
from bench_http2 import Link, link_to
from bench_parts.counterpart import counterpart
from bench_parts.nginx import nginx


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


def test_a_download_is_measured() -> None:
    with (
        counterpart() as sink,
        nginx(sink) as servers,
        link_to(servers.http2, Link(0.005, 2e7)) as port,
    ):
        found = bench_http2.download(port, servers.authority, 1_000_000)
    assert found.received >= 1_000_000
    assert 0 < found.rate < 2.5e7
    assert 0 < found.most_held <= found.received
