"""Signals: what can be counted in one document, as columns that rules decide on.

What each signal means, and where it comes from, is in `signal_definitions.py`. Segmentation happens once per document,
in `_count`, for all signals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.arrow import text_buffers
from ..kernels.composition import (
    CharacterCount,
    VocabularyCount,
    character_table,
    count_characters,
    count_vocabulary,
)
from ..kernels.nfc import compose
from ..kernels.ngrams import COLUMNS as NGRAM_COLUMNS
from ..kernels.ngrams import repeated_ngrams
from ..kernels.script import CODES, NUMBERS
from ..kernels.segmentation import properties, segment, word_hash
from ..kernels.sentence_marks import SentenceHabits
from ..kernels.statistics import LineCount, WordCount, count_lines, count_words, phrase_table
from ..kernels.unicode import SCRIPT
from .language_codes import canonical
from .sentence_habits import sentence_habits
from .signal_definitions import SIGNALS, SIGNALS_TYPE, Signal, repetition_signals
from .word_breaks import DEFAULT_SEGMENTATION, word_borders, word_styles

__all__ = ["SIGNALS", "SIGNALS_TYPE", "Signal", "StopLists", "measure", "no_stop_lists"]

Counts = npt.NDArray[np.int64]
MOST_STOP_WORDS = CAPITALISED = 63
CHUNK_BYTES = 1 << 20


class StopLists:
    """Stop words by language, as hash tables that kernels read.

    A word with a capital or in capitals is a stop word too, but not one of the distinct ones that Gopher's rule counts.
    At most 63 words of a list are used.
    Languages may be written with any code that `language_codes.canonical` knows.
    """

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        words = {canonical(language): given for language, given in words.items()}
        self.numbers = {language: number for number, language in enumerate(sorted(words))}
        tables = [_hash_table(words[language]) for language in sorted(words)]
        self.table = np.concatenate([*tables, np.zeros(1, np.uint64)])
        self.starts = np.cumsum([0, *map(len, tables)], dtype=np.int64)

    def indices(self, languages: pa.Array | None, rows: int) -> npt.NDArray[np.int32]:
        """The number of each row's list, -1 where there is none."""
        if languages is None or not self.numbers:
            return np.full(rows, -1, np.int32)
        encoded = languages.dictionary_encode()
        codes = [canonical(code) for code in encoded.dictionary.to_pylist()]
        numbers = np.array([*(self.numbers.get(code, -1) for code in codes), -1], np.int32)
        positions = encoded.indices.fill_null(len(numbers) - 1).to_numpy(zero_copy_only=False)
        found: npt.NDArray[np.int32] = numbers[positions]
        return found


def _hash_table(words: Sequence[str]) -> npt.NDArray[np.uint64]:
    """An open-addressing table of word hashes whose last six bits are the word's number."""
    entries: dict[int, int] = {}
    for number, word in enumerate(words[:MOST_STOP_WORDS]):
        value = word_hash(word)
        entries[value >> 6] = (value & ~63) | number
    for word in words[:MOST_STOP_WORDS]:
        for value in map(word_hash, (word.capitalize(), word.upper())):
            entries.setdefault(value >> 6, (value & ~63) | CAPITALISED)
    size = 16
    while size < 4 * len(entries):
        size *= 2
    table = np.zeros(size, np.uint64)
    for value in entries.values():
        slot = (value >> 6) & (size - 1)
        while table[slot]:
            slot = (slot + 1) & (size - 1)
        table[slot] = value
    return table


@dataclass
class _Counted:
    """Integer counts of n documents."""

    lines: Counts
    words: Counts
    ngrams: Counts
    characters: Counts
    vocabulary: Counts
    entropy: npt.NDArray[np.float64]


def measure(
    text: pa.Array,
    languages: pa.Array | None,
    stop_lists: StopLists,
    segmentation: str = DEFAULT_SEGMENTATION,
    link_density: pa.Array | None = None,
) -> pa.StructArray:
    """Measure every signal of every document.

    Args:
        text: n strings; nulls are read as empty.
        languages: n codes such as "fra_Latn" that choose the stop lists, or None for no stop words.
        stop_lists: stop words by language code.
        segmentation: how scripts without spaces are cut, one of `word_breaks.SEGMENTATIONS`.
        link_density: n numbers that the extraction of the pages left, or None.

    Returns:
        n structs of `SIGNALS_TYPE`.

    Raises:
        ValueError: there is no such segmentation.
    """
    text = compose(text.fill_null(""))
    buffer, offsets = text_buffers(text)
    lists, styles = stop_lists.indices(languages, len(text)), word_styles(languages, len(text))
    sentences = sentence_habits(languages, len(text))
    counted = _count(buffer, offsets, lists, stop_lists, styles, segmentation, sentences)
    columns = _ratios(counted)
    columns["link_density"] = (
        pa.nulls(len(text), pa.float32()) if link_density is None else link_density.cast(pa.float32())
    )
    return pa.StructArray.from_arrays([columns[field.name] for field in SIGNALS_TYPE], fields=list(SIGNALS_TYPE))


