"""Sentence alignment of whole corpora by an encoder: what is embedded, what is kept of a pair of languages, the beads.

The same two calls as in `sentence_alignment.py`: `train` looks at a sample of the documents of two languages, `align`
gives the beads of documents, each by itself.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..kernels.vectors import Whole, quantise
from .parallel_tables import joiner
from .vector_alignment import Background, Runs, VectorBeads, VectorSettings, align_vectors

if TYPE_CHECKING:
    from .sentence_alignment import Corpus, PairBeads

Embed = Callable[[pa.Array], npt.NDArray[np.float32]]
"""The vectors (n x d) of n texts, each by itself: `filters.embeddings.Encoder.embed`."""

BACKGROUND: Final = 256
"""Segments of each language that stand for all."""

SEGMENTS_AT_ONCE: Final = 8192
"""About so many segments of both sides, and their runs, are embedded in one go."""

DEFAULTS: Final = VectorSettings()
_MAGIC: Final = b"hexapla-vectors-1\n"


@dataclass(frozen=True)
class EncoderModel:
    """What is kept of a pair of languages.

    Attributes:
        src_lang, tgt_lang: the languages.
        background: vectors of segments of many documents.
        settings: how documents are aligned.
    """

    src_lang: str
    tgt_lang: str
    background: Background
    settings: VectorSettings = DEFAULTS

    def to_bytes(self) -> bytes:
        """The model as bytes; equal models have equal bytes. The settings are not in it."""
        held = io.BytesIO()
        for language in (self.src_lang, self.tgt_lang):
            held.write(language.encode() + b"\n")
        for side in (self.background.source, self.background.target):
            np.save(held, np.ascontiguousarray(side.astype("<i2")), allow_pickle=False)
        return _MAGIC + held.getvalue()

    @staticmethod
    def from_bytes(data: bytes, settings: VectorSettings | None = None) -> EncoderModel:
        """The model that `to_bytes` wrote.

        Raises:
            ValueError: the bytes are something else.
        """
        if not data.startswith(_MAGIC):
            raise ValueError("these bytes are no model of vectors of this version; train it again")
        held = io.BytesIO(data[len(_MAGIC) :])
        names = [held.readline().decode().rstrip("\n") for _ in range(2)]
        sides = [np.load(held, allow_pickle=False).astype(np.int16) for _ in range(2)]
        return EncoderModel(names[0], names[1], Background(sides[0], sides[1]), settings or DEFAULTS)


def train(
    corpus: Corpus, src_lang: str, tgt_lang: str, embed: Embed, settings: VectorSettings | None = None
) -> EncoderModel:
    """Look at some segments of the documents of two languages.

    Args:
        corpus: documents, in an order that does not depend on how the data is cut.
        src_lang: the language of one side.
        tgt_lang: that of the other.
        embed: the encoder.
        settings: how documents will be aligned.
    """
    sides = [_sample(side, embed) for side in (corpus.src, corpus.tgt)]
    return EncoderModel(src_lang, tgt_lang, Background(sides[0], sides[1]), settings or DEFAULTS)


def _sample(documents: pa.ListArray, embed: Embed) -> Whole:
    """The vectors of different segments, at even steps through all documents."""
    texts = _filled(pc.list_flatten(documents))
    texts = pc.unique(texts.filter(pc.greater(pc.binary_length(texts), 0)))
    count = min(BACKGROUND, len(texts))
    if not count:
        return np.zeros((0, 1), np.int16)
    chosen = np.arange(count, dtype=np.int64) * len(texts) // count
    return quantise(embed(texts.take(pa.array(chosen))))[0]


def align(corpus: Corpus, model: EncoderModel, embed: Embed) -> PairBeads:
    """The beads of documents in two languages; each document's depend on itself and the model alone.

    Args:
        corpus: n documents.
        model: of these languages.
        embed: the encoder that the model was made with.
    """
    from .sentence_alignment import PairBeads

    found = list(_documents(corpus, model, embed))
    counts = [len(beads.ranges) for beads in found]
    ranges = np.concatenate([np.zeros((0, 4), np.int64), *(beads.ranges for beads in found)]).astype(np.int32)
    return PairBeads(
        document=np.repeat(np.arange(len(found), dtype=np.int32), counts),
        src_start=ranges[:, 0],
        src_stop=ranges[:, 1],
        tgt_start=ranges[:, 2],
        tgt_stop=ranges[:, 3],
        score=np.concatenate([np.zeros(0, np.float32), *(beads.score for beads in found)]),
        method=["encoder"] * len(ranges),
        document_score=np.array([beads.document_score for beads in found], np.float32),
        reason=[beads.reason for beads in found],
    )


def _documents(corpus: Corpus, model: EncoderModel, embed: Embed) -> Iterator[VectorBeads]:
    lengths = [pc.fill_null(pc.list_value_length(side), 0).to_numpy() for side in (corpus.src, corpus.tgt)]
    total = np.cumsum(lengths[0].astype(np.int64) + lengths[1])
    piece = (total - lengths[0] - lengths[1]) // SEGMENTS_AT_ONCE
    borders = [*np.flatnonzero(np.diff(piece, prepend=-1)).tolist(), len(total)]
    longest = model.settings.longest
    for start, stop in pairwise(borders):
        sides = [
            list(run_vectors(documents.slice(start, stop - start), joiner(language), longest, embed))
            for documents, language in ((corpus.src, model.src_lang), (corpus.tgt, model.tgt_lang))
        ]
        for source, target in zip(*sides, strict=True):
            yield align_vectors(source, target, model.background, model.settings)


def run_vectors(documents: pa.ListArray, joint: str, longest: int, embed: Embed) -> Iterator[Runs]:
    """The vectors of the segments of documents, and of up to `longest` neighbours joined.

    Args:
        documents: n lists of texts.
        joint: what stands between two segments.
        longest: segments in a run.
        embed: the encoder; it sees each different text once.

    Returns:
        For each document its runs, longest x segments x d; zeros for a run that would begin before the document, or has
        an empty segment.
    """
    lengths = pc.fill_null(pc.list_value_length(documents), 0).to_numpy().astype(np.int64)
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    texts = _filled(pc.list_flatten(documents))
    blank = np.append(0, np.cumsum(pc.equal(pc.binary_length(texts), 0).to_numpy(zero_copy_only=False)))
    runs, places = [], []
    joined = texts
    for size in range(1, longest + 1):
        if size > 1:
            before = joined.slice(0, max(0, len(texts) - size + 1))
            joined = pc.binary_join_element_wise(before, texts.slice(size - 1), joint)
        last = np.arange(size - 1, len(texts))
        begin = last - size + 1
        known = (begin >= first[last]) & (blank[last + 1] == blank[begin])
        runs.append(joined.filter(pa.array(known)))
        places.append((size - 1) * len(texts) + last[known])
    found = pa.chunked_array(runs, pa.string()).combine_chunks().dictionary_encode() if len(texts) else None
    if found is None or not len(found):
        yield from (np.zeros((longest, length, 1), np.int16) for length in lengths.tolist())
        return
    vectors = quantise(embed(found.dictionary))[0]
    every = np.zeros((longest * len(texts), vectors.shape[1]), np.int16)
    every[np.concatenate(places)] = vectors[found.indices.to_numpy()]
    by_run = every.reshape(longest, len(texts), -1)
    for stop, length in zip(np.cumsum(lengths).tolist(), lengths.tolist(), strict=True):
        yield by_run[:, stop - length : stop]


def _filled(texts: pa.Array) -> pa.Array:
    """Texts without outer white space; nothing for null."""
    return pc.utf8_trim_whitespace(pc.fill_null(texts.cast(pa.string()), ""))
