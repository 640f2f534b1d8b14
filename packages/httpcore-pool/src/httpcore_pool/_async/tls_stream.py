"""TLS over any stream: a socket, a transport, a stream of the user's own, or another TLS stream.

There is one TLS in the house, so that TLS in TLS, TLS through a proxy and TLS on a custom backend behave as TLS on a
socket does. Measured for a small echo, asyncio's own TLS costs 67 microseconds of CPU where this costs 57, time-outs
included; uvloop's, which is compiled, costs 42 to 48 where this costs 48.
"""

from __future__ import annotations

import errno
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from httpcore_interfaces import (
    HTTPCoreError,
    NetworkError,
    TimeoutException,
    WriteError,
    WriteTimeout,
)

from .._backends import errors
from .._backends.tls_engine import AsyncTLSEngine
from .._backends.tls_sessions import sessions_of
from .._lives import forget_stream
from .network import AsyncSocketStream

if TYPE_CHECKING:
    import ssl
    from typing import Any

    from httpcore_interfaces import AsyncNetworkStream, AsyncParker

__all__ = ["AsyncTLSStream"]

monotonic = time.monotonic

# Ciphertext is asked for in pieces of this size: three full records and what belongs to them. After one that was large
# there is probably more, and it is asked for in larger ones: with what is left of a record before it, one piece is still
# below 128 KiB, from which on glibc may map memory for each read.
_READ_SIZE = 65536
_LARGE_PIECE = 32768
_LARGE_READ = 106 * 1024
# More plaintext than this is encrypted and sent in turns, so that it is not all in memory twice.
_WRITE_SIZE = 262144


