"""The layer check: each wrong arrow is seen and named, each right one passes."""

from pathlib import Path
from types import ModuleType

import pytest

from .loading import load_tool


@pytest.fixture(scope="module")
def layers() -> ModuleType:
    return load_tool("layers")


def put(root: Path, module: str, source: str) -> None:
    package = module.partition("/")[0]
    path = root / "packages" / package.replace("_", "-") / "src" / module
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)


RIGHT = [
    ("httpcore_interfaces/_urls.py", "import ssl\nfrom ._fields import x"),
    ("httpcore_interfaces/_parking.py", "def park():\n    import trio"),
    ("httpcore_http11/_core/codec.py", "import h11\nfrom httpcore_interfaces import Request"),
    (
        "httpcore_http11/_core/codec.py",
        "import httpcore_interfaces.testing\nfrom ..__about__ import x",
    ),
    ("httpcore_http11/_core/codec.py", "if TYPE_CHECKING:\n    import ssl"),
    ("httpcore_http2/_async/x.py", "import hpack\nfrom hyperframe.frame import Frame\nimport time"),
    (
        "httpcore_pool/_async/x.py",
        "def dial():\n    from httpcore_http11 import AsyncHTTP11Connection",
    ),
    (
        "httpcore_pool/_async/x.py",
        "if TYPE_CHECKING:\n    from httpcore_http2 import HTTP2Connection",
    ),
    ("httpcore_pool/_async/x.py", "f = lambda: importlib.import_module('httpcore_http2')"),
    ("httpcore_pool/_backends/anyio.py", "import anyio.abc"),
    ("httpcore_pool/_core/socks.py", "from socksio import socks5"),
    ("httpcore_pool/_tls.py", "import truststore, certifi, ssl"),
    ("httpcore/__init__.py", "import httpcore_pool\nfrom httpcore_http2 import *"),
    ("httpcore/__init__.py", "from httpcore_pool import __version__"),
    ("httpcore/_compat/trio_stream.py", "import trio"),
]


@pytest.mark.parametrize(("module", "source"), RIGHT)
def test_right_imports_pass(
    tmp_path: Path, layers: ModuleType, capsys: pytest.CaptureFixture[str], module: str, source: str
) -> None:
    put(tmp_path, module, source)
    assert layers.main(["--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "tools/layers: all is well\n"


WRONG = [
    # Between packages.
    (
        "httpcore_http2/_core/x.py",
        "\nimport httpcore_pool",
        "httpcore_http2/_core/x.py:2 imports httpcore_pool; allowed: httpcore_interfaces, h2, hpack, hyperframe",
    ),
    (
        "httpcore_http11/_async/x.py",
        "from httpcore_http2 import y",
        "httpcore_http11/_async/x.py:1 imports httpcore_http2; allowed: httpcore_interfaces, h11",
    ),
    (
        "httpcore_http11/x.py",
        "def f():\n    import h2.connection",
        "httpcore_http11/x.py:2 imports h2; allowed: httpcore_interfaces, h11",
    ),
    (
        "httpcore_interfaces/x.py",
        "import httpcore",
        "httpcore_interfaces/x.py:1 imports httpcore; allowed: trio",
    ),
    (
        "httpcore_interfaces/x.py",
        "import trio",
        "httpcore_interfaces/x.py:1 imports trio at once; it may be absent: "
        "import it inside the function that needs it",
    ),
    (
        "httpcore_pool/_async/x.py",
        "from httpcore_http11 import y",
        "httpcore_pool/_async/x.py:1 imports httpcore_http11 at once; it may be absent: "
        "import it inside the function that needs it",
    ),
    (
        "httpcore_pool/_async/x.py",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import httpcore_http11",
        "httpcore_pool/_async/x.py:4 imports httpcore_http11 at once; it may be absent: "
        "import it inside the function that needs it",
    ),
    (
        "httpcore_pool/_async/x.py",
        "import anyio",
        "httpcore_pool/_async/x.py:1 imports anyio; it may be absent: import it in _backends/* alone",
    ),
    (
        "httpcore/__init__.py",
        "import anyio",
        "httpcore/__init__.py:1 imports anyio; it may be absent: import it in _compat/* alone",
    ),
    # To private names.
    (
        "httpcore_http11/x.py",
        "from httpcore_interfaces._urls import URL",
        "httpcore_http11/x.py:1 imports httpcore_interfaces._urls.URL; "
        "allowed: public names of httpcore_interfaces",
    ),
    (
        "httpcore_http11/x.py",
        "from httpcore_interfaces import _urls",
        "httpcore_http11/x.py:1 imports httpcore_interfaces._urls; "
        "allowed: public names of httpcore_interfaces",
    ),
    (
        "httpcore_pool/x.py",
        "def f():\n    import httpcore_http11._async",
        "httpcore_pool/x.py:2 imports httpcore_http11._async; allowed: public names of httpcore_http11",
    ),
    (
        "httpcore_http11/x.py",
        "import httpcore_interfaces\nx = httpcore_interfaces._urls.URL",
        "httpcore_http11/x.py:2 uses httpcore_interfaces._urls; allowed: public names of httpcore_interfaces",
    ),
    # Inside a package.
    *(
        (
            "httpcore_pool/_core/x.py",
            f"def f():\n    import {module}",
            f"httpcore_pool/_core/x.py:2 imports {module}; "
            "_core/ decides and never waits: pass in what it needs as an argument",
        )
        for module in (
            "ssl",
            "socket",
            "asyncio",
            "anyio",
            "trio",
            "threading",
            "time",
            "random",
            "select",
        )
    ),
    (
        "httpcore_pool/_core/deep/x.py",
        "from ..._backends.sync import y",
        "httpcore_pool/_core/deep/x.py:1 imports _backends/; "
        "allowed in _core/: anything but _async, _sync, _backends",
    ),
    (
        "httpcore_pool/_core/x.py",
        "from .. import _async",
        "httpcore_pool/_core/x.py:1 imports _async/; allowed in _core/: anything but _async, _sync, _backends",
    ),
    (
        "httpcore_pool/_async/x.py",
        "from .._sync.y import z",
        "httpcore_pool/_async/x.py:1 imports _sync/; allowed in _async/: anything but _sync",
    ),
]


@pytest.mark.parametrize(("module", "source", "message"), WRONG)
def test_a_wrong_import_is_named_with_what_is_allowed(
    tmp_path: Path,
    layers: ModuleType,
    capsys: pytest.CaptureFixture[str],
    module: str,
    source: str,
    message: str,
) -> None:
    put(tmp_path, module, source)
    assert layers.main(["--root", str(tmp_path)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == message
    assert len(said) == 2
    assert said[1].startswith("tools/layers: 1 problem; ")
