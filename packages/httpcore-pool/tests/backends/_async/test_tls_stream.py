"""TLS over a stream of the user's own, with a TLS server in memory at its other end."""

from __future__ import annotations

import ssl
import threading
from typing import Any

import pytest

from httpcore_interfaces import (
    AsyncNetworkStream,
    AsyncParker,
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)
from httpcore_interfaces.testing._tasks import AsyncTask
from httpcore_pool._async.tls_stream import AsyncTLSStream
from httpcore_pool._backends import tls_sessions
from httpcore_pool._backends.tls_sessions import sessions_of

from ..ends import (
    asking_server_context,
    client_context,
    client_context_with_certificate,
    fresh_server_context,
    resuming_client_context,
    server_context,
    ticketless_server_context,
)


class AsyncServedStream(AsyncNetworkStream):
    """What is written here goes to a TLS server, and what that answers can be read."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        context = context or server_context()
        self.server = context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.is_shaking_hands = True
        self.heard = b""
        self.writes: list[bytes] = []
        self.fails: Exception | None = None
        self.gate: AsyncParker | None = None
        self.entered = AsyncParker()
        self.ended = False
        self.piece = 65536
        self.is_closed = False

    def serve(self) -> None:
        """Let the server do what it can with what has come."""
        try:
            if self.is_shaking_hands:
                self.server.do_handshake()
                self.is_shaking_hands = False
            while data := self.server.read(65536):
                self.heard += data
        except ssl.SSLWantReadError:
            pass

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if data := self.outgoing.read(min(max_bytes, self.piece)):
            return data
        if self.ended:
            return b""
        raise ReadTimeout("nothing there")

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self.gate is not None:
            gate, self.gate = self.gate, None
            self.entered.unpark()
            await gate.park(5.0)
        if self.fails is not None:
            raise self.fails
        self.writes.append(bytes(buffer))
        self.incoming.write(buffer)
        self.serve()

    async def aclose(self) -> None:
        self.is_closed = True

    def get_extra_info(self, info: str) -> Any:
        return {"server_addr": ("2001:db8::1", 443, 0, 0), "is_readable": self.ended}.get(info)


class AsyncLookableStream(AsyncNetworkStream):
    """One that can be looked into without waiting."""

    def __init__(self, below: AsyncServedStream) -> None:
        self.below = below

    def read_nowait(self, max_bytes: int) -> bytes | None:
        return self.below.outgoing.read(max_bytes) or (b"" if self.below.ended else None)


async def connected() -> tuple[AsyncTLSStream, AsyncServedStream]:
    below = AsyncServedStream()
    stream = await AsyncTLSStream.handshake(below, client_context(), "tls.example", 5.0)
    below.writes.clear()
    return stream, below


async def test_bytes_go_both_ways() -> None:
    stream, below = await connected()
    await stream.write(b"ping")
    assert below.heard == b"ping"
    below.server.write(b"pong")
    assert await stream.read(2) == b"po"
    assert await stream.read(100) == b"ng"
    with pytest.raises(ReadTimeout):
        await stream.read(100)
    assert stream.get_extra_info("ssl_object").version() == "TLSv1.3"
    assert stream.get_extra_info("server_addr") == ("2001:db8::1", 443, 0, 0)


async def test_long_write_goes_out_in_pieces() -> None:
    stream, below = await connected()
    data = bytes(range(256)) * 4000
    await stream.write(data)
    assert below.heard == data
    assert len(below.writes) == 4


async def test_records_that_came_together_are_read_together() -> None:
    stream, below = await connected()
    for _ in range(3):
        below.server.write(bytes(10_000))
    assert len(await stream.read(65536)) == 30_000
    for _ in range(3):
        below.server.write(bytes(10_000))
    assert len(await stream.read(25_000)) == 25_000
    assert len(await stream.read(25_000)) == 5_000


async def test_ragged_end_is_an_end() -> None:
    stream, below = await connected()
    below.server.write(b"last")
    below.ended = True
    assert await stream.read(100) == b"last"
    assert stream.get_extra_info("unannounced_end") is False
    assert [await stream.read(100) for _ in range(3)] == [b"", b"", b""]
    assert stream.get_extra_info("unannounced_end") is True


async def test_end_in_the_middle_of_a_record_is_an_end_that_was_not_announced() -> None:
    stream, below = await connected()
    below.outgoing.write(b"\x17\x03\x03\x00\x20" + bytes(10))
    below.ended = True
    assert await stream.read(100) == b""
    assert stream.get_extra_info("unannounced_end") is True


@pytest.mark.parametrize("at_once", [False, True])
async def test_announced_end_is_known_as_such(at_once: bool) -> None:
    stream, below = await connected()
    below.server.write(b"last")
    if not at_once:
        assert await stream.read(100) == b"last"
    with pytest.raises(ssl.SSLWantReadError):
        below.server.unwrap()
    below.ended = True
    if at_once:
        assert await stream.read(100) == b"last"
    assert [await stream.read(100) for _ in range(3)] == [b"", b"", b""]
    assert stream.get_extra_info("unannounced_end") is False


async def test_end_that_was_looked_for_before_it_is_read_is_known_as_what_it_is() -> None:
    for announced in (False, True):
        stream, below = await connected()
        stream._stream = lookable = AsyncLookableStream(below)
        if announced:
            with pytest.raises(ssl.SSLWantReadError):
                below.server.unwrap()
        lookable.below.ended = True
        assert stream.get_extra_info("is_readable") is True
        assert stream.get_extra_info("unannounced_end") is not announced
        assert await stream.read(100) == b""
        assert stream.get_extra_info("unannounced_end") is not announced


async def test_what_comes_after_the_end_is_not_read() -> None:
    stream, below = await connected()
    with pytest.raises(ssl.SSLWantReadError):
        below.server.unwrap()
    below.outgoing.write(b"and one more thing")
    assert [await stream.read(100) for _ in range(3)] == [b"", b"", b""]


async def test_handshake_may_come_in_small_pieces() -> None:
    below = AsyncServedStream()
    below.piece = 100
    stream = await AsyncTLSStream.handshake(below, client_context(), "tls.example")
    await stream.write(b"ping")
    assert below.heard == b"ping"
    below.server.write(b"pong")
    assert await stream.read(100, 5.0) == b"pong"


async def test_damage_is_told_after_what_came_before_it() -> None:
    stream, below = await connected()
    below.server.write(b"good")
    below.outgoing.write(b"\x17\x03\x03\x00\x20" + bytes(32))
    assert await stream.read(100) == b"good"
    for _ in range(2):
        with pytest.raises(
            ReadError, match=r"reading from tls\.example at \[2001:db8::1\]:443 failed"
        ) as caught:
            await stream.read(100)
        assert isinstance(caught.value.__cause__, ssl.SSLError)
    assert stream.get_extra_info("is_readable") is True
    assert stream.read_nowait(100) == b""


async def refused_certificate(after: int) -> tuple[AsyncTLSStream, AsyncServedStream]:
    """The server of TLS 1.3 wants a certificate, and says that it got none after so many of the client's writes."""
    below = AsyncServedStream(asking_server_context(in_handshake=True))
    serve, writes = below.serve, 0

    def serve_late() -> None:
        nonlocal writes
        writes += 1
        if writes == 1 or writes > after:
            try:
                serve()
            except ssl.SSLError:
                below.ended = True

    below.serve = serve_late  # type: ignore[method-assign]
    return await AsyncTLSStream.handshake(below, client_context(), "tls.example", 5.0), below


