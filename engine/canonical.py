"""The one way in which rows become Parquet bytes.

The same rows give the same bytes, however they were cut into batches on the way: row groups end after a fixed number of
rows or bytes, columns are cast and compacted, and nothing of the clock or the machine is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from .rowhash import batch_hash

WRITER_VERSION = 2
GROUP_ROWS = 8192
GROUP_BYTES = 16 << 20
BATCH_BYTES = 16 << 20


@dataclass(frozen=True)
class Written:
    """What is true of a written file.

    Attributes:
        name: hash of the file's bytes, 32 hex digits.
        rows, bytes: number of rows, size of the file.
        content: hash of the logical rows, 32 hex digits; equal for equal rows whatever wrote them.
        groups: number of row groups.
    """

    name: str
    rows: int
    bytes: int
    content: str
    groups: int


def row_sizes(batch: pa.RecordBatch) -> np.ndarray:
    """Bytes of each row's strings, binaries and lists (top level), plus 8 per column."""
    sizes = np.full(batch.num_rows, 8 * batch.num_columns, np.int64)
    for column in batch.columns:
        kind = column.type
        if pa.types.is_string(kind) or pa.types.is_binary(kind):
            lengths = pc.binary_length(column)
        elif pa.types.is_list(kind):
            lengths = pc.multiply(pc.list_value_length(column), 8)
        else:
            continue
        sizes += pc.fill_null(lengths, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return sizes


def compact(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Cast to the schema, with columns in its order."""
    if batch.schema.equals(schema):
        return batch
    return pa.RecordBatch.from_arrays(
        [
            batch.column(field.name).cast(field.type)
            if batch.schema.field(field.name).type != field.type
            else batch.column(field.name)
            for field in schema
        ],
        schema=schema,
    )


class Regrouper:
    """Cuts rows into groups whose borders depend on the rows only, whatever the batches they come in."""

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self._waiting: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Take rows; yield the groups that they complete."""
        piece = compact(batch, self.schema)
        if not piece.num_rows:
            return
        ends = np.cumsum(row_sizes(piece))
        start = base = 0
        while start < piece.num_rows:
            fits = int(np.searchsorted(ends, GROUP_BYTES - self._bytes + base, side="left")) + 1
            stop = min(piece.num_rows, start + GROUP_ROWS - self._rows, max(start + 1, fits))
            self._waiting.append(piece.slice(start, stop - start))
            self._rows += stop - start
            self._bytes += int(ends[stop - 1]) - base
            base, start = int(ends[stop - 1]), stop
            if self._rows >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
                yield from self.finish()

    def finish(self) -> Iterator[pa.RecordBatch]:
        """Yield what is waiting."""
        if self._waiting:
            joined = _join(self._waiting, self.schema)
            self._waiting, self._rows, self._bytes = [], 0, 0
            yield joined


def regroup(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """`Regrouper` over an iterable."""
    cutter = Regrouper(schema)
    for batch in batches:
        yield from cutter.add(batch)
    yield from cutter.finish()


def _join(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    table = pa.Table.from_batches(batches, schema=schema).combine_chunks()
    found: pa.RecordBatch = table.to_batches()[0]
    return found


class CanonicalWriter:
    """Writes rows to a local file in row groups of its caller's choice; use `write_rows` for the canonical groups.

    Args:
        path: the local file.
        schema: the schema of all rows.
        published: write page indexes and content-defined chunks, as data sets on the Hub have them.
    """

    def __init__(self, path: Path, schema: pa.Schema, *, published: bool = False) -> None:
        self.path, self.schema, self._published = path, schema, published
        self._digest = xxhash.xxh3_128(str(schema.remove_metadata()).encode())
        self._writer: pq.ParquetWriter | None = None
        self.rows = self.groups = 0

    def write_group(self, batch: pa.RecordBatch) -> str:
        """Write one row group; return the hash of its rows."""
        if self._writer is None:
            self._writer = self._open(batch)
        body = batch_hash(batch)
        self._digest.update(body.digest())
        self._writer.write_batch(batch, row_group_size=max(1, batch.num_rows))
        self.rows += batch.num_rows
        self.groups += 1
        return str(body.hexdigest())

    def close(self) -> Written:
        """Finish the file."""
        if self._writer is None:
            self._writer = self._open(None)
        self._writer.close()
        digest = xxhash.xxh3_128()
        with open(self.path, "rb") as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
        size = self.path.stat().st_size
        return Written(digest.hexdigest(), self.rows, size, self._digest.hexdigest(), self.groups)

    def abandon(self) -> None:
        """Close the handle of a file that nobody will use."""
        if self._writer is not None:
            self._writer.close()

    def _open(self, first: pa.RecordBatch | None) -> pq.ParquetWriter:
        return pq.ParquetWriter(
            self.path,
            self.schema,
            **_compression(self.schema, self._published),
            use_dictionary=_repetitive(first, self.schema),
            write_statistics=self._published,
            write_page_index=self._published,
            use_content_defined_chunking=self._published,
            write_page_checksum=True,
            store_schema=True,
        )


def _compression(schema: pa.Schema, published: bool) -> dict[str, Any]:
    """How columns are packed: LZ4 for what the next stage reads soon, a third larger than zstd and half the time.

    What is published is read often and far away: zstd for strings. Numbers gain little by it, and zstd's state for each
    column of each of many small files costs more than packing them; Snappy has none, and every reader knows it.
    """
    if not published:
        return {"compression": "lz4"}
    leaves = [leaf for field in schema for leaf in _leaves(field, field.name)]
    codecs = {path: "zstd" if is_text else "snappy" for path, is_text in leaves}
    return {"compression": codecs, "compression_level": {path: 1 for path, is_text in leaves if is_text}}


def _leaves(field: pa.Field, path: str) -> Iterator[tuple[str, bool]]:
    """The Parquet columns of a field: their paths, and whether they hold strings or bytes."""
    kind = field.type
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if pa.types.is_struct(kind):
        for child in kind:
            yield from _leaves(child, f"{path}.{child.name}")
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _leaves(kind.value_field, f"{path}.list.element")
    else:
        yield path, not (pa.types.is_primitive(kind) or pa.types.is_null(kind))


def _repetitive(first: pa.RecordBatch | None, schema: pa.Schema) -> list[str]:
    """Columns worth a dictionary, judged by the first thousand rows: few distinct values."""
    if first is None:
        return []
    return [field.name for field in schema if pa.types.is_string(field.type) and _repeats(first.column(field.name))]


def _repeats(column: pa.Array) -> bool:
    """Whether a thousand values have few distinct ones; where the first few are all different they are not compared."""
    few = column.slice(0, 32)
    if len(few) == 32 and pc.count_distinct(few).as_py() == 32:
        return False
    head = column.slice(0, 1000)
    return bool(pc.count_distinct(head).as_py() <= 1 + len(head) // 8)


def write_rows(batches: Iterable[pa.RecordBatch], path: Path, schema: pa.Schema, *, published: bool = False) -> Written:
    """Write all rows to a local file with the canonical row groups."""
    writer = CanonicalWriter(path, schema, published=published)
    for group in regroup(batches, schema):
        writer.write_group(group)
    return writer.close()


def read_batches(source: object, columns: list[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Read a file that `write_rows` made, row group by row group (each is at most `GROUP_BYTES` or one row)."""
    reader = pq.ParquetFile(source, pre_buffer=False, page_checksum_verification=True)
    for group in range(reader.num_row_groups):
        table = reader.read_row_group(group, columns=columns, use_threads=False)
        yield from table.combine_chunks().to_batches()
