"""Ranges of inputs and the rows in them: the four calls that the engine makes.

Whatever the cuts, the ranges of a file give each of its records exactly once and in order, and no record stops a run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Literal

import pyarrow as pa

from ..errors import ConfigError
from .config import Format, InputConfig, compression_of, format_of
from .fields import fields_schema, read_side_by_side, read_tsv
from .files import InputFile, check_unchanged
from .frames import Frame, Framer
from .hub import HUB, hub_schema, read_hub
from .jsonl import jsonl_schema, read_jsonl
from .members import Event, is_one_member, plain_cuts, plain_events, range_events
from .parquet import parquet_cuts, parquet_schema, read_parquet
from .rows import BROKEN_SCHEMA, ReadBatch
from .source import is_local, open_source
from .streams import GZIP_MAGIC, Line, opened_stream, range_lines, split_lines
from .text import TEXT_SCHEMA, paragraphs, read_text, whole_file, without_returns
from .warc import WARC_SCHEMA, WET_SCHEMA, read_warc
from .whole import FILES_SCHEMA, read_whole

__all__ = ["BROKEN_SCHEMA", "ReadBatch", "SourceRange", "input_schema", "plan_ranges", "read_range"]


@dataclass(frozen=True)
class SourceRange:
    """A part of an input file that one reader reads.

    Attributes:
        file: the file.
        start, stop: rows (kind "rows") or byte offsets in the file (kind "bytes"); of a "stream" of Parquet, rows.
        kind: "stream" cannot be cut further: one reader reads it and the engine spools it into units.
    """

    file: InputFile
    start: int
    stop: int
    kind: Literal["rows", "bytes", "stream"]

    def as_dict(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"file": self.file.as_dict(), "start": self.start, "stop": self.stop, "kind": self.kind}

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> SourceRange:
        """From a JSON object."""
        return cls(InputFile.from_dict(value["file"]), value["start"], value["stop"], value["kind"])


def plan_ranges(config: InputConfig, file: InputFile, target_bytes: int = 64 << 20) -> list[SourceRange]:
    """Cut a file into ranges of about `target_bytes`; of remote files at most the footer is read."""
    kind = _format(config, file)
    if kind == "parquet":
        cuts = parquet_cuts(config, file, target_bytes)
        return [SourceRange(file, start, stop, "stream" if whole else "rows") for start, stop, whole in cuts]
    if kind in ("hf", "moses") or file.size < 0:
        return [SourceRange(file, 0, max(file.size, 0), "stream")]
    if kind in ("warc", "wet"):
        return _warc_ranges(config, file, target_bytes)
    if kind == "files" or (kind == "text" and config.document == "file" and not compression_of(file.path)):
        return [SourceRange(file, 0, file.size, "bytes")]
    if compression_of(file.path) or (kind == "text" and config.document == "blank-line"):
        return [SourceRange(file, 0, file.size, "stream")]
    return _even_ranges(file, target_bytes)


def _format(config: InputConfig, file: InputFile) -> Format:
    return "hf" if file.path.startswith(HUB) else format_of(config, file.path)


def _even_ranges(file: InputFile, target_bytes: int) -> list[SourceRange]:
    starts = range(0, file.size, max(1, target_bytes))
    return [SourceRange(file, start, min(start + target_bytes, file.size), "bytes") for start in starts]


def _warc_ranges(config: InputConfig, file: InputFile, target_bytes: int) -> list[SourceRange]:
    compression = compression_of(file.path)
    whole = SourceRange(file, 0, file.size, "stream")
    if file.size == 0 and compression is None:
        return []
    if not is_local(file.path):
        return _even_ranges(file, target_bytes) if compression == "gzip" and file.size else [whole]
    with open_source(file.path, config.storage_options) as handle:
        if compression == "gzip":
            return [whole] if is_one_member(handle) or file.size == 0 else _even_ranges(file, target_bytes)
        if compression is not None:
            return [whole]
        cuts = plain_cuts(handle, file.size, target_bytes)
    return [
        SourceRange(file, start, stop, "bytes") for start, stop in zip(cuts, [*cuts[1:], file.size], strict=True)
    ]


def input_schema(config: InputConfig, files: list[InputFile]) -> pa.Schema:
    """The schema that the rows of all files have.

    Raises:
        ConfigError: types conflict between files, there is no text, or columns are mapped in a format without columns.
    """
    schema = _schema_of(config, files)
    for name in config.constants:
        if name in schema.names:
            raise ConfigError(f"the input has a column {name!r} already", where=f"input.constants.{name}")
    return pa.schema([*schema, *(pa.field(name, pa.string()) for name in config.constants)])


def _schema_of(config: InputConfig, files: list[InputFile]) -> pa.Schema:
    """The same without the constants."""
    kind = _format(config, files[0])
    if config.types and kind not in ("jsonl", "tsv", "moses"):
        raise ConfigError(f"the columns of {kind} have types of their own", where="input.types")
    if kind == "parquet":
        return parquet_schema(config, files)
    if kind == "hf":
        return hub_schema(config, files)
    if kind == "jsonl":
        return jsonl_schema(config)
    if kind in ("tsv", "moses"):
        return fields_schema(config, files)
    if config.columns:
        raise ConfigError(f"the format {kind} has no columns to map", where="input.columns")
    return {"warc": WARC_SCHEMA, "wet": WET_SCHEMA, "text": TEXT_SCHEMA, "files": FILES_SCHEMA}[kind]


def read_range(config: InputConfig, source: SourceRange, schema: pa.Schema) -> Iterator[ReadBatch]:
    """The rows and broken records of a range, in input order, in batches of bounded size.

    Args:
        config: the input.
        source: from `plan_ranges`.
        schema: from `input_schema`.

    Raises:
        ConfigError: the file is gone.
        RetryableError: the store fails, or the file has changed since it was planned.
    """
    constants = [pa.scalar(value, pa.string()) for value in config.constants.values()]
    own = pa.schema(list(schema)[: len(schema) - len(constants)])
    for batch in _read(config, source, own):
        columns = [*batch.rows.columns, *(pa.repeat(value, batch.rows.num_rows) for value in constants)]
        yield replace(batch, rows=pa.RecordBatch.from_arrays(columns, schema=schema)) if constants else batch


def _read(config: InputConfig, source: SourceRange, schema: pa.Schema) -> Iterator[ReadBatch]:
    """The same without the constants."""
    file = source.file
    kind = _format(config, file)
    if kind != "hf":
        check_unchanged(file)
    if kind == "parquet":
        yield from read_parquet(config, file, source.start, source.stop, schema)
    elif kind == "hf":
        yield from read_hub(config, file, schema)
    elif kind == "moses":
        yield from read_side_by_side(config, file, schema)
    else:
        with open_source(file.path, config.storage_options) as handle:
            yield from _read_from(handle, config, source, schema)


def _read_from(
    handle: BinaryIO, config: InputConfig, source: SourceRange, schema: pa.Schema
) -> Iterator[ReadBatch]:
    """The same of a file that is read through one handle."""
    file = source.file
    kind = _format(config, file)
    if kind == "jsonl":
        yield from read_jsonl(config, file, _lines(config, source, handle), schema)
    elif kind == "tsv":
        yield from read_tsv(config, file, _lines(config, source, handle), schema)
    elif kind == "files":
        pieces = opened_stream(handle, compression_of(file.path))
        yield from read_whole(file, whole_file(pieces, config.max_record_bytes))
    elif kind == "text":
        yield from read_text(config, file, _documents(config, source, handle), schema)
    else:
        yield from read_warc(config, file, _frames(config, source, handle), schema, texts=kind == "wet")


def _lines(config: InputConfig, source: SourceRange, handle: BinaryIO) -> Iterator[Line]:
    if source.kind == "bytes":
        return range_lines(handle, source.start, source.stop, config.max_record_bytes)
    return split_lines(opened_stream(handle, compression_of(source.file.path)), 0, config.max_record_bytes)


def _documents(config: InputConfig, source: SourceRange, handle: BinaryIO) -> Iterator[Line]:
    if config.document == "file":
        return whole_file(opened_stream(handle, compression_of(source.file.path)), config.max_record_bytes)
    lines = without_returns(_lines(config, source, handle))
    return lines if config.document == "line" else paragraphs(lines, config.max_record_bytes)


def _frames(config: InputConfig, source: SourceRange, handle: BinaryIO) -> Iterator[Frame]:
    compression = compression_of(source.file.path)
    if compression == "gzip" and _is_gzip(handle):
        stop = source.stop if source.kind == "bytes" else sys.maxsize
        return iter(Framer(range_events(handle, source.start, stop), config.max_record_bytes))
    if compression == "zstd":
        events: Iterator[Event] = (piece for piece in opened_stream(handle, compression))
        return iter(Framer(events, config.max_record_bytes))
    end = source.stop if source.kind == "bytes" else None
    return iter(Framer(plain_events(handle, source.start, end), config.max_record_bytes, end))


def _is_gzip(handle: BinaryIO) -> bool:
    """Whether a file named .gz is one; some servers unpack on the way. An empty one is taken for one that is cut."""
    head = handle.read(2)
    handle.seek(0)
    return not head or head == GZIP_MAGIC[:2]
