"""What comes through the gate, and what does not."""

import pytest
from h2.exceptions import DenialOfServiceError, FrameTooLargeError, ProtocolError

from httpcore_http2._core.frames import HEADER_LENGTH, FrameKind
from httpcore_http2._core.gate import Gate

END_HEADERS = 0x4


def admits(
    gate: Gate, kind: int, *, flags: int = 0, stream_id: int = 1, length: int = 0, highest: int = 5
) -> bool:
    return gate.admits(kind, flags, stream_id, HEADER_LENGTH + length, highest)


def met() -> Gate:
    """A gate through which a server's first frame has come."""
    gate = Gate()
    assert gate.is_narrow
    assert admits(gate, FrameKind.SETTINGS, stream_id=0)
    assert not gate.is_narrow
    return gate


@pytest.mark.parametrize("kind", [*FrameKind, 0x77])
def test_a_server_says_settings_first(kind: int) -> None:
    gate = Gate()
    if kind in (FrameKind.SETTINGS, FrameKind.GOAWAY):
        assert admits(gate, kind, stream_id=0)
        assert gate.is_new == (kind == FrameKind.GOAWAY)
    else:
        with pytest.raises(ProtocolError, match="where SETTINGS must come first"):
            admits(gate, kind, stream_id=0)


def test_an_acknowledgement_of_settings_is_none() -> None:
    with pytest.raises(ProtocolError, match="SETTINGS, where SETTINGS must come first"):
        admits(Gate(), FrameKind.SETTINGS, stream_id=0, flags=1)


@pytest.mark.parametrize("kind", FrameKind)
def test_only_frames_of_known_types_say_anything(kind: FrameKind) -> None:
    if kind != FrameKind.CONTINUATION:
        assert admits(met(), kind, flags=END_HEADERS, stream_id=5)


@pytest.mark.parametrize("kind", [10, 12, 0x77, 0xFF])
def test_frames_of_other_types_say_nothing_except_in_a_header_section(kind: int) -> None:
    gate = met()
    assert not admits(gate, kind, length=10_000)
    admits(gate, FrameKind.HEADERS)
    assert admits(gate, kind)


@pytest.mark.parametrize("stream_id", [2, 4, 6, 7, 2**31 - 1])
@pytest.mark.parametrize("kind", ["DATA", "HEADERS", "RST_STREAM", "WINDOW_UPDATE"])
def test_a_stream_must_have_been_opened_by_us(kind: str, stream_id: int) -> None:
    with pytest.raises(ProtocolError, match="which no request has opened"):
        admits(met(), FrameKind[kind], stream_id=stream_id)
    assert admits(met(), FrameKind.PRIORITY, stream_id=stream_id)


def test_a_header_section_is_counted_from_its_first_frame_to_its_last() -> None:
    gate = met()
    for _ in range(3):
        assert admits(gate, FrameKind.HEADERS, length=30_000)
        assert gate.is_narrow
        assert admits(gate, FrameKind.CONTINUATION, length=30_000)
        assert admits(gate, FrameKind.CONTINUATION, length=6_000, flags=END_HEADERS)
        assert not gate.is_narrow
    admits(gate, FrameKind.HEADERS, length=30_000)
    admits(gate, FrameKind.CONTINUATION, length=30_000)
    with pytest.raises(DenialOfServiceError, match="more than 65536 bytes"):
        admits(gate, FrameKind.CONTINUATION, length=7_000)


def test_a_continuation_continues_something() -> None:
    with pytest.raises(ProtocolError, match="continues nothing"):
        admits(met(), FrameKind.CONTINUATION)


def test_settings_are_few_and_their_acknowledgement_is_empty() -> None:
    gate = met()
    assert admits(gate, FrameKind.SETTINGS, stream_id=0, length=32 * 6)
    with pytest.raises(DenialOfServiceError, match="more than 32 settings"):
        admits(gate, FrameKind.SETTINGS, stream_id=0, length=33 * 6)
    assert admits(gate, FrameKind.SETTINGS, stream_id=0, flags=1)
    with pytest.raises(FrameTooLargeError, match="6 bytes"):
        admits(gate, FrameKind.SETTINGS, stream_id=0, flags=1, length=6)
