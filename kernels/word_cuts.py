"""The inside of a word: the marks that cut it in two, and what no mark cuts (addresses, abbreviations)."""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

import numpy as np

from .compile import always_inlined
from .unicode import CONTROL, DIGIT, LETTER, MARK, PUNCTUATION, next_code_point
from .word_habits import (
    ANY_HYPHEN,
    ANY_STOP,
    BRACKETS_CUT,
    COLON_BEFORE_CAPITALS,
    COLON_CUTS,
    DIGIT_BESIDE_HYPHEN,
    DIGITS_MINUS,
    DOUBLE_HYPHENS,
    DOUBLES_STAY,
    ELIDED_ARTICLE,
    ELISION,
    ENGLISH,
    HYPHENS_AFTER_DIGITS,
    HYPHENS_BEFORE_SMALL,
    HYPHENS_CUT,
    ICONS_CUT,
    MINUS_CUTS,
    MINUS_STAYS,
    PORTUGUESE,
    QUOTED_STOPS,
    SENTENCE_MARKS_CUT,
    SIGNS_AFTER_DIGITS,
    SIGNS_CUT,
    SLASH_AFTER_DIGITS,
    SLASH_ANYWHERE,
    SLASH_CUTS,
)
from .word_marks import (
    APOSTROPHE,
    CLASS_BITS,
    COMMA,
    DASH,
    ELLIPSIS,
    FULL_STOP,
    ICON,
    KNOWN,
    LONGEST_ENDING,
    OPERATOR,
    QUOTE,
    RIGHT_QUOTE,
    first_visible,
    is_address,
    is_ascii_digit,
    is_capital,
    is_habit_word,
    is_letter,
    is_small,
    last_visible,
    stays,
)


@always_inlined
def infix_end(buffer, first, position, after, end, table, habits):  # type: ignore[no-untyped-def]
    """Where the mark at `position`, inside a word, ends when it cuts the word; `position` when it does not."""
    point = next_code_point(buffer, position)[0]
    flags = table[point]
    if point == FULL_STOP and after < end and buffer[after] == 46:
        while after < end and buffer[after] == 46:
            after += 1
        return after
    if point == ELLIPSIS or (flags & ICON and habits & ICONS_CUT and not stays(point, flags, habits)):
        return after
    if habits & ANY_HYPHEN and flags & DASH:
        return after
    previous = last_visible(buffer, first, position, table)[0]
    following, beyond = first_visible(buffer, after, end, table)
    kind, ahead = table[previous], table[following]
    letter, letter_ahead = is_letter(kind, habits), ahead & KNOWN != 0 and ahead & CLASS_BITS == LETTER
    both = letter and letter_ahead
    digit, digit_ahead = is_ascii_digit(previous), is_ascii_digit(following)
    cuts = False
    if point == 45 or point == 43 or point == 42 or point == 94:
        if digit and (digit_ahead or following == 45):
            cuts = habits & (MINUS_CUTS if point == 45 else SIGNS_CUT) != 0
            cuts = cuts or (point == 45 and digit_ahead and habits & DIGITS_MINUS != 0)
        if cuts:
            return after
    if flags & DASH:
        if habits & DIGIT_BESIDE_HYPHEN and point == 45 and ((letter and digit_ahead) or (digit and letter_ahead)):
            return after
        if not letter and not (digit and habits & HYPHENS_AFTER_DIGITS):
            return position
        wanted = following if habits & HYPHENS_BEFORE_SMALL == 0 or is_small(ahead) else np.uint32(0)
        if letter_ahead:
            plain = habits & HYPHENS_CUT != 0 and not (point == 45 and habits & MINUS_STAYS)
            return after if plain and wanted != 0 else position
        if habits & (HYPHENS_CUT | DOUBLE_HYPHENS) and following == point and (point == 45 or point == 0x2014):
            third, behind = first_visible(buffer, beyond, end, table)
            if table[third] & KNOWN and table[third] & CLASS_BITS == LETTER:
                return beyond
            if point == 45 and third == 45 and habits & HYPHENS_CUT:
                fourth = first_visible(buffer, behind, end, table)[0]
                if table[fourth] & KNOWN and table[fourth] & CLASS_BITS == LETTER:
                    return behind
        return position
    if point == COMMA:
        cuts = both
    elif point == FULL_STOP:
        if habits & ANY_STOP:
            cuts = (letter or digit) and (is_capital(ahead) or digit_ahead)
        else:
            quoted = habits & QUOTED_STOPS != 0
            small = (is_small(kind) or (kind & CLASS_BITS == MARK and letter)) or (quoted and kind & QUOTE != 0)
            cuts = small and (is_capital(ahead) or (quoted and ahead & QUOTE != 0))
    elif point == 58:
        if habits & COLON_BEFORE_CAPITALS:
            cuts = is_capital(ahead) and (letter or digit)
        else:
            cuts = (
                habits & COLON_CUTS != 0 and letter_ahead and (letter or (digit and habits & SIGNS_AFTER_DIGITS != 0))
            )
    elif flags & OPERATOR and point != 47:
        cuts = letter_ahead and (letter or (digit and habits & SIGNS_AFTER_DIGITS != 0))
    elif point == 47:
        if habits & SLASH_ANYWHERE:
            cuts = (letter or digit) and (letter_ahead or digit_ahead)
        else:
            cuts = (
                habits & SLASH_CUTS != 0 and letter_ahead and (letter or (digit and habits & SLASH_AFTER_DIGITS != 0))
            )
    elif point == 33 or point == 63:
        cuts = both and habits & SENTENCE_MARKS_CUT != 0
    elif habits & BRACKETS_CUT and (point in (40, 41, 91, 93) or (flags & QUOTE and point != APOSTROPHE)):
        cuts = both
    return after if cuts else position


