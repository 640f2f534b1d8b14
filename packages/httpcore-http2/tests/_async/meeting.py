"""A connection and its server, brought together for a test."""

from typing import Any

from httpcore_http2 import AsyncHTTP2Connection
from httpcore_interfaces import Origin
from httpcore_interfaces.testing import STALL, AsyncScriptedStream

from ..servers import Server

ORIGIN = Origin(b"https", b"example.com", 443)
URL = "https://example.com"


def async_meet(
    server: Server | None = None, *, counts: bool = True, **options: Any
) -> tuple[AsyncHTTP2Connection, AsyncScriptedStream]:
    """A connection over a scripted stream on which `server` answers.

    `counts`: whether the stream knows what it has taken when a write is cut short.
    """
    script = {"at_end": STALL, **options.pop("stream", {})}
    stream = AsyncCountingStream([], on_write=server or Server(), **script)
    stream.counts = counts
    return AsyncHTTP2Connection(ORIGIN, stream, **options), stream


class AsyncCountingStream(AsyncScriptedStream):
    """A scripted stream that says how many bytes it has taken."""

    counts = True

    def get_extra_info(self, info: str) -> Any:
        if info == "bytes_written":
            return len(self.written) if self.counts else None
        return super().get_extra_info(info)


class AsyncObserver:
    """Counts what a connection tells its pool."""

    def __init__(self, *, drops: bool = False) -> None:
        self.ended = 0
        self.changed = 0
        self.dropped = 0
        self.drops = drops

    def exchange_ended(self, limit: int) -> bool:
        self.ended += 1
        return self.drops

    def capacity_changed(self) -> None:
        self.changed += 1

    def response_dropped(self, body: object) -> None:
        raise AssertionError("no response is dropped here")

    async def aclose_dropped(self) -> None:
        self.dropped += 1
