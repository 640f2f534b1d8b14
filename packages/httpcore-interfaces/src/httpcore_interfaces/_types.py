"""The forms in which people give header fields and content."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from typing import TypeAlias

__all__ = ["ContentTypes", "HeaderTypes"]

#: A mapping or a sequence of pairs, of bytes or ASCII text.
HeaderTypes: TypeAlias = (
    Sequence[tuple[bytes | str, bytes | str]]
    | Sequence[tuple[bytes, bytes]]
    | Sequence[tuple[str, str]]
    | Mapping[bytes | str, bytes | str]
    | Mapping[bytes, bytes]
    | Mapping[str, str]
    | None
)

#: Bytes, or an iterable of bytes of either world.
ContentTypes: TypeAlias = bytes | Iterable[bytes] | AsyncIterable[bytes] | None