@always_inlined
def elides(buffer, first, position, point, table, habits):  # type: ignore[no-untyped-def]
    """Whether a word ends before `position` because an apostrophe stands there."""
    flags = table[point]
    ahead = flags & CLASS_BITS
    if not (ahead == LETTER or is_ascii_digit(point)):
        return False
    mark, start = last_visible(buffer, first, position, table)
    if mark != APOSTROPHE and mark != RIGHT_QUOTE:
        return False
    if not is_letter(table[last_visible(buffer, first, start, table)[0]], habits):
        return False
    return habits & ELISION != 0 or (start - first == 1 and (buffer[first] | np.uint8(32)) == 100)


@always_inlined
def contraction(buffer, first, position, after, end):  # type: ignore[no-untyped-def]
    """Where an English ending at the apostrophe at `position` begins; 0 where there is none."""
    rest = end - after
    if rest < 1 or rest > 2 or position == first:
        return 0
    small = buffer[after] | np.uint8(32)
    if rest == 1:
        if small == 116 and position - first > 1 and buffer[position - 1] | np.uint8(32) == 110:
            return position - 1
        return position if small == 109 or small == 100 else 0
    second = buffer[after + 1] | np.uint8(32)
    if (small == 108 and second == 108) or (second == 101 and (small == 114 or small == 118)):
        return position
    return 0


@always_inlined
def compound_end(buffer, position, end, table):  # type: ignore[no-untyped-def]
    """Where letters and digits with hyphens between them end ("guarda-chuva"); `position` where no hyphen is."""
    place = position
    found = position
    hyphens = 0
    inside = False
    while place < end:
        point, after = next_code_point(buffer, place)
        group = table[point] & CLASS_BITS
        if group == LETTER or group == DIGIT or group == MARK or point == 95:
            inside = True
            if hyphens:
                found = after
        elif point == 45 and inside:
            hyphens += 1
            inside = False
        else:
            break
        place = after
    return found


@always_inlined
def word_among_marks(buffer, first, position, end, table, habits):  # type: ignore[no-untyped-def]
    """Where the next token ends of a word that begins at `first` and is read from `position` on.

    Gives (the end of the token, the end of the mark behind it that cuts; the same where none does).
    """
    place = position
    quoted = False  # an apostrophe is behind
    between = place == first  # a compound may begin here
    while place < end:
        point, after = next_code_point(buffer, place)
        flags = table[point]
        group = flags & CLASS_BITS
        if quoted and habits & (ELISION | ELIDED_ARTICLE) and elides(buffer, first, place, point, table, habits):
            return place, place
        if habits & PORTUGUESE:
            word = group == LETTER or group == DIGIT or point == 95
            if word and between:
                behind = compound_end(buffer, place, end, table)
                if behind > place:
                    return (place, behind) if place > first or behind < end else (end, end)
            between = not word and group != MARK
        if group == PUNCTUATION:
            if habits & ENGLISH and (point == APOSTROPHE or point == RIGHT_QUOTE):
                start = contraction(buffer, first, place, after, end)
                if start > position:
                    return start, start
            behind = infix_end(buffer, first, place, after, end, table, habits)
            if behind > place:
                if place > first:
                    return place, behind
                after = behind
        if group != CONTROL:
            quoted = point == APOSTROPHE or point == RIGHT_QUOTE
        place = after
    return end, end


@always_inlined
def is_whole(buffer, first, end, table, habits, words, number):  # type: ignore[no-untyped-def]
    """Whether what is left between two positions is looked at no further: an address, an abbreviation, a double."""
    if (
        buffer[end - 1] == 46
        and end - first <= LONGEST_ENDING
        and is_habit_word(buffer, first, end, table, words, number)
    ):
        return True
    if habits & DOUBLES_STAY and is_double(buffer, first, end, table):
        return True
    return is_address(buffer, first, end, table)


@always_inlined
def is_double(buffer, first, end, table):  # type: ignore[no-untyped-def]
    """Whether the bytes are letters, a hyphen and the same letters again."""
    half = (end - first) >> 1
    if (end - first) & 1 == 0 or half < 2 or buffer[first + half] != 45:
        return False
    for place in range(first, first + half):
        one = buffer[place]
        if one | np.uint8(32) != buffer[place + half + 1] | np.uint8(32) or one | np.uint8(32) < 97:
            return False
    return True


@always_inlined
def marks_only(buffer, position, end, table):  # type: ignore[no-untyped-def]
    """Where the token at `position` ends in a text in which every mark is one."""
    point, after = next_code_point(buffer, position)
    if table[point] & CLASS_BITS == PUNCTUATION:
        if point == FULL_STOP or point == 45:
            while after < end and buffer[after] == buffer[position]:
                after += 1
        return after
    position = after
    previous = point
    while position < end:
        point, after = next_code_point(buffer, position)
        if table[point] & CLASS_BITS == PUNCTUATION:
            ahead = first_visible(buffer, after, end, table)[0]
            if not (table[previous] & CLASS_BITS == DIGIT and table[ahead] & CLASS_BITS == DIGIT):
                return position
        previous = point
        position = after
    return position
