"""What rules on sentence pairs count in each side, in one pass over the bytes."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import kernel
from .pair_characters import ALPHABETIC, FLAGS, SPLITS, WHITE
from .unicode import SCRIPT, next_code_point

COUNTS: Final = (
    "characters", "words", "longest_word", "word_characters", "alphabetic", "white", "in_script", "terminal",
    "blanks", "digits",
)  # fmt: skip
"""Columns of `side_counts`: code points; words between Python's white space, the characters of the longest and of all;
alphabetic characters (Alphabetic); white space (White_Space); alphabetic characters in the scripts of the row's set;
the marks . ? ! and …; spaces and no-break spaces; digits 0 to 9."""


@kernel("void(uint8[::1], int64[::1], uint16[::1], uint8[::1], uint8[:, ::1], int32[::1], int32[:, ::1])")
def count_rows(buffer, offsets, flags, scripts, allowed, sets, out):  # type: ignore[no-untyped-def]
    """See `side_counts`."""
    for row in range(offsets.shape[0] - 1):
        position, end = offsets[row], offsets[row + 1]
        wanted = allowed[sets[row]]
        latin = wanted[scripts[97]]
        words = longest = white = terminal = blanks = digits = splits = np.int64(0)
        word_characters = run = letters = others = others_in_script = np.int64(0)
        while position < end:
            first = buffer[position]
            if first | 32 >= 97 and first | 32 <= 122:
                # a letter of ASCII: all that has to be known
                position += 1
                run += 1
                letters += 1
                continue
            if first < 0x80:
                point = np.uint32(first)
                position += 1
            else:
                point, position = next_code_point(buffer, position)
            flag = flags[point]
            if flag & SPLITS:
                white += (flag & WHITE) != 0
                splits += 1
                blanks += point == 32 or point == 0xA0
                words += run > 0
                word_characters += run
                longest = max(longest, run)
                run = np.int64(0)
                continue
            run += 1
            if flag & ALPHABETIC:
                others += 1
                others_in_script += wanted[scripts[point]]
            else:
                digits += point >= 48 and point < 58
                terminal += point == 46 or point == 63 or point == 33 or point == 0x2026
        words += run > 0
        word_characters += run
        characters = word_characters + splits
        alphabetic = letters + others
        in_script = letters * latin + others_in_script
        out[row, 0] = characters
        out[row, 1] = words
        out[row, 2] = max(longest, run)
        out[row, 3] = word_characters
        out[row, 4] = alphabetic
        out[row, 5] = white
        out[row, 6] = in_script
        out[row, 7] = terminal
        out[row, 8] = blanks
        out[row, 9] = digits


def side_counts(
    texts: pa.Array, script_sets: npt.NDArray[np.uint8] | None = None, sets: npt.NDArray[np.int32] | None = None
) -> dict[str, npt.NDArray[np.int32]]:
    """Count what the columns of `COUNTS` name.

    Args:
        texts: n strings; null reads as empty.
        script_sets: k x 256, 1 where a script (a number of `unicode.SCRIPT`) belongs to the set; None for no set.
        sets: n numbers of sets; None for the first.

    Returns:
        n int32 by the name of the column.
    """
    buffer, offsets = text_buffers(texts)
    rows = len(offsets) - 1
    allowed = np.zeros((1, 256), np.uint8) if script_sets is None else script_sets
    chosen = np.zeros(rows, np.int32) if sets is None else sets
    found = np.zeros((rows, len(COUNTS)), np.int32)
    count_rows(buffer, offsets, FLAGS, SCRIPT, allowed, chosen, found)
    return {name: np.ascontiguousarray(found[:, column]) for column, name in enumerate(COUNTS)}
