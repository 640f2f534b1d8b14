"""Which backend is used when."""

from __future__ import annotations

import sys

import pytest

from httpcore_interfaces import AsyncNetworkBackend, NetworkBackend
from httpcore_pool._backends.anyio_streams import AnyIOBackend, TrioBackend
from httpcore_pool._backends.asyncio_native import AsyncioBackend
from httpcore_pool._backends.auto import AutoBackend
from httpcore_pool._backends.blocking import SyncBackend
from httpcore_pool._backends.default import (
    async_backend_named,
    backend_named,
    default_async_backend,
    default_backend,
)


def test_defaults() -> None:
    assert type(default_async_backend()) is AutoBackend
    assert type(default_backend()) is SyncBackend


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("auto", AutoBackend),
        ("asyncio", AsyncioBackend),
        ("anyio", AnyIOBackend),
        ("trio", AnyIOBackend),
    ],
)
def test_names_of_asynchronous_backends(name: str, kind: type[AsyncNetworkBackend]) -> None:
    assert isinstance(async_backend_named(name), kind)


@pytest.mark.parametrize("name", ["auto", "sync"])
def test_names_of_synchronous_backends(name: str) -> None:
    assert isinstance(backend_named(name), SyncBackend)


def test_backends_are_taken_as_they_are() -> None:
    asynchronous, synchronous = AsyncNetworkBackend(), NetworkBackend()
    assert async_backend_named(asynchronous) is asynchronous
    assert backend_named(synchronous) is synchronous


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="'curio'"):
        async_backend_named("curio")
    with pytest.raises(ValueError, match="'trio'"):
        backend_named("trio")


async def test_missing_anyio_is_named(
    anyio_backend_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "anyio", None)
    monkeypatch.delitem(sys.modules, "httpcore_pool._backends.anyio_streams")
    backend = AutoBackend()
    if anyio_backend_name == "trio":
        with pytest.raises(RuntimeError, match=r"httpcore-pool\[trio\]"):
            await backend.resolve("127.0.0.1", 80)
    else:
        await backend.resolve("127.0.0.1", 80)


def test_outside_of_event_loops_there_is_no_backend() -> None:
    with pytest.raises(RuntimeError, match="no asyncio or Trio task"):
        AutoBackend().resolve("127.0.0.1", 80).send(None)


def test_trio_has_a_name_of_its_own() -> None:
    assert issubclass(TrioBackend, AnyIOBackend)
