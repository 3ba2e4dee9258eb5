"""How well segments of two languages fit each other: scores of all candidate beads within a band.

A cell (i, j) of a document stands for the border behind i segments of the left side and j of the right one; a bead of
shape (a, b) that ends in it joins the last a and the last b segments. Row i of a band holds the columns
`limits[i, 0]` to `limits[i, 1]` (both included, neither ever falls), and its first cell is number `cells[i]`.

Scores are natural logarithms of how much likelier the two sides are as translations of each other than as texts that
have nothing to do with each other; a bead that does not fit into the band has -inf.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import math

import numpy as np

from .compile import inlined, kernel

LEAST_CHANCE = 1e-12


@inlined
def log_gamma_density(value, shape, scale):
    """Logarithm of the density of the gamma distribution."""
    return (shape - 1.0) * math.log(value) - value / scale - math.lgamma(shape) - shape * math.log(scale)


@inlined
def length_score(left, right, ratio, variance, left_alone, right_alone):
    """How much likelier two lengths are as those of translations than as those of texts of their own.

    The difference of the lengths of translations is normal, with a variance that grows with the length (Gale and Church
    1993); a length of its own is that of as many segments drawn from all (`left_alone`, `right_alone`: logarithms of
    the densities). Both directions, in the mean.
    """
    mean = max((left + right / ratio) / 2.0, 0.5)
    spread = variance * mean
    deviation = ratio * left - right
    fit = -0.5 * deviation * deviation / spread - 0.5 * math.log(2.0 * math.pi * spread)
    score = fit - right_alone + fit + math.log(ratio) - left_alone
    return 0.5 * score


@kernel(
    "void(float64[::1], float64[::1], int32[:,::1], int64[::1], int32[:,::1], float64[::1], float64, float64,"
    " float64[::1], float64, float64, float32[:,::1])"
)
def length_scores(
    left, right, limits, cells, shapes, priors, ratio, variance, spreads, weight, floor, out
):  # type: ignore[no-untyped-def]
    """Write the part of the scores that shape and length make.

    Args:
        left: n + 1, letters before each segment of the left side.
        right: m + 1, the same of the right side.
        limits: (n + 1) x 2, the band.
        cells: n + 2, where each row of the band begins.
        shapes: k x 2, numbers of segments on both sides.
        priors: k logarithms.
        ratio: right letters per left letter.
        variance: of the difference, per letter.
        spreads: shape and scale of the gamma distribution of a left segment's letters, and of a right one's.
        weight: of the length.
        floor: the least that a length's score is.
        out: one row of k scores per cell.
    """
    n, m, widest = left.shape[0] - 1, right.shape[0] - 1, 0
    for k in range(shapes.shape[0]):
        widest = max(widest, shapes[k, 0], shapes[k, 1])
    left_alone, right_alone = np.zeros((n + 1, widest + 1)), np.zeros((m + 1, widest + 1))
    for i in range(1, n + 1):
        for a in range(1, min(i, widest) + 1):
            left_alone[i, a] = log_gamma_density(max(left[i] - left[i - a], 0.5), a * spreads[0], spreads[1])
    for j in range(1, m + 1):
        for b in range(1, min(j, widest) + 1):
            right_alone[j, b] = log_gamma_density(max(right[j] - right[j - b], 0.5), b * spreads[2], spreads[3])
    for i in range(limits.shape[0]):
        for j in range(limits[i, 0], limits[i, 1] + 1):
            cell = cells[i] + j - limits[i, 0]
            for k in range(shapes.shape[0]):
                a, b = shapes[k, 0], shapes[k, 1]
                out[cell, k] = -np.inf
                if i < a or j < b or j - b < limits[i - a, 0] or j - b > limits[i - a, 1]:
                    continue
                fit = 0.0
                if a > 0 and b > 0:
                    fit = max(floor, length_score(left[i] - left[i - a], right[j] - right[j - b], ratio, variance,
                                                  left_alone[i, a], right_alone[j, b]))  # fmt: skip
                out[cell, k] = priors[k] + weight * fit


@inlined
def chances(
    words, starts, segments, others, first, offsets, rows, columns, values, same, same_values, bases, many, out
):
    """Chance of every token of the other side to be made by each segment of this side, over its share (`bases`).

    Segment s meets the tokens from `first[s]` on of the other side, as many as there are between `offsets[s]` and
    `offsets[s + 1]` of `out`.
    """
    made = np.zeros(many, np.float32)
    for segment in range(segments):
        for place in range(starts[segment], starts[segment + 1]):
            word = words[place]
            for entry in range(rows[word], rows[word + 1]):
                made[columns[entry]] += values[entry]
            if same[word] >= 0:
                made[same[word]] += same_values[word]
        for place in range(offsets[segment + 1] - offsets[segment]):
            other = others[first[segment] + place]
            out[offsets[segment] + place] = made[other] / bases[first[segment] + place]
        for place in range(starts[segment], starts[segment + 1]):
            word = words[place]
            for entry in range(rows[word], rows[word + 1]):
                made[columns[entry]] = 0.0
            if same[word] >= 0:
                made[same[word]] = 0.0


@inlined
def local_shares(words, shares, local, reach):
    """Share of every token among its neighbours (those `reach` tokens away count a third) and in all text, mixed.

    What a text is about stands in every sentence: it says little of which sentence translates which.
    """
    bases = np.empty(words.shape[0], np.float32)
    counts, seen = np.zeros(shares.shape[0], np.float32), np.full(shares.shape[0], -1, np.int64)
    for place in range(words.shape[0]):
        word = words[place]
        count = 0.0
        if seen[word] >= 0:
            count = counts[word] * math.exp((seen[word] - place) / reach)
        bases[place] = count
        counts[word], seen[word] = count + 1.0, place
    for place in range(words.shape[0]):
        seen[words[place]] = -1
    for place in range(words.shape[0] - 1, -1, -1):
        word = words[place]
        count = 0.0
        if seen[word] >= 0:
            count = counts[word] * math.exp((place - seen[word]) / reach)
        bases[place] = (1.0 - local) * shares[word] + local * (bases[place] + count) / (2.0 * reach)
        counts[word], seen[word] = count + 1.0, place
    return bases


@inlined
def evidence(words, begin, stop, alone, ratios, offsets, first, low, high, size):
    """Sum of the logarithms of how much likelier words are beside the segments `low` to `high` than anywhere."""
    total = 0.0
    product = 1.0
    for place in range(begin, stop):
        made = 0.0
        for segment in range(low, high):
            made += ratios[offsets[segment] + place - first[segment]]
        none = alone[words[place]]
        product *= none + (1.0 - none) * made / size
        if product > 1e200 or product < 1e-200:  # one logarithm for many words
            total += math.log(product)
            product = 1.0
    return total + math.log(product)


@kernel(
    "void(int32[::1], int64[::1], int32[::1], int64[::1], int32[:,::1], int64[::1], int32[:,::1], int64[::1],"
    " int32[::1], float32[::1], int64[::1], int32[::1], float32[::1], int32[::1], float32[::1], int32[::1],"
    " float32[::1], float32[::1], float32[::1], float32[::1], float32[::1], float64, float64, float64, float32[:,::1])"
)
def lexical_scores(
    left, left_starts, right, right_starts, limits, cells, shapes,
    ahead_rows, ahead_columns, ahead_values, back_rows, back_columns, back_values,
    left_same, left_same_values, right_same, right_same_values,
    left_share, right_share, left_alone, right_alone, weight, local, reach, out,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Add the evidence of words to the scores of beads that have both sides.

    `left` are numbers of the words of one document, segment after segment, n + 1 `left_starts` say where a segment
    begins; `right` likewise. The band (`limits`, `cells`), `shapes` and `out` are those of `length_scores`.
    `ahead_rows` says where the row of a left word begins in `ahead_columns` (right words) and `ahead_values` (chances
    of the right word, given the left one); `back_*` the same from right to left. `left_same` is the right word that is
    spelled the same (-1 where there is none or the table has it), `left_same_values` its chance. `*_share` is the
    share of each word in all text, `*_alone` its chance to have no counterpart. `weight` is that of the mean of both
    directions; `local` and `reach` are those of `local_shares`.
    """
    n, m = limits.shape[0] - 1, limits[limits.shape[0] - 1, 1]
    widest = 0
    for k in range(shapes.shape[0]):
        widest = max(widest, shapes[k, 0], shapes[k, 1])
    first_row, last_row = np.full(m + 1, n, np.int64), np.zeros(m + 1, np.int64)
    for i in range(n + 1):
        for j in range(limits[i, 0], limits[i, 1] + 1):
            first_row[j] = min(first_row[j], i)
            last_row[j] = max(last_row[j], i)
    met_right, right_offsets = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
    for i in range(n):
        low, high = max(0, limits[i, 0] - widest), limits[min(n, i + widest), 1]
        met_right[i] = right_starts[low]
        right_offsets[i + 1] = right_offsets[i] + right_starts[high] - right_starts[low]
    met_left, left_offsets = np.zeros(m + 1, np.int64), np.zeros(m + 1, np.int64)
    for j in range(m):
        low, high = max(0, first_row[j] - widest), last_row[min(m, j + widest)]
        met_left[j] = left_starts[low]
        left_offsets[j + 1] = left_offsets[j] + left_starts[high] - left_starts[low]
    ahead, back = np.empty(right_offsets[n], np.float32), np.empty(left_offsets[m], np.float32)
    right_bases = local_shares(right, right_share, local, reach)
    left_bases = local_shares(left, left_share, local, reach)
    chances(left, left_starts, n, right, met_right, right_offsets, ahead_rows, ahead_columns, ahead_values,
            left_same, left_same_values, right_bases, len(right_share), ahead)  # fmt: skip
    chances(right, right_starts, m, left, met_left, left_offsets, back_rows, back_columns, back_values,
            right_same, right_same_values, left_bases, len(left_share), back)  # fmt: skip
    # Logarithms of one segment beside runs of the other side: a bead is a sum of them.
    rights_of = np.zeros((widest + 1, m))  # of the right segments, beside the runs that end in a row
    lefts_of = np.zeros((widest, m + 1, widest + 1))  # of the latest left segments, beside runs that end in a column
    for i in range(1, n + 1):
        for a in range(1, min(i, widest) + 1):
            lefts = left_starts[i] - left_starts[i - a]
            for j in range(limits[i - a, 0], limits[i, 1] if lefts > 0 else 0):
                rights_of[a, j] = evidence(right, right_starts[j], right_starts[j + 1], right_alone, ahead,
                                           right_offsets, met_right, i - a, i, lefts)  # fmt: skip
        begin, stop = left_starts[i - 1], left_starts[i]
        for j in range(max(1, limits[i, 0]), limits[min(n, i + widest - 1), 1] + 1):
            for b in range(1, min(j, widest) + 1):
                met = j - b
                if met_left[met] > begin or met_left[met] + left_offsets[met + 1] - left_offsets[met] < stop:
                    break
                rights = right_starts[j] - right_starts[j - b]
                if rights > 0:
                    lefts_of[i % widest, j, b] = evidence(left, begin, stop, left_alone, back, left_offsets, met_left,
                                                          j - b, j, rights)  # fmt: skip
        for j in range(limits[i, 0], limits[i, 1] + 1):
            cell = cells[i] + j - limits[i, 0]
            for k in range(shapes.shape[0]):
                a, b = shapes[k, 0], shapes[k, 1]
                if a == 0 or b == 0 or out[cell, k] == -np.inf:
                    continue
                if left_starts[i] == left_starts[i - a] or right_starts[j] == right_starts[j - b]:
                    continue
                both = 0.0
                for segment in range(j - b, j):
                    both += rights_of[a, segment]
                for segment in range(i - a + 1, i + 1):
                    both += lefts_of[segment % widest, j, b]
                out[cell, k] += weight * 0.5 * both