REFUSAL = (
    r" tls\.example at \[2001:db8::1\]:443 failed: the peer sent the TLS alert 'certificate required'; "
    "it is about the client certificate"
)


@pytest.mark.parametrize("after", [1, 2])
async def test_refusal_of_the_client_is_told_by_the_first_read(after: int) -> None:
    stream, _ = await refused_certificate(after)
    if after == 2:
        await stream.write(b"a request")
        await stream.write(b"and more")
    with pytest.raises(ReadError, match=f"^reading from{REFUSAL}") as caught:
        await stream.read(100, 5.0)
    assert isinstance(caught.value.__cause__, ssl.SSLError)


async def test_refusal_of_the_client_is_told_by_the_write_that_finds_the_connection_closed() -> (
    None
):
    stream, below = await refused_certificate(1)
    below.fails = WriteError("cable cut")
    below.read_nowait = below.outgoing.read  # type: ignore[attr-defined]
    with pytest.raises(WriteError, match=f"^writing to{REFUSAL}") as caught:
        await stream.write(b"a request")
    assert caught.value.__cause__ is below.fails


async def test_tickets_do_not_make_it_readable() -> None:
    stream, below = await connected()
    # The tickets of TLS 1.3 are there, and a stream beneath that cannot be read without waiting has not told of them.
    assert below.outgoing.pending
    assert stream.get_extra_info("is_readable") is False
    assert stream.read_nowait(100) is None
    below.ended = True
    assert stream.get_extra_info("is_readable") is True


