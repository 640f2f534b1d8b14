"""The codec against h11 itself, over generated and mutated messages, cut anywhere.

Either both accept, with identical results, or the codec refuses for one of the reasons for which it is stricter on
purpose. `tools/fuzz` runs the same comparison for as long as it is asked to.
"""

import random
import re
from dataclasses import dataclass, field
from typing import Any

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from httpcore_http11 import Codec
from httpcore_interfaces import LocalProtocolError, RemoteProtocolError

Fields = list[tuple[bytes, bytes]]

# Why the codec may refuse what h11 accepts: control characters, and protocols switched out of turn.
STRICTER = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass
class Case:
    """A request, and what a server sends for it, in pieces."""

    method: bytes
    request_fields: Fields
    pieces: list[bytes]
    eof: bool


@dataclass
class Result:
    """What one side made of it."""

    heads: list[tuple[bytes, int, bytes, Fields]] = field(default_factory=list)
    content: bytes = b""
    trailers: Fields = field(default_factory=list)
    ended: bool = False
    reusable: bool = False
    switched: bool = False
    unread: bytes = b""
    error: str = ""


def by_codec(case: Case) -> Result:
    """Read the response with the codec; again if it can, for what was read before must change nothing, and all at once."""
    codec = Codec()
    result = read_by_codec(codec, case)
    if result.reusable:
        for reads_whole in (False, True):
            again = read_by_codec(codec, case, reads_whole)
            assert again == result, f"different when it comes again: {again} {result}"
    whole = read_by_codec(Codec(), case, reads_whole=True)
    assert whole == result, f"different when it is read whole: {whole} {result}"
    return result


def read_by_codec(codec: Codec, case: Case, reads_whole: bool = False) -> Result:
    """Let the codec have an exchange; as for a request that `reads_whole`, perhaps."""
    result = Result()
    codec.encode_head(case.method, b"/", case.request_fields)
    pieces = [*case.pieces, b""] if case.eof else case.pieces
    try:
        for number, piece in enumerate(pieces):
            head = None
            if number:
                codec.receive(piece)
            elif reads_whole and (whole := codec.receive_whole(piece)) is not None:
                result.heads.append(whole[0])
                result.content = whole[1]
                result.ended = True
            else:
                head = codec.receive_head(piece)
            if not (result.heads and is_final(result.heads[-1][1])):
                while head is not None or (head := codec.next_head()) is not None:
                    result.heads.append(head)
                    if is_final(head[1]):
                        break
                    head = None
                else:
                    continue
                if reads_whole and (content := codec.take_whole()) is not None:
                    result.content = content
                    result.ended = True
            while not result.ended and (chunk := codec.next_chunk()) is not None:
                result.content += chunk
                result.ended = not chunk
    except RemoteProtocolError as error:
        result.error = str(error)
        return result
    result.trailers = codec.trailers
    result.reusable = codec.can_reuse()
    result.switched = codec.switched
    if result.ended:
        result.unread = codec.unread()
    return result


def by_h11(case: Case) -> Result:
    """Read the response with h11."""
    result = Result()
    peer = h11.Connection(h11.CLIENT, max_incomplete_event_size=102_400)
    peer.send(h11.Request(method=case.method, target=b"/", headers=case.request_fields))
    peer.send(h11.EndOfMessage())
    pieces = [*case.pieces, b""] if case.eof else case.pieces
    try:
        for piece in pieces:
            peer.receive_data(piece)
            while not result.ended and read_event(peer, result):
                pass
    except h11.RemoteProtocolError as error:
        result.error = str(error)
        return result
    if result.ended:
        result.unread = peer.trailing_data[0]
        result.reusable = peer.their_state is h11.DONE and not result.unread and not case.eof
    return result


