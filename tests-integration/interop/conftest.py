"""Other people's servers as fixtures: each is started once, when the first test asks for it."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from ..servers import Certificates, Server
from .content import HELLO, LARGE, PIECES
from .web_servers import WEB_SERVERS, Place, origin

Ports: TypeAlias = Callable[[str], list[int]]


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that everybody can read: servers give up the rights of root before they look at files."""
    with tempfile.TemporaryDirectory(prefix="interop-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        documents = folder / "documents"
        (documents / "app").mkdir(0o755, parents=True)
        (documents / "index.html").write_bytes(HELLO)
        (documents / "large").write_bytes(LARGE)
        # For nghttpd, which has files alone.
        (documents / "app" / "trailers").write_bytes(PIECES)
        yield folder


@pytest.fixture(scope="session")
def ports_of(open_folder: Path, certificates: Certificates) -> Iterator[Ports]:
    """Start a server, or find it running, and give its ports."""
    documents = open_folder / "documents"
    running: dict[str, list[int]] = {}
    failures: dict[str, BaseException] = {}

    def ports_of(name: str) -> list[int]:
        if name in failures:
            raise failures[name]
        if name not in running:
            folder = open_folder / name
            folder.mkdir(0o755)
            place = Place(folder, documents, certificates, origin_port)
            try:
                running[name] = stack.enter_context(WEB_SERVERS[name].started(place))
            except BaseException as error:
                failures[name] = error
                raise
        return running[name]

    with ExitStack() as stack:
        folder = open_folder / "origin"
        folder.mkdir()
        origin_port = stack.enter_context(origin(folder, documents))
        yield ports_of


@pytest.fixture
def server(request: pytest.FixtureRequest, ports_of: Ports) -> Server:
    """The server that `over_http11` or `over_http2` asks for."""
    name, index, version = request.param
    port = ports_of(name)[index]
    plain = index == 0 and version == b"HTTP/1.1"
    return Server(f"http://127.0.0.1:{port}" if plain else f"https://localhost:{port}", version)


@pytest.fixture
def short_lived(ports_of: Ports) -> Server:
    """nginx, which ends a connection with GOAWAY after `REQUESTS_PER_CONNECTION` requests."""
    return Server(f"https://localhost:{ports_of('nginx')[2]}", b"HTTP/2")
