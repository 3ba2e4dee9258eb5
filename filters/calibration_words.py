"""The most frequent words of a reference: stop words as FineWeb-2 finds them (arXiv 2506.20920, sections 4.4.1, A.7.1).

A word is a stop word when it makes more than a share of all tokens; numbers and symbols are not words. If fewer than
eight are left, the share is lowered. The paper does not say which shares: .8 % and .3 % are stated for the same
procedure by a multilingual version of datatrove (beme248/datatrove, branch `multilingual`, 2024), .2 % by later code.

Words are counted by hash, case apart, in a table of bounded size that forgets the rarest (Misra and Gries 1982, merged
as by Agarwal et al. 2012): a count may be too small by one in `MOST_WORDS` of all tokens, never too large. The text of
a word is looked for in the batch in which it is frequent enough for the first time; no other text is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.arrow import text_buffers
from ..kernels.nfc import compose
from ..kernels.segmentation import LETTER_WORD, properties, segment, word_hash
from ..kernels.unicode import CLASS, CONTROL
from .calibration_intervals import share_interval
from .signals import MOST_STOP_WORDS
from .word_breaks import word_borders, word_styles

STOP_WORD_SHARES = (0.008, 0.003, 0.002)
FEWEST_STOP_WORDS = 8
"""As many as Gopher's English list has (Rae et al. 2021)."""
MOST_WORDS = 1 << 15
ENOUGH_TOKENS = 20_000
"""Below this many tokens a word with a share of .8 % has occurred fewer than 160 times; no list is made."""
NAMED_SHARE = STOP_WORD_SHARES[-1] / 4
"""Words of this share get their text: the forms of a word ("The", "the") may each have a part of its share."""
CHUNK_BYTES = 1 << 20
LOOKED_THROUGH = 20_000
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]


