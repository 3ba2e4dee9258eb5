"""The ends of what stands between spaces: which marks and endings are cut off a word, and what is whole as it is."""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

import numpy as np

from .compile import always_inlined
from .unicode import CONTROL, DIGIT, LETTER, MARK, PUNCTUATION, next_code_point
from .word_habits import (
    ALWAYS_STOP,
    APOSTROPHE_LAST,
    APOSTROPHE_NOT_AFTER_S,
    CAPITALS_KEEP_STOP,
    CAPITALS_LOSE_STOP,
    CURRENCY_LAST,
    DASH_LAST,
    DAYS_KEEP_STOP,
    DOTTED,
    ELIDED_YEARS,
    FACES,
    HASH_STAYS,
    HYPHENED_ENDS,
    HYPHENED_STARTS,
    ICONS_CUT,
    ICONS_LAST,
    MARKED_LETTERS,
    MARKS_KEEP_STOP,
    MINUS_FIRST,
    MINUS_LAST,
    NUMBERS_LOSE_STOP,
    ORDINALS,
    OWN_MARKS_STAY,
    PERCENT,
    PLUS_LAST,
    PORTUGUESE,
    POSSESSIVE,
    SHORT_ORDINALS,
    SIGNS_FIRST,
    SINGLE_DOTS,
    SLASH_FIRST,
    SLASH_LAST,
    STOP_AFTER_TWO,
    STOP_FIRST,
    UNIT_NUMBER,
    UNITS,
    WHOLE_NUMBERS,
)
from .word_marks import (
    AFFIX,
    APOSTROPHE,
    CLASS_BITS,
    CURRENCY,
    DASH,
    FULL_STOP,
    ICON,
    KNOWN,
    LONGEST_ENDING,
    LOWER,
    PREFIX,
    QUOTE,
    RIGHT_QUOTE,
    UPPER,
    is_ascii_digit,
    is_capital,
    is_face,
    is_habit_word,
    is_letter,
    last_point,
    last_visible,
    stays,
)


@always_inlined
def is_ordinal(buffer, first, end):  # type: ignore[no-untyped-def]
    """Whether the bytes are a number with at most one full stop inside."""
    stops = 0
    for place in range(first, end):
        stops += buffer[place] == 46
        if stops > 1 or (buffer[place] != 46 and not 48 <= buffer[place] <= 57):
            return False
    return True


@always_inlined
def loses_stop(buffer, first, stop, table, habits):  # type: ignore[no-untyped-def]
    """Whether the full stop at `stop` is cut off the end of the word that begins at `first`."""
    if habits & ALWAYS_STOP:
        return True
    point, position = last_visible(buffer, first, stop, table)
    flags = table[point]
    group = flags & CLASS_BITS
    if group == DIGIT or group == PUNCTUATION:
        if habits & STOP_AFTER_TWO:
            return False
        if group == DIGIT:
            if habits & ORDINALS and is_ordinal(buffer, first, stop):
                return False
            return point == 0xB2 or (habits & NUMBERS_LOSE_STOP != 0 and is_ascii_digit(point))
        if habits & MARKS_KEEP_STOP and flags & QUOTE == 0 and point not in (37, 40, 41, 43, 45, 58, 63):
            return False
        return point in (37, 43, 45, 124) or (flags & AFFIX != 0 and flags & (DASH | ICON) == 0)
    if group == MARK and flags & KNOWN == 0:
        if habits & MARKED_LETTERS == 0:
            return False
        return table[last_visible(buffer, first, position, table)[0]] & CLASS_BITS == LETTER
    if flags & KNOWN == 0:
        return False
    if habits & STOP_AFTER_TWO == 0 and (group == MARK or flags & UPPER == 0):
        return True
    if habits & (CAPITALS_LOSE_STOP | CAPITALS_KEEP_STOP):
        return habits & CAPITALS_LOSE_STOP != 0
    return flags & LOWER == 0 and is_capital(table[last_visible(buffer, first, position, table)[0]])


@always_inlined
def ending_start(buffer, first, end, table, habits, words, number):  # type: ignore[no-untyped-def]
    """Where a unit of measurement behind a number or a word behind a hyphen begins; `end` where there is none."""
    last = max(first, end - LONGEST_ENDING)
    position = end
    while position > last:
        point, position = last_point(buffer, first, position)
        if is_ascii_digit(point):
            if habits & UNITS and is_habit_word(buffer, position + 1, end, table, words, UNIT_NUMBER):
                return position + 1
            return end
        if point == 45 or point == APOSTROPHE or point == RIGHT_QUOTE:
            if habits & HYPHENED_ENDS == 0 or not is_habit_word(buffer, position, end, table, words, number):
                return end
            if position > first and is_letter(table[last_visible(buffer, first, position, table)[0]], habits):
                return position
            return end
        if table[point] & CLASS_BITS not in (LETTER, MARK, CONTROL):
            return end
    return end


@always_inlined
def is_greek(point, table):  # type: ignore[no-untyped-def]
    """Whether a code point is a letter of modern Greek."""
    return np.uint32(0x386) <= point <= np.uint32(0x3CE) and table[point] & CLASS_BITS == LETTER


