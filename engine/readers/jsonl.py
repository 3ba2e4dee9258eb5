"""JSON Lines inputs: strict JSON, one object a line; whatever is not is broken and has a reason."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pyarrow as pa

from .config import InputConfig
from .files import InputFile
from .rows import ReadBatch, RowBuffer, UidMaker, dump_of, row_fields
from .streams import Line

_BOM = b"\xef\xbb\xbf"
_DEEPEST = 200
_MOST_DIGITS = 4000
KNOWN_TYPES = {
    "language_score": pa.float32(),
    "token_count": pa.int64(),
    "minhash_cluster_size": pa.int64(),
    "http_status": pa.int32(),
}
"""Types of named columns that are not strings."""

DECLARED_TYPES: Mapping[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "float": pa.float64(),
    "boolean": pa.bool_(),
}
"""What the names of types in `input.types` stand for."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_MISSING = object()


class BrokenRecordError(Exception):
    """A line that is no document.

    Args:
        reason: why.
        detail: the reason with what it is about, where there is more to say.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail


def jsonl_schema(config: InputConfig) -> pa.Schema:
    """The document columns, the columns that the mapping names, and `extra` for all other keys as one JSON object."""
    fixed = {field.name for field in row_fields(config)}
    types = {**KNOWN_TYPES, **{name: DECLARED_TYPES[kind] for name, kind in config.types.items()}}
    named = [pa.field(name, types.get(name, pa.string())) for name in config.columns if name not in fixed]
    return pa.schema([*row_fields(config), *named, pa.field("extra", pa.string())])


def read_jsonl(config: InputConfig, file: InputFile, lines: Iterator[Line], schema: pa.Schema) -> Iterator[ReadBatch]:
    """Documents of the lines of a file.

    Empty lines are consumed (`blank_line`). A byte order mark before a line is ignored. Of equal keys the last one
    counts, as usual. Lone surrogates in escapes become U+FFFD: nothing else can stand for them in UTF-8.
    """
    uids = UidMaker(file.relative)
    buffer = RowBuffer(schema, file.relative, uids)
    convert = _Converter(config, file, schema, uids)
    for line in lines:
        if buffer.full(len(line.data)):
            yield buffer.take()
        if line.problem:
            value = float(line.size) if line.problem == "record_too_large" else None
            buffer.add_broken(line.offset, line.problem, line.data, size=line.size, value=value)
        elif not line.data or line.data.isspace():
            buffer.consume("blank_line")
        else:
            try:
                buffer.add(convert(line.offset, line.data), len(line.data))
            except BrokenRecordError as broken:
                buffer.add_broken(line.offset, str(broken), line.data, detail=broken.detail)
    if buffer:
        yield buffer.take()


class _Converter:
    """Makes one row of one line."""

    def __init__(self, config: InputConfig, file: InputFile, schema: pa.Schema, uids: UidMaker) -> None:
        self._keys = {name: config.columns.get(name, name) for name in ("id", "text", "url", "date", "dump")}
        fixed = {field.name for field in row_fields(config)}
        self._has_text = "text" in fixed
        self._others = [(field, config.columns[field.name]) for field in schema if field.name in config.columns]
        self._others = [(field, key) for field, key in self._others if field.name not in fixed]
        self._declared = config.types
        self._is_null = config.on_wrong_type == "null"
        self._fixed_dump = config.dump
        self._dump = dump_of(config.dump, file.relative, file.path)
        self._left_out = {"uid", "file_path", *config.columns} - set(config.columns.values())
        self._relative, self._uids = file.relative, uids

    def __call__(self, offset: int, data: bytes) -> tuple[Any, ...]:
        value = parse(data)
        if not isinstance(value, dict):
            raise BrokenRecordError("not_an_object")
        if isinstance(value.get(self._keys["id"]), float):
            value = _parse_slowly(data.removeprefix(_BOM))  # the fast parser rounds whole numbers above 64 bits
        texts = (value.pop(self._keys["text"], _MISSING),) if self._has_text else ()
        if texts and not isinstance(texts[0], str):
            raise BrokenRecordError(_why_no_text(texts[0]))
        try:
            return self._row(self._uids.at(offset, data), texts, value)
        except TypeError:  # orjson does not write what is deeper than 254 levels
            raise BrokenRecordError("too_deep") from None

    def _row(self, uid: str, texts: tuple[str, ...], value: dict[str, Any]) -> tuple[Any, ...]:
        label = as_string(value.pop(self._keys["id"], None)) or uid
        url = as_string(value.pop(self._keys["url"], None))
        date = as_string(value.pop(self._keys["date"], None))
        dump = as_string(value.pop(self._keys["dump"], None))
        if self._fixed_dump is not None or dump is None:
            dump = self._dump
        others = [self._value(value.pop(key, None), field, key) for field, key in self._others]
        for name in self._left_out:
            value.pop(name, None)
        extra = _as_json(value) if value else None
        return (uid, label, *texts, url, date, dump, self._relative, *others, extra)

    def _value(self, value: Any, field: pa.Field, key: str) -> Any:
        """A value for a column; BrokenRecordError when it is not of the type that was declared."""
        declared = self._declared.get(field.name)
        if declared is None:
            return _typed(value, field.type)
        found = None if value is None else read_as(value, declared)
        if found is None and value is not None and not self._is_null:
            raise BrokenRecordError("wrong_type", f"wrong_type: {key} is not {declared}")
        return found


def read_as(value: Any, declared: str) -> Any:
    """A JSON value as a declared type, numbers and truth values from strings, too; None when it is no such thing."""
    if declared == "text":
        return as_string(value)
    if declared == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).strip().lower())
    if isinstance(value, str):
        given = value.strip()
        if _WHOLE.fullmatch(given):
            value = int(given)
        elif _NUMBER.fullmatch(given):
            value = float(given)
    found = _typed(value, DECLARED_TYPES[declared])
    return None if isinstance(found, float) and not math.isfinite(found) else found


def _why_no_text(text: Any) -> str:
    if text is _MISSING:
        return "missing_text"
    return "null_text" if text is None else "text_not_a_string"


def as_string(value: Any) -> str | None:
    """A JSON value as a string: strings as they are, all else as JSON; null stays null."""
    if value is None or isinstance(value, str):
        return value
    return _as_json(value)


def _as_json(value: Any) -> str:
    return orjson.dumps(value, default=_long_number, option=orjson.OPT_PASSTHROUGH_SUBCLASS).decode()


class _LongNumber(int):
    """An integer of more than 64 bits, which orjson neither reads nor writes."""


def _long_number(value: Any) -> Any:
    if isinstance(value, _LongNumber):
        return orjson.Fragment(str(int(value)))
    raise TypeError


def _typed(value: Any, kind: pa.DataType) -> Any:
    """A JSON value for a column; null when it does not fit."""
    if pa.types.is_string(kind):
        return as_string(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if pa.types.is_integer(kind):
        limit = 1 << (kind.bit_width - 1)
        return int(value) if math.isfinite(value) and value == int(value) and -limit <= value < limit else None
    try:
        return float(value)
    except OverflowError:
        return None


def parse(data: bytes) -> Any:
    """A line's value.

    Raises:
        BrokenRecordError: `invalid_utf8`, `utf16`, `too_deep`, `nan_value`, `number_too_large` or `bad_json`.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _parse_slowly(data.removeprefix(_BOM))


