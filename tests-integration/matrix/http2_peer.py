"""The server's side of an HTTP/2 connection, played by h2, which here checks nothing of what is sent."""

from collections.abc import Iterable
from typing import Any

import h2.config
import h2.connection
import h2.events

from .stage import Peer
from .telling import readable


class Http2Peer:
    """One HTTP/2 connection."""

    def __init__(self, peer: Peer, settings: dict[int, int] | None = None) -> None:
        self.peer = peer
        config = h2.config.H2Configuration(
            client_side=False,
            header_encoding=None,
            validate_inbound_headers=False,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
        self.connection = h2.connection.H2Connection(config)
        if settings is not None:
            self.connection.local_settings.update(settings)
        self.connection.initiate_connection()
        self.bodies: dict[int, bytes] = {}
        self._heads: dict[int, str] = {}
        self._ended: list[int] = []
        self.flush()

    def flush(self) -> None:
        """Send what h2 has to send."""
        self.peer.send(self.connection.data_to_send())

    def pump(self) -> None:
        """Read once, and note what the client did other than asking."""
        for event in self.connection.receive_data(self.peer.receive()):
            self._handle(event)
        self.flush()

    def _handle(self, event: Any) -> None:
        match event:
            case h2.events.RequestReceived(stream_id=stream, headers=fields):
                self._heads[stream] = told(fields)
                self.bodies[stream] = b""
            case h2.events.DataReceived(stream_id=stream, data=data):
                self.bodies[stream] += data
                length = event.flow_controlled_length
                if length:
                    self.connection.acknowledge_received_data(length, stream)
            case h2.events.TrailersReceived(headers=fields):
                self.peer.note(f"trailers {told(fields)}")
            case h2.events.StreamEnded(stream_id=stream):
                self._note(stream)
                self._ended.append(stream)
            case h2.events.StreamReset(stream_id=stream, error_code=code):
                self.peer.note(f"reset of stream {stream}, {int(code)}")
            case h2.events.ConnectionTerminated(error_code=code):
                if code:
                    self.peer.note(f"goaway, {int(code)}")

    def _note(self, stream: int) -> None:
        body = self.bodies[stream]
        self.peer.note(f"stream {stream}: {self._heads.pop(stream)}")
        if body:
            self.peer.note(f"stream {stream}: body {readable(body)}")

    def next_request(self) -> int:
        """Wait until a request is there to its end, note it, and return its stream."""
        while not self._ended:
            self.pump()
        return self._ended.pop(0)

    def next_head(self) -> int:
        """Wait until a request has begun, and return its stream."""
        while not self._heads:
            self.pump()
        return next(iter(self._heads))

    def head(
        self, stream: int, *fields: tuple[str, str], status: str = "200", end: bool = False
    ) -> None:
        """Send the head of a response, or trailers if the status is empty."""
        first = [(":status", status)] if status else []
        self.connection.send_headers(stream, [*first, *fields], end_stream=end)
        self.flush()

    def data(self, stream: int, data: bytes, *, end: bool = False) -> None:
        """Send content, as the windows allow."""
        while True:
            while not (room := self.connection.local_flow_control_window(stream)):
                if not data:
                    break
                self.pump()
            piece = data[: min(room, self.connection.max_outbound_frame_size)]
            data = data[len(piece) :]
            self.connection.send_data(stream, piece, end_stream=end and not data)
            self.flush()
            if not data:
                return

    def respond(
        self, stream: int, body: bytes = b"hello", *fields: tuple[str, str], status: str = "200"
    ) -> None:
        """Send a whole response."""
        self.head(stream, ("content-length", str(len(body))), *fields, status=status)
        self.data(stream, body, end=True)

    def reset(self, stream: int, code: int) -> None:
        """Reset a stream."""
        self.connection.reset_stream(stream, code)
        self.flush()

    def goaway(self, last: int, code: int = 0) -> None:
        """Send GOAWAY, and go on all the same."""
        self.frame(7, 0, 0, last.to_bytes(4) + code.to_bytes(4))

    def frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        """Send a frame as it is."""
        head = len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4)
        self.peer.send(head + payload)

    def serve(self) -> None:
        """Answer everything, for as long as the client likes."""
        while True:
            self.respond(self.next_request())


def told(fields: Iterable[Any]) -> str:
    """Return fields as text."""
    return ", ".join(f"{readable(name)}: {readable(value)}" for name, value in fields)
