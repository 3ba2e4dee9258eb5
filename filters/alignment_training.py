"""Learning a pair of languages from its own documents: lengths first, then words, in several passes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .alignment_bands import WHOLE, Band, band_along, band_around, columns_of_way, whole_band
from .alignment_decoding import Decoded, Lengths, aligned
from .alignment_lexicon import Beads, first_lexicon, learned_lexicon, tables_of
from .alignment_model import FIRST_PRIORS, SHAPES, TWO_SIDED, Lexicon, Model, Settings
from .alignment_scorers import Corpus, OpenWords
from .alignment_texts import Side, Words, flat_segments, side_of, tokens_of_texts, words_of, written

Reals = npt.NDArray[np.float64]
TextPairs = tuple[pa.Array, pa.Array]

PRIOR_WEIGHT = 50.0
VARIANCE_WEIGHT = 20.0
SPREAD_WEIGHT, FIRST_SPREAD, LEAST_SPREAD = 5.0, 0.5, 2.0
"""Variance of the letters of a segment before any is known: of so many segments, in squares of the mean; and the least
that it is, in means."""
LARGEST_DEVIATION = 80.0
LONGEST_LEARNED = 4
SEED_WEIGHT, ENTRY_WEIGHT = 1.0, 3.0


@dataclass(frozen=True)
class _Texts:
    """What is learned from: documents, and behind them pairs that are known to be translations."""

    source: Side
    target: Side
    left: Words
    right: Words
    documents: int
    known: Beads


def train(
    corpus: Corpus,
    src_lang: str,
    tgt_lang: str,
    *,
    seeds: TextPairs | None = None,
    lexicon: TextPairs | None = None,
    settings: Settings | None = None,
) -> Model:
    """Learn a pair of languages.

    Args:
        corpus: documents, in the order in which they are learned from; those beyond `Settings.most_letters` are
            left out.
        src_lang: code of the source language; `tgt_lang` of the target language.
        tgt_lang: as `src_lang`.
        seeds: texts that are translations of each other, two arrays of the same length.
        lexicon: words or phrases that are translations of each other, likewise.
        settings: how to learn; None for the usual way.

    Returns:
        The model: the same for the same corpus, wherever it is trained.
    """
    settings = settings or Settings()
    texts = _read(corpus, seeds, lexicon, settings)
    ratio = float(texts.target.lengths.sum() / max(texts.source.lengths.sum(), 1.0)) or 1.0
    priors = tuple((FIRST_PRIORS / FIRST_PRIORS.sum()).tolist())
    spreads = (*_spread(texts.source), *_spread(texts.target))
    lengths = Lengths(ratio, settings.variance, priors, settings.length_weight, spreads)
    words = first_lexicon(texts.left, texts.right)
    if len(texts.known.weights):
        words = learned_lexicon(texts.left, texts.right, texts.source, texts.target, texts.known, settings)
    ways: list[npt.NDArray[np.int64] | None] = [None] * texts.documents
    weight, typical = 0.0, 0.0
    for number in range(2 * settings.passes):
        if number >= settings.passes and weight >= settings.few:
            break
        passed = _pass(texts, words, lengths, settings, ways, settings.gate if number else settings.first_gate)
        if number:  # the first ways were found without any translation: nothing is tied to them
            ways = passed.ways
        lengths = passed.lengths(lengths, settings.variance)
        typical = float(max(0.0, passed.evidence[0] / max(passed.evidence[1], 1.0)))
        beads = _joined(passed.beads, texts.known)
        weight = float(beads.weights.sum())
        words = learned_lexicon(texts.left, texts.right, texts.source, texts.target, beads, settings)
    return Model(
        src_lang=src_lang,
        tgt_lang=tgt_lang,
        settings=settings,
        ratio=lengths.ratio,
        variance=lengths.variance,
        priors=lengths.priors,
        spreads=lengths.spreads,
        documents=texts.documents,
        beads=weight,
        typical=typical,
        lexicon=words,
    )


def _read(corpus: Corpus, seeds: TextPairs | None, lexicon: TextPairs | None, settings: Settings) -> _Texts:
    """Number the words of a bounded number of documents, of the seeds and the lexicon."""
    pairs = [(*given, weight) for given, weight in ((seeds, SEED_WEIGHT), (lexicon, ENTRY_WEIGHT)) if given is not None]
    known = np.concatenate([np.zeros(0), *(np.full(len(one), weight) for one, _, weight in pairs)])
    columns = _sample(written(corpus.src).documents, written(corpus.tgt).documents, settings.most_letters)
    documents = len(columns[0])
    sides, words = [], []
    for column, given in ((columns[0], 0), (columns[1], 1)):
        segments, borders = flat_segments(column)
        parts = [segments, *(pair[given] for pair in pairs)]
        texts = pa.concat_arrays([part.cast(pa.large_string()) for part in parts])
        tokens = tokens_of_texts(texts, settings.stem)
        words.append(words_of(tokens))
        sides.append(side_of(tokens, borders, words[-1], len(words[-1])))
    first = [int(side.documents[-1]) for side in sides]
    numbers = np.arange(len(known), dtype=np.int32)
    ranges = np.stack([numbers + first[0], numbers + first[0] + 1, numbers + first[1], numbers + first[1] + 1], axis=1)
    return _Texts(sides[0], sides[1], words[0], words[1], documents, Beads(ranges.astype(np.int32), known))


def _sample(source: pa.Array, target: pa.Array, most: int) -> tuple[pa.Array, pa.Array]:
    """The first documents, as many as have at most so many letters (the first one in any case)."""
    letters = np.zeros(len(source), np.int64)
    for column in (source, target):
        texts, borders = flat_segments(column)
        sizes = np.concatenate([np.zeros(1, np.int64), np.cumsum(pc.utf8_length(texts).to_numpy())])
        letters += np.diff(sizes[borders])
    count = max(1, int(np.searchsorted(np.cumsum(letters), most, side="right")))
    return source.slice(0, count), target.slice(0, count)


def _spread(side: Side) -> tuple[float, float]:
    """Shape and scale of the gamma distribution of a segment's letters (by its mean and variance)."""
    lengths = np.maximum(side.lengths[: side.documents[-1]], 0.5)
    if not len(lengths):
        return 1.0, 1.0
    mean = float(lengths.mean())
    squares = float(((lengths - mean) ** 2).sum()) + SPREAD_WEIGHT * FIRST_SPREAD * mean * mean
    variance = max(squares / (len(lengths) + SPREAD_WEIGHT), LEAST_SPREAD * mean)
    return mean * mean / variance, variance / mean


