"""Every Python example in the READMEs and in the documentation runs as it stands, those of a page one after the other.

The examples name hosts of `example.com` and `example.org`. Only the name service is replaced: it leads port 80 of them
to a plain server of this machine, 443 to one with TLS, where ALPN chooses the protocol, 8080 to a proxy and
1080 to one that speaks SOCKS. The
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


def examples(page: Path) -> Iterator[str]:
    """The examples of a page, each at the line where it stands, so that a traceback leads there."""
    text = page.read_text()
    for match in BLOCK.finditer(text):
        yield "\n" * text.count("\n", 0, match.start(2)) + dedent(match[2])


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
    socks_proxy: str,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hosts that the examples name, on this machine."""
    ports = {
        80: python.port,
        443: hypercorn_http2.port,
        8080: int(python_proxy.rpartition(":")[2]),
        1080: int(socks_proxy.rpartition(":")[2]),
    }
    ask = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if HOST.fullmatch(name):
            return ask("127.0.0.1", ports[int(port)], *args, **options)
        return ask(host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority_file))


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(examples(page))], ids=lambda page: page.relative_to(ROOT)
)
def test_examples_run(page: Path, internet: None, quiet: None) -> None:
    # They are read from top to bottom, so a later one may use what an earlier one has made.
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in examples(page):
        exec(compile(source, str(page), "exec", dont_inherit=True), names)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name == "README.md"], ids=lambda page: page.parent.name
)
def test_readme_has_an_example(page: Path) -> None:
    assert any(examples(page))
