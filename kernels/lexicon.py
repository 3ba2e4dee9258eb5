"""Which words are translations of which: IBM model 1 in both directions at once, on weighted beads.

Model 1 (Brown et al. 1993, The mathematics of statistical machine translation, section 4.1): every word of one side is
made by a word of the other side, whichever, or by none (with a chance of its own here, learned for every word). Both
directions count the same pairs of words, so that a pair has one number ("slot") and is looked up once.
"""

# mypy: allow-untyped-calls

from __future__ import annotations

import numpy as np

from .compile import kernel


@kernel(
    "int64(int32[::1], int64[::1], int32[::1], int64[::1], int32[:,::1], int64, int64[::1], int32[::1], int32[::1])"
)
def pair_slots(left, left_starts, right, right_starts, beads, width, keys, slots, found):  # type: ignore[no-untyped-def]
    """Number the pairs of words that stand on the two sides of a bead.

    Args:
        left: numbers of words, segment after segment.
        left_starts: where each segment begins in `left`.
        right: the same of the other side.
        right_starts: the same of the other side.
        beads: n x 4, ranges of segments: first and last + 1 of the left side, then of the right one.
        width: how many words there are on the right.
        keys: output, `left * width + right` of each numbered pair.
        slots: output, the number of every pair of tokens, bead after bead, left tokens in the outer loop.
        found: room for an open table of a power of two, -1 everywhere, longer than there are pairs.

    Returns:
        How many different pairs there are.
    """
    mask = found.shape[0] - 1
    place = 0
    count = 0
    for bead in range(beads.shape[0]):
        for first in range(left_starts[beads[bead, 0]], left_starts[beads[bead, 1]]):
            for second in range(right_starts[beads[bead, 2]], right_starts[beads[bead, 3]]):
                key = np.int64(left[first]) * width + right[second]
                where = np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)) & mask
                while found[where] >= 0 and keys[found[where]] != key:
                    where = (where + 1) & mask
                if found[where] < 0:
                    keys[count] = key
                    found[where] = count
                    count += 1
                slots[place] = found[where]
                place += 1
    return count


@kernel(
    "void(int32[::1], int64[::1], int32[::1], int64[::1], int32[:,::1], float64[::1], int32[::1], float32[::1],"
    " float32[::1], float64[::1], float64[::1], float64[::1], float64[::1], float64[:,::1], float64[:,::1],"
    " float64[:,::1])"
)
def expected_counts(
    left, left_starts, right, right_starts, beads, weights, slots, forward, backward, left_share, right_share,
    left_alone, right_alone, pairs, lefts_seen, rights_seen,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """One E step.

    Args:
        left: as in `pair_slots`.
        left_starts: as in `pair_slots`.
        right: as in `pair_slots`.
        right_starts: as in `pair_slots`.
        beads: as in `pair_slots`.
        slots: as `pair_slots` wrote them.
        weights: n, what a bead counts.
        forward: chance of the right word of a slot, given the left one.
        backward: chance of the left word, given the right one.
        left_share: share of each left word in all text of its side.
        right_share: the same of right words.
        left_alone: chance that a left word has no counterpart.
        right_alone: the same of right words.
        pairs: output, 2 rows: expected counts of each slot, forward and backward.
        lefts_seen: output, 2 rows: how often each left word was seen, and how often without a counterpart.
        rights_seen: the same of right words.
    """
    place = 0
    longest = 1
    for bead in range(beads.shape[0]):
        longest = max(longest, left_starts[beads[bead, 1]] - left_starts[beads[bead, 0]])
    scales = np.zeros(longest)
    for bead in range(beads.shape[0]):
        first_left, last_left = left_starts[beads[bead, 0]], left_starts[beads[bead, 1]]
        first_right, last_right = right_starts[beads[bead, 2]], right_starts[beads[bead, 3]]
        lefts, rights = last_left - first_left, last_right - first_right
        weight = weights[bead]
        for one in range(lefts):
            total = 0.0
            for other in range(rights):
                total += backward[slots[place + one * rights + other]]
            word = left[first_left + one]
            alone = left_alone[word] * left_share[word]
            total = (1.0 - left_alone[word]) * total / rights + alone
            lefts_seen[0, word] += weight
            lefts_seen[1, word] += weight * alone / total
            scales[one] = weight * (1.0 - left_alone[word]) / rights / total
        for other in range(rights):
            total = 0.0
            for one in range(lefts):
                total += forward[slots[place + one * rights + other]]
            word = right[first_right + other]
            alone = right_alone[word] * right_share[word]
            total = (1.0 - right_alone[word]) * total / lefts + alone
            rights_seen[0, word] += weight
            rights_seen[1, word] += weight * alone / total
            scale = weight * (1.0 - right_alone[word]) / lefts / total
            for one in range(lefts):
                slot = slots[place + one * rights + other]
                pairs[0, slot] += scale * forward[slot]
                pairs[1, slot] += scales[one] * backward[slot]
        place += lefts * rights
