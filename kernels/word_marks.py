"""Marks in and around words: which are cut off, which separate two words, which belong to one.

What marks do at the ends of a word is in `word_ends.py`, what they do inside in `word_cuts.py`, by the habits of the
language (`word_habits.py`); `segmentation.py` tells the rules in plain words.
"""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .compile import always_inlined
from .unicode import (
    CLASS,
    CONTROL,
    DIGIT,
    FOLD,
    LETTER,
    MARK,
    NEWLINE,
    PUNCTUATION,
    SCRIPT,
    SCRIPT_NUMBERS,
    SPACE,
    TERMINAL,
    UNSPACED,
    mix,
    next_code_point,
)
from .word_habits import ASCII_ENDS, DEGREE_STAYS, MARKED_LETTERS, OWN_MARKS_STAY

__all__ = ["ASCII_ENDS"]

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
CLASS_BITS = np.uint16(7)
AFFIX = np.uint16(8)
PREFIX = np.uint16(16)
ENDS_SENTENCE = np.uint16(32)
WIDE = np.uint16(64)
CLOSES = np.uint16(128)
UPPER = np.uint16(256)
LOWER = np.uint16(512)
DASH = np.uint16(1024)
OPERATOR = np.uint16(2048)
ICON = np.uint16(4096)
QUOTE = np.uint16(8192)
CURRENCY = np.uint16(16384)
KNOWN = np.uint16(32768)

SYMBOL, OTHER_WORD, LETTER_WORD = 0, 1, 2
"""Kinds of token: symbols, words without a letter (numbers), words with a letter."""

APOSTROPHE, LEFT_QUOTE, RIGHT_QUOTE = np.uint32(0x27), np.uint32(0x2018), np.uint32(0x2019)
FULL_STOP, COMMA, ELLIPSIS = np.uint32(0x2E), np.uint32(0x2C), np.uint32(0x2026)
LONGEST_HOST = 300
LONGEST_ENDING = 20
"""Bytes of an ending, of a word with a full stop and of a unit that are looked for in a table."""
_AFFIXES = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।॥،۔؛٪\"'”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉⟦⟧—–"
_CURRENCIES = "$£€¥฿﷼" + "".join(map(chr, range(0x20A0, 0x20C0)))
_QUOTES = "'\"”“`‘´’‚,„»«「」『』（）〔〕【】《》〈〉〈〉⟦⟧"
_KNOWN_LETTERS = (
    (0x41, 0x7A), (0xC0, 0x1BF), (0x1C4, 0x2AF), (0x1D00, 0x1D25), (0x1D6B, 0x1D77), (0x1D79, 0x1D9A), (0x1E00, 0x1EFF),
    (0x2C60, 0x2C7B), (0x2C7E, 0x2C7F), (0xA722, 0xA7B9), (0xAB30, 0xAB64), (0xFF21, 0xFF5A), (0x386, 0x38F),
    (0x391, 0x3A9), (0x3AC, 0x3AF), (0x3B1, 0x3C9), (0x3CC, 0x3CE), (0x400, 0x40A), (0x40C, 0x45A), (0x45C, 0x45D),
    (0x490, 0x491), (0x496, 0x497), (0x4A2, 0x4A3), (0x4AE, 0x4AF), (0x4BA, 0x4BB), (0x4D8, 0x4D9), (0x4E8, 0x4E9),
    (0x591, 0x5F4), (0x620, 0x64A), (0x66E, 0x6D5), (0x6E5, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8BD), (0x900, 0x97F),
    (0x980, 0x9FF), (0xB80, 0xDFF), (0x1100, 0x11FF), (0x1200, 0x137F), (0x2E80, 0xD7AF), (0xF900, 0xFAFF),
    (0xFB1D, 0xFD3D), (0xFD50, 0xFDFB), (0xFE70, 0xFEFC), (0x20000, 0x2FA1F),
)  # fmt: skip
"""Letters beside which marks cut words: those that the tokenizers behind published thresholds know. Beside others
(Georgian,
Kazakh "қ", Greek with two accents) full stops, hyphens and commas stay in the word."""
_CASED = ("Latn", "Grek", "Cyrl", "Armn", "Copt", "Glag", "Dsrt", "Adlm")


