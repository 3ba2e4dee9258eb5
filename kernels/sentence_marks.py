"""Which marks end a sentence for `min_sentences` and `min_c4_sentences`, whose thresholds count spaCy's sentences.

Those sentences follow from tokens: a mark ends one if the tokenizer of the language makes it a token of its own, and
the next begins with the first token that is more than punctuation. So it matters what a full stop stands behind
("1990." stays one word in German, "B." nearly everywhere), and whether closing marks alone follow up to the next space.
`sentences.py` is for everything else: it asks where sentences end, not what a tokenizer does.

Marks from beyond ASCII ("।", "؟", "。") always count, even of scripts in which the tokenizer knows none.
"""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .compile import inlined
from .sentences import folded_hash, is_abbreviation
from .unicode import CLASS, FOLD, LETTER, NEWLINE, PUNCTUATION, SCRIPT, SCRIPT_NUMBERS, SPACE, next_code_point

SMALL, CAPITAL, NUMBER, CUT, QUOTE, OPENS, SIGN, ACCENT, BLANK, ICON = (np.uint16(1 << bit) for bit in range(10))
"""What stands beside a mark, bits: small letters and capitals (both: letters without case), ASCII digits; marks that
are cut off the end of a word, quotes; marks that are cut off its front; symbols, which are no punctuation; combining
accents; white space; icons, which are cut off both ends."""

(
    NUMBERS_STAY, DAYS_STAY, CUTS_INSIDE, TWO_CAPITALS, EVERY_STOP, DOTS_APART, BEHIND_LETTERS, NO_DASH, ACCENTS,
    CAPITALS, SMALL_INITIALS, DOTTED, GREEK, HUNGARIAN, RUNS, WHOLE_STAY,
) = (1 << bit for bit in range(16))  # fmt: skip
"""Habits of a language, bits.

A full stop stays with a number; with the number of a day (up to 31; in Greek of two digits). Marks between letters cut,
quotes beside a full stop do not. A full stop is cut off behind two capitals or letters without case only; always; in an
ellipsis and between digits too; not behind brackets; not before a dash; behind a combining accent; behind one capital;
behind one small letter. Words with full stops inside keep the last. Greek letters. Hungarian: two capitals keep it, and
it is cut off the front of a word. Runs: every run of marks ends a sentence, whatever stands around it (datatrove's rule
where spaCy has none). A full stop stays with a number that stands alone, with one inside at most (Turkish)."""
LIST_SHIFT = 16
"""Above the habits: the number of the list of abbreviations, plus one."""

_CUT = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
_QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉⟦⟧"
_OPENS = "§%=$£€¥฿₽﷼₴₪₹—–"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёәөүҗңһіїєґѓѕјљњќѐѝ"
_NO_CASE = (
    (0x591, 0x5F5), (0x620, 0x64B), (0x66E, 0x6D6), (0x6E5, 0x700), (0x750, 0x780), (0x8A0, 0x8BE), (0x900, 0x980),
    (0x980, 0xA00), (0xB80, 0xC80), (0xC80, 0xD00), (0xD80, 0xE00), (0x1100, 0x1380), (0x2E80, 0x3100),
    (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xAC00, 0xD7B0), (0xF900, 0xFB00), (0xFB1D, 0xFBB2), (0xFBD3, 0xFD3E),
    (0xFE70, 0xFEFD),
)  # fmt: skip
"""Hebrew, Arabic, Ethiopic, Indic, Korean, Chinese and Japanese: the letters without case that are known."""
_GREEK = "".join(map(chr, range(0x3B1, 0x3CA))) + "άέίόώήύ"
_NO_LETTERS = ((0xAA, 0xAB), (0xBA, 0xBB), (0x2B0, 0x300), (0x1D2C, 0x1D6B), (0x2071, 0x2190), (0xFB00, 0xFB10))
_SIGNS = (
    (0x2044, 0x2045), (0x2052, 0x2053), (0x207A, 0x207D), (0x20A0, 0x20D0), (0x2100, 0x2308), (0x230C, 0x2329),
    (0x232B, 0x2768), (0x2776, 0x27C5), (0x27C7, 0x27E6), (0x27F0, 0x2983), (0x2999, 0x29D8), (0x29DC, 0x29FC),
    (0x29FE, 0x2C00), (0x1F000, 0x1FB00),
)  # fmt: skip
_LONGEST = 48
_FAR = 512


