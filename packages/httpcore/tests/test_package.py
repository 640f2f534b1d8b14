"""What the package promises as a whole: its names, where they come from, and that importing it costs little."""

from __future__ import annotations

import importlib.metadata
import inspect
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from types import ModuleType

import pytest

import httpcore
import httpcore_http2
import httpcore_http11
import httpcore_interfaces
import httpcore_interfaces.testing
import httpcore_pool

# What programs of the request face's generation import.
REQUEST_FACE = [
    "AnyIOBackend",
    "AsyncConnectionInterface",
    "AsyncConnectionPool",
    "AsyncHTTP11Connection",
    "AsyncHTTP2Connection",
    "AsyncHTTPConnection",
    "AsyncHTTPProxy",
    "AsyncMockBackend",
    "AsyncMockStream",
    "AsyncNetworkBackend",
    "AsyncNetworkStream",
    "AsyncSOCKSProxy",
    "ConnectError",
    "ConnectTimeout",
    "ConnectionInterface",
    "ConnectionNotAvailable",
    "ConnectionPool",
    "HTTP11Connection",
    "HTTP2Connection",
    "HTTPConnection",
    "HTTPProxy",
    "LocalProtocolError",
    "MockBackend",
    "MockStream",
    "NetworkBackend",
    "NetworkError",
    "NetworkStream",
    "Origin",
    "PoolTimeout",
    "ProtocolError",
    "Proxy",
    "ProxyError",
    "ReadError",
    "ReadTimeout",
    "RemoteProtocolError",
    "Request",
    "Response",
    "SOCKET_OPTION",
    "SOCKSProxy",
    "SyncBackend",
    "TimeoutException",
    "TrioBackend",
    "URL",
    "UnsupportedProtocol",
    "WriteError",
    "WriteTimeout",
    "default_ssl_context",
    "request",
    "stream",
]

# What programs of the transport face's generation import, beside what both have.
TRANSPORT_FACE = [
    "AsyncByteStream",
    "AsyncHTTPTransport",
    "AsyncIteratorByteStream",
    "CloseError",
    "IteratorByteStream",
    "PlainByteStream",
    "SyncByteStream",
    "SyncConnectionPool",
    "SyncHTTPProxy",
    "SyncHTTPTransport",
]

LOADED_WHEN_ASKED_FOR = {
    "AnyIOBackend": httpcore_pool,
    "AsyncHTTP11Connection": httpcore_http11,
    "AsyncHTTP2Connection": httpcore_http2,
    "AsyncMockBackend": httpcore_interfaces.testing,
    "AsyncMockStream": httpcore_interfaces.testing,
    "HTTP11Connection": httpcore_http11,
    "HTTP2Connection": httpcore_http2,
    "MockBackend": httpcore_interfaces.testing,
    "MockStream": httpcore_interfaces.testing,
    "TrioBackend": httpcore_pool,
}

# What a program that sends one plain request does not need.
NOT_AT_ONCE = {
    "anyio",
    "asyncio",
    "certifi",
    "h11",
    "h2",
    "hpack",
    "httpcore_http11",
    "httpcore_http2",
    "httpcore_interfaces.testing",
    "hyperframe",
    "sniffio",
    "socksio",
    "trio",
    "truststore",
}


