"""Scripted streams and backends do what their script says, and notice what no stream allows."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from httpcore_interfaces import (
    AsyncParker,
    ConnectError,
    ConnectTimeout,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)
from httpcore_interfaces.testing import (
    END,
    STALL,
    TURN,
    AsyncScriptedBackend,
    AsyncScriptedStream,
    Connect,
    Delayed,
    ScriptError,
)
from httpcore_interfaces.testing._tasks import AsyncTask

CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def readable(stream: AsyncScriptedStream) -> Any:
    return stream.get_extra_info("is_readable")


async def _use(stream: AsyncScriptedStream) -> None:
    await stream.start_tls(CONTEXT)
    await stream.write(b"x")
    await stream.read(1)
    await stream.aclose()


async def test_reads_give_the_steps_and_no_more_than_asked() -> None:
    stream = AsyncScriptedStream([b"abc", b"def", END])
    assert [await stream.read(2) for _ in range(6)] == [b"ab", b"c", b"de", b"f", b"", b""]
    assert readable(stream)


async def test_one_step_needs_no_list() -> None:
    assert await AsyncScriptedStream(b"abc").read(10) == b"abc"
    assert await AsyncScriptedStream(END).read(10) == b""


async def test_a_script_that_is_over_is_an_error_unless_it_says_how_it_goes_on() -> None:
    stream = AsyncScriptedStream([b"abc"])
    await stream.read(10)
    assert not readable(stream)
    with pytest.raises(ScriptError, match="the script is over"):
        await stream.read(10)

    stream = AsyncScriptedStream(at_end=END)
    assert readable(stream)
    assert await stream.read(10) == b""

    stream = AsyncScriptedStream(at_end=STALL)
    assert not readable(stream)
    with pytest.raises(ReadTimeout):
        await stream.read(10, 0)


async def test_errors_are_raised_as_class_and_as_instance() -> None:
    error = ReadTimeout("late")
    stream = AsyncScriptedStream([error, b"abc", ReadError])
    assert readable(stream)
    with pytest.raises(ReadTimeout) as caught:
        await stream.read(10)
    assert caught.value is error
    assert await stream.read(10) == b"abc"
    with pytest.raises(ReadError):
        await stream.read(10)


async def test_a_stall_waits_for_the_time_out_and_is_passed_by_feeding() -> None:
    stream = AsyncScriptedStream([STALL, b"abc"])
    assert not readable(stream)
    with pytest.raises(ReadTimeout) as caught:
        await stream.read(10, 0.001)
    assert caught.value.limit == 0.001
    stream.feed()
    assert readable(stream)
    assert await stream.read(10) == b"abc"


async def test_each_feeding_ends_one_stall_reached_or_not() -> None:
    stream = AsyncScriptedStream([b"abc", STALL, b"def", STALL])
    stream.feed(b"ghi")
    assert [await stream.read(10) for _ in range(2)] == [b"abc", b"def"]
    assert not readable(stream)
    stream.feed()
    assert await stream.read(10) == b"ghi"


async def test_feeding_wakes_a_read() -> None:
    stream = AsyncScriptedStream(at_end=STALL)
    async with AsyncTask(stream.read, 10) as reading:
        assert not await reading.wait(0.01)
        stream.feed([b"abc"])
        assert await reading.wait(5.0)
        assert reading.result() == b"abc"


async def test_a_turn_waits_for_the_next_write() -> None:
    stream = AsyncScriptedStream([b"first", TURN, b"second", TURN, END])
    await stream.write(b"one")
    assert await stream.read(10) == b"first"
    assert not readable(stream)
    with pytest.raises(ReadTimeout):
        await stream.read(10, 0)
    await stream.write(b"")
    assert not readable(stream)
    await stream.write(b"two")
    assert readable(stream)
    assert await stream.read(10) == b"second"
    async with AsyncTask(stream.read, 10) as reading:
        assert not await reading.wait(0.01)
        await stream.write(b"three")
        assert await reading.wait(5.0)
        assert reading.result() == b""
    assert stream.writes == [b"one", b"two", b"three"]
    assert stream.written == b"onetwothree"


async def test_a_delayed_step_comes_later_unless_the_time_out_is_sooner() -> None:
    stream = AsyncScriptedStream([Delayed(0.002, b"abc"), Delayed(60.0, b"def")])
    assert not readable(stream)
    assert await stream.read(10, 10.0) == b"abc"
    with pytest.raises(ReadTimeout):
        await stream.read(10, 0.001)


async def test_a_delay_is_no_reason_not_to_close() -> None:
    stream = AsyncScriptedStream([Delayed(60.0, b"abc")])
    async with AsyncTask(stream.read, 10) as reading:
        assert not await reading.wait(0.01)
        await stream.aclose()
        assert await reading.wait(5.0)
        with pytest.raises(ReadError, match="closed"):
            reading.result()


async def test_wrong_steps_are_refused_at_once() -> None:
    wrong: Any = ["text"]
    with pytest.raises(TypeError, match=r"a step must be bytes, an exception, .* but got 'text'"):
        AsyncScriptedStream(wrong)
    wrong = Delayed(1.0, "text")
    with pytest.raises(TypeError, match=r"but got Delayed\(1\.0, 'text'\)"):
        AsyncScriptedStream(wrong)
    wrong = int
    with pytest.raises(TypeError, match="but got <class 'int'>"):
        AsyncScriptedStream(wrong)
    with pytest.raises(ValueError, match="use END"):
        AsyncScriptedStream([b""])


async def test_marks_show_their_names() -> None:
    assert repr([END, STALL, TURN]) == "[END, STALL, TURN]"


async def test_write_steps_fail_or_stall_one_write_each() -> None:
    stream = AsyncScriptedStream(write_steps=[None, WriteError("gone"), STALL, WriteTimeout])
    await stream.write(b"1")
    with pytest.raises(WriteError, match="gone"):
        await stream.write(b"2")
    with pytest.raises(WriteTimeout):
        await stream.write(b"3", 0.001)
    with pytest.raises(WriteTimeout):
        await stream.write(b"4")
    await stream.write(b"5")
    assert stream.written == b"15"


async def test_on_write_can_be_a_server() -> None:
    def echo(data: bytes) -> list[bytes] | None:
        return [data.upper()] if data != b"silence" else None

    stream = AsyncScriptedStream(on_write=echo, at_end=STALL)
    await stream.write(b"hello")
    await stream.write(b"silence")
    assert await stream.read(10) == b"HELLO"
    assert not readable(stream)


async def test_closing_counts_and_refuses() -> None:
    stream = AsyncScriptedStream([b"abc"], write_steps=[STALL])
    assert not stream.is_closed
    await stream.aclose()
    await stream.aclose()
    assert stream.closes == 2
    assert stream.is_closed
    assert readable(stream)
    with pytest.raises(ReadError, match="closed"):
        await stream.read(10)
    for _ in range(2):
        with pytest.raises(WriteError, match="closed"):
            await stream.write(b"x")


async def test_closing_ends_a_stalled_write() -> None:
    stream = AsyncScriptedStream(write_steps=[STALL])
    async with AsyncTask(stream.write, b"x") as writing:
        assert not await writing.wait(0.01)
        await stream.aclose()
        assert await writing.wait(5.0)
        with pytest.raises(WriteError, match="closed"):
            writing.result()
    assert stream.writes == []


async def test_two_at_once_are_noticed() -> None:
    stream = AsyncScriptedStream(at_end=STALL, write_steps=[STALL])
    async with AsyncTask(stream.read, 1) as reading, AsyncTask(stream.write, b"x") as writing:
        assert not await reading.wait(0.01)
        assert not await writing.wait(0.01)
        with pytest.raises(ScriptError, match="two reads at once"):
            await stream.read(1)
        with pytest.raises(ScriptError, match="two writes at once"):
            await stream.write(b"y")
        await stream.aclose()


async def test_operations_are_remembered() -> None:
    stream = AsyncScriptedStream([b"abc"])
    await stream.start_tls(CONTEXT, "example.com", 1.0)
    await stream.write(b"x", 2.0)
    await stream.read(1, 3.0)
    assert repr(stream) == "<AsyncScriptedStream [open, 3 operations]>"
    await stream.aclose()
    assert stream.operations == [
        ("start_tls", 1.0),
        ("write", 2.0),
        ("read", 3.0),
        ("aclose", None),
    ]
    assert repr(stream) == "<AsyncScriptedStream [closed, 4 operations]>"


@pytest.mark.parametrize(
    ("number", "usual"), [(1, ConnectError), (2, WriteError), (3, ReadError), (4, None)]
)
@pytest.mark.parametrize("error", [None, OSError("broken")])
async def test_any_operation_but_closing_can_fail(
    number: int, usual: type[Exception] | None, error: Exception | None
) -> None:
    stream = AsyncScriptedStream([b"abc"], fail_at=number, error=error)

    if usual is None:
        await _use(stream)
        assert stream.is_closed
        return
    with pytest.raises(usual if error is None else OSError) as caught:
        await _use(stream)
    assert str(caught.value) == (
        f"the script says: fail at operation {number}" if error is None else "broken"
    )
    assert len(stream.operations) == number
    assert stream.is_closed == (number == 1)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_any_operation_can_be_interrupted(number: int) -> None:
    class Interruption(BaseException):
        pass

    def interrupt() -> None:
        raise Interruption

    stream = AsyncScriptedStream([b"abc"], interrupt_at=number, interrupt=interrupt)
    async with AsyncTask(_use, stream) as using:
        assert await using.wait(5.0)
        with pytest.raises(Interruption):
            using.result()
    assert len(stream.operations) == number
    assert stream.is_closed == (number in (1, 4))


@pytest.mark.parametrize(
    ("number", "error"), [(1, ConnectError), (2, WriteError), (3, ReadError), (4, None)]
)
async def test_what_was_interrupted_waits_for_the_closing(
    number: int, error: type[Exception] | None
) -> None:
    stream = AsyncScriptedStream([b"abc"], interrupt_at=number)
    async with AsyncTask(_use, stream) as using:
        assert not await using.wait(0.01)
        await stream.aclose()
        assert await using.wait(5.0)
        if error is None:
            using.result()
        else:
            with pytest.raises(error, match="the scripted stream was closed"):
                using.result()


async def test_start_tls_gives_what_the_script_says() -> None:
    stream = AsyncScriptedStream(alpn="h2")
    assert stream.get_extra_info("ssl_object") is None
    assert await stream.start_tls(CONTEXT, "example.com") is stream
    assert stream.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
    assert stream.get_extra_info("ssl_object").version() == "TLSv1.3"
    assert stream.handshakes == [(CONTEXT, "example.com")]

    inner = AsyncScriptedStream([b"inner"], encrypted=True)
    assert inner.get_extra_info("ssl_object").selected_alpn_protocol() is None
    assert await AsyncScriptedStream(tls=inner).start_tls(CONTEXT) is inner

    stream = AsyncScriptedStream(tls=ConnectError("bad certificate"))
    with pytest.raises(ConnectError, match="bad certificate"):
        await stream.start_tls(CONTEXT)
    assert stream.is_closed

    stream = AsyncScriptedStream(tls=STALL)
    with pytest.raises(ConnectTimeout):
        await stream.start_tls(CONTEXT, None, 0.001)
    assert stream.is_closed
    with pytest.raises(ConnectError, match="the scripted stream was closed"):
        await stream.start_tls(CONTEXT)


async def test_extra_info_can_be_anything() -> None:
    stream = AsyncScriptedStream(extra_info={"server_addr": ("192.0.2.1", 80), "is_readable": None})
    assert stream.get_extra_info("server_addr") == ("192.0.2.1", 80)
    assert stream.get_extra_info("is_readable") is None
    assert stream.get_extra_info("socket") is None


async def test_nothing_is_suspended_where_that_is_not_wanted() -> None:
    stream = AsyncScriptedStream([b"abc"], suspend=False)
    await stream.write(b"x")
    assert await stream.read(3) == b"abc"
    await stream.aclose()
    backend = AsyncScriptedBackend([[b"abc"]], suspend=False)
    await backend.connect_tcp("example.com", 80)
    await backend.sleep(60.0)


async def test_connects_give_the_outcomes_in_order() -> None:
    ready = AsyncScriptedStream([b"ready"])
    backend = AsyncScriptedBackend([ready, [b"script", END], b"step", ConnectError("refused")])
    stream = await backend.connect_tcp(
        "example.com", 443, timeout=1.0, local_address="192.0.2.2", socket_options=[(6, 1, 1)]
    )
    assert stream is ready
    assert (
        await (await backend.connect_unix_socket("/run/x", 2.0, [(1, 9, 1)])).read(10) == b"script"
    )
    assert await (await backend.connect_tcp("example.org", 80)).read(10) == b"step"
    with pytest.raises(ConnectError, match="refused"):
        await backend.connect_tcp("example.org", 80)
    with pytest.raises(ScriptError, match=r"no outcome is left for Connect\(host='late'"):
        await backend.connect_tcp("late", 80)
    assert backend.connects[:3] == [
        Connect("example.com", 443, None, 1.0, "192.0.2.2", ((6, 1, 1),)),
        Connect(None, None, "/run/x", 2.0, None, ((1, 9, 1),)),
        Connect("example.org", 80, None, None, None, ()),
    ]
    assert len(backend.streams) == 3


async def test_connects_can_stall_and_be_delayed() -> None:
    backend = AsyncScriptedBackend(
        [STALL, Delayed(0.001, [b"abc", END]), Delayed(0.001, ConnectError), Delayed(60.0, b"late")]
    )
    with pytest.raises(ConnectTimeout):
        await backend.connect_tcp("example.com", 80, timeout=0.001)
    assert await (await backend.connect_tcp("example.com", 80)).read(10) == b"abc"
    with pytest.raises(ConnectError):
        await backend.connect_tcp("example.com", 80, timeout=10.0)
    with pytest.raises(ConnectTimeout):
        await backend.connect_tcp("example.com", 80, timeout=0.001)


async def test_a_function_can_choose_the_outcome() -> None:
    backend = AsyncScriptedBackend(lambda connect: [str(connect.host).encode()])
    for host in ("a.example", "b.example"):
        assert await (await backend.connect_tcp(host, 80)).read(20) == host.encode()


async def test_sleeping_is_only_remembered() -> None:
    backend = AsyncScriptedBackend()
    await backend.sleep(3600.0)
    assert backend.sleeps == [3600.0]


async def test_others_run_while_an_operation_is_suspended() -> None:
    order: list[str] = []

    async def other() -> None:
        order.append("other")

    stream = AsyncScriptedStream([b"abc"])
    async with AsyncTask(other) as task:
        await stream.read(1)
        await AsyncParker().park(0.001)
        assert await task.wait(5.0)
    assert order == ["other"]
