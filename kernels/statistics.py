"""Counts over words and over lines, one row of integers per document; `filters/signals.py` makes ratios of them."""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from .compile import inlined, kernel
from .ngrams import find_slot
from .sentence_marks import RUNS, SIGN, SentenceHabits, citation_end, mark_properties
from .sentence_marks import ends_sentence as ends_counted_sentence
from .unicode import CONTROL, FOLD, LETTER, PUNCTUATION, SPACE, UNSPACED, mix, next_code_point
from .word_marks import (
    ASCII_ENDS,
    CLASS_BITS,
    CLOSES,
    ENDS_SENTENCE,
    LETTER_WORD,
    MULTIPLIER,
    SYMBOL,
    WIDE,
)


class WordCount(IntEnum):
    """Columns of `count_words`."""

    TOKENS = 0
    WORDS = 1
    WORD_CHARACTERS = 2
    LETTER_WORDS = 3
    STOP_WORDS = 4


class LineCount(IntEnum):
    """Columns of `count_lines`. "Text line": one with a visible character (no space, no control)."""

    CHARACTERS = 0
    NEWLINES = 1
    LINES = 2
    TEXT_LINES = 3
    HASHES = 4
    ELLIPSES = 5
    BULLET_LINES = 6
    ELLIPSIS_LINES = 7
    TERMINAL_LINES = 8
    SHORT_LINES = 9
    DUPLICATE_LINES = 10
    DUPLICATE_LINE_CHARACTERS = 11
    PARAGRAPHS = 12
    DUPLICATE_PARAGRAPHS = 13
    DUPLICATE_PARAGRAPH_CHARACTERS = 14
    SENTENCES = 15
    CLOSED_SENTENCES = 16
    CURLY_LINES = 17
    CLOSED_CURLY_LINES = 18
    LOREM_IPSUM_LINES = 19
    JAVASCRIPT_LINES = 20
    POLICY_LINES = 21
    KEPT_LINES = 22
    CURLY_BRACKETS = 23


