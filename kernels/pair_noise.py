"""Marks of noise in one side of a pair, as bicleaner-hardrules 2.10 defines them, in one pass over the code points."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrow import text_buffers
from .compile import inlined, kernel
from .pair_characters import (
    ALPHABETIC,
    DECIMAL,
    FLAGS,
    LETTER,
    LOWER,
    SPLITS,
    TITLE,
    UPPER,
    WORD,
    code_points,
    longest_text,
)
from .unicode import SCRIPT, SCRIPT_CODES

URL: Final = 1
"""A host or path with an ending of two to six small letters."""
BREADCRUMBS: Final = 2
"""Three and more of ` - `, ` / `, ` : `, `<`, `>`, `*`, and two and more of ` » `, `|`, `→`, `←`, `•`, `·`, `¬`."""
GLUED_WORDS: Final = 4
"""Two capitals that small letters follow, in one run of letters."""
LATIN_1_RUN: Final = 8
"""Three characters from U+0080 to U+00FF in a row."""
LONG_LATIN_1_RUN: Final = 16
"""Seven of them."""
SPACED_LETTERS: Final = 32
"""Four single characters that are no digits, with one space between them and around."""
ESCAPED: Final = 64
"""A backslash, x or u, and two hexadecimal digits."""
A_TILDE: Final = 128
A_CIRCUMFLEX: Final = 256
TITLE_CASE: Final = 512
"""Two words and more that all begin with a capital and go on with small letters."""
MIXED_SCRIPTS: Final = 1024
"""Letters of two families of scripts."""

BRACKETS: Final = "()[]{}⟨⟩"
"""What `noise` counts, in the order of its columns."""

_FAMILIES: Final = (
    "Armi Syrc Mand",
    "Avst Bali Batk Beng Brah Buhd Bugi Cakm Cham Deva Gujr Guru Hano Java Kthi Knda Kali Khmr Laoo Lepc Limb Mlym "
    "Mtei Mong Talu Orya Rjng Saur Shrd Sinh Sund Sylo Tglg Tagb Tale Lana Tavt Takr Taml Telu Thai Tibt",
    "Bopo Hani Hang Hira Kana Yiii",
    "Xsux Xpeo",
    "Ethi Sarb",
    "Samr Hebr",
    "Merc Mero",
    "Prti Phli",
    "Phnx Lyci Lydi",
)  # fmt: skip


def _families() -> npt.NDArray[np.uint8]:
    """The number of each script's family; 0 for common, inherited and unknown."""
    family = np.arange(1, 257, dtype=np.int64)
    for codes in _FAMILIES:
        numbers = [SCRIPT_CODES.index(code) for code in codes.split()]
        family[numbers] = numbers[0] + 1
    family[[SCRIPT_CODES.index(code) for code in ("Zyyy", "Zinh", "Zzzz")]] = 0
    return np.minimum(family, 255).astype(np.uint8)


FAMILY: Final = _families()


@inlined
def _url_character(point):  # type: ignore[no-untyped-def]
    lower = point | 32
    return (
        (lower >= 97 and lower <= 122) or (point >= 48 and point <= 57) or point == 45 or point == 64 or point == 58
        or point == 37 or point == 46 or point == 95 or point == 43 or point == 126 or point == 35 or point == 61
    )  # fmt: skip


@inlined
def _has_url(points, count, flags):  # type: ignore[no-untyped-def]
    for place in range(2, count - 2):
        if points[place] != 46 or not (_url_character(points[place - 1]) and _url_character(points[place - 2])):
            continue
        end = place + 1
        while end < count and points[end] >= 97 and points[end] <= 122:
            end += 1
        if end - place - 1 >= 2 and end - place - 1 <= 6 and not (end < count and flags[points[end]] & WORD):
            return True
    return False


@inlined
def _between_spaces(points, count, place):  # type: ignore[no-untyped-def]
    """What stands between two spaces that begin at `place`, else 0."""
    return points[place + 1] if place + 2 < count and points[place] == 32 and points[place + 2] == 32 else np.int32(0)


@inlined
def _breadcrumbs(points, count):  # type: ignore[no-untyped-def]
    """Both numbers of breadcrumbs, each kind counted without overlap."""
    first = second = 0
    place = 0
    while place < count:
        point, inner = points[place], _between_spaces(points, count, place)
        if inner == 45 or inner == 47 or inner == 58:
            first += 1
            place += 3
            continue
        first += point == 60 or point == 62 or point == 42
        place += 1
    place = 0
    while place < count:
        point = points[place]
        if _between_spaces(points, count, place) == 0xBB:
            second += 1
            place += 3
            continue
        second += (
            point == 124 or point == 0x2192 or point == 0x2190 or point == 0x2022 or point == 0xB7 or point == 0xAC
        )
        place += 1
    return first, second


