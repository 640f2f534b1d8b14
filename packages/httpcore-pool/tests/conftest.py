"""The pool speaks the protocols of `lines`, whatever protocol packages are installed beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from httpcore_pool._async import connection as async_connection
from httpcore_pool._async import dialing as async_dialing
from httpcore_pool._async import pool as async_pool
from httpcore_pool._sync import connection, dialing, pool

from ._async.lines import AsyncLineConnection, AsyncWideConnection
from ._sync.lines import LineConnection, WideConnection

if TYPE_CHECKING:
    from typing import Any


def _require_nothing(http1: bool, http2: bool, tunnels: bool = False) -> None:
    pass


@pytest.fixture
def line_protocols(monkeypatch: pytest.MonkeyPatch) -> None:
    def put(modules: tuple[Any, ...], name: str, value: object) -> None:
        for module in modules:
            monkeypatch.setattr(module, name, value)

    put((async_connection, async_dialing), "make_async_http11_connection", AsyncLineConnection)
    put((connection, dialing), "make_http11_connection", LineConnection)
    put((async_connection,), "make_async_http2_connection", AsyncWideConnection)
    put((connection,), "make_http2_connection", WideConnection)
    put((async_connection, async_pool, connection, pool), "require_protocols", _require_nothing)
