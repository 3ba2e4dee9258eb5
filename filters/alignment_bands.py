"""Which borders between segments of two sides are considered together: a band around the diagonal or around a way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]

LEAST_WIDTH, FIRST_WIDTH = 15, 200
"""Columns on both sides of a chain that are considered: where it is dense, and where there is none."""
MOST_CELLS = 4_000_000
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


def band_along(chain: npt.NDArray[np.int64], left: Reals, right: Reals) -> Band:
    """The cells around a chain of pairs of segments, the more the farther it is to the next pair.

    Args:
        chain: c x 2, both columns ascending; may be empty.
        left: n + 1, letters before each segment of the left side.
        right: m + 1, the same of the right side.
    """
    n, m = len(left) - 1, len(right) - 1
    points = np.concatenate([np.zeros((1, 2), np.int64), chain, np.array([[n, m]])])
    columns, widths = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    for (top, start), (bottom, stop) in zip(points[:-1].tolist(), points[1:].tolist(), strict=True):
        share = (left[top : bottom + 1] - left[top]) / max(left[bottom] - left[top], 1.0)
        wanted = right[start] + share * (right[stop] - right[start])
        columns[top : bottom + 1] = start + np.searchsorted(right[start : stop + 1], wanted).clip(0, stop - start)
        gap = max(bottom - top, stop - start)
        widths[top : bottom + 1] = np.maximum(widths[top : bottom + 1], min(LEAST_WIDTH + gap, FIRST_WIDTH))
    widest = max(LEAST_WIDTH, MOST_CELLS // max(2 * n, 1))
    return band_around(columns, m, np.minimum(widths, widest))


def _numbered(limits: npt.NDArray[np.int32]) -> Band:
    sizes = (limits[:, 1] - limits[:, 0] + 1).astype(np.int64)
    return Band(limits, np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]))


def columns_of_way(way: npt.NDArray[np.int64], lefts: int) -> npt.NDArray[np.int64]:
    """The column of each of n + 1 rows on a way through the document (rows as `best_way` writes them)."""
    columns = np.zeros(lefts + 1, np.int64)
    np.maximum.at(columns, way[:, 1], way[:, 3])
    return np.maximum.accumulate(columns)
