"""Scenes of the asynchronous classes, and of the handshakes with SOCKS proxies, with whatever httpcore can be imported.

`python async_scenes.py > async-facts-1.0.9.json`, with httpcore 1.0.9 installed, records what that version does, as
`scenes.py` does for everything else.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import sys
from typing import Any

# As a script it stands beside what in the tests is its package.
scenes: Any = importlib.import_module(f"{__package__}.scenes" if __package__ else "scenes")
httpcore: Any = scenes.httpcore


class AsyncRecordingStream(httpcore.AsyncMockStream):  # type: ignore[misc]  # of whatever version
    def __init__(self, script: list[bytes]) -> None:
        super().__init__(list(script))
        self.written = b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written += buffer

    async def start_tls(self, *args: Any, **kwargs: Any) -> Any:
        return self


class AsyncRecording(httpcore.AsyncNetworkBackend):  # type: ignore[misc]  # of whatever version
    """Gives one stream, and keeps what is written to it; or refuses."""

    def __init__(self, script: list[bytes] | None) -> None:
        self.stream = None if script is None else AsyncRecordingStream(script)

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> Any:
        if self.stream is None:
            raise httpcore.ConnectError("refused")
        return self.stream

    async def sleep(self, seconds: float) -> None:
        """There is nothing to wait for."""


async def received(script: list[bytes]) -> object:
    """What a server's answer becomes."""
    async with httpcore.AsyncConnectionPool(network_backend=AsyncRecording(script)) as pool:
        response = await pool.request("GET", "http://a/")
        found = (response.extensions["http_version"], response.status)
        return found, response.headers, response.content, len(pool.connections)


async def sent(method: str, url: str, options: dict[str, Any]) -> object:
    """What a request becomes on the wire."""
    network = AsyncRecording(scenes.HELLO)
    async with httpcore.AsyncConnectionPool(network_backend=network) as pool:
        await pool.request(method, url, **options)
    assert network.stream is not None
    return network.stream.written


async def described() -> list[str]:
    """How a pool and its connection show themselves on the way."""
    network = AsyncRecording(scenes.HELLO * 3)
    pool = httpcore.AsyncConnectionPool(network_backend=network)
    said = [repr(pool)]
    async with pool.stream("GET", "http://a/") as response:
        (connection,) = pool.connections
        said += [repr(pool), repr(connection), repr(connection.is_available()), repr(response)]
        said += [repr([chunk async for chunk in response.aiter_stream()])]
    said += [repr(pool), repr(connection), repr(connection.is_idle()), repr(response.content)]
    await pool.aclose()
    return [*said, repr(pool), repr(connection), repr(connection.is_closed())]


async def again() -> list[str]:
    """A connection of one's own, whose first dials fail."""
    network = AsyncRecording(None)
    origin = httpcore.Origin(b"http", b"a", 80)
    said = []
    async with httpcore.AsyncHTTPConnection(origin, network_backend=network) as connection:
        for _ in range(2):
            try:
                await connection.request("GET", "http://a/")
            except httpcore.ConnectError as error:
                said += [type(error).__name__, connection.info(), repr(connection.is_closed())]
        network.stream = AsyncRecordingStream(scenes.HELLO)
        response = await connection.request("GET", "http://a/")
        said += [repr(response), connection.info(), repr(connection.is_closed())]
    return said


async def traced(make: str, url: str, script: list[bytes] | None) -> list[str]:
    """The names of the events, and the exception that ends them."""
    network = AsyncRecording(script)
    events: list[str] = []

    async def trace(name: str, info: dict[str, Any]) -> None:
        if not name.startswith("pool."):
            events.append(name)

    proxied = {"proxy": httpcore.Proxy("http://p:8080")} if make == "proxy" else {}
    async with httpcore.AsyncConnectionPool(network_backend=network, **proxied) as pool:
        try:
            await pool.request("GET", url, extensions={"trace": trace})
        except httpcore.ConnectError as error:
            events.append(type(error).__name__)
    return events


NO_AUTH, WITH_AUTH = b"\x05\x00", b"\x05\x02"
GRANTED = b"\x05\x00\x00\x01\x01\x02\x03\x04\x00\x50"
#: What a proxy says, to whom it leads, and with what user name and password.
HANDSHAKES: dict[str, tuple[list[bytes], str, Any]] = {
    "a name": ([NO_AUTH, GRANTED], "http://a/", None),
    "a port": ([NO_AUTH, GRANTED], "http://a:8080/", None),
    "an IPv4 address": ([NO_AUTH, GRANTED], "http://1.2.3.4/", None),
    "https": ([NO_AUTH, GRANTED], "https://a/", None),
    "a password": ([WITH_AUTH, b"\x01\x00", GRANTED], "http://a/", (b"user", b"pass")),
    "a wrong password": ([WITH_AUTH, b"\x01\x01"], "http://a/", (b"user", b"pass")),
    "a password that it does not want": ([NO_AUTH, GRANTED], "http://a/", (b"user", b"pass")),
    "a password that it was not given": ([WITH_AUTH], "http://a/", None),
    "no way that it knows": ([b"\x05\xff"], "http://a/", None),
    **{
        f"refusal {number}": ([NO_AUTH, GRANTED[:1] + bytes([number]) + GRANTED[2:]], "http://a/", None)
        for number in range(1, 9)
    },
}  # fmt: skip


def shaken(script: list[bytes], url: str, auth: Any) -> object:
    """What is sent to a SOCKS proxy and through it, in a thread."""
    network = scenes.Recording([*script, *scenes.HELLO])
    with httpcore.SOCKSProxy("socks5://p", auth, network_backend=network) as pool:
        return pool.request("GET", url).content, network.stream.written


async def async_shaken(script: list[bytes], url: str, auth: Any) -> object:
    """The same under asyncio."""
    network = AsyncRecording([*script, *scenes.HELLO])
    async with httpcore.AsyncSOCKSProxy("socks5://p", auth, network_backend=network) as pool:
        content = (await pool.request("GET", url)).content
    assert network.stream is not None
    return content, network.stream.written


def look() -> dict[str, str]:
    """All of these scenes."""
    facts = scenes.Facts()

    def run(name: str, scene: Any, *arguments: Any) -> None:
        facts.see(f"asyncio: {name}", lambda: asyncio.run(scene(*arguments)))

    for name, script in scenes.ANSWERS.items():
        run(f"the server says: {name}", received, script)
    for name, (method, url, options) in scenes.REQUESTS.items():
        if not isinstance(options.get("content"), list):
            run(f"on the wire: {name}", sent, method, url, options)
    run("descriptions", described)
    run("a connection is dialed again", again)
    tunnel = scenes.CONNECTED + scenes.HELLO
    run("events: GET", traced, "pool", "http://a/", scenes.HELLO)
    run("events: TLS", traced, "pool", "https://a/", scenes.HELLO)
    run("events: refused", traced, "pool", "http://a/", None)
    run("events: forwarded", traced, "proxy", "http://a/", scenes.HELLO)
    run("events: a tunnel", traced, "proxy", "https://a/", tunnel)
    for name, (script, url, auth) in HANDSHAKES.items():
        facts.see(f"SOCKS: {name}", shaken, script, url, auth)
        run(f"SOCKS: {name}", async_shaken, script, url, auth)
    found: dict[str, str] = facts.found
    return {name: re.sub(r" object at 0x\w+", "", said) for name, said in found.items()}


if __name__ == "__main__":
    json.dump(look(), sys.stdout, indent=0, sort_keys=True)