@dataclass(frozen=True)
class _Pass:
    """What one pass over the documents found."""

    ways: list[npt.NDArray[np.int64] | None]
    beads: Beads
    letters: Reals
    """2 x n: letters on both sides of the beads."""
    shapes: Reals
    """How often each shape is expected."""
    evidence: Reals
    """Evidence of words in the beads that were chosen, in nats, and how many words they have."""

    def lengths(self, before: Lengths, first_variance: float) -> Lengths:
        """Ratio, variance and priors as these beads have them."""
        shares = self.shapes + PRIOR_WEIGHT * np.array(before.priors)
        priors = tuple((shares / shares.sum()).tolist())
        weights = self.beads.weights
        left, right = self.letters
        whole = float((weights * left).sum())
        if len(weights) <= 10 or whole <= 0:
            return replace(before, priors=priors)
        ratio = float((weights * right).sum()) / whole or before.ratio
        deviations = (ratio * left - right) ** 2 / np.maximum(1.0, (left + right / ratio) / 2)
        spread = float((weights * np.minimum(deviations, LARGEST_DEVIATION)).sum())
        variance = (spread + VARIANCE_WEIGHT * first_variance) / (float(weights.sum()) + VARIANCE_WEIGHT)
        return replace(before, ratio=ratio, variance=variance, priors=priors)