class SentenceHabits(NamedTuple):
    """What ends a sentence in the languages of n documents.

    Attributes:
        known: sorted hashes of abbreviations, one list behind the other (see `sentences.folded_hash`).
        known_starts: where each list begins.
        habits: n sums of habits, and above `LIST_SHIFT` the number of the language's list plus one, or 0.
    """

    known: npt.NDArray[np.uint64]
    known_starts: npt.NDArray[np.int64]
    habits: npt.NDArray[np.uint32]


@lru_cache(maxsize=1)
def mark_properties() -> npt.NDArray[np.uint16]:
    """What stands beside a mark, in one number per code point.

    Letters are those of the alphabets that spaCy's rules list; behind others (Kazakh "қ", Serbian "ћ", Georgian) a full
    stop stays.
    """
    table = np.zeros(len(CLASS), np.uint16)
    points = np.arange(len(CLASS), dtype=np.uint32)
    latin = (CLASS == LETTER) & np.isin(SCRIPT, [SCRIPT_NUMBERS["Latn"]])
    for first, last in _NO_LETTERS:
        latin[first:last] = False
    table[latin & (points == FOLD)] = SMALL
    table[latin & (points != FOLD)] = CAPITAL
    for small in _CYRILLIC + _GREEK:
        table[ord(small)] = SMALL
        table[ord(small.upper())] = CAPITAL
    for first, last in _NO_CASE:
        table[first:last] = SMALL | CAPITAL
    table[48:58] = NUMBER
    table[0x300:0x370] = ACCENT
    signs = np.zeros(len(CLASS), bool)
    for first, last in _SIGNS:
        signs[first:last] = True
    signs &= CLASS == PUNCTUATION
    table[signs] |= SIGN
    table[signs & (points >= 0x2190)] |= ICON | OPENS
    for flags, characters in ((CUT, _CUT), (QUOTE, _QUOTES), (OPENS, _OPENS + _CUT + _QUOTES)):
        table[[ord(character) for character in characters]] |= flags
    table[[ord(character) for character in "$+<=>^`|~¢£¤¥¦¨©¬®¯°±´¸×÷"]] |= SIGN
    table[[ord(character) for character in "¦©®°"]] |= ICON | OPENS
    table[(CLASS == SPACE) | (CLASS == NEWLINE)] = BLANK
    return table


@inlined
def point_before(buffer, start, position):  # type: ignore[no-untyped-def]
    """The code point that ends at `position`, and where it begins; 0 at `start`."""
    if position <= start:
        return np.uint32(0), position
    place = position - 1
    while place > start and buffer[place] & 0xC0 == 0x80:
        place -= 1
    return next_code_point(buffer, place)[0], place


@inlined
def citation_end(buffer, position, end):  # type: ignore[no-untyped-def]
    """The place behind a citation mark that begins at `position` ("[12]", "[edit]", "[citation needed]"), or -1."""
    end = min(end, position + _FAR)
    place = position + 1
    while place < end and 48 <= buffer[place] <= 57:
        place += 1
    if place == position + 1:
        while place < end and place - position < 17 and (97 <= buffer[place] <= 122 or buffer[place] == 32):
            place += 1
        named = (place - position == 5 and buffer[position + 1] == 101) or (
            place - position == 16 and buffer[position + 1] == 99
        )
        if not named and place > position + 1:
            return np.int64(-1)
    return np.int64(place + 1) if place < end and buffer[place] == 93 else np.int64(-1)


