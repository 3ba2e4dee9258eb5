"""Finding the nearest neighbours between two sets of vectors: all pairs, pairs that share a cell, or faiss.

However candidates are found, their products are exact and ties go to the smaller number.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from ..kernels.neighbours import Neighbourhood
from ..kernels.vectors import Whole, centroids_of, nearest, quantise

Search = Literal["exact", "cells", "faiss"]

EXACT_PAIRS: Final = 4_000_000_000
"""Up to so many pairs all are compared: minutes on one core at 768 numbers a vector."""

SAMPLE_PER_CENTROID: Final = 32
MOST_CENTROIDS: Final = 16_384
_BLOCK: Final = 8192
FAISS_SLACK: Final = 8
"""So many more neighbours are asked of faiss: its roundings may change the order of the last ones."""


def search_for(source: int, target: int) -> Search:
    """How two sets of so many vectors are searched when the user leaves it open."""
    return "exact" if source * target <= EXACT_PAIRS else "cells"


def neighbourhood(source: Whole, target: Whole, count: int, search: Search, probes: int = 32) -> Neighbourhood:
    """The nearest `count` neighbours of each vector on the other side.

    Args:
        source: n x d.
        target: m x d.
        count: at least 1.
        search: `exact` compares all; `cells` and `faiss` compare what lies in the `probes` nearest cells.
        probes: cells of a source vector whose target vectors it is compared with.

    Raises:
        ImportError: faiss is asked for and not installed.
    """
    found = Neighbourhood(source, target, count)
    if not len(source) or not len(target):
        return found
    if search == "exact":
        found.compare()
    elif search == "cells":
        _by_cells(source, target, found, probes)
    else:
        _by_faiss(source, target, found, count, probes)
    return found


def cells_for(vectors: int) -> int:
    """How many cells so many target vectors get: the power of two nearest to the square root."""
    return min(MOST_CENTROIDS, 1 << (max(1, vectors).bit_length() // 2))


def _by_cells(source: Whole, target: Whole, found: Neighbourhood, probes: int) -> None:
    """Compare each source vector with the target vectors of its nearest cells, which are the target's own."""
    cells = cells_for(len(target))
    wanted = min(len(target), SAMPLE_PER_CENTROID * cells)
    middles = [side.sum(axis=0, dtype=np.int64) for side in (source, target)]
    sample = _centred(target[np.arange(wanted, dtype=np.int64) * len(target) // wanted], middles[1], len(target))
    centroids = centroids_of(np.unique(sample, axis=0), cells)
    home = _nearest_cells(target, middles[1], centroids, 1)[:, 0]
    probed = _nearest_cells(source, middles[0], centroids, min(probes, len(centroids)))
    members = np.argsort(home, kind="stable")
    visitors = np.argsort(probed.ravel(), kind="stable")
    numbers = np.arange(len(centroids) + 1)
    member_borders = np.searchsorted(home[members], numbers)
    visitor_borders = np.searchsorted(probed.ravel()[visitors], numbers)
    rows = visitors // probed.shape[1]
    for cell in range(len(centroids)):
        found.compare(
            rows[visitor_borders[cell] : visitor_borders[cell + 1]],
            members[member_borders[cell] : member_borders[cell + 1]],
        )


def _centred(vectors: Whole, total: npt.NDArray[np.int64], count: int) -> Whole:
    """Directions from the middle of all vectors of a side.

    What all vectors have in common makes one centroid attract most of them; and two languages differ in it.
    """
    return quantise((vectors.astype(np.int64) * count - total).astype(np.float32))[0]


def _nearest_cells(vectors: Whole, total: npt.NDArray[np.int64], centroids: Whole, count: int) -> npt.NDArray[np.int32]:
    """The nearest centroids of each vector."""
    blocks = range(0, len(vectors), _BLOCK)
    found = [
        nearest(_centred(vectors[start : start + _BLOCK], total, len(vectors)), centroids, count) for start in blocks
    ]
    return np.concatenate(found)


def _by_faiss(source: Whole, target: Whole, found: Neighbourhood, count: int, probes: int) -> None:
    """Ask faiss in both directions, and compare what it names."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        there = _faiss_neighbours(faiss, target, source, count, probes)
        back = _faiss_neighbours(faiss, source, target, count, probes)
    finally:
        faiss.omp_set_num_threads(threads)
    rows = [np.repeat(np.arange(len(side), dtype=np.int64), side.shape[1]) for side in (there, back)]
    ends = np.concatenate([rows[0], back.ravel()]), np.concatenate([there.ravel(), rows[1]])
    known = (ends[0] >= 0) & (ends[1] >= 0)
    keys = np.unique(ends[0][known] << np.int64(32) | ends[1][known])
    found.compare_pairs(keys >> np.int64(32), keys & np.int64(0xFFFFFFFF))


def _faiss_neighbours(faiss: Any, base: Whole, queries: Whole, count: int, probes: int) -> Any:
    cells = cells_for(len(base))
    base_floats, query_floats = (side.astype(np.float32) for side in (base, queries))
    width = base.shape[1]
    if len(base) < 39 * cells:
        index = faiss.IndexFlatIP(width)
    else:
        index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, cells, faiss.METRIC_INNER_PRODUCT)
        index.train(base_floats)
        index.nprobe = probes
    index.add(base_floats)
    return index.search(query_floats, min(count + FAISS_SLACK, len(base)))[1].astype(np.int64)
