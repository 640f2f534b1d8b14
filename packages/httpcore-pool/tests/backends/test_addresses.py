"""The order of addresses and the times of attempts, with plain values."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpcore_pool._backends.addresses import (
    Address,
    Schedule,
    addresses_from,
    interleaved,
    numeric_addresses,
)

V4 = [Address(socket.AF_INET, (f"192.0.2.{number}", 80)) for number in range(1, 5)]
V6 = [Address(socket.AF_INET6, (f"2001:db8::{number}", 80, 0, 0)) for number in range(1, 5)]


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (V4[0], "192.0.2.1:80"),
        (V6[0], "[2001:db8::1]:80"),
        (Address(socket.AF_UNIX, "/run/server"), "/run/server"),
        (Address(socket.AF_UNIX, "\0abstract"), "@abstract"),
    ],
)
def test_address_is_written_as_people_write_it(address: Address, text: str) -> None:
    assert str(address) == text


def test_families_take_turns() -> None:
    assert interleaved([*V6[:3], *V4[:2]]) == [V6[0], V4[0], V6[1], V4[1], V6[2]]
    assert interleaved([*V4[:1], *V6[:2]]) == [V4[0], V6[0], V6[1]]


@given(st.permutations([*V4, *V6]), st.integers(0, 8))
def test_each_family_keeps_its_order(addresses: list[Address], count: int) -> None:
    given_ = addresses[:count]
    ordered = interleaved(given_)
    for family in (socket.AF_INET, socket.AF_INET6):
        assert [a for a in ordered if a.family == family] == [
            a for a in given_ if a.family == family
        ]
    assert ordered[:1] == given_[:1]


def test_what_getaddrinfo_gives_is_taken_once() -> None:
    infos = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", V6[0].sockaddr),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", V4[0].sockaddr),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", V4[0].sockaddr),
    ]
    assert addresses_from(infos) == [V6[0], V4[0]]


def test_spelled_out_addresses_need_no_name_server() -> None:
    assert numeric_addresses("192.0.2.1", 80) == [V4[0]]
    assert numeric_addresses("2001:db8::1", 80) == [V6[0]]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "0x7f.0.0.1", "::1", "2001:DB8::0:1", "::ffff:192.0.2.1", "fe80::1%1"],
)
@pytest.mark.parametrize("port", [0, 65535])
def test_spelled_out_addresses_are_what_the_operating_system_reads_in_them(
    host: str, port: int
) -> None:
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    assert numeric_addresses(host, port) == addresses_from(infos)


def test_port_that_cannot_be_is_left_to_who_connects() -> None:
    assert str(numeric_addresses("192.0.2.1", 65536)[0]) == "192.0.2.1:65536"


@pytest.mark.parametrize("name", ["server.example", "node7", "localhost", ""])
def test_names_are_no_addresses(name: str) -> None:
    assert numeric_addresses(name, 80) == []


def test_what_can_be_no_name_is_refused() -> None:
    with pytest.raises(OSError, match="not known"):
        numeric_addresses("2001:db8:::1", 80)


def test_next_attempt_waits_a_quarter_of_a_second() -> None:
    schedule = Schedule(V4[:3])
    assert schedule.pause(0.0) == 0.0
    assert schedule.next(0.0) == V4[0]
    assert schedule.next(0.0) is None
    assert schedule.pause(0.1) == pytest.approx(0.15)
    assert schedule.next(0.24) is None
    assert schedule.next(0.25) == V4[1]
    assert schedule.pause(9.0) == 0.0


def test_next_attempt_follows_a_failure_at_once() -> None:
    schedule = Schedule(V4[:2])
    schedule.next(0.0)
    schedule.failed()
    assert schedule.pause(0.01) == 0.0
    assert schedule.next(0.01) == V4[1]


def test_nothing_is_due_when_no_address_is_left() -> None:
    schedule = Schedule(V4[:1])
    schedule.next(0.0)
    assert schedule.pause(0.0) is None
    schedule.failed()
    assert schedule.next(1.0) is None


def test_address_can_be_tried_again_later() -> None:
    schedule = Schedule(V4[:1])
    schedule.next(0.0)
    schedule.again(V4[0], 0.5)
    assert schedule.next(0.4) is None
    assert schedule.next(0.5) == V4[0]
