"""What the servers have, and what is posted to them."""

import hashlib

HELLO = b"hello, world\n"

#: 10 MB that cannot be compressed, nor be right by chance.
LARGE = hashlib.shake_128(b"large").digest(10_000_000)

#: The content of `/app/chunks` and `/app/trailers`.
PIECES = b"".join(b"%d " % number * (number + 1) for number in range(100))

#: What 103 links to.
HINT = b"</style.css>; rel=preload; as=style"


def digest(content: bytes) -> bytes:
    """What `/app/digest` answers to this content."""
    return f"{hashlib.sha256(content).hexdigest()} {len(content)}".encode()
