"""An HTTP/2 server that speaks raw frames: it attacks when it is asked for `/attacked`, and is a good server otherwise.

Whatever it says, it listens meanwhile, so that it hears when it is told to stop, and no client waits for it in order to
write. Of each connection it keeps what it heard, and how many bytes it could say.
"""

import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import TypeAlias

import hpack

from .channels import Plain, Tls
from .frames import (
    ACK,
    END_STREAM,
    OK,
    PREFACE,
    Frame,
    Kind,
    data,
    frame,
    headers,
    parsed,
    settings,
)

#: A step of an attack: bytes to say; seconds only to listen; a drip; or what makes the bytes of what was heard, and is asked again
#: after the next frames as long as it says `None`.
Step: TypeAlias = "bytes | float | Drip | Callable[[Conversation], bytes | None]"


@dataclass(frozen=True)
class Drip:
    """A step: the same every few milliseconds, until the client has reset the stream."""

    piece: bytes
    seconds: float = 0.01


#: The content of the response that is under way when a request is attacked.
SIBLING = b"sibling"

#: Bytes that a server says at most, to a client that never stops it.
ENOUGH = 48 * 1024 * 1024

# Seconds.
_PATIENCE = 20.0

# Fixed, so that what the kernel holds of a flood is known: it makes twice as much of it.
BUFFER = 64 * 1024


class _GoneError(Exception):
    """The client has closed the connection."""


class Conversation:
    """One connection of a client, in a thread of its own. `is_over` is set at its end."""

    def __init__(self, server: "Hostile", sock: socket.socket, channel: Plain) -> None:
        self.heard: list[Frame] = []
        #: What was asked for.
        self.paths: list[bytes] = []
        #: The stream that is attacked.
        self.attacked = 0
        self.said = 0
        self.is_over = threading.Event()
        #: What came before frames did.
        self.preface = b""
        self._server = server
        self._socket = sock
        self._channel = channel
        self._decoder = hpack.Decoder()
        self._buffer = b""
        self._answers = b""
        self._unfinished: list[int] = []
        self._requests: list[tuple[int, bytes]] = []

    # What a test asks.

    def of(self, kind: int, stream: int | None = None) -> list[Frame]:
        """The frames of a kind that have come, of one stream or of all."""
        return [each for each in self.heard if each.kind == kind and stream in (None, each.stream)]

    def uploaded(self, stream: int) -> int:
        """Bytes of content that have come on a stream."""
        return sum(len(each.payload) for each in self.of(Kind.DATA, stream))

    def parting(self) -> int | None:
        """The code of the client's GOAWAY; `None` without one."""
        codes = [each.code for each in self.of(Kind.GOAWAY)]
        assert len(codes) <= 1, f"the client says goodbye by {codes}"
        return codes[0] if codes else None

    def resets(self) -> list[tuple[int, int]]:
        """The streams that the client has reset, and the codes."""
        return [(each.stream, each.code) for each in self.of(Kind.RST_STREAM)]

    # What an attack may use.

    def finish(self) -> bytes:
        """The end of the responses that are under way."""
        unfinished, self._unfinished = self._unfinished, []
        return b"".join(data(each, SIBLING, END_STREAM) for each in unfinished)

    def hang_up(self) -> bytes:
        """Close the connection."""
        raise _GoneError

    def say_and_hang_up(self, out: bytes) -> bytes:
        """Say the last, and close the connection."""
        self._say(out)
        raise _GoneError

    def when_reset(self) -> bytes | None:
        """Nothing, once the client has reset the stream."""
        return b"" if self.of(Kind.RST_STREAM, self.attacked) else None

    # What the thread does.

    def run(self) -> None:
        """Serve until the client goes."""
        try:
            self._socket.setblocking(False)
            while not self._channel.is_open:
                self._listen()
                self._say(b"")
            self._serve()
        except ConnectionError:
            with suppress(_GoneError, OSError):
                # What the client said before it reset the connection is there all the same.
                while True:
                    self._hear()
        except (_GoneError, OSError):
            pass
        finally:
            # Closed first: whoever has waited for the end looks for open sockets.
            self._socket.close()
            self.is_over.set()

    def _serve(self) -> None:
        opening = self._server.take_opening()
        if opening is None:
            self._say(settings())
        else:
            self._play(opening)
        while True:
            while not self._requests:
                if self._answers:
                    self._say(self._take_answers())
                else:
                    self._listen()
            stream, path = self._requests.pop(0)
            if path == b"/open":
                self._say(headers(stream, OK))
                self._unfinished.append(stream)
            elif path == b"/attacked" and (steps := self._server.take_steps()) is not None:
                self.attacked = stream
                self._play(steps)
                self._say(self.finish())
            else:
                self._say(headers(stream, OK) + data(stream, b"next", END_STREAM))

    def _play(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, bytes):
                self._say(step)
            elif isinstance(step, float):
                self._listen_for(step)
            elif isinstance(step, Drip):
                while not self.of(Kind.RST_STREAM, self.attacked):
                    self._say(step.piece)
                    self._listen_for(step.seconds)
            else:
                while (made := step(self)) is None:
                    self._listen()
                self._say(made)
            if self.said > ENOUGH:
                return

    def _say(self, out: bytes) -> None:
        view = memoryview(self._channel.sealed(out))
        while view:
            readable, writable, _ = select.select([self._socket], [self._socket], [], _PATIENCE)
            if not readable and not writable:
                raise TimeoutError
            if readable:
                self._hear()
            if writable:
                with suppress(BlockingIOError):
                    sent = self._socket.send(view)
                    self.said += sent
                    view = view[sent:]

    def _take_answers(self) -> bytes:
        answers, self._answers = self._answers, b""
        return answers

    def _listen_for(self, seconds: float) -> None:
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            readable, _, _ = select.select([self._socket], [], [], left)
            if readable:
                self._hear()

    def _listen(self) -> None:
        readable, _, _ = select.select([self._socket], [], [], _PATIENCE)
        if not readable:
            raise TimeoutError
        self._hear()

    def _hear(self) -> None:
        try:
            received = self._socket.recv(65536)
        except BlockingIOError:
            return
        if not received:
            raise _GoneError
        self._buffer += self._channel.opened(received)
        if len(self.preface) < len(PREFACE):
            self.preface = self._buffer[: len(PREFACE)]
            if len(self.preface) < len(PREFACE):
                return
            self._buffer = self._buffer[len(PREFACE) :]
        come, self._buffer = parsed(self._buffer)
        for each in come:
            self.heard.append(each)
            # It goes out behind what is being said, for it may not come in the middle of a frame or a header section.
            self._answers += self._answer(each)

    def _answer(self, each: Frame) -> bytes:
        if each.kind == Kind.HEADERS:
            # Requests here are small: no CONTINUATION. Trailers have no path.
            path = dict(self._decoder.decode(each.payload, raw=True)).get(b":path")
            if path is not None:
                self._requests.append((each.stream, path))
                self.paths.append(path)
        elif (
            self._server.is_polite
            and each.kind in (Kind.SETTINGS, Kind.PING)
            and not each.flags & ACK
        ):
            return frame(each.kind, each.payload if each.kind == Kind.PING else b"", flags=ACK)
        return b""