@inlined
def closes_word(buffer, position, end, table, style):  # type: ignore[no-untyped-def]
    """Whether only marks that are cut off follow, up to white space or the end; sought nearby only."""
    end = min(end, position + _FAR)  # a run of marks without an end would be looked through from each of them
    while position < end:
        point, after = next_code_point(buffer, position)
        flags = table[point]
        if flags & BLANK:
            return True
        if point == 91:
            cited = citation_end(buffer, position, end)
            if cited > 0:
                position = cited
                continue
        if point == 0x2014 or point == 0x2013:
            if style & NO_DASH:
                return False
        elif flags & (CUT | QUOTE | ICON) == 0 and point != 46:
            return False
        position = after
    return True


@inlined
def word_start(buffer, start, position, table):  # type: ignore[no-untyped-def]
    """Where the word before `position` starts, behind the marks that are cut off its front; sought nearby only."""
    place = position
    while place > start and position - place < _LONGEST:
        point, before = point_before(buffer, start, place)
        if table[point] & BLANK:
            break
        place = before
    while place < position:
        point, after = next_code_point(buffer, place)
        if table[point] & OPENS == 0:
            break
        place = after
    return place


@inlined
def in_address(buffer, position, end, table):  # type: ignore[no-untyped-def]
    """Whether what follows a full stop inside a word goes on like an address: "org/index", "B.Doe@a.org"."""
    end = min(end, position + _FAR)
    small = 0  # letters of the last label, -1 where it has others
    while position < end:
        point, position = next_code_point(buffer, position)
        flags = table[point]
        if flags & BLANK:
            break
        if point == 64:
            return True
        if point == 46:
            small = 0
        elif flags & SMALL:
            small = small + 1 if small >= 0 else small
        elif point == 47 or point == 63 or point == 35:
            break
        elif flags & (CAPITAL | NUMBER) or point == 45 or point == 95:
            small = -1
        else:
            return False
    return small > 1


@inlined
def is_known_word(buffer, start, stop, table, fold, known, known_starts, style):  # type: ignore[no-untyped-def]
    """Whether the word `buffer[start:stop]` before a full stop keeps it: an abbreviation, or one small letter."""
    size = stop - start
    if size < 3 and style & SMALL_INITIALS == 0:
        point, after = next_code_point(buffer, start)
        if after == stop and (97 <= point <= 122 or point == 0xE4 or point == 0xF6 or point == 0xFC):
            return True
    if size >= _LONGEST or style >> LIST_SHIFT == 0:
        return False
    if style & DOTTED:
        letters = 0
        dots = 0
        place = start
        while place < stop:
            point, place = next_code_point(buffer, place)
            if point == 46 and 0 < letters < 4:
                letters = 0
                dots += 1
            elif table[point] & (SMALL | CAPITAL):
                letters += 1
            else:
                letters = 9
        if dots > 0 and 0 < letters < 4:
            return True
    number = np.int64(style >> LIST_SHIFT) - 1
    value = folded_hash(buffer, start, stop, fold)
    return is_abbreviation(value, False, known, known_starts[number], known_starts[number + 1])


@inlined
def is_day(buffer, start, stop, style):  # type: ignore[no-untyped-def]
    """Whether `buffer[start:stop]` is a number that keeps its full stop: to 31, in Greek one of two digits."""
    if stop - start > 2 or stop == start:
        return False
    number = np.int64(0)
    for place in range(start, stop):
        if not 48 <= buffer[place] <= 57:
            return False
        number = 10 * number + np.int64(buffer[place]) - 48
    return style & GREEK != 0 or 0 < number < 32


@inlined
def is_whole_number(buffer, start, stop):  # type: ignore[no-untyped-def]
    """Whether `buffer[start:stop]` is digits with one full stop among them at most."""
    dots = 0
    for place in range(start, stop):
        if buffer[place] == 46:
            dots += 1
        elif not 48 <= buffer[place] <= 57:
            return False
    return dots < 2


