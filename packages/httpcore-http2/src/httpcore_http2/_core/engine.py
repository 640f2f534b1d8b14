"""The connection without its waiting: requests and received bytes go in, bytes to write and filled inboxes come out.

Every public method is one atomic step: it leaves stream identifiers, HPACK tables, outbox and inboxes in agreement. The
asynchronous connection calls them as they are, for nothing else runs between two awaits; the synchronous one, which
threads share, has a subclass that holds a lock for each step. So no public method may call another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import h2.errors
import h2.events

from httpcore_interfaces import ConnectionNotAvailable, LocalProtocolError, RemoteProtocolError

from .failures import Failure
from .multiplexer import Multiplexer
from .settings import STREAM_WINDOW
from .states import ConnectionInput, ConnectionState, StreamInput, StreamState
from .streams import Stream, Wanted
from .turns import Turn

if TYPE_CHECKING:
    from httpcore_interfaces import Fields

    from .outbox import Unparkable

__all__ = ["Engine"]

# Bytes of one request's content that may be queued in one step, so that others get their turn between them.
_SEND_AT_ONCE = 128 * 1024


_CODES = h2.errors.ErrorCodes


# By names of their own: in Python 3.11 it takes ten times as long to find a member of an enumeration in its class.
_ACTIVE = ConnectionState.ACTIVE
_CLOSED = ConnectionState.CLOSED
_OPEN = ConnectionInput.OPEN
_EMPTY = ConnectionInput.EMPTY
_RECEIVING = StreamState.RECEIVING
_COMPLETE = StreamState.COMPLETE
_GIVE_UP = StreamInput.GIVE_UP
_READY = Turn.READY
_READ = Turn.READ
_PARK = Turn.PARK


class Engine(Multiplexer):
    """One HTTP/2 client connection. See the module for how its methods may be called."""

    # Questions: plain reads, without a lock in either world.

    def can_open(self) -> bool:
        """Whether `open` would succeed now."""
        return self.state <= _ACTIVE and self.active < self.limit

    def stream_limit(self) -> int:
        """How many requests may be under way at once; 0 when no more are taken."""
        return self.limit if self.state <= _ACTIVE else 0

    def allows_extended_connect(self) -> bool:
        """Whether the server has said so (RFC 8441, 3); meaningful once `preface` has its head."""
        return bool(self._h2.remote_settings.enable_connect_protocol)

    # One request's life.

    def open(
        self,
        fields: Fields,
        to_send: int | None,
        *,
        end: bool,
        is_duplex: bool = False,
        wants_news: bool = False,
    ) -> Stream:
        """Begin a request: queue its HEADERS.

        `to_send`: the bytes of content that its Content-Length promises, `None` for no promise. `end`: whether there is
        no content. `is_duplex`: whether our side goes on after the server's end. `wants_news`: whether interim responses are kept for `take_news`. Raises `ConnectionNotAvailable`,
        with nothing changed.
        """
        if not self.can_open():
            raise ConnectionNotAvailable(
                f"the connection has {self.active} requests under way and takes "
                f"{self.stream_limit()}; send this one later, or over another connection"
            )
        stream_id = self._h2.get_next_available_stream_id()
        is_head = fields[0] == (b":method", b"HEAD")
        stream = Stream(
            stream_id,
            self.outbox.queued,
            to_send,
            is_duplex=is_duplex,
            is_head=is_head,
            wants_news=wants_news,
        )
        self._send_head(stream, fields, end=end)
        self._streams[stream_id] = stream
        self.active += 1
        self.opened += 1
        self._granted += STREAM_WINDOW
        self._move(_OPEN)
        if stream_id >= self._h2.HIGHEST_ALLOWED_STREAM_ID - 1:
            self._move(ConnectionInput.LAST_CALL)
            self.capacity_has_changed = True
        stream.is_sent = end
        self._guard.opened_request()
        stream.bytes_sent = self.outbox.queued - stream.start
        return stream

    def send(self, stream: Stream, data: memoryview | bytes, *, end: bool) -> int:
        """Queue as much of `data` as the windows allow, and a fair share at most; returns how much that was.

        `end`: whether the request ends with `data`. Raises `LocalProtocolError` when that is not what Content-Length has
        promised. Does nothing when the server wants no more: see `Stream.wants_upload`.
        """
        length = len(data)
        if not stream.wants_upload:
            return length
        if stream.to_send is not None and (
            length > stream.to_send or (end and length < stream.to_send)
        ):
            raise LocalProtocolError(
                f"the content is {'longer' if length > stream.to_send else 'shorter'} than its Content-Length: "
                f"{stream.to_send} bytes are left, and {length} {'came at the end' if end else 'came'}"
            )
        if stream.is_sent:
            return length
        if not length:
            if end:
                self._send_end(stream)
                stream.is_sent = True
            return 0
        sent = min(length, self._send_room(stream), _SEND_AT_ONCE)
        if sent <= 0:
            return 0
        stream.is_sent = end and sent == length
        self._send_data(stream, memoryview(data), sent, end=stream.is_sent)
        stream.bytes_sent += sent
        if stream.to_send is not None:
            stream.to_send -= sent
        return sent

    def send_trailers(self, stream: Stream, fields: Fields) -> None:
        """End the request with a trailer section."""
        if stream.wants_upload and not stream.is_sent:
            if stream.is_plain:
                self._adopt(stream)
            self._h2.send_headers(stream.stream_id, fields, end_stream=True)
            stream.is_sent = True
            self._collect()

    def take_news(self, stream: Stream) -> list[tuple[int, Fields]]:
        """Take the interim responses that have come since this was last asked: status and fields of each."""
        news = stream.news
        if not news:
            return []
        stream.news = []
        return news

    def take_body(self, stream: Stream) -> bytes:
        """Take the body that has come, and give credit for it; `b""` when there is none, or no more."""
        data = stream.take()
        if stream.taken * 2 >= stream.window and stream.state == _RECEIVING:
            self._credit(stream, caught_up=len(data) * 4 <= stream.window)
        return data

    def give_up(self, stream: Stream) -> None:
        """End the exchange, whatever is left of it. Frames that still come for it are credited, not kept.

        To be called once for every stream that was opened.
        """
        self._streams.pop(stream.stream_id, None)
        if self.state != _CLOSED:
            complete = stream.state == _COMPLETE
            if not (stream.is_reset or stream.is_over):
                # With the response complete, the rest of the upload is merely of no use (RFC 9113, 8.1).
                self._reset(stream, _CODES.NO_ERROR if complete else _CODES.CANCEL)
                self._collect()
            stream.take()
            if stream.taken:
                self._credit_connection(stream.taken)
            self._forget(stream)
        stream.is_reset = True
        stream.advance(_GIVE_UP)
        self._granted -= stream.window
        self._wake(stream)
        self.active -= 1
        if not self.active:
            self._move(_EMPTY)

    # Waiting and reading.

    def wait(self, stream: Stream, wanted: Wanted, parker: Unparkable | None) -> Turn:
        """Ask how to wait for what is wanted.

        After `READ`, call `receive` until it says that the turn is over, or
        `stop_reading`; after `PARK`, ask again with a parker if there was none, park, ask again or call `leave`.
        """
        if self._has(stream, wanted):
            # Perhaps it was this one that the turn to read was offered to.
            self._turns.offer()
            return _READY
        if self._turns.take():
            return _READ
        if parker is not None:
            self._turns.park(stream, wanted, parker)
        return _PARK

    def leave(self, stream: Stream, parker: Unparkable) -> None:
        """Stop waiting; a turn to read that was just offered goes to the next."""
        self._turns.leave(stream, parker)

    def begin_reading(self) -> bool:
        """Take the turn to read without waiting for anything in particular; whether it was free."""
        return self._turns.take()

    def stop_reading(self) -> None:
        """Give the turn to read back."""
        self._turns.give_back()

    def receive(self, data: bytes, now: float, stream: Stream | None, wanted: Wanted) -> bool:
        """Take in what was read, `b""` for the end of file; `now` in seconds on any steady clock.

        Returns whether the reader's turn is over, because what it wanted is there.
        """
        if not data:
            self._end(
                Failure(
                    RemoteProtocolError,
                    "the server closed the connection in the middle of a request",
                )
            )
        elif self.state != _CLOSED:
            self._receive(data, now)
        if stream is not None and not self._has(stream, wanted):
            return False
        self._turns.give_back()
        return True

    def lose(self, failure: Failure) -> None:
        """The connection is gone: every request under way fails."""
        self._end(failure)

    def close(self, failure: Failure) -> None:
        """We end the connection: queue a GOAWAY, and every request under way fails."""
        if self.state != _CLOSED:
            self._h2.close_connection()
            self._collect()
            self._end(failure)

    def lose_writing(self, failure: Failure) -> None:
        """Nothing can be written any more. Responses that are already on their way may still be read."""
        if self.failure is None:
            self.failure = failure
        self.outbox.close()
        self._last_call()
        for stream in self._streams.values():
            stream.is_reset = True
            self._wake(stream)

    def shut(self) -> None:
        """Forget what could not be written, and wake who waited for it."""
        self.outbox.close()

    def ping(self) -> None:
        """Queue a PING. Any bytes that come are answer enough."""
        if self.state != _CLOSED:
            self._h2.ping(bytes(8))
            self._collect()

    def take_remote_settings(self) -> h2.events.RemoteSettingsChanged | None:
        """What the server has last changed of its settings, if that was since this was last asked."""
        event = self._remote_settings
        self._remote_settings = None
        return event

    def take_capacity_change(self) -> bool:
        """Whether `stream_limit` or the state has changed by what the server did, since this was last asked."""
        changed = self.capacity_has_changed
        self.capacity_has_changed = False
        return changed

    # Writing: the outbox, as atomic steps of the engine.

    def begin_write(self, mark: int, parker: Unparkable | None) -> bytes | None:
        """See `Outbox.begin`."""
        return self.outbox.begin(mark, parker)

    def end_write(self, written: int, mark: int) -> bytes:
        """See `Outbox.end`."""
        return self.outbox.end(written, mark)

    def interrupt_write(self, written: int) -> None:
        """See `Outbox.interrupt`."""
        self.outbox.interrupt(written)

    def leave_write(self, parker: Unparkable) -> None:
        """See `Outbox.leave`."""
        self.outbox.leave(parker)
