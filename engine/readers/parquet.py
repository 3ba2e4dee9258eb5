"""Parquet inputs: ranges along row groups, and rows in small pieces whatever the size of a row group."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..errors import ConfigError, HexaplaError
from .config import InputConfig
from .files import InputFile
from .rows import BATCH_BYTES, BATCH_ROWS, ReadBatch, RowBuffer, UidMaker, empty_rows
from .source import is_local, open_source
from .tables import TableReader, declared_schema, mapped_names

_PIECE_BYTES = 1 << 20
_PIECE_ROWS = 256
_BUFFER = 1 << 20
_REMOTE_BUFFER = 4 << 20
_CACHED_FOOTERS = 100_000


@dataclass(frozen=True)
class Footer:
    """What planning needs of a file's footer: its schema, and rows and uncompressed bytes of each row group."""

    schema: pa.Schema
    groups: tuple[tuple[int, int], ...]


_footers: dict[tuple[str, str], Footer | None] = {}


def footer_of(config: InputConfig, file: InputFile) -> Footer | None:
    """A file's footer; None when it cannot be read. Nothing else of the file is touched."""
    key = (file.path, file.identity)
    if key not in _footers:
        if len(_footers) >= _CACHED_FOOTERS:
            _footers.clear()
        _footers[key] = _read_footer(config, file)
    return _footers[key]


def _read_footer(config: InputConfig, file: InputFile) -> Footer | None:
    try:
        with _opened(config, file) as parquet:
            metadata = parquet.metadata
            groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
            sizes = tuple((group.num_rows, group.total_byte_size) for group in groups)
            return Footer(parquet.schema_arrow.remove_metadata(), sizes)
    except HexaplaError:
        raise
    except (pa.ArrowException, OSError, ValueError):
        return None


@contextmanager
def _opened(config: InputConfig, file: InputFile) -> Iterator[pq.ParquetFile]:
    """The file, read through one small buffer a column: fetching ahead would fetch again at each change of column."""
    source: Any = file.path
    buffer = _BUFFER
    if not is_local(file.path):
        source, buffer = open_source(file.path, config.storage_options, exactly=True), _REMOTE_BUFFER
    else:
        open_source(file.path, {}).close()  # says in our words when it is gone
    parquet = pq.ParquetFile(source, pre_buffer=False, buffer_size=buffer, memory_map=False)
    try:
        yield parquet
    finally:
        parquet.close(force=True)


def parquet_schema(config: InputConfig, files: list[InputFile]) -> pa.Schema:
    """The declared schema of all files.

    Raises:
        ConfigError: no file can be read, types conflict, or there is no text.
    """
    workers = 2 if is_local(files[0].path) else 16
    with ThreadPoolExecutor(workers) as pool:
        footers = list(pool.map(lambda file: footer_of(config, file), files))
    schemas = [
        (file.relative, footer.schema) for file, footer in zip(files, footers, strict=True) if footer is not None
    ]
    if not schemas:
        raise ConfigError(
            f"none of {len(files)} files can be read as Parquet", where=files[0].path, hint="see input.format"
        )
    return declared_schema(config, schemas)


def parquet_cuts(config: InputConfig, file: InputFile, target_bytes: int) -> list[tuple[int, int, bool]]:
    """Row ranges of a file: (first row, end, whether one reader must read it).

    Small row groups are joined up to `target_bytes` of uncompressed size; one above twice that is left to one reader.
    A file that cannot be read is the empty range at 0.
    """
    footer = footer_of(config, file)
    if footer is None:
        return [(0, 0, False)]
    cuts: list[tuple[int, int, bool]] = []
    start = row = size = 0
    for rows, group_size in footer.groups:
        large = group_size > 2 * target_bytes
        if row > start and (large or size + group_size > target_bytes):
            cuts.append((start, row, False))
            start, size = row, 0
        row += rows
        size += group_size
        if large and rows:
            cuts.append((start, row, True))
            start, size = row, 0
    if row > start:
        cuts.append((start, row, False))
    return cuts


