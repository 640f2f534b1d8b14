"""What a server may answer over HTTP/1.1, from the plainest to the hostile, byte by byte.

Each response is asked for once, and then a second request shows what the client made of the connection: the server
plays `OK` to it, on the same connection or on a new one. Where the server closes, the second request waits for that, for
it would otherwise be a race whether the client notices.
"""

import gzip
import zlib
from typing import TYPE_CHECKING

from ..scenario import Run, Scenarios
from ..scripts import KIND, OK, Close, Forever, Read, Reset, Script, Slowly, Step, Tell, serving

if TYPE_CHECKING:
    from ..case import Case

scenarios = Scenarios("responses")


def twice(method: str = "GET", *, closed: bool = False) -> Run:
    """Ask twice; `closed` waits in between until the server has closed."""

    async def run(case: "Case") -> None:
        client = case.client()
        await case.ask(client, f"{case.urls['a']}/first", method)
        if closed:
            await case.wait_for("closed")
        await case.ask(client, f"{case.urls['a']}/second")

    return run


def add(name: str, *steps: Step, method: str = "GET") -> None:
    """Add a response that leaves the connection open as far as the server is concerned."""
    script: Script = (Read(), *steps, Forever((Read(), OK)))
    scenarios.add(name, twice(method), a=serving(script, KIND))


def add_last(name: str, *steps: Step, method: str = "GET") -> None:
    """Add a response after which the server closes the connection."""
    script: Script = (Read(), *steps, Close(), Tell("closed"))
    scenarios.add(name, twice(method, closed=True), a=serving(script, KIND))


def head(*lines: bytes) -> bytes:
    """Return the head of a response with status 200."""
    return b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"", b""])


LENGTH = b"Content-Length: 5"
CHUNKED = b"Transfer-Encoding: chunked"

# The status line.

for status in (200, 201, 203, 226, 299, 301, 400, 401, 404, 418, 451, 500, 503, 599, 600, 999):
    add(f"status-{status}", b"HTTP/1.1 %d Some Reason\r\nContent-Length: 5\r\n\r\nhello" % status)
for line_name, line in {
    "no-reason": b"HTTP/1.1 200",
    "empty-reason": b"HTTP/1.1 200 ",
    "reason-in-latin-1": b"HTTP/1.1 200 Gr\xfc\xdfe",
    "reason-in-utf-8": "HTTP/1.1 200 Grüße".encode(),
    "reason-with-tab": b"HTTP/1.1 200 O\tK",
    "reason-with-nul": b"HTTP/1.1 200 O\x00K",
    "status-of-two-digits": b"HTTP/1.1 20 OK",
    "status-of-four-digits": b"HTTP/1.1 2000 OK",
    "status-of-letters": b"HTTP/1.1 abc OK",
    "status-099": b"HTTP/1.1 099 OK",
    "http-1.0": b"HTTP/1.0 200 OK",
    "http-1.2": b"HTTP/1.2 200 OK",
    "http-2.0-in-text": b"HTTP/2.0 200 OK",
    "http-0.9": b"HTTP/0.9 200 OK",
    "lower-case-http": b"http/1.1 200 OK",
    "two-spaces": b"HTTP/1.1  200 OK",
    "space-before": b" HTTP/1.1 200 OK",
    "icy": b"ICY 200 OK",
}.items():
    add(f"line-{line_name}", line + b"\r\n" + LENGTH + b"\r\n\r\nhello")
