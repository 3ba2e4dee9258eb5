"""How alike the two sides of pairs are: longest common substring, matching numerals, edit distance, equal letters.

The first two follow Python's `difflib.SequenceMatcher` (Ratcliff and Obershelp's matching blocks): where the second
sequence has 200 elements or more, those that make up more than a hundredth of it and one start no match.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .pair_characters import FLAGS, FOLD, LETTER, LONG_FOLDS, SPLITS, code_points, longest_text
from .unicode import CODE_POINTS

POPULAR_FROM: Final = 200
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
SLOTS: Final = 1024
"""Slots of the table of last places: what 10 bits of a hash number."""

Sides = npt.NDArray[np.int64]
"""Numbers of texts in a column: n of left sides, n of right sides."""


@inlined
def _index(points, count, symbols, keys, numbers, heads, following, sizes, mask):  # type: ignore[no-untyped-def]
    """Number the symbols of a sequence and chain their places, ascending; popular symbols get no chain.

    keys, numbers: a hash table of `mask + 1` slots, emptied before by the caller (`numbers` all -1).
    """
    used = 0
    for place in range(count):
        slot = np.int64((np.uint64(points[place]) * _PRIME) >> np.uint64(32)) & mask
        while numbers[slot] >= 0 and keys[slot] != points[place]:
            slot = (slot + 1) & mask
        if numbers[slot] < 0:
            keys[slot] = points[place]
            numbers[slot] = used
            heads[used] = count
            sizes[used] = 0
            used += 1
        symbols[place] = numbers[slot]
        sizes[numbers[slot]] += 1
    for place in range(count - 1, -1, -1):
        following[place] = heads[symbols[place]]
        heads[symbols[place]] = place
    if count >= POPULAR_FROM:
        for symbol in range(used):
            if sizes[symbol] > count // 100 + 1:
                heads[symbol] = count


@inlined
def _number(point, keys, numbers, mask):  # type: ignore[no-untyped-def]
    slot = np.int64((np.uint64(point) * _PRIME) >> np.uint64(32)) & mask
    while numbers[slot] >= 0 and keys[slot] != point:
        slot = (slot + 1) & mask
    return numbers[slot]


@inlined
def _longest_match(  # type: ignore[no-untyped-def]
    left,
    left_symbols,
    left_start,
    left_end,
    right,
    right_start,
    right_end,
    count,
    heads,
    following,
    runs,
    stamps,
    clock,
):
    """(start in left, start in right, length, clock) of the longest match of two ranges, as difflib chooses it."""
    best_left, best_right, best = left_start, right_start, 0
    for place in range(left_start, left_end):
        clock += 1
        current, former = clock & 1, (clock & 1) ^ 1
        symbol = left_symbols[place]
        other = heads[symbol] if symbol >= 0 else count
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
def _table_mask(count):  # type: ignore[no-untyped-def]
    size = 16
    while size < 2 * count:
        size *= 2
    return size - 1


@inlined
def _trigram(points, place):  # type: ignore[no-untyped-def]
    one, two = np.uint64(points[place]), np.uint64(points[place + 1])
    return (one << np.uint64(42)) | (two << np.uint64(21)) | np.uint64(points[place + 2])


@inlined
def _longest_from_trigrams(left, count, right, other, last, following, base):  # type: ignore[no-untyped-def]
    """Length of the longest common substring, if that is three and more; else 0.

    last: a table of `SLOTS` places, those below `base` being of earlier calls.
    """
    for place in range(other - 3, -1, -1):
        slot = np.int64((_trigram(right, place) * _PRIME) >> np.uint64(54))
        following[place] = last[slot] - base if last[slot] >= base else other
        last[slot] = base + place
    best = 0
    for place in range(count - 2):
        slot = np.int64((_trigram(left, place) * _PRIME) >> np.uint64(54))
        match = last[slot] - base if last[slot] >= base else other
        while match < other:
            # what begins earlier was seen from there; what cannot be longer is not measured
            begins = place == 0 or match == 0 or left[place - 1] != right[match - 1]
            if begins and place + best < count and match + best < other and left[place + best] == right[match + best]:
                length = 0
                room = min(count - place, other - match)
                while length < room and left[place + length] == right[match + length]:
                    length += 1
                if length >= 3:
                    best = max(best, length)
            match = following[match]
    return best


@kernel("void(uint8[::1], int64[::1], int64, int64[::1], int64[::1], int32[::1], int32[::1])")
def substring_rows(buffer, offsets, room, lefts, rights, common, shorter):  # type: ignore[no-untyped-def]
    """See `longest_common_substrings`."""
    left, right = np.empty(room + 1, np.int32), np.empty(room + 1, np.int32)
    left_symbols, right_symbols = np.empty(room + 1, np.int32), np.empty(room + 1, np.int32)
    heads, following, sizes = np.empty(room + 1, np.int32), np.empty(room + 1, np.int32), np.empty(room + 1, np.int32)
    runs, stamps = np.zeros((2, room + 1), np.int32), np.zeros((2, room + 1), np.int64)
    slots = _table_mask(room) + 1
    keys, numbers = np.empty(slots, np.int32), np.empty(slots, np.int32)
    last = np.full(SLOTS, -1, np.int64)
    base = np.int64(0)
    clock = np.int64(2)
    for row in range(lefts.shape[0]):
        count = code_points(buffer, offsets[lefts[row]], offsets[lefts[row] + 1], left)
        other = code_points(buffer, offsets[rights[row]], offsets[rights[row] + 1], right)
        shorter[row] = min(count, other)
        if other < POPULAR_FROM:
            found = _longest_from_trigrams(left, count, right, other, last, following, base)
            base += other
            if found > 0:
                common[row] = found
                continue
        mask = _table_mask(other)
        numbers[: mask + 1] = -1
        _index(right, other, right_symbols, keys, numbers, heads, following, sizes, mask)
        for place in range(count):
            left_symbols[place] = _number(left[place], keys, numbers, mask)
        _, _, found, clock = _longest_match(
            left, left_symbols, 0, count, right, 0, other, other, heads, following, runs, stamps, clock
        )
        common[row] = found


def longest_common_substrings(
    texts: pa.Array, lefts: Sides, rights: Sides
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Characters of the longest common substring of each pair, and of its shorter side.

    Args:
        texts: strings; null reads as empty.
        lefts: for n pairs, the number of the first text.
        rights: likewise of the second.
    """
    buffer, offsets = text_buffers(texts)
    common, shorter = np.zeros(len(lefts), np.int32), np.zeros(len(lefts), np.int32)
    substring_rows(buffer, offsets, longest_text(offsets), lefts, rights, common, shorter)
    return common, shorter


