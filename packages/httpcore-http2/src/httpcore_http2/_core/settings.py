"""What this client tells a server in its first frame, and the limits it keeps by itself. Each with its reason.

The windows are chosen so that no response can starve another: however many responses lie unread, their stream windows
together stay below half the connection's, and the other half covers what has been read but not credited yet.
"""

from __future__ import annotations

from h2.settings import SettingCodes, Settings

__all__ = [
    "CONNECTION_WINDOW",
    "MAX_FRAME_SIZE",
    "MAX_HEADER_LIST_SIZE",
    "MAX_INFORMATIONAL",
    "MAX_SETTINGS",
    "MAX_STREAM_WINDOW",
    "OWN_STREAM_LIMIT",
    "STREAM_WINDOW",
    "local_settings",
]

#: Bytes a server may send on one stream before the reader has taken any: what one unread response can cost in memory.
STREAM_WINDOW = 1024 * 1024

#: Bytes a stream's window may grow to while its reader keeps up, so that a long round trip does not limit a download.
MAX_STREAM_WINDOW = 16 * 1024 * 1024

#: Bytes a server may send on all streams together; set once, when the connection begins.
CONNECTION_WINDOW = 256 * 1024 * 1024

#: Streams open at once, however many the server would allow; also what is assumed before it has said a number.
OWN_STREAM_LIMIT = 100

#: Bytes in one frame's payload. A frame costs the same to handle whatever its length, so larger ones are welcome.
MAX_FRAME_SIZE = 64 * 1024

#: Bytes of one header section, counted as RFC 9113, 6.5.2 counts them. What HPACK unpacks to is bounded by it.
MAX_HEADER_LIST_SIZE = 64 * 1024

#: Interim (1xx) responses to one request.
MAX_INFORMATIONAL = 100

#: Settings in one frame; there are hardly ten that mean anything.
MAX_SETTINGS = 32


def local_settings() -> Settings:
    """The settings of the connection preface, in force for us from the start."""
    settings = Settings(
        client=True,
        initial_values={
            # Nobody asked for pushed responses and there is nowhere to put them.
            SettingCodes.ENABLE_PUSH: 0,
            SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
            SettingCodes.MAX_FRAME_SIZE: MAX_FRAME_SIZE,
            # Advice to the server (RFC 9113, 10.5.1); the HPACK decoder enforces it.
            SettingCodes.MAX_HEADER_LIST_SIZE: MAX_HEADER_LIST_SIZE,
        },
    )
    # These are for servers to say.
    del settings[SettingCodes.ENABLE_CONNECT_PROTOCOL]
    return settings
