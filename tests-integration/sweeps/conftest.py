"""The servers of the sweeps that are other people's, and the event loops: one of each kind, for there is much to do."""

from typing import Any

import pytest

from ..servers import Server


@pytest.fixture(scope="session", params=["nghttpd", "nginx_http2"])
def quick_server(request: pytest.FixtureRequest) -> Server:
    """Those that are so quick that a crowd finds out about the client."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
        pytest.param(("trio", {}), id="trio"),
    ],
)
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Run every async test on asyncio and Trio."""
    return request.param
