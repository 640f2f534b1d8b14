"""Response fields with broken values, left out instead of refused, for whoever asks for that.

Some servers put control characters into values, and a program that needs the rest of their response has no other way.
Only whole fields go, only for what is in their values, and never a field that HTTP itself reads: what a message is made
of is not open to interpretation.
"""

import re

__all__ = ["without_broken_values"]

# HTTP's own fields (RFC 9112, 6 and 9; RFC 9110, 7): refused when broken, like broken names and lines without a colon.
_KEPT = frozenset(
    (b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"te", b"trailer", b"host")
)

_find_blank_line = re.compile(rb"\n\r?\n").search
_field = re.compile(rb"([-!#$%&'*+.^_`|~0-9A-Za-z]+):([^\n]*?)\r?", re.DOTALL).fullmatch
_find_control = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]").search


def without_broken_values(data: bytes) -> tuple[bytes, list[bytes]] | None:
    """The same bytes without the fields of their head that have broken values, and those lines.

    `None` when the head is not there to its end.
    """
    blank = _find_blank_line(data)
    if blank is None:
        return None
    lines = data[: blank.start()].split(b"\n")
    kept = lines[:1]
    skipped: list[bytes] = []
    target = kept
    for line in lines[1:]:
        # A continuation belongs to the line before it, wherever that went.
        if not line.startswith((b" ", b"\t")):
            field = _field(line)
            broken = (
                field is not None
                and field[1].lower() not in _KEPT
                and _find_control(field[2]) is not None
            )
            target = skipped if broken else kept
        target.append(line)
    return b"\n".join(kept) + data[blank.start() :], [line.rstrip(b"\r") for line in skipped]
