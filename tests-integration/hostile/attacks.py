"""What an attack is, and the kinds there are.

While one response of a connection is under way, on stream `OTHER`, a second request comes, on stream `IT`, and is
answered by the attack. The tables say which error that request must end with, what the server must be told, and whether
the connection, and with it the other response, goes on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .frames import END_STREAM, OK, Code, data, headers
from .peer import SIBLING, Step

OTHER = 1
IT = 3

KIB = 1024
MIB = 1024 * KIB

#: Bytes that a server can say to a client that stops it at once, or after 2000 short frames: what lies in the kernel
#: (64 KiB for each end, of which it makes twice as much), in the client's last read, and those frames.
HELD = 512 * KIB

#: Bytes of memory that a client may use for it, with what the server in the same process needs.
LITTLE = 1 * MIB


@dataclass(frozen=True)
class Attack:
    """What the server does, and what must become of the client.

    - `steps`: what it says.
    - `words`: part of the error's sentence; none for what must change nothing.
    - `parting`: the code of the client's GOAWAY; `None` where the connection goes on.
    - `reset`: the code with which the client resets the stream; `None` where it does not.
    - `sibling`: the content of the other response; `None` where it fails, too.
    - `connections`: how many it takes, with the next request.
    - `said`: bytes that the server can say at most.
    - `memory`: bytes of memory that it can cost at most.
    """

    steps: Iterable[Step]
    words: str | None = None
    parting: Code | None = None
    reset: Code | None = None
    sibling: bytes | None = SIBLING
    connections: int = 1
    said: int = HELD
    memory: int = LITTLE


class Endless:
    """The same again and again; each piece large enough that sending it is no work."""

    def __init__(self, piece: bytes, begin: bytes = b"") -> None:
        self._piece = piece * max(1, 16 * KIB // len(piece))
        self._begin = begin

    def __iter__(self) -> Iterator[bytes]:
        yield self._begin
        while True:
            yield self._piece


def breaks(code: Code, words: str, *steps: Step) -> Attack:
    """It ends the connection."""
    return Attack(steps, words, parting=code, sibling=None, connections=2)


def floods(
    code: Code,
    words: str,
    piece: bytes,
    begin: bytes = b"",
    *,
    said: int = HELD,
    sibling: bytes | None = None,
    reset: Code | None = None,
) -> Attack:
    """It ends the connection, and would not end by itself."""
    return Attack(
        Endless(piece, begin),
        words,
        parting=code,
        reset=reset,
        sibling=sibling,
        connections=2,
        said=said,
        memory=LITTLE + said,
    )


def spoils(code: Code | None, words: str, *steps: Step) -> Attack:
    """It ends its stream alone; without a code both sides had ended it already."""
    return Attack(steps, words, reset=code)


def harmless(*steps: Step) -> Attack:
    """It must change nothing: behind it comes the response."""
    return Attack((*steps, headers(IT, OK) + data(IT, b"next", END_STREAM)))
