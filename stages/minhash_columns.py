"""Documents as numbers, and lists of one length as matrices, as the steps of dedup stages store them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .row_verdicts import as_array


def nodes(table: pa.Table | pa.RecordBatch, unit: str, row: str) -> npt.NDArray[np.int64]:
    """Documents as single numbers that stand in the order of (unit, row)."""
    high, low = table.column(unit).to_numpy().astype(np.int64), table.column(row).to_numpy().astype(np.int64)
    packed: npt.NDArray[np.int64] = (high << 32) | low
    return packed


def rows_as_lists(matrix: npt.NDArray[Any]) -> pa.ListArray:
    """The rows of a matrix as a list column."""
    borders = np.arange(len(matrix) + 1, dtype=np.int32) * np.int32(matrix.shape[1])
    return pa.ListArray.from_arrays(borders, matrix.ravel())


def matrix(table: pa.Table | pa.RecordBatch, name: str, width: int) -> npt.NDArray[Any]:
    """A list column whose lists are all of one length, as a matrix."""
    column = as_array(table.column(name))
    found: npt.NDArray[Any] = column.flatten().to_numpy().reshape(len(column), width)
    return found
