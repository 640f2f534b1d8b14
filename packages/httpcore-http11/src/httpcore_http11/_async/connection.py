"""An HTTP/1.1 connection: the codec on one side, a network stream on the other, and the waiting between them.

All that can be decided is decided by the codec and by the table of states. What is left here is the order of things:
what is written when, when to look for an answer that comes before its request is finished, and that whatever happens
at a wait, a time-out, an error or a cancellation, is one input to the table and one notice to the observer.
"""

from __future__ import annotations

import logging
from sys import is_finalizing
from time import monotonic
from typing import TYPE_CHECKING
from warnings import warn

from httpcore_interfaces import (
    EMPTY,
    AsyncConnectionInterface,
    AsyncTrace,
    ConnectionNotAvailable,
    HTTPCoreError,
    NetworkError,
    PlainByteStream,
    ReadError,
    ReadTimeout,
    RemoteProtocolError,
    Response,
    TimeoutException,
    Timeouts,
    WriteError,
    WriteTimeout,
    async_whole_response,
    checked_async_answer,
    validate_request,
)

from .._core.codec import Codec
from .._core.limits import DEFAULT_LIMITS, check_options
from .._core.states import (
    ABANDON,
    AFTER,
    CANCEL,
    CLOSE,
    CLOSED,
    CONNECTION_TABLE,
    END_KEEP,
    END_LAST,
    EOF,
    FAULT,
    HEAD,
    IDLE,
    NEW,
    RECEIVING,
    SEND,
    SENDING,
    SENT,
    SWITCH,
    TIMEOUT,
    UNSENT,
    WAITING,
    shown_state,
)
from .body import AsyncResponseBody, AsyncTracedResponseBody
from .sources import open_source
from .switched import AsyncSwitchedStream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Self

    from httpcore_interfaces import (
        AsyncConnectionObserver,
        AsyncNetworkStream,
        Origin,
        Request,
    )

    from .._core.codec import Head
    from .._core.limits import Limits
    from .sources import AsyncSource

__all__ = ["AsyncHTTP11Connection"]

logger = logging.getLogger("httpcore.http11")
is_logging = logger.isEnabledFor
DEBUG = logging.DEBUG

# RFC 9110, 9.2.2.
_IDEMPOTENT = frozenset((b"GET", b"HEAD", b"OPTIONS", b"TRACE", b"PUT", b"DELETE"))

# A body, or a piece of one, that is no larger than this is joined to what stands before it: copying is cheaper than
# another write.
_JOINED_BYTES = 65_536

# How much of a body to ask for when the last piece of it was so large that more is probably there. No more than this:
# from 128 KiB on glibc may map memory for each read, and unmaps it when less has come.
_LARGE_READ = 126_976
_LARGE_PIECE = 32_768

# What may be read, without waiting, to save a connection whose response was given up.
_DRAINED_BYTES = 65_536

# How long to look for a response after writing has failed.
_SALVAGE_SECONDS = 1.0

# How long before the server's own time a connection is no longer used, in seconds.
_HINT_MARGIN = 1.0

# What is left to be closed after an exchange: the stream, and what the pool has dropped.
_STREAM = 1
_DROPPED = 2

_AFTER_SEND = AFTER[SEND]
_SENT = AFTER[SENT][SENDING]
_AFTER_HEAD = AFTER[HEAD]
_AFTER_WHOLE = AFTER[END_KEEP][_AFTER_HEAD[WAITING]]

_from_wire = Response.from_wire

_PHASES = {SENDING: "write request", WAITING: "read response head"}


