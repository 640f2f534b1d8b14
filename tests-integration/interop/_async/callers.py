"""What the tests send, and what they look at."""

from collections.abc import AsyncIterator

import httpcore

#: For the extensions of every request: what hangs should say so.
NOT_FOR_EVER = {"timeout": {"pool": 20.0, "connect": 20.0, "read": 20.0, "write": 20.0}}


class AsyncPiecewise:
    """Content in pieces, which remembers whether anybody asked for it."""

    def __init__(self, content: bytes, size: int = 1000) -> None:
        self.content = content
        self.size = size
        self.was_read = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.was_read = True
        for begin in range(0, len(self.content), self.size):
            yield self.content[begin : begin + self.size]


class AsyncListener:
    """Remembers the 1xx responses: their status, and what they link to."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, list[bytes]]] = []

    async def __call__(self, status: int, fields: list[tuple[bytes, bytes]]) -> None:
        links = [value for name, value in fields if name.lower() == b"link"]
        self.heard.append((status, links))


def field(response: httpcore.Response, name: bytes) -> bytes | None:
    """The first value of a response field."""
    return next((value for key, value in response.headers if key.lower() == name), None)