async def test_closing_tells_the_server() -> None:
    stream, below = await connected()
    await stream.aclose()
    assert below.is_closed
    assert below.server.read(1) == b""
    await stream.aclose()
    assert len(below.writes) == 1
    assert stream.get_extra_info("is_readable") is True
    with pytest.raises(ReadError, match="closed on this side"):
        await stream.read(1)
    with pytest.raises(WriteError, match="closed on this side"):
        await stream.write(b"data")


async def test_closing_closes_when_nothing_can_be_told() -> None:
    stream, below = await connected()
    below.fails = WriteTimeout()
    await stream.aclose()
    assert below.is_closed


async def test_closing_says_nothing_in_the_middle_of_a_write() -> None:
    stream, below = await connected()
    below.gate = gate = AsyncParker()
    async with AsyncTask(stream.write, b"data") as writing:
        assert await below.entered.park(5.0)
        await stream.aclose()
        assert below.is_closed
        gate.unpark()
        await writing.wait(5.0)
    assert len(below.writes) == 1


async def test_end_during_the_handshake_is_a_connect_error() -> None:
    below = AsyncServedStream()
    below.serve = lambda: None  # type: ignore[method-assign]  # the server never gets to work
    below.ended = True
    with pytest.raises(ConnectError, match=r"the peer ended the connection") as caught:
        await AsyncTLSStream.handshake(below, client_context(), "tls.example", 5.0)
    assert (caught.value.phase, caught.value.peer) == ("tls", "[2001:db8::1]:443")
    assert below.is_closed


async def test_time_out_during_the_handshake_is_a_connect_timeout() -> None:
    below = AsyncServedStream()
    below.serve = lambda: None  # type: ignore[method-assign]  # the server never gets to work
    with pytest.raises(ConnectTimeout, match=r"handshake with tls\.example at") as caught:
        await AsyncTLSStream.handshake(below, client_context(), "tls.example", 5.0)
    assert caught.value.limit == 5.0
    assert isinstance(caught.value.__cause__, ReadTimeout)
    assert below.is_closed


async def test_alert_during_the_handshake_is_named() -> None:
    below = AsyncServedStream()
    below.serve = lambda: None  # type: ignore[method-assign]  # the server never gets to work
    below.outgoing.write(b"\x15\x03\x03\x00\x02\x02\x28")
    with pytest.raises(ConnectError) as caught:
        await AsyncTLSStream.handshake(below, client_context(), "tls.example", 5.0)
    assert caught.value.message == (
        "the TLS handshake with tls.example at [2001:db8::1]:443 failed: the peer sent the TLS alert 'handshake failure'"
    )


async def test_failing_network_during_the_handshake_is_a_connect_error() -> None:
    below = AsyncServedStream()
    below.fails = WriteError("cable cut")
    with pytest.raises(ConnectError, match="cable cut"):
        await AsyncTLSStream.handshake(below, client_context(), "tls.example")
    assert below.is_closed


async def test_server_is_told_why_its_certificate_is_refused() -> None:
    below = AsyncServedStream()
    told: list[ssl.SSLError] = []

    def serve() -> None:
        try:
            AsyncServedStream.serve(below)
        except ssl.SSLError as error:
            told.append(error)

    below.serve = serve  # type: ignore[method-assign]
    with pytest.raises(ConnectError, match="not accepted: unable to get local issuer"):
        await AsyncTLSStream.handshake(below, ssl.create_default_context(), "tls.example")
    assert "unknown ca" in str(told[0])