def read_event(peer: h11.Connection, result: Result) -> bool:
    """Take the next event into the result; whether there was one."""
    event = peer.next_event()
    if isinstance(event, h11.Data):
        result.content += event.data
        return True
    if isinstance(event, h11.EndOfMessage):
        result.ended = True
        result.trailers = event.headers.raw_items()
    elif isinstance(event, (h11.InformationalResponse, h11.Response)):
        version = b"HTTP/" + event.http_version
        fields = event.headers.raw_items()
        result.heads.append((version, event.status_code, event.reason, fields))
        result.switched = peer.their_state is h11.SWITCHED_PROTOCOL
        result.ended = result.switched
        return True
    return False


def ends_of(case: Case) -> list[Case]:
    """The same with what could still make it good, if anything could."""
    ends = (b"\r\n\r\n", b"\n\r\n0\r\n\r\n", b"a\r\n\r\n", b"0\r\n0\r\n\r\n", b":\r\n\r\n")
    return [Case(case.method, case.request_fields, [*case.pieces, end], True) for end in ends]


def is_final(status: int) -> bool:
    """Whether the exchange has no other head after one with this status."""
    return status >= 200 or status == 101


def disagreement(case: Case) -> str:
    """What is wrong between the two, in words; empty when nothing is."""
    ours, theirs = by_codec(case), by_h11(case)
    stricter = ours.error and STRICTER.search(b"".join(case.pieces))
    if ours.error and not theirs.error:
        # The codec does not wait for the end of a line that is wrong already; h11 refuses it then.
        early = not theirs.ended and all(by_h11(more).error for more in ends_of(case))
        return "" if stricter or early else f"refused alone: {ours.error}"
    if theirs.error:
        if not ours.error:
            return f"accepted alone: {theirs.error}"
        heads = theirs.heads[: len(ours.heads)] if stricter else theirs.heads
        good = theirs.content.startswith(ours.content) and ours.heads == heads
        return "" if good else f"different before the error: {ours} {theirs}"
    names = {name.lower() for name, _ in ours.heads[-1][3]} if ours.heads else set()
    if {b"content-length", b"transfer-encoding"} <= names:
        if ours.reusable:
            return "reusable after Content-Length with Transfer-Encoding"
        theirs.reusable = False
    return "" if ours == theirs else f"different: {ours} {theirs}"


# Making messages. `Choice` is random.Random, or Hypothesis in its form.