@inlined
def _digits(buffer, start, end, points):  # type: ignore[no-untyped-def]
    """The digits 1 to 9 of a text; returns how many there are."""
    count = 0
    for place in range(start, end):
        byte = buffer[place]
        if byte >= 49 and byte <= 57:
            points[count] = byte
            count += 1
    return count


@inlined
def _matching(left, left_symbols, count, right, other, heads, following, runs, stamps, clock, stack):  # type: ignore[no-untyped-def]
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
            left, left_symbols, left_start, left_end, right, right_start, right_end, other, heads, following, runs,
            stamps, clock,
        )  # fmt: skip
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


@kernel("void(uint8[::1], int64[::1], int64, int64[::1], int64[::1], float64[::1])")
def numeral_rows(buffer, offsets, room, lefts, rights, out):  # type: ignore[no-untyped-def]
    """See `numeral_ratios`."""
    left, right = np.empty(room + 1, np.int32), np.empty(room + 1, np.int32)
    left_symbols, right_symbols = np.empty(room + 1, np.int32), np.empty(room + 1, np.int32)
    heads, following, sizes = np.empty(16, np.int32), np.empty(room + 1, np.int32), np.empty(16, np.int32)
    runs, stamps = np.zeros((2, room + 1), np.int32), np.zeros((2, room + 1), np.int64)
    keys, numbers = np.empty(32, np.int32), np.empty(32, np.int32)
    stack = np.empty((room + 2, 4), np.int64)
    clock = np.int64(2)
    for row in range(lefts.shape[0]):
        count = _digits(buffer, offsets[lefts[row]], offsets[lefts[row] + 1], left)
        other = _digits(buffer, offsets[rights[row]], offsets[rights[row] + 1], right)
        if count == 0 and other == 0:
            out[row] = 1.0
            continue
        if count == 0 or other == 0:
            out[row] = 0.0
            continue
        numbers[:] = -1
        _index(right, other, right_symbols, keys, numbers, heads, following, sizes, 31)
        for place in range(count):
            left_symbols[place] = _number(left[place], keys, numbers, 31)
        found, clock = _matching(left, left_symbols, count, right, other, heads, following, runs, stamps, clock, stack)
        out[row] = 2.0 * found / (count + other)


