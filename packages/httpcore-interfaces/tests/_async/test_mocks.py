"""The mocks behave as those of httpcore 1.x, but for reads, which give no more than they are asked for."""

from __future__ import annotations

import ssl

import pytest

from httpcore_interfaces import ReadError
from httpcore_interfaces.testing import AsyncMockBackend, AsyncMockStream

CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def test_reads_give_one_item_after_the_other_and_then_the_end() -> None:
    buffer = [b"ab", b"", b"cdef"]
    stream = AsyncMockStream(buffer)
    assert [await stream.read(4) for _ in range(5)] == [b"ab", b"", b"cdef", b"", b""]
    assert buffer == []


async def test_reads_give_no_more_than_is_asked_for() -> None:
    buffer = [b"abcde", b"f"]
    stream = AsyncMockStream(buffer)
    assert [await stream.read(2) for _ in range(5)] == [b"ab", b"cd", b"e", b"f", b""]
    assert buffer == []


async def test_a_closed_stream_can_be_written_but_not_read() -> None:
    stream = AsyncMockStream([b"ab"])
    await stream.aclose()
    await stream.write(b"x")
    with pytest.raises(ReadError, match=r"^Connection closed$"):
        await stream.read(1)


async def test_it_always_looks_encrypted() -> None:
    stream = AsyncMockStream([])
    assert await stream.start_tls(CONTEXT) is stream
    assert stream.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
    assert stream.get_extra_info("is_readable") is None
    stream = AsyncMockStream([], http2=True)
    assert stream.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"


async def test_repr_is_that_of_httpcore() -> None:
    assert repr(AsyncMockStream([])) == "<httpcore.AsyncMockStream>"


async def test_every_connection_begins_with_the_same_buffer() -> None:
    backend = AsyncMockBackend([b"a", b"b"], http2=True)
    first = await backend.connect_tcp("example.com", 443)
    second = await backend.connect_unix_socket("/run/x")
    for stream in (first, second):
        assert [await stream.read(10) for _ in range(3)] == [b"a", b"b", b""]
        assert stream.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
    await backend.sleep(3600.0)
