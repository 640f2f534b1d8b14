"""`httpcore._utils` of 1.x."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

__all__ = ["is_socket_readable"]


def is_socket_readable(sock: socket.socket | None) -> bool:
    """Whether bytes, the end or an error can be read from a socket now. A closed one says yes, and so does `None`."""
    if sock is None or sock.fileno() < 0:
        return True
    if not hasattr(select, "poll"):  # Windows, where file descriptors may be as large as they like
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
