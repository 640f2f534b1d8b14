"""What is looked at after an attack: the error, what the server was told, and what it cost."""

import re
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
from httpcore_interfaces import HTTPCoreError

from .attacks import IT, Attack
from .peer import Conversation

#: For every request: what hangs should say so. No answer takes that long.
IN_TIME = {"timeout": {"pool": 20.0, "connect": 20.0, "read": 20.0, "write": 20.0}}


def in_time(**limits: float) -> dict[str, dict[str, float]]:
    """Likewise, with some of the time-outs shorter."""
    return {"timeout": {**IN_TIME["timeout"], **limits}}


# What is of no use to a reader: an address, an object, an exception's class, an enumeration, a number for a sentence.
_UNREADABLE = re.compile(
    r"0x[0-9a-f]{6}|<|\b\w+Error\b|\bStream\w+\.|\bConnection\w+\.|: \d+ \(|: \(|None"
)


class Cost:
    """What something took."""

    memory = 0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the most memory that is used within, by both sides, beside what was used before."""
    cost = Cost()
    tracemalloc.start()
    try:
        yield cost
        cost.memory = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def check_error(error: HTTPCoreError | None, words: str) -> None:
    """It must be the right one, and say it in a sentence."""
    assert type(error) is httpcore.RemoteProtocolError
    sentence = str(error)
    assert words in sentence
    assert not _UNREADABLE.search(sentence), sentence


def check_attacked(attack: Attack, outcome: bytes | HTTPCoreError) -> None:
    """What has become of the request."""
    if attack.words is None:
        assert outcome == b"next"
    else:
        assert isinstance(outcome, HTTPCoreError)
        check_error(outcome, attack.words)


def check_sibling(attack: Attack, outcome: bytes | HTTPCoreError) -> None:
    """What has become of the other response."""
    if attack.sibling is not None:
        assert outcome == attack.sibling
    else:
        assert type(outcome) is httpcore.RemoteProtocolError


def check_farewell(attack: Attack, conversation: Conversation) -> None:
    """What the server was told."""
    assert conversation.attacked == IT
    if attack.connections > 1:
        assert conversation.is_over.wait(20.0)
    assert conversation.parting() == attack.parting
    assert conversation.resets() == ([] if attack.reset is None else [(IT, attack.reset)])


def check_cost(attack: Attack, conversation: Conversation, cost: Cost) -> None:
    """What it cost."""
    assert conversation.said <= attack.said
    assert cost.memory <= attack.memory
