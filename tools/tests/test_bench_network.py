"""The figures of the network can be taken, small."""

from collections.abc import Iterator

import bench_network
import pytest
from bench_parts.nginx import Servers


@pytest.fixture(scope="module")
def found() -> Iterator[Servers]:
    with bench_network.servers() as servers:
        yield servers


def test_requests_by_both_backends(found: Servers) -> None:
    costs = bench_network.request_costs(found, requests=10, rounds=1)
    assert list(costs) == ["native, plain", "AnyIO, plain", "native, TLS", "AnyIO, TLS"]
    assert all(1.0 < cost < 1e6 for cost in costs.values())


def test_connections_by_everybody(found: Servers) -> None:
    costs = bench_network.connection_costs(found, connections=2, rounds=1)
    assert {name.partition(", ")[0] for name in costs} == {"bare", "threads", "asyncio"}
    assert {name.partition(", ")[2] for name in costs} == {"plain", "TLS", "resumed"}
    assert all(1.0 < cost < 1e6 for cost in costs.values())


def test_memory_of_idle_connections(found: Servers) -> None:
    assert 1024 < bench_network.memory_per_idle_tls(found, connections=60) < 1e6


def test_lines_say_how_much_of_the_least_it_is() -> None:
    lines = list(bench_network._shown({"bare, TLS": 2.0, "threads, TLS": 3.0}, "thing", "bare"))
    assert [line.split() for line in lines] == [
        ["CPU", "per", "thing,", "bare,", "TLS", "2.0", "us", "1.00", "of", "bare"],
        ["CPU", "per", "thing,", "threads,", "TLS", "3.0", "us", "1.50", "of", "bare"],
    ]
