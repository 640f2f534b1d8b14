"""How the hostile server is asked."""

import socket
import ssl

import httpcore
from httpcore_interfaces import HTTPCoreError

from ..judging import IN_TIME
from ..peer import BUFFER, Hostile


def pool_for(
    server: Hostile, context: ssl.SSLContext | None = None, **options: object
) -> httpcore.AsyncConnectionPool:
    """A pool for one connection at a time, that knows that the server speaks HTTP/2, or asks it over TLS.

    What its sockets hold of a flood is known, too.
    """
    return httpcore.AsyncConnectionPool(
        max_connections=1,
        http1=context is not None,
        http2=True,
        ssl_context=context,
        socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)],
        **options,  # type: ignore[arg-type]  # any
    )


async def async_ask(
    pool: httpcore.AsyncConnectionPool,
    url: str,
    content: bytes | None = None,
    extensions: dict[str, dict[str, float]] = IN_TIME,
) -> bytes | HTTPCoreError:
    """The content of the response, or the error. A POST is not sent again unless the server has not acted on it."""
    try:
        response = await pool.request("POST", url, content=content, extensions=extensions)
    except HTTPCoreError as error:
        return error
    return response.content


async def async_rest(response: httpcore.Response) -> bytes | HTTPCoreError:
    """What is left of a response, or the error."""
    try:
        return await response.aread()
    except HTTPCoreError as error:
        return error


async def async_require_next(pool: httpcore.AsyncConnectionPool, server: Hostile) -> None:
    """Nothing is held, and the pool goes on."""
    stats = pool.stats()
    assert (stats.requests, stats.waiting, stats.connections.active) == (0, 0, 0)
    assert stats.connections.total <= 1
    response = await pool.request("GET", f"{server.url}/next", extensions=IN_TIME)
    assert response.content == b"next"
    assert len(pool.connections) == 1
