"""HPACK that remembers: the same fields against the same table give the same block, and the same block the same fields.

Most requests on a connection carry the same fields, and after the first few the dynamic table stands still, for all of
them are in it. Encoding is then a pure function, and so is decoding; both cost more than all else h2 does. What is
remembered is exact: it is forgotten whenever the table changes, and nothing is remembered that itself changed the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hpack.hpack import Decoder, Encoder
from hpack.table import HeaderTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpack.struct import HeaderTuple

__all__ = ["RememberingDecoder", "RememberingEncoder"]

# Blocks remembered for one state of a table; a table that stands still would otherwise let them grow without bound.
_REMEMBERED = 64


class _CountedTable(HeaderTable):
    """A table that says how often it has changed."""

    changes = 0

    def add(self, name: bytes, value: bytes) -> None:
        self.changes += 1
        super().add(name, value)

    @property
    def maxsize(self) -> int:
        return self._maxsize

    @maxsize.setter
    def maxsize(self, newmax: int) -> None:
        self.changes += 1
        # A size that is set twice before the next block is still to be announced (RFC 7541, 4.2).
        is_due = self.resized
        HeaderTable.maxsize.fset(self, newmax)  # type: ignore[attr-defined]  # a property, seen from its class
        self.resized = self.resized or is_due


class RememberingEncoder(Encoder):
    """An encoder whose output is that of `hpack.Encoder`, but for sizes that it would forget to announce."""

    def __init__(self) -> None:
        super().__init__()
        self.header_table = self._table = _CountedTable()
        self._blocks: dict[Any, bytes] = {}
        self._valid_at = 0

    def encode(self, headers: Any, huffman: bool = True) -> bytes:
        """Encode a list of field tuples; never-indexed ones are told apart by their class."""
        table = self._table
        if self._valid_at != table.changes:
            self._blocks.clear()
            self._valid_at = table.changes
        # Tuples of both classes compare equal, so the classes are part of the key.
        key = (huffman, *headers, *map(type, headers))
        block = self._blocks.get(key)
        if block is None:
            # A change of size is announced once, at the beginning of a block that is not like others.
            announces = table.resized
            block = super().encode(headers, huffman)
            if table.changes == self._valid_at and not announces:
                if len(self._blocks) >= _REMEMBERED:
                    self._blocks.clear()
                self._blocks[key] = block
        return block


class RememberingDecoder(Decoder):
    """A decoder whose output is that of `hpack.Decoder`. The lists it returns must not be changed."""

    def __init__(self, max_header_list_size: int) -> None:
        super().__init__(max_header_list_size)
        self.header_table = self._table = _CountedTable()
        self._lists: dict[bytes, Iterable[HeaderTuple]] = {}
        self._valid_at = 0

    def decode(self, data: bytes, raw: bool = False) -> Any:
        """Decode a block; only what is decoded `raw` is remembered."""
        table = self._table
        if self._valid_at != table.changes:
            self._lists.clear()
            self._valid_at = table.changes
        headers: Iterable[HeaderTuple] | None = self._lists.get(data) if raw else None
        if headers is None:
            headers = super().decode(data, raw)
            if raw and table.changes == self._valid_at:
                if len(self._lists) >= _REMEMBERED:
                    self._lists.clear()
                self._lists[data] = headers
        return headers
