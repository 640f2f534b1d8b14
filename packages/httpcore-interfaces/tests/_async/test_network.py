"""The network interfaces by themselves."""

from __future__ import annotations

from httpcore_interfaces import AsyncNetworkStream


async def test_a_stream_knows_nothing_unless_it_says_so() -> None:
    stream = AsyncNetworkStream()
    assert stream.get_extra_info("ssl_object") is None
    assert stream.get_extra_info("is_readable") is None
