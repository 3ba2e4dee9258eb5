"""Edit distance of the two sides of pairs, by characters or words.

With equal weights in blocks of 64 elements, a few operations each (Myers 1999, in the form of Hyyrö 2003); with others
by the textbook (Wagner and Fischer 1974).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .pair_characters import FLAGS, SPLITS, code_points, longest_text, point_tables
from .pair_substrings import Sides


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


@inlined
def _number_words(left, right, keys, numbers):  # type: ignore[no-untyped-def]
    """Replace words by numbers from 1 on, those that only the right side has by 0.

    keys, numbers: the slots of a hash table, a power of two and more than twice the left words.
    """
    count, other = left.shape[0], right.shape[0]
    size = 16
    while size <= 2 * count:
        size *= 2
    mask = size - 1
    numbers[:size] = 0
    used = 0
    for place in range(count):
        slot = np.int64((np.uint64(left[place]) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
        while numbers[slot] > 0 and keys[slot] != left[place]:
            slot = (slot + 1) & mask
        if numbers[slot] == 0:
            used += 1
            keys[slot] = left[place]
            numbers[slot] = used
        left[place] = numbers[slot]
    for place in range(other):
        slot = np.int64((np.uint64(right[place]) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & mask
        while numbers[slot] > 0 and keys[slot] != right[place]:
            slot = (slot + 1) & mask
        right[place] = numbers[slot]


@inlined
def _number_characters(left, right, numbers, given):  # type: ignore[no-untyped-def]
    """Replace characters by numbers from 1 on, those that only the right side has by 0.

    numbers: by code point, 0 everywhere; it is again, afterwards.
    given: room for as many numbers as the left side has characters.
    """
    count, other = left.shape[0], right.shape[0]
    used = 0
    for place in range(count):
        if numbers[left[place]] == 0:
            used += 1
            numbers[left[place]] = used
    for place in range(other):
        right[place] = numbers[right[place]]
    for place in range(count):
        given[place] = numbers[left[place]]
    for place in range(count):
        numbers[left[place]] = 0
        left[place] = given[place]


@inlined
def _unit_distance(left, right, masks, carries):  # type: ignore[no-untyped-def]
    """The distance of two sequences of numbers, all weights being 1.

    masks: by number, 0 everywhere; it is again, afterwards.
    carries: room for a sign for each element of the right side.
    """
    count, other = left.shape[0], right.shape[0]
    if count == 0 or other == 0:
        return max(count, other)
    for place in range(other):
        carries[place] = 1
    one = np.uint64(1)
    for start in range(0, count, 64):
        size = min(64, count - start)
        for place in range(size):
            masks[left[start + place]] |= one << np.uint64(place)
        top = np.uint64(size - 1)
        plus, minus = ~np.uint64(0), np.uint64(0)
        for place in range(other):
            carry = carries[place]
            equal = masks[right[place]]
            vertical = equal | minus
            equal |= np.uint64(carry < 0)
            horizontal = (((equal & plus) + plus) ^ plus) | equal
            up = minus | ~(horizontal | plus)
            down = plus & horizontal
            carries[place] = np.int8((up >> top) & one) - np.int8((down >> top) & one)
            up = (up << one) | np.uint64(carry > 0)
            down = (down << one) | np.uint64(carry < 0)
            plus = down | ~(vertical | up)
            minus = up & vertical
        for place in range(size):
            masks[left[start + place]] = 0
    distance = count
    for place in range(other):
        distance += carries[place]
    return distance


@inlined
def _weighted_distance(left, count, right, other, costs, insert, delete, replace):  # type: ignore[no-untyped-def]
    """The distance of two sequences."""
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
    return costs[other]


@kernel(
    "void(uint8[::1], int64[::1], uint16[::1], int32[::1], int64, int64[::1], int64[::1], boolean, int64[::1],"
    " float64[::1])"
)
def similarity_rows(buffer, offsets, flags, numbers, room, lefts, rights, by_words, weights, out):  # type: ignore[no-untyped-def]
    """See `edit_similarities`; numbers: `point_tables`."""
    points = np.empty(room + 1, np.int32)
    left, right = np.empty(room + 1, np.int64), np.empty(room + 1, np.int64)
    insert, delete, replace = weights[0], weights[1], weights[2]
    is_unit = insert == 1 and delete == 1 and replace == 1
    slots = 16
    while by_words and slots <= 2 * room:
        slots *= 2
    keys, words = np.empty(slots, np.int64), np.empty(slots, np.int64)
    costs = np.empty(1 if is_unit else room + 2, np.int64)
    masks, carries = np.zeros(room + 2, np.uint64), np.empty(room + 1, np.int8)
    for row in range(lefts.shape[0]):
        left_start, left_end = offsets[lefts[row]], offsets[lefts[row] + 1]
        right_start, right_end = offsets[rights[row]], offsets[rights[row] + 1]
        if by_words:
            count = _words(buffer, left_start, left_end, flags, points, left)
            other = _words(buffer, right_start, right_end, flags, points, right)
        else:
            count = code_points(buffer, left_start, left_end, left)
            other = code_points(buffer, right_start, right_end, right)
        if is_unit:
            first, end, other_end = 0, count, other
            while first < min(count, other) and left[first] == right[first]:
                first += 1
            while end > first and other_end > first and left[end - 1] == right[other_end - 1]:
                end -= 1
                other_end -= 1
            if by_words:
                _number_words(left[first:end], right[first:other_end], keys, words)
            else:
                _number_characters(left[first:end], right[first:other_end], numbers, points)
            cost = _unit_distance(left[first:end], right[first:other_end], masks, carries)
        else:
            cost = _weighted_distance(left, count, right, other, costs, insert, delete, replace)
        most = count * delete + other * insert
        if count >= other:
            most = min(most, other * replace + (count - other) * delete)
        else:
            most = min(most, count * replace + (other - count) * insert)
        out[row] = 1.0 - (cost / most if most > 0 else 0.0)


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
    (numbers,) = point_tables("edits", 1)
    room, costs = longest_text(offsets), np.array(weights, np.int64)
    similarity_rows(buffer, offsets, FLAGS, numbers, room, lefts, rights, by_words, costs, out)
    return out