@inlined
def _is_title(points, count, flags):  # type: ignore[no-untyped-def]
    """Python's `istitle`, and a space between what is no white space at either end."""
    after_cased = cased = False
    for place in range(count):
        flag = flags[points[place]]
        if flag & (UPPER | TITLE):
            if after_cased:
                return False
            after_cased = cased = True
        elif flag & LOWER:
            if not after_cased:
                return False
        else:
            after_cased = False
    if not cased:
        return False
    start, end = 0, count
    while start < end and flags[points[start]] & SPLITS:
        start += 1
    while end > start and flags[points[end - 1]] & SPLITS:
        end -= 1
    for place in range(start, end):  # noqa: SIM110
        if points[place] == 32:
            return True
    return False


@inlined
def _hexadecimal(point):  # type: ignore[no-untyped-def]
    lower = point | 32
    return (point >= 48 and point <= 57) or (lower >= 97 and lower <= 102)


@inlined
def _marks(points, count, flags, scripts, families, brackets):  # type: ignore[no-untyped-def]
    """Bits of everything that one look at each place finds; counts brackets."""
    found = 0
    glued = latin_run = 0
    family = np.uint8(0)
    for place in range(count):
        point = points[place]
        flag = flags[point]
        if point >= 0x80 and point <= 0xFF:
            latin_run += 1
            if latin_run == 3:
                found |= LATIN_1_RUN
            if latin_run == 7:
                found |= LONG_LATIN_1_RUN
            if point == 0xC3:
                found |= A_TILDE
            elif point == 0xC2:
                found |= A_CIRCUMFLEX
        else:
            latin_run = 0
        if flag & ALPHABETIC:
            if flag & UPPER and place + 1 < count and flags[points[place + 1]] & LOWER:
                glued += 1
                if glued == 2:
                    found |= GLUED_WORDS
        else:
            glued = 0
        if flag & LETTER:
            own = families[scripts[point]]
            if own != 0:
                if family != 0 and own != family:
                    found |= MIXED_SCRIPTS
                family = own
        elif point == 40 or point == 41:
            brackets[point - 40] += 1
        elif point == 91 or point == 93:
            brackets[2 + (point - 91) // 2] += 1
        elif point == 123 or point == 125:
            brackets[4 + (point - 123) // 2] += 1
        elif point == 0x27E8 or point == 0x27E9:
            brackets[6 + point - 0x27E8] += 1
        elif point == 92 and place + 3 < count and (points[place + 1] == 120 or points[place + 1] == 117):
            if _hexadecimal(points[place + 2]) and _hexadecimal(points[place + 3]):
                found |= ESCAPED
        elif point == 32 and place + 8 < count:
            spaced = True
            for step in range(1, 9):
                other = points[place + step]
                spaced &= (flags[other] & DECIMAL == 0) if step & 1 else other == 32
            if spaced:
                found |= SPACED_LETTERS
    return found


@kernel("void(uint8[::1], int64[::1], uint16[::1], uint8[::1], uint8[::1], int64, int32[::1], int32[:, ::1])")
def noise_rows(buffer, offsets, flags, scripts, families, room, marks, brackets):  # type: ignore[no-untyped-def]
    """See `noise`."""
    points = np.empty(room + 1, np.int32)
    for row in range(offsets.shape[0] - 1):
        count = code_points(buffer, offsets[row], offsets[row + 1], points)
        found = _marks(points, count, flags, scripts, families, brackets[row])
        first, second = _breadcrumbs(points, count)
        if first >= 3 and second >= 2:
            found |= BREADCRUMBS
        if _has_url(points, count, flags):
            found |= URL
        if _is_title(points, count, flags):
            found |= TITLE_CASE
        marks[row] = found


def noise(texts: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Bits of the marks that each of n texts has, and n x 8 counts of `BRACKETS` (null reads as empty)."""
    buffer, offsets = text_buffers(texts)
    rows = len(offsets) - 1
    marks, brackets = np.zeros(rows, np.int32), np.zeros((rows, len(BRACKETS)), np.int32)
    noise_rows(buffer, offsets, FLAGS, SCRIPT, FAMILY, longest_text(offsets), marks, brackets)
    return marks, brackets