def _chunks(offsets: Counts) -> Iterator[tuple[int, int]]:
    """Ranges of documents of about `CHUNK_BYTES` (a larger document is alone), so that scratch space stays in cache."""
    rows = len(offsets) - 1
    first = 0
    while first < rows:
        last = int(np.searchsorted(offsets, offsets[first] + CHUNK_BYTES, side="right")) - 1
        last = min(rows, max(last, first + 1))
        yield first, last
        first = last


def _count(
    buffer: npt.NDArray[np.uint8],
    offsets: Counts,
    lists: npt.NDArray[np.int32],
    stops: StopLists,
    styles: npt.NDArray[np.uint16],
    segmentation: str,
    sentences: SentenceHabits,
) -> _Counted:
    """Run the kernels, chunk by chunk."""
    rows = len(offsets) - 1
    counted = _Counted(
        np.zeros((rows, len(LineCount)), np.int64),
        np.zeros((rows, len(WordCount)), np.int64),
        np.zeros((rows, NGRAM_COLUMNS), np.int64),
        np.zeros((rows, len(CharacterCount)), np.int64),
        np.zeros((rows, len(VocabularyCount)), np.int64),
        np.zeros(rows, np.float64),
    )
    table, (phrases, phrase_starts) = properties(), phrase_table()
    count_characters(buffer, offsets, character_table(), SCRIPT, NUMBERS, counted.characters)
    for first, last in _chunks(offsets):
        part = offsets[first : last + 1]
        size = int(part[-1] - part[0])
        hashes, lengths = np.empty(size, np.uint64), np.empty(size, np.int32)
        kinds, starts = np.empty(size, np.uint8), np.empty(len(part), np.int64)
        borders = word_borders(buffer, part, segmentation)
        found = segment(buffer, part, table, borders, hashes, lengths, kinds, starts, styles[first:last])
        count_words(
            hashes[:found], lengths[:found], kinds[:found], starts, lists[first:last], stops.table, stops.starts,
            counted.words[first:last],
        )  # fmt: skip
        count_vocabulary(
            hashes[:found], kinds[:found], starts, lists[first:last], stops.table, stops.starts,
            counted.vocabulary[first:last], counted.entropy[first:last],
        )  # fmt: skip
        repeated_ngrams(hashes[:found], lengths[:found], starts, counted.ngrams[first:last])
        line_feeds = int(np.count_nonzero(buffer[part[0] : part[-1]] == 10))
        seen = np.zeros(1 << (4 * (line_feeds + 2)).bit_length(), np.uint64)
        count_lines(
            buffer, part, table, phrases, phrase_starts, seen, counted.lines[first:last], styles[first:last],
            sentences._replace(habits=sentences.habits[first:last]),
        )  # fmt: skip
    return counted


