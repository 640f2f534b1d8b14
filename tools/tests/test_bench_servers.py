"""The servers that the clients talk to, and the processors that they have."""

import os
import shutil
import socket
import threading
from pathlib import Path

import pytest
from _house import ToolError
from bench_parts import nginx
from bench_parts.cores import Cores
from bench_parts.counterpart import counterpart


def test_processors_are_two_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    usable = {1, 3, 2}
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: usable)
    assert Cores.at_hand() == Cores(server=1, client=3)
    usable = {5}
    assert Cores.at_hand() == Cores(None, None)


def test_one_processor_is_said_to_be_too_few(capsys: pytest.CaptureFixture[str]) -> None:
    Cores().take_servers()
    assert "fewer than two processors" in capsys.readouterr().out


def test_without_nginx_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    with pytest.raises(ToolError, match=r"nginx is not installed; .* apt-get install nginx-light"):
        nginx.nginx_program()


def test_nginx_is_installed_by_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(nginx, "must", lambda command, why: commands.append(command))
    monkeypatch.setattr(
        shutil,
        "which",
        lambda name, path=None: name if name == "apt-get" or len(commands) == 2 else None,
    )
    assert nginx.nginx_program() == "nginx"
    assert [command[1] for command in commands] == ["update", "install"]


def test_nginx_that_does_not_come_up_is_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "nginx"
    broken.write_text("#!/bin/sh\necho no luck today\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(nginx, "nginx_program", lambda: str(broken))
    with pytest.raises(ToolError, match="no luck today"), nginx.nginx(80):
        pytest.fail("it did not come up")


def ask(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        sock.sendall(request)
        return sock.recv(65_536)


def test_the_gate_holds_requests_until_it_is_opened() -> None:
    with counterpart() as port:
        answers: list[bytes] = []

        def wait() -> None:
            answers.append(ask(port, b"GET /gate HTTP/1.1\r\n\r\n"))

        threads = [threading.Thread(target=wait) for _ in range(3)]
        for thread in threads:
            thread.start()
        assert ask(port, b"GET /gate/3 HTTP/1.1\r\n\r\n").endswith(b"ok")
        assert not answers
        assert ask(port, b"GET /gate/open HTTP/1.1\r\n\r\n").endswith(b"ok")
        for thread in threads:
            thread.join(5)
        assert len(answers) == 3


def test_the_sink_reads_an_upload_whose_length_nobody_told() -> None:
    upload = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    with counterpart() as port, socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
        for byte in upload:
            sock.sendall(bytes([byte]))
        assert sock.recv(100).endswith(b"ok")
