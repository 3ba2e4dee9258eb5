"""Who says how well segments fit: the interface of scorers, and the one that needs no network.

A scorer is opened on the documents that are to be aligned and is then asked document by document. It adds, to the
scores of shape and length that are already there, how much likelier the two sides of a bead are as translations of each
other than as texts that have nothing to do with each other (natural logarithms; 0 says nothing).
"""

# mypy: allow-untyped-calls

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..kernels.bead_anchors import anchor_points, heaviest_chain
from ..kernels.bead_scores import lexical_scores
from .alignment_bands import Band
from .alignment_lexicon import Tables, tables_of
from .alignment_model import SHAPES, Model, Settings
from .alignment_texts import Side, Words, flat_segments, side_of, tokens_of_texts

RARE = (4, 16, 64)
"""A word that stands oftener in a document joins no segments; more are taken where there are too few."""
LEAST_TRANSLATION = 0.1
ROOM_PER_WORD = 8

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Corpus:
    """n documents of one pair of languages, side by side, in a fixed order: the segments of each document."""

    src: pa.ListArray
    tgt: pa.ListArray

    def __len__(self) -> int:
        """How many documents there are."""
        return len(self.src)

    def __post_init__(self) -> None:
        """Both sides have the same documents."""
        if len(self.src) != len(self.tgt):
            raise ValueError(f"{len(self.src)} documents on one side and {len(self.tgt)} on the other")


class OpenScorer(Protocol):
    """A scorer that has seen the documents."""

    def add(self, document: int, band: Band, out: Scores) -> None:
        """Add the evidence for a document's beads.

        Args:
            document: its number in the corpus.
            band: the cells that are considered; the bead of shape (a, b) in cell (i, j) joins the segments i - a to
                i - 1 and j - b to j - 1 of the document.
            out: one row per cell, one column for each of `alignment_model.SHAPES`; -inf where a bead cannot be. Beads
                without one of the sides are left as they are.
        """


class Scorer(Protocol):
    """Something that can tell translations from other texts."""

    method: str
    """What is written beside the beads."""

    def open(self, corpus: Corpus) -> OpenScorer:
        """Prepare for documents (count words, compute vectors). What is added later depends on each document alone."""


@dataclass(frozen=True)
class LexicalScorer:
    """The words of a model."""

    model: Model
    method: str = "lexical"

    def open(self, corpus: Corpus) -> OpenWords:
        """Number the words of the documents."""
        stem = self.model.settings.stem
        words, sides = [], []
        for documents, known in ((corpus.src, self.model.lexicon.left), (corpus.tgt, self.model.lexicon.right)):
            texts, borders = flat_segments(documents)
            tokens = tokens_of_texts(texts, stem)
            words.append(known.extended(tokens))
            sides.append(side_of(tokens, borders, words[-1], len(known)))
        tables = tables_of(self.model.lexicon, words[0], words[1])
        return OpenWords(sides[0], sides[1], words[0], words[1], tables, self.model.settings)


@dataclass(frozen=True)
class OpenWords:
    """Documents as numbers of words, and the tables for these words."""

    source: Side
    target: Side
    left: Words
    right: Words
    tables: Tables
    settings: Settings

    def chain(self, document: int) -> npt.NDArray[np.int64]:
        """Pairs of segments that share rare words, c x 2, both columns ascending."""
        left, left_starts, _ = self.source.document(document)
        right, right_starts, _ = self.target.document(document)
        order = np.argsort(right, kind="stable")
        counts = np.bincount(right, minlength=len(self.right))
        first = np.cumsum(counts) - counts
        segments = np.repeat(np.arange(len(right_starts) - 1), np.diff(right_starts))[order]
        room = ROOM_PER_WORD * len(left) + 1
        rows, columns, weights = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
        left_counts = np.bincount(left, minlength=len(self.left))
        found = 0
        for rarest in RARE:  # where everything is said several times, nothing is very rare
            found = anchor_points(
                left, left_starts, left_counts, first, counts, segments, *self.tables.ahead, *self.tables.same[:2],
                rarest, LEAST_TRANSLATION, rows, columns, weights,
            )  # fmt: skip
            if 2 * found >= len(left_starts):
                break
        keys, places = np.unique(rows[:found] * len(right_starts) - columns[:found], return_inverse=True)
        sums = np.bincount(places, weights[:found], len(keys)).astype(np.float64)
        high = -(-keys // len(right_starts))
        low = high * len(right_starts) - keys
        links = np.empty(len(keys), np.int64)
        count = heaviest_chain(high, low, sums, len(right_starts) - 1, links)
        return np.stack([high[links[:count]], low[links[:count]]], axis=1)

    def add(self, document: int, band: Band, out: Scores) -> None:
        """Add the evidence of words."""
        settings = self.settings
        words, starts, _ = self.source.document(document)
        other_words, other_starts, _ = self.target.document(document)
        lexical_scores(
            words, starts, other_words, other_starts, *band, SHAPES, *self.tables.arguments(),
            settings.word_weight, settings.local, settings.reach, out,
        )  # fmt: skip
