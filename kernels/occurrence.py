"""Where a text of each row first occurs in another text of the same row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import kernel


@kernel("void(uint8[::1], int64[::1], uint8[::1], int64[::1], int64[::1])")
def _first_occurrences(
    texts: npt.NDArray[np.uint8],
    text_starts: npt.NDArray[np.int64],
    patterns: npt.NDArray[np.uint8],
    pattern_starts: npt.NDArray[np.int64],
    out: npt.NDArray[np.int64],
) -> None:
    """See `first_occurrences`. The failure table of Knuth, Morris and Pratt keeps hostile texts linear."""
    longest = np.int64(0)
    for row in range(out.shape[0]):
        longest = max(longest, pattern_starts[row + 1] - pattern_starts[row])
    failure = np.zeros(longest + 1, np.int64)
    previous = -1
    for row in range(out.shape[0]):
        start, length = pattern_starts[row], pattern_starts[row + 1] - pattern_starts[row]
        same = previous >= 0 and pattern_starts[previous + 1] - pattern_starts[previous] == length
        if same:
            for place in range(length):
                if patterns[pattern_starts[previous] + place] != patterns[start + place]:
                    same = False
                    break
        if not same:
            matched = np.int64(0)
            for place in range(1, length):
                while matched > 0 and patterns[start + place] != patterns[start + matched]:
                    matched = failure[matched - 1]
                if patterns[start + place] == patterns[start + matched]:
                    matched += 1
                failure[place] = matched
        previous = row
        out[row] = 0 if length == 0 else -1
        if length == 0:
            continue
        matched = np.int64(0)
        for place in range(text_starts[row], text_starts[row + 1]):
            while matched > 0 and texts[place] != patterns[start + matched]:
                matched = failure[matched - 1]
            if texts[place] == patterns[start + matched]:
                matched += 1
            if matched == length:
                out[row] = place + 1 - length - text_starts[row]
                break


def first_occurrences(texts: pa.Array, patterns: pa.Array) -> npt.NDArray[np.int64]:
    """Where each row's pattern begins for the first time in the row's text, in bytes; -1 where it does not occur.

    Args:
        texts: n strings; a null counts as empty.
        patterns: n strings; the empty one occurs at 0.
    """
    out = np.empty(len(texts), np.int64)
    _first_occurrences(*text_buffers(texts), *text_buffers(patterns), out)
    return out
