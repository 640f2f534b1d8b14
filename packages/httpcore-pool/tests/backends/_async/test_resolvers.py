"""Whom a backend asks for addresses: the resolver that it was given, its memory, and the system."""

from __future__ import annotations

import socket

import pytest

from httpcore_interfaces import ConnectError, ConnectTimeout
from httpcore_pool import Resolved, StaticResolver

from ..ends import async_backend, async_kinds, listening, names
from .peers import AsyncSocketPeer

pytestmark = [
    pytest.mark.parametrize("kind", async_kinds),
    pytest.mark.parametrize("timeout", [None, 5.0], ids=["patient", "limited"]),
]


class AsyncDirectory:
    """A resolver that remembers what it was asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> object:
        self.asked.append((host, port))
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_resolver_is_asked_before_the_system(
    kind: str, timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(monkeypatch, {"server.example": ["192.0.2.9"]})
    directory = AsyncDirectory(["192.0.2.1", "192.0.2.2", "2001:db8::1"], None)
    network = async_backend(kind, resolver=directory)
    found = await network.resolve("server.example", 80, timeout)
    assert [str(address) for address in found] == [
        "192.0.2.1:80",
        "[2001:db8::1]:80",
        "192.0.2.2:80",
    ]
    # It does not know, so the system is asked.
    found = await network.resolve("server.example", 80, timeout)
    assert [str(address) for address in found] == ["192.0.2.9:80"]
    # There is nothing to ask.
    found = await network.resolve("192.0.2.7", 80, timeout)
    assert [str(address) for address in found] == ["192.0.2.7:80"]
    assert directory.asked == [("server.example", 80)] * 2


async def test_connecting_goes_where_the_resolver_says(kind: str, timeout: float | None) -> None:
    with listening() as listener:
        port = listener.getsockname()[1]
        directory = StaticResolver({f"server.example:{port}": "127.0.0.1"})
        stream = await async_backend(kind, resolver=directory).connect_tcp(
            "server.example", port, timeout
        )
        sock, _ = listener.accept()
        sock.setblocking(False)
        await stream.aclose()
        await AsyncSocketPeer(sock).aclose()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "not here"), "not here"),
        (TimeoutError("the directory is slow"), "the directory is slow"),
        (LookupError("the directory is closed"), "the directory is closed"),
        ([], "the resolver has no address for it"),
        (["server2.example"], "'server2.example', given for 'server.example', is no IP address"),
        ("192.0.2.1", "a resolver must return .*, but it returned str"),
        ([b"192.0.2.1"], "b'192.0.2.1', given for 'server.example', is no text"),
        (Resolved(["192.0.2.1"], -1.0), "ttl must not be negative"),
    ],
    ids=["name", "time", "other", "nothing", "alias", "text", "bytes", "ttl"],
)
async def test_failure_of_the_resolver_is_a_failure_to_connect(
    kind: str, timeout: float | None, answer: object, reason: str
) -> None:
    network = async_backend(kind, resolver=AsyncDirectory(answer))
    with pytest.raises(ConnectError, match=f"^cannot resolve 'server.example': {reason}") as caught:
        await network.connect_tcp("server.example", 80, timeout)
    assert caught.value.phase == "resolve"
    assert caught.value.__cause__ is not None


async def test_error_of_the_house_is_passed_on(kind: str, timeout: float | None) -> None:
    own = ConnectTimeout("the directory is slow")
    with pytest.raises(ConnectTimeout, match="the directory is slow") as caught:
        await async_backend(kind, resolver=AsyncDirectory(own)).resolve("a.example", 80, timeout)
    assert caught.value is own


async def test_answers_are_kept_where_that_is_asked_for(
    kind: str, timeout: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = AsyncDirectory(["192.0.2.1"])
    forgetful = async_backend(kind, resolver=directory)
    for _ in range(2):
        await forgetful.resolve("server.example", 80, timeout)
    assert len(directory.asked) == 2
    network = async_backend(kind, resolver=directory, cache_size=1)
    for name in ("a.example", "A.example", "a.example", "b.example", "a.example"):
        found = await network.resolve(name, 80, timeout)
        assert [str(address) for address in found] == ["192.0.2.1:80"]
    assert [name for name, _ in directory.asked[2:]] == ["a.example", "b.example", "a.example"]
    # Those of the system likewise.
    names(monkeypatch, {"server.example": ["192.0.2.9"]})
    network = async_backend(kind, cache_size=1)
    await network.resolve("server.example", 80, timeout)
    names(monkeypatch, {})
    found = await network.resolve("server.example", 80, timeout)
    assert [str(address) for address in found] == ["192.0.2.9:80"]