@lru_cache(maxsize=1)
def properties() -> npt.NDArray[np.uint16]:
    """What segmentation and line statistics ask of a code point, in one number: class and ten flags."""
    table = CLASS.astype(np.uint16)
    wide = np.isin(SCRIPT, [SCRIPT_NUMBERS[code] for code in ("Hani", "Hira", "Kana", "Hang", "Bopo", "Yiii")])
    wide[0x3000:0x3040] = wide[0xFF01:0xFF61] = True
    wide[0xFF61:0xFFE0] = wide[0x1100:0x1200] = False
    table[wide] |= WIDE
    table[TERMINAL == 1] |= ENDS_SENTENCE
    cased = (CLASS == LETTER) & np.isin(SCRIPT, [SCRIPT_NUMBERS[code] for code in _CASED])
    folds = np.arange(len(FOLD), dtype=np.uint32) != FOLD
    folds[0x130] = True  # İ, whose small form is i with a dot
    folds[[ord(character) for character in "ςſµϐϑϕϖϰϱϵªº"]] = folds[0x2B0:0x300] = folds[0xFF41:0xFF5B] = False  # small
    table[cased & folds] |= UPPER
    table[cased & ~folds] |= LOWER
    icons = CLASS == PUNCTUATION
    icons[:0x2100] = icons[0xE000:0xF900] = icons[0x2190:0x2195] = icons[0x219A:0x219C] = icons[0x21F4:0x2300] = icons[
        0x3000:0x3040
    ] = icons[0xFE00:0x1F000] = False
    icons[[0xA6, 0xA9, 0xAE, 0xB0]] = True
    icons[0x2E00:0x2E80] = False
    icons[[0x21A0, 0x21A3, 0x21A6, 0x21AE, 0x21CE, 0x21CF, 0x21D2, 0x21D4, 0x2308, 0x2309, 0x230A, 0x230B]] = False
    table[icons] |= ICON | AFFIX
    own = ~np.isin(SCRIPT, [SCRIPT_NUMBERS[code] for code in ("Zyyy", "Zinh")])
    table[(CLASS == PUNCTUATION) & (own | ((TERMINAL == 1) & (np.arange(len(CLASS)) > 0x7F)))] |= AFFIX
    for first, last in _KNOWN_LETTERS:
        table[first : last + 1][np.isin(CLASS[first : last + 1], (LETTER, MARK, UNSPACED))] |= KNOWN
    for flag, characters in ((AFFIX, _AFFIXES), (PREFIX, "§%=+" + _CURRENCIES), (CURRENCY, _CURRENCIES), (QUOTE,
    _QUOTES),
                             (CLOSES, "\"'”“’‘»«›‹」』＂＇"),
                             (DASH, "-–—~"), (OPERATOR, ":<>=/")):  # fmt: skip
        table[[ord(character) for character in characters]] |= flag
    return table


@always_inlined
def only_affixes(buffer, position, end, table):  # type: ignore[no-untyped-def]
    """Read marks that are cut off the end of a word: (where they stop, whether nothing follows before a space)."""
    while position < end:
        point, after = next_code_point(buffer, position)
        group = table[point] & CLASS_BITS
        if group in (SPACE, NEWLINE, UNSPACED):
            return position, True
        if table[point] & AFFIX == 0 and point != FULL_STOP and group != CONTROL:
            return position, False
        position = after
    return position, True


@always_inlined
def is_address(buffer, position, end, table):  # type: ignore[no-untyped-def]
    """Whether what begins at `position` is an address: perhaps a scheme, a host with a dot, then a path or nothing."""
    last = min(end, position + LONGEST_HOST)
    first = position
    label = 0  # letters of the label that is being read, -1 when it has anything else
    dots = 0
    while position < last:
        point, after = next_code_point(buffer, position)
        group = table[point] & CLASS_BITS
        if group == LETTER or group == MARK:
            label = label + 1 if label >= 0 and table[point] & UPPER == 0 else -1
        elif group == DIGIT or point == 45 or point == 95:
            label = -1
        elif point == FULL_STOP and label != 0:
            dots += 1
            label = 0
        elif point == 64:
            dots = 0
            label = 0
        elif point == 58 and after + 1 < end and buffer[after] == 47 and buffer[after + 1] == 47:
            if position - first < 2:
                return False
            after += 2
            dots = 0
            label = 0
        else:
            named = dots > 0 and label >= 2
            if group in (SPACE, NEWLINE, UNSPACED) or point == 47 or point == 63 or point == 35:
                found = named
            elif point == 58 and after < end and 48 <= buffer[after] <= 57:
                found = named
            else:
                found = named and only_affixes(buffer, position, end, table)[1]
            behind = last  # what stands before the last "@" may be anything
            while not found and behind > position and buffer[behind - 1] != 64:
                behind -= 1
            if found or behind <= position or group in (SPACE, NEWLINE, UNSPACED):
                return found
            after = behind
            dots = 0
            label = 0
        position = after
    return dots > 0 and label >= 2