def _ratio(above: Counts, below: Counts) -> pa.Array:
    """Quotients as float32, null where the denominator is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return pa.array((above / below).astype(np.float32), mask=below == 0)


def _ratios(counted: _Counted) -> dict[str, pa.Array]:
    """Make the columns of the counts."""
    line = {column.name: counted.lines[:, column] for column in LineCount}
    word = {column.name: counted.words[:, column] for column in WordCount}
    characters, tokens, lines, text_lines = line["CHARACTERS"], word["TOKENS"], line["LINES"], line["TEXT_LINES"]
    stop_words = word["STOP_WORDS"]
    columns = {
        "stop_words": pa.array(stop_words.astype(np.int32), mask=stop_words < 0),
        "mean_word_length": _ratio(word["WORD_CHARACTERS"], word["WORDS"]),
        "alphabetic_words": _ratio(word["LETTER_WORDS"], tokens),
        "hashes": _ratio(line["HASHES"], tokens),
        "ellipses": _ratio(line["ELLIPSES"], tokens),
        "bullet_lines": _ratio(line["BULLET_LINES"], lines),
        "ellipsis_lines": _ratio(line["ELLIPSIS_LINES"], lines),
        "duplicate_lines": _ratio(line["DUPLICATE_LINES"], text_lines),
        "duplicate_line_characters": _ratio(line["DUPLICATE_LINE_CHARACTERS"], characters),
        "duplicate_paragraphs": _ratio(line["DUPLICATE_PARAGRAPHS"], line["PARAGRAPHS"]),
        "duplicate_paragraph_characters": _ratio(line["DUPLICATE_PARAGRAPH_CHARACTERS"], characters),
        "terminal_lines": _ratio(line["TERMINAL_LINES"], text_lines),
        "short_lines": _ratio(line["SHORT_LINES"], text_lines),
        "character_duplicates": _ratio(line["DUPLICATE_LINE_CHARACTERS"], characters - line["NEWLINES"]),
        "newlines": _ratio(line["NEWLINES"], tokens),
        "c4_lines": _ratio(line["KEPT_LINES"], text_lines),
    }
    for index, name in enumerate(name for name, _ in repetition_signals()):
        columns[name] = _ratio(counted.ngrams[:, index], characters)
    counts = {
        "characters": characters, "words": word["WORDS"], "word_characters": word["WORD_CHARACTERS"],
        "lines": text_lines, "sentences": line["SENTENCES"], "curly_lines": line["CURLY_LINES"],
        "c4_sentences": line["CLOSED_SENTENCES"], "c4_curly_lines": line["CLOSED_CURLY_LINES"],
        "curly_brackets": line["CURLY_BRACKETS"], "lorem_ipsum": line["LOREM_IPSUM_LINES"],
        "javascript_lines": line["JAVASCRIPT_LINES"], "policy_lines": line["POLICY_LINES"],
    }  # fmt: skip
    columns.update((name, pa.array(values.astype(np.int32))) for name, values in counts.items())
    return columns | _composition(counted)


def _composition(counted: _Counted) -> dict[str, pa.Array]:
    """Make the columns of the counts of `kernels.composition`."""
    count = {column.name: counted.characters[:, column] for column in CharacterCount}
    line = {column.name: counted.lines[:, column] for column in LineCount}
    words = counted.words[:, WordCount.WORDS]
    stop_words = counted.vocabulary[:, VocabularyCount.STOP_WORD_TOKENS]
    characters, lines, alphanumeric = count["CHARACTERS"], count["TEXT_LINES"], count["LETTERS"] + count["DIGITS"]
    inside_lines = characters - line["NEWLINES"]
    script = pa.DictionaryArray.from_arrays(
        pa.array(count["SCRIPT"].astype(np.int32), mask=count["WEIGHTED_LETTERS"] == 0), pa.array(CODES)
    )
    return {
        "script": script.cast(pa.string()),
        "letters": _ratio(count["LETTERS"], characters),
        "digits": _ratio(count["DIGITS"], characters),
        "uppercase": _ratio(count["UPPERCASE"], characters),
        "punctuation": _ratio(count["PUNCTUATION"], characters),
        "spaces": _ratio(count["SPACES"], characters),
        "non_alphanumeric": _ratio(characters - alphanumeric, characters),
        "curly_bracket_characters": _ratio(count["CURLY_BRACKETS"], characters),
        "repeated_characters": _ratio(count["REPEATED"], characters),
        "longest_repeat": pa.array(count["LONGEST_REPEAT"].astype(np.int32)),
        "script_share": _ratio(count["MAIN_SCRIPT_LETTERS"], count["WEIGHTED_LETTERS"]),
        "latin_letters": _ratio(count["LATIN_LETTERS"], count["SCRIPT_LETTERS"]),
        "hangul_characters": _ratio(count["HANGUL_LETTERS"], characters - count["SPACES"]),
        "symbols": _ratio(line["HASHES"] + line["ELLIPSES"], words),
        "unique_words": _ratio(counted.vocabulary[:, VocabularyCount.DISTINCT_WORDS], words),
        "word_entropy": pa.array(counted.entropy.astype(np.float32), mask=words == 0),
        "stop_word_share": _ratio(stop_words, np.where(stop_words < 0, 0, words)),
        "capital_words": _ratio(count["CAPITAL_RUNS"], count["RUNS"] + count["UNSPACED_LETTERS"] // 2),
        "marked_sentences": pa.array(count["SENTENCES"].astype(np.int32)),
        "mean_line_length": _ratio(inside_lines, lines),
        "mean_paragraph_length": _ratio(inside_lines, line["PARAGRAPHS"]),
        "words_per_line": _ratio(words, lines),
        "numeric_lines": _ratio(count["NUMERIC_LINES"], lines),
        "uppercase_lines": _ratio(count["UPPERCASE_LINES"], lines),
        "list_lines": _ratio(count["LIST_LINES"], lines),
    }


@lru_cache(maxsize=1)
def no_stop_lists() -> StopLists:
    """Stop lists for nobody: the stop-word signal is null everywhere."""
    return StopLists({})
