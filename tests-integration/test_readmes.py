"""Every Python example in the READMEs and in the documentation runs as it stands.

The examples name hosts of `example.com` and `example.org`. Only the name service is replaced: it leads port 80 of them
to a plain server of this machine, 443 to one with TLS, where ALPN chooses the protocol, and 8080 to a proxy. The
certificates are trusted by way of `SSL_CERT_FILE`. What is not to be run is marked as something else than `python`.
"""

import logging
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from .servers import HERE, Certificates, Server

ROOT = HERE.parent
PAGES = [
    ROOT / "README.md",
    *sorted(ROOT.glob("packages/*/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
BLOCK = re.compile(r"^([ ]*)```python[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
HOST = re.compile(r"(.*\.)?example\.(com|org)")


def examples() -> Iterator[Any]:
    """Each example, at the line of its file where it stands, so that a traceback leads there."""
    for page in PAGES:
        text = page.read_text()
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start(2))
            name = page.relative_to(ROOT).as_posix()
            yield pytest.param(page, "\n" * line + dedent(match[2]), id=f"{name}:{line + 1}")


@pytest.fixture
def quiet() -> Iterator[None]:
    """Examples may set up logging; that ends with them."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("httpcore"):
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def internet(
    python: Server,
    hypercorn_http2: Server,
    python_proxy: str,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hosts that the examples name, on this machine."""
    ports = {
        80: python.port,
        443: hypercorn_http2.port,
        8080: int(python_proxy.rpartition(":")[2]),
    }
    ask = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if HOST.fullmatch(name):
            return ask("127.0.0.1", ports[int(port)], *args, **options)
        return ask(host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority_file))


def test_there_are_examples() -> None:
    assert len(list(examples())) >= 10


@pytest.mark.parametrize(("page", "source"), examples())
def test_example_runs(page: Path, source: str, internet: None, quiet: None) -> None:
    exec(compile(source, str(page), "exec"), {"__name__": "__main__"})