async def test_refusal_is_told_as_it_is_when_the_server_cannot_be_told() -> None:
    below = AsyncServedStream()
    serve = below.serve

    def serve_once() -> None:
        serve()
        below.fails = WriteError("cable cut")

    below.serve = serve_once  # type: ignore[method-assign]
    with pytest.raises(ConnectError, match="not accepted"):
        await AsyncTLSStream.handshake(below, client_context(), "other.example")
    assert below.is_closed


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_next_connection_resumes_the_session(version: str) -> None:
    context = resuming_client_context(version)
    reused = []
    for _ in range(3):
        below = AsyncServedStream()
        stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
        below.server.write(b"hello")
        assert await stream.read(100) == b"hello"
        assert stream.get_extra_info("ssl_object").version() == version
        reused.append(below.server.session_reused)
        await stream.aclose()
    assert reused == [False, True, True]


async def test_ticket_is_used_once() -> None:
    context = resuming_client_context("TLSv1.3")
    streams = []
    for bytes_are_read in (True, False, False):
        below = AsyncServedStream()
        stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
        below.server.write(b"hello")
        if bytes_are_read:
            await stream.read(100)
        streams.append((stream, below.server.session_reused))
    assert [reused for _, reused in streams] == [False, True, False]


async def test_session_of_an_older_kind_is_taken_up_again_and_again() -> None:
    context = resuming_client_context("TLSv1.2")
    cache = sessions_of(context)
    assert cache is not None
    taken = []
    for _ in range(4):
        below = AsyncServedStream()
        stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
        taken.append(stream._given)
        below.server.write(b"hello")
        await stream.read(100)
        await stream.aclose()
    # The same object, for each copy costs as much as half of a handshake.
    assert taken[0] is None
    assert taken[1] is taken[2] is taken[3] is not None


async def test_server_that_takes_up_no_session_is_offered_none_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tls_sessions, "_ASK_LATER", (None, None, 20))
    context = resuming_client_context("TLSv1.3")
    offered = []
    for _ in range(45):
        # Each has keys of its own, as behind a load balancer, and cannot read what another has given.
        below = AsyncServedStream(fresh_server_context())
        stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
        offered.append(stream._given is not None)
        below.server.write(b"hello")
        await stream.read(100)
        await stream.aclose()
        assert not below.server.session_reused
    assert [number for number, was in enumerate(offered) if was] == [1, 2, 24, 25]


async def test_session_of_a_connection_that_broke_is_not_kept() -> None:
    context = resuming_client_context("TLSv1.3")
    below = AsyncServedStream()
    stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
    below.server.write(b"hello")
    await stream.read(100)
    below.outgoing.write(b"\x17\x03\x03\x00\x20" + bytes(32))
    with pytest.raises(ReadError):
        await stream.read(100)
    below.serve = lambda: None  # type: ignore[method-assign]  # it need not hear of it
    await stream.aclose()
    cache = sessions_of(context)
    assert cache is not None
    assert cache.take("tls.example:443") is None


async def test_session_of_an_open_connection_is_asked_for_in_its_thread() -> None:
    context = resuming_client_context("TLSv1.3")
    below = AsyncServedStream()
    stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
    below.server.write(b"hello")
    await stream.read(100)
    cache = sessions_of(context)
    assert cache is not None
    found = []
    thread = threading.Thread(target=lambda: found.append(cache.take("tls.example:443")))
    thread.start()
    thread.join()
    # An engine for threads has a lock, and one for tasks has none.
    is_for_tasks = not hasattr(stream._engine, "_lock")
    assert (found[0] is None) is is_for_tasks
    assert (cache.take("tls.example:443") is None) is not is_for_tasks
    await stream.aclose()


async def test_session_without_a_ticket_is_not_kept() -> None:
    context = resuming_client_context("TLSv1.3")
    reused = []
    for _ in range(2):
        below = AsyncServedStream(ticketless_server_context())
        stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
        below.server.write(b"hello")
        await stream.read(100)
        reused.append(below.server.session_reused)
    assert reused == [False, False]


async def test_sessions_of_a_users_context_are_not_resumed() -> None:
    for _ in range(2):
        stream, below = await connected()
        below.server.write(b"hello")
        await stream.read(100)
        assert not below.server.session_reused


async def test_failed_write_is_the_last() -> None:
    stream, below = await connected()
    below.fails = WriteTimeout("too slow")
    with pytest.raises(WriteTimeout):
        await stream.write(b"lost")
    below.fails = None
    with pytest.raises(WriteError, match="an earlier write was not finished"):
        await stream.write(b"more")
    assert below.heard == b""
    below.server.write(b"still readable")
    assert await stream.read(100) == b"still readable"
    await stream.aclose()
    assert below.writes == []


