"""How much better one side of a pair is foretold by the words of the other than by chance."""

from __future__ import annotations

import numpy as np

from .compile import inlined, kernel


@inlined
def _chance(starts, columns, values, row, column):  # type: ignore[no-untyped-def]
    """The entry of a sparse table whose columns ascend in each row; 0 for none."""
    low, high = starts[row], starts[row + 1]
    while low < high:
        middle = (low + high) // 2
        if columns[middle] < column:
            low = middle + 1
        else:
            high = middle
    return values[low] if low < starts[row + 1] and columns[low] == column else np.float32(0.0)


@kernel(
    "void(int32[::1], int64[::1], int32[::1], int64[::1], int64[::1], int32[::1], float32[::1], float32[::1],"
    " float32[::1], int32[::1], float64[::1])"
)
def gains(given, given_starts, told, told_starts, starts, columns, values, shares, alone, same, out):  # type: ignore[no-untyped-def]
    """The mean gain of each text's known words over their shares in all text, in nats; NaN where no word is known.

    Args:
        given: numbers of the words of the texts that tell, text after text.
        given_starts: n + 1, where each text begins in `given`.
        told: numbers of the words of the texts that are told.
        told_starts: n + 1, likewise.
        starts: where the row of each telling word begins in `columns` (words that are told, ascending) and `values`
            (their chances); words beyond the rows have none.
        columns: see `starts`.
        values: see `starts`.
        shares: share of each told word in all text; words beyond it are not known.
        alone: chance of each told word to have no counterpart.
        same: for each telling word the told word of the same spelling, or -1.
        out: n float64.
    """
    rows, known = starts.shape[0] - 1, shares.shape[0]
    for text in range(out.shape[0]):
        total, counted = 0.0, 0
        size = given_starts[text + 1] - given_starts[text]
        for place in range(told_starts[text], told_starts[text + 1]):
            word = told[place]
            met = 0.0
            for other in range(given_starts[text], given_starts[text + 1]):
                if given[other] < rows and word < known:
                    met += _chance(starts, columns, values, given[other], word)
                elif same[given[other]] == word:
                    met += 1.0
            if word < known:
                chance = alone[word] * shares[word] + (1.0 - alone[word]) * met / max(size, 1)
                total += np.log(chance / shares[word])
                counted += 1
            elif met > 0.0:
                # spelled the same on both sides and nowhere else: as sure as a word can be
                total += 2.0
                counted += 1
        out[text] = total / counted if counted > 0 else np.nan
