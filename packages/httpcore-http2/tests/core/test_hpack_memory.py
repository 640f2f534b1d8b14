"""What is remembered is what plain HPACK would have said."""

from hpack.hpack import Decoder, Encoder
from hpack.struct import HeaderTuple, NeverIndexedHeaderTuple
from hypothesis import given, settings
from hypothesis import strategies as st

from httpcore_http2._core.hpack_memory import RememberingDecoder, RememberingEncoder

NAMES = st.sampled_from([b":path", b"accept", b"cookie", b"x-a", b"x-b"])
VALUES = st.sampled_from([b"/", b"*/*", b"", b"value", b"x" * 60, b"y" * 200])
KINDS = st.sampled_from([HeaderTuple, NeverIndexedHeaderTuple])
LISTS = st.lists(st.builds(lambda kind, n, v: kind(n, v), KINDS, NAMES, VALUES), max_size=4)
SIZES = st.sampled_from([0, 40, 100, 4096])
STEPS = st.lists(st.one_of(LISTS, LISTS, LISTS, SIZES), max_size=30)


@given(STEPS)
@settings(max_examples=200)
def test_blocks_and_lists_are_those_of_plain_hpack(steps: list[object]) -> None:
    plain, remembering = Encoder(), RememberingEncoder()
    plain_decoder, decoder = Decoder(), RememberingDecoder(65536)
    for step in steps:
        if isinstance(step, int):
            if step == plain.header_table_size:
                continue
            plain.header_table_size = remembering.header_table_size = step
            continue
        assert isinstance(step, list)
        block = plain.encode(step)
        assert remembering.encode(step) == block
        expected = plain_decoder.decode(block, raw=True)
        found = decoder.decode(block, raw=True)
        assert found == expected
        assert [type(field) for field in found] == [type(field) for field in expected]
        assert list(remembering.header_table.dynamic_entries) == list(
            plain.header_table.dynamic_entries
        )
        assert list(decoder.header_table.dynamic_entries) == list(
            plain_decoder.header_table.dynamic_entries
        )


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
    assert len(decoder._lists) <= 64


def test_a_size_that_is_set_again_is_still_announced() -> None:
    encoder, decoder = RememberingEncoder(), Decoder()
    for size in (0, 100, 100):
        encoder.header_table_size = size
    fields = [(b"x-a", b"1")]
    for _ in range(2):
        assert decoder.decode(encoder.encode(fields), raw=True) == fields
    assert decoder.header_table_size == 100
