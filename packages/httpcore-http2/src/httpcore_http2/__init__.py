"""HTTP/2 client connections over any network stream, for asyncio, Trio and threads."""

from .__about__ import __version__
from ._async.connection import AsyncHTTP2Connection
from ._async.duplex import AsyncHTTP2Stream
from ._sync.connection import HTTP2Connection
from ._sync.duplex import HTTP2Stream

__all__ = [
    "AsyncHTTP2Connection",
    "AsyncHTTP2Stream",
    "HTTP2Connection",
    "HTTP2Stream",
    "__version__",
]
