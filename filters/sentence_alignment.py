"""Alignment of the segments of documents in two languages, without weights: the front door.

`train` learns a pair of languages from its own documents (`alignment_training.py`), `align` finds the beads of
documents with what was learned, or with another scorer (`alignment_scorers.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .alignment_decoding import Lengths, decode, scored
from .alignment_model import TWO_SIDED, Model, Settings
from .alignment_scorers import Corpus, LexicalScorer, OpenScorer, OpenWords, Scorer
from .alignment_training import first_band, next_band, train

__all__ = [
    "REASONS", "Corpus", "LexicalScorer", "Model", "OpenScorer", "PairBeads", "Scorer", "Settings", "align", "train",
]  # fmt: skip

REASONS = ("", "no_segments", "unrelated", "few_documents")
"""What a document's reason can be: nothing to say; a side without any text; the sides do not look like translations of
each other; too few documents for translations of words to be learned, so that lengths alone decided."""


@dataclass(frozen=True)
class PairBeads:
    """The beads of n documents, document after document, in the order of the source side."""

    document: npt.NDArray[np.int32]
    """m: to which document a bead belongs."""
    src_start: npt.NDArray[np.int32]
    """m: first segment; equal to `src_stop` for a bead without a source side."""
    src_stop: npt.NDArray[np.int32]
    tgt_start: npt.NDArray[np.int32]
    tgt_stop: npt.NDArray[np.int32]
    score: npt.NDArray[np.float32]
    """m: how sure a bead is, from 0 to 1."""
    method: list[str]
    """m names: "lexical", "length" or the scorer's own."""
    document_score: npt.NDArray[np.float32]
    """n: how sure it is that the two sides are translations of each other, from 0 to 1."""
    reason: list[str]
    """n of `REASONS`."""


def align(
    corpus: Corpus, model: Model, settings: Settings | None = None, scorer: Scorer | None = None
) -> PairBeads:
    """Find the beads of documents.

    Each document's beads depend on that document and the model alone: documents may come in any batches. A batch of
    many documents is faster than many batches of one.

    Args:
        corpus: n documents.
        model: what `train` learned of this pair.
        settings: how to decide; None for those of the model.
        scorer: who judges the beads in place of the model's words.
    """
    settings = settings or model.settings
    lexical = LexicalScorer(model).open(corpus)
    other = scorer.open(corpus) if scorer is not None else None
    method = scorer.method if scorer is not None else "lexical"
    lengths = Lengths(model.ratio, model.variance, model.priors, settings.length_weight)
    ways, scores = [], []
    reasons: list[str] = []
    document_scores = np.zeros(len(corpus), np.float32)
    for document in range(len(corpus)):
        way, certainty = _aligned(lexical, other or lexical, lengths, settings, document)
        ways.append(way)
        scores.append(certainty)
        reason = "" if len(way) and (way[:, 1] > way[:, 0]).any() and (way[:, 3] > way[:, 2]).any() else "no_segments"
        reasons.append(reason)
        if not reason:
            document_scores[document] = certainty.mean()
    flat = np.concatenate([np.zeros((0, 6), np.int64), *ways]).astype(np.int32)
    return PairBeads(
        document=np.repeat(np.arange(len(corpus), dtype=np.int32), [len(way) for way in ways]),
        src_start=flat[:, 0].copy(),
        src_stop=flat[:, 1].copy(),
        tgt_start=flat[:, 2].copy(),
        tgt_stop=flat[:, 3].copy(),
        score=np.concatenate([np.zeros(0, np.float32), *scores]),
        method=[method] * len(flat),
        document_score=document_scores,
        reason=reasons,
    )


def _aligned(
    lexical: OpenWords, scorer: OpenScorer, lengths: Lengths, settings: Settings, document: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The beads of one document, and their probabilities."""
    left, right = lexical.source.document(document)[2], lexical.target.document(document)[2]
    band = first_band(left, right)
    decoded = decode(scored(lengths, left, right, band, scorer, document), band, settings.price)
    narrow = next_band(left, right, decoded.way, settings)
    if narrow.cells[-1] != band.cells[-1]:
        decoded = decode(scored(lengths, left, right, narrow, scorer, document), narrow, settings.price)
    certainty = decoded.posteriors[decoded.way[:, 4], decoded.way[:, 5]]
    certainty = np.where(TWO_SIDED[decoded.way[:, 5]], certainty, certainty)
    return decoded.way, certainty.astype(np.float32)
