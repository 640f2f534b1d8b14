"""Forty responses in every framing that there is, for tests that cut them, here and in other folders.

It imports nothing of the package, so that it can be loaded from anywhere.
"""

H = b"HTTP/1.1 200 OK\r\n"
C = H + b"Transfer-Encoding: chunked\r\n"

# Each with its body, and whether it ends with the connection.
CORPUS: list[tuple[bytes, bytes, bool]] = [
    (H + b"Content-Length: 5\r\n\r\nhello", b"hello", False),
    (H + b"Content-Length: 0\r\n\r\n", b"", False),
    (H + b"content-length:5\r\nServer: x\r\n\r\nhello", b"hello", False),
    (H + b"Content-Length: 5\r\nConnection: close\r\n\r\nhello", b"hello", False),
    (
        H + b"Content-Length: 5\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\nhello",
        b"hello",
        False,
    ),
    (H + b"Content-Length: 5, 5\r\n\r\nhello", b"hello", False),
    (H + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
    (H + b"Content-Length: 00000000000000000005\r\n\r\nhello", b"hello", False),
    (H + b"X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
    (b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
    (b"HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
    (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", b"hello", False),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello", False),
    (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n\r\n", b"\r\n", False),
    (b"HTTP/1.1 204 No Content\r\n\r\n", b"", False),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b"", False),
    (b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", b"", False),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + H + b"Content-Length: 5\r\n\r\nhello", b"hello", False),
    (
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + C + b"\r\n2\r\nhi\r\n0\r\n\r\n",
        b"hi",
        False,
    ),
    (
        b"HTTP/1.1 102 a\r\n\r\nHTTP/1.1 102 b\r\n\r\n" + H + b"Content-Length: 1\r\n\r\na",
        b"a",
        False,
    ),
    (H + b"\r\nhello", b"hello", True),
    (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello", True),
    (H + b"Connection: close\r\n\r\nhello", b"hello", True),
    (b"HTTP/1.1 102 a\r\n\r\n" + H + b"X: a\r\n b\r\n\r\nhello", b"hello", True),
    (C + b"\r\n5\r\nhello\r\n0\r\n\r\n", b"hello", False),
    (C + b"\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello", False),
    (C + b"\r\n1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n", b"hello", False),
    (C + b"\r\n0\r\n\r\n", b"", False),
    (C + b"\r\n000\r\n\r\n", b"", False),
    (C + b"\r\n00005\r\nhello\r\n0\r\n\r\n", b"hello", False),
    (
        C + b"\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n",
        b"abcdefghijklmnopqrstuvwxyz",
        False,
    ),
    (C + b"\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n", False),
    (C + b"\r\n5 \r\nhello\r\n0\r\n\r\n", b"hello", False),
    (C + b"\r\n5;a=b\r\nhello\r\n0;c\r\n\r\n", b"hello", False),
    (C + b"\r\n2\r\nhe\r\n3;a\r\nllo\r\n0\r\n\r\n", b"hello", False),
    (C + b"\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", b"hello", False),
    (C + b"\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n", b"hello", False),
    (C + b"Content-Length: 99\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello", False),
    (H + b"transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello", False),
    (C + b"Connection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello", False),
]
