"""Keys under which two texts count as the same in bitext: as they are, without case, or by their letters alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .pair_characters import FLAGS, LETTER, SIMPLE, SPLITS, code_points, longest_text
from .unicode import mix


@inlined
def _is_word_of_letters(points, start, end, flags):  # type: ignore[no-untyped-def]
    for place in range(start, end):  # noqa: SIM110
        if flags[points[place]] & LETTER == 0:
            return False
    return True


@inlined
def _without_other_words(points, count, flags):  # type: ignore[no-untyped-def]
    """Leave the words that are letters only, one space between them; returns how many code points there are."""
    used = place = 0
    while place < count:
        if flags[points[place]] & SPLITS:
            place += 1
            continue
        end = place
        while end < count and flags[points[end]] & SPLITS == 0:
            end += 1
        if _is_word_of_letters(points, place, end, flags):
            if used > 0:
                points[used] = 32
                used += 1
            for step in range(place, end):
                points[used] = points[step]
                used += 1
        place = end
    return used


@kernel("void(uint8[::1], int64[::1], uint16[::1], uint32[::1], int64, boolean, boolean, boolean, uint64[:, ::1])")
def key_rows(buffer, offsets, flags, simple, room, fold, letters, words, out):  # type: ignore[no-untyped-def]
    """See `text_keys`."""
    points = np.empty(room + 1, np.int32)
    for row in range(offsets.shape[0] - 1):
        count = code_points(buffer, offsets[row], offsets[row + 1], points)
        if words:
            count = _without_other_words(points, count, flags)
        one, other = np.uint64(0x243F6A8885A308D3), np.uint64(0x13198A2E03707344)
        for place in range(count):
            point = points[place]
            if letters and flags[point] & LETTER == 0:
                continue
            value = np.uint64(simple[point]) if fold else np.uint64(point)
            one = (one ^ value) * np.uint64(0x9E3779B97F4A7C15)
            one ^= one >> np.uint64(29)
            other = (other + value) * np.uint64(0xC2B2AE3D27D4EB4F)
            other ^= other >> np.uint64(31)
        out[row, 0] = mix(one)
        out[row, 1] = mix(other)


def text_keys(
    texts: pa.Array, *, fold: bool = False, letters: bool = False, words: bool = False
) -> npt.NDArray[np.uint64]:
    """128-bit keys of texts (OpusFilter's `remove_duplicates`).

    Args:
        texts: n strings; null reads as empty.
        fold: whether case makes no difference (simple case folding).
        letters: whether only letters count (general category L).
        words: whether only words count that are nothing but letters.

    Returns:
        n x 2 uint64.
    """
    buffer, offsets = text_buffers(texts)
    out = np.zeros((len(offsets) - 1, 2), np.uint64)
    key_rows(buffer, offsets, FLAGS, SIMPLE, longest_text(offsets), fold, letters, words, out)
    return out
