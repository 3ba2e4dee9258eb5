"""Units of evidence for aligning sentences: stems, numbers, marks, letters of unspaced scripts; and lengths.

A translation has no letters in common with its source in most pairs, so what is compared are units that occur often
enough to be learned from few documents: the first letters of a word instead of the word, every number as it is in ASCII
digits, marks by their function, and single letters and pairs of them where a script puts no space between words.
"""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .compile import always_inlined, kernel
from .unicode import CLASS, CONTROL, DIGIT, FOLD, LETTER, MARK, PUNCTUATION, UNSPACED, mix, next_code_point

WORD, NUMBER, SIGN, PIECE = 0, 1, 2, 3
"""Kinds of tokens."""

_SAME_FUNCTION = {
    "?": "؟፧՞？", "!": "！", ".": "。｡।۔።։။…", ",": "،、，၊՝", ";": "؛；", ":": "：", "'": "’‘‚‛",
    '"': "“”„«»「」『』‟＂", "-": "–—−", "(": "（", ")": "）",
}  # fmt: skip

_ZEROS = """
    30 660 6f0 7c0 966 9e6 a66 ae6 b66 be6 c66 ce6 d66 de6 e50 ed0 f20 1040 1090 17e0 1810 1946 19d0 1a80 1a90 1b50 1bb0
    1c40 1c50 2080 a620 a8d0 a900 a9d0 a9f0 aa50 abf0 ff10 104a0 10d30 10d40 11066 110f0 11136 111d0 112f0 11450 114d0
    11650 116c0 116d0 116da 11730 118e0 11950 11bf0 11c50 11d50 11da0 11de0 11f50 16130 16a60 16ac0 16b50 16d70 1ccf0
    1d7ce 1d7d8 1d7e2 1d7ec 1d7f6 1e140 1e2f0 1e4f0 1e5f1 1e950 1f101 1fbf0
    """
"""Code points of zeros that nine more digits follow: Numeric_Type Decimal or Digit of Unicode 17. They stand here
because Python's own table is another one in each version of Python."""

_OTHER_DIGITS = (
    (0xB2, 2, 2), (0xB9, 1, 1), (0x1369, 1, 9), (0x19DA, 1, 1), (0x2070, 0, 1), (0x2074, 4, 6), (0x2460, 1, 9),
    (0x2474, 1, 9), (0x2488, 1, 9), (0x24EA, 0, 1), (0x24F5, 1, 9), (0x24FF, 0, 1), (0x2776, 1, 9), (0x2780, 1, 9),
    (0x278A, 1, 9), (0x10A40, 1, 4), (0x10E60, 1, 9), (0x11052, 1, 9), (0x1F100, 0, 1),
)  # fmt: skip
"""The other digits: the first code point, its value, and how many follow each other."""


class Tokens(NamedTuple):
    """Tokens of n texts."""

    values: npt.NDArray[np.uint64]
    """Hashes, t of them, text after text."""
    kinds: npt.NDArray[np.uint8]
    """t of `WORD`, `NUMBER`, `SIGN`, `PIECE`."""
    starts: npt.NDArray[np.int64]
    """n + 1: text i has the tokens `starts[i]` to `starts[i + 1]`."""
    lengths: npt.NDArray[np.float64]
    """n lengths in letters, digits and marks of punctuation: no spaces, no combining marks."""


@cache
def folding() -> npt.NDArray[np.uint32]:
    """What each code point counts as: folded case and width, digits of all scripts as ASCII, marks by function."""
    table = FOLD.copy()
    runs = [(int(zero, 16), 0, 10) for zero in _ZEROS.split()]
    for first, value, length in (*runs, *_OTHER_DIGITS):
        table[first : first + length] = np.arange(ord("0") + value, ord("0") + value + length)
    for plain, marks in _SAME_FUNCTION.items():
        for mark in marks:
            table[ord(mark)] = ord(plain)
    return table


@always_inlined
def step(value, point):  # type: ignore[no-untyped-def]
    """One more code point of a hash."""
    return (value ^ np.uint64(point)) * np.uint64(0x9E3779B97F4A7C15)


@kernel(
    "int64(uint8[::1], int64[::1], uint8[::1], uint32[::1], int64, uint64[::1], uint8[::1], int64[::1], float64[::1])"
)
def _tokens(buffer, offsets, classes, fold, stem, tokens, kinds, starts, lengths):  # type: ignore[no-untyped-def]
    """See `tokens_of`."""
    count = 0
    for row in range(offsets.shape[0] - 1):
        starts[row] = count
        position, end = offsets[row], offsets[row + 1]
        size = 0
        previous = np.uint64(0)  # the unspaced letter in front
        while position < end:
            point, after = next_code_point(buffer, position)
            group = classes[point]
            if group == LETTER or group == MARK:
                value, letters = np.uint64(0xCBF29CE484222325), 0
                while position < end:
                    point, after = next_code_point(buffer, position)
                    group = classes[point]
                    if group == LETTER:
                        letters += 1
                        size += 1
                    elif group != MARK and group != CONTROL:
                        break
                    if group != CONTROL and letters <= stem:
                        value = step(value, fold[point])
                    position = after
                tokens[count], kinds[count] = mix(value), WORD
                count += 1
                previous = np.uint64(0)
            elif group == DIGIT:
                value = np.uint64(7)
                while position < end:
                    point, after = next_code_point(buffer, position)
                    if classes[point] != DIGIT:
                        break
                    size += 1
                    value = step(value, fold[point])
                    position = after
                tokens[count], kinds[count] = mix(value), NUMBER
                count += 1
                previous = np.uint64(0)
            elif group == UNSPACED:
                position = after
                size += 1
                value = np.uint64(fold[point])
                while position < end:  # marks above and below belong to their letter
                    point, after = next_code_point(buffer, position)
                    if classes[point] != MARK:
                        break
                    value = step(value, fold[point])
                    position = after
                tokens[count], kinds[count] = mix(step(np.uint64(3), value)), PIECE
                count += 1
                if previous != 0:
                    tokens[count], kinds[count] = mix(step(step(np.uint64(5), previous), value)), PIECE
                    count += 1
                previous = value
            else:
                position = after
                if group == PUNCTUATION:
                    size += 1
                    previous = np.uint64(0)
                    sign = fold[point]
                    if sign != 46 and sign != 44:  # full stops and commas are everywhere and say nothing
                        value = mix(step(np.uint64(11), sign))
                        if count == starts[row] or tokens[count - 1] != value:
                            tokens[count], kinds[count] = value, SIGN
                            count += 1
        lengths[row] = size
    starts[offsets.shape[0] - 1] = count
    return count


def tokens_of(buffer: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], stem: int) -> Tokens:
    """Cut texts into tokens.

    Args:
        buffer: bytes of n texts, valid UTF-8, in a normal form of Unicode.
        offsets: n + 1, where each text begins.
        stem: how many letters of a word count.
    """
    rows = len(offsets) - 1
    room = int(offsets[-1] - offsets[0]) + 1  # an unspaced letter has two bytes at least, and gives two tokens at most
    tokens, kinds = np.empty(room, np.uint64), np.empty(room, np.uint8)
    starts, lengths = np.empty(rows + 1, np.int64), np.empty(rows)
    count = _tokens(buffer, offsets, CLASS, folding(), stem, tokens, kinds, starts, lengths)
    return Tokens(tokens[:count].copy(), kinds[:count].copy(), starts, lengths)
