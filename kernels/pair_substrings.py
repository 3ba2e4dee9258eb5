"""The longest common substring of two texts, as Python's `difflib.SequenceMatcher.find_longest_match` chooses it.

Where the second text has 200 characters or more, those that make up more than a hundredth of it and one start no match.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .pair_characters import code_points, longest_text, point_tables
from .unicode import CODE_POINTS

POPULAR_FROM: Final = 200
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
SLOTS: Final = 4096
"""Slots of the table of last places: what 12 bits of a hash number."""

MOST_STAMPS: Final = 2**31 - 1

Sides = npt.NDArray[np.int64]
"""Numbers of texts in a column: n of left sides, n of right sides."""


@inlined
def _shared_runs(points, count, seen, stamp, places):  # type: ignore[no-untyped-def]
    """(how many places begin three characters that the other side has, the longest run of such characters).

    seen: by code point, `stamp` where the other side has it.
    places: room for the places; they are ascending.
    """
    found = 0
    run = longest = 0
    for place in range(count):
        run = run + 1 if seen[points[place]] == stamp else 0
        longest = max(longest, run)
        # written always and kept where it counts: there is nothing to mispredict
        places[found] = place - 2
        found += run >= 3
    return found, longest


@inlined
def _slot(points, place):  # type: ignore[no-untyped-def]
    one, two = np.uint64(points[place]), np.uint64(points[place + 1])
    key = (one << np.uint64(42)) | (two << np.uint64(21)) | np.uint64(points[place + 2])
    return np.int64((key * _PRIME) >> np.uint64(52))


@inlined
def _longest_from_trigrams(  # type: ignore[no-untyped-def]
    left, count, left_places, lefts, right, other, right_places, rights, last, following, base
):
    """Length of the longest common substring, if that is three and more; else 0.

    left_places, right_places: the first `lefts` and `rights` are the places where one of three and more can begin.
    last: a table of `SLOTS` places, those below `base` being of earlier calls.
    """
    for number in range(rights - 1, -1, -1):
        place = right_places[number]
        slot = _slot(right, place)
        following[place] = last[slot] - base
        last[slot] = base + place
    best = 0
    for number in range(lefts):
        place = left_places[number]
        match = last[_slot(left, place)] - base
        while match >= 0:
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


@inlined
def _has_common_pair(left, count, right, other, seen, stamp, heads, following):  # type: ignore[no-untyped-def]
    """Whether two characters in a row are common.

    seen: by code point, `stamp` where the right side has it.
    heads: by code point, 0 everywhere; it is again, afterwards.
    """
    for place in range(other - 2, -1, -1):
        following[place] = heads[right[place]]
        heads[right[place]] = place + 1
    found = False
    for place in range(count - 1):
        if seen[left[place]] != stamp or seen[left[place + 1]] != stamp:
            continue
        match = heads[left[place]]
        while match > 0 and right[match] != left[place + 1]:
            match = following[match - 1]
        if match > 0:
            found = True
            break
    for place in range(other - 1):
        heads[right[place]] = 0
    return found


@inlined
def _longest_from_rare(left, count, right, other, heads, sizes, following, runs, stamps, clock):  # type: ignore[no-untyped-def]
    """(length, clock) of difflib's longest match of two texts of which popular characters of the second start none.

    heads, sizes: by code point, 0 everywhere; they are again, afterwards.
    runs, stamps: for two places of the left side, the last and this one, how long the match at each place of the right
        side is, and for which `clock` that was written.
    """
    for place in range(other):
        sizes[right[place]] += 1
    most = other // 100 + 1
    for place in range(other - 1, -1, -1):
        if sizes[right[place]] <= most:
            following[place] = heads[right[place]]
            heads[right[place]] = place + 1
    best_left, best_right, best = 0, 0, 0
    for place in range(count):
        clock += 1
        match = heads[left[place]]
        if match == 0:
            continue
        current, former = clock & 1, (clock & 1) ^ 1
        while match > 0:
            at = match - 1
            run = 1
            if at > 0 and stamps[former, at - 1] == clock - 1:
                run += runs[former, at - 1]
            runs[current, at] = run
            stamps[current, at] = clock
            if run > best:
                best_left, best_right, best = place - run + 1, at - run + 1, run
            match = following[at]
    for place in range(other):
        heads[right[place]] = 0
        sizes[right[place]] = 0
    while best_left > 0 and best_right > 0 and left[best_left - 1] == right[best_right - 1]:
        best_left, best_right, best = best_left - 1, best_right - 1, best + 1
    while best_left + best < count and best_right + best < other and left[best_left + best] == right[best_right + best]:
        best += 1
    return best, clock + 1


@kernel("void(uint8[::1], int64[::1], int32[:, ::1], int64, int64[::1], int64[::1], int32[::1], int32[::1])")
def substring_rows(buffer, offsets, tables, room, lefts, rights, common, shorter):  # type: ignore[no-untyped-def]
    """See `longest_common_substrings`; tables: `point_tables`, the last two with stamps of which the last is kept."""
    heads, sizes, in_left, in_right = tables[0], tables[1], tables[2], tables[3]
    stamp = in_right[CODE_POINTS]
    left, right = np.empty(room + 1, np.int32), np.empty(room + 1, np.int32)
    following = np.empty(room + 1, np.int64)
    left_places, right_places = np.empty(room + 1, np.int32), np.empty(room + 1, np.int32)
    runs, stamps = np.zeros((2, room + 1), np.int32), np.zeros((2, room + 1), np.int64)
    last = np.full(SLOTS, -1, np.int64)
    base = np.int64(0)
    clock = np.int64(2)
    for row in range(lefts.shape[0]):
        count = code_points(buffer, offsets[lefts[row]], offsets[lefts[row] + 1], left)
        other = code_points(buffer, offsets[rights[row]], offsets[rights[row] + 1], right)
        shorter[row] = min(count, other)
        if other >= POPULAR_FROM:
            common[row], clock = _longest_from_rare(
                left, count, right, other, heads, sizes, following, runs, stamps, clock
            )
            continue
        if stamp == MOST_STAMPS:
            in_left[:] = 0
            in_right[:] = 0
            stamp = np.int32(0)
        stamp += np.int32(1)
        for place in range(count):
            in_left[left[place]] = stamp
        for place in range(other):
            in_right[right[place]] = stamp
        here, longest = _shared_runs(left, count, in_right, stamp, left_places)
        there, _ = _shared_runs(right, other, in_left, stamp, right_places)
        found = 0
        if here > 0 and there > 0:
            found = _longest_from_trigrams(
                left, count, left_places, here, right, other, right_places, there, last, following, base
            )
            base += other
        if found == 0:
            found = min(longest, 1)
            if longest >= 2 and _has_common_pair(left, count, right, other, in_right, stamp, heads, following):
                found = 2
        common[row] = found
    in_right[CODE_POINTS] = stamp


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
    tables = point_tables("substrings", 4)
    substring_rows(buffer, offsets, tables, longest_text(offsets), lefts, rights, common, shorter)
    return common, shorter
