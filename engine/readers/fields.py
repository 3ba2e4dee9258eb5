"""Inputs whose rows are fields of text: tab-separated lines, and files whose lines belong together (Moses)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import orjson
import pyarrow as pa

from ..errors import ConfigError, nearest
from .config import InputConfig, compression_of
from .files import InputFile, ending_of
from .jsonl import DECLARED_TYPES, looks_like_utf16, read_as
from .rows import ReadBatch, RowBuffer, UidMaker, dump_of, row_fields
from .source import open_source
from .streams import Line, opened_stream, split_lines

_BOM = b"\xef\xbb\xbf"
_LABELS = ("id", "text", "url", "date", "dump")
_MADE = ("uid", "file_path")


def fields_schema(config: InputConfig, files: Sequence[InputFile]) -> pa.Schema:
    """The columns that rows always have, then those that are taken from the fields, as strings or as declared.

    Raises:
        ConfigError: a column is mapped to a field that is not there, or no field is the text of a document.
    """
    names = list(field_places(config, files[0]))
    fixed = row_fields(config)
    if config.rows == "documents" and "text" not in names:
        raise ConfigError(
            "no field is the column 'text'",
            where="input.columns",
            hint="map one with columns: {text: NAME or NUMBER}, or say rows: any for rows without a text",
        )
    others = [name for name in names if name not in {field.name for field in fixed}]
    types = {name: DECLARED_TYPES[kind] for name, kind in config.types.items()}
    return pa.schema([*fixed, *(pa.field(name, types.get(name, pa.string())) for name in others)])


def field_places(config: InputConfig, file: InputFile) -> dict[str, int]:
    """The number, from 0, of the field that each of our columns is: by header, by number, or by a file's ending.

    Raises:
        ConfigError: there is no such field.
    """
    if file.beside:
        named = [ending_of(path) for path in (file.path, *file.beside)]
    elif config.header:
        named = _header(config, file)
    else:
        return {own: _number(own, theirs) for own, theirs in config.columns.items()}
    for own, theirs in config.columns.items():
        if theirs not in named:
            hint = nearest(theirs, named)
            raise ConfigError(f"{file.relative} has no field {theirs!r}", where=f"input.columns.{own}", hint=hint)
    ours = {theirs: own for own, theirs in config.columns.items()}
    hidden = {*ours.values(), *_MADE} - set(ours)
    return {ours.get(theirs, theirs): place for place, theirs in enumerate(named) if theirs not in hidden}


def _number(own: str, theirs: str) -> int:
    if not theirs.isascii() or not theirs.isdigit() or int(theirs) < 1:
        raise ConfigError(
            f"{theirs!r} is no number of a field",
            where=f"input.columns.{own}",
            hint="fields are numbered from 1; with header: true they are named by the first line",
        )
    return int(theirs) - 1


def _header(config: InputConfig, file: InputFile) -> list[str]:
    with open_source(file.path, config.storage_options) as handle:
        lines = split_lines(opened_stream(handle, compression_of(file.path)), 0, config.max_record_bytes)
        first = next(lines, Line(0, b"", 0, ""))
    try:
        names = first.data.removeprefix(_BOM).removesuffix(b"\r").decode().split("\t")
    except UnicodeDecodeError as error:
        raise ConfigError("the first line is not UTF-8", where=file.relative, hint="see input.header") from error
    if first.problem or not any(names) or len(set(names)) < len(names):
        what = "the first line is no header of different names"
        raise ConfigError(what, where=file.relative, hint="see input.header")
    return names


def read_tsv(config: InputConfig, file: InputFile, lines: Iterator[Line], schema: pa.Schema) -> Iterator[ReadBatch]:
    """Rows of tab-separated lines; nothing is quoted or escaped. A header is consumed, as are empty lines."""
    rows = _FieldRows(config, file, schema)
    for line in lines:
        if rows.buffer.full(len(line.data)):
            yield rows.buffer.take()
        if line.problem:
            value = float(line.size) if line.problem == "record_too_large" else None
            rows.buffer.add_broken(line.offset, line.problem, line.data, size=line.size, value=value)
        elif config.header and line.offset == 0:
            rows.buffer.consume("header")
        else:
            rows.add(line.offset, line.data, line.data.removesuffix(b"\r").split(b"\t"))
    if rows.buffer:
        yield rows.buffer.take()


def read_side_by_side(config: InputConfig, file: InputFile, schema: pa.Schema) -> Iterator[ReadBatch]:
    """Rows of files of which the first lines belong together, the second lines, and so on.

    When one file has more lines than another, what is left over is one broken record (`unequal_lines`, with the number
    of lines): nothing belongs to it.
    """
    rows = _FieldRows(config, file, schema)
    with ExitStack() as stack:
        sides = []
        for path in (file.path, *file.beside):
            handle = stack.enter_context(open_source(path, config.storage_options))
            sides.append(split_lines(opened_stream(handle, compression_of(path)), 0, config.max_record_bytes))
        for number, lines in enumerate(itertools.zip_longest(*sides)):
            if any(line is None for line in lines):
                over = [line for line in lines if line is not None]
                left = 1 + max(sum(1 for _ in side) for side in sides)
                rows.buffer.add_broken(number, "unequal_lines", over[0].data, value=float(left))
                break
            data = [line.data.removesuffix(b"\r") for line in lines]
            size = sum(map(len, data))
            if rows.buffer.full(size):
                yield rows.buffer.take()
            bad = next((line for line in lines if line.problem), None)
            if bad is not None:
                rows.buffer.add_broken(number, bad.problem, bad.data, size=bad.size)
            else:
                rows.add(number, b"\n".join(data), data)
    if rows.buffer:
        yield rows.buffer.take()


class _FieldRows:
    """Makes rows of fields.

    Args:
        config: the input.
        file: the file.
        schema: of the rows.
    """

    def __init__(self, config: InputConfig, file: InputFile, schema: pa.Schema) -> None:
        self.uids = UidMaker(file.relative)
        self.buffer = RowBuffer(schema, file.relative, self.uids)
        self._places = field_places(config, file)
        self._types = config.types
        self._is_null = config.on_wrong_type == "null"
        self._fixed_dump, self._dump = config.dump, dump_of(config.dump, file.relative, file.path)
        self._names, self._relative = schema.names, file.relative
        self._least = max(self._places.values(), default=0) + 1

    def add(self, position: int, raw: bytes, fields: list[bytes]) -> None:
        """Take one row, or put it among the broken ones.

        Args:
            position: byte offset or line number.
            raw: all of it, for its uid.
            fields: its fields.
        """
        if not any(fields):
            self.buffer.consume("blank_line")
            return
        if len(fields) < self._least:
            self.buffer.add_broken(position, "too_few_fields", raw, value=float(len(fields)))
            return
        if position == 0:
            fields = [fields[0].removeprefix(_BOM), *fields[1:]]
        try:
            given = {name: fields[place].decode() for name, place in self._places.items()}
        except UnicodeDecodeError:
            self.buffer.add_broken(position, "utf16" if looks_like_utf16(raw) else "invalid_utf8", raw)
            return
        row = self._row(self.uids.at(position, raw), given)
        if isinstance(row, str):
            self.buffer.add_broken(position, "wrong_type", raw, detail=row)
        else:
            self.buffer.add(row, len(raw))

    def _row(self, uid: str, given: dict[str, str]) -> tuple[Any, ...] | str:
        """The values in the schema's order; what is wrong with one of them."""
        values: dict[str, Any] = {"uid": uid, "file_path": self._relative, **given}
        values["id"] = given.get("id") or uid
        if self._fixed_dump is not None or "dump" not in given:
            values["dump"] = self._dump
        for name, declared in self._types.items():
            value = values.get(name)
            values[name] = read_as(value, declared) if value else None
            if value and values[name] is None and not self._is_null:
                return f"wrong_type: {name} is not {declared}: {orjson.dumps(value[:40]).decode()}"
        return tuple(values.get(name) for name in self._names)
