"""What is remembered is what plain HPACK would have said."""

import pytest
from hpack.exceptions import HPACKError
from hpack.hpack import Decoder, Encoder
from hpack.struct import HeaderTuple, NeverIndexedHeaderTuple
from hypothesis import given, settings
from hypothesis import strategies as st

from httpcore_http2._core.hpack_memory import (
    CompressionError,
    RememberingDecoder,
    RememberingEncoder,
)

NAMES = st.sampled_from([b":path", b"accept", b"cookie", b"x-a", b"x-b"])
VALUES = st.sampled_from([b"/", b"*/*", b"", b"value", b"x" * 60, b"y" * 200])
KINDS = st.sampled_from([HeaderTuple, NeverIndexedHeaderTuple])
LISTS = st.lists(st.builds(lambda kind, n, v: kind(n, v), KINDS, NAMES, VALUES), max_size=4)
SIZES = st.sampled_from([0, 40, 100, 4096])
STEPS = st.lists(st.one_of(LISTS, LISTS, LISTS, SIZES), max_size=30)


def entries(coder: Encoder | Decoder) -> list[tuple[bytes, bytes]]:
    return list(coder.header_table.dynamic_entries)


@given(STEPS)
@settings(max_examples=200)
def test_any_decoder_understands_the_blocks(steps: list[object]) -> None:
    encoder, plain_decoder = RememberingEncoder(), Decoder()
    for step in steps:
        if isinstance(step, int):
            encoder.header_table_size = step
            continue
        assert isinstance(step, list)
        found = plain_decoder.decode(encoder.encode(step), raw=True)
        assert list(found) == step
        assert entries(encoder) == entries(plain_decoder)


@given(STEPS)
@settings(max_examples=200)
def test_lists_are_those_of_plain_hpack(steps: list[object]) -> None:
    encoder, plain, decoder = Encoder(), Decoder(), RememberingDecoder(65536)
    for step in steps:
        if isinstance(step, int):
            # Set twice, plain HPACK would forget to announce it.
            if step != encoder.header_table_size:
                encoder.header_table_size = step
            continue
        assert isinstance(step, list)
        check(encoder.encode(step), plain, decoder)


def test_what_is_secret_is_marked_and_in_no_table() -> None:
    encoder, decoder = RememberingEncoder(), Decoder()
    secret = NeverIndexedHeaderTuple(b"authorization", b"secret")
    for _ in range(2):
        (found,) = decoder.decode(encoder.encode([secret]), raw=True)
        assert isinstance(found, NeverIndexedHeaderTuple)
    assert entries(encoder) == []


def literal(name: bytes, value: bytes) -> bytes:
    return bytes([0x40, len(name)]) + name + bytes([len(value)]) + value


# As servers write them that add the same fields again with every response; and a size of the table, as an update.
PARTS = st.sampled_from(
    [
        literal(b"server", b"s"),
        literal(b"date", b"d" * 30),
        literal(b"x", b"y" * 120),
        b"\x88",
        b"\xbe",
        b"\xbf",
        b"\x20",
        b"\x3f\x21",
        b"\x3f\xe1\x1f",
    ]
)


@given(st.lists(st.lists(PARTS, max_size=4).map(b"".join), max_size=20))
@settings(max_examples=500)
def test_whatever_blocks_repeat_the_lists_are_those_of_plain_hpack(blocks: list[bytes]) -> None:
    plain, decoder = Decoder(), RememberingDecoder(65536)
    for block in blocks + blocks:
        try:
            check(block, plain, decoder)
        except HPACKError as error:
            kind = type(error)
        else:
            continue
        with pytest.raises(CompressionError) as caught:
            decoder.decode(block, raw=True)
        assert type(caught.value.__cause__) is kind
        return


def check(block: bytes, plain: Decoder, decoder: RememberingDecoder) -> None:
    expected = plain.decode(block, raw=True)
    found = decoder.decode(block, raw=True)
    assert found == expected
    assert [type(field) for field in found] == [type(field) for field in expected]
    assert entries(decoder) == entries(plain)
    assert decoder.header_table._current_size == plain.header_table._current_size


def test_what_repeats_is_remembered_and_bounded() -> None:
    encoder, decoder = RememberingEncoder(), RememberingDecoder(65536)
    fields = [(b"x-a", b"1"), (b"x-b", b"2")]
    first = decoder.decode(encoder.encode(fields), raw=True)
    block = encoder.encode(fields)
    assert encoder.encode(fields) is block
    second = decoder.decode(block, raw=True)
    assert first == second
    assert decoder.decode(block, raw=True) is second
    assert decoder.decode(block) == [("x-a", "1"), ("x-b", "2")]
    for number in range(200):
        secret = NeverIndexedHeaderTuple(b"authorization", b"%d" % number)
        decoder.decode(encoder.encode([secret]), raw=True)
    assert len(encoder._blocks) <= 64
    assert len(encoder._fields) <= 64
    assert len(decoder._lasting) <= 64
    assert len(decoder._passing) <= 64


def test_a_size_that_is_set_again_is_still_announced() -> None:
    encoder, decoder = RememberingEncoder(), Decoder()
    for size in (0, 100, 100):
        encoder.header_table_size = size
    fields = [(b"x-a", b"1")]
    for _ in range(2):
        assert decoder.decode(encoder.encode(fields), raw=True) == fields
    assert decoder.header_table_size == 100


def test_a_table_is_not_larger_than_it_was_at_first() -> None:
    encoder, decoder = RememberingEncoder(), Decoder()
    encoder.header_table_size = 2**32 - 1
    assert encoder.header_table_size == 4096
    for number in range(1000):
        decoder.decode(encoder.encode([(b"x-number", b"%d" % number)]), raw=True)
    assert len(entries(encoder)) < 100


def test_of_many_changes_the_smallest_and_the_last_are_announced() -> None:
    encoder, decoder = RememberingEncoder(), Decoder()
    for size in (100, 0, 200, 300):
        encoder.header_table_size = size
    block = encoder.encode([(b"x-a", b"1")])
    assert block.startswith(b"\x20\x3f\x8d\x02\x40")
    assert list(decoder.decode(block, raw=True)) == [(b"x-a", b"1")]


def test_a_block_that_is_remembered_adds_nothing_to_a_table_without_room() -> None:
    plain, decoder = Decoder(), RememberingDecoder(65536)
    adding = b"\x88\x40\x01a\x01b"
    # The second sets the size of the table to 0.
    for block in (adding, b"\x20\x88", adding, adding):
        assert list(decoder.decode(block, raw=True)) == list(plain.decode(block, raw=True))
        assert entries(decoder) == entries(plain)
    assert entries(decoder) == []
