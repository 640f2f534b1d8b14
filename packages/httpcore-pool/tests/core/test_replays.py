"""Which requests may be sent again, and when to connect again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from httpcore_interfaces import (
    AsyncIteratorByteStream,
    ErrorDetails,
    HTTPCoreError,
    IteratorByteStream,
    LocalProtocolError,
    PlainByteStream,
    ReadTimeout,
    RemoteProtocolError,
    Request,
)
from httpcore_pool._core.replays import backoff, can_replay, is_replayable, lifetime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

GET = Request("GET", "http://a/")


class Both:
    """Content that is kept, for both worlds."""

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"a"])

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise NotImplementedError


class Consumed(Both):
    """What is its own iterator gives its content once."""

    def __next__(self) -> bytes:
        return b"a"


async def chunks() -> AsyncIterator[bytes]:
    yield b"a"


def test_request_is_replayed_after_a_reused_connection_died_unanswered() -> None:
    died: ErrorDetails = {"safe_to_retry": True, "reused": True, "bytes_received": 0}
    assert can_replay(RemoteProtocolError("gone", **died), GET)
    died["bytes_received"] = None
    assert can_replay(RemoteProtocolError("gone", **died), GET)


@pytest.mark.parametrize(
    "error",
    [
        RemoteProtocolError("gone", reused=True, bytes_received=0),
        RemoteProtocolError("gone", safe_to_retry=True, bytes_received=0),
        RemoteProtocolError("gone", safe_to_retry=True, reused=False, bytes_received=0),
        RemoteProtocolError("gone", safe_to_retry=True, reused=True, bytes_received=1),
        ReadTimeout("slow", safe_to_retry=True, reused=True, bytes_received=0),
    ],
    ids=["unsafe", "unknown", "new connection", "answered", "timeout"],
)
def test_request_is_not_replayed_otherwise(error: HTTPCoreError) -> None:
    assert not can_replay(error, GET)


def test_request_whose_body_is_gone_is_not_replayed() -> None:
    request = Request("PUT", "http://a/", content=iter([b"a"]))
    error = RemoteProtocolError("gone", safe_to_retry=True, reused=True, bytes_received=0)
    assert not can_replay(error, request)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"a", [b"a"], (b"a",), PlainByteStream(b"a"), Both()],
    ids=["none", "empty", "bytes", "list", "tuple", "plain", "both"],
)
def test_kept_content_can_be_produced_again(content: bytes | None) -> None:
    assert is_replayable(Request("PUT", "http://a/", content=content))


@pytest.mark.parametrize(
    "content",
    [
        iter([b"a"]),
        IteratorByteStream(iter([b"a"])),
        AsyncIteratorByteStream(chunks()),
        Consumed(),
    ],
    ids=["iterator", "stream", "async stream", "own iterator"],
)
def test_content_from_an_iterator_cannot_be_produced_again(content: Iterator[bytes]) -> None:
    assert not is_replayable(Request("PUT", "http://a/", content=content))


def test_pauses_before_connecting_again_double() -> None:
    assert [backoff(attempt) for attempt in range(6)] == [0.0, 0.5, 1.0, 2.0, 4.0, 8.0]


def test_pauses_and_lives_are_shortened_by_chance() -> None:
    assert [backoff(attempt, 1.0) for attempt in range(4)] == [0.0, 0.375, 0.75, 1.5]
    assert lifetime(10.0, 0.0) == 10.0
    assert lifetime(10.0, 1.0) == pytest.approx(9.0)


def test_what_the_server_did_not_act_on_is_replayed_on_any_connection() -> None:
    refused: ErrorDetails = {"safe_to_retry": True, "unprocessed": True, "bytes_received": 9}
    refused["reused"] = False
    request = Request("POST", "http://a/", content=b"a")
    assert can_replay(RemoteProtocolError("refused", **refused), request)
    assert not can_replay(LocalProtocolError("ours", **refused), request)


def test_what_was_refused_is_replayed_more_often_than_what_was_lost() -> None:
    lost: ErrorDetails = {"safe_to_retry": True, "reused": True, "bytes_received": 0}
    refused: ErrorDetails = {"safe_to_retry": True, "unprocessed": True}
    for error, most in (
        (RemoteProtocolError("", **lost), 1),
        (RemoteProtocolError("", **refused), 5),
    ):
        assert [can_replay(error, GET, replays) for replays in range(7)].count(True) == most


def test_our_own_mistakes_are_not_repeated() -> None:
    assert not can_replay(
        LocalProtocolError("ours", safe_to_retry=True, reused=True, bytes_received=0), GET
    )
