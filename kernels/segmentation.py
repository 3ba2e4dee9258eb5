"""Words, found once per document and shared by everything that counts or compares words.

Spaced scripts follow the word boundaries of Unicode (UAX #29) in what matters for counting: letters, digits and
combining marks make a word, and format characters are skipped. Where punctuation meets letters it follows the usual
tokenizers, because published thresholds were made with them (a table of languages says how, `filters/word_breaks.py`):

* Of what stands between spaces, punctuation and quotes are cut off both ends in turn, each a token of one character;
  two dots and more are one token. Endings that are words ("'s", "-il") and units behind numbers are cut off, too.
* What is left is cut inside: at dashes between letters, at one of `: < > = /` before a letter, a comma between
  letters, a full stop between a small and a capital letter, an ellipsis, a symbol such as ©. Everything else ("don't",
  "3.14", "10:30", "foo_bar", "U.S.") stays inside its word, and an address ("http://a.org/b") is one word.
* A full stop at the end belongs to the word behind a single letter, between single capitals, and in abbreviations of
  languages whose tokenizers know some (`word_habits.tsv`).
* Marks cut beside the letters that these tokenizers know; beside others (Georgian, some Cyrillic) they stay in the
  word.

Scripts without spaces: `segment` takes the borders of words that a dictionary found (`filters/word_breaks.py`;
`unspaced_runs.py` is its way there and back). Letters without such a border are cut at places that
the two neighbouring letters alone choose. These pieces are not words, but equal passages are cut equally wherever they
stand (up to the first cut), and they are about as long as words (2 letters in Han, Kana, Yi; 4 in Thai, Lao, Khmer,
Burmese), so that counts and repeated n-grams have the size that thresholds made for words expect.
"""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .compile import always_inlined, kernel
from .unicode import CLASS, CONTROL, DIGIT, LETTER, MARK, NEWLINE, PUNCTUATION, SPACE, UNSPACED, mix, next_code_point
from .unspaced_runs import NO_BORDERS
from .word_cuts import is_whole, marks_only, word_among_marks
from .word_ends import is_bare, is_special, joins, prefix_end, suffix_start
from .word_habits import (
    ALL_MARKS,
    ASCII_ENDS,
    DOUBLES_STAY,
    ELIDED_ARTICLE,
    ELISION,
    ENGLISH,
    HYPHENED_ENDS,
    HYPHENED_STARTS,
    POSSESSIVE,
    STOP_AFTER_TWO,
    UNITS,
    WHOLE_NUMBERS,
    habit_table,
    habit_words,
)
from .word_marks import (
    AFFIX,
    APOSTROPHE,
    CLASS_BITS,
    COMMA,
    DASH,
    FULL_STOP,
    ICON,
    KNOWN,
    LEFT_QUOTE,
    LETTER_WORD,
    LONGEST_ENDING,
    LOWER,
    MULTIPLIER,
    OTHER_WORD,
    QUOTE,
    RIGHT_QUOTE,
    SYMBOL,
    holds,
    last_visible,
    properties,
)

__all__ = [
    "LETTER_WORD", "LONGEST_PIECE", "MULTIPLIER", "NO_BORDERS", "OTHER_WORD", "SYMBOL", "properties", "segment",
    "word_hash",
]  # fmt: skip

LONGEST_PIECE = 12
FIRST_EAST_ASIAN = np.uint32(0x2E80)
NUMBER_BITS = np.int64(ASCII_ENDS - 1)


@always_inlined
def plain_word(buffer, position, end, table):  # type: ignore[no-untyped-def]
    """Read letters, digits and combining marks: (behind them, hash, code points, kind, are letters behind digits)."""
    value = np.uint64(0)
    length = 0
    kind = SYMBOL
    mixed = False
    while position < end:
        point, after = next_code_point(buffer, position)
        group = table[point] & CLASS_BITS
        if group == LETTER:
            mixed = mixed or kind == OTHER_WORD
            kind = LETTER_WORD
        elif group == DIGIT:
            kind = max(kind, OTHER_WORD)
            mixed = mixed or kind == LETTER_WORD
        elif group == CONTROL:
            position = after
            continue
        elif group != MARK:
            break
        value = (value ^ np.uint64(point)) * MULTIPLIER
        length += 1
        position = after
    return position, value, length, kind, mixed


