"""An HTTP/2 server in memory, on h2's server side: what the client writes goes in, what it would read comes out."""

from collections.abc import Callable
from typing import Any, TypeAlias

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from httpcore_interfaces.testing import Step, Steps

Fields: TypeAlias = list[tuple[bytes, bytes]]


class Seen:
    """What has come of one request."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields
        self.content = b""
        self.pieces: list[int] = []
        self.trailers: Fields | None = None
        self.ended = False
        self.reset: int | None = None

    def __getitem__(self, name: bytes) -> bytes:
        return dict(self.fields)[name]


class Server:
    """Give it as `on_write` to a scripted stream.

    `answer` is called with the server and the stream's identifier for every request that has come to its end; `begun`,
    when its head has come.
    """

    def __init__(
        self,
        answer: Callable[["Server", int], None] | None = None,
        *,
        begun: Callable[["Server", int], None] | None = None,
        settings: dict[h2.settings.SettingCodes, int] | None = None,
        credits: bool = True,  # noqa: A002
    ) -> None:
        self.h2 = h2.connection.H2Connection(
            h2.config.H2Configuration(client_side=False, header_encoding=None)
        )
        if settings:
            self.h2.local_settings = h2.settings.Settings(client=False, initial_values=settings)
            self.h2.max_inbound_frame_size = self.h2.local_settings.max_frame_size
        self.h2.initiate_connection()
        self.seen: dict[int, Seen] = {}
        self.events: list[h2.events.Event] = []
        self.credits = credits
        #: Said after the next answer: bytes, an error, `END`.
        self.then: list[Step] = []
        self._answer = answer or Server.hello
        self._begun = begun
        self._unsent: dict[int, tuple[memoryview, bool]] = {}

    def __call__(self, data: bytes) -> Steps | None:
        for event in self.h2.receive_data(data):
            self.events.append(event)
            self._handle(event)
        self._pump()
        output = self.output()
        steps = [*([output] if output else []), *self.then]
        self.then = []
        return steps or None

    def output(self) -> bytes | None:
        """What has been queued since the last time."""
        return self.h2.data_to_send() or None

    def of(self, kind: type[h2.events.Event]) -> list[Any]:
        """The events of one kind, so far."""
        return [event for event in self.events if type(event) is kind]

    # Answers.

    def hello(self, stream_id: int) -> None:
        self.respond(stream_id, b"hello")

    def echo(self, stream_id: int) -> None:
        self.respond(stream_id, self.seen[stream_id].content)

    def keep_silent(self, stream_id: int) -> None:
        """No answer."""

    def head(self, stream_id: int, status: bytes = b"200", *more: tuple[bytes, bytes]) -> None:
        end = bool(more) and more[-1] == (b"", b"")
        fields = [(b":status", status), *(field for field in more if field[0])]
        self.h2.send_headers(stream_id, fields, end_stream=end)

    def respond(
        self, stream_id: int, content: bytes, trailers: Fields | None = None, *, end: bool = True
    ) -> None:
        self.head(stream_id)
        self.send(stream_id, content, end=end and trailers is None)
        if trailers is not None:
            self.h2.send_headers(stream_id, trailers, end_stream=True)

    def go_away(self, last: int, code: int = 0) -> None:
        """Queue a GOAWAY and go on listening, as a server does that ends in good order."""
        self.h2.close_connection(code, last_stream_id=last)
        self.h2.state_machine.state = h2.connection.ConnectionState.SERVER_OPEN

    def send(self, stream_id: int, content: bytes, *, end: bool) -> None:
        """Send as much as the windows allow, and the rest when they open."""
        self._unsent[stream_id] = (memoryview(content), end)
        self._pump()

    def _pump(self) -> None:
        for stream_id, (content, end) in list(self._unsent.items()):
            sent = 0
            try:
                room = self.h2.local_flow_control_window(stream_id)
                while sent < len(content) and room > 0:
                    length = min(room, self.h2.max_outbound_frame_size, len(content) - sent)
                    is_last = end and sent + length == len(content)
                    self.h2.send_data(stream_id, content[sent : sent + length], end_stream=is_last)
                    sent += length
                    room -= length
                if not content and end:
                    self.h2.end_stream(stream_id)
            except (h2.exceptions.StreamClosedError, KeyError):
                del self._unsent[stream_id]
                continue
            self._unsent[stream_id] = (content[sent:], end)
            if sent == len(content):
                del self._unsent[stream_id]

    def _handle(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            assert event.stream_id is not None
            assert event.headers is not None
            self.seen[event.stream_id] = Seen([(bytes(n), bytes(v)) for n, v in event.headers])
            if self._begun is not None:
                self._begun(self, event.stream_id)
        elif isinstance(event, h2.events.DataReceived):
            assert event.stream_id is not None
            assert event.data is not None
            assert event.flow_controlled_length is not None
            self.seen[event.stream_id].content += event.data
            self.seen[event.stream_id].pieces.append(len(event.data))
            if self.credits:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            assert event.stream_id is not None
            assert event.headers is not None
            self.seen[event.stream_id].trailers = [(bytes(n), bytes(v)) for n, v in event.headers]
        elif isinstance(event, h2.events.StreamEnded):
            assert event.stream_id is not None
            self.seen[event.stream_id].ended = True
            stream = self.h2.streams.get(event.stream_id)
            if stream is not None and not stream.closed:
                self._answer(self, event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            assert event.stream_id is not None
            self.seen[event.stream_id].reset = int(event.error_code or 0)
