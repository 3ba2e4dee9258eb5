"""For each text the most similar others of a pool, by the words that they share; rare words count for more."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .compile import kernel
from .minhash import Scheme, shingle_sets, signatures

_WORDS = Scheme(bands=1, rows=1, shingle=1)
_UNIT = 1024
"""Weights are whole numbers of 1/1024 bit, so that sums do not depend on their order."""


@kernel(
    "void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], uint64[::1], uint64[::1], int64, int64, float64,"
    "int64[:,::1], float32[:,::1])"
)
def _matches(ids, borders, index_starts, index_rows, weights, one, other, most, rare, least, found, scores):  # type: ignore[no-untyped-def]
    """See `fuzzy_matches`. `one` and `other` are hashes of both sides: equal texts are no matches."""
    rows, wanted = borders.shape[0] - 1, found.shape[1]
    total = np.zeros(rows, np.int64)
    for row in range(rows):
        for place in range(borders[row], borders[row + 1]):
            total[row] += weights[ids[place]]
    seen = np.full(rows, -1, np.int64)
    for row in range(rows):
        floor = -1  # the rarest words first: by number of rows, then by id
        last = np.int64(-1)
        for _ in range(rare):
            best, best_size = np.int64(-1), most + 1
            for place in range(borders[row], borders[row + 1]):
                word = ids[place]
                size = index_starts[word + 1] - index_starts[word]
                later = size > floor or (size == floor and word > last)
                if later and size < best_size:
                    best, best_size = word, size
            if best < 0:
                break
            floor, last = best_size, best
            for place in range(index_starts[best], index_starts[best + 1]):
                candidate = index_rows[place]
                if candidate == row or seen[candidate] == row:
                    continue
                seen[candidate] = row
                if one[candidate] == one[row] or other[candidate] == other[row]:
                    continue
                common = np.int64(0)
                left, right = borders[row], borders[candidate]
                while left < borders[row + 1] and right < borders[candidate + 1]:
                    if ids[left] == ids[right]:
                        common += weights[ids[left]]
                        left += 1
                        right += 1
                    elif ids[left] < ids[right]:
                        left += 1
                    else:
                        right += 1
                union = total[row] + total[candidate] - common
                score = np.float32(common / union) if union > 0 else np.float32(0.0)
                if score < least:
                    continue
                slot = wanted
                while slot > 0 and (
                    found[row, slot - 1] < 0
                    or scores[row, slot - 1] < score
                    or (scores[row, slot - 1] == score and found[row, slot - 1] > candidate)
                ):
                    slot -= 1
                if slot < wanted:
                    for behind in range(wanted - 1, slot, -1):
                        found[row, behind] = found[row, behind - 1]
                        scores[row, behind] = scores[row, behind - 1]
                    found[row, slot] = candidate
                    scores[row, slot] = score


def fuzzy_matches(
    texts: pa.Array,
    one: npt.NDArray[np.uint64],
    other: npt.NDArray[np.uint64],
    *,
    wanted: int,
    least: float,
    most: int = 256,
    rare: int = 8,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The most similar texts of each of n texts.

    Similarity is the weight of the common words over that of all words of both (Jaccard with weights; the weight of a
    word is the logarithm of how rare it is). Compared are texts that share one of the `rare` rarest words of a text
    which occurs in at most `most` texts. Letters of scripts without spaces count as words.

    Args:
        texts: n strings without nulls, in an order that does not depend on files.
        one: n hashes of the texts: equal ones are no matches.
        other: n hashes of their counterparts: equal ones are no matches.
        wanted: k, how many matches.
        least: least similarity, 0 to 1.
        most: see above; with `rare` it bounds the work to n x rare x most comparisons.
        rare: see above.

    Returns:
        n x k rows, the most similar first, -1 where there are no more; and their similarities.
    """
    rows = len(texts)
    found, scores = np.full((rows, wanted), -1, np.int64), np.zeros((rows, wanted), np.float32)
    if not rows or not wanted:
        return found, scores
    values, borders = shingle_sets(texts, _WORDS, signatures(texts, _WORDS).shingles)
    words, ids, sizes = np.unique(values, return_inverse=True, return_counts=True)
    ids = ids.astype(np.int64)
    owner = np.repeat(np.arange(rows), np.diff(borders))
    index_rows = owner[np.argsort(ids, kind="stable")].astype(np.int64)
    index_starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]).astype(np.int64)
    weights = np.maximum(1, np.rint(np.log2((rows + 1) / sizes) * _UNIT)).astype(np.int64)
    assert len(words) == len(weights)
    _matches(ids, borders, index_starts, index_rows, weights, one, other, most, rare, float(least), found, scores)
    return found, scores
