"""Which borders between segments of two sides are considered together: a band around the diagonal or around a way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

WHOLE = 70_000
"""A document of at most so many cells is considered as a whole."""


class Band(NamedTuple):
    """Cells of a document of n and m segments (`kernels.bead_scores`)."""

    limits: npt.NDArray[np.int32]
    """(n + 1) x 2: first and last column of each row; neither ever falls."""
    cells: npt.NDArray[np.int64]
    """n + 2: number of each row's first cell, and how many cells there are."""


def whole_band(lefts: int, rights: int) -> Band:
    """All cells."""
    limits = np.zeros((lefts + 1, 2), np.int32)
    limits[:, 1] = rights
    return _numbered(limits)


def band_around(columns: npt.NDArray[np.int64], rights: int, width: int | npt.NDArray[np.int64]) -> Band:
    """The cells that are at most `width` columns away from the column of their row (n + 1 of them)."""
    limits = np.empty((len(columns), 2), np.int64)
    limits[:, 0] = np.clip(columns - width, 0, rights)
    limits[:, 1] = np.clip(columns + width, 0, rights)
    limits[0, 0], limits[-1, 1] = 0, rights
    limits[:, 0] = np.minimum.accumulate(limits[::-1, 0])[::-1]
    limits[:, 1] = np.maximum.accumulate(limits[:, 1])
    limits[1:, 0] = np.minimum(limits[1:, 0], limits[:-1, 1])  # a row begins where one can come from the row before
    return _numbered(limits.astype(np.int32))


def _numbered(limits: npt.NDArray[np.int32]) -> Band:
    sizes = (limits[:, 1] - limits[:, 0] + 1).astype(np.int64)
    return Band(limits, np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]))


def columns_of_way(way: npt.NDArray[np.int64], lefts: int) -> npt.NDArray[np.int64]:
    """The column of each of n + 1 rows on a way through the document (rows as `best_way` writes them)."""
    columns = np.zeros(lefts + 1, np.int64)
    np.maximum.at(columns, way[:, 1], way[:, 3])
    return np.maximum.accumulate(columns)


def columns_by_length(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The column where as large a share of the right side's letters is past as of the left side's, for each row."""
    share = left / max(left[-1], 1.0)
    columns: npt.NDArray[np.int64] = np.searchsorted(right, share * right[-1]).clip(0, len(right) - 1)
    return columns
