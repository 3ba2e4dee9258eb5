"""From the columns of a Parquet file or dataset to ours: names, types, and rows that cannot be kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..errors import ConfigError, nearest
from .config import InputConfig
from .rows import (
    BATCH_BYTES,
    BATCH_ROWS,
    RAW_BYTES,
    ReadBatch,
    UidMaker,
    broken_batch,
    dump_of,
    row_fields,
)

_OWN = ("uid", "file_path")
_LABELS = ("id", "url", "date", "dump")


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type that a column has with us: no large, view, dictionary, map or extension types; null is a string."""
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) or pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    return _plain_wrapped(kind)


def _plain_wrapped(kind: pa.DataType) -> pa.DataType:
    """The same for types that hold others."""
    if isinstance(kind, pa.BaseExtensionType):
        return plain_type(kind.storage_type)
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_map(kind):
        entry = [pa.field("key", plain_type(kind.key_type)), pa.field("value", plain_type(kind.item_type))]
        return pa.list_(pa.struct(entry))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or _is_list_view(kind):
        return pa.list_(plain_type(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, plain_type(field.type)) for field in kind])
    return kind


def _is_list_view(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind))


def _is_textual(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def mapped_names(config: InputConfig, names: Iterable[str]) -> dict[str, str]:
    """Our name for each column that is taken, in the file's order: `{theirs: ours}`."""
    ours = {theirs: own for own, theirs in config.columns.items()}
    taken = set(config.columns)
    result = {}
    for name in names:
        own = ours.get(name)
        if own is not None:
            result[name] = own
        elif name not in taken and name not in _OWN:
            result[name] = name
    return result


def declared_schema(config: InputConfig, schemas: Sequence[tuple[str, pa.Schema]]) -> pa.Schema:
    """The schema of the rows: the document columns, then the union of all others in order of appearance.

    Args:
        config: the input.
        schemas: (file, schema) of every file that can be read.

    Raises:
        ConfigError: types conflict, no file has a text, or a mapped column is in no file.
    """
    found: dict[str, tuple[pa.DataType, str, bool]] = {}
    everything: set[str] = set()
    for file, schema in schemas:
        everything.update(schema.names)
        for name, own in mapped_names(config, schema.names).items():
            _add_column(found, own, schema.field(name).type, file)
    _check_names(config, found, everything)
    fixed = {field.name for field in row_fields(config)}
    others = [pa.field(name, plain_type(kind)) for name, (kind, _, _) in found.items() if name not in fixed]
    return pa.schema([*row_fields(config), *others])


def _add_column(found: dict[str, tuple[pa.DataType, str, bool]], name: str, kind: pa.DataType, file: str) -> None:
    plain, empty = plain_type(kind), pa.types.is_null(kind)
    if name == "text" and not _is_textual(plain):
        raise ConfigError(f"the column text is {plain}, not a string", where=file, hint="see input.columns")
    if name in _LABELS and pa.types.is_nested(plain):
        raise ConfigError(f"the column {name} is {plain}, which is no label", where=file, hint="see input.columns")
    known = found.get(name)
    if known is None or (known[2] and not empty):
        found[name] = (plain, file, empty)
    elif known[0] != plain and not empty and not _agree(name, known[0], plain):
        raise ConfigError(
            f"the column {name} is {known[0]} in {known[1]} and {plain} in {file}",
            where="input",
            hint="write it with one type, or give one of the two another name",
        )


def _agree(name: str, one: pa.DataType, other: pa.DataType) -> bool:
    """Whether the types may differ: of the document columns everything becomes a string."""
    return name in _LABELS or (name == "text" and _is_textual(one) and _is_textual(other))


def _check_names(config: InputConfig, found: Mapping[str, Any], everything: set[str]) -> None:
    for own, theirs in config.columns.items():
        if own not in found:
            hint = nearest(theirs, everything)
            raise ConfigError(f"no input file has the column {theirs!r}", where=f"input.columns.{own}", hint=hint)
    if "text" not in found and config.rows == "documents":
        raise ConfigError(
            "no input file has the column 'text'",
            where="input.columns",
            hint=nearest("text", everything) + " (map it with columns: {text: NAME}; rows: any needs no text)",
        )


@dataclass(frozen=True)
class TableReader:
    """Turns pieces of one file's table into batches of documents.

    Args:
        config: the input.
        relative: path of the file relative to the input root.
        path: whole path of the file.
        schema: the declared schema.
    """

    config: InputConfig
    relative: str
    path: str
    schema: pa.Schema

    def convert(self, piece: pa.RecordBatch, position: int) -> Iterator[ReadBatch]:
        """Documents and broken records of a piece.

        Args:
            piece: rows of the file, small enough to be held a few times over.
            position: row number of the first.
        """
        start = 0
        for rows in _bounded_slices(piece):
            yield self._convert(piece.slice(start, rows), position + start)
            start += rows

    def _convert(self, piece: pa.RecordBatch, position: int) -> ReadBatch:
        theirs = {own: name for name, own in mapped_names(self.config, piece.schema.names).items()}
        given = {own: piece.column(name) for own, name in theirs.items()}
        if self.config.rows == "any":
            raw = _row_bytes(given, piece.num_rows)
            reasons = [""] * piece.num_rows
        else:
            raw = raw_text(given["text"]) if "text" in given else pa.nulls(piece.num_rows, pa.binary())
            reasons = self._reasons(raw, missing="text" not in given)
        uids = self._uids(raw, position)
        columns = [self._column(field, given, uids, raw, reasons) for field in self.schema]
        if not any(reasons):
            return ReadBatch(pa.RecordBatch.from_arrays(columns, schema=self.schema))
        keep = pa.array([not reason for reason in reasons])
        kept = [column.filter(keep) for column in columns]
        return ReadBatch(
            pa.RecordBatch.from_arrays(kept, schema=self.schema), self._broken(reasons, uids, raw, position)
        )

    def _uids(self, raw: pa.Array, position: int) -> list[str]:
        maker = UidMaker(self.relative)
        if raw.null_count == len(raw):
            return [maker.at(position + row, b"") for row in range(len(raw))]
        _, offsets_buffer, data = raw.buffers()
        offsets = memoryview(offsets_buffer).cast("i")[raw.offset : raw.offset + len(raw) + 1].tolist()
        view = memoryview(data) if data is not None else memoryview(b"")
        return [maker.at(position + row, view[offsets[row] : offsets[row + 1]]) for row in range(len(raw))]

    def _reasons(self, raw: pa.Array, *, missing: bool) -> list[str]:
        """Why each row is broken, "" for those that are not."""
        if missing:
            return ["missing_text"] * len(raw)
        reasons = [""] * len(raw)
        lengths, limit = pc.binary_length(raw), self.config.max_record_bytes
        if raw.null_count or (pc.max(lengths).as_py() or 0) > limit:
            for row, length in enumerate(lengths.to_pylist()):
                if length is None:
                    reasons[row] = "null_text"
                elif length > limit:
                    reasons[row] = "record_too_large"
        if not is_valid_utf8(raw):
            for row, reason in enumerate(reasons):
                if not reason and not is_valid_utf8(raw.slice(row, 1)):
                    reasons[row] = "invalid_utf8"
        return reasons

    def _column(
        self, field: pa.Field, given: Mapping[str, pa.Array], uids: list[str], raw: pa.Array, reasons: list[str]
    ) -> pa.Array:
        rows = len(raw)
        if field.name == "uid":
            return pa.array(uids, pa.string())
        if field.name == "file_path":
            return _repeated(self.relative, rows)
        if field.name == "text" and self.config.rows == "documents":
            bad = any(reason == "invalid_utf8" for reason in reasons)
            return repaired(raw) if bad else pa.Array.from_buffers(pa.string(), rows, raw.buffers(), offset=raw.offset)
        values = given.get(field.name)
        if field.name in _LABELS:
            return self._label(field.name, values, uids)
        return pa.nulls(rows, field.type) if values is None else converted(values, field.type)

    def _label(self, name: str, values: pa.Array | None, uids: list[str]) -> pa.Array:
        """The column id, url, date or dump."""
        own = pa.nulls(len(uids), pa.string()) if values is None else as_label(values)
        if name == "id":
            return pc.if_else(pc.fill_null(pc.equal(own, ""), True), pa.array(uids, pa.string()), own)
        if name == "dump":
            dump = dump_of(self.config.dump, self.relative, self.path)
            if self.config.dump is not None:
                return _repeated(dump, len(uids))
            return own if dump is None else pc.fill_null(own, dump)
        return own

    def _broken(self, reasons: list[str], uids: list[str], raw: pa.Array, position: int) -> pa.RecordBatch | None:
        records = []
        for row, reason in enumerate(reasons):
            if reason:
                data = raw[row].as_buffer()
                size = 0 if data is None else data.size
                value = float(size) if reason == "record_too_large" else None
                head = None if data is None else data.slice(0, min(size, RAW_BYTES)).to_pybytes()
                reasons_list = [{"rule": reason, "value": value}]
                records.append((uids[row], self.relative, position + row, reason, reasons_list, head, size))
        return broken_batch(records)


def _bounded_slices(piece: pa.RecordBatch) -> Iterator[int]:
    """Row counts that cut a piece into batches of bounded size."""
    left = piece.num_rows
    if not left:
        return
    whole = piece.nbytes
    if whole <= BATCH_BYTES:
        rows = BATCH_ROWS
        while left:
            yield min(rows, left)
            left -= rows if left > rows else left
        return
    start = 0
    while left:
        rows = min(left, BATCH_ROWS)
        while rows > 1 and piece.slice(start, rows).nbytes > BATCH_BYTES:
            rows = (rows + 1) // 2
        yield rows
        start += rows
        left -= rows


def _row_bytes(given: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """What stands for the bytes of rows that have no text of their own: a hash of all their columns, by name."""
    from ...kernels.hashing import combine_hashes, value_hashes  # compiled code is slow to load

    hashes = combine_hashes([value_hashes(given[name]) for name in sorted(given)], rows).astype("<u8")
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(8), rows, [None, pa.py_buffer(hashes)]).cast(pa.binary())


def _repeated(value: str | None, rows: int) -> pa.Array:
    return pa.nulls(rows, pa.string()) if value is None else pa.repeat(pa.scalar(value, pa.string()), rows)


def raw_text(values: pa.Array) -> pa.Array:
    """A text column as `binary`, without a copy where possible and without a look at whether it is UTF-8."""
    plain = converted(values, plain_type(values.type), check=False)
    if pa.types.is_binary(plain.type):
        return plain
    return pa.Array.from_buffers(pa.binary(), len(plain), plain.buffers(), plain.null_count, plain.offset)


def is_valid_utf8(raw: pa.Array) -> bool:
    """Whether every value of a binary column is UTF-8."""
    try:
        raw.cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def repaired(raw: pa.Array) -> pa.Array:
    """A binary column as strings; what is no UTF-8 becomes U+FFFD."""
    values = [None if value is None else value.decode("utf-8", "replace") for value in raw.to_pylist()]
    return pa.array(values, pa.string())


def as_label(values: pa.Array) -> pa.Array:
    """A column as strings: numbers in decimal, times in ISO 8601, binaries as text or hexadecimal."""
    kind = plain_type(values.type)
    if pa.types.is_timestamp(kind):
        pattern = "%Y-%m-%dT%H:%M:%SZ" if kind.tz in (None, "UTC") else "%Y-%m-%dT%H:%M:%S%z"
        return pc.strftime(values, format=pattern)
    plain = converted(values, kind)
    if pa.types.is_fixed_size_binary(kind):
        return pa.array([None if value is None else value.hex() for value in plain.to_pylist()], pa.string())
    if pa.types.is_binary(kind):
        return plain.cast(pa.string()) if is_valid_utf8(plain) else repaired(plain)
    return plain.cast(pa.string())


def converted(values: pa.Array, kind: pa.DataType, *, check: bool = True) -> pa.Array:
    """A column with the type `kind`, which is the plain form of its own; strings become valid UTF-8.

    Args:
        values: the column.
        kind: see `plain_type`.
        check: repair strings that are no UTF-8 (only in columns of strings, not inside lists).
    """
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if pa.types.is_map(values.type):
        entries = pa.StructArray.from_arrays([values.keys, values.items], names=["key", "value"])
        values = pa.ListArray.from_arrays(values.offsets, entries)
    if pa.types.is_string(kind) and check:
        raw = raw_text(values) if not pa.types.is_null(values.type) else pa.nulls(len(values), pa.binary())
        return raw.cast(pa.string()) if is_valid_utf8(raw) else repaired(raw)
    return values if values.type == kind else values.cast(kind)
