"""How what happened is written down: short lines of text, the same on every machine and in every run."""

import hashlib
import re

# What is longer is told by its beginning, its length and its digest.
LONG = 700
SHOWN = 100


_ESCAPES = {
    **{code: f"\\x{code:02x}" for code in (*range(32), *range(127, 256))},
    **{
        ord(character): escape
        for character, escape in zip("\r\n\t\\", (r"\r", r"\n", r"\t", r"\\"), strict=True)
    },
}


def readable(data: bytes) -> str:
    """Return bytes as text in which every byte can be seen."""
    return data.decode("latin-1").translate(_ESCAPES)


#: What HTTPX says in every request; where it is not told in full, it was exactly that, in that order.
USUAL = (
    r"Accept: */*\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
    r"User-Agent: python-httpx/0.28.1"
)

_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


class Disguise:
    """Puts names in the place of what differs from run to run: ports, folders and dates."""

    def __init__(self, names: dict[str, str]) -> None:
        # The longest first: one may be the beginning of another.
        self._names = sorted(names.items(), key=lambda pair: -len(pair[0]))

    def __call__(self, text: str) -> str:
        """Return the text with names in it, and shortened where it is long."""
        for found, name in self._names:
            text = text.replace(found, name)
        # What is noted is one line.
        text = text.replace("\r", r"\r").replace("\n", r"\n")
        text = _DATE.sub("<date>", text.replace(USUAL, "<usual>"))
        if len(text) <= LONG:
            return text
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        return f"{text[:SHOWN]}... ({len(text)} characters, sha256 {digest})"