@always_inlined
def greek_quote_end(buffer, position, end, table):  # type: ignore[no-untyped-def]
    """Where what begins with the apostrophe before `position` ends: a quoted Greek word, a year ("'04"), or the
    mark.
    """
    if position + 1 < end and is_digit_byte(buffer[position]) and is_digit_byte(buffer[position + 1]):
        return position + 2
    place = position
    while place < end:
        point, after = next_code_point(buffer, place)
        if point == APOSTROPHE and place > position:
            return after
        if not is_greek(point, table):
            break
        place = after
    return position


@always_inlined
def greek_suffix_start(buffer, first, position):  # type: ignore[no-untyped-def]
    """Where what ends with the bracket or apostrophe at `position` begins: "1)" alone, "12'" and "a'" are one token."""
    start = position
    if buffer[position] == 41:
        return first if position - first == 1 and is_digit_byte(buffer[first]) else position
    while start > first and is_digit_byte(buffer[start - 1]):
        start -= 1
    if start == position and start > first and 97 <= buffer[start - 1] | np.uint8(32) <= 122:
        start -= 1
    return start


@always_inlined
def is_digit_byte(byte):  # type: ignore[no-untyped-def]
    """Whether a byte is one of 0 to 9."""
    return np.uint8(48) <= byte <= np.uint8(57)


@always_inlined
def currency_end(buffer, first, end, table):  # type: ignore[no-untyped-def]
    """Where "$" ends behind up to three letters or digits ("R$", "US$"); `first` where there is none."""
    position = first
    for _ in range(4):
        if position >= end:
            break
        point, position = next_code_point(buffer, position)
        if point == 36:
            return position
        if table[point] & CLASS_BITS not in (LETTER, DIGIT):
            break
    return first


@always_inlined
def prefix_end(buffer, first, end, table, habits, words, number):  # type: ignore[no-untyped-def]
    """Where the mark ends that is cut off the front of a word; `first` where there is none."""
    point, after = next_code_point(buffer, first)
    flags = table[point]
    if flags & CLASS_BITS != PUNCTUATION:
        if habits & PORTUGUESE:
            return currency_end(buffer, first, end, table)
        if habits & HYPHENED_STARTS and flags & CLASS_BITS == LETTER:
            last = min(end, first + LONGEST_ENDING)
            while after < last:
                if buffer[after] == 45:
                    found = is_habit_word(buffer, first, after + 1, table, words, number)
                    return after + 1 if found else first
                after += 1
        return first
    if point == FULL_STOP:
        run = after
        while run < end and buffer[run] == 46:
            run += 1
        if run > after:
            return run
        if habits & STOP_FIRST and after < end and is_letter(table[next_code_point(buffer, after)[0]], habits):
            return after
        return first
    if flags & AFFIX:
        if point == APOSTROPHE and habits & SHORT_ORDINALS:
            return greek_quote_end(buffer, after, end, table)
        if (
            (flags & DASH and habits & SIGNS_FIRST == 0)
            or (point == 35 and habits & HASH_STAYS)
            or (flags & ICON and habits & ICONS_CUT == 0)
            or (habits & OWN_MARKS_STAY and stays(point, flags, habits))
        ):
            return first
        return after
    if flags & PREFIX:
        if habits & SIGNS_FIRST == 0 or (point == 43 and after < end and 48 <= buffer[after] <= 57):
            return first
        return after
    if (point == 45 and habits & MINUS_FIRST) or (point == 47 and habits & SLASH_FIRST):
        return after
    return first


@always_inlined
def suffix_start(buffer, first, end, table, habits, words, number):  # type: ignore[no-untyped-def]
    """Where the mark or ending begins that is cut off the end of a word; `end` where there is none."""
    point, position = last_point(buffer, first, end)
    flags = table[point]
    group = flags & CLASS_BITS
    if group != PUNCTUATION:
        if group != LETTER:
            return end
        if habits & POSSESSIVE and (point == 115 or point == 83):
            before, start = last_visible(buffer, first, position, table)
            if before == APOSTROPHE or before == RIGHT_QUOTE:
                return start
        if habits & (UNITS | HYPHENED_ENDS):
            return ending_start(buffer, first, end, table, habits, words, number)
        return end
    if point == FULL_STOP:
        run = position
        while run > first and buffer[run - 1] == 46:
            run -= 1
        if run < position:
            return position if habits & SINGLE_DOTS else run
        if (
            habits & (SHORT_ORDINALS | DAYS_KEEP_STOP)
            and 0 < position - first < 3
            and is_ordinal(buffer, first, position)
        ):
            value = (
                np.int64(buffer[position - 1])
                - 48
                + (10 * (np.int64(buffer[first]) - 48) if position - first == 2 else 0)
            )
            if habits & SHORT_ORDINALS or (1 <= value <= 31 and buffer[first] != 48):
                return first
        return position if position > first and loses_stop(buffer, first, position, table, habits) else end
    if flags & AFFIX:
        cut = True
        if habits & SHORT_ORDINALS and (point == 41 or point == APOSTROPHE):
            return greek_suffix_start(buffer, first, position)
        if point == APOSTROPHE:
            cut = habits & APOSTROPHE_LAST != 0
            if habits & APOSTROPHE_NOT_AFTER_S and position > first:
                before = np.uint32(buffer[position - 1]) | np.uint32(32)
                cut = before != 115 and before != 120 and before != 122
        elif flags & DASH:
            cut = habits & DASH_LAST != 0
        elif flags & ICON:
            cut = habits & ICONS_LAST != 0 and not stays(point, flags, habits)
        elif habits & OWN_MARKS_STAY:
            cut = not stays(point, flags, habits)
        return position if cut else end
    if point == 45:
        if habits & SHORT_ORDINALS and is_greek(last_visible(buffer, first, position, table)[0], table):
            return position
        return position if habits & MINUS_LAST else end
    if point == 47:
        return position if habits & SLASH_LAST else end
    if point == 43 or point == 37 or flags & CURRENCY:
        if point == 43 and habits & PLUS_LAST:
            return position
        if (point == 37 and habits & PERCENT == 0) or (flags & CURRENCY and habits & CURRENCY_LAST == 0):
            return end
        return position if position > first and 48 <= buffer[position - 1] <= 57 else end
    return end


