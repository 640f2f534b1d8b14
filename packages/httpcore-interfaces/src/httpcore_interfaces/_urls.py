"""URLs and origins in wire form: bytes, already percent-encoded and IDNA-encoded by the caller.

This is the small part of RFC 3986 a transport needs: where to connect, and what to put in the request line.
Joining, normalising and encoding are the work of the client above.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Final

    from ._fields import Field

__all__ = ["DEFAULT_PORTS", "URL", "Origin", "URLStart", "URLTuple", "read_url", "to_bytes"]

#: The transport face's form of a URL: scheme, host, port or None, target.
URLTuple = tuple[bytes, bytes, int | None, bytes]

DEFAULT_PORTS: Final[dict[bytes, int]] = {
    b"http": 80,
    b"https": 443,
    b"ws": 80,
    b"wss": 443,
    b"socks4": 1080,
    b"socks4a": 1080,
    b"socks5": 1080,
    b"socks5h": 1080,
}

_SPLIT = re.compile(
    rb"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?"
    rb"(?://(?:[^/?#]*@)?(?P<host>\[[^\]/?#]*\]|[^:/?#]*)(?::(?P<port>[^/?#]*))?)?"
    rb"(?P<target>[^#]*)",
    re.DOTALL,
)
_DIGITS = re.compile(rb"[0-9]{1,5}")

# What stands before the target repeats, and is remembered up to a bound: scheme, host and port, but no user information,
# and no target, where secrets may be. Measured: splitting took 4 % of the instructions of a small request.
_known_starts: dict[bytes, URLStart] = {}
_KNOWN_STARTS_LIMIT = 512
_START_BYTES = 256

# No start is shorter than this without its slashes: `http://`.
_LEAST = 7


class Origin:
    """Scheme, host and port: what one connection can serve (RFC 9110, 4.3.1).

    `Origin(b"https", b"example.com", 443)`. Values are compared and hashed as they are, so give scheme and host in lower
    case. `str()` is the familiar `https://example.com:443`.
    """

    __slots__ = ("host", "port", "scheme")

    def __init__(self, scheme: bytes, host: bytes, port: int) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Origin):
            return NotImplemented
        return self.scheme == other.scheme and self.host == other.host and self.port == other.port

    def __hash__(self) -> int:
        return hash((self.scheme, self.host, self.port))

    def __repr__(self) -> str:
        return f"Origin(scheme={self.scheme!r}, host={self.host!r}, port={self.port!r})"

    def __str__(self) -> str:
        host = self.host.decode("ascii", "backslashreplace")
        return f"{self.scheme.decode('ascii', 'backslashreplace')}://{_bracketed(host)}:{self.port}"


class URLStart:
    """What stands before the target of a URL, and what follows from that. Many URLs may share it, so it is never changed.

    - `scheme`, `host`, `port`: as a URL has them.
    - `host_field`: the `Host` field that goes with them (RFC 9110, 7.2), once somebody has asked for it and it is good.
    - `key`: what httpcore-pool looks its connections up by, once it has made that of the three; `None` before.
    """

    __slots__ = ("host", "host_field", "key", "port", "scheme")

    def __init__(self, scheme: bytes, host: bytes, port: int | None) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.host_field: Field | None = None
        self.key: Hashable = None

    def __reduce__(self) -> tuple[type[URLStart], tuple[bytes, bytes, int | None]]:
        # What follows from it is this process's own.
        return URLStart, (self.scheme, self.host, self.port)


class URL:
    """A URL split into what a transport needs.

    `URL("https://example.com/path?query")`, or by its parts: `URL(scheme=b"https", host=b"example.com", port=None,
    target=b"/path?query")`. `target` is the request target of RFC 9112, 3.2: usually path and query, but any bytes, so
    that the absolute form and `*` can be sent. User information and fragment are dropped: neither belongs on the wire.
    An IPv6 host is kept without its brackets.

    Raises `TypeError` for anything but `bytes` and ASCII `str`, `ValueError` for a port in `url` that is not a number
    from 0 to 65535. A port that is given by itself may be any number, for who gives it so may have it from a peer, as
    HTTPX has it from a redirect: that no connection leads there is for the transport to say, with its own errors.
    """

    __slots__ = ("_start", "host", "port", "scheme", "target")

    #: What the URL began with when it was read; what it is made of may have been changed since.
    _start: URLStart | None

    def __init__(
        self,
        url: bytes | str = "",
        *,
        scheme: bytes | str = b"",
        host: bytes | str = b"",
        port: int | None = None,
        target: bytes | str = b"",
    ) -> None:
        if url:
            read_url(url, self)
            return
        if not isinstance(url, (bytes, str)):
            to_bytes(url, "url")
        # HTTPX makes one like this for each request, of bytes.
        if type(scheme) is not bytes:
            scheme = to_bytes(scheme, "scheme")
        if type(host) is not bytes:
            host = to_bytes(host, "host")
        self.scheme = scheme.lower()
        self.host = _unbracketed(host) if host.startswith(b"[") else host
        if port is not None and type(port) is not int:
            _check_port(port)
        self.port = port
        self._start = None
        self.target = target if type(target) is bytes else to_bytes(target, "target")

    @property
    def origin(self) -> Origin:
        """Where a connection for this URL goes; the scheme's default port where none is given.

        Raises `ValueError` for a scheme without a known default port.
        """
        port = self.port
        if port is None:
            port = DEFAULT_PORTS.get(self.scheme)
            if port is None:
                raise ValueError(
                    f"no default port is known for the scheme {self.scheme!r}; give the port in the URL"
                )
        return Origin(self.scheme, self.host, port)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, URL):
            return NotImplemented
        return (
            self.scheme == other.scheme
            and self.host == other.host
            and self.port == other.port
            and self.target == other.target
        )

    def __hash__(self) -> int:
        return hash((self.scheme, self.host, self.port, self.target))

    def __bytes__(self) -> bytes:
        host = b"[%b]" % self.host if b":" in self.host else self.host
        port = b"" if self.port is None else b":%d" % self.port
        return b"%b://%b%b%b" % (self.scheme, host, port, self.target)

    def __repr__(self) -> str:
        return f"URL(scheme={self.scheme!r}, host={self.host!r}, port={self.port!r}, target={self.target!r})"


_new = object.__new__


def read_url(text: bytes | str, into: URL | None = None) -> URL:
    """A URL from its text, which is not empty; a new one, made without a call of the class, or that which is given.

    Raises as `URL`.
    """
    made = _new(URL) if into is None else into
    if type(text) is str and text.isascii() and "#" not in text:
        url = text.encode()
    else:
        url = to_bytes(text, "url").partition(b"#")[0]
    # Where the target of most URLs begins. No part before it can have a slash, so what follows cannot change them.
    at = url.find(b"/", _LEAST)
    start = _known_starts.get(url[:at]) if at > 0 else None
    if start is None:
        start, at = _split(url, at)
        if not url.startswith(b"/", at):
            url, at = b"/" + url[at:], 0
    made._start = start
    made.scheme = start.scheme
    made.host = start.host
    made.port = start.port
    made.target = url[at:]
    return made


def to_bytes(value: bytes | str, name: str) -> bytes:
    """The value as bytes; ASCII text is encoded. Raises `TypeError`, naming the argument, for anything else."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        try:
            return value.encode("ascii")
        except UnicodeEncodeError as error:
            raise TypeError(f"{name} strings may not include unicode characters.") from error
    raise TypeError(f"{name} must be bytes or str, but got {type(value).__name__}.")


