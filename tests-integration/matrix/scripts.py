"""What a scripted server does, as plain data: a scenario says it, the stage plays it.

A server has one script for each connection that it gets, in their order; the last one serves all later ones too. A
script is a row of steps. Bytes are sent as they are; every other step is one of the classes below, or a function of
the stage's `Peer`, where data are not enough.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .stage import Peer


@dataclass(frozen=True)
class Read:
    """Read a request with its body, and note it; `body=False` leaves the body where it is."""

    body: bool = True


@dataclass(frozen=True)
class Take:
    """Read exactly so many bytes, and note them."""

    count: int


@dataclass(frozen=True)
class Drain:
    """Read until the client ends, and note nothing of it but that."""


@dataclass(frozen=True)
class Close:
    """Close the connection."""


@dataclass(frozen=True)
class Reset:
    """Close it such that the client gets a reset instead of an end."""


@dataclass(frozen=True)
class Tls:
    """Become a TLS server here, with a certificate of the stage."""

    certificate: str = "good"
    alpn: tuple[str, ...] = ("http/1.1",)
    asks_for_certificate: bool = False


@dataclass(frozen=True)
class Tell:
    """Let the client's `wait_for(name)` go on."""

    name: str


@dataclass(frozen=True)
class WaitFor:
    """Wait until the client says `tell(name)`."""

    name: str


@dataclass(frozen=True)
class Slowly:
    """Send it byte by byte, each in a segment of its own."""

    data: bytes


@dataclass(frozen=True)
class Forever:
    """Play the steps again and again, until the client ends."""

    steps: "Script"


Step = (
    bytes
    | Read
    | Take
    | Drain
    | Close
    | Reset
    | Tls
    | Tell
    | WaitFor
    | Slowly
    | Forever
    | Callable[["Peer"], None]
)
Script = tuple[Step, ...]


@dataclass(frozen=True)
class Server:
    """A server, and what it does with its first, second and later connections.

    Args:
        scripts: one for each connection.
        kind: `tcp`; `unix`, a Unix domain socket; `refusing`, a port where nobody listens; `full`, a port whose queue
            is full, such that connecting takes for ever.
        scheme: what its URL begins with.
        host: the name that its URL has.
    """

    scripts: tuple[Script, ...] = ()
    kind: str = "tcp"
    scheme: str = "http"
    host: str = "127.0.0.1"


def answer(body: bytes = b"hello", *fields: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a plain response."""
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *fields]
    return b"\r\n".join([*lines, b"", body])


OK = answer()

#: Answers every request, for as long as the client likes.
KIND: Script = (Forever((Read(), OK)),)


def serving(*scripts: Script) -> Server:
    """A plain server."""
    return Server(scripts)


def secure(*scripts: Script, tls: Tls = Tls(), host: str = "localhost") -> Server:
    """A server that is spoken to over TLS."""
    return Server(tuple((tls, *script) for script in scripts), scheme="https", host=host)


@dataclass(frozen=True)
class Places:
    """Where the servers of a scenario are, and what else it needs from the stage."""

    urls: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