@always_inlined
def last_point(buffer, first, position):  # type: ignore[no-untyped-def]
    """Decode the code point that ends at `position`: (code point, where it begins)."""
    position -= 1
    while position > first and buffer[position] & np.uint8(0xC0) == 0x80:
        position -= 1
    return next_code_point(buffer, position)[0], position


@always_inlined
def last_visible(buffer, first, position, table):  # type: ignore[no-untyped-def]
    """The last code point before `position` that is no control: (code point, where it begins); 0 where there is
    none.
    """
    point = np.uint32(0)
    while position > first:
        point, position = last_point(buffer, first, position)
        if table[point] & CLASS_BITS != CONTROL:
            return point, position
    return np.uint32(0), first


@always_inlined
def first_visible(buffer, position, end, table):  # type: ignore[no-untyped-def]
    """The first code point from `position` on that is no control: (code point, behind it); 0 where there is none."""
    while position < end:
        point, position = next_code_point(buffer, position)
        if table[point] & CLASS_BITS != CONTROL:
            return point, position
    return np.uint32(0), end


@always_inlined
def is_ascii_digit(point):  # type: ignore[no-untyped-def]
    """Whether a code point is one of 0 to 9."""
    return np.uint32(48) <= point <= np.uint32(57)


@always_inlined
def is_letter(flags, habits):  # type: ignore[no-untyped-def]
    """Whether marks behind a character are read as behind a letter."""
    group = flags & CLASS_BITS
    return (group == LETTER and flags & KNOWN != 0) or (
        group == MARK and (flags & KNOWN or habits & MARKED_LETTERS) != 0
    )


@always_inlined
def is_capital(flags):  # type: ignore[no-untyped-def]
    """Whether a character is a capital letter, or one of a script without them."""
    return flags & KNOWN != 0 and flags & CLASS_BITS == LETTER and flags & LOWER == 0


@always_inlined
def is_small(flags):  # type: ignore[no-untyped-def]
    """Whether a character is a small letter, or one of a script without them."""
    return flags & KNOWN != 0 and flags & CLASS_BITS == LETTER and flags & UPPER == 0


@always_inlined
def stays(point, flags, habits):  # type: ignore[no-untyped-def]
    """Whether a mark that other languages cut off a word belongs to it."""
    if point == 0xB0:
        return habits & DEGREE_STAYS != 0
    return habits & OWN_MARKS_STAY != 0 and np.uint32(0x530) <= point < np.uint32(0x590)


@always_inlined
def holds(words, value, number):  # type: ignore[no-untyped-def]
    """Whether the table has the word with a hash for the set of habits `number`."""
    key = value ^ (MULTIPLIER * np.uint64(number + 1))
    mask = np.int64(len(words) - 1)
    slot = np.int64(key & np.uint64(mask))
    while words[slot] != 0:
        if words[slot] == key:
            return True
        slot = (slot + 1) & mask
    return False


@always_inlined
def is_habit_word(buffer, position, end, table, words, number):  # type: ignore[no-untyped-def]
    """Whether the bytes from `position` to `end` are a word of the table, for the set of habits `number`."""
    value = np.uint64(0)
    while position < end:
        point, position = next_code_point(buffer, position)
        if table[point] & CLASS_BITS != CONTROL:
            if point in (LEFT_QUOTE, RIGHT_QUOTE):
                point = APOSTROPHE
            value = (value ^ np.uint64(point)) * MULTIPLIER
    return holds(words, mix(value), number)


@always_inlined
def is_face(first, second):  # type: ignore[no-untyped-def]
    """Whether two marks are read as one: eyes and a mouth (":)", ":*", "=D"), some the other way round, or "''"."""
    if first == 58:  # : ) ( ] } > | / * or a letter or digit like a mouth
        if second < 64:
            return second in (40, 41, 42, 47, 48, 49, 51, 62)
        small = second | np.uint8(32)
        return second in (68, 93, 124, 125) or small == 111 or small == 112 or small == 120
    if first == 61:  # =
        return second in (40, 41, 47, 51, 68, 91, 93, 124)
    if first == 59 or first == 56:  # ; 8
        return second == 41 or second == 68
    if first == 40 or first == 91:  # ( [
        return second == 58 or second == 61 or (second == 59 and first == 40)
    return (first == 41 and second == 58) or (first == 93 and second == 61) or (first == 39 and second == 39)
