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

from ..kernels.bead_scores import lexical_scores
from .alignment_bands import Band
from .alignment_lexicon import Tables, tables_of
from .alignment_model import SHAPES, Model
from .alignment_texts import Side, Words, flat_segments, side_of, tokens_of_texts

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
        return OpenWords(sides[0], sides[1], words[0], words[1], tables, self.model.settings.word_weight)


@dataclass(frozen=True)
class OpenWords:
    """Documents as numbers of words, and the tables for these words."""

    source: Side
    target: Side
    left: Words
    right: Words
    tables: Tables
    weight: float

    def add(self, document: int, band: Band, out: Scores) -> None:
        """Add the evidence of words."""
        words, starts, _ = self.source.document(document)
        other_words, other_starts, _ = self.target.document(document)
        lexical_scores(
            words, starts, other_words, other_starts, *band, SHAPES, *self.tables.arguments(), self.weight, out
        )
