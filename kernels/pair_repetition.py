"""Repeated passages within one side of a pair: OpusFilter's RepetitionFilter and bicleaner's repeated words.

Both are defined by regular expressions with references back to a group. The kernels find what these find, match by
match, without trying every end of every group.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .pair_characters import ALPHABETIC, FLAGS, SIMPLE, SPLITS, WHITE, WORD, code_points, longest_text

SLOTS: Final = 4096
"""Slots of the table of last places: what 12 bits of a hash number."""
KEY_LENGTH: Final = 3
"""Characters at whose repetition the kernel looks closer (fewer where a passage may be shorter)."""


@inlined
def _occurrences(points, start, end, length):  # type: ignore[no-untyped-def]
    """How often `points[start:start + length]` occurs in `points[start:end]`, without overlap, from the left."""
    found = np.int64(0)
    place = start
    while place + length <= end:
        equal = True
        for step in range(length):
            if points[place + step] != points[start + step]:
                equal = False
                break
        if equal:
            found += 1
            place += length
        else:
            place += 1
    return found


@inlined
def _copies_end(points, count, start, length, place):  # type: ignore[no-untyped-def]
    """(how many copies follow each other from `place` on, spaces before each allowed; behind the last one)."""
    copies = np.int64(0)
    end = place
    while True:
        while place < count and points[place] == 32:
            place += 1
        if place + length > count:
            return copies, end
        for step in range(length):
            if points[place + step] != points[start + step]:
                return copies, end
        copies += 1
        place += length
        end = place


@inlined
def _repetitions(points, count, flags, following, starts, found, least, most, threshold):  # type: ignore[no-untyped-def]
    """Repetitions of the first passage that occurs `threshold` more times in a row; 0 for none.

    following: for each place the next one whose first characters have the same hash, or something negative.
    starts: the first `found` are the places that others follow, as many as there have to be; descending.
    """
    for number in range(found - 1, -1, -1):
        start = starts[number]
        copy = following[start]
        if flags[points[start]] & WHITE:
            continue
        while copy >= 0:
            spaces = 0
            while points[copy - spaces - 1] == 32:
                spaces += 1
            shortest = copy - start - spaces
            if shortest > most:
                break
            if copy + shortest > count or points[copy + shortest - 1] != points[start + shortest - 1]:
                copy = following[copy]
                continue
            common = 0
            while (
                common < most
                and copy + common < count
                and points[copy + common] == points[start + common]
                and (common == 0 or points[start + common] != 10)
            ):
                common += 1
            for before in range(spaces, -1, -1):
                length = copy - start - before
                if length > common:
                    break
                if length < least:
                    continue
                copies, end = _copies_end(points, count, start, length, start + length)
                if copies >= threshold:
                    return _occurrences(points, start, end, length) - 1
            copy = following[copy]
    return np.int64(0)


@kernel("void(uint8[::1], int64[::1], uint16[::1], int64, int64, int64, int64, int32[::1])")
def repetition_rows(buffer, offsets, flags, room, least, most, threshold, out):  # type: ignore[no-untyped-def]
    """See `repetitions`."""
    points = np.empty(room + 1, np.int32)
    following = np.empty(room + 1, np.int64)
    starts = np.empty(room + 1, np.int32)
    # places of earlier rows lie below `base`: the table is never emptied
    last = np.full(SLOTS, -1, np.int64)
    base = np.int64(0)
    key_length = min(least, KEY_LENGTH)
    shift = np.uint64(21 * (key_length - 1))
    often = threshold > 1
    for row in range(offsets.shape[0] - 1):
        count = code_points(buffer, offsets[row], offsets[row + 1], points)
        found = 0
        spaces, longest = np.int64(0), np.int64(0)
        key = np.uint64(0)
        for place in range(count - 1, count - key_length, -1):
            if place >= 0:
                key = (key >> np.uint64(21)) | (np.uint64(points[place]) << shift)
                following[place] = -1
        for place in range(count - key_length, -1, -1):
            key = (key >> np.uint64(21)) | (np.uint64(points[place]) << shift)
            slot = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(52))
            copy = last[slot] - base
            last[slot] = base + place
            following[place] = copy
            # written always and kept where it counts: there is nothing to mispredict
            spaces = spaces + 1 if points[place] == 32 else np.int64(0)
            longest = max(longest, spaces)
            again = following[max(copy, 0)] if often else copy
            starts[found] = place
            # the first copy begins no further away than the longest passage and spaces, the next as far behind it
            most_away = most + longest
            found += (copy >= 0) & (again >= 0) & (copy - place <= most_away) & (again - place <= 2 * most_away)
        base += count
        if found == 0:
            out[row] = 0
        else:
            out[row] = _repetitions(points, count, flags, following, starts, found, least, most, threshold)


def repetitions(
    texts: pa.Array, *, threshold: int = 2, min_length: int = 3, max_length: int = 100
) -> npt.NDArray[np.int32]:
    """How often the first passage that is repeated at least `threshold` times in a row is; 0 where there is none.

    A passage has `min_length` to `max_length + 1` characters, begins with one that is not white space and has no line
    feed behind it; spaces between its copies do not count (OpusFilter's RepetitionFilter).

    Args:
        texts: n strings; null reads as empty.
        threshold: at least 1.
        min_length: at least 1.
        max_length: at least `min_length - 1`.
    """
    buffer, offsets = text_buffers(texts)
    out = np.zeros(len(offsets) - 1, np.int32)
    repetition_rows(buffer, offsets, FLAGS, longest_text(offsets), min_length, max_length + 1, threshold, out)
    return out


@inlined
def _long_enough(points, start, end, flags, least):  # type: ignore[no-untyped-def]
    """Whether a match has more than `least` characters between its white space, an alphabetic one among them."""
    while start < end and flags[points[start]] & SPLITS:
        start += 1
    while end > start and flags[points[end - 1]] & SPLITS:
        end -= 1
    if end - start <= least:
        return False
    for place in range(start, end):  # noqa: SIM110
        if flags[points[place]] & ALPHABETIC:
            return True
    return False


@inlined
def _doubled_end(points, count, start):  # type: ignore[no-untyped-def]
    """Behind the longest passage at `start` that follows itself at once; -1 for none."""
    line = start
    while line < count and points[line] != 10:
        line += 1
    for length in range(min(line - start, (count - start) // 2), 0, -1):
        copy = start + length
        if points[copy] != points[start]:
            continue
        step = 1
        while step < length and points[copy + step] == points[start + step]:
            step += 1
        if step == length:
            return copy + length
    return -1


@inlined
def _is_word(points, count, place, flags):  # type: ignore[no-untyped-def]
    return place >= 0 and place < count and flags[points[place]] & WORD != 0


@inlined
def _doubled_words_end(points, folded, count, start, flags):  # type: ignore[no-untyped-def]
    """Behind the longest passage of words at `start` that follows itself after white space; -1 for none."""
    if flags[points[start]] & WHITE or _is_word(points, count, start - 1, flags) == _is_word(
        points, count, start, flags
    ):
        return -1
    line = start
    while line < count and points[line] != 10:
        line += 1
    for end in range(min(line, start + (count - start) // 2), start + 1, -1):
        if not (end < count and flags[points[end]] & WHITE):
            continue
        copy = end
        while copy < count and flags[points[copy]] & WHITE:
            copy += 1
        length = end - start
        if copy + length > count or folded[copy] != folded[start] or not _is_word(points, count, copy, flags):
            continue
        if _is_word(points, count, copy + length - 1, flags) == _is_word(points, count, copy + length, flags):
            continue
        step = 1
        while step < length and folded[copy + step] == folded[start + step]:
            step += 1
        if step == length:
            return copy + length
    return -1


@kernel("void(uint8[::1], int64[::1], uint16[::1], uint32[::1], int64, boolean[::1], int32[::1], int32[::1])")
def repeated_word_rows(buffer, offsets, flags, simple, room, by_words, least, out):  # type: ignore[no-untyped-def]
    """See `repeated_words`."""
    points = np.empty(room + 1, np.int32)
    folded = np.empty(room + 1, np.int32)
    for row in range(offsets.shape[0] - 1):
        count = code_points(buffer, offsets[row], offsets[row + 1], points)
        found = 0
        if by_words[row]:
            for place in range(count):
                folded[place] = simple[points[place]]
        place = 0
        while place < count:
            if by_words[row]:
                end = _doubled_words_end(points, folded, count, place, flags)
            else:
                end = _doubled_end(points, count, place)
            if end < 0:
                place += 1
                continue
            found += _long_enough(points, place, end, flags, least[row])
            place = end
        out[row] = found


def repeated_words(
    texts: pa.Array, by_words: npt.NDArray[np.bool_], least: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Passages that follow themselves at once, as bicleaner-hardrules' `no_repeated_words` counts them.

    Args:
        texts: n strings; null reads as empty.
        by_words: whether only whole words count, whatever their case, with white space between; else any characters.
        least: a passage with its copy has to have more characters than that, and a letter.
    """
    buffer, offsets = text_buffers(texts)
    out = np.zeros(len(offsets) - 1, np.int32)
    repeated_word_rows(buffer, offsets, FLAGS, SIMPLE, longest_text(offsets), by_words, least, out)
    return out