class AsyncHTTP11Connection(AsyncConnectionInterface):
    """One HTTP/1.1 connection over a network stream of any kind. One request at a time.

    - `origin`: where the stream leads.
    - `stream`: connected, with nothing read or written yet; the connection owns it from now on.
    - `keepalive_expiry`: seconds an idle connection stays of use; `None` sets no limit. What the server says in
      `Keep-Alive`, less a second, is respected too.
    - `limits`: what a response may have at most.
    - `continue_timeout`: seconds to wait for an answer to `Expect: 100-continue` before the body is sent all the same.
    - `lenient`: `True` to leave out response fields whose values have illegal bytes, and list them in the response's
      `skipped_fields` extension, instead of refusing the response; and to take a body for whole that only the end of a TLS
      connection ends, when TLS did not announce that end, and say so in its `unannounced_end` extension.
    """

    __slots__ = (
        "__weakref__",
        "_bytes_sent",
        "_codec",
        "_continue_timeout",
        "_early",
        "_expires_at",
        "_keepalive_expiry",
        "_method",
        "_observer",
        "_origin",
        "_read_size",
        "_requests",
        "_source",
        "_state",
        "_stream",
        "_wrote",
    )

    READ_NUM_BYTES = 65_536

    def __init__(
        self,
        origin: Origin,
        stream: AsyncNetworkStream,
        keepalive_expiry: float | None = None,
        *,
        limits: Limits = DEFAULT_LIMITS,
        continue_timeout: float = 1.0,
        lenient: bool = False,
    ) -> None:
        if limits is not DEFAULT_LIMITS or continue_timeout != 1.0 or lenient is not False:
            check_options(limits, continue_timeout, lenient)
        self._origin = origin
        self._stream = stream
        self._keepalive_expiry = keepalive_expiry
        self._continue_timeout = continue_timeout
        self._codec = Codec(limits, lenient=lenient)
        self._state = NEW
        self._observer: AsyncConnectionObserver | None = None
        self._requests = 0
        self._expires_at: float | None = None
        self._method = b""
        self._bytes_sent = 0
        self._wrote = False
        self._source: AsyncSource | None = None
        self._early: Head | None = None
        self._read_size = self.READ_NUM_BYTES

    # Requests.

    async def handle_async_request(self, request: Request) -> Response:
        """Send a request exactly as it is and return its response, whose body is still to be read.

        Raises `ConnectionNotAvailable` when the connection serves another request, is closed, or has become stale, and
        what `exchange` raises. Raises `RuntimeError` for a request to another origin.
        """
        validate_request(request)
        origin = request.url.origin
        if origin != self._origin:
            raise RuntimeError(
                f"Attempted to send request to {origin} on connection to {self._origin}"
            )
        timeouts = Timeouts.of(request.extensions)
        if self._state is IDLE and self.has_expired():
            await self.aclose()
        return await self.exchange(request, timeouts)

    async def exchange(self, request: Request, timeouts: Timeouts) -> Response:
        """`handle_async_request` for a caller that has validated the request and read its time-outs already.

        Raises `ConnectionNotAvailable` when it cannot be taken, as when it has expired, and then nothing has happened;
        `LocalProtocolError` for a request that HTTP/1.1 cannot express or whose body is not of the declared length;
        `RemoteProtocolError`, `ReadError`, `WriteError`, `ReadTimeout`, `WriteTimeout`, after which, as after
        cancellation, the connection is closed, unless nothing at all had been written.
        """
        state = self._state
        if state is IDLE:
            try:
                # What `has_expired` does, without its call.
                expires_at = self._expires_at
                has_expired = (
                    expires_at is not None and monotonic() > expires_at
                ) or self._stream.get_extra_info("is_readable")
            except BaseException:
                self._state = _AFTER_SEND[state]
                await self._end(FAULT, None)
                raise
            # Or another has closed it while it was looked at.
            if has_expired or self._state is not state:
                raise self._refusal()
        elif state is not NEW:
            raise self._refusal()
        self._state = _AFTER_SEND[state]
        self._requests += 1
        self._method = method = request.method
        self._wrote = False
        self._bytes_sent = 0
        codec = self._codec
        extensions = request.extensions
        trace = None
        if is_logging(DEBUG) or "trace" in extensions:
            trace = AsyncTrace.of(extensions, logger, "http11")
        # The steps of the plainest exchange, whose request has no content, and whose response comes at once and is to be
        # read whole, stand here one after the other, without a call for each.
        try:
            if state is NEW:
                await self._expect_silence()
            try:
                if trace is not None:
                    await self._traced_sending(trace, request, timeouts)
                else:
                    data = codec.encode_checked_head(method, request.url.target, request.headers)
                    if (
                        request.stream is EMPTY
                        and not codec.body_length
                        and "trailers" not in extensions
                    ):
                        self._wrote = True
                        limit = timeouts.write
                        if timeouts.deadline is not None:
                            limit = timeouts.bounded(limit)
                        await self._stream.write(data, limit)
                        self._bytes_sent = len(data)
                        self._state = (
                            _SENT if self._state is SENDING else CONNECTION_TABLE[self._state, SENT]
                        )
                    else:
                        await self._send(data, request, timeouts)
                        if self._state is SENDING:
                            await self._send_body(request, timeouts)
            except (WriteError, WriteTimeout) as error:
                # A server that refuses a body answers and then stops reading: the answer counts, not the broken pipe.
                self._early = await self._salvage(error, timeouts)
                if self._early is None:
                    raise
                await self._close_source()
            if trace is not None or codec.received:
                # The final head may be here already.
                return await self._answer(request, timeouts, trace)
            limit = timeouts.read
            began = 0.0 if limit is None else monotonic()
            if timeouts.deadline is not None:
                limit = timeouts.bounded(limit)
            data = await self._stream.read(self.READ_NUM_BYTES, limit)
            reads_whole = getattr(request, "reads_whole", False)
            whole = codec.receive_whole(data) if reads_whole else None
            if whole is None:
                first = codec.receive_head(data)
                if first is None or first[1] < 200:
                    first = await self._final_head(first, began, request, timeouts)
                content = codec.take_whole() if reads_whole else None
                if content is None:
                    return self._response(first, request, timeouts, None)
                whole = first, content
            if self._state is not WAITING:
                # It was closed in the meantime, and the table says so.
                self._state = CONNECTION_TABLE[self._state, HEAD]
        except BaseException as error:
            await self._fail(error, timeouts, trace)
            raise
        (version, status, reason, fields), content = whole
        # What `_ended` does.
        observer = self._observer
        self._state = _AFTER_WHOLE
        hint = codec.keep_alive_hint
        if hint is None and self._keepalive_expiry is None:
            self._expires_at = None
        else:
            self._expires_at = self._expiry(hint)
        if observer is not None and observer.exchange_ended(1):
            await observer.aclose_dropped()
        return async_whole_response(
            status,
            fields,
            content,
            {"http_version": version, "reason_phrase": reason, "network_stream": self._stream},
        )

    async def _answer(
        self, request: Request, timeouts: Timeouts, trace: AsyncTrace | None
    ) -> Response:
        """The response, where `exchange` does not make it itself."""
        if trace is None:
            head = await self._receive_head(request, timeouts)
        else:
            head = await self._traced_receiving(trace, request, timeouts)
        return self._response(head, request, timeouts, trace)

    def _refusal(self) -> ConnectionNotAvailable:
        state = shown_state(self._state)
        why = "has expired" if state == IDLE else f"is {state}"
        return ConnectionNotAvailable(
            f"the connection {why} and takes no request; use another one", origin=self._origin
        )

    async def _expect_silence(self) -> None:
        """Before the first request the peer has nothing to say: it would be taken for an answer.

        Before the others `has_expired()` looks for that. Raises `RemoteProtocolError`, `ReadError`.
        """
        if not self._stream.get_extra_info("is_readable"):
            return
        data = await self._read_now()
        if data is None:
            return
        if not data:
            # Programs look for these very words, which are httpcore's.
            raise RemoteProtocolError("Server disconnected without sending a response.")
        raise RemoteProtocolError(
            f"the peer sent {data[:40]!r} before any request was sent, so it is no answer to one; does it speak HTTP/1.1?",
            bytes_received=len(data),
        )

    async def _traced_sending(
        self, trace: AsyncTrace, request: Request, timeouts: Timeouts
    ) -> None:
        info = {"request": request}
        await trace.step("send_request_headers", info, self._send_head, request, timeouts)
        await trace.step("send_request_body", info, self._send_body, request, timeouts)

    async def _traced_receiving(
        self, trace: AsyncTrace, request: Request, timeouts: Timeouts
    ) -> Head:
        info = {"request": request}
        return await trace.step(
            "receive_response_headers", info, self._receive_head, request, timeouts
        )

    def _response(
        self, head: Head, request: Request, timeouts: Timeouts, trace: AsyncTrace | None
    ) -> Response:
        version, status, reason, fields = head
        codec = self._codec
        stream = self._stream
        if codec.switched:
            self._state = CONNECTION_TABLE[self._state, SWITCH]
            leading = codec.unread()
            if leading:
                stream = AsyncSwitchedStream(stream, leading)
        else:
            self._state = _AFTER_HEAD.get(self._state) or CONNECTION_TABLE[self._state, HEAD]
        extensions: dict[str, Any] = {
            "http_version": version,
            "reason_phrase": reason,
            "network_stream": stream,
        }
        if codec.skipped:
            extensions["skipped_fields"] = codec.skipped
        if trace is None:
            body = AsyncResponseBody(self, timeouts, extensions)
        else:
            body = AsyncTracedResponseBody(self, timeouts, extensions, request, trace)
        return _from_wire(status, fields, body, extensions)

    # Writing.

    async def _send_head(self, request: Request, timeouts: Timeouts) -> None:
        # Whoever listens may have changed the request since it was checked.
        data = self._codec.encode_head(request.method, request.url.target, request.headers)
        await self._send(data, request, timeouts)

    async def _send(self, data: bytes, request: Request, timeouts: Timeouts) -> None:
        """Write the head, `data`, and what of the body can go with it in one write."""
        codec = self._codec
        trailers = request.extensions.get("trailers")
        if trailers:
            # What a function will give is not known before the body has been sent.
            codec.check_trailers([] if callable(trailers) else _trailers_of(request))
        body = request.stream
        content = body.content if type(body) is PlainByteStream else None
        if content or codec.body_length or content is None:
            if content is None or len(content) > _JOINED_BYTES or codec.expects_continue:
                await self._begin_body(data, request, timeouts)
                return
            data += codec.encode_content(content, _trailers_of(request))
        await self._write(data, timeouts)
        self._state = CONNECTION_TABLE[self._state, SENT]

    async def _begin_body(self, data: bytes, request: Request, timeouts: Timeouts) -> None:
        """Write the head, `data`, with the first piece of a body that is longer, or is read from somewhere."""
        codec = self._codec
        length = codec.body_length
        self._source = source = open_source(request.stream)
        if length > 0:
            size = await source.size()
            if size is not None:
                codec.check_length(size)
        if length < 0 or codec.expects_continue:
            await self._write(data, timeouts)
        elif length:
            await self._write_with_first_piece(request, data, timeouts)
        else:
            await self._write_without_content(data, request, source, timeouts)

    async def _write_without_content(
        self, data: bytes, request: Request, source: AsyncSource, timeouts: Timeouts
    ) -> None:
        # Before anything is written, for most bodies of requests that declare none are known to be empty without waiting.
        while (piece := await source.pull()) is not None:
            self._codec.encode_data(piece)
        self._source = None
        self._codec.encode_end(_trailers_of(request))
        await self._write(data, timeouts)
        self._state = CONNECTION_TABLE[self._state, SENT]

    async def _write_with_first_piece(
        self, request: Request, data: bytes, timeouts: Timeouts
    ) -> None:
        # The caller waits for nothing between the two, and the server can begin at once.
        assert self._source is not None
        piece = await self._source.pull()
        if piece is None:
            # Refuses it, before anything was written.
            piece = self._codec.encode_end()
        if len(piece) <= _JOINED_BYTES:
            await self._write(data + self._codec.encode_data(piece), timeouts)
        else:
            self._codec.encode_data(piece)
            await self._write(data, timeouts)
            await self._write_watching(request, piece, timeouts)

    async def _send_body(self, request: Request, timeouts: Timeouts) -> None:
        """Write the rest of the request, unless its response comes first."""
        if self._state is not SENDING:
            return
        source = self._source
        assert source is not None
        codec = self._codec
        if codec.expects_continue:
            await self._await_continue(request, timeouts)
        while self._early is None:
            piece = await source.pull()
            if piece is None:
                break
            # What comes when the last byte has been sent is no early answer.
            if not codec.is_sent() and self._stream.get_extra_info("is_readable"):
                await self._look_for_head(request)
            if self._early is None:
                await self._write_piece(request, piece, timeouts)
            # A buffer of the caller's is the caller's again, who may resize or close it.
            del piece
        if self._early is not None:
            await self._close_source()
            return
        end = codec.encode_end(_trailers_of(request))
        self._source = None
        if end:
            await self._write_watching(request, end, timeouts)
        if self._early is None:
            self._state = CONNECTION_TABLE[self._state, SENT]

    async def _write_piece(self, request: Request, piece: bytes, timeouts: Timeouts) -> None:
        if len(piece) <= _JOINED_BYTES:
            data = self._codec.encode_data(piece)
            if data:
                await self._write_watching(request, data, timeouts)
            return
        before, after = self._codec.encode_chunk_size(len(piece))
        for part in (before, piece, after):
            if part and self._early is None:
                await self._write_watching(request, part, timeouts)

    async def _write_watching(self, request: Request, data: bytes, timeouts: Timeouts) -> None:
        """Write a part of the body, but no more of it once the final response has begun to come.

        A peer that does not take the body may have answered instead (RFC 9112, 9.5).
        """
        write = getattr(self._stream, "write_until_readable", None)
        while write is not None:
            bounded = timeouts.deadline is not None
            limit = timeouts.bounded(timeouts.write) if bounded else timeouts.write
            self._wrote = True
            count = await write(data, limit)
            self._bytes_sent += count
            if count == len(data):
                return
            # As from a source.
            data = memoryview(data)[count:]  # type: ignore[assignment]
            if not await self._look_for_head(request):
                # What can be read is nothing for us, and would be there again and again.
                break
            if self._early is not None:
                return
        await self._write(data, timeouts)

    async def _write(self, data: bytes, timeouts: Timeouts) -> None:
        limit = timeouts.write if timeouts.deadline is None else timeouts.bounded(timeouts.write)
        self._wrote = True
        await self._stream.write(data, limit)
        self._bytes_sent += len(data)

    async def _salvage(self, error: HTTPCoreError, timeouts: Timeouts) -> Head | None:
        """The final head, if one came before writing failed."""
        # A peer that is gone lets nobody wait; one that does not read might.
        limit = 0.0 if isinstance(error, WriteTimeout) else timeouts.bounded(_SALVAGE_SECONDS)
        codec = self._codec
        try:
            while not codec.switched:
                head = codec.next_head()
                if head is None:
                    codec.receive(await self._stream.read(self.READ_NUM_BYTES, limit))
                elif head[1] >= 200:
                    return head
        except HTTPCoreError:
            pass
        return None

    async def _close_source(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            await source.aclose()

    # Reading.

    async def _await_continue(self, request: Request, timeouts: Timeouts) -> None:
        """Wait for the server's word, as long as is sensible (RFC 9110, 10.1.1)."""
        codec = self._codec
        until = monotonic() + self._continue_timeout
        while True:
            head = codec.next_head()
            if head is None:
                limit = timeouts.bounded(max(0.0, until - monotonic()))
                try:
                    data = await self._stream.read(self.READ_NUM_BYTES, limit)
                except ReadTimeout:
                    return
                codec.receive(data)
            elif head[1] >= 200:
                self._early = head
                return
            else:
                await _inform(request, head)
                if head[1] == 100:
                    return

    async def _read_now(self) -> bytes | None:
        """What has come, without waiting; `None` if it was TLS's own, and nothing for us."""
        try:
            return await self._stream.read(self.READ_NUM_BYTES, 0.0)
        except ReadTimeout:
            return None
        except ReadError:
            # So streams of other makes say the same. If the connection is broken, writing will tell.
            if self._stream.get_extra_info("ssl_object") is None:
                raise
            return None

    async def _look_for_head(self, request: Request) -> bool:
        """Read what has come while the request was being written; whether that was anything."""
        codec = self._codec
        data = await self._read_now()
        if data is None:
            return False
        codec.receive(data)
        while (head := codec.next_head()) is not None:
            if codec.switched:
                # The codec has seen the last byte, but it has not been sent.
                raise RemoteProtocolError(
                    f"the server switched protocols (status {head[1]}) before the request was sent to its end"
                )
            if head[1] >= 200:
                self._early = head
                break
            await _inform(request, head)
        return True

    async def _receive_head(self, request: Request, timeouts: Timeouts) -> Head:
        """The final head."""
        if self._early is not None:
            early, self._early = self._early, None
            return early
        return await self._final_head(self._codec.next_head(), monotonic(), request, timeouts)

    async def _final_head(
        self, head: Head | None, began: float, request: Request, timeouts: Timeouts
    ) -> Head:
        """The final head, when `head` is the first one, if it is here; the wait for it began at `began`."""
        codec = self._codec
        informed = False
        while head is None or (head[1] < 200 and head[1] != 101):
            if head is None:
                # A 1xx response is no progress: time goes on running.
                limit = timeouts.read
                if informed and limit is not None:
                    limit = max(0.0, limit - (monotonic() - began))
                if timeouts.deadline is not None:
                    limit = timeouts.bounded(limit)
                codec.receive(await self._stream.read(self.READ_NUM_BYTES, limit))
            else:
                informed = True
                await _inform(request, head)
            head = codec.next_head()
        return head

    async def _receive(self, timeouts: Timeouts, extensions: dict[str, Any]) -> None:
        """Wait for more of the body; `extensions` are the response's."""
        limit = timeouts.read if timeouts.deadline is None else timeouts.bounded(timeouts.read)
        data = await self._stream.read(self._read_size, limit)
        self._read_size = _LARGE_READ if len(data) >= _LARGE_PIECE else self.READ_NUM_BYTES
        self._codec.receive(data)
        if not data and self._stream.get_extra_info("unannounced_end"):
            self._codec.doubt_end()
            extensions["unannounced_end"] = True

    # The end of an exchange.

    def _complete(self) -> int:
        """The body has been read to its end. As `_ended`."""
        keep = self._state is RECEIVING and self._codec.can_reuse()
        return self._ended(END_KEEP if keep else END_LAST)

    async def _abandon(self, may_drain: bool, trace: AsyncTrace | None) -> None:
        """The caller does not want the rest of the body, which may be read on if nobody else is reading it."""
        keep = False
        if may_drain and self._state is RECEIVING:
            try:
                keep = await self._drain()
            except BaseException:
                await self._end(CANCEL, trace)
                raise
        await self._end(END_KEEP if keep else ABANDON, trace)

    async def _drain(self) -> bool:
        """Read the rest of the body if it is here already and small; whether the connection can go on."""
        codec = self._codec
        left = _DRAINED_BYTES
        try:
            while left >= 0:
                chunk = codec.next_chunk()
                if chunk is not None:
                    if not chunk:
                        return codec.can_reuse()
                    left -= len(chunk)
                elif self._stream.get_extra_info("is_readable"):
                    codec.receive(await self._stream.read(self.READ_NUM_BYTES, 0.0))
                else:
                    break
        except HTTPCoreError:
            pass
        return False

    async def _fail(
        self, error: BaseException, timeouts: Timeouts, trace: AsyncTrace | None
    ) -> None:
        """The exchange ends with an error."""
        happened = FAULT
        # What the peer says, or fails to say, to no request at all ends the connection, too.
        if not self._wrote and not isinstance(error, (RemoteProtocolError, NetworkError)):
            happened = UNSENT
        elif isinstance(error, TimeoutException):
            happened = TIMEOUT
        elif not isinstance(error, Exception):
            happened = CANCEL
        elif self._codec.at_eof() and not isinstance(error, NetworkError):
            happened = EOF
        if isinstance(error, HTTPCoreError):
            received = self._codec.received
            timeouts.blame_total(error)
            error.add_details(
                phase=_PHASES.get(self._state, "read response body"),
                method=self._method.decode("ascii", "replace"),
                origin=self._origin,
                reused=self._requests > 1,
                bytes_sent=self._bytes_sent,
                bytes_received=received if self._wrote else 0,
                safe_to_retry=not self._wrote or (not received and self._method in _IDEMPOTENT),
            )
        try:
            await self._close_source()
        finally:
            await self._end(happened, trace)

    async def _end(self, happened: str, trace: AsyncTrace | None) -> None:
        """The exchange ends, and that is told."""
        if self._state is CLOSED:
            return  # aclose() was first
        left = self._ended(happened)
        try:
            if trace is not None:
                await trace.event("response_closed.started", {})
        finally:
            if left:
                await self._aclose_ended(left)
        if trace is not None:
            await trace.event("response_closed.complete", {"return_value": None})

    def _ended(self, happened: str) -> int:
        """Every exchange ends here: first the state, then the observer. Returns what `_aclose_ended` has to do."""
        if self._state is CLOSED:
            return 0  # aclose() was first
        # Before the state: whoever closes a connection that is idle tells nobody, and takes the observer away.
        observer = self._observer
        state = self._state
        state = self._state = AFTER[happened].get(state) or CONNECTION_TABLE[state, happened]
        left = 0
        if state is CLOSED:
            left = _STREAM
        else:
            hint = self._codec.keep_alive_hint
            is_bounded = hint is not None or self._keepalive_expiry is not None
            self._expires_at = self._expiry(hint) if is_bounded else None
        # From here on another may have the connection.
        if observer is not None and observer.exchange_ended(0 if left else 1):
            left |= _DROPPED
        return left

    async def _aclose_ended(self, left: int) -> None:
        """Close what is left to be closed after an exchange."""
        observer = self._observer
        try:
            if left & _STREAM:
                await self._stream.aclose()
        finally:
            if left & _DROPPED and observer is not None:
                await observer.aclose_dropped()

    def _expiry(self, hint: float | None) -> float:
        """When the connection stops being of use; there is a hint of the server's, or a limit of our own."""
        own = self._keepalive_expiry
        if hint is not None:
            hint = max(0.0, hint - _HINT_MARGIN)
            own = hint if own is None else min(own, hint)
        assert own is not None
        return monotonic() + own

    def _dropped(self, body: AsyncResponseBody) -> None:
        """The body was collected while its response was under way. No lock and no I/O here: this may be any moment."""
        # Whoever switched protocols has the stream, and may well have let go of the response.
        if self._state is CLOSED or self._codec.switched or is_finalizing():
            return
        observer = self._observer
        if observer is not None:
            observer.response_dropped(body)
        # With tracemalloc, the warning tells where the response was made.
        warn(
            f"the response to {self._method.decode('ascii', 'replace')} {self._origin} was neither read to its end "
            "nor closed, and kept its connection until it was collected; close it, or use `stream()`",
            ResourceWarning,
            stacklevel=3,
            source=body,
        )

    # The connection as a pool sees it.

    def observe(self, observer: AsyncConnectionObserver) -> None:
        """From now on tell `observer`, which replaces an earlier one."""
        self._observer = observer

    async def aclose(self) -> None:
        """Close at once; a request under way ends with an error. Calling it again does nothing."""
        busy = self._state not in (NEW, IDLE, CLOSED)
        self._state = CONNECTION_TABLE[self._state, CLOSE]
        observer = self._observer
        dropped = busy and observer is not None and observer.exchange_ended(0)
        try:
            await self._stream.aclose()
        finally:
            # There is nothing more to tell. Each of the two knows the other, and both would wait for the garbage
            # collector, with all the memory of TLS.
            self._observer = None
            if dropped and observer is not None:
                await observer.aclose_dropped()

    def stream_limit(self) -> int:
        """How many requests may be under way at once: one, and none once it is closed."""
        return 0 if self._state is CLOSED else 1

    def can_handle_request(self, origin: Origin) -> bool:
        """Whether the connection leads to this origin."""
        return origin == self._origin

    def is_available(self) -> bool:
        """Whether it can take a request now."""
        return self._state is IDLE or self._state is NEW

    def has_expired(self) -> bool:
        """Whether an idle connection has become useless: too old, closed by the server, or with bytes nobody asked for.

        One that has served nobody yet says no: its first request looks, and tells what came.
        """
        if self._state is not IDLE:
            return False
        if self._expires_at is not None and monotonic() > self._expires_at:
            return True
        return bool(self._stream.get_extra_info("is_readable"))

    def is_idle(self) -> bool:
        """Whether it is open, has served a request, and serves none now."""
        return self._state is IDLE

    def is_closed(self) -> bool:
        """Whether it is closed for good."""
        return self._state is CLOSED

    def info(self) -> str:
        """Origin, protocol, state and number of requests, for people."""
        return f"{str(self._origin)!r}, HTTP/1.1, {shown_state(self._state)}, Request Count: {self._requests}"

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} [{str(self._origin)!r}, {shown_state(self._state)}, "
            f"Request Count: {self._requests}]>"
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.aclose()


async def _inform(request: Request, head: Head) -> None:
    """Show a 1xx response to whoever asked for it."""
    callback = request.extensions.get("informational")
    if callback is not None:
        await checked_async_answer(callback(head[1], head[3]), "informational")


def _trailers_of(request: Request) -> Sequence[tuple[bytes, bytes]]:
    """The request's trailer fields; a function gives them, and is asked when the body has been sent."""
    trailers = request.extensions.get("trailers") or ()
    if callable(trailers):
        trailers = trailers()
    if not isinstance(trailers, (list, tuple)):
        raise TypeError(
            f"trailers must be a list of pairs of bytes, or a function that gives one, but got {type(trailers).__name__}"
        )
    return trailers
