"""HTTP/2 client connections over any network stream, for asyncio, Trio and threads."""

from .__about__ import __version__
from ._async.connection import AsyncHTTP2Connection
from ._sync.connection import HTTP2Connection

__all__ = ["AsyncHTTP2Connection", "HTTP2Connection", "__version__"]
