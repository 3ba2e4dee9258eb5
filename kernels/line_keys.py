"""Keys under which lines, paragraphs or sentences of different documents are the same, and groups of equal keys."""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .compile import inlined, kernel
from .unicode import (
    CLASS,
    CODE_POINTS,
    COMPOSING,
    CONTROL,
    DIGIT,
    FOLD,
    LETTER,
    MARK,
    NEWLINE,
    PUNCTUATION,
    SPACE,
    UNSPACED,
    mix,
    next_code_point,
)

_FORWARD, _BACKWARD = np.uint64(0xA4093822299F31D0), np.uint64(0x082EFA98EC4E6C89)

MOST_LINES = 8
"""Lines that a short line is joined with, at most, itself among them."""


@inlined
def _ends_line(point):  # type: ignore[no-untyped-def]
    """Line feed, vertical tab, form feed, carriage return, next line, line and paragraph separator."""
    return 10 <= point <= 13 or point == 0x85 or point == 0x2028 or point == 0x2029


@inlined
def _to_line_end(buffer, place, end):  # type: ignore[no-untyped-def]
    """The first byte, from a character's first byte on, of a character that ends a line; `end` where there is none."""
    while place < end:
        byte = buffer[place]
        if byte < 14:
            if byte >= 10:
                return place
        elif byte == 0x85:
            if buffer[place - 1] == 0xC2:
                return place - 1
        elif (byte == 0xA8 or byte == 0xA9) and buffer[place - 1] == 0x80 and buffer[place - 2] == 0xE2:
            return place - 2
        place += 1
    return end


@kernel("int64(uint8[::1], int64[::1], uint8[::1], int64, int64[::1], int64[::1])")
def find_lines(
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    classes: npt.NDArray[np.uint8],
    ends: int,
    first: npt.NDArray[np.int64],
    borders: npt.NDArray[np.int64],
) -> int:
    """Where lines or paragraphs begin; each ends where the next one, or the next text, begins.

    A line begins at its first visible character; one without any is none. CR LF is one end of a line.

    Args:
        buffer: bytes of n texts.
        offsets: n + 1, where each begins.
        classes: the table `CLASS`.
        ends: line ends that separate two units: 1 for lines, 2 for paragraphs.
        first: written, n + 1: the first unit of each text.
        borders: written: where each unit begins, and the end of the last text behind them. Room for all: a unit has a
            byte and a line end, but for the last one of each text.

    Returns:
        How many units there are.
    """
    count = 0
    for document in range(offsets.shape[0] - 1):
        first[document] = count
        seen = ends
        place, end = offsets[document], offsets[document + 1]
        while place < end:
            point, after = next_code_point(buffer, place)
            kind = classes[point]
            if _ends_line(point):
                if point == 13 and after < end and buffer[after] == 10:
                    after += 1
                seen += 1
            elif kind != SPACE and kind != NEWLINE and kind != CONTROL:
                if seen >= ends:
                    borders[count] = place
                    count += 1
                seen = 0
                after = _to_line_end(buffer, after, end)
            place = after
    first[offsets.shape[0] - 1] = count
    borders[count] = offsets[-1]
    return count


@inlined
def _joined(state, value):  # type: ignore[no-untyped-def]
    state = (state ^ value) * np.uint64(0x9E3779B97F4A7C15)
    return state ^ (state >> np.uint64(29))


_POINT, _BLANK, _UNSEEN, _SILENT = np.uint32(0x1FFFFF), np.uint32(1 << 21), np.uint32(1 << 22), np.uint32(1 << 23)
_LETTER, _TWICE, _SIGN, _NEUTRAL = np.uint32(1 << 24), np.uint32(1 << 25), np.uint32(1 << 26), np.uint32(1 << 27)


@lru_cache(maxsize=2)
def line_properties(exact: bool) -> npt.NDArray[np.uint32]:
    """What `measure_lines` asks of a code point: what it is compared as, and flags.

    Compared are letters in lower case (the table `FOLD`), marks, and 0 for every digit; punctuation and symbols are
    left out, and a run of white space is one space. With `exact`, all characters as they are but for white space. Never
    compared: control and format characters.

    Letters are counted with vowel signs that are characters of their own (marks of combining class 0, as in
    Devanagari), and those of unspaced scripts twice.
    """
    points = np.arange(CODE_POINTS, dtype=np.uint32)
    table = points.copy() if exact else np.where(CLASS == DIGIT, np.uint32(48), FOLD)
    table[(CLASS == SPACE) | (CLASS == NEWLINE)] |= _BLANK
    table[CLASS == CONTROL] |= _UNSEEN
    if not exact:
        table[CLASS == PUNCTUATION] |= _SILENT
    table[CLASS == LETTER] |= _LETTER
    table[CLASS == UNSPACED] |= _TWICE
    table[CLASS == MARK] |= _NEUTRAL
    table[(CLASS == MARK) & ((COMPOSING == 0) | (COMPOSING == 255))] |= _SIGN
    return table