def numeral_ratios(texts: pa.Array, lefts: Sides, rights: Sides) -> npt.NDArray[np.float64]:
    """How alike the digits 1 to 9 of each pair's sides are, in their order: difflib's ratio; 1 where there are none."""
    buffer, offsets = text_buffers(texts)
    out = np.zeros(len(lefts), np.float64)
    numeral_rows(buffer, offsets, longest_text(offsets), lefts, rights, out)
    return out


@inlined
def _words(buffer, start, end, flags, points, words):  # type: ignore[no-untyped-def]
    """Hashes of the words between Python's white space; returns how many there are."""
    count = code_points(buffer, start, end, points)
    found = 0
    value = np.uint64(0)
    inside = False
    for place in range(count):
        if flags[points[place]] & SPLITS:
            if inside:
                words[found] = np.int64(value)
                found += 1
            inside = False
            continue
        value = (np.uint64(0xCBF29CE484222325) if not inside else value) ^ np.uint64(points[place] + 1)
        value *= np.uint64(0x100000001B3)
        value ^= value >> np.uint64(29)
        inside = True
    if inside:
        words[found] = np.int64(value)
        found += 1
    return found


@kernel("void(uint8[::1], int64[::1], uint16[::1], int64, int64[::1], int64[::1], boolean, int64[::1], float64[::1])")
def similarity_rows(buffer, offsets, flags, room, lefts, rights, by_words, weights, out):  # type: ignore[no-untyped-def]
    """See `edit_similarities`."""
    points = np.empty(room + 1, np.int32)
    left, right = np.empty(room + 1, np.int64), np.empty(room + 1, np.int64)
    costs = np.empty(room + 2, np.int64)
    insert, delete, replace = weights[0], weights[1], weights[2]
    for row in range(lefts.shape[0]):
        if by_words:
            count = _words(buffer, offsets[lefts[row]], offsets[lefts[row] + 1], flags, points, left)
            other = _words(buffer, offsets[rights[row]], offsets[rights[row] + 1], flags, points, right)
        else:
            count = code_points(buffer, offsets[lefts[row]], offsets[lefts[row] + 1], left)
            other = code_points(buffer, offsets[rights[row]], offsets[rights[row] + 1], right)
        for place in range(other + 1):
            costs[place] = place * insert
        for place in range(count):
            diagonal = costs[0]
            costs[0] += delete
            point = left[place]
            former = costs[0]
            for column in range(other):
                above = costs[column + 1]
                cost = diagonal + (0 if right[column] == point else replace)
                cost = min(cost, above + delete)
                cost = min(cost, former + insert)
                diagonal = above
                former = cost
                costs[column + 1] = cost
        most = count * delete + other * insert
        if count >= other:
            most = min(most, other * replace + (count - other) * delete)
        else:
            most = min(most, count * replace + (other - count) * insert)
        out[row] = 1.0 - (costs[other] / most if most > 0 else 0.0)


def edit_similarities(
    texts: pa.Array, lefts: Sides, rights: Sides, *, by_words: bool = False, weights: tuple[int, int, int] = (1, 1, 1)
) -> npt.NDArray[np.float64]:
    """1 less the edit distance (Levenshtein 1966) of each pair's sides, over the largest that is possible.

    Args:
        texts: strings; null reads as empty.
        lefts: for n pairs, the number of the first text.
        rights: likewise of the second.
        by_words: whether words are compared, else characters.
        weights: costs of an insertion, a deletion and a substitution.
    """
    buffer, offsets = text_buffers(texts)
    out = np.zeros(len(lefts), np.float64)
    similarity_rows(
        buffer, offsets, FLAGS, longest_text(offsets), lefts, rights, by_words, np.array(weights, np.int64), out
    )
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