def read_parquet(
    config: InputConfig, file: InputFile, start: int, stop: int, schema: pa.Schema
) -> Iterator[ReadBatch]:
    """The rows [start, stop) of a file.

    A row group that is damaged is one broken record (`corrupt_parquet`) at its first row that cannot be read; the
    reason's value is the number of rows lost. The next row group is read again.
    """
    reader = TableReader(config, file.relative, file.path, schema)
    if footer_of(config, file) is None:
        yield _corrupt(reader, start, float(stop - start) if stop > start else None, file.size)
        return
    with _opened(config, file) as parquet:
        first = 0
        for number in range(parquet.metadata.num_row_groups):
            rows = parquet.metadata.row_group(number).num_rows
            if first < stop and first + rows > start:
                window = (max(start - first, 0), min(stop - first, rows))
                yield from _coalesced(_read_group(parquet, number, first, window, reader))
            first += rows


def _read_group(
    parquet: pq.ParquetFile, number: int, first: int, window: tuple[int, int], reader: TableReader
) -> Iterator[ReadBatch]:
    """Rows `window` of a row group whose first row has the number `first` in the file."""
    group = parquet.metadata.row_group(number)
    mapping = mapped_names(reader.config, parquet.schema_arrow.names)
    names = [name for name, own in mapping.items() if own in reader.schema.names]
    size = max(1, group.total_byte_size // max(1, group.num_rows))
    batch_size = max(8, min(_PIECE_ROWS, _PIECE_BYTES // size))
    start, stop = window
    row = 0
    if reader.config.rows == "documents" and "text" not in mapping.values():
        yield from _without_text(reader, first + start, first + stop)
        return
    for piece in _pieces(parquet, number, batch_size, names):
        if piece is None:
            lost = max(row, start)
            yield _corrupt(reader, first + lost, float(stop - lost), 0)
            return
        begin, end = max(start - row, 0), min(stop - row, piece.num_rows)
        if begin < end:
            yield from reader.convert(piece.slice(begin, end - begin), first + row + begin)
        row += piece.num_rows
        if row >= stop:
            return


def _pieces(parquet: pq.ParquetFile, group: int, rows: int, columns: list[str]) -> Iterator[pa.RecordBatch | None]:
    """A row group in pieces of `rows` rows; None, and then the end, where it is damaged."""
    try:
        yield from parquet.iter_batches(rows, [group], columns=columns, use_threads=False)
    except HexaplaError:
        raise
    except (pa.ArrowException, OSError, ValueError):
        yield None


def _without_text(reader: TableReader, start: int, stop: int) -> Iterator[ReadBatch]:
    for row in range(start, stop, BATCH_ROWS):
        count = min(BATCH_ROWS, stop - row)
        yield from reader.convert(pa.RecordBatch.from_arrays([pa.nulls(count)], names=["\0"]), row)


def _corrupt(reader: TableReader, position: int, lost: float | None, size: int) -> ReadBatch:
    buffer = RowBuffer(reader.schema, reader.relative, UidMaker(reader.relative))
    buffer.add_broken(position, "corrupt_parquet", b"", size=size, value=lost)
    return buffer.take()


def _coalesced(batches: Iterator[ReadBatch]) -> Iterator[ReadBatch]:
    """Join small batches up to the usual size."""
    waiting: list[ReadBatch] = []
    rows = size = 0
    for batch in batches:
        own = batch.rows.nbytes + (batch.broken.nbytes if batch.broken is not None else 0)
        if waiting and (size + own > BATCH_BYTES or rows + batch.rows.num_rows > BATCH_ROWS):
            yield _joined(waiting)
            waiting, rows, size = [], 0, 0
        waiting.append(batch)
        rows += batch.rows.num_rows + (batch.broken.num_rows if batch.broken is not None else 0)
        size += own
    if waiting:
        yield _joined(waiting)


def _joined(batches: list[ReadBatch]) -> ReadBatch:
    if len(batches) == 1:
        return batches[0]
    broken = [batch.broken for batch in batches if batch.broken is not None]
    rows = [batch.rows for batch in batches if batch.rows.num_rows]
    return ReadBatch(
        pa.concat_batches(rows) if rows else empty_rows(batches[0].rows.schema),
        pa.concat_batches(broken) if broken else None,
    )