def loaded_after(statements: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {statements}; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


def test_importing_it_loads_no_optional_package() -> None:
    assert not loaded_after("import httpcore") & NOT_AT_ONCE


def test_importing_it_loads_nothing_slow_of_the_standard_library() -> None:
    """Each of them takes as long to load as ten of our own modules."""
    slow = {"dataclasses", "inspect", "ipaddress", "pathlib", "random", "ssl"}
    program = "before = {*sys.modules}; import httpcore; sys.modules = {*sys.modules} - before"
    assert not loaded_after(program) & slow


@pytest.mark.parametrize(
    ("statements", "loaded"),
    [
        ("httpcore.HTTP11Connection", {"httpcore_http11", "h11"}),
        ("httpcore.AsyncHTTP2Connection", {"httpcore_http2", "h2", "hpack", "hyperframe"}),
        ("httpcore.MockBackend", {"httpcore_interfaces.testing"}),
        ("httpcore.AnyIOBackend", {"anyio"}),
    ],
)
def test_a_name_loads_what_it_needs_and_no_more(statements: str, loaded: set[str]) -> None:
    found = loaded_after(f"import httpcore; {statements}") & NOT_AT_ONCE
    assert loaded <= found
    assert not found - loaded - {"asyncio", "h2", "hpack", "hyperframe", "sniffio"}


@pytest.mark.parametrize("name", sorted(LOADED_WHEN_ASKED_FOR))
def test_a_name_loaded_when_asked_for_is_the_one_of_its_package(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(vars(httpcore), name, raising=False)
    value = getattr(httpcore, name)
    assert value is getattr(LOADED_WHEN_ASKED_FOR[name], name)
    # The next one to ask does not come here again.
    assert vars(httpcore)[name] is value


def test_a_name_that_is_not_there_is_an_attribute_error_and_an_import_error() -> None:
    with pytest.raises(AttributeError, match="module 'httpcore' has no attribute 'Missing'"):
        _ = httpcore.Missing  # type: ignore[attr-defined]  # the mistake
    with pytest.raises(ImportError, match="Missing"):
        from httpcore import Missing  # type: ignore[attr-defined]  # noqa: F401 - the mistake


def test_all_is_what_is_there() -> None:
    for name in httpcore.__all__:
        getattr(httpcore, name)
    public = {
        name
        for name, value in vars(httpcore).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and name not in ("TYPE_CHECKING", "annotations")
    }
    assert public == set(httpcore.__all__) - {"__version__"}
    assert len(httpcore.__all__) == len(set(httpcore.__all__))


def test_a_star_gives_all() -> None:
    names: dict[str, object] = {}
    exec("from httpcore import *", names)
    assert set(httpcore.__all__) <= set(names)


def test_both_faces_are_there() -> None:
    assert set(REQUEST_FACE + TRANSPORT_FACE) <= set(httpcore.__all__)


@pytest.mark.parametrize("name", sorted({*httpcore.__all__} - {"request", "stream", "__version__"}))
def test_nothing_is_defined_here(name: str) -> None:
    value = getattr(httpcore, name)
    homes = [httpcore_interfaces, httpcore_interfaces.testing, httpcore_pool]
    homes += [httpcore_http11, httpcore_http2]
    assert any(getattr(home, name, None) is value for home in homes)


def test_every_public_name_is_documented() -> None:
    for name in httpcore.__all__:
        value = getattr(httpcore, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            assert value.__doc__, name


def test_the_exceptions_that_httpx_maps_are_attributes_of_the_package() -> None:
    errors = {
        name
        for name, value in vars(httpcore).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert {"ConnectError", "PoolTimeout", "RemoteProtocolError", "UnsupportedProtocol"} <= errors


def test_conveniences_take_what_a_pool_takes() -> None:
    for function, method in (
        (httpcore.request, httpcore.ConnectionPool.request),
        (httpcore.stream, httpcore.ConnectionPool.stream),
    ):
        own = inspect.signature(function).parameters
        theirs = dict(inspect.signature(method).parameters)
        del theirs["self"]
        assert list(own) == list(theirs)
        assert [p.default for p in own.values()] == [p.default for p in theirs.values()]
        assert [p.kind for p in own.values()] == [p.kind for p in theirs.values()]


def test_types_are_shipped() -> None:
    assert (Path(inspect.getfile(httpcore)).parent / "py.typed").is_file()


def test_the_version_is_that_of_the_distribution_and_one_that_httpx_accepts() -> None:
    assert importlib.metadata.version("httpcore") == httpcore.__version__
    assert httpcore.__version__.split(".")[0] == "1"


def test_an_exception_is_called_by_its_public_name() -> None:
    for name in httpcore.__all__:
        value = getattr(httpcore, name)
        if isinstance(value, type) and issubclass(value, Exception):
            error = value("why")
            assert traceback.format_exception_only(error) == [f"httpcore.{name}: why\n"]
            assert type(pickle.loads(pickle.dumps(error))) is value
