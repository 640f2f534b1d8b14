"""The network interfaces by themselves."""

from __future__ import annotations

import time

from httpcore_interfaces import AsyncNetworkBackend, AsyncNetworkStream


async def test_a_stream_knows_nothing_unless_it_says_so() -> None:
    stream = AsyncNetworkStream()
    assert stream.get_extra_info("ssl_object") is None
    assert stream.get_extra_info("is_readable") is None


async def test_a_backend_sleeps_by_what_runs() -> None:
    began = time.monotonic()
    await AsyncNetworkBackend().sleep(0.02)
    assert 0.019 <= time.monotonic() - began < 5.0
    await AsyncNetworkBackend().sleep(0.0)
