"""Vectors as whole numbers, so that sums of products are exact and the same on every machine.

A vector is scaled to length `LENGTH` and rounded to 16-bit numbers. By the Cauchy-Schwarz inequality every sum of some
of the products of two such vectors lies within 2^31, so that 32-bit sums are exact in whatever order a processor adds
them, several at once. (Rounding moves a cosine by about 1e-5.) Products of matrices by a BLAS in single precision would
be twice as fast on one thread, but neither the same everywhere nor on one thread.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .compile import inlined, kernel

LENGTH = 32_000
"""What vectors are scaled to: the largest value of 16 bits is 32,767, and the square stays far below 2^31."""

MOST_DIMENSIONS = 32_768

Whole = npt.NDArray[np.int16]
Places = npt.NDArray[np.int64]


@kernel("void(float32[:,::1], int16[:,::1], int64[::1])")
def _quantise(vectors: npt.NDArray[np.float32], out: Whole, squares: Places) -> None:
    """See `quantise`."""
    for row in range(vectors.shape[0]):
        total = 0.0
        for place in range(vectors.shape[1]):
            total += np.float64(vectors[row, place]) * np.float64(vectors[row, place])
        squares[row] = 0
        if not (total > 0.0 and total < np.inf):
            continue
        scale = LENGTH / np.sqrt(total)
        square = np.int64(0)
        for place in range(vectors.shape[1]):
            value = np.int16(np.rint(np.float64(vectors[row, place]) * scale))
            out[row, place] = value
            square += np.int64(value) * np.int64(value)
        squares[row] = square


@inlined
def dot(one, row, other, column):
    """The sum of the products of two vectors of whole numbers, in 32 bits: processors add several pairs at once."""
    total = np.int32(0)
    for place in range(one.shape[1]):
        total = np.int32(total + np.int32(np.int32(one[row, place]) * np.int32(other[column, place])))
    return total


@kernel("void(int16[:,::1], int16[:,::1], int32[:,::1], int32[:,::1])")
def _nearest(vectors: Whole, centroids: Whole, out: npt.NDArray[np.int32], best: npt.NDArray[np.int32]) -> None:
    """Each row's largest products, the largest first, the smaller number where equal; `best` begins with the least."""
    count = out.shape[1]
    for first_row in range(0, vectors.shape[0], 128):
        for first in range(0, centroids.shape[0], 128):
            for row in range(first_row, min(first_row + 128, vectors.shape[0])):
                for column in range(first, min(first + 128, centroids.shape[0])):
                    value = dot(vectors, row, centroids, column)
                    if value <= best[row, count - 1]:
                        continue
                    place = count - 1
                    while place > 0 and best[row, place - 1] < value:
                        best[row, place] = best[row, place - 1]
                        out[row, place] = out[row, place - 1]
                        place -= 1
                    best[row, place] = value
                    out[row, place] = column


@kernel("void(int16[:,::1], int32[:,::1], int64[:,::1])")
def _add_up(vectors: Whole, labels: npt.NDArray[np.int32], sums: npt.NDArray[np.int64]) -> None:
    """Add each vector to the sum of its (first) label."""
    for row in range(vectors.shape[0]):
        label = labels[row, 0]
        for place in range(vectors.shape[1]):
            sums[label, place] += vectors[row, place]


def quantise(vectors: npt.NDArray[np.float32]) -> tuple[Whole, Places]:
    """Whole numbers in the direction of each vector.

    Args:
        vectors: n x d, any scale.

    Returns:
        n x d int16, and n squares of their lengths; both 0 for a vector that has no direction (zeros, NaN, infinite).

    Raises:
        ValueError: d is above `MOST_DIMENSIONS`.
    """
    if vectors.shape[1] > MOST_DIMENSIONS:
        raise ValueError(f"vectors of {vectors.shape[1]} numbers; {MOST_DIMENSIONS} are the most")
    out = np.zeros(vectors.shape, np.int16)
    squares = np.zeros(len(vectors), np.int64)
    _quantise(np.require(vectors, np.float32, ["C", "W"]), out, squares)
    return out, squares


def squared_lengths(vectors: Whole) -> Places:
    """The squares of the lengths of n x d int16, as n int64."""
    found: Places = np.einsum("ij,ij->i", vectors, vectors, dtype=np.int64)
    return found


def nearest(vectors: Whole, centroids: Whole, count: int) -> npt.NDArray[np.int32]:
    """The nearest centroids of each vector, the nearest first; of equally near ones the first.

    Args:
        vectors: n x d.
        centroids: k x d.
        count: how many, at most k.

    Returns:
        n x count int32.
    """
    out = np.zeros((len(vectors), count), np.int32)
    best = np.full(out.shape, np.iinfo(np.int32).min, np.int32)
    _nearest(_plain(vectors), _plain(centroids), out, best)
    return out


def _plain(vectors: Whole) -> Whole:
    return np.require(vectors, np.int16, ["C", "W"])


def centroids_of(sample: Whole, count: int, rounds: int = 10) -> Whole:
    """Spherical k-means (Dhillon and Modha 2001) in whole numbers.

    Args:
        sample: m x d different vectors; the first `count` are what it begins with.
        count: how many centroids; fewer where there are fewer vectors.
        rounds: how often vectors are assigned anew; it ends before when nothing changes.

    Returns:
        k x d; a centroid that no vector is nearest to stays where it was.
    """
    sample = _plain(sample)
    centroids = sample[:count].copy()
    for _ in range(rounds):
        sums = np.zeros(centroids.shape, np.int64)
        _add_up(sample, nearest(sample, centroids, 1), sums)
        moved, squares = quantise(sums.astype(np.float32))
        moved = np.where((squares > 0)[:, np.newaxis], moved, centroids)
        if np.array_equal(moved, centroids):
            break
        centroids = moved
    return centroids
