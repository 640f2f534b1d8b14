"""`httpcore._backends.sync.SyncStream` of 1.x: a network stream over a blocking socket that somebody else connected."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

from httpcore_interfaces import (
    ConnectError,
    ConnectTimeout,
    NetworkStream,
    ReadError,
    ReadTimeout,
    WriteError,
    WriteTimeout,
)

from .sockets import is_socket_readable

if TYPE_CHECKING:
    from typing import Any

__all__ = ["SyncStream"]

# With a limit of 0 a socket does not wait, and says so differently.
_TIMED_OUT = (TimeoutError, BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class SyncStream(NetworkStream):
    """Over a socket, a TLS socket, or whatever has the same methods. Subclasses read `_sock`.

    One thread at a time, for the time-out belongs to the socket; but any thread may close it.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._failure: OSError | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `NetworkStream.read`."""
        try:
            self._sock.settimeout(timeout)
            data = self._sock.recv(max_bytes)
            if not data and self._failure is not None:
                raise self._failure  # the kernel tells of a failure once
            return data
        except _TIMED_OUT as error:
            raise ReadTimeout(
                f"read timeout: nothing came within {timeout} s", limit=timeout
            ) from error
        except OSError as error:
            self._failure = error
            raise ReadError(f"reading from the socket failed: {error}") from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As `NetworkStream.write`."""
        if not buffer:
            return
        try:
            self._sock.settimeout(timeout)
            self._sock.sendall(buffer)
        except _TIMED_OUT as error:
            raise WriteTimeout(
                f"write timeout: {len(buffer)} bytes were not taken within {timeout} s",
                limit=timeout,
            ) from error
        except OSError as error:
            raise WriteError(f"writing to the socket failed: {error}") from error

    def close(self) -> None:
        """As `NetworkStream.close`; a thread that reads or writes meanwhile is woken."""
        self._failure = self._failure or OSError("the stream was closed")
        with suppress(OSError, AttributeError):  # the peer has gone, or it is no socket
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> NetworkStream:
        """As `NetworkStream.start_tls`, once: the socket of this class cannot carry TLS inside TLS."""
        if isinstance(self._sock, ssl.SSLSocket):
            raise ConnectError(
                "cannot start TLS inside TLS on a stream that was made from a socket; "
                "let the pool connect through the proxy itself"
            )
        tls: ssl.SSLSocket | None = None
        try:
            self._sock.settimeout(timeout)
            tls = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except _TIMED_OUT as error:
            raise ConnectTimeout(
                f"connect timeout: the TLS handshake with {server_hostname} took longer than {timeout} s",
                limit=timeout,
            ) from error
        except OSError as error:
            raise ConnectError(
                f"the TLS handshake with {server_hostname} failed: {error}"
            ) from error
        finally:
            if tls is None:
                self.close()
        return SyncStream(tls)

    def get_extra_info(self, info: str) -> Any:
        """As `NetworkStream.get_extra_info`."""
        if info == "is_readable":
            return is_socket_readable(self._sock)
        if info == "socket":
            return self._sock
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        with suppress(OSError):  # it has been closed, on either side
            if info == "client_addr":
                return self._sock.getsockname()
            if info == "server_addr":
                return self._sock.getpeername()
        return None
