"""HPACK that remembers: the same fields against the same table give the same block, and the same block the same fields.

Most requests on a connection carry the same fields, and so do most responses; encoding and decoding them costs more
than all else h2 does. What is remembered is exact:

- a field's encoding, and a whole block's, as long as the table has not changed since;
- a block's decoding under the same condition, or, if it points at nothing in the dynamic table, for good, together
  with what it adds to the table. Some servers add the same fields again with every response.

What is of use once is kept out of the table (RFC 7541, 6.2.2): a new path for each request would push out of it what
all requests share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import h2.errors
import h2.exceptions
from hpack.exceptions import HPACKError, OversizedHeaderListError
from hpack.hpack import INDEX_NONE, Decoder, Encoder
from hpack.struct import HeaderTuple
from hpack.table import HeaderTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from httpcore_interfaces import Fields

__all__ = ["Block", "CompressionError", "Head", "RememberingDecoder", "RememberingEncoder"]

# Fields, and blocks, remembered for one state of a table; one that stands still would let them grow without bound.
_REMEMBERED = 64

# Bytes that an entry of a table counts beside its name and value (RFC 7541, 4.1).
_ENTRY = 32

# What a table has at first. A decoder may allow gigabytes, but who sends fills them, and searches them for each field.
_LARGEST_TABLE = 4096

# Different for almost every request, so of no use in a table.
_FLEETING = frozenset(
    [b":path", b"content-length", b"if-none-match", b"if-modified-since", b"range"]
)


class _CountedTable(HeaderTable):
    """A table that says how often it has changed, and what was done with it while a block was decoded."""

    def __init__(self) -> None:
        super().__init__()
        self.changes = 0
        self.added: list[tuple[bytes, bytes]] = []
        self.was_asked = False

    def watch(self) -> None:
        """Forget what was done so far."""
        self.added = []
        self.was_asked = False

    def get_by_index(self, index: int) -> tuple[bytes, bytes]:
        if index > HeaderTable.STATIC_TABLE_LENGTH:
            self.was_asked = True
        return super().get_by_index(index)

    def add(self, name: bytes, value: bytes) -> None:
        self.changes += 1
        self.added.append((name, value))
        super().add(name, value)

    def add_all(self, entries: Sequence[tuple[bytes, bytes]], size: int) -> None:
        """Add entries, in order; `size` is the sum of theirs."""
        limit = self._maxsize
        if not limit:
            # It is empty and stays so, which is what some servers want: they announce a size of 0.
            return
        self.changes += 1
        if size > limit:
            # One that does not fit empties the table (RFC 7541, 4.4).
            for name, value in entries:
                self.add(name, value)
            return
        self.dynamic_entries.extendleft(entries)
        self._current_size += size
        self._shrink()

    def _shrink(self) -> None:
        size, limit, entries = self._current_size, self._maxsize, self.dynamic_entries
        while size > limit:
            name, value = entries.pop()
            size -= _ENTRY + len(name) + len(value)
        self._current_size = size

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
    """An encoder whose blocks any decoder understands as it understands those of `hpack.Encoder`."""

    def __init__(self) -> None:
        super().__init__()
        self.header_table = self._table = _CountedTable()
        self._blocks: dict[Any, bytes] = {}
        self._fields: dict[Any, bytes] = {}
        self._valid_at = 0

    @property
    def header_table_size(self) -> int:
        """Bytes of the table: what the decoder allows, and no more than ours is worth searching."""
        return self._table.maxsize

    @header_table_size.setter
    def header_table_size(self, value: int) -> None:
        Encoder.header_table_size.fset(self, min(value, _LARGEST_TABLE))  # type: ignore[attr-defined]  # a property, seen from its class
        changes = self.table_size_changes
        if len(changes) > 2:
            # The smallest and the last are to be announced (RFC 7541, 4.2).
            self.table_size_changes = [min(changes), changes[-1]]

    def encode(self, headers: Any, huffman: bool = True) -> bytes:
        """Encode a list of field tuples; never-indexed ones are told apart by their class."""
        table = self._table
        if self._valid_at != table.changes:
            self._forget()
        # Tuples of both classes compare equal, so the classes are part of the key.
        key = (*headers, *map(type, headers))
        block = self._blocks.get(key)
        if block is None:
            # A change of size is announced once, at the beginning of a block that is not like others.
            announces = table.resized
            start = table.changes
            pieces = [super().encode([], huffman)] if announces else []
            pieces += [self._encode_field(field, huffman) for field in headers]
            block = b"".join(pieces)
            if table.changes == start and not announces:
                _remember(self._blocks, key, block)
        return block

    def _encode_field(self, field: tuple[bytes, bytes], huffman: bool) -> bytes:
        table = self._table
        if self._valid_at != table.changes:
            self._forget()
        key = (field, type(field))
        encoded = self._fields.get(key)
        if encoded is None:
            name, value = field
            if name in _FLEETING:
                encoded = self._encode_fleeting(name, value, huffman)
            else:
                secret = isinstance(field, HeaderTuple) and not field.indexable
                encoded = self.add((name, value), secret, huffman)
            if self._valid_at == table.changes:
                _remember(self._fields, key, encoded)
        return encoded

    def _encode_fleeting(self, name: bytes, value: bytes, huffman: bool) -> bytes:
        match = self._table.search(name, value)
        # All of these names are in the static table.
        assert match is not None
        index, _, found = match
        if found is not None:
            return self._encode_indexed(index)
        return self._encode_indexed_literal(index, value, INDEX_NONE, huffman)

    def _forget(self) -> None:
        self._blocks.clear()
        self._fields.clear()
        self._valid_at = self._table.changes


class Head:
    """What a block says as the head of a response that h2 has found to be in order.

    `length`: what its Content-Length promises, `None` where it is absent.
    """

    __slots__ = ("fields", "length", "status")

    def __init__(self, status: int, fields: Fields, length: int | None) -> None:
        self.status = status
        self.fields = fields
        self.length = length


class Block:
    """What is remembered of a block: its fields, and what it adds to the table."""

    __slots__ = ("added", "fields", "head", "size")

    def __init__(self, fields: list[HeaderTuple], added: tuple[tuple[bytes, bytes], ...]) -> None:
        self.fields = fields
        self.added = added
        self.size = sum(_ENTRY + len(name) + len(value) for name, value in added)
        self.head: Head | None = None


class CompressionError(h2.exceptions.ProtocolError):
    """A block that cannot be decoded, after which no other can be. h2 has no code for it but that of any error."""

    error_code = h2.errors.ErrorCodes.COMPRESSION_ERROR

    def __init__(self, reason: str) -> None:
        super().__init__(f"Error decoding header block: {reason}")


class RememberingDecoder(Decoder):
    """A decoder whose output is that of `hpack.Decoder`. The lists it returns must not be changed.

    Raises `CompressionError`, or hpack's `OversizedHeaderListError`.

    `fields` are those of the last block that could be decoded; `last` is what is remembered of it, if it is remembered.
    """

    def __init__(self, max_header_list_size: int) -> None:
        super().__init__(max_header_list_size)
        self.header_table = self._table = _CountedTable()
        self.fields: Sequence[tuple[bytes, bytes]] = ()
        self.last: Block | None = None
        # Blocks that are what they are whatever the dynamic table holds, and those that are so as long as it stands still.
        self._lasting: dict[bytes, Block] = {}
        self._passing: dict[bytes, Block] = {}
        self._valid_at = 0

    def decode(self, data: bytes, raw: bool = False) -> Any:
        """Decode a block; only what is decoded `raw` is remembered."""
        self.last = block = self.find(data) if raw else None
        if block is not None:
            self.apply(block)
            self.fields = block.fields
            return block.fields
        table = self._table
        before = table.changes
        table.watch()
        self.fields = ()
        try:
            fields: Any = super().decode(data, raw)
        except OversizedHeaderListError:
            raise
        except HPACKError as error:
            raise CompressionError(str(error)) from error
        self.fields = fields
        # With any other change than what was added, such as one of the table's size, it is not like others.
        if raw and table.changes == before + len(table.added):
            self._keep(data, Block(fields, tuple(table.added)))
        return fields

    def find(self, data: bytes) -> Block | None:
        """What is remembered of a block, if that is what it would say now."""
        block = self._lasting.get(data)
        if block is None and self._valid_at == self._table.changes:
            block = self._passing.get(data)
        return block

    def apply(self, block: Block) -> None:
        """Do to the table what decoding the block would do."""
        if block.added:
            self._table.add_all(block.added, block.size)

    def _keep(self, data: bytes, block: Block) -> None:
        table = self._table
        if not table.was_asked:
            _remember(self._lasting, data, block)
            self.last = block
        elif not block.added:
            if self._valid_at != table.changes:
                self._passing.clear()
                self._valid_at = table.changes
            _remember(self._passing, data, block)
            self.last = block


def _remember(memory: dict[Any, Any], key: Any, value: Any) -> None:
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[key] = value
