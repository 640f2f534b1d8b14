"""What is loaded when it is first asked for: names that need a package not every program uses, and the private ones."""

from __future__ import annotations

import sys
from importlib import import_module

from . import _compat

__all__ = ["load"]

_HOMES = {
    "AnyIOBackend": "httpcore_pool",
    "AsyncHTTP11Connection": "httpcore_http11",
    "AsyncHTTP2Connection": "httpcore_http2",
    "AsyncMockBackend": "httpcore_interfaces.testing",
    "AsyncMockStream": "httpcore_interfaces.testing",
    "HTTP11Connection": "httpcore_http11",
    "HTTP2Connection": "httpcore_http2",
    "MockBackend": "httpcore_interfaces.testing",
    "MockStream": "httpcore_interfaces.testing",
    "TrioBackend": "httpcore_pool",
}


def load(name: str) -> object:
    """The attribute `name` of the package, kept there for the next one. Raises `AttributeError`."""
    value: object
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        value = _compat.find_module(name)
    if value is None:
        raise AttributeError(f"module 'httpcore' has no attribute {name!r}")
    setattr(sys.modules["httpcore"], name, value)
    return value