PHRASES = (
    "javascript",
    "lorem ipsum",
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
"""Phrases of C4's line filters (Raffel et al. 2020; the policy phrases are those of its published code)."""
CITATIONS = ("edit", "citation needed")
_JAVASCRIPT, _LOREM_IPSUM, _POLICY = np.int64(1), np.int64(2), np.int64(~3)

LONGEST_WORD = 1000
FEWEST_WORDS = 3
SHORT_LINE_COLUMNS = 30
_LINE_FIELDS = 16
(
    _HASH,
    _LENGTH,
    _COLUMNS,
    _FIRST,
    _LAST,
    _DOTS,
    _HASHES,
    _ELLIPSES,
    _WORDS,
    _LONGEST,
    _LINE_SENTENCES,
    _CURLY,
    _FOUND,
    _CLOSED,
    _UNCITED_END,
    _UNCITED_DOTS,
) = range(_LINE_FIELDS)


def phrase_table() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The phrases, then the citation marks, as bytes and their offsets."""
    parts = [text.encode() for text in (*PHRASES, *CITATIONS)]
    return np.frombuffer(b"".join(parts), np.uint8).copy(), np.cumsum([0, *map(len, parts)], dtype=np.int64)


@kernel("void(uint64[::1], int32[::1], uint8[::1], int64[::1], int32[::1], uint64[::1], int64[::1], int64[:, ::1])")
def count_words(hashes, lengths, kinds, starts, languages, stops, stop_starts, out):  # type: ignore[no-untyped-def]
    """Count words.

    Args:
        hashes: the tokens of n documents as `segment` gives them.
        lengths: their lengths in characters.
        kinds: their kinds.
        starts: n + 1, where each document's tokens begin.
        languages: per document the number of its stop list, -1 for none.
        stops: hash tables of the lists, one behind the other. An entry is a word's hash whose last six bits are the
            word's number in its list, 63 where it does not count as distinct, or 0.
        stop_starts: where each table begins; the sizes are powers of two with room left.
        out: n x `WordCount`; `STOP_WORDS` counts distinct stop words, -1 without a list.
    """
    number_bits = np.uint64(63)
    for document in range(starts.shape[0] - 1):
        words = 0
        characters = 0
        letter_words = 0
        seen = np.uint64(0)
        language = languages[document]
        base = stop_starts[language] if language >= 0 else 0
        mask = np.uint64(stop_starts[language + 1] - base - 1) if language >= 0 else np.uint64(0)
        for token in range(starts[document], starts[document + 1]):
            if kinds[token] == SYMBOL:
                continue
            words += 1
            characters += lengths[token]
            if kinds[token] != LETTER_WORD:
                continue
            letter_words += 1
            if language < 0:
                continue
            value = hashes[token]
            slot = (value >> np.uint64(6)) & mask
            while stops[base + np.int64(slot)] != 0:
                entry = stops[base + np.int64(slot)]
                if (entry ^ value) <= number_bits:
                    if entry & number_bits != number_bits:
                        seen |= np.uint64(1) << (entry & number_bits)
                    break
                slot = (slot + np.uint64(1)) & mask
        found = 0
        while seen != 0:
            seen &= seen - np.uint64(1)
            found += 1
        row = out[document]
        row[WordCount.TOKENS] = starts[document + 1] - starts[document]
        row[WordCount.WORDS] = words
        row[WordCount.WORD_CHARACTERS] = characters
        row[WordCount.LETTER_WORDS] = letter_words
        row[WordCount.STOP_WORDS] = found if language >= 0 else -1


@inlined
def starts_with(buffer, position, end, text, first, last):  # type: ignore[no-untyped-def]
    """Whether the ASCII letters `text[first:last]` stand at `position`, in either case."""
    if end - position < last - first:
        return False
    for index in range(last - first):
        byte = buffer[position + index]
        if 65 <= byte <= 90:
            byte = byte | np.uint8(32)
        if byte != text[first + index]:
            return False
    return True


@inlined
def phrases_at(buffer, position, end, text, text_starts):  # type: ignore[no-untyped-def]
    """Bits of the phrases that begin at `position`."""
    found = np.int64(0)
    letter = buffer[position] | np.uint8(32)
    for phrase in range(text_starts.shape[0] - 3):
        if text[text_starts[phrase]] == letter and starts_with(
            buffer, position, end, text, text_starts[phrase], text_starts[phrase + 1]
        ):
            found |= np.int64(1) << np.int64(phrase)
    return found


@inlined
def is_citation(buffer, first, last, text, text_starts):  # type: ignore[no-untyped-def]
    """Whether what stands between square brackets is a Wikipedia citation mark: digits, nothing or a fixed word."""
    digits = 0
    for position in range(first, last):
        digits += 48 <= buffer[position] <= 57
    if digits == last - first:
        return True
    for word in range(text_starts.shape[0] - 3, text_starts.shape[0] - 1):
        size = text_starts[word + 1] - text_starts[word]
        if size == last - first and starts_with(buffer, first, last, text, text_starts[word], text_starts[word + 1]):
            return True
    return False


@inlined
def scan_characters(buffer, position, end, table, line):  # type: ignore[no-untyped-def]
    """Read one line: its hash, lengths, first and last visible characters, '#', ellipses. Returns where it stops."""
    value = MULTIPLIER  # from nought, NULs at the start of a line would make no difference
    length = 0
    columns = 0
    first = np.uint32(0)
    last = np.uint32(0)
    before = np.uint32(0)
    dots = 0
    hashes = 0
    ellipses = 0
    while position < end:
        point, after = next_code_point(buffer, position)
        if point == 10:
            break
        position = after
        flags = table[point]
        value = (value ^ np.uint64(point)) * MULTIPLIER
        length += 1
        columns += 2 if flags & WIDE else 1
        group = flags & CLASS_BITS
        if group == LETTER:
            if first == 0:
                first = point
            dots = 0
            last = point
        elif group != SPACE and group != CONTROL:
            if first == 0:
                first = point
            if point == 46:
                dots = dots + 1 if before == 46 else 1
                ellipses += dots % 3 == 0
            else:
                dots = 0
                ellipses += point == 0x2026
                hashes += point == 35
            last = point
        before = point
    line[_HASH] = np.int64(mix(value) >> np.uint64(1))
    line[_LENGTH] = length
    line[_COLUMNS] = columns
    line[_FIRST] = first
    line[_LAST] = last
    line[_DOTS] = dots
    line[_HASHES] = hashes
    line[_ELLIPSES] = ellipses
    return position


@inlined
def scan_words(buffer, position, end, table, text, text_starts, style, rules, line):  # type: ignore[no-untyped-def]
    """Read the line `buffer[position:end]` as C4 does: words between spaces, sentences, phrases, citation marks."""
    marks, fold, known, known_starts, habits = rules
    start = position
    words = 0
    longest = 0
    word = 0
    unspaced = 0
    sentences = 0
    ended = True  # behind a mark that ends a sentence
    blank = False  # a token of white space stands between it and what follows
    cited = position  # what stands before it is part of a citation mark
    curly = 0
    found = np.int64(0)
    opened = np.int64(-1)
    group = np.uint16(SPACE)
    uncited = np.uint32(0)
    uncited_dots = 0
    kept = np.uint32(0)
    kept_dots = 0
    while position < end:
        previous = group
        point, after = next_code_point(buffer, position)
        flags = table[point]
        group = flags & CLASS_BITS
        if group == SPACE:
            if point != 32 or previous == SPACE:
                blank = True
            word = 0
        else:
            words += word == 0
            word += 1
            longest = max(longest, word)
            if blank:
                if ended and sentences > 0 and position >= cited and habits & RUNS == 0:
                    sentences += 1
                    ended = False
                blank = False
            if group == PUNCTUATION:
                if flags & ENDS_SENTENCE:
                    if habits & RUNS:
                        sentences += not ended and position > start
                        ended = True
                    elif ends_counted_sentence(
                        buffer, start, position, after, end, point, marks, fold, known, known_starts, habits
                    ):
                        sentences += sentences == 0
                        ended = True
                elif ended and (marks[point] & SIGN or sentences == 0) and position >= cited:
                    ended = False
                    sentences += habits & RUNS == 0
                if point == 123:
                    curly += 1
                elif point == 91:
                    opened = after
                    kept = uncited
                    kept_dots = uncited_dots
                    cited = max(cited, citation_end(buffer, position, end))
            elif group != CONTROL:
                if ended and position >= cited:
                    sentences += habits & RUNS == 0
                    ended = False
                if group == UNSPACED:
                    unspaced += 1
                    word = 1
                elif group == LETTER and previous != LETTER and point < 128:
                    found |= phrases_at(buffer, position, end, text, text_starts)
            if group == LETTER:
                # within a word nothing else can happen: the rest of its letters at once
                uncited = point
                uncited_dots = 0
                while after < end:
                    following, beyond = next_code_point(buffer, after)
                    if table[following] & CLASS_BITS != LETTER:
                        break
                    word += 1
                    uncited = following
                    after = beyond
                longest = max(longest, word)
            elif point == 93 and opened >= 0 and is_citation(buffer, opened, position, text, text_starts):
                uncited = kept
                uncited_dots = kept_dots
            else:
                uncited_dots = (uncited_dots + 1 if uncited == 46 else 1) if point == 46 else 0
                uncited = point
        position = after
    line[_WORDS] = words + (0 if style & ASCII_ENDS else unspaced // 2)
    line[_LONGEST] = longest
    line[_LINE_SENTENCES] = max(sentences, words > 0)
    line[_CURLY] = curly
    line[_FOUND] = found
    line[_UNCITED_END] = uncited
    line[_UNCITED_DOTS] = uncited_dots


@inlined
def add_plain_counts(line, table, row):  # type: ignore[no-untyped-def]
    """Add one line to the counts that Gopher's and FineWeb's rules need."""
    row[LineCount.CHARACTERS] += line[_LENGTH]
    row[LineCount.HASHES] += line[_HASHES]
    row[LineCount.ELLIPSES] += line[_ELLIPSES]
    first = line[_FIRST]
    last = line[_LAST]
    row[LineCount.BULLET_LINES] += first == 0x2022 or first == 45
    row[LineCount.ELLIPSIS_LINES] += line[_DOTS] >= 3 or last == 0x2026
    if first != 0:
        row[LineCount.TEXT_LINES] += 1
        row[LineCount.TERMINAL_LINES] += table[last] & ENDS_SENTENCE != 0
        row[LineCount.SHORT_LINES] += line[_COLUMNS] <= SHORT_LINE_COLUMNS


@inlined
def add_c4_counts(line, table, style, row):  # type: ignore[no-untyped-def]
    """Put one line through C4's line filters in their order, with and without the one for terminal punctuation."""
    row[LineCount.CURLY_BRACKETS] += line[_CURLY]
    found = line[_FOUND]
    row[LineCount.LOREM_IPSUM_LINES] += found & _LOREM_IPSUM != 0
    row[LineCount.JAVASCRIPT_LINES] += found & _JAVASCRIPT != 0
    row[LineCount.POLICY_LINES] += found & _POLICY != 0
    if line[_LONGEST] > LONGEST_WORD or line[_WORDS] < FEWEST_WORDS or found & _JAVASCRIPT:
        return
    last = line[_UNCITED_END]
    marked = table[last] & (ENDS_SENTENCE | CLOSES) != 0
    closed = marked and (last < 128 or style & ASCII_ENDS == 0) and line[_UNCITED_DOTS] < 3
    row[LineCount.CURLY_LINES] += line[_CURLY] > 0
    row[LineCount.CLOSED_CURLY_LINES] += closed and line[_CURLY] > 0
    if found & _POLICY:
        return
    row[LineCount.SENTENCES] += line[_LINE_SENTENCES]
    if closed:
        row[LineCount.CLOSED_SENTENCES] += line[_LINE_SENTENCES]
        row[LineCount.KEPT_LINES] += 1


@inlined
def add_paragraph(seen, mask, epoch, value, length, row):  # type: ignore[no-untyped-def]
    """Count a paragraph that is over."""
    if length == 0:
        return
    row[LineCount.PARAGRAPHS] += 1
    _, known = find_slot(seen, mask, epoch, mix(value))
    if known:
        row[LineCount.DUPLICATE_PARAGRAPHS] += 1
        row[LineCount.DUPLICATE_PARAGRAPH_CHARACTERS] += length


@inlined
def count_document(buffer, position, end, table, text, text_starts, seen, mask, epoch, style, rules, line, row):  # type: ignore[no-untyped-def]
    """Fill one row of `count_lines`; uses `epoch` for lines and the next one for paragraphs."""
    paragraph = np.uint64(0)
    paragraph_length = 0
    while position < end:
        stop = scan_characters(buffer, position, end, table, line)
        scan_words(buffer, position, stop, table, text, text_starts, style, rules, line)
        row[LineCount.LINES] += 1
        add_plain_counts(line, table, row)
        add_c4_counts(line, table, style, row)
        if line[_FIRST] == 0:
            add_paragraph(seen, mask, epoch + np.uint64(1), paragraph, paragraph_length, row)
            paragraph = np.uint64(0)
            paragraph_length = 0
        else:
            value = np.uint64(line[_HASH]) << np.uint64(1)
            _, known = find_slot(seen, mask, epoch, value ^ (value >> np.uint64(31)))
            if known:
                row[LineCount.DUPLICATE_LINES] += 1
                row[LineCount.DUPLICATE_LINE_CHARACTERS] += line[_LENGTH]
            paragraph = (paragraph ^ value) * MULTIPLIER
            paragraph_length += line[_LENGTH] + (paragraph_length > 0)
        if stop < end:
            row[LineCount.NEWLINES] += 1
            row[LineCount.CHARACTERS] += 1
        position = stop + 1
    add_paragraph(seen, mask, epoch + np.uint64(1), paragraph, paragraph_length, row)


@kernel(
    "void(uint8[::1], int64[::1], uint16[::1], uint8[::1], int64[::1], uint64[::1], uint16[::1], uint16[::1],"
    " uint32[::1], uint64[::1], int64[::1], uint32[::1], int64[:, ::1])"
)
def _count_lines(  # type: ignore[no-untyped-def]
    buffer, offsets, table, text, text_starts, seen, styles, marks, fold, known, known_starts, habits, out
):
    """See `count_lines`."""
    line = np.zeros(_LINE_FIELDS, np.int64)
    mask = np.uint64(seen.shape[0] - 1)
    epoch = np.uint64(1)
    for document in range(offsets.shape[0] - 1):
        row = out[document]
        row[:] = 0
        count_document(
            buffer, offsets[document], offsets[document + 1], table, text, text_starts,
            seen, mask, epoch, styles[document], (marks, fold, known, known_starts, habits[document]), line, row,
        )  # fmt: skip
        epoch += np.uint64(2)


def count_lines(
    buffer: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    table: npt.NDArray[np.uint16],
    text: npt.NDArray[np.uint8],
    text_starts: npt.NDArray[np.int64],
    seen: npt.NDArray[np.uint64],
    out: npt.NDArray[np.int64],
    styles: npt.NDArray[np.uint16] | None = None,
    sentences: SentenceHabits | None = None,
) -> None:
    """Count what lines and paragraphs are like.

    Lines end at a line feed; an empty end is no line. Lines without a visible character separate paragraphs and are not
    compared with each other.

    Args:
        buffer: bytes of n documents, valid UTF-8.
        offsets: n + 1, where each document begins.
        table: `word_marks.properties()`.
        text: bytes of `phrase_table()`.
        text_starts: offsets of `phrase_table()`.
        seen: zeros; a power of two, at least four times the lines of the longest document.
        out: n x `LineCount`.
        styles: n sums of style bits (see `kernels/word_marks.py`). With `ASCII_ENDS` C4's line filters are those of
            its code (. ! ? " ' end a line, words stand between spaces); else the marks of all scripts count.
        sentences: what ends sentences in the documents' languages; None: what does in most.
    """
    if styles is None:
        styles = np.zeros(len(offsets) - 1, np.uint16)
    if sentences is None:
        sentences = SentenceHabits(np.zeros(0, np.uint64), np.zeros(1, np.int64), np.zeros(len(offsets) - 1, np.uint32))
    _count_lines(
        buffer, offsets, table, text, text_starts, seen, styles, mark_properties(), FOLD, sentences.known,
        sentences.known_starts, sentences.habits, out,
    )  # fmt: skip
