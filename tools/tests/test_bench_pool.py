"""The figures of the pool can be taken, small."""

import bench_pool
import pytest

from httpcore_http11 import AsyncHTTP11Connection
from httpcore_pool._async import connection


@pytest.fixture(autouse=True)
def _http11_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "make_async_http11_connection", AsyncHTTP11Connection)


def test_time_is_measured_with_idle_connections_and_with_waiters() -> None:
    assert 0.0 < bench_pool.cost_with_idle(20, requests=100) < 1e5
    assert 0.0 < bench_pool.cost_with_waiters(20, connections=5, requests=200) < 1e5


def test_memory_is_measured_for_idle_connections_and_for_waiters() -> None:
    assert 100.0 < bench_pool.memory_per_idle(50) < 1e5
    assert 100.0 < bench_pool.memory_per_waiter(50) < 1e5