@always_inlined
def token(buffer, position, end, table):  # type: ignore[no-untyped-def]
    """Read the token between two positions: (hash, length in code points, kind)."""
    value = np.uint64(0)
    length = 0
    kind = SYMBOL
    while position < end:
        point, position = next_code_point(buffer, position)
        group = table[point] & CLASS_BITS
        if group == CONTROL:
            continue
        if group == LETTER:
            kind = LETTER_WORD
        elif group == DIGIT:
            kind = max(kind, OTHER_WORD)
        elif point == LEFT_QUOTE or point == RIGHT_QUOTE:
            point = APOSTROPHE
        value = (value ^ np.uint64(point)) * MULTIPLIER
        length += 1
    return mix(value), length, kind


@always_inlined
def unspaced_piece(buffer, position, end, table, whole):  # type: ignore[no-untyped-def]
    """Read unspaced letters from `position` on, all of them or one piece: (position after it, hash, code points)."""
    value = np.uint64(0)
    length = 0
    previous = np.uint64(0)
    while position < end:
        point, after = next_code_point(buffer, position)
        group = table[point] & CLASS_BITS
        if group == UNSPACED:
            if length > 0 and not whole:
                pair = (previous * np.uint64(0x2545F491) + np.uint64(point)) * MULTIPLIER
                mask = np.uint64(1) if point >= FIRST_EAST_ASIAN else np.uint64(3)
                if (pair >> np.uint64(40)) & mask == 0 or length >= LONGEST_PIECE:
                    break
            previous = np.uint64(point)
        elif group != MARK:
            if group != CONTROL:
                break
            position = after
            continue
        value = (value ^ np.uint64(point)) * MULTIPLIER
        length += 1
        position = after
    return position, mix(value), length


@always_inlined
def chunk(buffer, first, end, table, habits, words, number, origin, hashes, lengths, kinds, count):  # type: ignore[no-untyped-def]
    """Cut what stands between spaces, when it holds marks: the number of tokens with those of the chunk.

    Marks are cut off both ends in turn, until nothing is left to cut; what remains is cut at the marks inside. The room
    of `lengths` behind the tokens so far remembers the marks at the end until their turn comes: a token has a byte at
    least, so that room for what is at byte `i` is never in use before.
    """
    last_start, last_end = -1, -1
    low, high = first, end
    phase = 0  # 0 marks in front, 1 the word, 2 marks behind
    place = first
    separator = first
    whole = False
    found, mark_end = first, first  # the first cut inside
    while True:
        if habits & ALL_MARKS:
            if place >= end:
                break
            stop = marks_only(buffer, place, end, table)
        elif phase == 0:
            inner = habits & (POSSESSIVE | UNITS | HYPHENED_ENDS | HYPHENED_STARTS | WHOLE_NUMBERS | ALL_MARKS) == 0
            if inner and low < high and is_bare(buffer[low]) and is_bare(buffer[high - 1]):
                phase = 1
                place = low
                separator = low
                found, mark_end = word_among_marks(buffer, low, place, high, table, habits)
                whole = found >= high or is_whole(buffer, low, high, table, habits, words, number)
                continue
            if low >= high or is_special(buffer, low, high, table, habits, words, number):
                phase = 1
                place = low
                separator = low
                whole = True
                continue
            before = prefix_end(buffer, low, high, table, habits, words, number)
            behind = suffix_start(buffer, before, high, table, habits, words, number) if before < high else high
            if before > low and behind < high:  # one of both is enough where a known word is left: "(t.ex."
                for side in range(2):
                    start, stop = (before, high) if side == 0 else (low, behind)
                    if is_special(buffer, start, stop, table, habits, words, number):
                        before, behind = start, stop
                        break
            if behind < high:
                lengths[behind - origin] = high - behind
                high = behind
            elif before == low:
                phase = 1
                place = low
                separator = low
                found, mark_end = word_among_marks(buffer, low, place, high, table, habits)
                whole = found >= high or is_whole(buffer, low, high, table, habits, words, number)
                continue
            if before == low:
                continue
            place = low
            stop = before
            low = before
        elif phase == 1:
            if place >= high:
                phase = 2
                place = high
                continue
            if whole:
                stop = high
            elif found > place:
                stop = found
                separator = mark_end
            elif separator > place:
                stop = separator
            else:
                stop, separator = word_among_marks(buffer, low, place, high, table, habits)
        else:
            if place >= end:
                break
            stop = place + lengths[place - origin]
        if (
            last_end == place
            and stop - place == 1
            and joins(buffer, last_start, place, stop, table, habits, words, number)
        ):
            count -= 1
            place = last_start
        value, length, kind = token(buffer, place, stop, table)
        if length > 0:
            hashes[count] = value
            lengths[count] = length
            kinds[count] = kind
            count += 1
            last_start = place
            last_end = stop
        place = stop
    return count


