"""The private names of httpcore 1.x: each leads to the public thing, loads nothing before it is asked for, can be patched."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import threading
from unittest import mock

import pytest

import httpcore
from httpcore._compat.names import MODULES, PACKAGES

from .test_package import loaded_after

# One line of the table each.
NAMES = [(module, name) for module, homes in MODULES.items() for name in homes]

# What is behind a name that is not public.
OTHERS = {
    ("_backends.auto", "AutoBackend"): "httpcore_pool.AutoBackend",
    ("_backends.anyio", "AnyIOStream"): "httpcore._compat.anyio_stream.AnyIOStream",
    ("_backends.sync", "SyncStream"): "httpcore._compat.sync_stream.SyncStream",
    ("_backends.trio", "TrioStream"): "httpcore._compat.trio_stream.TrioStream",
    ("_models", "ByteStream"): "httpcore.PlainByteStream",
    ("_synchronization", "AsyncLock"): "anyio.Lock",
    ("_synchronization", "Lock"): "threading.Lock",
    ("_utils", "is_socket_readable"): "httpcore._compat.sockets.is_socket_readable",
}


def expected(module: str, name: str) -> object:
    if module in PACKAGES and f"{module}.{name}" in MODULES:
        return importlib.import_module(f"httpcore.{module}.{name}")
    if (module, name) in OTHERS:
        return pkgutil.resolve_name(OTHERS[module, name])
    assert name in httpcore.__all__ or name in ("AsyncRequestInterface", "RequestInterface")
    return getattr(httpcore, name)


@pytest.mark.parametrize(("module", "name"), NAMES)
def test_a_name_leads_to_what_is_public(module: str, name: str) -> None:
    found = importlib.import_module(f"httpcore.{module}")
    assert getattr(found, name) is expected(module, name)
    # The way that `mock.patch`, respx and others take.
    assert pkgutil.resolve_name(f"httpcore.{module}.{name}") is expected(module, name)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_is_reached_without_an_import_statement(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in MODULES:
        monkeypatch.delitem(sys.modules, f"httpcore.{name}", raising=False)
        monkeypatch.delitem(vars(httpcore), name, raising=False)
    found: object = httpcore
    for part in module.split("."):
        found = getattr(found, part)
    assert found is sys.modules[f"httpcore.{module}"]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_is_found_and_says_what_it_has(module: str) -> None:
    spec = importlib.util.find_spec(f"httpcore.{module}")
    assert spec is not None
    assert (spec.submodule_search_locations is not None) is (module in PACKAGES)
    found = importlib.import_module(f"httpcore.{module}")
    assert set(found.__all__) == set(MODULES[module])
    assert set(MODULES[module]) <= set(dir(found))
    assert "private module of httpcore 1.x" in str(found.__doc__)
    names: dict[str, object] = {}
    exec(f"from httpcore.{module} import *", names)
    assert set(MODULES[module]) <= set(names)


@pytest.mark.parametrize(
    "name", ["httpcore._nothing", "httpcore._sync.nothing", "httpcore._backends.sync.nothing"]
)
def test_there_are_no_other_modules(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=name.rpartition(".")[2]):
        importlib.import_module(name)


def test_other_names_of_a_module_are_not_there_and_the_message_says_where_to_look() -> None:
    with pytest.raises(
        AttributeError, match=r"_sync\.http11' has no.*'nothing'.*see httpcore/_compat/names\.py"
    ):
        pkgutil.resolve_name("httpcore._sync.http11.nothing")
    with pytest.raises(ImportError, match="nothing"):
        exec("from httpcore._models import nothing")


def test_the_modules_of_the_package_itself_are_not_hidden() -> None:
    assert not any(importlib.util.find_spec(f"httpcore.{name}") is None for name in ("_api",))
    assert pkgutil.resolve_name("httpcore._api.request") is httpcore.request


def test_nothing_of_it_is_loaded_before_it_is_asked_for() -> None:
    private = {f"httpcore.{name}" for name in MODULES}
    assert not {name for name in loaded_after("import httpcore") if name in private}
    assert "httpcore._compat.names" not in loaded_after("import httpcore")
    # A tool that imports a module to have one class of it does not load the rest.
    loaded = loaded_after("import httpcore._backends.sync; httpcore._backends.sync.SyncStream")
    assert "httpcore._compat.sync_stream" in loaded
    assert not loaded & {
        "anyio",
        "trio",
        "httpcore._compat.anyio_stream",
        "httpcore._backends.trio",
    }


@pytest.mark.parametrize(
    ("target", "public"),
    [
        ("httpcore._sync.connection.HTTPConnection", httpcore.HTTPConnection),
        ("httpcore._sync.connection_pool.ConnectionPool", httpcore.ConnectionPool),
        ("httpcore._sync.http_proxy.HTTPProxy", httpcore.HTTPProxy),
    ],
)
def test_patching_by_the_private_name_patches_the_public_class(target: str, public: type) -> None:
    original = public.handle_request  # type: ignore[attr-defined]  # which of them it is, the parameters say
    with mock.patch(f"{target}.handle_request") as patched:
        assert public.handle_request is patched  # type: ignore[attr-defined]  # as above
    assert public.handle_request is original  # type: ignore[attr-defined]  # as above


def test_a_pool_that_is_patched_by_its_private_name_answers_with_the_patch() -> None:
    def answer(self: object, request: httpcore.Request) -> httpcore.Response:
        return httpcore.Response(299, content=bytes(request.url))

    name = "httpcore._sync.connection_pool.ConnectionPool.handle_request"
    with mock.patch(name, answer), httpcore.ConnectionPool() as pool:
        response = pool.request("GET", "http://nowhere.example/")
    assert (response.status, response.content) == (299, b"http://nowhere.example/")


def test_the_lock_is_one_for_threads() -> None:
    lock = pkgutil.resolve_name("httpcore._synchronization.Lock")()
    with lock:
        assert not lock.acquire(blocking=False)
    assert type(lock) is type(threading.Lock())


async def test_the_asynchronous_lock_is_one_for_tasks() -> None:
    lock = pkgutil.resolve_name("httpcore._synchronization.AsyncLock")()
    async with lock:
        assert lock.locked()
    assert not lock.locked()
