"""An honest server never runs out of tokens, one that floods soon does."""

import pytest

from httpcore_http2._core.floods import FloodGuard
from httpcore_http2._core.frames import FrameKind

EMPTY = bytes(9)


def made(kind: int, *, flags: int = 0, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags, 0, 0, 0, 1]) + payload


@pytest.mark.parametrize("kind", [FrameKind.PING, FrameKind.WINDOW_UPDATE, FrameKind.DATA, 0x77])
def test_a_flood_ends(kind: int) -> None:
    guard = FloodGuard()
    count = 0
    while guard.allows(made(kind)):
        count += 1
    assert count < 2500


def count_of(data: bytes, *, is_wanted: bool = True) -> int:
    """How many such frames in a row are allowed; 5000 stand for no end."""
    guard = FloodGuard()
    for count in range(5000):
        if not guard.allows(data, is_wanted=is_wanted):
            return count
    return 5000


def test_padding_is_no_content() -> None:
    padded = made(FrameKind.DATA, flags=8, payload=b"\x09" + bytes(9))
    assert count_of(padded) < 2500
    assert count_of(made(FrameKind.DATA, flags=8, payload=b"\x09x" + bytes(9))) == 5000
    assert count_of(made(FrameKind.DATA, flags=8)) < 2500


def test_long_frames_that_lead_nowhere_cost_more() -> None:
    assert count_of(made(0x77, payload=bytes(64 * 1024))) < 50
    assert count_of(made(FrameKind.GOAWAY, payload=bytes(64 * 1024))) < 50
    assert count_of(made(FrameKind.HEADERS, payload=bytes(16 * 1024))) > 1900


def test_content_for_a_stream_that_is_gone_costs_where_there_is_little_of_it() -> None:
    assert count_of(made(FrameKind.DATA, payload=b"x"), is_wanted=False) < 2500
    assert count_of(made(FrameKind.DATA, flags=1), is_wanted=False) < 2500
    assert count_of(made(FrameKind.DATA, payload=bytes(1024)), is_wanted=False) == 5000


def test_settings_cost_more() -> None:
    guard = FloodGuard()
    count = 0
    while guard.allows(made(FrameKind.SETTINGS)):
        count += 1
    assert count < 500


def test_content_and_its_end_cost_nothing() -> None:
    guard = FloodGuard()
    for _ in range(5000):
        assert guard.allows(made(FrameKind.DATA, payload=b"x"))
        assert guard.allows(made(FrameKind.DATA, flags=1))
    assert guard.allows(made(FrameKind.PING))


def test_time_requests_and_content_bring_tokens_back() -> None:
    guard = FloodGuard()
    guard.tick(100.0)
    while guard.allows(made(FrameKind.PING)):
        pass
    guard.tick(101.0)
    assert guard.allows(made(FrameKind.PING))
    guard.tokens = 0.0
    guard.opened_request()
    assert guard.allows(made(FrameKind.PING))
    guard.tokens = 0.0
    guard.sent_data(2)
    assert guard.allows(made(FrameKind.PING))
    guard.tokens = 0.0
    guard.received_data(2)
    assert guard.allows(made(FrameKind.PING))
    guard.tick(1e9)
    assert guard.tokens < 2001