@always_inlined
def asked(buffer, position, end, table, habits, digit):  # type: ignore[no-untyped-def]
    """Read to the next space: (where it is, the habits that can matter before it). `digit`: one was read already."""
    hyphen = False
    quote = False
    while position < end:
        point, after = next_code_point(buffer, position)
        group = table[point] & CLASS_BITS
        if group == SPACE or group == NEWLINE or group == UNSPACED:
            break
        digit = digit or group == DIGIT
        hyphen = hyphen or point == 45
        quote = quote or point == APOSTROPHE or point == RIGHT_QUOTE
        position = after
    own = habits  # what cannot matter in this chunk is not asked
    if not digit:
        own &= ~(UNITS | WHOLE_NUMBERS)
    if not quote:
        own &= ~(ELISION | ELIDED_ARTICLE | ENGLISH | POSSESSIVE)
    if not hyphen:
        own &= ~(HYPHENED_STARTS | DOUBLES_STAY)
        if not quote:
            own &= ~HYPHENED_ENDS
    return position, own


@kernel(
    "int64(uint8[::1], int64[::1], uint16[::1], int64[::1], uint16[::1], int64[::1], uint64[::1],"
    " uint64[::1], int32[::1], uint8[::1], int64[::1])"
)
def _segment(buffer, offsets, table, borders, styles, sets, words, hashes, lengths, kinds, starts):  # type: ignore[no-untyped-def]
    """See `segment`."""
    count = 0
    border = 0
    origin = offsets[0]
    for document in range(offsets.shape[0] - 1):
        starts[document] = count
        position = offsets[document]
        end = offsets[document + 1]
        number = np.int64(styles[document]) & NUMBER_BITS
        habits = sets[number]
        while position < end:
            point, after = next_code_point(buffer, position)
            flags = table[point]
            group = flags & CLASS_BITS
            if group == UNSPACED:
                here = 2 * position  # the end of a run (odd) may be where letters without a border begin
                while border < borders.shape[0] and (borders[border] < here or borders[border] == here + 1):
                    border += 1
                known = border < borders.shape[0] and borders[border] == here
                following = border + 1 if known else border
                stop = min(end, borders[following] >> 1) if following < borders.shape[0] else end
                position, value, length = unspaced_piece(buffer, position, stop, table, known)
                hashes[count] = value
                lengths[count] = length
                kinds[count] = LETTER_WORD
                count += 1
                continue
            if group in (SPACE, NEWLINE, CONTROL) and (
                group != CONTROL
                or after >= end
                or table[next_code_point(buffer, after)[0]] & CLASS_BITS != PUNCTUATION
            ):  # a mark behind a format character is not the first of its word
                position = after
                continue
            first = position
            position, value, length, kind, mixed = plain_word(buffer, first, end, table)
            alone = True
            mark = position
            if position < end:
                point, after = next_code_point(buffer, position)
                flags = table[point]
                if (
                    length == 0
                    and (after >= end or buffer[after] in (10, 32))
                    and point not in (LEFT_QUOTE, RIGHT_QUOTE)
                ):
                    hashes[count] = mix(np.uint64(point) * MULTIPLIER)
                    lengths[count] = 1
                    kinds[count] = SYMBOL
                    count += 1
                    position = after
                    continue
                alone = flags & CLASS_BITS in (SPACE, NEWLINE, UNSPACED)
                if (
                    not alone
                    and length > 0
                    and flags & AFFIX
                    and (point == COMMA or flags & (QUOTE | DASH | ICON) == 0)
                ):
                    if (
                        point < 128
                        and point != 35
                        and (point != 41 or length > 1)
                        and (after >= end or buffer[after] in (10, 32))
                    ):
                        alone = True
                        position = after
                elif (
                    point == FULL_STOP
                    and not mixed
                    and kind == LETTER_WORD
                    and length > 1
                    and (after >= end or buffer[after] in (10, 32))
                ):
                    last = table[last_visible(buffer, first, position, table)[0]]
                    if last & KNOWN and last & LOWER and habits & (ALL_MARKS | HYPHENED_STARTS | STOP_AFTER_TWO) == 0:
                        joined = mix((value ^ np.uint64(46)) * MULTIPLIER)
                        if not (after - first <= LONGEST_ENDING and holds(words, joined, number)):
                            alone = True
                            position = after
            if alone and not mixed:
                hashes[count] = mix(value)
                lengths[count] = length
                kinds[count] = kind
                count += 1
                if position > mark:
                    hashes[count] = mix(np.uint64(point) * MULTIPLIER)
                    lengths[count] = 1
                    kinds[count] = SYMBOL
                    count += 1
                continue
            position, own = asked(buffer, position, end, table, habits, kind == OTHER_WORD or mixed)
            count = chunk(buffer, first, position, table, own, words, number, origin, hashes, lengths, kinds, count)
    starts[offsets.shape[0] - 1] = count
    return count


