"""HTTP/1.1 connections for httpcore, over any network stream.

`HTTP11Connection` and `AsyncHTTP11Connection` serve requests over a stream that is connected already. `Codec` is what
they are made of, for whoever brings the reading and writing along.
"""

from .__about__ import __version__
from ._async.connection import AsyncHTTP11Connection
from ._core.codec import Codec, Head
from ._core.limits import DEFAULT_LIMITS, Limits
from ._core.states import CONNECTION_TABLE
from ._sync.connection import HTTP11Connection

__all__ = [
    "CONNECTION_TABLE",
    "DEFAULT_LIMITS",
    "AsyncHTTP11Connection",
    "Codec",
    "HTTP11Connection",
    "Head",
    "Limits",
    "__version__",
]
