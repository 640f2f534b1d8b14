"""A client must exchange what it says it does, and fail when anything else comes back."""

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from bench_clients import by_httpx, floors, frames, holding, importing, pools, protocols
from bench_clients.measuring import DELAYS, Cost, Events, Job, note_events, origin_address
from bench_parts.cores import Cores
from bench_parts.counterpart import CHUNK, CHUNKS, counterpart
from bench_parts.nginx import Servers, nginx
from bench_parts.workloads import BYTES, TIME, WORKLOADS, Contender, Workload

from .servers import needs_nginx

CLIENTS = {
    "sockets": floors.client,
    "protocols": protocols.client,
    "frames": frames.client,
    "blocking frames": frames.client,
}
OWN_CLIENTS = {False: pools.client, True: by_httpx.client}


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with counterpart() as port, nginx(port) as servers:
        yield servers


@pytest.fixture
def port() -> Iterator[int]:
    with counterpart() as port:
        yield port


def small(workload: Workload, contender: Contender, servers: Servers) -> Job:
    """A job of that kind that is done at once."""
    made = workload.job(contender, servers, Cores(), requests=2)
    tasks = min(made.tasks, 4)
    made = replace(made, seconds=0.0, origins=min(made.origins, 5), tasks=tasks, exchanges=tasks)
    if not made.request_bytes:
        return made
    # Of a hundred megabytes, a few hundred kilobytes.
    return replace(made, request_bytes=8 * 65_536, piece_bytes=min(made.piece_bytes, 8 * 65_536))


MEASURED = {name: each for name, each in WORKLOADS.items() if each.quantity == TIME}
HELD = {name: each for name, each in WORKLOADS.items() if each.quantity == BYTES}


@needs_nginx
@pytest.mark.parametrize("workload", MEASURED.values(), ids=MEASURED)
def test_floors_and_httpcore_exchange_what_they_must(workload: Workload, servers: Servers) -> None:
    for contender in workload.contenders(peers=()):
        job = small(workload, contender, servers)
        client = CLIENTS.get(contender.style) or OWN_CLIENTS[workload.for_layers]
        if workload.program:
            client = importing.client
        cost = client(job)
        assert cost.cpu > 0
        assert cost.wall > 0
        assert cost.exchanges == job.exchanges
        assert (cost.delay > 0) == (workload.unit == "event")


@needs_nginx
@pytest.mark.parametrize("workload", HELD.values(), ids=HELD)
def test_memory_is_measured_with_as_many_as_there_should_be(
    workload: Workload, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "NUMBER", 30)
    found = iter([1000, 1300])
    monkeypatch.setattr(holding, "used", lambda: next(found))
    (contender,) = workload.contenders(peers=())
    cost = pools.client(replace(small(workload, contender, servers), workload=workload.name))
    assert cost.value == 300 / 30
    assert cost.exchanges == 30


def test_memory_in_use_grows_with_what_is_kept() -> None:
    before = holding.used()
    kept = b"." * 50_000_000
    assert holding.used() - before > 40_000_000
    assert kept


def test_what_cannot_be_imported_fails_its_client() -> None:
    with pytest.raises(RuntimeError, match="No module named 'lunch'"):
        importing.client(Job("import", "request", 80, "/", 1, library="lunch"))


def test_a_response_of_another_length_fails_the_client(port: int) -> None:
    wrong = Job("chunks", "stream", port, "/", 1, library="httpcore", response_bytes=7)
    with pytest.raises(RuntimeError, match="has 240000 bytes of content, not 7"):
        pools.client(wrong)


def test_the_floor_knows_how_long_a_response_is() -> None:
    expected = Job("sync", "sockets", 80, "/small", 1, response_bytes=5)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
    assert floors.length_of(expected, head) is None
    assert floors.length_of(expected, head + b"\r\n12") == len(head) + 7
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    assert floors.length_of(expected, chunked) is None
    assert floors.length_of(expected, chunked + b"0\r\n\r\n") == len(chunked) + 5
    with pytest.raises(RuntimeError, match="404 Not Found"):
        floors.length_of(expected, b"HTTP/1.1 404 Not Found\r\n\r\n")
    with pytest.raises(RuntimeError, match="has 6 bytes of content, not 5"):
        floors.length_of(expected, b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n")


def test_a_floor_whose_server_leaves_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        loop = floors.Loop.__new__(floors.Loop)
        loop.length = 1
        loop.sock = socket.create_connection(listener.getsockname())
        listener.accept()[0].close()
        with loop.sock, pytest.raises(RuntimeError, match="the server has closed the connection"):
            loop.receive()


def test_a_protocol_whose_server_leaves_fails() -> None:
    exchanges = protocols.Exchanges(Job("asyncio-50", "protocols", 80, "/", 1), "127.0.0.1", b"")
    exchanges.connection_lost(None)

    async def lose() -> None:
        exchanges.done = asyncio.get_running_loop().create_future()
        exchanges.connection_lost(None)
        await exchanges.done

    with pytest.raises(RuntimeError, match="the server has closed the connection"):
        asyncio.run(lose())


def test_batches_go_on_until_enough_time_was_spent(port: int) -> None:
    job = Job("chunks", "sockets", port, "/", 1, seconds=0.02, response_bytes=CHUNKS * len(CHUNK))
    cost = floors.client(job)
    assert cost.exchanges > 1
    assert cost.cpu >= 0.02 or cost.wall >= 0.08
    assert Cost.from_json(cost.to_json()) == cost


def test_a_client_whose_connection_is_refused_fails() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))  # and does not listen
        job = Job("fresh", "protocols", sock.getsockname()[1], "/", 1, face="asyncio", fresh=True)
        with pytest.raises(ConnectionRefusedError):
            protocols.client(job)


