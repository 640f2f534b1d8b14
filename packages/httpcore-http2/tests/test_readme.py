"""The README's code runs as it stands there, over TLS, against a server of its own."""

import asyncio
import re
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from .servers import Server

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The adapter is one for asyncio."""
    return "asyncio"


def names_of_readme() -> dict[str, Any]:
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL):
        exec(compile(block, str(README), "exec"), names)
    return names


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    server = Server(
        lambda server, stream_id: server.respond(stream_id, server.seen[stream_id][b":path"])
    )
    try:
        while data := await reader.read(65536):
            steps = server(data)
            for step in steps if isinstance(steps, list) else ():
                assert isinstance(step, bytes)
                writer.write(step)
            await writer.drain()
    except ConnectionError:  # the client leaves without a word
        pass
    finally:
        writer.transport.abort()


async def test_the_code_in_the_readme_runs() -> None:
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.set_alpn_protocols(["h2"])
    authority.issue_cert("localhost").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    listening = await asyncio.start_server(answer, "localhost", 0, ssl=serving)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        targets = [f"/{number}" for number in range(10)]
        responses = await names_of_readme()["fetch"]("localhost", port, targets, trusting)
    assert [response.status for response in responses] == [200] * 10
    assert [response.content.decode() for response in responses] == targets


def test_the_public_names_are_there() -> None:
    import httpcore_http2

    assert {"AsyncHTTP2Connection", "HTTP2Connection", "__version__"} <= set(httpcore_http2.__all__)
    for name in httpcore_http2.__all__:
        assert hasattr(httpcore_http2, name)
