"""A download over a long way, in a time that is only counted: the windows must not be what limits it.

The link takes `DELAY` in each direction and so many bytes per second. A server sends whenever its windows and the link
let it. Where it has something to send, and the link is free, and yet the window is empty, the link stalls.
"""

from collections import deque

import pytest

from httpcore_http2._core.engine import Engine
from httpcore_http2._core.settings import MAX_STREAM_WINDOW
from httpcore_http2._core.streams import Stream, Wanted

from ..servers import Server

DELAY = 0.05
PIECE = 16_384
FIELDS = [(b":method", b"GET"), (b":authority", b"h"), (b":scheme", b"https"), (b":path", b"/")]


class Way:
    """One direction of the link."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.free_at = 0.0
        self.under_way: deque[tuple[float, bytes]] = deque()

    def put(self, now: float, data: bytes) -> None:
        self.free_at = max(self.free_at, now) + len(data) / self.rate
        self.under_way.append((self.free_at + DELAY, data))

    def next(self, until: float) -> bytes | None:
        """What has arrived by that time."""
        if self.under_way and self.under_way[0][0] <= until:
            return self.under_way.popleft()[1]
        return None


# An empty SETTINGS frame, which is what a server says first.
SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def written(engine: Engine) -> bytes:
    found = b""
    data = engine.begin_write(0, None)
    while data:
        found += data
        data = engine.end_write(len(data), 0)
    return found


class Download:
    """Streams of one connection, each read as fast as it comes; and how it went."""

    def __init__(self, rate: float, streams: int, size: int) -> None:
        self.engine = Engine()
        self.engine.receive(SETTINGS, 0.0, None, Wanted.HEAD)
        self.server = Server(Server.keep_silent)
        self.down, self.up = Way(rate), Way(rate)
        self.now = 0.0
        self.stalled = 0.0
        self.largest = 0
        self.streams: list[Stream] = [
            self.engine.open(list(FIELDS), None, end=True) for _ in range(streams)
        ]
        self.left = dict.fromkeys((stream.stream_id for stream in self.streams), size)
        self.up.put(0.0, written(self.engine))
        self.has_begun = False

    def run(self) -> float:
        """Seconds until everything has come."""
        step = PIECE / self.down.rate
        wanted = sum(self.left.values())
        received = 0
        while received < wanted:
            self.now += step
            while (data := self.up.next(self.now)) is not None:
                self.server(data)
                for stream_id in self.left if not self.has_begun else ():
                    self.server.head(stream_id)
                self.has_begun = True
            self._send(step)
            while (data := self.down.next(self.now)) is not None:
                self.engine.receive(data, self.now, None, Wanted.HEAD)
                self.largest = max(self.largest, sum(stream.lying for stream in self.streams))
                received += sum(len(self.engine.take_body(stream)) for stream in self.streams)
                answer = written(self.engine)
                if answer:
                    self.up.put(self.now, answer)
        return self.now

    def _send(self, step: float) -> None:
        """Let the server fill the link for one step."""
        h2 = self.server.h2
        while self.has_begun and self.down.free_at <= self.now + step and any(self.left.values()):
            open_ids = [
                stream_id
                for stream_id, left in self.left.items()
                if left and h2.local_flow_control_window(stream_id) > 0
            ]
            if not open_ids:
                self.stalled += step
                break
            for stream_id in open_ids:
                room = h2.local_flow_control_window(stream_id)
                size = min(PIECE, room, self.left[stream_id])
                h2.send_data(stream_id, bytes(size))
                self.left[stream_id] -= size
                self.down.put(self.now, self.server.output() or b"")


@pytest.mark.parametrize(
    ("megabytes_per_second", "streams", "most_stalled"),
    [(2, 1, 0.0), (8, 1, 0.05), (40, 1, 0.5), (100, 1, 0.8), (40, 10, 0.0)],
)
def test_the_window_is_not_what_limits_a_download(
    megabytes_per_second: int, streams: int, most_stalled: float
) -> None:
    rate = megabytes_per_second * 1e6
    # Four seconds of the link.
    download = Download(rate, streams, int(rate * 4 / streams))
    seconds = download.run()
    # It stalls, if at all, while the window grows: in the first few of forty round trips.
    assert download.stalled <= most_stalled + 1e-9
    assert seconds < 4.0 + most_stalled + 0.5
    assert download.largest <= MAX_STREAM_WINDOW