def test_origins_have_addresses_of_this_machine() -> None:
    found = {origin_address(number) for number in range(1000)}
    assert len(found) == 1000
    assert {address.rpartition(".")[0] for address in found} == {
        "127.0.1",
        "127.0.2",
        "127.0.3",
        "127.0.4",
    }


def test_events_are_read_however_they_arrive() -> None:
    DELAYS.clear()
    sent = b"data: %020d\n\n" % 5 * 3
    reader = Events()
    assert [reader.take(sent[:40]), reader.take(sent[40:])] == [40, len(sent) - 40]
    assert len(DELAYS) == 3
    note_events(b"1c\r\n" + sent)
    assert len(DELAYS) == 6
    assert min(DELAYS) > 0


# Frames.


def test_header_blocks_name_the_fields_of_the_others() -> None:
    from hpack import Decoder

    job = Job("http2-1", "frames", 443, "/small", 1, authority="ca.pem", http2=True)
    first, again = frames.header_blocks(job)
    decoder = Decoder()
    fields = decoder.decode(first, raw=True)
    assert fields == [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", b"127.0.0.1:443"),
        (b":path", b"/small"),
        *[(name.lower(), value) for name, value in job.fields],
    ]
    assert decoder.decode(again, raw=True) == fields
    assert len(again) == len(fields)


def test_frames_are_counted_however_they_arrive() -> None:
    job = Job("http2-1", "frames", 443, "/small", 1)
    arriving = (
        frames.frame(frames.SETTINGS, 0, 0, b"\x00\x04\x00\x01\x00\x00")
        + frames.frame(frames.HEADERS, frames.END_HEADERS, 1, b"block")
        + frames.frame(frames.DATA, frames.END_STREAM, 1, bytes(300))
        + frames.frame(frames.PING, 0, 0, b"12345678")
    )
    expected = frames.frame(frames.SETTINGS, frames.ACK, 0) + frames.frame(
        frames.PING, frames.ACK, 0, b"12345678"
    )
    for size in (1, 7, 100, len(arriving)):
        connection = frames.Frames(job)
        pieces = [arriving[at : at + size] for at in range(0, len(arriving), size)]
        assert b"".join(map(connection.receive, pieces)) == expected
        assert connection.take_ended() == 1
        assert connection.take_ended() == 0
        assert connection.content == 300
        assert connection.start_window == 65_536


def test_an_upload_stays_within_the_windows() -> None:
    job = Job("upload", "frames", 443, "/sink", 1, request_bytes=100_000, piece_bytes=100_000)
    connection = frames.Frames(job)

    def sent(data: bytes) -> int:
        content = at = 0
        while at < len(data):
            size = int.from_bytes(data[at : at + 3], "big")
            content += size if data[at + 3] == frames.DATA else 0
            at += 9 + size
        return content

    assert sent(connection.request()) == 65_535
    more = (1000).to_bytes(4, "big")
    assert sent(connection.receive(frames.frame(frames.WINDOW_UPDATE, 0, 0, more))) == 0
    assert sent(connection.receive(frames.frame(frames.WINDOW_UPDATE, 0, 1, more))) == 1000
    rest = (90_000).to_bytes(4, "big")
    connection.receive(frames.frame(frames.WINDOW_UPDATE, 0, 1, rest))
    last = connection.receive(frames.frame(frames.WINDOW_UPDATE, 0, 0, rest))
    assert sent(last) == 100_000 - 65_535 - 1000
    assert not connection.uploads


@pytest.mark.parametrize("kind", [frames.RESET, frames.GOAWAY])
def test_frames_that_give_up_fail_the_floor(kind: int) -> None:
    connection = frames.Frames(Job("http2-1", "frames", 443, "/small", 1))
    with pytest.raises(RuntimeError, match=f"answers with frame {kind}"):
        connection.receive(frames.frame(kind, 0, 1, b"oops"))