@dataclass
class WordTable:
    """Words of one language and how often they occur.

    Attributes:
        hashes: of words with a letter, ascending.
        counts: how often each occurred, at least.
        tokens: number of all tokens, symbols and numbers included.
        names: the texts of frequent words by hash.
    """

    hashes: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))
    counts: Numbers = field(default_factory=lambda: np.zeros(0, np.int64))
    tokens: int = 0
    names: dict[int, str] = field(default_factory=dict)

    def add(self, texts: pa.Array, language: str | None = None) -> None:
        """Count the words of some texts in one language.

        Args:
            texts: n strings without nulls.
            language: its code, by whose habits the texts are cut, as where stop words are looked for.
        """
        texts = compose(texts)
        buffer, offsets = text_buffers(texts)
        for first, last in _chunks(offsets):
            wanted = self._count(buffer, offsets[first : last + 1], language)
            self._name(wanted, texts.slice(first, last - first))

    def _count(
        self, buffer: npt.NDArray[np.uint8], offsets: Numbers, language: str | None
    ) -> dict[int, tuple[int, int]]:
        """Count a chunk; return the frequent words that have no name yet, by hash: a document and the word's length."""
        size = int(offsets[-1] - offsets[0])
        hashes, lengths = np.empty(size, np.uint64), np.empty(size, np.int32)
        kinds, starts = np.empty(size, np.uint8), np.empty(len(offsets), np.int64)
        borders = word_borders(buffer, offsets)
        rows = len(offsets) - 1
        styles = word_styles(pa.array([language] * rows, pa.string()), rows)
        tokens = segment(buffer, offsets, properties(), borders, hashes, lengths, kinds, starts, styles)
        is_word = np.flatnonzero(kinds[:tokens] == LETTER_WORD)
        new, place, counts = np.unique(hashes[is_word], return_index=True, return_counts=True)
        self.tokens += int(tokens)
        self._merge(new, counts)
        known = self.counts[np.minimum(np.searchsorted(self.hashes, new), max(len(self.hashes) - 1, 0))]
        frequent = np.flatnonzero(known >= max(2, NAMED_SHARE * self.tokens))
        first = is_word[place[frequent]]
        documents = np.searchsorted(starts, first, side="right") - 1
        found = zip(new[frequent].tolist(), documents.tolist(), lengths[first].tolist(), strict=True)
        return {value: (row, length) for value, row, length in found if value not in self.names}

    def _merge(self, hashes: Hashes, counts: Numbers) -> None:
        distinct, place = np.unique(np.concatenate([self.hashes, hashes]), return_inverse=True)
        summed = np.zeros(len(distinct), np.int64)
        np.add.at(summed, place, np.concatenate([self.counts, counts]))
        if len(distinct) > MOST_WORDS:
            summed -= np.sort(summed)[-MOST_WORDS - 1]
            distinct, summed = distinct[summed > 0], summed[summed > 0]
        self.hashes, self.counts = distinct, summed

    def _name(self, wanted: dict[int, tuple[int, int]], texts: pa.Array) -> None:
        """Find the texts of words in the documents in which they occur."""
        looked = -1
        for value, (row, length) in sorted(wanted.items(), key=lambda item: (item[1][0], item[0])):
            if value in self.names:
                continue
            text = texts[row].as_py()
            if row != looked:
                looked = row
                for word in set(_WORD.findall(text[:LOOKED_THROUGH])):
                    self.names.setdefault(word_hash(word), word)
            if value not in self.names:
                found = _search(text, value, length)
                if found:
                    self.names[value] = found
        kept = {int(value) for value in self.hashes[self.counts >= max(2, NAMED_SHARE / 2 * self.tokens)]}
        self.names = {value: name for value, name in self.names.items() if value in kept}

    def stop_words(self) -> StopWords:
        """The stop words by frequency; none where there are too few tokens."""
        if self.tokens < ENOUGH_TOKENS:
            return StopWords((), 0.0, self.tokens, 0)
        counted: dict[str, int] = {}
        for value, count in zip(self.hashes.tolist(), self.counts.tolist(), strict=True):
            name = self.names.get(value)
            if name is not None:
                counted[name.lower()] = counted.get(name.lower(), 0) + count
        order = sorted(counted, key=lambda name: (-counted[name], name))
        words: list[str] = []
        for share in STOP_WORD_SHARES:
            words = [name for name in order if counted[name] > share * self.tokens][:MOST_STOP_WORDS]
            if len(words) >= FEWEST_STOP_WORDS:
                break
        unsure = sum(_straddles(counted[name], self.tokens, share) for name in words)
        return StopWords(tuple(words), share, self.tokens, unsure)


@dataclass(frozen=True)
class StopWords:
    """A list that was found.

    Attributes:
        words: in lower case, the most frequent first; empty when the reference is too small.
        share: the least share of all tokens that was asked for.
        tokens: how many tokens were counted.
        unsure: how many of the words may be below the share (it is within the 95 % interval of theirs).
    """

    words: tuple[str, ...]
    share: float
    tokens: int
    unsure: int


def _straddles(count: int, tokens: int, share: float) -> bool:
    low, _ = share_interval(count, tokens)
    return low <= share


def _chunks(offsets: Numbers) -> Iterator[tuple[int, int]]:
    """Ranges of documents of about `CHUNK_BYTES`."""
    first, rows = 0, len(offsets) - 1
    while first < rows:
        last = int(np.searchsorted(offsets, offsets[first] + CHUNK_BYTES, side="right")) - 1
        last = min(rows, max(last, first + 1))
        yield first, last
        first = last


def _search(text: str, value: int, length: int) -> str | None:
    """The part of a text that has the hash of a word, `length` code points long (format characters aside)."""
    plain = "".join(letter for letter in text[:LOOKED_THROUGH] if CLASS[ord(letter)] != CONTROL)
    for start in range(len(plain) - length + 1):
        part = plain[start : start + length]
        if word_hash(part) == value:
            return part
    return None