def _split(url: bytes, at: int) -> tuple[URLStart, int]:
    """What stands before the target, and where that begins; `at` is where it most likely does."""
    match = _SPLIT.match(url)
    assert match is not None  # every part of the pattern may be empty
    port = match["port"]
    start = URLStart(
        (match["scheme"] or b"").lower(),
        _unbracketed(match["host"] or b"").lower(),
        _parsed_port(port) if port else None,
    )
    end = match.start("target")
    if end == at <= _START_BYTES and b"@" not in url[:at]:
        if len(_known_starts) >= _KNOWN_STARTS_LIMIT:
            _known_starts.clear()
        _known_starts[url[:at]] = start
    return start, end


def _check_port(port: object) -> None:
    if isinstance(port, bool) or not isinstance(port, int):
        raise TypeError(f"port must be int or None, but got {type(port).__name__}.")


def _parsed_port(port: bytes) -> int:
    if not _DIGITS.fullmatch(port):
        raise ValueError(f"the port must be a number from 0 to 65535, but the URL has {port!r}")
    number = int(port)
    if number > 65535:
        raise ValueError(f"the port must be a number from 0 to 65535, but got {number}")
    return number


def _unbracketed(host: bytes) -> bytes:
    return host[1:-1] if host[:1] == b"[" and host[-1:] == b"]" else host


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