@kernel("void(uint8[::1], int64[::1], uint32[::1], int64[:, ::1], uint64[::1], int32[:, ::1])")
def measure_lines(
    buffer: npt.NDArray[np.uint8],
    borders: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint32],
    spans: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    sizes: npt.NDArray[np.int32],
) -> None:
    """Hash each unit as it is compared, and measure it.

    Args:
        buffer: bytes of the texts.
        borders: m + 1.
        table: see `line_properties`.
        spans: written, m x 2: from the first visible character to behind the last; equal where there is none.
        hashes: written, m.
        sizes: written, m x 2: code points of the span; letters.
    """
    for unit in range(borders.shape[0] - 1):
        place, end = borders[unit], borders[unit + 1]
        start, stop = np.int64(-1), place
        value, word, packed = np.uint64(0x243F6A8885A308D3), np.uint64(0), 0
        characters, visible, letters = np.int64(0), np.int64(0), np.int64(0)
        waiting, begun, spaced = False, False, False
        while place < end:
            point, after = next_code_point(buffer, place)
            entry = table[point]
            if entry & (_BLANK | _UNSEEN):
                waiting = waiting or (begun and entry & _BLANK != 0)
                characters += start >= 0
                place = after
                continue
            if start < 0:
                start = place
            characters += 1
            visible = characters
            stop = after
            place = after
            if entry & _LETTER:
                letters += 1
                spaced = True
            elif entry & _NEUTRAL:
                letters += spaced and entry & _SIGN != 0
            else:
                spaced = False
                letters += 2 * (entry & _TWICE != 0)
            if entry & _SILENT:
                continue
            if waiting:
                word = (word << np.uint64(21)) | np.uint64(32)
                packed += 1
            if packed == 3:
                value = _joined(value, word)
                word, packed = np.uint64(0), 0
            begun, waiting = True, False
            word = (word << np.uint64(21)) | np.uint64(entry & _POINT)
            packed += 1
            if packed == 3:
                value = _joined(value, word)
                word, packed = np.uint64(0), 0
        spans[unit, 0] = start if start >= 0 else stop
        spans[unit, 1] = stop
        hashes[unit] = mix(_joined(value, word | np.uint64(packed) << np.uint64(62)))
        sizes[unit, 0] = visible
        sizes[unit, 1] = letters


@inlined
def _key(state):  # type: ignore[no-untyped-def]
    """A key is never 0: that stands for none."""
    return max(mix(state), np.uint64(1))


@kernel(
    "void(int64[::1], int64[:, ::1], uint64[::1], int32[:, ::1], uint64[::1], int64, uint64[:, ::1], int64[:, ::1])"
)
def line_keys(
    first: npt.NDArray[np.int64],
    spans: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    sizes: npt.NDArray[np.int32],
    scopes: npt.NDArray[np.uint64],
    least: int,
    keys: npt.NDArray[np.uint64],
    ends: npt.NDArray[np.int64],
) -> None:
    """The keys of each unit: its own where it is long enough, else two that it has together with its neighbours.

    A short unit is joined with as many of those behind it as make up `least` letters, and so with those before it;
    where `MOST_LINES` units are not enough or the text ends, there is no key. So every stretch of units that is long
    enough, and has not too many, is covered by stretches with a key.

    Args:
        first: n + 1, the first unit of each text.
        spans: m x 2; units without a visible character have no key and are no neighbours.
        hashes: m.
        sizes: m x 2, as `measure_lines` writes them.
        scopes: n; only texts of equal scope can have equal keys.
        least: letters of a unit that stands for itself.
        keys: written, m x 2; 0 for none.
        ends: written, m x 2: the last unit that the key is of, behind this one (column 0) or before it (column 1).
    """
    for document in range(first.shape[0] - 1):
        scope = scopes[document]
        begin, end = first[document], first[document + 1]
        for unit in range(begin, end):
            keys[unit, 0] = 0
            keys[unit, 1] = 0
            ends[unit, 0] = unit
            ends[unit, 1] = unit
            if spans[unit, 0] >= spans[unit, 1]:
                continue
            if sizes[unit, 1] >= least:
                keys[unit, 0] = _key(_joined(scope, hashes[unit]))
                continue
            for side in range(2):
                step = 1 if side == 0 else -1
                state = _joined(scope, _FORWARD if side == 0 else _BACKWARD)
                letters, lines, other = np.int64(0), 0, unit
                while begin <= other < end and lines < MOST_LINES and letters < least:
                    if spans[other, 0] < spans[other, 1]:
                        state = _joined(state, hashes[other])
                        letters += sizes[other, 1]
                        lines += 1
                        ends[unit, side] = other
                    other += step
                if letters >= least:
                    keys[unit, side] = _key(state)