def _parse_slowly(data: bytes) -> Any:
    """A second look at a line that the fast parser refuses: what is wrong with it, or is it only unusual."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise BrokenRecordError("utf16" if looks_like_utf16(data) else "invalid_utf8") from None
    if looks_like_utf16(data):
        raise BrokenRecordError("utf16")
    if _depth(data) > _DEEPEST:
        raise BrokenRecordError("too_deep")
    try:
        value = json.loads(text, parse_constant=_refuse, parse_int=_integer, parse_float=_real)
    except (ValueError, RecursionError):
        raise BrokenRecordError("bad_json") from None
    return _without_surrogates(value)


def looks_like_utf16(data: bytes) -> bool:
    """Whether every other byte of much of the beginning is zero, as in UTF-16 of JSON or of Latin text."""
    head = data[:4096]
    zeros = max(head[0::2].count(0), head[1::2].count(0))
    return data.startswith((b"\xff\xfe", b"\xfe\xff")) or (len(head) >= 4 and zeros * 8 > len(head))


def _depth(data: bytes) -> int:
    """How deep brackets are nested."""
    deepest = depth = 0
    for byte in _STRING.sub(b"", data).translate(None, delete=_NO_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
# a string without its end goes on to the end of the line, so that no position is looked at twice
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)


def _refuse(name: str) -> None:
    raise BrokenRecordError("nan_value")


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise BrokenRecordError("number_too_large")
    value = int(digits)
    return value if -(1 << 63) <= value < 1 << 64 else _LongNumber(value)


def _real(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise BrokenRecordError("number_too_large")
    return value


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value