@inlined
def is_cut_off(buffer, start, position, table, fold, known, known_starts, style):  # type: ignore[no-untyped-def]
    """Whether the full stop at `position`, with closing marks at most behind it, is a token of its own."""
    before, place = point_before(buffer, start, position)
    flags = table[before]
    if before == 0 or flags & BLANK or style & EVERY_STOP:
        return True
    second = table[point_before(buffer, start, place)[0]]
    word = position
    if style & (DAYS_STAY | WHOLE_STAY | TWO_CAPITALS) or style >> LIST_SHIFT or second & (SMALL | CAPITAL) == 0:
        word = word_start(buffer, start, position, table)
        if word == position:
            return True
        if is_known_word(buffer, word, position, table, fold, known, known_starts, style):
            return False
    if flags & CAPITAL and second & CAPITAL and style & HUNGARIAN == 0 and word != place:
        return True
    if style & TWO_CAPITALS:
        return False
    if flags & SMALL:
        return True
    if flags & CAPITAL:
        small = before | np.uint32(32)
        degrees = (small == 99 or small == 102 or small == 107) and second & ICON != 0
        return degrees or style & CAPITALS != 0 or (style & GREEK != 0 and before > 0x370)
    if flags & NUMBER:
        if style & WHOLE_STAY:
            return not is_whole_number(buffer, word, position) or (word > start and buffer[word - 1] > 32)
        return style & NUMBERS_STAY == 0 and not (style & DAYS_STAY and is_day(buffer, word, position, style))
    if flags & QUOTE:
        return True
    if flags & CUT or before == 124:
        return style & BEHIND_LETTERS == 0 or before == 40 or before == 41 or before == 58 or before == 63
    if flags & ACCENT:
        return style & ACCENTS != 0 and second & (SMALL | CAPITAL) != 0
    if before == 37:
        return style & GREEK == 0
    return before == 0xB2 or before == 43 or before == 45 or (style & GREEK != 0 and 0x370 < before < 0x400)


@inlined
def is_between(buffer, start, position, after, end, table, fold, known, known_starts, style):  # type: ignore[no-untyped-def]
    """Whether the full stop at `position`, inside a word, cuts it: "end.Next"."""
    before, _ = point_before(buffer, start, position)
    following, _ = next_code_point(buffer, after)
    left = table[before]
    right = table[following]
    if style & HUNGARIAN and right & (SMALL | CAPITAL) and (before == 0 or left & (BLANK | OPENS)):
        return True
    if style & DOTS_APART:
        return left & (SMALL | CAPITAL | NUMBER) != 0 and (right & CAPITAL != 0 or right & NUMBER != 0)
    quoted = style & CUTS_INSIDE == 0 and (left & QUOTE != 0 or right & QUOTE != 0)
    if left & (SMALL | (QUOTE if quoted else SMALL)) == 0:
        return False
    if right & CAPITAL == 0 or right & SMALL:
        return quoted and right & QUOTE != 0
    if in_address(buffer, after, end, table):
        return False
    word = word_start(buffer, start, position, table)
    return word == position or not is_known_word(buffer, word, position, table, fold, known, known_starts, style)


@inlined
def ends_sentence(  # type: ignore[no-untyped-def]  # noqa: D417
    buffer, start, position, after, end, point, table, fold, known, known_starts, style
):
    """Whether the mark at `position` of the line `buffer[start:end]` is a token that ends a sentence.

    Args:
        buffer: bytes of UTF-8.
        start, end: the line.
        position, after: where the mark begins and ends.
        point: the mark.
        table, fold: `mark_properties()`, `unicode.FOLD`.
        known, known_starts: lists of abbreviations, as `sentences.find_sentences` takes them.
        style: habits of the language, and above `LIST_SHIFT` the number of its list plus one.
    """
    if point > 127:
        return True
    if point == 46:
        if (after < end and buffer[after] == 46) or (position > start and buffer[position - 1] == 46):
            return style & DOTS_APART != 0
        if closes_word(buffer, after, end, table, style):
            return is_cut_off(buffer, start, position, table, fold, known, known_starts, style)
        return is_between(buffer, start, position, after, end, table, fold, known, known_starts, style)
    if closes_word(buffer, after, end, table, style):
        return True
    if style & CUTS_INSIDE:
        before, _ = point_before(buffer, start, position)
        following, _ = next_code_point(buffer, after)
        if table[before] & (SMALL | CAPITAL) and table[following] & (SMALL | CAPITAL):
            return True
    return word_start(buffer, start, position, table) == position
