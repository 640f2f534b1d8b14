"""The servers of the sweeps that are other people's."""

import pytest

from ..servers import Server


@pytest.fixture(scope="session", params=["nghttpd", "nginx_http2"])
def quick_server(request: pytest.FixtureRequest) -> Server:
    """Those that are so quick that a crowd finds out about the client."""
    found: Server = request.getfixturevalue(request.param)
    return found