def _pass(
    texts: _Texts,
    words: Lexicon,
    lengths: Lengths,
    settings: Settings,
    ways: list[npt.NDArray[np.int64] | None],
    gate: float,
) -> _Pass:
    tables = tables_of(words, texts.left, texts.right)
    scorer = OpenWords(texts.source, texts.target, texts.left, texts.right, tables, settings)
    ranges, weights, letters = [np.zeros((0, 4), np.int64)], [np.zeros(0)], [np.zeros((2, 0))]
    shapes, evidence = np.zeros(len(SHAPES)), np.zeros(2)
    found: list[npt.NDArray[np.int64] | None] = []
    for document in range(texts.documents):
        left, right = texts.source.document(document)[2], texts.target.document(document)[2]
        way = ways[document]
        band = first_band(left, right, scorer, document) if way is None else next_band(left, right, way, settings)
        decoded = aligned(lengths, left, right, band, scorer, document, settings.price)
        found.append(decoded.way)
        evidence += _evidence(decoded, texts, document)
        shapes += decoded.posteriors.sum(axis=0, dtype=np.float64)
        places, certainty = _sure(decoded, band, gate)
        first = texts.source.documents[document], texts.target.documents[document]
        ranges.append(places + np.array([first[0], first[0], first[1], first[1]]))
        weights.append(certainty)
        letters.append(np.stack([left[places[:, 1]] - left[places[:, 0]], right[places[:, 3]] - right[places[:, 2]]]))
    beads = Beads(np.concatenate(ranges).astype(np.int32), np.concatenate(weights))
    return _Pass(found, beads, np.concatenate(letters, axis=1), shapes, evidence)


def first_band(left: Reals, right: Reals, words: OpenWords, document: int) -> Band:
    """What is considered before a way through a document is known."""
    if len(left) * len(right) <= WHOLE:
        return whole_band(len(left) - 1, len(right) - 1)
    return band_along(words.chain(document), left, right)


def next_band(left: Reals, right: Reals, way: npt.NDArray[np.int64], settings: Settings) -> Band:
    """What is considered when a way is known."""
    if len(left) * len(right) <= WHOLE:
        return whole_band(len(left) - 1, len(right) - 1)
    return band_around(columns_of_way(way, len(left) - 1), len(right) - 1, settings.width)


def _sure(decoded: Decoded, band: Band, gate: float) -> tuple[npt.NDArray[np.int64], Reals]:
    """Two-sided beads, not too long, whose probability reaches the gate: their ranges and probabilities."""
    allowed = TWO_SIDED & (SHAPES.sum(axis=1) <= LONGEST_LEARNED)
    cells, shapes = np.nonzero((decoded.posteriors >= gate) & allowed)
    rows = np.searchsorted(band.cells, cells, side="right") - 1
    columns = band.limits[rows, 0] + cells - band.cells[rows]
    ranges = np.stack([rows - SHAPES[shapes, 0], rows, columns - SHAPES[shapes, 1], columns], axis=1)
    return ranges.astype(np.int64), decoded.posteriors[cells, shapes].astype(np.float64)


def _evidence(decoded: Decoded, texts: _Texts, document: int) -> Reals:
    """Evidence in two-sided beads, and the mean number of words of both sides."""
    way = decoded.way[TWO_SIDED[decoded.way[:, 5]]]
    left, right = texts.source.document(document)[1], texts.target.document(document)[1]
    words = (left[way[:, 1]] - left[way[:, 0]] + right[way[:, 3]] - right[way[:, 2]]).sum() / 2.0
    return np.array([decoded.evidence[TWO_SIDED[decoded.way[:, 5]]].sum(), words])


def _joined(one: Beads, other: Beads) -> Beads:
    return Beads(np.concatenate([one.ranges, other.ranges]), np.concatenate([one.weights, other.weights]))
