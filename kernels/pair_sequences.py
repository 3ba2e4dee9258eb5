"""How alike the two sides of pairs are: matching numerals, equal letters, equal digits.

Numerals follow Python's `difflib.SequenceMatcher` (Ratcliff and Obershelp's matching blocks): where the second sequence
has 200 elements or more, those that make up more than a hundredth of it and one start no match.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .pair_characters import FLAGS, FOLD, LETTER, LONG_FOLDS, code_points, longest_text
from .pair_substrings import POPULAR_FROM, Sides
from .unicode import CODE_POINTS


@inlined
def _index(symbols, count, heads, following):  # type: ignore[no-untyped-def]
    """Chain the places of each of nine symbols, ascending; popular symbols get no chain.

    heads: nine places, `count` where there is none.
    """
    sizes = np.zeros(9, np.int64)
    heads[:] = count
    for place in range(count - 1, -1, -1):
        following[place] = heads[symbols[place]]
        heads[symbols[place]] = place
        sizes[symbols[place]] += 1
    if count >= POPULAR_FROM:
        for symbol in range(9):
            if sizes[symbol] > count // 100 + 1:
                heads[symbol] = count


@inlined
def _longest_match(  # type: ignore[no-untyped-def]
    left, left_start, left_end, right, right_start, right_end, heads, following, runs, stamps, clock
):
    """(start in left, start in right, length, clock) of the longest match of two ranges, as difflib chooses it."""
    best_left, best_right, best = left_start, right_start, 0
    for place in range(left_start, left_end):
        clock += 1
        current, former = clock & 1, (clock & 1) ^ 1
        other = heads[left[place]]
        while other < right_end:
            if other >= right_start:
                run = 1
                if other > right_start and stamps[former, other - 1] == clock - 1:
                    run += runs[former, other - 1]
                runs[current, other] = run
                stamps[current, other] = clock
                if run > best:
                    best_left, best_right, best = place - run + 1, other - run + 1, run
            other = following[other]
    while best_left > left_start and best_right > right_start and left[best_left - 1] == right[best_right - 1]:
        best_left, best_right, best = best_left - 1, best_right - 1, best + 1
    while (
        best_left + best < left_end and best_right + best < right_end
        and left[best_left + best] == right[best_right + best]
    ):  # fmt: skip
        best += 1
    return best_left, best_right, best, clock + 1


@inlined
def _matching(left, count, right, other, heads, following, runs, stamps, clock, stack):  # type: ignore[no-untyped-def]
    """(elements in matching blocks, clock)."""
    total = 0
    depth = 1
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = 0, count, 0, other
    while depth > 0:
        depth -= 1
        left_start, left_end, right_start, right_end = (
            stack[depth, 0],
            stack[depth, 1],
            stack[depth, 2],
            stack[depth, 3],
        )
        at_left, at_right, found, clock = _longest_match(
            left, left_start, left_end, right, right_start, right_end, heads, following, runs, stamps, clock
        )
        if found == 0:
            continue
        total += found
        if left_start < at_left and right_start < at_right:
            stack[depth, 0], stack[depth, 1], stack[depth, 2], stack[depth, 3] = (
                left_start,
                at_left,
                right_start,
                at_right,
            )
            depth += 1
        if at_left + found < left_end and at_right + found < right_end:
            stack[depth, 0], stack[depth, 1] = at_left + found, left_end
            stack[depth, 2], stack[depth, 3] = at_right + found, right_end
            depth += 1
    return total, clock


@kernel("void(uint8[::1], int64[::1], int64[::1], int64[::1], int64[::1], float64[::1])")
def numeral_rows(digits, places, offsets, lefts, rights, out):  # type: ignore[no-untyped-def]
    """See `numeral_ratios`; digits: 0 to 8 for all digits 1 to 9 of all texts; places: where they stand."""
    texts = offsets.shape[0] - 1
    starts = np.empty(texts + 1, np.int64)
    found = np.int64(0)
    room = np.int64(0)
    for text in range(texts + 1):
        while found < places.shape[0] and places[found] < offsets[text]:
            found += 1
        starts[text] = found
        if text > 0:
            room = max(room, found - starts[text - 1])
    heads, following = np.empty(9, np.int32), np.empty(room + 1, np.int32)
    runs, stamps = np.zeros((2, room + 1), np.int32), np.zeros((2, room + 1), np.int64)
    stack = np.empty((room + 2, 4), np.int64)
    clock = np.int64(2)
    for row in range(lefts.shape[0]):
        left = digits[starts[lefts[row]] : starts[lefts[row] + 1]]
        right = digits[starts[rights[row]] : starts[rights[row] + 1]]
        count, other = left.shape[0], right.shape[0]
        if count == 0 or other == 0:
            out[row] = 1.0 if count == other else 0.0
            continue
        _index(right, other, heads, following)
        matched, clock = _matching(left, count, right, other, heads, following, runs, stamps, clock, stack)
        out[row] = 2.0 * matched / (count + other)


def numeral_ratios(texts: pa.Array, lefts: Sides, rights: Sides) -> npt.NDArray[np.float64]:
    """How alike the digits 1 to 9 of each pair's sides are, in their order: difflib's ratio; 1 where there are none."""
    buffer, offsets = text_buffers(texts)
    out = np.zeros(len(lefts), np.float64)
    # for bytes below "1" this wraps around
    numbers = buffer[offsets[0] : offsets[-1]] - np.uint8(ord("1"))
    places = np.flatnonzero(numbers < 9)
    numeral_rows(numbers[places], places, offsets - offsets[0], lefts, rights, out)
    return out


@inlined
def _folded_letters(buffer, start, end, flags, fold, long_folds, points, out):  # type: ignore[no-untyped-def]
    """The letters of a text under full case folding; returns how many code points they are."""
    count = code_points(buffer, start, end, points)
    found = 0
    for place in range(count):
        if flags[points[place]] & LETTER == 0:
            continue
        folded = fold[points[place]]
        if folded < CODE_POINTS:
            out[found] = folded
            found += 1
            continue
        for step in range(3):
            part = long_folds[folded - CODE_POINTS, step]
            if part != 0:
                out[found] = part
                found += 1
    return found


@kernel(
    "void(uint8[::1], int64[::1], uint16[::1], uint32[::1], uint32[:, ::1], int64, int64[::1], int64[::1],"
    " boolean[::1], boolean[::1])"
)
def equality_rows(buffer, offsets, flags, fold, long_folds, room, lefts, rights, letters, digits):  # type: ignore[no-untyped-def]
    """See `equal_letters_and_digits`."""
    points = np.empty(room + 1, np.int32)
    left, right = np.empty(3 * room + 1, np.int32), np.empty(3 * room + 1, np.int32)
    counts = np.zeros(10, np.int64)
    for row in range(lefts.shape[0]):
        left_start, left_end = offsets[lefts[row]], offsets[lefts[row] + 1]
        right_start, right_end = offsets[rights[row]], offsets[rights[row] + 1]
        count = _folded_letters(buffer, left_start, left_end, flags, fold, long_folds, points, left)
        other = _folded_letters(buffer, right_start, right_end, flags, fold, long_folds, points, right)
        equal = count == other
        place = 0
        while equal and place < count:
            equal = left[place] == right[place]
            place += 1
        letters[row] = equal
        counts[:] = 0
        for place in range(left_start, left_end):
            if buffer[place] >= 48 and buffer[place] <= 57:
                counts[buffer[place] - 48] += 1
        for place in range(right_start, right_end):
            if buffer[place] >= 48 and buffer[place] <= 57:
                counts[buffer[place] - 48] -= 1
        digits[row] = True
        for digit in range(10):
            digits[row] &= counts[digit] == 0


def equal_letters_and_digits(
    texts: pa.Array, lefts: Sides, rights: Sides
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Whether the sides of each pair have the same letters in the same order, and the same digits in any order.

    Letters are those of the general category L, whatever their case (full case folding); digits are 0 to 9.
    """
    buffer, offsets = text_buffers(texts)
    letters, digits = np.zeros(len(lefts), np.bool_), np.zeros(len(lefts), np.bool_)
    equality_rows(buffer, offsets, FLAGS, FOLD, LONG_FOLDS, longest_text(offsets), lefts, rights, letters, digits)
    return letters, digits