METHODS = [b"GET", b"GET", b"GET", b"POST", b"HEAD", b"CONNECT"]
STATUS_LINES = [
    *[b"HTTP/1.1 200 OK\r\n"] * 8,
    b"HTTP/1.1 404 Not Found\r\n",
    b"HTTP/1.1 204 No Content\r\n",
    b"HTTP/1.1 304 Not Modified\r\n",
    b"HTTP/1.1 205 Reset Content\r\n",
    b"HTTP/1.1 200 \r\n",
    b"HTTP/1.1 200\r\n",
    b"HTTP/1.1 200 Sch\xc3\xb6n\t gut\r\n",
    b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.2 200 OK\r\n",
    b"HTTP/1.1 599 ?\r\n",
    b"HTTP/1.1 600 ?\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\n",
    b"HTTP/1.1 099 ?\r\n",
    b"HTTP/1.1  200 OK\r\n",
    b"HTTP/1.1 200 OK\n",
    b"http/1.1 200 OK\r\n",
    b"HTTP/11 200 OK\r\n",
    b"ICY 200 OK\r\n",
    b"\r\nHTTP/1.1 200 OK\r\n",
]
PLAIN_LINES = [
    b"Server: nginx\r\n",
    b"Date: Mon, 23 Nov 2026 09:39:50 GMT\r\n",
    b"content-type:text/plain; charset=utf-8\r\n",
    b"Connection: keep-alive\r\n",
    b"Keep-Alive: timeout=5, max=100\r\n",
    b"X-Empty:\r\n",
    b"X-Space: \t a  b \t\r\n",
    b"X-Text: \xe4\xf6\xfc\r\n",
    b"Set-Cookie: a=b\r\n",
    b"Connection: close\r\n",
]
ODD_LINES = [
    b"Connection: Upgrade, Close\r\n",
    b"Connection: close;q=1\r\n",
    b"Connection:\r\n",
    b"X-Fold: a\r\n\tb\r\n",
    b" leading: fold\r\n",
    b"X-Bare: a\n",
    b"X-CR: a\rb\r\n",
    b"X-NUL: a\x00b\r\n",
    b"X-Control: a\x01b\x7f\r\n",
    b"X-Formfeed: a\x0cb\r\n",
    b"No colon\r\n",
    b"NoColon\r\n",
    b"Bad Name: a\r\n",
    b"Name : a\r\n",
    b": a\r\n",
    b"N\xe4me: a\r\n",
    b"Upgrade: h2c\r\n",
    b"Trailer: X-T\r\n",
]
LENGTH_LINES = [
    b"Content-Length: %d\r\n",
    b"content-length:%d\r\n",
    b"Content-Length:  %d \t\r\n",
    b"Content-Length: 0%d\r\n",
    b"Content-Length: +%d\r\n",
    b"Content-Length: %d, %d\r\n",
    b"Content-Length: %d,\r\n",
    b"Content-Length: %d\r\nContent-Length: %d\r\n",
    b"Content-Length: %d\r\nContent-Length: 1%d\r\n",
    b"Content-Length: %d.0\r\n",
    b"Content-Length: 0x%d\r\n",
    b"Content-Length: -%d\r\n",
    b"Content-Length: %d_0\r\n",
    b"Content-Length: \xb2\r\n",
    b"Content-Length: 00000000000000000000%d\r\n",
    b"Content-Length: 0000000000000000000%d\r\n",
    b"Content-Length: 00000000000000000%d\r\n",
    b"Content-Length: \r\n",
    b"Content-Length : %d\r\n",
]
CODING_LINES = [
    *[b"Transfer-Encoding: chunked\r\n"] * 6,
    b"transfer-encoding:chunked\r\n",
    b"Transfer-Encoding: Chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Transfer-Encoding: chunked, chunked\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding:\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n",
    b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n",
]
SIZE_LINES = [
    *[b"%x\r\n"] * 20,
    b"%X\r\n",
    b"0%x\r\n",
    b"%x \r\n",
    b"%x\t \r\n",
    b" %x\r\n",
    b"0x%x\r\n",
    b"+%x\r\n",
    b"%x_0\r\n",
    b"%x;a=b\r\n",
    b'%x ;a="\\\\b;"\r\n',
    b"%x;\r\n",
    b"%x;a\nb\r\n",
    b"%x\n",
    b"%x\r\r\n",
    b"\r\n",
    b"-%x\r\n",
    b"00000000000000000000%x\r\n",
    b"0000000000000000000%x\r\n",
    b"000000000000000%x\r\n",
    b"f0000000000000000\r\n",
    b"fffffffffffffffff\r\n",
]
CHUNK_ENDS = [*[b"\r\n"] * 30, b"\n", b"\r", b"", b"\rX", b"X\r\n", b"\r\n\r\n"]
LAST_CHUNKS = [
    *[b"0\r\n\r\n"] * 10,
    b"000\r\n\r\n",
    b"0;a\r\n\r\n",
    b"0 \r\n\r\n",
    b"0\r\n\n",
    b"0\n\n",
    b"0\r\nX-T: 1\r\n\r\n",
    b"0\r\nX-T: 1\r\nX-U:2\r\n\r\n",
    b"0\r\nX-T: 1\n\n",
    b"0\r\nX-T: a\r\n b\r\n\r\n",
    b"0\r\nContent-Length: 5\r\n\r\n",
    b"0\r\nBad Name: 1\r\n\r\n",
    b"0\r\n\r",
    b"0\r\nX",
    b"",
]
INFORMATIONAL = [
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
    b"HTTP/1.1 100\r\n\r\n",
    b"HTTP/1.1 102 P\nContent-Length: 5\n\n",
]
AFTER = [*[b""] * 8, b"\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"x", b"\x00"]
INTERESTING = b"\r\n \t:;,=\x00\x0b\x0c\x1c\x7f\x80\x85\xa0\xff0aAxX9_-+"

Choice = Any


def make_response(choice: Choice) -> bytes:
    """The bytes of a response, more or less right."""
    odd = choice.random() < 0.3
    parts = [choice.choice(INFORMATIONAL)] if choice.random() < 0.08 else []
    parts.append(choice.choice(STATUS_LINES) if odd else STATUS_LINES[0])
    lines = [choice.choice(PLAIN_LINES) for _ in range(choice.randint(0, 3))]
    if odd and choice.random() < 0.5:
        lines.append(choice.choice(ODD_LINES))
    framing = choice.randint(0, 9)
    content = bytes(choice.choices(b"abc\r\n\x000123", k=choice.randint(0, 12)))
    body = content
    if framing < 4:
        body += choice.choice(AFTER)
        line = choice.choice(LENGTH_LINES) if odd else LENGTH_LINES[0]
        lines.append(line.replace(b"%d", b"%d" % len(content)))
    elif framing < 9:
        line = choice.choice(CODING_LINES) if odd else CODING_LINES[0]
        lines.append(line.replace(b"%d", b"%d" % len(content)))
        body = make_chunks(choice, odd) + choice.choice(AFTER)
    if odd:
        choice.shuffle(lines)
    return b"".join([*parts, *lines, b"\r\n", body])


def make_chunks(choice: Choice, odd: bool) -> bytes:
    """A chunked body, more or less right."""
    parts = []
    for _ in range(choice.randint(0, 4)):
        data = bytes(choice.choices(b"abc\r\n0", k=choice.choice([1, 2, 3, 10, 17])))
        strange = odd and choice.random() < 0.3
        size = choice.choice(SIZE_LINES) if strange else SIZE_LINES[0]
        end = choice.choice(CHUNK_ENDS) if strange else CHUNK_ENDS[0]
        parts += [
            size.replace(b"%x", b"%x" % len(data)).replace(b"%X", b"%X" % len(data)),
            data,
            end,
        ]
    parts.append(choice.choice(LAST_CHUNKS) if odd else LAST_CHUNKS[0])
    return b"".join(parts)


def mutated(choice: Choice, data: bytes) -> bytes:
    """The same bytes with a few of them changed, gone, doubled or new."""
    for _ in range(choice.randint(1, 3)):
        at = choice.randint(0, len(data))
        new = bytes([choice.choice(INTERESTING)])
        what = choice.randint(0, 4)
        if what == 0:
            data = data[:at] + new + data[at:]
        elif what == 1:
            data = data[:at] + data[at + 1 :]
        elif what == 2:
            data = data[:at] + new + data[at + 1 :]
        elif what == 3:
            stop = at + choice.randint(1, 8)
            data = data[:stop] + data[at:stop] + data[stop:]
        else:
            data = data[:at]
    return data


def make_case(choice: Choice) -> Case:
    """A case in one piece."""
    method = choice.choice(METHODS)
    fields = [(b"Host", b"a.example")]
    kind = choice.randint(0, 9)
    if kind == 0:
        fields += [(b"Connection", b"close")]
    elif kind == 1:
        fields += [(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")]
    data = make_response(choice)
    if choice.random() < 0.4:
        data = mutated(choice, data)
    return Case(method, fields, [data] if data else [], choice.random() < 0.6)


def cuts_of(data: bytes) -> list[list[bytes]]:
    """Every way to cut the bytes in two, and into single bytes."""
    ways = [[data[:at], data[at:]] for at in range(1, len(data))]
    return [*ways, [data[at : at + 1] for at in range(len(data))]]


def test_generated_messages_are_mostly_accepted() -> None:
    """Else the comparison would say little."""
    choice = random.Random(7)
    cases = [make_case(choice) for _ in range(500)]
    results = [by_codec(case) for case in cases]
    assert sum(result.ended for result in results) > 200
    assert sum(bool(result.error) for result in results) > 100


@given(st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_codec_and_h11_agree(choice: random.Random) -> None:
    case = make_case(choice)
    assert disagreement(case) == ""


@given(st.integers(0, 2**32))
@settings(max_examples=60)
def test_codec_and_h11_agree_wherever_the_bytes_are_cut(seed: int) -> None:
    case = make_case(random.Random(seed))
    for pieces in cuts_of(b"".join(case.pieces)):
        assert disagreement(Case(case.method, case.request_fields, pieces, case.eof)) == "", pieces


@given(st.binary(max_size=60), st.booleans())
def test_codec_and_h11_agree_about_noise(data: bytes, eof: bool) -> None:
    fields = [(b"Host", b"a.example")]
    assert disagreement(Case(b"GET", fields, [data] if data else [], eof)) == ""


# Requests.

REQUEST_FIELDS: Fields = [
    (b"Host", b"a.example"),
    (b"host", b"b.example"),
    (b"Accept", b"*/*"),
    (b"X-Empty", b""),
    (b"X-Text", b"\xe4 b\tc"),
    (b"X-Colon", b"a:  b"),
    (b"Content-Length", b"5"),
    (b"content-length", b"5, 5"),
    (b"Content-Length", b"+5"),
    (b"Content-Length", b"000000000000000000005"),
    (b"Transfer-Encoding", b"chunked"),
    (b"transfer-encoding", b"Chunked"),
    (b"Transfer-Encoding", b"gzip"),
    (b"Connection", b"close"),
    (b"Connection", b"keep-alive, Upgrade"),
    (b"Upgrade", b"websocket"),
    (b"Expect", b"100-Continue"),
    (b"Bad Name", b"a"),
    (b"", b"a"),
    (b"X-Break", b"a\r\nb: c"),
    (b"X-Space", b" a"),
    (b"X-Space", b"a\t"),
    (b"X-Control", b"a\x01"),
]


def h11_request(method: bytes, target: bytes, fields: Fields) -> bytes:
    """The head as h11 writes it; empty when it refuses."""
    try:
        request = h11.Request(method=method, target=target, headers=fields)
        return h11.Connection(h11.CLIENT).send(request)
    except h11.LocalProtocolError:
        return b""


@given(
    st.sampled_from([b"GET", b"POST", b"CONNECT", b"M-SEARCH", b"GE T", b"G\r\nX", b""]),
    st.sampled_from([b"/", b"/a?b", b"*", b"a:80", b"http://a/", b"", b"/ x", b"/\xe4", b"/\r\n"]),
    st.lists(st.sampled_from(REQUEST_FIELDS), max_size=6),
)
@settings(max_examples=400)
def test_request_heads_are_those_of_h11(method: bytes, target: bytes, fields: Fields) -> None:
    check_request(method, target, fields)


@pytest.mark.parametrize("shown", REQUEST_FIELDS, ids=repr)
def test_every_single_field_is_written_as_h11_writes_it(shown: tuple[bytes, bytes]) -> None:
    check_request(b"POST", b"/", [(b"Host", b"a"), shown])
    check_request(b"POST", b"/", [shown, (b"Host", b"a")])


def check_request(method: bytes, target: bytes, fields: Fields) -> None:
    """The codec writes what h11 writes, or refuses what h11 refuses, or refuses two framings at once."""
    theirs = h11_request(method, target, fields)
    try:
        ours = Codec().encode_head(method, target, fields)
    except LocalProtocolError:
        names = {name.lower() for name, _ in fields}
        control = any(STRICTER.search(value) for _, value in fields)
        assert not theirs or control or {b"content-length", b"transfer-encoding"} <= names
    else:
        assert ours == theirs
