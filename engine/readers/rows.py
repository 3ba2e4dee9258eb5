"""Rows on their way out of a reader: unique ids, broken records, batches of bounded size."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import xxhash

from ..outcome import RULE_VALUES
from .config import InputConfig

DOCUMENT_FIELDS = tuple(
    pa.field(name, pa.string()) for name in ("uid", "id", "text", "url", "date", "dump", "file_path")
)
"""Columns that every document has, in order."""


def row_fields(config: InputConfig) -> tuple[pa.Field, ...]:
    """Columns that the rows of an input have whatever is in it: documents have a text, rows of any table need none."""
    return tuple(field for field in DOCUMENT_FIELDS if config.rows == "documents" or field.name != "text")


BROKEN_SCHEMA = pa.schema(
    [
        ("uid", pa.string()),
        ("file_path", pa.string()),
        ("position", pa.int64()),
        ("reason", pa.string()),
        ("reasons", RULE_VALUES),
        ("raw", pa.binary()),
        ("raw_bytes", pa.int64()),
    ]
)
"""Records that could not be read: where (row number, or byte offset in the file or its uncompressed stream), why, and
the first 64 KiB of what was there."""

RAW_BYTES = 64 << 10
BATCH_BYTES = 16 << 20
BATCH_ROWS = 8192
_BROKEN_BYTES = 8 << 20
_DUMP = re.compile(r"(?<![A-Za-z0-9])CC-(?:MAIN|NEWS)-\d{4}-\d{2,4}(?!\d)")


@dataclass(frozen=True)
class ReadBatch:
    """What a reader yields.

    Attributes:
        rows: documents with the declared schema, in input order; at most 8192 rows and 16 MB (or one larger row).
        broken: records that could not be read, `BROKEN_SCHEMA`; None when there are none.
        consumed: how many records were no documents, by kind (warcinfo, request, blank_line ...).
    """

    rows: pa.RecordBatch
    broken: pa.RecordBatch | None = None
    consumed: dict[str, int] = field(default_factory=dict)


class UidMaker:
    """Makes the unique ids of one file's records.

    A uid is xxh3_128, in 32 hex digits, of: length of the relative path (4 bytes, little-endian), the path, the
    position, the raw bytes. A numeric position is a 0 byte and 8 bytes; a record's own name is a 1 byte, its length
    (4 bytes) and its bytes. Nothing can run into the next part, so different records never hash the same bytes.

    Args:
        relative: the file's path relative to the input root.
    """

    def __init__(self, relative: str) -> None:
        path = relative.encode("utf-8", "surrogateescape")
        self._prefix = len(path).to_bytes(4, "little") + path
        self._numbered = self._prefix + b"\0"

    def at(self, position: int, raw: bytes | memoryview) -> str:
        """The uid of the record at a row number or byte offset."""
        return xxhash.xxh3_128_hexdigest(b"".join((self._numbered, position.to_bytes(8, "little"), raw)))

    def named(self, name: str, raw: bytes | memoryview) -> str:
        """The uid of a record with a name of its own."""
        label = name.encode("utf-8", "surrogateescape")
        parts = (self._prefix, b"\1", len(label).to_bytes(4, "little"), label, raw)
        return xxhash.xxh3_128_hexdigest(b"".join(parts))


class RowBuffer:
    """Collects values row by row and hands them out as batches of bounded size.

    Args:
        schema: of the rows.
        relative: `file_path` of the broken records.
        uids: of the file.
    """

    def __init__(self, schema: pa.Schema, relative: str, uids: UidMaker) -> None:
        self.schema, self.relative, self.uids = schema, relative, uids
        self._rows: list[Sequence[Any]] = []
        self._broken: list[tuple[Any, ...]] = []
        self._size = self._broken_size = 0
        self._consumed: dict[str, int] = {}

    def full(self, size: int) -> bool:
        """Whether a row of `size` bytes does not fit any more: `take` first."""
        if len(self._rows) >= BATCH_ROWS or self._broken_size >= _BROKEN_BYTES or len(self._broken) >= BATCH_ROWS:
            return True
        return bool(self._rows) and self._size + size > BATCH_BYTES

    def add(self, row: Sequence[Any], size: int) -> None:
        """Take a row: values in the schema's order, `size` bytes."""
        self._rows.append(row)
        self._size += size

    def add_broken(
        self, position: int, reason: str, raw: bytes | memoryview, *,
        size: int | None = None, value: float | None = None, name: str | None = None, detail: str = "",
    ) -> None:
        """Take a record that cannot be read.

        Args:
            position: row number or byte offset.
            reason: why.
            raw: its bytes, or as many of them as were kept.
            size: how many bytes it has, if more than `raw`.
            value: a number that belongs to the reason (bytes, rows lost).
            name: the record's own name, if it has one.
            detail: the reason with what it is about, such as a key.
        """
        uid = self.uids.at(position, raw) if name is None else self.uids.named(name, raw)
        total = len(raw) if size is None else size
        kept = bytes(raw[:RAW_BYTES])
        reasons = [{"rule": detail or reason, "value": value}]
        self._broken.append((uid, self.relative, position, reason, reasons, kept, total))
        self._broken_size += len(kept)

    def consume(self, kind: str, count: int = 1) -> None:
        """Count records that are no documents."""
        self._consumed[kind] = self._consumed.get(kind, 0) + count

    def __bool__(self) -> bool:
        return bool(self._rows or self._broken or self._consumed)

    def take(self) -> ReadBatch:
        """Everything so far; the buffer is empty afterwards."""
        columns = list(zip(*self._rows, strict=True)) or [()] * len(self.schema)
        arrays = [pa.array(values, kind.type) for values, kind in zip(columns, self.schema, strict=True)]
        batch = ReadBatch(
            pa.RecordBatch.from_arrays(arrays, schema=self.schema), broken_batch(self._broken), self._consumed
        )
        self._rows, self._broken, self._consumed = [], [], {}
        self._size = self._broken_size = 0
        return batch


def broken_batch(records: Iterable[Sequence[Any]]) -> pa.RecordBatch | None:
    """Broken records as a batch; None when there are none."""
    columns = list(zip(*records, strict=True))
    if not columns:
        return None
    arrays = [pa.array(values, kind.type) for values, kind in zip(columns, BROKEN_SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=BROKEN_SCHEMA)


def empty_rows(schema: pa.Schema) -> pa.RecordBatch:
    """No rows."""
    return pa.RecordBatch.from_arrays([pa.array([], kind.type) for kind in schema], schema=schema)


def dump_of(configured: str | None, relative: str, path: str) -> str | None:
    """The crawl that a file belongs to: as configured, else the last path part that names one, else None."""
    if configured is not None:
        return configured
    found = _DUMP.findall(relative) or _DUMP.findall(path)
    return found[-1] if found else None
