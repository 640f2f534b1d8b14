"""What the packages' own tests have, and the sweeps use too: it is loaded from there, for a copy would go its own way."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

PACKAGES = Path(__file__).resolve().parents[2] / "packages"


def _load(name: str, *place: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, PACKAGES.joinpath(*place))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


#: Forty responses: the bytes, the body, and whether the end of the connection is the end of the body.
CORPUS: list[tuple[bytes, bytes, bool]] = _load(
    "sweeps_http11_corpus", "httpcore-http11", "tests", "corpus.py"
).CORPUS

#: A server in memory, on h2's server side.
HTTP2Server: Any = _load("sweeps_http2_servers", "httpcore-http2", "tests", "servers.py").Server
