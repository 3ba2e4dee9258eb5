"""The best way through a document's candidate beads, and how sure every bead is.

Bands, cells and shapes are those of `bead_scores.py`.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import math

import numpy as np

from .compile import kernel

NEGLIGIBLE = -45.0
"""Less than this beside the largest of some logarithms changes no digit of their sum."""


@kernel("float64(float32[:,::1], int32[:,::1], int64[::1], int32[:,::1], float32[:,::1])")
def bead_posteriors(scores, limits, cells, shapes, out):  # type: ignore[no-untyped-def]
    """Probability of every candidate bead over all ways through the document (forward-backward).

    Args:
        scores: one row of k logarithms per cell, -inf where a bead cannot be.
        limits: the band.
        cells: where each row of the band begins.
        shapes: of the beads.
        out: probabilities, of the shape of `scores`.

    Returns:
        The logarithm of the sum over all ways.
    """
    n, kinds = limits.shape[0] - 1, shapes.shape[0]
    ahead, back = np.full(cells[n + 1], -np.inf), np.full(cells[n + 1], -np.inf)
    values = np.empty(kinds)
    ahead[0] = 0.0
    for i in range(n + 1):
        for j in range(limits[i, 0], limits[i, 1] + 1):
            cell = cells[i] + j - limits[i, 0]
            high = ahead[cell]
            for k in range(kinds):
                values[k] = -np.inf
                score = scores[cell, k]
                if score > -np.inf:
                    row = i - shapes[k, 0]
                    values[k] = ahead[cells[row] + j - shapes[k, 1] - limits[row, 0]] + score
                    high = max(high, values[k])
            if high > ahead[cell]:
                total = 0.0
                for k in range(kinds):
                    if values[k] - high > NEGLIGIBLE:
                        total += math.exp(values[k] - high)
                ahead[cell] = high + math.log(total)
    last = cells[n + 1] - 1
    back[last] = 0.0
    whole = ahead[last]
    out[:] = 0.0
    for i in range(n, -1, -1):
        for j in range(limits[i, 1], limits[i, 0] - 1, -1):
            cell = cells[i] + j - limits[i, 0]
            high = back[cell]
            for k in range(kinds):
                values[k] = -np.inf
                row, column = i + shapes[k, 0], j + shapes[k, 1]
                if row > n or column < limits[row, 0] or column > limits[row, 1]:
                    continue
                after = cells[row] + column - limits[row, 0]
                value = scores[after, k] + back[after]
                values[k] = value
                high = max(high, value)
                chance = ahead[cell] + value - whole
                out[after, k] = math.exp(min(0.0, chance)) if chance > 2.0 * NEGLIGIBLE else 0.0
            if high > back[cell]:
                total = 0.0
                for k in range(kinds):
                    if values[k] - high > NEGLIGIBLE:
                        total += math.exp(values[k] - high)
                back[cell] = high + math.log(total)
    return whole


@kernel("int64(float32[:,::1], int32[:,::1], int64[::1], int32[:,::1], int64[:,::1])")
def best_way(gains, limits, cells, shapes, out):  # type: ignore[no-untyped-def]
    """The way through the document with the largest sum of gains; of equal ones the first shape of each cell.

    Args:
        gains: one row of k gains per cell, -inf where a bead cannot be.
        limits: the band.
        cells: where each row of the band begins.
        shapes: of the beads.
        out: output, rows of 6: first and last + 1 of the left segments, of the right ones, cell and shape.

    Returns:
        The number of beads; -1 when there is no way.
    """
    n = limits.shape[0] - 1
    best = np.full(cells[n + 1], -np.inf)
    chosen = np.full(cells[n + 1], -1, np.int8)
    best[0] = 0.0
    for i in range(n + 1):
        for j in range(limits[i, 0], limits[i, 1] + 1):
            cell = cells[i] + j - limits[i, 0]
            for k in range(shapes.shape[0]):
                if gains[cell, k] == -np.inf:
                    continue
                above = i - shapes[k, 0]
                value = best[cells[above] + j - shapes[k, 1] - limits[above, 0]] + gains[cell, k]
                if value > best[cell]:
                    best[cell] = value
                    chosen[cell] = k
    row, right = np.int64(n), np.int64(limits[n, 1])
    count = 0
    while row > 0 or right > 0:
        cell = cells[row] + right - limits[row, 0]
        shape = chosen[cell]
        if shape < 0:
            return -1
        out[count, 1], out[count, 3], out[count, 4], out[count, 5] = row, right, cell, shape
        row -= shapes[shape, 0]
        right -= shapes[shape, 1]
        out[count, 0], out[count, 2] = row, right
        count += 1
    for place in range(count // 2):
        for column in range(6):
            kept = out[place, column]
            out[place, column] = out[count - 1 - place, column]
            out[count - 1 - place, column] = kept
    return count
