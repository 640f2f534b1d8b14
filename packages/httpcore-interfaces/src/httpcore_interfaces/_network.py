"""What both network interfaces share."""

from __future__ import annotations

#: Arguments of `socket.setsockopt`: (level, option, value) or (level, option, None, length).
SOCKET_OPTION = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)