class AsyncTLSStream(AsyncSocketStream):
    """The encrypted stream over another one, which belongs to it.

    One `read` and one `write` may be under way at the same time.
    """

    __slots__ = (
        "_closed",
        "_engine",
        "_given",
        "_is_session_due",
        "_peer",
        "_read_size",
        "_reading",
        "_server",
        "_server_hostname",
        "_sessions",
        "_stream",
    )

    def __init__(
        self,
        stream: AsyncNetworkStream,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None,
        alpn_protocols: tuple[str, ...] | None,
        peer: str,
    ) -> None:
        """For `handshake` alone."""
        self._stream = stream
        self._peer = peer
        self._server_hostname = server_hostname or ""
        # `None` when sessions are not remembered.
        self._sessions = sessions_of(ssl_context) if server_hostname else None
        # Another port is another server, even under the same name; behind a proxy they cannot be told apart.
        self._server = f"{server_hostname}:{peer.rpartition(':')[2]}"
        session = None if self._sessions is None else self._sessions.take(self._server)
        self._is_session_due = self._sessions is not None
        self._given = session
        self._engine = AsyncTLSEngine(ssl_context, server_hostname, session, alpn_protocols)
        self._closed = False
        self._reading = False
        self._read_size = _READ_SIZE

    @classmethod
    async def handshake(
        cls,
        stream: AsyncNetworkStream,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
        alpn_protocols: tuple[str, ...] | None = None,
        is_written_next: bool = False,
    ) -> AsyncTLSStream:
        """Make a TLS client handshake over `stream` and return the encrypted stream.

        `server_hostname`: what to ask for by SNI and to verify. `timeout`: seconds for the whole handshake.
        `alpn_protocols`: what to offer; `None` for what the context says. `is_written_next`: the caller writes at once, so
        that the last words of the handshake can wait for that.
        Raises `ConnectTimeout` and `ConnectError`; then, and when cancelled, `stream` is closed.
        """
        peer = errors.peer_name(stream.get_extra_info("server_addr"))
        started = monotonic()
        try:
            try:
                self = cls(stream, ssl_context, server_hostname, alpn_protocols, peer)
                await self._shake_hands(started, timeout, is_written_next)
            except BaseException:
                await stream.aclose()
                raise
        except TimeoutException as error:
            elapsed = monotonic() - started
            raise errors.tls_timed_out(server_hostname, peer, timeout or 0.0, elapsed) from error
        except (OSError, ValueError, NetworkError) as error:
            raise errors.tls_failed(server_hostname, peer, error) from error
        return self

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `AsyncNetworkStream.read`. An end without TLS's own word for it is an end, and can be told by `get_extra_info`."""
        started = monotonic()
        left = timeout
        ciphertext: bytes | None = None
        self._reading = True
        try:
            while not self._closed:
                data = self._engine.decrypt(max_bytes, ciphertext)
                if data is not None:
                    if self._is_session_due:
                        self._keep_session()
                    return data
                if self._engine.must_send:
                    await self._answer(left)
                ciphertext = await self._stream.read(self._read_size, left)
                self._read_size = _LARGE_READ if len(ciphertext) >= _LARGE_PIECE else _READ_SIZE
                if timeout is not None:
                    # What was read may be less than a record, or none of this stream's business: that is no progress.
                    left = max(0.0, started + timeout - monotonic())
        except OSError as error:
            raise errors.tls_read_failed(self._server_hostname, self._peer, error) from error
        finally:
            self._reading = False
        raise errors.closed_for_reading(self._peer)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As `AsyncNetworkStream.write`.

        After one that was cut short, `get_extra_info("bytes_written")` says what was taken, and the next goes on there.
        Over a stream that does not count, every other fails.
        """
        if not buffer:
            return
        if self._closed:
            raise errors.closed_for_writing(self._peer)
        try:
            if len(buffer) <= _WRITE_SIZE:
                await self._send(buffer, timeout)
                return
            rest = memoryview(buffer)
            while rest:
                await self._send(rest[:_WRITE_SIZE], timeout)
                rest = rest[_WRITE_SIZE:]
        except OSError as error:
            raise errors.write_failed(self._peer, error) from error
        except WriteError as error:
            self._explain(error)
            raise

    async def write_until_readable(self, buffer: bytes, timeout: float | None = None) -> int:
        """As `AsyncNetworkStream` describes it, where the stream beneath has it too; what can be read is plaintext.

        Of what was taken, some may still be waiting here; it goes before whatever is written or read next.
        """
        if not hasattr(self._stream, "write_until_readable"):
            await self.write(buffer, timeout)
            return len(buffer)
        if self._closed:
            raise errors.closed_for_writing(self._peer)
        if self._engine.is_readable(None):
            # It came with something else, so the stream beneath would not tell.
            return 0
        taken = 0
        try:
            while taken < len(buffer):
                piece = memoryview(buffer)[taken : taken + _WRITE_SIZE]
                taken += len(piece)
                if not await self._send_until_readable(piece, timeout):
                    break
        except OSError as error:
            raise errors.write_failed(self._peer, error) from error
        except WriteError as error:
            self._explain(error)
            raise
        return taken

    async def aclose(self) -> None:
        """As `AsyncNetworkStream.aclose`. The peer is told if that needs no waiting."""
        if self._closed:
            return
        self._closed = True
        if self._sessions is not None:
            self._sessions.settle(self._server, self._engine)
        try:
            last_words = self._engine.close()
            if last_words:
                await self._stream.write(last_words, 0.0)
        except HTTPCoreError:
            pass
        finally:
            await self._stream.aclose()

    def forget(self) -> None:
        """Close the descriptor alone; the peer is told nothing."""
        self._closed = True
        forget_stream(self._stream)

    def read_nowait(self, max_bytes: int) -> bytes | None:
        """Return what can be read without waiting; `None` when that is nothing, `b""` at the end or after an error."""
        ciphertext: bytes | None = None
        try:
            while (data := self._engine.decrypt(max_bytes, ciphertext)) is None:
                ciphertext = self._read_below()
                if ciphertext is None:
                    return None
        except OSError:
            return b""
        return data

    def get_extra_info(self, info: str) -> Any:
        """As `AsyncNetworkStream.get_extra_info`; what is not of TLS is asked of the stream beneath."""
        if info == "ssl_object":
            return self._engine.ssl_object
        if info == "is_readable":
            return self._closed or self._is_readable()
        if info == "unannounced_end":
            return self._engine.unannounced_end
        if info == "bytes_written":
            return None if self._stream.get_extra_info(info) is None else self._engine.written
        return self._stream.get_extra_info(info)

    def _is_readable(self) -> bool:
        # Session tickets may come at any time, and are not what is asked for.
        ciphertext: bytes | None = None
        if self._reading:
            # What comes is the reader's; to look for it here would be to take it from under its hands.
            return self._engine.is_readable(None)
        while not self._engine.is_readable(ciphertext):
            ciphertext = self._read_below()
            if ciphertext is None:
                return hasattr(self._stream, "read_nowait") is False and bool(
                    self._stream.get_extra_info("is_readable")
                )
        return True

    def _explain(self, error: WriteError) -> None:
        """Raise a failure by the name of the alert that explains it, if there is one."""
        alert = self._refusal()
        if alert is not None:
            raise errors.tls_write_failed(self._server_hostname, self._peer, alert) from error

    def _refusal(self) -> ssl.SSLError | None:
        """The alert by which the peer said why it takes nothing more, if there is one.

        In TLS 1.3 a client is done with its handshake before the server has looked at its certificate.
        """
        self._is_readable()
        failure = self._engine.failure
        return None if failure is None or errors.alert_in(failure) is None else failure

    def _keep_session(self) -> None:
        """Remember that there is a session; its ticket has come with the first bytes, if the server gives any."""
        sessions, engine = self._sessions, self._engine
        assert sessions is not None
        self._is_session_due = False
        given, self._given = self._given, None
        if given is None:
            sessions.put_source(self._server, engine)
            return
        was_taken = engine.has_resumed()
        if was_taken and engine.can_resume_again():
            sessions.put(self._server, given)
        else:
            sessions.put_offered(self._server, engine, was_taken=was_taken)

    def _read_below(self) -> bytes | None:
        read_nowait = getattr(self._stream, "read_nowait", None)
        return None if read_nowait is None else read_nowait(_READ_SIZE)

    async def _shake_hands(
        self, started: float, timeout: float | None, is_written_next: bool
    ) -> None:
        ciphertext: bytes | None = None
        left = timeout
        while True:
            try:
                done = self._engine.handshake(ciphertext)
            except OSError as error:
                await self._send_last_words()
                if ciphertext == b"":
                    sentence = "the peer ended the connection in the middle of it"
                    raise ConnectionAbortedError(errno.ECONNABORTED, sentence) from error
                raise
            if done and is_written_next:
                return
            await self._send(b"", left)
            if done:
                return
            ciphertext = await self._stream.read(_READ_SIZE, left)
            if timeout is not None:
                left = max(0.0, started + timeout - monotonic())

    async def _send_last_words(self) -> None:
        alert = self._engine.last_words()
        if alert:
            with suppress(HTTPCoreError):
                await self._stream.write(alert, 0.0)

    async def _answer(self, timeout: float | None) -> None:
        """Send what TLS has to say for itself while reading."""
        try:
            if hasattr(self._stream, "write_until_readable"):
                await self._send_until_readable(b"", timeout)
            else:
                await self._send(b"", timeout)
        except WriteTimeout as error:
            elapsed = error.elapsed or 0.0
            raise errors.read_timed_out(self._peer, timeout or 0.0, elapsed) from error
        except WriteError as error:
            raise errors.read_failed(self._peer, error) from error

    async def _send(self, plaintext: bytes | memoryview, timeout: float | None) -> None:
        engine = self._engine
        turn = engine.begin_sending(plaintext)
        if not isinstance(turn, bytes):
            turn = await self._wait_for_turn(turn, timeout)
        if not turn:
            return
        before = self._stream.get_extra_info("bytes_written")
        unsent: bytes | None = None
        try:
            await self._stream.write(turn, timeout)
            unsent = b""
        except BaseException:
            if before is not None:
                unsent = turn[self._stream.get_extra_info("bytes_written") - before :]
            raise
        finally:
            engine.end_sending(unsent)

    async def _wait_for_turn(self, turn: bytes | AsyncParker, timeout: float | None) -> bytes:
        """Wait while another is sending, and return what is left to be sent."""
        while not isinstance(turn, bytes):
            if not await turn.park(timeout):
                raise errors.write_timed_out(self._peer, timeout or 0.0, timeout or 0.0)
            turn = self._engine.begin_sending()
        return turn

    async def _send_until_readable(
        self, plaintext: bytes | memoryview, timeout: float | None
    ) -> bool:
        """`_send`, but no longer than until something can be read; whether all was sent. What was not goes first next time.

        For whoever is reading that is ciphertext, and for others plaintext.
        """
        engine = self._engine
        turn = engine.begin_sending(plaintext)
        if not isinstance(turn, bytes):
            turn = await self._wait_for_turn(turn, timeout)
        if not turn:
            return True
        stream: Any = self._stream
        before = stream.get_extra_info("bytes_written")
        left = timeout
        rest = memoryview(turn)
        unsent: bytes | None = None
        started = monotonic()
        try:
            while rest:
                count = await stream.write_until_readable(rest, left)
                rest = rest[count:]
                if rest and (self._reading or self._is_readable()):
                    break
                if count:
                    started = monotonic()
                if timeout is not None:
                    # What is TLS's own, such as tickets, is no progress.
                    left = max(0.0, started + timeout - monotonic())
            unsent = bytes(rest)
        except BaseException:
            if before is not None:
                unsent = turn[stream.get_extra_info("bytes_written") - before :]
            raise
        finally:
            engine.end_sending(unsent)
        return not unsent
