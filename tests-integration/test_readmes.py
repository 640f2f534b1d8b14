"""Every Python example in the READMEs and in the documentation runs as it stands, those of a page one after the other.

The examples name hosts of `example.com` and `example.org`. Only the name service is replaced: it leads port 80 of them
to a plain server of this machine, 443 to one with TLS, where ALPN chooses the protocol, 8080 to a proxy and
1080 to one that speaks SOCKS. The
certificates are trusted by way of `SSL_CERT_FILE`. What is not to be run is marked as something else than `python`.
"""

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator
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
def name_service(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[int, int]], None]:
    """Leads the hosts that the examples name to ports of this machine."""

    def lead(ports: dict[int, int]) -> None:
        ask = socket.getaddrinfo

        def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            if HOST.fullmatch(name):
                return ask("127.0.0.1", ports[int(port)], *args, **options)
            return ask(host, port, *args, **options)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority_file))

    return lead


@pytest.fixture
def internet(
    name_service: Callable[[dict[int, int]], None],
    python: Server,
    hypercorn_http2: Server,
    python_proxy: str,
    socks_proxy: str,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    nginx_socket: Path,
) -> None:
    """Everything that the examples name, on this machine."""
    monkeypatch.chdir(tmp_path)
    certificates.authority.cert_pem.write_to_path("authority.pem")
    own = certificates.authority.issue_cert("client.example")
    own.private_key_pem.write_to_path("client.key")
    own.cert_chain_pems[0].write_to_path("client.pem")
    Path("app.sock").symlink_to(nginx_socket)
    name_service(
        {
            80: python.port,
            443: hypercorn_http2.port,
            8080: int(python_proxy.rpartition(":")[2]),
            1080: int(socks_proxy.rpartition(":")[2]),
        }
    )


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(examples(page))], ids=lambda page: page.relative_to(ROOT)
)
def test_examples_run(page: Path, internet: None, quiet: None) -> None:
    run_examples(page)


def test_http11_over_its_readmes_adapters_fetches_from_nginx(
    name_service: Callable[[dict[int, int]], None],
    nginx: Server,
    capsys: pytest.CaptureFixture[str],
    quiet: None,
) -> None:
    name_service({80: nginx.port})
    run_examples(ROOT / "packages" / "httpcore-http11" / "README.md")
    assert "200" in capsys.readouterr().out


def test_http2_over_its_readmes_adapter_talks_to_nghttpd(
    nghttpd: Server, trusting: ssl.SSLContext
) -> None:
    names = run_examples(ROOT / "packages" / "httpcore-http2" / "README.md")
    targets = ["/"] * 10
    responses = asyncio.run(names["fetch"]("localhost", nghttpd.port, targets, trusting))
    assert [response.status for response in responses] == [200] * 10
    assert len({response.content for response in responses}) == 1


def run_examples(page: Path) -> dict[str, Any]:
    """They are read from top to bottom, so a later one may use what an earlier one has made."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in examples(page):
        exec(compile(source, str(page), "exec", dont_inherit=True), names)
    return names


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name == "README.md"], ids=lambda page: page.parent.name
)
def test_readme_has_an_example(page: Path) -> None:
    assert any(examples(page))
