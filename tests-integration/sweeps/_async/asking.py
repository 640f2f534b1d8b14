"""How the sweeps ask, and what they look at afterwards."""

import httpcore
from httpcore_interfaces import HTTPCoreError

#: For requests whose answer does not come: the peer has said by then all that it will.
AT_ONCE = {"timeout": {"pool": 0.0, "read": 0.0}}

#: For requests whose answer must come: what hangs should say so.
IN_TIME = {"timeout": {"pool": 5.0, "connect": 5.0, "read": 5.0, "write": 5.0}}


#: For what is a matter of order and not of time, on a machine that may be busy.
PATIENT = {"timeout": {"pool": 50.0, "connect": 50.0, "read": 50.0, "write": 50.0}}


async def async_outcome(
    pool: httpcore.AsyncConnectionPool, url: str, timeouts: dict[str, dict[str, float]]
) -> tuple[bytes, HTTPCoreError | None]:
    """What could be read, and why no more, if that was not all."""
    received = b""
    try:
        async with pool.stream("GET", url, extensions=timeouts) as response:
            async for chunk in response.aiter_stream():
                received += chunk
    except HTTPCoreError as error:
        return received, error
    return received, None


async def async_require_next(pool: httpcore.AsyncConnectionPool, url: str) -> None:
    """The pool must be able to go on."""
    assert "Requests: 0 active, 0 queued" in repr(pool)
    response = await pool.request("GET", f"{url}/next", extensions=IN_TIME)
    assert response.content == b"next"