def segment(
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint16],
    borders: npt.NDArray[np.int64],
    hashes: npt.NDArray[np.uint64],
    lengths: npt.NDArray[np.int32],
    kinds: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    styles: npt.NDArray[np.uint16] | None = None,
) -> int:
    """Cut documents into tokens.

    Args:
        buffer: bytes of n documents, valid UTF-8.
        offsets: n + 1, where each document begins.
        table: `properties()`.
        borders: of words of unspaced letters, as `borders_in_runs` gives them for the same documents; or none.
        hashes: output, one entry per token, as are the next two; at least as long as the documents have bytes.
        lengths: output, in code points.
        kinds: output, `SYMBOL`, `OTHER_WORD` or `LETTER_WORD`.
        starts: output, n + 1 entries: document i has the tokens `starts[i]` to `starts[i + 1]`.
        styles: n numbers of sets of habits (`word_habits.NUMBERS`), with `ASCII_ENDS` or without; None: the common
            ones.

    Returns:
        The number of tokens.
    """
    if styles is None:
        styles = np.zeros(len(offsets) - 1, np.uint16)
    found: int = _segment(
        buffer, offsets, table, borders, styles, habit_table(), habit_words(), hashes, lengths, kinds, starts
    )
    return found


def word_hash(word: str) -> int:
    """The hash that `segment` gives to a word of a spaced script (for tables of stop words)."""
    value, mask = 0, (1 << 64) - 1
    for character in word.replace("‘", "'").replace("’", "'"):
        if CLASS[ord(character)] != CONTROL:
            value = ((value ^ ord(character)) * int(MULTIPLIER)) & mask
    value ^= value >> 33
    value = (value * 0xFF51AFD7ED558CCD) & mask
    return value ^ (value >> 33)
