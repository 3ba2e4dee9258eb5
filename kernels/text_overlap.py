"""How often texts that stand for the same thing in two languages are equal, and how many of their words they share."""

# mypy: allow-untyped-calls

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .compile import kernel

BOTH, EQUAL, SHARED, WORDS = range(4)
"""What is counted for a pair of languages: groups with both; of these, with equal texts; words that different texts
share, counted on both sides; all their words."""


@kernel("void(int64[::1], int64[::1], int64[::1], uint64[::1], int64[::1], int64[:,:,::1])")
def _pair_counts(
    borders: npt.NDArray[np.int64],
    languages: npt.NDArray[np.int64],
    texts: npt.NDArray[np.int64],
    words: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    out: npt.NDArray[np.int64],
) -> None:
    """See `pair_counts`."""
    for group in range(borders.shape[0] - 1):
        for one in range(borders[group], borders[group + 1]):
            for other in range(one + 1, borders[group + 1]):
                low, high = languages[one], languages[other]
                if low == high:
                    continue
                if low > high:
                    low, high = high, low
                out[low, high, 0] += 1
                if texts[one] == texts[other]:
                    if texts[one] >= 0:
                        out[low, high, 1] += 1
                    continue
                here, there, shared = offsets[one], offsets[other], 0
                while here < offsets[one + 1] and there < offsets[other + 1]:
                    if words[here] == words[there]:
                        shared += 1
                        here += 1
                        there += 1
                    elif words[here] < words[there]:
                        here += 1
                    else:
                        there += 1
                out[low, high, 2] += 2 * shared
                out[low, high, 3] += offsets[one + 1] - offsets[one] + offsets[other + 1] - offsets[other]


def pair_counts(
    borders: npt.NDArray[np.int64],
    languages: npt.NDArray[np.int64],
    texts: npt.NDArray[np.int64],
    words: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    most: int,
) -> npt.NDArray[np.int64]:
    """Compare every two texts of every group.

    Args:
        borders: where the groups start among the n rows, and n.
        languages: n numbers of languages, below `most`.
        texts: n numbers, equal for equal texts; equality is counted for numbers from 0 on.
        words: the different words of each row as hashes, ascending, row by row.
        offsets: n + 1 places in `words`.
        most: how many languages there are.

    Returns:
        most x most x 4 whole numbers (`BOTH`, `EQUAL`, `SHARED`, `WORDS`); only those with the smaller number first.
    """
    out = np.zeros((most, most, 4), np.int64)
    _pair_counts(
        np.ascontiguousarray(borders, np.int64),
        np.ascontiguousarray(languages, np.int64),
        np.ascontiguousarray(texts, np.int64),
        np.ascontiguousarray(words, np.uint64),
        np.ascontiguousarray(offsets, np.int64),
        out,
    )
    return out
