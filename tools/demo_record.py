"""What is written down about one request of tools/demo: what was answered, and where the time went.

The times come from the `trace` extension. An event that a transport does not send is a phase that is not shown; time that
no event accounts for (waiting for a connection, our own code) is a gap.
"""

import hashlib
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# In the order in which they usually come, with the letters that stand for them.
PHASES = {
    "resolve": "r",
    "connect": "c",
    "tunnel": "p",
    "TLS": "t",
    "send": "s",
    "wait": "w",
    "receive": "b",
}

# An event is named after a room, a step, and how it went; the steps have the same names in every room.
_PHASE_OF = {
    "resolve": "resolve",
    "connect_tcp": "connect",
    "connect_unix_socket": "connect",
    "setup_socks5_connection": "tunnel",
    "start_tls": "TLS",
    "send_connection_init": "send",
    "send_request_headers": "send",
    "send_request_body": "send",
    "receive_response_headers": "wait",
    "receive_response_body": "receive",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to be made.

    Args:
        name: what the row is called.
        method: the request's method.
        target: path and query.
        pieces: the body, one chunk after the other, None for none.
        expected: the body of the right answer; None when any will do.
        in_pieces: whether the answer must arrive as more than one piece.
    """

    name: str
    method: str
    target: str
    pieces: tuple[bytes, ...] | None = None
    expected: bytes | None = None
    in_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds since the request began."""

    phase: str
    began: float
    ended: float


@dataclass
class Record:
    """One request on its way, then what came of it.

    A face tells it of the response by `head` and `chunk`, and gives `event` or `async_event` to the transport as its
    `trace`. `dialed` says that a connection was made for it; `failure` what went wrong, and is empty when all is right.
    """

    ask: Ask
    face: str = ""
    runtime: str = ""
    route: str = ""
    protocol: str = ""
    status: int = 0
    fields: dict[str, str] = field(default_factory=dict)
    received: int = 0
    pieces: int = 0
    failure: str = ""
    dialed: bool = False
    spans: list[Span] = field(default_factory=list)
    done: bool = False
    _body: Any = field(default_factory=hashlib.sha256)
    _open: list[tuple[str, str, float]] = field(default_factory=list)
    _began: float = 0.0
    _ended: float = 0.0

    @property
    def sender(self) -> str:
        """Who sent it, and which way."""
        return f"{self.route}, {self.face} {self.runtime}"

    @property
    def sent(self) -> int:
        """Bytes of the request's body."""
        return sum(map(len, self.ask.pieces or ()))

    @property
    def digest(self) -> str:
        """The SHA-256 of the response's body, in hexadecimal."""
        return str(self._body.hexdigest())

    @property
    def seconds(self) -> float:
        """How long it took, from the call to the last byte."""
        return self._ended - self._began

    @contextmanager
    def watch(self) -> Generator[None]:
        """Time what is done inside, and take an error of it for the failure of this request alone."""
        self._began = time.perf_counter()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs into the row
            self.fail(error)
        finally:
            self._ended = time.perf_counter()
            for _, phase, began in self._open:
                self._add(phase, began, self._ended)
            self._open.clear()
            self.done = True

    def fail(self, error: BaseException) -> None:
        """Note an error, and its cause where the error does not say it."""
        said = str(error)
        cause = error.__cause__
        if cause is not None and str(cause) not in said:
            said = f"{said} (because of {type(cause).__name__}: {cause})"
        self.failure = f"{type(error).__name__}: {said or 'nothing more is known'}"

    def head(self, protocol: str, status: int, fields: Iterable[tuple[bytes, bytes]]) -> None:
        """Note a response's head."""
        self.protocol = protocol
        self.status = status
        self.fields = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in fields
        }

    def chunk(self, data: bytes) -> None:
        """Note a piece of the response's body."""
        self.received += len(data)
        self.pieces += bool(data)
        self._body.update(data)

    async def async_event(self, name: str, info: dict[str, Any]) -> None:
        """Do as `event` does."""
        self.event(name, info)

    def event(self, name: str, info: dict[str, Any]) -> None:
        """Note an event of the `trace` extension."""
        now = time.perf_counter()
        step, _, how = name.rpartition(".")
        phase = _PHASE_OF.get(step.rpartition(".")[2])
        if phase is None:
            return
        if how == "started":
            # The request for a tunnel goes the way of any other, inside of the one that needs it.
            if getattr(info.get("request"), "method", None) == b"CONNECT":
                phase = "tunnel"
            self._open.append((step, phase, now))
            return
        for index in reversed(range(len(self._open))):
            if self._open[index][0] == step:
                _, phase, began = self._open.pop(index)
                self._add(phase, began, now)
                self.dialed = self.dialed or (phase == "connect" and how == "complete")
                return

    def _add(self, phase: str, began: float, ended: float) -> None:
        self.spans.append(Span(phase, began - self._began, ended - self._began))

    def seconds_in(self, phase: str) -> float | None:
        """Seconds spent in a phase, None when it did not happen or nothing told of it."""
        found = [span.ended - span.began for span in self.spans if span.phase == phase]
        return sum(found) if found else None


def waterfall(spans: Iterable[Span], seconds: float, width: int) -> list[str]:
    """Return `width` cells, each the name of the phase that is seen there, empty for a gap.

    A phase is never narrower than one cell, however short it was, if there are cells enough.
    """
    stretches: list[tuple[str, float]] = []
    at = 0.0
    for span in sorted(spans, key=lambda span: span.began):
        began = max(span.began, at)
        if stretches and stretches[-1][0] == span.phase:
            # Head and body are two steps of one phase; what lies between them is no phase of its own.
            stretches[-1] = (span.phase, stretches[-1][1] + max(span.ended - at, 0.0))
        else:
            stretches += [("", began - at), (span.phase, max(span.ended - began, 0.0))]
        at = max(at, span.ended)
    stretches.append(("", max(seconds - at, 0.0)))
    total = max(sum(length for _, length in stretches), 1e-9)
    exact = [width * length / total for _, length in stretches]
    least = [int(bool(phase)) for phase, _ in stretches]
    cells = [max(round(size), low) for size, low in zip(exact, least, strict=True)]
    everyone = range(len(cells))
    while sum(cells) > width:  # whoever has most too much gives, first who has cells to spare
        spare = [i for i in everyone if cells[i] > least[i]] or [i for i in everyone if cells[i]]
        cells[max(spare, key=lambda i: cells[i] - exact[i])] -= 1
    while sum(cells) < width:
        cells[min(everyone, key=lambda i: cells[i] - exact[i])] += 1
    return [phase for (phase, _), size in zip(stretches, cells, strict=True) for _ in range(size)]
