"""How well the segments of two documents, and runs of them, fit each other by their vectors, within a band.

After vecalign (Thompson and Koehn 2019): what two runs of x and y segments cost is the distance of their vectors over
the mean distance to random vectors, times x y; a segment without counterpart costs a penalty. Products are whole
numbers (see `kernels/vectors.py`), and of equally cheap ways the first shape is taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .bead_alignment import best_way
from .compile import inlined, kernel
from .vectors import Whole

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@inlined
def _dot3(one, run, row, other, other_run, column):
    """The product of two vectors of runs."""
    total = np.int32(0)
    for place in range(one.shape[2]):
        total = np.int32(total + np.int32(np.int32(one[run, row, place]) * np.int32(other[other_run, column, place])))
    return total


@inlined
def _cost(source, source_scale, source_norm, target, target_scale, target_norm, run, row, other_run, column):
    """Distance over the mean distance to random vectors; infinite where one of the vectors has no direction."""
    scale = source_scale[run, row] * target_scale[other_run, column]
    if scale == 0.0:
        return np.inf
    around = source_norm[run, row] + target_norm[other_run, column]
    distance = 1.0 - np.float64(_dot3(source, run, row, target, other_run, column)) * scale
    return 2.0 * max(distance, 0.0) / (1e-6 + around)


LARGER = 0.01
"""What each segment beyond one on both sides adds: of beads that fit equally well the smaller ones are taken."""

_SIDE = "int16[:,:,::1], float64[:,::1], float64[:,::1], "


@kernel(f"void({_SIDE}{_SIDE}int32[:,::1], int64[::1], int32[:,::1], float64, float32[:,::1])")
def _gains(
    source: npt.NDArray[np.int16],
    source_scale: Floats,
    source_norm: Floats,
    target: npt.NDArray[np.int16],
    target_scale: Floats,
    target_norm: Floats,
    limits: npt.NDArray[np.int32],
    cells: Places,
    shapes: npt.NDArray[np.int32],
    penalty: float,
    out: npt.NDArray[np.float32],
) -> None:
    """What every candidate bead of a band costs, as a negative number."""
    for row in range(len(limits)):
        for column in range(limits[row, 0], limits[row, 1] + 1):
            cell = cells[row] + column - limits[row, 0]
            for shape in range(len(shapes)):
                taken, other = shapes[shape, 0], shapes[shape, 1]
                before, left = row - taken, column - other
                out[cell, shape] = -np.inf
                if before < 0 or left < limits[before, 0] or left > limits[before, 1]:
                    continue
                if taken == 0 or other == 0:
                    out[cell, shape] = -penalty * (taken + other)
                    continue
                one = _cost(
                    source, source_scale, source_norm, target, target_scale, target_norm,
                    taken - 1, row - 1, other - 1, column - 1,
                )  # fmt: skip
                out[cell, shape] = -one * taken * other - LARGER * (taken + other - 2)


@kernel(f"void({_SIDE}{_SIDE}int64[:,::1], float64[::1])")
def _costs(
    source: npt.NDArray[np.int16],
    source_scale: Floats,
    source_norm: Floats,
    target: npt.NDArray[np.int16],
    target_scale: Floats,
    target_norm: Floats,
    pairs: Places,
    out: Floats,
) -> None:
    """Costs of pairs of runs, without their sizes: run and last segment of both sides."""
    for number in range(len(pairs)):
        out[number] = _cost(
            source, source_scale, source_norm, target, target_scale, target_norm,
            pairs[number, 0], pairs[number, 1], pairs[number, 2], pairs[number, 3],
        )  # fmt: skip


class Side:
    """One side of a document.

    Args:
        vectors: r x n x d int16: at [k, i] the run of k + 1 segments whose last is i; zeros where there is none.
        norm: r x n mean distances (one minus the cosine) to random vectors of the other side.
    """

    def __init__(self, vectors: npt.NDArray[np.int16], norm: Floats) -> None:
        self.vectors, self.norm = np.ascontiguousarray(vectors, np.int16), np.ascontiguousarray(norm, np.float64)
        self.scale = inverse_lengths(self.vectors)

    def arrays(self) -> tuple[npt.NDArray[np.int16], Floats, Floats]:
        """What kernels take."""
        return self.vectors, self.scale, self.norm


def inverse_lengths(vectors: Whole) -> Floats:
    """One over the length of each vector along the last axis; 0 for zeros."""
    squares = np.einsum("...i,...i->...", vectors, vectors, dtype=np.int64).astype(np.float64)
    found: Floats = np.zeros(squares.shape)
    np.divide(1.0, np.sqrt(squares), out=found, where=squares > 0)
    return found


def costs(source: Side, target: Side, pairs: Places) -> Floats:
    """Costs of pairs of runs without their sizes, about 1 for two that have nothing to do with each other.

    Args:
        source: a side.
        target: the other one.
        pairs: m x 4: number of the source run (segments less one), its last segment; the same of the target.

    Returns:
        m costs; infinite where a run has no vector.
    """
    out = np.empty(len(pairs))
    _costs(*source.arrays(), *target.arrays(), np.ascontiguousarray(pairs, np.int64), out)
    return out


def cheapest_beads(
    source: Side, target: Side, limits: npt.NDArray[np.int32], shapes: npt.NDArray[np.int32], penalty: float
) -> Places:
    """The cheapest monotone sequence of beads within a band.

    Args:
        source: n segments.
        target: m segments.
        limits: (n + 1) x 2, the band as in `kernels/bead_scores.py`.
        shapes: k x 2 numbers of segments of a bead on both sides, (1, 0) and (0, 1) among them.
        penalty: what a segment without counterpart costs.

    Returns:
        b x 4: first source segment and one more than the last, the same of the target, in order. Without any way
        through the band, none.
    """
    limits, shapes = np.ascontiguousarray(limits, np.int32), np.ascontiguousarray(shapes, np.int32)
    cells = np.concatenate([[0], np.cumsum(limits[:, 1].astype(np.int64) - limits[:, 0] + 1)])
    gains = np.empty((int(cells[-1]), len(shapes)), np.float32)
    _gains(*source.arrays(), *target.arrays(), limits, cells, shapes, penalty, gains)
    beads = np.zeros((source.vectors.shape[1] + target.vectors.shape[1] + 1, 6), np.int64)
    count = int(best_way(gains, limits, cells, shapes, beads))
    return beads[: max(count, 0), :4]
