"""How the tests make their pools."""

import ssl
from typing import Any

import httpcore

from ..servers import Server


def async_pool_for(
    server: Server, trusting: ssl.SSLContext, **options: Any
) -> httpcore.AsyncConnectionPool:
    """A pool that trusts the server, and speaks HTTP/2 with it where that is what it is for."""
    return httpcore.AsyncConnectionPool(
        ssl_context=trusting, http2=server.is_http2, keepalive_expiry=60.0, **options
    )