async def asked_for_a_certificate() -> tuple[AsyncTLSStream, AsyncServedStream]:
    """The server asks in the middle of the connection, and goes on when the client has written its answer."""
    below = AsyncServedStream(asking_server_context())
    context = client_context_with_certificate()
    stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
    below.server.verify_client_post_handshake()
    below.serve()
    below.writes.clear()
    return stream, below


async def test_reading_answers_what_tls_asks() -> None:
    stream, below = await asked_for_a_certificate()
    with pytest.raises(ReadTimeout):
        await stream.read(100, 5.0)
    assert below.server.getpeercert()
    below.server.write(b"thanks")
    assert await stream.read(100, 5.0) == b"thanks"


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(WriteTimeout("too slow"), ReadTimeout), (WriteError("cable cut"), ReadError)],
)
async def test_answer_that_cannot_be_sent_fails_the_read(
    failure: Exception, expected: type[Exception]
) -> None:
    stream, below = await asked_for_a_certificate()
    below.fails = failure
    with pytest.raises(expected) as caught:
        await stream.read(100, 5.0)
    assert caught.value.__cause__ is failure


async def test_answer_waits_for_a_write_under_way() -> None:
    stream, below = await asked_for_a_certificate()
    below.gate = gate = AsyncParker()
    async with AsyncTask(stream.write, b"data") as writing:
        assert await below.entered.park(5.0)
        with pytest.raises(ReadTimeout):
            await stream.read(100, 0.01)
        async with AsyncTask(stream.read, 100) as reading:
            assert not await reading.wait(0.05)
            assert not below.writes
            gate.unpark()
            await reading.wait(5.0)
            with pytest.raises(ReadTimeout, match="nothing there"):
                reading.result()
        await writing.wait(5.0)
        writing.result()
    assert below.heard == b"data"
    assert below.server.getpeercert()