@inlined
def _slot(key, known, table, mask):  # type: ignore[no-untyped-def]
    """The place of a key in the table, or the free one where it belongs."""
    mixed = key * np.uint64(0x9E3779B97F4A7C15)
    place = (mixed ^ (mixed >> np.uint64(32))) & mask
    while table[place] >= 0 and known[table[place]] != key:
        place = (place + np.uint64(1)) & mask
    return place


@kernel("int64(uint64[::1], int32[::1], int64[::1], int64[::1], uint64[::1], int64[:, ::1])")
def _group(
    keys: npt.NDArray[np.uint64],
    rows: npt.NDArray[np.int32],
    ranks: npt.NDArray[np.int64],
    table: npt.NDArray[np.int64],
    known: npt.NDArray[np.uint64],
    found: npt.NDArray[np.int64],
) -> int:
    """See `group_keys`; `table` holds -1 everywhere, its length is a power of two."""
    mask = np.uint64(table.shape[0] - 1)
    count = 0
    for entry in range(keys.shape[0]):
        place = _slot(keys[entry], known, table, mask)
        row = rows[entry]
        if table[place] < 0:
            table[place] = count
            known[count] = keys[entry]
            found[count, 0] = entry
            found[count, 1] = 1
            found[count, 2] = row
            found[count, 3] = row
            count += 1
            continue
        group = table[place]
        if found[group, 3] != row:
            found[group, 3] = row
            found[group, 1] += 1
            if ranks[row] < ranks[found[group, 2]]:
                found[group, 2] = row
    return count


def group_keys(
    keys: npt.NDArray[np.uint64], rows: npt.NDArray[np.int32], ranks: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """The distinct keys of a unit of work: linear in n.

    Args:
        keys: n.
        rows: n, the document of each, ascending.
        ranks: one for each document; the lowest comes first.

    Returns:
        For each distinct key, in the order in which they occur: place of its first entry, documents that hold it, and
        the one of lowest rank among these.
    """
    table = np.full(1 << max(3, int(2 * len(keys)).bit_length()), -1, np.int64)
    known, found = np.empty(len(keys), np.uint64), np.empty((len(keys), 4), np.int64)
    count = _group(keys, rows, ranks, table, known, found)
    distinct: npt.NDArray[np.int64] = found[:count, :3]
    return distinct


@kernel("void(uint64[::1], uint64[::1], int64[::1], int64[::1])")
def _look_up(
    keys: npt.NDArray[np.uint64],
    known: npt.NDArray[np.uint64],
    table: npt.NDArray[np.int64],
    out: npt.NDArray[np.int64],
) -> None:
    mask = np.uint64(table.shape[0] - 1)
    for entry in range(keys.shape[0]):
        out[entry] = table[_slot(keys[entry], known, table, mask)] if keys[entry] != 0 else -1


@kernel("void(uint64[::1], int64[::1])")
def _fill(known: npt.NDArray[np.uint64], table: npt.NDArray[np.int64]) -> None:
    mask = np.uint64(table.shape[0] - 1)
    for number in range(known.shape[0]):
        table[_slot(known[number], known, table, mask)] = number


class KeyTable:
    """Finds keys among known ones.

    Args:
        known: distinct keys.
    """

    def __init__(self, known: npt.NDArray[np.uint64]) -> None:
        self._known = np.require(known, np.uint64, ["C", "W"])
        self._table = np.full(1 << max(3, int(2 * len(known)).bit_length()), -1, np.int64)
        _fill(self._known, self._table)

    def find(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """For each of n keys its place among the known ones, -1 where it is none of them."""
        out = np.empty(len(keys), np.int64)
        _look_up(np.require(keys, np.uint64, ["C", "W"]), self._known, self._table, out)
        return out


@kernel("void(uint64[:, ::1], int64[:, ::1], int32[:, ::1], int32[::1])")
def spread(
    keys: npt.NDArray[np.uint64],
    ends: npt.NDArray[np.int64],
    values: npt.NDArray[np.int32],
    out: npt.NDArray[np.int32],
) -> None:
    """Give every unit the largest of the values of the keys that speak of it.

    A key of one unit speaks of that; one of several speaks of those among them that have no key of their own alone.

    Args:
        keys: m x 2, 0 for none.
        ends: m x 2, the last unit that the key is of.
        values: m x 2, -1 for none.
        out: m, holds -1; written.
    """
    for unit in range(keys.shape[0]):
        for side in range(2):
            value, end = values[unit, side], ends[unit, side]
            if value < 0:
                continue
            for other in range(min(unit, end), max(unit, end) + 1):
                alone = keys[other, 0] != 0 and ends[other, 0] == other
                if not alone or end == unit:
                    out[other] = max(out[other], value)