add("http-1.0-kept-alive", b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n%b\r\n\r\nhello" % LENGTH)
add_last("http-1.0-until-close", b"HTTP/1.0 200 OK\r\n\r\nhello")
add("empty-line-before", b"\r\n" + OK)
add("empty-lines-before", b"\r\n\r\n\r\n" + OK)
add_last("garbage", b"what is this?\r\n\r\n")
add_last("binary-garbage", bytes(range(256)))
add_last("ssh-banner", b"SSH-2.0-OpenSSH_9.6\r\n")
add_last("html-without-head", b"<html><body>hello</body></html>")

# The header fields.

for field_name, line in {
    "empty-value": b"X:",
    "spaces-around-value": b"X:   a value \t ",
    "inner-tab": b"X: a\tb",
    "obs-fold": b"X: one\r\n two\r\n\tthree",
    "obs-fold-first": b" X: one",
    "space-before-colon": b"X : one",
    "no-colon": b"X one",
    "no-name": b": one",
    "nul-in-value": b"X: a\x00b",
    "control-in-value": b"X: a\x01b",
    "delete-in-value": b"X: a\x7fb",
    "bare-cr-in-value": b"X: a\rb",
    "latin-1-value": b"X: \xfc\xdf",
    "utf-8-value": "X: ü".encode(),
    "non-ascii-name": b"X\xfc: one",
    "bracket-in-name": b"X[1]: one",
    "twice": b"X: one\r\nX: two\r\nx: three",
    "hundred": b"\r\n".join(b"X-%d: %d" % (number, number) for number in range(100)),
    "thousand": b"\r\n".join(b"X-%d: %d" % (number, number) for number in range(1000)),
    "of-60-kB": b"X: " + b"a" * 60_000,
    "of-1-MB": b"X: " + b"a" * 1_000_000,
    "content-type": b"Content-Type: text/plain; charset=latin-1",
    "keep-alive-hint": b"Keep-Alive: timeout=60, max=100",
    "keep-alive-max-1": b"Keep-Alive: timeout=60, max=1",
    "unknown-connection-option": b"Connection: something",
    "connection-keep-alive": b"Connection: keep-alive",
    "connection-close-in-capitals": b"CONNECTION: CLOSE",
    "connection-close-among-others": b"Connection: upgrade, close",
}.items():
    add(f"field-{field_name}", head(LENGTH, line) + b"hello")
add("line-ends-of-lf", OK.replace(b"\r\n", b"\n"))
add("line-ends-mixed", b"HTTP/1.1 200 OK\nContent-Length: 5\r\nX: one\n\r\nhello")
add("line-ends-of-cr", b"HTTP/1.1 200 OK\rContent-Length: 5\r\rhello\r\n\r\n")
add_last("connection-close", head(LENGTH, b"Connection: close") + b"hello")

# The length of the body.

for length_name, value in {
    "with-plus": b"+5",
    "negative": b"-5",
    "empty": b"",
    "hexadecimal": b"0x5",
    "with-underscore": b"0_5",
    "of-letters": b"five",
    "leading-zeros": b"0005",
    "list-of-equals": b"5, 5",
    "list-of-unequals": b"5, 6",
    "fraction": b"5.0",
    "arabic-digits": b"\xd9\xa5",
    "of-thirty-digits": b"1" * 30,
}.items():
    add_last(f"length-{length_name}", head(b"Content-Length: " + value) + b"hello")
add("length-twice-equal", head(LENGTH, LENGTH) + b"hello")
add("length-twice-unequal", head(LENGTH, b"Content-Length: 6") + b"hello!")
add("length-zero", head(b"Content-Length: 0"))
add("length-too-short", head(b"Content-Length: 4") + b"hello")
add("two-responses-at-once", OK + head(LENGTH, b"X: injected") + b"wrong")
add_last("length-too-long", head(b"Content-Length: 500") + b"hello")
add_last("until-close", head() + b"hello")
add_last("until-close-empty", head())
add_last("large-until-close", head() + b"0123456789" * 20_000)
add("large", head(b"Content-Length: 1000000") + b"0123456789" * 100_000)

# Chunks.

for chunk_name, body in {
    "plain": b"5\r\nhello\r\n0\r\n\r\n",
    "two": b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    "capital-digits": b"A\r\n0123456789\r\n0\r\n\r\n",
    "leading-zeros": b"0005\r\nhello\r\n0\r\n\r\n",
    "extension": b"5;name=value\r\nhello\r\n0\r\n\r\n",
    "quoted-extension": b'5;name="va\\"l;ue"\r\nhello\r\n0;last\r\n\r\n',
    "space-before-extension": b"5 ;name=value\r\nhello\r\n0\r\n\r\n",
    "space-after-size": b"5  \r\nhello\r\n0\r\n\r\n",
    "space-before-size": b" 5\r\nhello\r\n0\r\n\r\n",
    "trailers": b"5\r\nhello\r\n0\r\nChecksum: one\r\nOther: two\r\n\r\n",
    "forbidden-trailer": b"5\r\nhello\r\n0\r\nContent-Length: 7\r\n\r\n",
    "bad-trailer": b"5\r\nhello\r\n0\r\nno colon\r\n\r\n",
    "many-trailers": b"0\r\n" + b"X: one\r\n" * 2000 + b"\r\n",
    "empty": b"0\r\n\r\n",
    "bad-size": b"hello\r\nhello\r\n0\r\n\r\n",
    "size-with-0x": b"0x5\r\nhello\r\n0\r\n\r\n",
    "negative-size": b"-5\r\nhello\r\n0\r\n\r\n",
    "plus-size": b"+5\r\nhello\r\n0\r\n\r\n",
    "underscore-size": b"0_5\r\nhello\r\n0\r\n\r\n",
    "huge-size": b"F" * 30 + b"\r\nhello\r\n0\r\n\r\n",
    "no-size": b"\r\nhello\r\n0\r\n\r\n",
    "lf-only": b"5\nhello\n0\n\n",
    "no-end-of-data": b"5\r\nhello0\r\n\r\n",
    "wrong-end-of-data": b"5\r\nhelloXX0\r\n\r\n",
    "long-extension": b"5;" + b"x" * 30_000 + b"\r\nhello\r\n0\r\n\r\n",
    "without-last": b"5\r\nhello\r\n",
    "cut-in-size": b"5\r\nhello\r\n5",
    "cut-in-data": b"5\r\nhel",
    "cut-in-trailers": b"5\r\nhello\r\n0\r\nX: ",
    "cut-before-the-end": b"5\r\nhello\r\n0\r\n",
}.items():
    add_last(f"chunks-{chunk_name}", head(CHUNKED) + body)
add("chunks-reused", head(CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n")
add("chunks-of-one-byte", head(CHUNKED) + b"1\r\nx\r\n" * 500 + b"0\r\n\r\n")
add("chunks-byte-by-byte", Slowly(head(CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n"))
add("chunks-and-more", head(CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n" + OK)
add_last("chunks-in-http-1.0", b"HTTP/1.0 200 OK\r\n%b\r\n\r\n5\r\nhello\r\n0\r\n\r\n" % CHUNKED)
add("chunks-and-length", head(LENGTH, CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n")
for coding_name, value in {
    "identity": b"identity",
    "gzip": b"gzip",
    "gzip-chunked": b"gzip, chunked",
    "chunked-gzip": b"chunked, gzip",
    "unknown": b"something",
    "capitals": b"CHUNKED",
    "empty": b"",
}.items():
    line = b"Transfer-Encoding: " + value
    add_last(f"coding-{coding_name}", head(line) + b"5\r\nhello\r\n0\r\n\r\n")
add_last("coding-chunked-twice", head(CHUNKED, CHUNKED) + b"5\r\nhello\r\n0\r\n\r\n")

# Responses that have no body.

for status_line in (b"204 No Content", b"304 Not Modified"):
    number = status_line[:3].decode()
    zero = b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n"
    add(f"bodyless-{number}", b"HTTP/1.1 %b\r\n\r\n" % status_line)
    add(f"bodyless-{number}-with-length-0", zero % status_line)
add("bodyless-204-with-length", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")
add("bodyless-204-with-body", b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello")
add("bodyless-304-with-length", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")
add("bodyless-304-chunked", b"HTTP/1.1 304 Not Modified\r\n%b\r\n\r\n" % CHUNKED)
add("head-with-length", head(LENGTH), method="HEAD")
add("head-chunked", head(CHUNKED), method="HEAD")
add("head-without-length", head(), method="HEAD")
add("head-with-body", head(LENGTH) + b"hello", method="HEAD")

# Informational responses.

for informational_name, before in {
    "100": b"HTTP/1.1 100 Continue\r\n\r\n",
    "102": b"HTTP/1.1 102 Processing\r\n\r\n",
    "103": b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n",
    "199": b"HTTP/1.1 199 Whatever\r\n\r\n",
    "three": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nX: 1\r\n\r\n",
    "ten": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 10,
    "with-length": b"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n",
}.items():
    add(f"informational-{informational_name}", before + OK)
add_last("informational-and-end", b"HTTP/1.1 100 Continue\r\n\r\n")
add_last("informational-500", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500 + OK)
add_last("upgrade-unasked", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n")

# The end of the connection.

add_last("end-at-once")
add_last("end-in-the-line", b"HTTP/1.1 2")
add_last("end-in-the-head", b"HTTP/1.1 200 OK\r\nContent-Le")
add_last("end-before-the-body", head(LENGTH))
add_last("end-in-the-body", head(LENGTH) + b"hel")
for reset_name, sent in {
    "at-once": b"",
    "in-the-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "in-the-body": head(LENGTH) + b"hel",
}.items():
    scenarios.add(f"reset-{reset_name}", twice(), a=serving((Read(), sent, Reset()), KIND))
scenarios.add("byte-by-byte", twice(), a=serving((Read(), Slowly(OK), Forever((Read(), OK)))))

# Content codings, which are HTTPX's.

HELLO = b"hello" * 20
for content_name, (coding, data) in {
    "gzip": (b"gzip", gzip.compress(HELLO, mtime=0)),
    "gzip-broken": (b"gzip", b"not gzip at all"),
    "gzip-cut": (b"gzip", gzip.compress(HELLO, mtime=0)[:15]),
    "deflate": (b"deflate", zlib.compress(HELLO)),
    "deflate-raw": (b"deflate", zlib.compress(HELLO)[2:-4]),
    "identity": (b"identity", HELLO),
    "unknown": (b"something", HELLO),
    "twice": (b"gzip, deflate", zlib.compress(gzip.compress(HELLO, mtime=0))),
}.items():
    fields = (b"Content-Encoding: " + coding, b"Content-Length: %d" % len(data))
    add(f"content-{content_name}", head(*fields) + data)