class Hostile:
    """The server. What it does is said by `prepare`, for the next `/attacked` on whatever connection."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.conversations: list[Conversation] = []
        #: Whether it answers PING and SETTINGS.
        self.is_polite = True
        self._context = context
        self._steps: Iterable[Step] | None = None
        self._opening: Iterable[Step] | None = None
        self._is_lasting = False
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        # Those that are accepted inherit it.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        self._threads: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        """Where it is."""
        scheme = "https" if self._context else "http"
        return f"{scheme}://127.0.0.1:{self._socket.getsockname()[1]}"

    def prepare(
        self,
        steps: Iterable[Step] | None = None,
        *,
        opening: Iterable[Step] | None = None,
        is_lasting: bool = False,
        is_polite: bool = True,
    ) -> None:
        """Forget what was.

        - `steps`: the answer to the next `/attacked`.
        - `opening`: what is said on the next connection instead of the first SETTINGS.
        - `is_lasting`: whether that holds for all that come, and not for the next one alone.
        """
        self.conversations.clear()
        self.is_polite = is_polite
        self._is_lasting = is_lasting
        self._steps = steps
        self._opening = opening

    def take_steps(self) -> Iterable[Step] | None:
        """What is to be said on the stream that has just come."""
        steps = self._steps
        if not self._is_lasting:
            self._steps = None
        return steps

    def take_opening(self) -> Iterable[Step] | None:
        """What is to be said on a connection that has just come."""
        opening = self._opening
        if not self._is_lasting:
            self._opening = None
        return opening

    def close(self) -> None:
        """Take no more connections, and wait for the end of those that are left."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._socket.close()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
            except OSError:
                return
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            channel = Plain() if self._context is None else Tls(self._context)
            conversation = Conversation(self, accepted, channel)
            self.conversations.append(conversation)
            thread = threading.Thread(target=conversation.run, daemon=True)
            self._threads = [each for each in self._threads if each.is_alive()]
            self._threads.append(thread)
            thread.start()


@contextmanager
def hostile(context: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    """A server that is running."""
    server = Hostile(context)
    try:
        yield server
    finally:
        server.close()
