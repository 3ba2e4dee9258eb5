"""Pairs of segments that share something rare, and the heaviest chain of them that runs forwards on both sides.

What a long document is aligned around, at a cost that grows with its words (times a logarithm) and not with its square.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import numpy as np

from .compile import kernel


@kernel(
    "int64(int32[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int32[::1],"
    " float32[::1], int32[::1], float32[::1], int64, float64, int64[::1], int64[::1], float64[::1])"
)
def anchor_points(
    left, left_starts, left_counts, right_first, right_counts, right_segments, rows, columns, values, same, same_values,
    rarest, least, out_left, out_right, weights,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Write the pairs of segments that are joined by a rare word and a likely translation of it that is rare, too.

    `left` are the words of a document, `left_starts` where its segments begin; `left_counts` and `right_counts` say how
    often each word stands in the document; the segments where a right word stands are `right_segments` from
    `right_first` on. `rows`, `columns`, `values`, `same`, `same_values` are a table of translations. Words that stand
    more than `rarest` times and chances below `least` are left out. Returns how many pairs there are, written to
    `out_left`, `out_right`, `weights` as far as there is room.
    """
    count = 0
    for segment in range(left_starts.shape[0] - 1):
        for place in range(left_starts[segment], left_starts[segment + 1]):
            word = left[place]
            if left_counts[word] > rarest:
                continue
            for entry in range(rows[word], rows[word + 1] + 1):
                if entry < rows[word + 1]:
                    other, chance = columns[entry], np.float64(values[entry])
                else:
                    other, chance = same[word], np.float64(same_values[word])
                if other < 0 or chance < least or right_counts[other] > rarest:
                    continue
                for where in range(right_first[other], right_first[other] + right_counts[other]):
                    if count == out_left.shape[0]:
                        return count
                    out_left[count], out_right[count] = segment, right_segments[where]
                    weights[count] = chance / (left_counts[word] * right_counts[other])
                    count += 1
    return count


@kernel("int64(int64[::1], int64[::1], float64[::1], int64, int64[::1])")
def heaviest_chain(left, right, weights, columns, out):  # type: ignore[no-untyped-def]
    """The chain of pairs with the largest sum of weights in which both numbers grow.

    Args:
        left: p numbers, ascending; among equal ones `right` descends.
        right: p numbers below `columns`.
        weights: p, above 0.
        columns: how many right segments there are.
        out: output, the places of the pairs of the chain, ascending.

    Returns:
        How many pairs the chain has.
    """
    best, last = np.zeros(columns + 1), np.full(columns + 1, -1, np.int64)  # a Fenwick tree of the best chain up to j
    sums, before = np.empty(left.shape[0]), np.empty(left.shape[0], np.int64)
    for place in range(left.shape[0]):
        total, link = 0.0, np.int64(-1)
        node = right[place]
        while node > 0:
            if best[node] > total:
                total, link = best[node], last[node]
            node -= node & -node
        sums[place], before[place] = total + weights[place], link
        node = right[place] + 1
        while node <= columns:
            if sums[place] > best[node]:
                best[node], last[node] = sums[place], place
            node += node & -node
    top, end = 0.0, np.int64(-1)
    for place in range(left.shape[0]):
        if sums[place] > top:
            top, end = sums[place], np.int64(place)
    count = 0
    while end >= 0:
        out[count] = end
        count += 1
        end = before[end]
    for swapped in range(count // 2):
        out[swapped], out[count - 1 - swapped] = out[count - 1 - swapped], out[swapped]
    return count
