"""Frames come out whole, however the bytes come in."""

import pytest

from httpcore_http2._core.frames import FrameSplitter, FrameTooLarge


def frame(length: int, kind: int = 0) -> bytes:
    return (
        length.to_bytes(3, "big")
        + bytes([kind, 0, 0, 0, 0, 1])
        + bytes(range(length % 256)) * 1
        + bytes(length - length % 256)
    )


FRAMES = [frame(0), frame(5), frame(300), frame(9, 7), frame(0)]


def taken(splitter: FrameSplitter, data: bytes) -> list[bytes]:
    splitter.add(data)
    found = []
    while (one := splitter.next()) is not None:
        found.append(bytes(splitter.buffer[one[3] : one[4]]))
        assert one[:3] == (found[-1][3], found[-1][4], 1)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 8, 9, 10, 13, 100, 10_000])
def test_frames_are_whole_in_pieces_of_any_size(size: int) -> None:
    data = b"".join(FRAMES)
    splitter = FrameSplitter(1000)
    found: list[bytes] = []
    for start in range(0, len(data), size):
        found += taken(splitter, data[start : start + size])
    assert found == FRAMES


def test_the_rest_of_a_frame_waits_behind_whole_ones() -> None:
    splitter = FrameSplitter(1000)
    last = FRAMES[2]
    assert taken(splitter, FRAMES[0] + FRAMES[1] + last[:50]) == FRAMES[:2]
    assert taken(splitter, last[50:100]) == []
    assert taken(splitter, last[100:] + FRAMES[0]) == [last, FRAMES[0]]


def test_a_frame_that_is_too_long_is_refused_by_its_header() -> None:
    splitter = FrameSplitter(1000)
    splitter.add(frame(1000) + (1001).to_bytes(3, "big") + bytes(6))
    assert splitter.next() == (0, 0, 1, 0, 1009)
    with pytest.raises(FrameTooLarge, match="1001"):
        splitter.next()


def test_a_frame_that_drips_in_is_not_copied_for_each_byte() -> None:
    splitter = FrameSplitter(1000)
    both = frame(500) + frame(400)
    pieces = [both[:300], both[300:310], both[310:709], both[709:719], both[719:]]
    assert [one for piece in pieces for one in taken(splitter, piece)] == [frame(500), frame(400)]
    whole = frame(500) + frame(5)
    taken(splitter, frame(5) + whole[:200])
    buffers = set()
    found = []
    for place in range(200, len(whole)):
        found += taken(splitter, whole[place : place + 1])
        buffers.add(id(splitter.buffer))
    assert found == [frame(500), frame(5)]
    # One that grows, a few at the end.
    assert len(buffers) < 30