class AsyncSlowStream(AsyncServedStream):
    """Takes so many bytes of each write that watches, and then what was to happen does; at last it takes all."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(context)
        self.rounds: list[tuple[int, Any]] = []
        self.limits: list[float | None] = []
        self.counts_bytes = True
        self.written = 0
        # Seconds that each round takes.
        self.pause = 0.0

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await super().write(buffer, timeout)
        self.written += len(buffer)

    async def write_until_readable(self, buffer: bytes, timeout: float | None = None) -> int:
        self.limits.append(timeout)
        if self.pause:
            await AsyncParker().park(self.pause)
        count, happens = self.rounds.pop(0) if self.rounds else (len(buffer), None)
        await self.write(buffer[:count], timeout)
        if isinstance(happens, Exception):
            raise happens
        if happens is not None:
            self.server.write(happens)
        return min(count, len(buffer))

    def read_nowait(self, max_bytes: int) -> bytes | None:
        return self.outgoing.read(max_bytes) or (b"" if self.ended else None)

    def get_extra_info(self, info: str) -> Any:
        if info == "bytes_written":
            return self.written if self.counts_bytes else None
        return super().get_extra_info(info)


async def slowly_connected() -> tuple[AsyncTLSStream, AsyncSlowStream]:
    below = AsyncSlowStream()
    stream = await AsyncTLSStream.handshake(below, client_context(), "tls.example", 5.0)
    below.writes.clear()
    return stream, below


LONG = bytes(range(256)) * 4000


async def test_write_that_watches_is_a_write_where_nothing_can_be_watched() -> None:
    stream, below = await connected()
    assert await stream.write_until_readable(b"ping") == 4
    assert below.heard == b"ping"


async def test_write_that_watches_sends_everything_when_nothing_comes() -> None:
    stream, below = await slowly_connected()
    below.rounds = [(1000, None), (0, None)]
    assert await stream.write_until_readable(LONG, 5.0) == len(LONG)
    assert below.heard == LONG


@pytest.mark.parametrize("first", [0, 1000, 300_000])
async def test_write_that_watches_ends_when_plaintext_comes(first: int) -> None:
    stream, below = await slowly_connected()
    below.rounds = [(first, b"enough")]
    if first > 262_144:
        below.rounds.insert(0, (first, None))
        below.rounds[1] = (10, b"enough")
    taken = await stream.write_until_readable(LONG, 5.0)
    assert 0 < taken < len(LONG)
    # What lies here already does not come any more.
    assert await stream.write_until_readable(LONG[taken:], 5.0) == 0
    assert await stream.read(100, 5.0) == b"enough"
    assert await stream.write_until_readable(LONG[taken:], 5.0) == len(LONG) - taken
    assert below.heard == LONG


async def test_tickets_do_not_end_a_write_that_watches_and_are_no_progress() -> None:
    stream, below = await slowly_connected()
    # The tickets of TLS 1.3 are there, and nothing else.
    assert below.outgoing.pending
    below.rounds = [(0, None), (0, None), (1000, None), (0, None)]
    below.pause = 0.1
    assert await stream.write_until_readable(LONG[:2000], 5.0) == 2000
    assert below.heard == LONG[:2000]
    first, second, third, fourth, fifth = (limit or 0.0 for limit in below.limits)
    # Where nothing was sent the time goes on running; where something was it begins anew.
    assert 0.0 < third < second < first <= 5.0
    assert third < fourth <= 5.0
    assert fifth < fourth


async def test_write_that_watches_goes_on_where_one_was_cut_short() -> None:
    stream, below = await slowly_connected()
    below.rounds = [(1000, WriteTimeout("too slow"))]
    with pytest.raises(WriteTimeout, match="too slow"):
        await stream.write_until_readable(LONG[:5000], 5.0)
    assert await stream.write_until_readable(b"more", 5.0) == 4
    assert below.heard == LONG[:5000] + b"more"


async def test_nobody_knows_where_to_go_on_over_a_stream_that_does_not_count() -> None:
    stream, below = await slowly_connected()
    below.counts_bytes = False
    below.rounds = [(1000, WriteTimeout("too slow"))]
    with pytest.raises(WriteTimeout, match="too slow"):
        await stream.write_until_readable(LONG[:5000], 5.0)
    with pytest.raises(WriteError, match="an earlier write was not finished"):
        await stream.write_until_readable(b"more", 5.0)


async def test_write_that_watches_is_refused_when_closed() -> None:
    stream, _ = await slowly_connected()
    await stream.aclose()
    with pytest.raises(WriteError, match="closed on this side"):
        await stream.write_until_readable(b"data")


async def test_failed_write_that_watches_is_explained_by_an_alert() -> None:
    below = AsyncSlowStream()
    stream = await AsyncTLSStream.handshake(below, client_context(), "tls.example", 5.0)
    below.rounds = [(0, WriteError("cable cut"))]
    with pytest.raises(WriteError, match="cable cut"):
        await stream.write_until_readable(b"a request")


async def test_reading_answers_what_tls_asks_and_watches_meanwhile() -> None:
    below = AsyncSlowStream(asking_server_context())
    context = client_context_with_certificate()
    stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
    below.server.verify_client_post_handshake()
    below.serve()
    # The peer takes the answer only when what it says has been read.
    below.rounds = [(10, b"one"), (0, None)]
    assert await stream.read(100, 5.0) == b"one"
    with pytest.raises(ReadTimeout):
        await stream.read(100, 5.0)
    with pytest.raises(ReadTimeout):
        await stream.read(100, 5.0)
    assert below.server.getpeercert()


async def test_answer_that_watches_waits_for_a_write_under_way() -> None:
    below = AsyncSlowStream(asking_server_context())
    context = client_context_with_certificate()
    stream = await AsyncTLSStream.handshake(below, context, "tls.example", 5.0)
    below.server.verify_client_post_handshake()
    below.serve()
    below.gate = gate = AsyncParker()
    async with AsyncTask(stream.write, b"data") as writing:
        assert await below.entered.park(5.0)
        with pytest.raises(ReadTimeout):
            await stream.read(100, 0.01)
        async with AsyncTask(stream.read, 100) as reading:
            assert not await reading.wait(0.05)
            gate.unpark()
            await reading.wait(5.0)
        await writing.wait(5.0)
        writing.result()
    assert below.heard == b"data"
    assert below.server.getpeercert()
    # Another may have sent it meanwhile.
    assert await stream._send_until_readable(b"", 5.0)
