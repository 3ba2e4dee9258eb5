"""Documents of one language as numbers of words: what the aligner reads instead of text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.alignment_tokens import Tokens, tokens_of
from ..kernels.arrow import text_buffers

Numbers = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Words:
    """The words that a side of a model knows, and what is known of each."""

    hashes: Hashes
    """v hashes, ascending."""
    kinds: npt.NDArray[np.uint8]
    """v kinds (`kernels.alignment_tokens`)."""
    counts: Reals
    """v: how often each was seen in training."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self.hashes)

    def shares(self) -> npt.NDArray[np.float32]:
        """Share of each word in all text; half an occurrence more for each, so that none is impossible."""
        total = self.counts.sum() + 0.5 * len(self)
        shares: npt.NDArray[np.float32] = ((self.counts + 0.5) / max(total, 1.0)).astype(np.float32)
        return shares

    def extended(self, tokens: Tokens) -> Words:
        """These words and, behind them, those of the tokens that are not among them."""
        places = np.minimum(np.searchsorted(self.hashes, tokens.values), max(len(self) - 1, 0))
        new = self.hashes[places] != tokens.values if len(self) else np.ones(len(tokens.values), np.bool_)
        hashes, first = np.unique(tokens.values[new], return_index=True)
        return Words(
            np.concatenate([self.hashes, hashes]),
            np.concatenate([self.kinds, tokens.kinds[new][first]]),
            np.concatenate([self.counts, np.zeros(len(hashes))]),
        )


def words_of(tokens: Tokens) -> Words:
    """All words of some tokens."""
    hashes, first, counts = np.unique(tokens.values, return_index=True, return_counts=True)
    return Words(hashes, tokens.kinds[first], counts.astype(np.float64))


@dataclass(frozen=True)
class Side:
    """n documents of one language."""

    words: Numbers
    """Numbers of words, segment after segment."""
    starts: Places
    """Where each segment begins in `words`, and the end: one more than there are segments."""
    lengths: Reals
    """Letters of each segment."""
    documents: Places
    """n + 1: document d has the segments `documents[d]` to `documents[d + 1]`."""

    def sizes(self) -> Places:
        """Segments of each document."""
        return np.diff(self.documents)

    def document(self, number: int) -> tuple[Numbers, Places, Reals]:
        """One document: its words, where its segments begin among them, letters before each segment (n + 1)."""
        first, last = int(self.documents[number]), int(self.documents[number + 1])
        starts = self.starts[first : last + 1]
        before = np.concatenate([np.zeros(1), np.cumsum(self.lengths[first:last])])
        return self.words[starts[0] : starts[-1]], np.ascontiguousarray(starts - starts[0]), before


def tokens_of_texts(texts: pa.Array, stem: int) -> Tokens:
    """Tokens of n texts; null is an empty text."""
    texts = pc.utf8_normalize(pc.fill_null(texts.cast(pa.large_string()), ""), form="NFKC")
    return tokens_of(*text_buffers(texts), stem)


@dataclass(frozen=True)
class Written:
    """Documents without their empty segments."""

    documents: pa.ListArray
    places: Places
    """The number that each segment has in its document, and behind those of a document nothing."""
    borders: Places
    """n + 1, in `places`."""
    sizes: Places
    """n: segments with the empty ones."""

    def places_of(self, document: int) -> tuple[Places, int]:
        """The numbers of a document's segments that are not empty, and how many there are with the empty ones."""
        return self.places[self.borders[document] : self.borders[document + 1]], int(self.sizes[document])


def written(documents: pa.ListArray) -> Written:
    """Leave out the segments that hold nothing but white space (or are null)."""
    texts, borders = flat_segments(documents)
    full = pc.fill_null(pc.greater(pc.utf8_length(pc.utf8_trim_whitespace(texts)), 0), False)
    kept = np.flatnonzero(full.to_numpy(zero_copy_only=False))
    owners = np.repeat(np.arange(len(documents)), np.diff(borders))[kept]
    counts = np.bincount(owners, minlength=len(documents))
    left = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)]).astype(np.int64)
    shown = pa.LargeListArray.from_arrays(pa.array(left), texts.take(pa.array(kept)))
    return Written(shown, (kept - borders[owners]).astype(np.int64), left, np.diff(borders))


def flat_segments(documents: pa.ListArray) -> tuple[pa.Array, Places]:
    """All segments of n documents, and n + 1 borders; a null document has none."""
    counts = pc.fill_null(pc.list_value_length(documents), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return pc.list_flatten(documents), np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])


def side_of(tokens: Tokens, documents: Places, words: Words, known: int) -> Side:
    """Number the tokens of documents.

    Args:
        tokens: of all segments.
        documents: n + 1 borders.
        words: what the numbers mean; the hashes of the first `known` ascend, and those of the rest.
        known: how many of the words a model knows.
    """
    low = np.searchsorted(words.hashes[:known], tokens.values)
    high = known + np.searchsorted(words.hashes[known:], tokens.values)
    inside = np.minimum(low, max(known - 1, 0))
    found = words.hashes[inside] == tokens.values if known else np.zeros(len(low), np.bool_)
    return Side(np.where(found, inside, high).astype(np.int32), tokens.starts, tokens.lengths, documents)