@always_inlined
def is_dotted(buffer, first, end, table):  # type: ignore[no-untyped-def]
    """Whether the bytes are one letter with a full stop, then more of up to three letters, as in "z.B." and "t.ex."."""
    letters = 0
    stops = 0
    while first < end:
        point, first = next_code_point(buffer, first)
        if point == FULL_STOP:
            if letters == 0 or (stops == 0 and letters > 1):
                return False
            stops += 1
            letters = 0
        elif table[point] & CLASS_BITS == LETTER and letters < 3:
            letters += 1
        else:
            return False
    return stops > 1 and letters == 0


@always_inlined
def is_special(buffer, first, end, table, habits, words, number):  # type: ignore[no-untyped-def]
    """Whether what stands between two positions is a token, whatever marks are at its ends."""
    size = end - first
    if size <= LONGEST_ENDING and buffer[end - 1] in (39, 46, 0x99):  # ' . and the last byte of ’
        if is_habit_word(buffer, first, end, table, words, number):
            return True
        if habits & DOTTED and buffer[end - 1] == 46 and is_dotted(buffer, first, end, table):
            return True
    if habits & FACES and 2 <= size <= 3:
        if size == 2 or buffer[first + 1] == 45 or buffer[first + 1] == buffer[end - 1] == 41:
            if is_face(buffer[first], buffer[end - 1]):
                return True
    if habits & ELIDED_YEARS and size == 3 and buffer[first] == 39:
        return is_digit_byte(buffer[first + 1]) and is_digit_byte(buffer[first + 2])
    return habits & WHOLE_NUMBERS != 0 and is_whole_number(buffer, first, end, table)


@always_inlined
def is_whole_number(buffer, first, end, table):  # type: ignore[no-untyped-def]
    """Whether a number is written with a full stop, a sign or an ending that belongs to it ("12.", "1-2", "5-ös")."""
    position = first
    digits = False
    letters = False
    stops = 0
    while position < end:
        point, position = next_code_point(buffer, position)
        if is_ascii_digit(point):
            if letters:
                return False
            digits = True
        elif point == 46 and position == end:
            return digits and not letters and stops == 0
        elif point == 45 or point == 46 or point == 44 or point == 47 or point == 58:
            if not digits or position == end:
                return False
            stops += point == 46
        elif table[point] & CLASS_BITS == LETTER:
            if not digits or (buffer[position - 2] != 45 and not letters and buffer[position - 3] != 45):
                return False
            letters = True
        elif point != 37 or position < end:
            return False
    return digits


@always_inlined
def joins(buffer, previous, first, end, table, habits, words, number):  # type: ignore[no-untyped-def]
    """Whether the token from `first` to `end` and the one that begins at `previous` and ends at `first` are one."""
    if end - first != 1:
        return False
    mark = buffer[first]
    size = first - previous
    if mark == APOSTROPHE and size > 1:
        return size < LONGEST_ENDING and is_habit_word(buffer, previous, end, table, words, number)
    if mark == 46:
        if size > LONGEST_ENDING:
            return False
        if size == 1 and habits & FACES and habits & ALWAYS_STOP == 0:
            return 97 <= buffer[previous] <= 122
        if size == 2 and buffer[previous] == 0xC3 and habits & FACES and habits & ALWAYS_STOP == 0:
            return buffer[previous + 1] in (0xA4, 0xB6, 0xBC)
        return is_habit_word(buffer, previous, end, table, words, number)
    return size == 1 and habits & FACES != 0 and is_face(buffer[previous], mark)


@always_inlined
def is_bare(byte):  # type: ignore[no-untyped-def]
    """Whether a byte is an ASCII letter, beside which nothing is cut off."""
    return np.uint8(97) <= byte | np.uint8(32) <= np.uint8(122)
