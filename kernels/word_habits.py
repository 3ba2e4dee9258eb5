"""What marks do in the words of a language: sets of habits, numbered, and words that have their own.

The habits are those of the tokenizers with which published thresholds were made (spaCy's, which datatrove assigns to
languages), told as classes of characters: which marks are cut off the ends of a word, which cut it in the middle, and
whether a full stop stays. Most languages follow `COMMON`; the others differ in a few habits.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

HABIT_WORDS: Final = Path(__file__).with_name("word_habits.tsv")
"""Columns: names of sets of habits, and words: with a full stop that stays ("usw."), with a hyphen in front that are
cut
off the end of a word ("-il"), or with one behind that are cut off the front ("s-"). The row "units" has the units of
measurement that are cut off numbers. Made from `filters/abbreviations.tsv` and from grammar."""

ASCII_ENDS: Final = 1 << 9
"""Stands beside the number of a set: lines end with ASCII marks (only `statistics.count_lines` asks)."""

(
    ALL_MARKS, HYPHENS_CUT, HYPHENS_AFTER_DIGITS, HYPHENS_BEFORE_SMALL, MINUS_STAYS, DOUBLE_HYPHENS, ANY_HYPHEN,
    SIGNS_CUT, MINUS_CUTS, DIGITS_MINUS, QUOTED_STOPS, ANY_STOP, COLON_CUTS, COLON_BEFORE_CAPITALS, SIGNS_BETWEEN,
    SLASH_CUTS, SIGNS_AFTER_DIGITS, SLASH_AFTER_DIGITS, SLASH_ANYWHERE, SENTENCE_MARKS_CUT, BRACKETS_CUT, ELISION,
    ELIDED_ARTICLE, ENGLISH, POSSESSIVE, NUMBERS_LOSE_STOP, STOP_AFTER_TWO, ALWAYS_STOP, SINGLE_DOTS, DASH_LAST,
    MINUS_LAST, ICONS_LAST, ICONS_CUT, APOSTROPHE_LAST, APOSTROPHE_NOT_AFTER_S, SLASH_LAST, UNITS, PERCENT,
    CURRENCY_LAST, SIGNS_FIRST, MINUS_FIRST, SLASH_FIRST, HASH_STAYS, STOP_FIRST, SHORT_ORDINALS, DOUBLES_STAY,
    WHOLE_NUMBERS, OWN_MARKS_STAY, HYPHENED_ENDS, HYPHENED_STARTS, MARKED_LETTERS, DIGIT_BESIDE_HYPHEN, FACES,
    DEGREE_STAYS, PLUS_LAST, ELIDED_YEARS, DAYS_KEEP_STOP, CAPITALS_LOSE_STOP, CAPITALS_KEEP_STOP, ORDINALS,
    MARKS_KEEP_STOP,
    DOTTED, PORTUGUESE,
) = (1 << bit for bit in range(63))  # fmt: skip
"""Habits, bits. *_CUT, *_BETWEEN: marks between two letters are tokens that cut; *_AFTER_DIGITS: between a digit and a
letter, too. *_FIRST, *_LAST: marks are cut off the front or the end. ALL_MARKS: every mark is a token, but between
digits
(Hindi). MINUS_STAYS: of the hyphens and dashes "-" does not cut. DIGITS_MINUS: "-" cuts between digits. QUOTED_STOPS: a
full stop cuts beside quotes, too; ANY_STOP: beside any letter or digit. SLASH_ANYWHERE: "/" cuts between letters and
digits
of any order. ELISION: a word ends behind an apostrophe (French "l'"); ELIDED_ARTICLE: only behind a first letter.
ENGLISH: "n't" and "'re" are words. POSSESSIVE: "'s" is. NUMBERS_LOSE_STOP: the full stop behind a number is a token;
SHORT_ORDINALS: but not behind one or two digits alone, "1)", "'α'" and "12'" are one token, and
"-" is cut off the end behind a letter only (Greek).
STOP_AFTER_TWO: a full stop is cut off only behind two letters
(Arabic). WHOLE_NUMBERS: numbers keep the marks and endings that are written with them (Hungarian "5-ös"). DOUBLES_STAY:
doubled words are one ("orang-orang"). OWN_MARKS_STAY: Armenian marks belong to words. HYPHENED_ENDS, HYPHENED_STARTS:
the table has such words. MARKED_LETTERS: combining marks are letters here, too. FACES: ":)" is one token, and so
is a small letter with its full stop, unless ALWAYS_STOP. DAYS_KEEP_STOP: 1 to 31 keep it. ORDINALS: numbers
with at
most one full stop inside do. CAPITALS_LOSE_STOP, CAPITALS_KEEP_STOP: always, never behind a capital letter.
MARKS_KEEP_STOP: a full stop behind a mark stays there. DOTTED: "z.B." is one token.
PORTUGUESE: "R$" is cut off
the front, and compounds with hyphens are tokens wherever they stand. ELIDED_YEARS: "'90" is one token."""

_BARE = (
    HYPHENS_CUT | SIGNS_CUT | MINUS_CUTS | QUOTED_STOPS | COLON_CUTS | SIGNS_BETWEEN | SLASH_CUTS | SIGNS_AFTER_DIGITS
)
_BARE |= SLASH_AFTER_DIGITS | ICONS_CUT | SIGNS_FIRST | UNITS | PERCENT | CURRENCY_LAST | APOSTROPHE_LAST | FACES
COMMON: Final = _BARE | POSSESSIVE | NUMBERS_LOSE_STOP | DASH_LAST | ICONS_LAST
_GERMANIC = (
    (_BARE | NUMBERS_LOSE_STOP | DASH_LAST | ICONS_LAST | SENTENCE_MARKS_CUT | BRACKETS_CUT | DOUBLE_HYPHENS)
    & ~(HYPHENS_CUT | SIGNS_CUT | MINUS_CUTS | QUOTED_STOPS)
)  # fmt: skip
_DANISH = (_GERMANIC & ~APOSTROPHE_LAST) | APOSTROPHE_NOT_AFTER_S
_ARABIC = _BARE | STOP_AFTER_TWO
_MALAY = COMMON | HASH_STAYS | SLASH_FIRST | MINUS_LAST | DIGIT_BESIDE_HYPHEN | HYPHENED_ENDS | DOUBLES_STAY

_DOTTED = "bul dan deu ell eng nld nob por ron spa swe"

HABITS: Final[dict[str, int]] = {
    "common": COMMON,
    "indic": ALL_MARKS,
    "eng": COMMON | HYPHENS_AFTER_DIGITS | ENGLISH,
    "tsn": COMMON | HYPHENS_AFTER_DIGITS,
    "rus": COMMON | MARKED_LETTERS,
    "ukr": COMMON | MARKED_LETTERS,
    "bul": COMMON | MARKED_LETTERS,
    "deu": (_GERMANIC | DIGITS_MINUS | SLASH_ANYWHERE | SLASH_LAST)
    & ~(NUMBERS_LOSE_STOP | DASH_LAST | SIGNS_AFTER_DIGITS | SLASH_AFTER_DIGITS | SLASH_CUTS),
    "ltz": COMMON & ~(HYPHENS_CUT | SIGNS_CUT | MINUS_CUTS | QUOTED_STOPS | SLASH_CUTS | SLASH_AFTER_DIGITS |
    SIGNS_AFTER_DIGITS)
    | SENTENCE_MARKS_CUT | DOUBLE_HYPHENS | DIGITS_MINUS | ELIDED_ARTICLE,
    "nld": _GERMANIC & ~(SLASH_CUTS | SLASH_AFTER_DIGITS | SIGNS_AFTER_DIGITS | PERCENT),
    "nob": (_DANISH | HASH_STAYS | DEGREE_STAYS)
    & ~(NUMBERS_LOSE_STOP | SLASH_AFTER_DIGITS | SIGNS_AFTER_DIGITS),
    "dan": _DANISH | DAYS_KEEP_STOP,
    "swe": _DANISH | COLON_BEFORE_CAPITALS,
    "fin": (_GERMANIC | HYPHENS_CUT | MINUS_STAYS) & ~(COLON_CUTS | DOUBLE_HYPHENS | APOSTROPHE_LAST),
    "hun": (_GERMANIC | PLUS_LAST | STOP_FIRST | HYPHENED_ENDS | WHOLE_NUMBERS | DEGREE_STAYS | CAPITALS_KEEP_STOP |
    MARKS_KEEP_STOP)
    & ~(SLASH_CUTS | SLASH_AFTER_DIGITS | SIGNS_AFTER_DIGITS | NUMBERS_LOSE_STOP | DASH_LAST | ICONS_LAST | ICONS_CUT
        | SIGNS_FIRST | PERCENT),
    "pol": (COMMON | ANY_HYPHEN | ANY_STOP | SENTENCE_MARKS_CUT | BRACKETS_CUT | ALWAYS_STOP | SINGLE_DOTS)
    & ~(HYPHENS_CUT | SIGNS_CUT | MINUS_CUTS | QUOTED_STOPS | SIGNS_AFTER_DIGITS | SLASH_AFTER_DIGITS | POSSESSIVE |
    DASH_LAST),
    "fra": (_BARE | NUMBERS_LOSE_STOP | ELISION | HYPHENED_ENDS | MARKS_KEEP_STOP) & ~ICONS_LAST,
    "ita": COMMON | ELISION | HYPHENS_BEFORE_SMALL | ELIDED_YEARS,
    "lij": COMMON | ELISION,
    "cat": (COMMON | ELISION | HYPHENED_ENDS | MINUS_FIRST | MINUS_LAST) & ~(HYPHENS_CUT | PERCENT | POSSESSIVE),
    "spa": COMMON & ~(HYPHENS_CUT | MINUS_CUTS | PERCENT | POSSESSIVE),
    "por": (COMMON | PORTUGUESE) & ~(HYPHENS_CUT | MINUS_CUTS),
    "ron": (COMMON | HYPHENED_ENDS | HYPHENED_STARTS | DEGREE_STAYS)
    & ~(HYPHENS_CUT | MINUS_CUTS | SLASH_CUTS | SLASH_AFTER_DIGITS | UNITS | PERCENT | POSSESSIVE),
    "slv": (COMMON | HYPHENS_AFTER_DIGITS | MINUS_FIRST | MINUS_LAST | SLASH_FIRST | SLASH_LAST | PLUS_LAST)
    & ~(NUMBERS_LOSE_STOP | POSSESSIVE),
    "srp": (COMMON | CAPITALS_LOSE_STOP) & ~(HYPHENS_CUT | POSSESSIVE | DASH_LAST | NUMBERS_LOSE_STOP),
    "lit": (COMMON | ALWAYS_STOP) & ~MINUS_CUTS,
    "ell": (COMMON | SHORT_ORDINALS | MARKS_KEEP_STOP)
    & ~(HYPHENS_CUT | SIGNS_CUT | MINUS_CUTS | QUOTED_STOPS | SIGNS_AFTER_DIGITS | SLASH_AFTER_DIGITS | PERCENT |
    POSSESSIVE
        | DASH_LAST),
    "ind": _MALAY,
    "msa": _MALAY,
    "tat": (_GERMANIC | HYPHENS_CUT | MINUS_STAYS | DIGITS_MINUS | POSSESSIVE) & ~DOUBLE_HYPHENS,
    "kir": (_GERMANIC | HYPHENS_CUT | MINUS_STAYS | DIGITS_MINUS | POSSESSIVE) & ~DOUBLE_HYPHENS,
    "tur": (COMMON | ORDINALS) & ~FACES,
    "ara": _ARABIC,
    "fas": _ARABIC,
    "amh": _ARABIC,
    "hye": COMMON | OWN_MARKS_STAY,
}  # fmt: skip
"""Sets of habits by name: mostly the ISO 639-3 code of a language that has it."""
_FOLLOWERS = "ces slk hrv est lav isl eus gle afr mkd sqi fao lat hsb dsb yor heb"
for _name in _FOLLOWERS.split():
    HABITS[_name] = COMMON
for _name in _DOTTED.split():
    HABITS[_name] |= DOTTED
NUMBERS: Final = {name: number for number, name in enumerate(HABITS)}
"""The number of each set."""


@lru_cache(maxsize=1)
def habit_table() -> npt.NDArray[np.int64]:
    """The sets of habits by number."""
    return np.array(list(HABITS.values()), np.int64)


@lru_cache(maxsize=1)
def habit_words() -> npt.NDArray[np.uint64]:
    """The words of `HABIT_WORDS` as a hash table with open addressing, for `is_habit_word`; 0 is empty."""
    from .segmentation import word_hash

    keys = []
    for line in HABIT_WORDS.read_text(encoding="utf-8").splitlines():
        names, _, words = line.partition("\t")
        if not line.startswith("# "):
            keys += [salted(word_hash(word), name) for name in names.split() for word in words.split()]
    size = 1 << (4 * len(keys)).bit_length()
    table = np.zeros(size, np.uint64)
    for key in keys:
        slot = key & (size - 1)
        while table[slot] not in (0, key):
            slot = (slot + 1) & (size - 1)
        table[slot] = key
    return table


UNIT_NUMBER: Final = 511


def salted(value: int, name: str) -> int:
    """The key of a word's hash in a set of habits (or among "units")."""
    number = UNIT_NUMBER if name == "units" else NUMBERS[name]
    return (value ^ (0x9E3779B97F4A7C15 * (number + 1))) & ((1 << 64) - 1)
