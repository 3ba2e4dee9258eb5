"""Columns of vectors: from Arrow lists to matrices, and to bytes of whole numbers and back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.vectors import Whole, quantise

_CHUNK = 4096


def is_vectors(kind: pa.DataType) -> bool:
    """Whether a column's type is lists of numbers, of fixed or varying length."""
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    numbers = (pa.types.is_floating, pa.types.is_integer)
    return any(test(kind) for test in lists) and any(test(kind.value_type) for test in numbers)


def whole_vectors(column: pa.Array) -> tuple[Whole, npt.NDArray[np.int64]]:
    """The vectors that have a direction, as whole numbers (see `kernels/vectors.py`).

    Args:
        column: n lists of numbers; null, empty, of zeros, or with a value that is no finite number: no direction.

    Returns:
        m x d int16, and the m rows that they are of.

    Raises:
        ValueError: two of them differ in their number of values.
    """
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(lengths)
    kinds = np.unique(lengths[rows])
    if len(kinds) > 1:
        raise ValueError(f"vectors of {kinds[0]} and of {kinds[1]} numbers")
    if not len(rows):
        return np.zeros((0, 0), np.int16), rows
    column = column.take(pa.array(rows))
    found = [quantise(_matrix(column.slice(start, _CHUNK), int(kinds[0]))) for start in range(0, len(column), _CHUNK)]
    known = np.concatenate([squares for _, squares in found]) > 0
    return np.concatenate([vectors for vectors, _ in found])[known], rows[known]


def _matrix(column: pa.Array, dimensions: int) -> npt.NDArray[np.float32]:
    """Lists of one length as a matrix; a null among the values is NaN."""
    values = column.flatten()
    if pa.types.is_integer(values.type):
        values = values.cast(pa.float64(), safe=False)
    plain = values.to_numpy(zero_copy_only=False)
    if plain.dtype == object:
        plain = np.array([np.nan if value is None else value for value in plain])
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(plain.astype(np.float32).reshape(len(column), dimensions))


def to_bytes(vectors: Whole) -> pa.Array:
    """Rows of whole numbers as binaries of two bytes a number."""
    width = 2 * vectors.shape[1]
    offsets = np.arange(len(vectors) + 1, dtype=np.int32) * np.int32(width)
    data = np.ascontiguousarray(vectors.astype("<i2", copy=False))
    return pa.Array.from_buffers(pa.binary(), len(vectors), [None, pa.py_buffer(offsets), pa.py_buffer(data)])


def from_bytes(column: pa.Array | pa.ChunkedArray) -> Whole:
    """The whole numbers that `to_bytes` made, all of one length."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [_numbers(chunk) for chunk in chunks if len(chunk)]
    if not parts:
        return np.zeros((0, 0), np.int16)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _numbers(chunk: pa.Array) -> Whole:
    _, offsets, data = chunk.buffers()
    borders = np.frombuffer(offsets, np.int32, len(chunk) + 1, 4 * chunk.offset)
    size = int(borders[-1] - borders[0])
    found: Whole = np.frombuffer(data, "<i2", size // 2, int(borders[0])).reshape(len(chunk), -1)
    return found.astype(np.int16, copy=False)
