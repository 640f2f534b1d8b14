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


def runs(splitter: FrameSplitter, data: bytes, most: int) -> list[tuple[bytes, int]]:
    """What comes out as runs, where there are any; all other frames are left out."""
    splitter.add(data)
    found = []
    while (one := splitter.next()) is not None:
        run = splitter.take_run(one[3], most)
        if run[1]:
            found.append(run)
    return found


OTHER = frame(5)[:8] + b"\x02" + frame(5)[9:]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (frame(5), [(5, 1)]),
        (frame(5) * 3 + frame(300), [(315, 4)]),
        (frame(5) + OTHER + frame(5), [(5, 1), (5, 1), (5, 1)]),
        (frame(5) + frame(9, 7) + frame(5), [(5, 1), (9, 1), (5, 1)]),
        # Nothing that is empty, cut short, or more than there may be.
        (frame(5) + frame(0) + frame(5), [(5, 1), (5, 1)]),
        (frame(5) + frame(5)[:8], [(5, 1)]),
        (frame(5) + frame(5)[:13], [(5, 1)]),
        (frame(300) * 3, [(600, 2), (300, 1)]),
        (frame(701), []),
    ],
)
def test_a_run_is_of_whole_frames_of_one_kind(data: bytes, found: list[tuple[int, int]]) -> None:
    assert [(len(run), count) for run, count in runs(FrameSplitter(1000), data, 700)] == found


def test_a_run_does_not_take_in_a_frame_that_is_too_long() -> None:
    splitter = FrameSplitter(1000)
    splitter.add(frame(5) + frame(1001))
    assert splitter.next() == (0, 0, 1, 0, 14)
    assert splitter.take_run(0, 10_000)[1] == 1
    with pytest.raises(FrameTooLarge):
        splitter.next()


@pytest.mark.parametrize("size", [1, 2, 9, 10, 100, 309, 310, 1000, 10_000])
def test_runs_have_all_that_came_in_pieces_of_any_size(size: int) -> None:
    data = frame(300) * 5 + frame(400) * 5
    splitter = FrameSplitter(1000)
    found: list[tuple[bytes, int]] = []
    for start in range(0, len(data), size):
        found += runs(splitter, data[start : start + size], 10_000)
    assert b"".join(run for run, _ in found) == (frame(300)[9:] * 5 + frame(400)[9:] * 5)
    assert sum(count for _, count in found) == 10


def test_what_comes_behind_a_frame_in_two_parts_is_not_copied() -> None:
    splitter = FrameSplitter(1000)
    taken(splitter, frame(300)[:50])
    data = frame(300)[50:] + frame(5) * 10
    splitter.add(data)
    assert splitter.next() == (0, 0, 1, 0, 309)
    assert len(splitter.buffer) == 309
    assert splitter.next() == (0, 0, 1, 259, 273)
    assert splitter.buffer is data


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
    # One whose header drips in, with many behind it, and the last of these drips, too.
    pieces = [frame(5)[:5], frame(5)[5:6], frame(5)[6:] + frame(9) + frame(300)[:100]]
    pieces += [frame(300)[100:101], frame(300)[101:]]
    assert [one for piece in pieces for one in taken(splitter, piece)] == [
        frame(5),
        frame(9),
        frame(300),
    ]
    # One that grows, a few at the end.
    assert len(buffers) < 30
