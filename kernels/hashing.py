"""Hashes of whole values: of texts up to spelling details that nobody sees, of raw strings, and of whole rows.

Hash values decide which rows are duplicates and in which order they stand, so they are part of the output: changing a
constant here changes results.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .arrow import text_buffers
from .compile import inlined, kernel
from .nfc import compose
from .unicode import CLASS, mix, next_code_point

_NULL = np.uint64(0x9AE16A3B2F90404F)
_ONE = np.uint64(0x9E3779B97F4A7C15)
PLACE_COLUMNS = frozenset({"uid", "file_path", "cluster_id", "duplicate_of", "template_id"})
"""Columns that say where a record lies, not what it is: they change when the same records are cut into other files."""

RECORD_COLUMNS = ("text", "url", "date", "id")
"""Columns that a record has in every format."""


@inlined
def text_hash(buffer, start, end, classes):
    """Two independent 64-bit hashes of one text as `text_hashes` compares it."""
    one, other = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)
    place, waiting, begun = start, False, False
    while place < end:
        point, place = next_code_point(buffer, place)
        kind = classes[point]
        if kind == 7 or point == 0x200B:  # controls, the zero-width space
            continue
        if kind <= 1:  # white space
            waiting = begun
            continue
        if waiting:
            one = (one ^ np.uint64(32)) * np.uint64(0x9E3779B97F4A7C15)
            one ^= one >> np.uint64(29)
            other = (other ^ np.uint64(32)) * np.uint64(0xC2B2AE3D27D4EB4F)
            other ^= other >> np.uint64(31)
        begun, waiting = True, False
        one = (one ^ np.uint64(point)) * np.uint64(0x9E3779B97F4A7C15)
        one ^= one >> np.uint64(29)
        other = (other ^ np.uint64(point)) * np.uint64(0xC2B2AE3D27D4EB4F)
        other ^= other >> np.uint64(31)
    return mix(one), mix(other)


@kernel("void(uint8[::1], int64[::1], uint8[::1], uint64[:,::1])")
def _text_hashes(
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint64],
) -> None:
    """See `text_hashes`."""
    for row in range(offsets.shape[0] - 1):
        one, other = text_hash(buffer, offsets[row], offsets[row + 1], classes)
        out[row, 0] = one
        out[row, 1] = other


@kernel("void(uint8[::1], int64[::1], uint64[::1])")
def _byte_hashes(buffer: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], out: npt.NDArray[np.uint64]) -> None:
    """Hash the bytes of each value, eight at a time."""
    multiplier = np.uint64(0x9E3779B97F4A7C15)
    for row in range(offsets.shape[0] - 1):
        place, end = offsets[row], offsets[row + 1]
        state = np.uint64(end - place) * np.uint64(0xC2B2AE3D27D4EB4F)
        while place + 8 <= end:
            word = np.uint64(0)
            for byte in range(8):
                word |= np.uint64(buffer[place + byte]) << np.uint64(8 * byte)
            state = (state ^ word) * multiplier
            state ^= state >> np.uint64(32)
            place += 8
        word = np.uint64(0)
        while place < end:
            word = (word << np.uint64(8)) | np.uint64(buffer[place])
            place += 1
        state = (state ^ word) * multiplier
        out[row] = mix(state ^ (state >> np.uint64(29)))


@kernel("void(uint64[::1], int64[::1], uint64[::1])")
def _fold_lists(values: npt.NDArray[np.uint64], offsets: npt.NDArray[np.int64], out: npt.NDArray[np.uint64]) -> None:
    """Hash each list from the hashes of its values, in order."""
    for row in range(offsets.shape[0] - 1):
        state = np.uint64(offsets[row + 1] - offsets[row]) + np.uint64(0x9E3779B97F4A7C15)
        for place in range(offsets[row], offsets[row + 1]):
            state = (state ^ values[place]) * np.uint64(0x9E3779B97F4A7C15)
            state ^= state >> np.uint64(29)
        out[row] = mix(state)


def text_hashes(texts: pa.Array) -> npt.NDArray[np.uint64]:
    """128-bit keys under which texts count as the same text.

    Compared are the characters in NFC, upper and lower case apart, with every run of white space as one space and none
    at the ends; control and format characters (byte order marks, joiners, direction marks, the zero-width space) are
    ignored.

    Args:
        texts: n strings without nulls.

    Returns:
        n x 2 uint64; texts that differ have equal rows with probability 2^-128.
    """
    buffer, offsets = text_buffers(compose(texts))
    out = np.empty((len(texts), 2), np.uint64)
    _text_hashes(buffer, offsets, CLASS, out)
    return out


def value_hashes(array: pa.Array) -> npt.NDArray[np.uint64]:
    """64-bit hashes of a column's values, of any type: equal values have equal hashes, however Arrow holds them.

    Strings are hashed byte by byte, lists from their values in order, structs from their fields in order. A null is a
    value.
    """
    if isinstance(array, pa.ExtensionArray):
        return value_hashes(array.storage)
    if pa.types.is_dictionary(array.type):
        return value_hashes(array.dictionary_decode())
    out = _valid_hashes(array)
    if array.null_count:
        out[array.is_null().to_numpy(zero_copy_only=False)] = _NULL
    return out


def _valid_hashes(array: pa.Array) -> npt.NDArray[np.uint64]:
    """Hashes of the values; anything under a null."""
    kind, out = array.type, np.empty(len(array), np.uint64)
    if _is_bytes(kind):
        _byte_hashes(*text_buffers(array), out)
    elif pa.types.is_struct(kind):
        fields = [value_hashes(child) for child in array.flatten()]
        out = combine_hashes(fields, len(array))
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
        borders = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
        _fold_lists(value_hashes(array.flatten()), borders, out)
    elif pa.types.is_floating(kind):
        wide = array.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False)
        _mix_numbers((wide + 0.0).view(np.uint64), out)
    elif pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        signed = array.fill_null(0) if not pa.types.is_boolean(kind) else array.cast(pa.uint8()).fill_null(0)
        _mix_numbers(signed.to_numpy(zero_copy_only=False).astype(np.uint64, copy=False), out)
    elif pa.types.is_null(kind):
        out[:] = _NULL
    else:
        as_text = pa.array([None if value is None else repr(value) for value in array.to_pylist()], pa.string())
        _byte_hashes(*text_buffers(as_text), out)
    return out


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    return any(test(kind) for test in (types.is_string, types.is_binary, types.is_large_string, types.is_large_binary))


def _mix_numbers(numbers: npt.NDArray[np.uint64], out: npt.NDArray[np.uint64]) -> None:
    """Spread the bits of each number."""
    _fold_lists(np.require(numbers, np.uint64, ["C", "W"]), np.arange(len(numbers) + 1, dtype=np.int64), out)


def combine_hashes(columns: Collection[npt.NDArray[np.uint64]], rows: int) -> npt.NDArray[np.uint64]:
    """One hash per row from the hashes of several columns, in order."""
    state = np.full(rows, 0x452821E638D01377, np.uint64)
    for column in columns:
        state = (state ^ column) * _ONE
        state ^= state >> np.uint64(29)
    return state


def content_hashes(rows: pa.RecordBatch) -> npt.NDArray[np.uint64]:
    """64-bit hashes of what the records say, wherever they lie: an order that survives cutting them into other files.

    The upper half is of `RECORD_COLUMNS`, so that it also survives another format, filters that add columns, and other
    versions of them; the lower half is of all columns, in order of their names, save `PLACE_COLUMNS`. An `id` that only
    repeats the `uid` does not count.
    """
    columns = {}
    for name in sorted(set(rows.schema.names) - PLACE_COLUMNS):
        column = rows.column(name)
        if name == "id" and "uid" in rows.schema.names:
            own = pc.fill_null(pc.not_equal(column, rows.column("uid")), False)
            column = pc.if_else(own, column, pa.scalar(None, column.type))
        columns[name] = value_hashes(column)
    record = combine_hashes([columns[name] for name in RECORD_COLUMNS if name in columns], rows.num_rows)
    everything = combine_hashes(list(columns.values()), rows.num_rows)
    half = np.uint64(32)
    return ((record >> half) << half) | (everything >> half)
