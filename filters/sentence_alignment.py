"""Alignment of the segments of documents in two languages, without weights: the front door.

`train` learns a pair of languages from its own documents (`alignment_training.py`), `align` finds the beads of
documents with what was learned, or with another scorer (`alignment_scorers.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .alignment_confidence import LEAST_EVIDENCE, DocumentBeads, judged, least_related, with_empty
from .alignment_decoding import Lengths, aligned
from .alignment_model import Model, Settings
from .alignment_scorers import Corpus, LexicalScorer, OpenScorer, OpenWords, Scorer
from .alignment_texts import written
from .alignment_training import first_band, next_band, train

__all__ = [
    "REASONS", "Corpus", "LexicalScorer", "Model", "OpenScorer", "PairBeads", "Scorer", "Settings", "align", "train",
]  # fmt: skip

REASONS = ("", "no_segments", "unrelated", "few_documents", "too_short")
"""What a document's reason can be: nothing to say; a side without any text; the sides do not look like translations of
each other; too few documents for translations of words to be learned, so that lengths alone decided; so few segments
that there was nothing to choose between."""

SHORTEST = 3
"""Segments that the shorter side of a document needs so that its alignment says something."""


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

    A segment without any text stands alone, with score 1, unless a bead reaches from before it to behind it: such a
    bead's range contains it.

    Args:
        corpus: n documents.
        model: what `train` learned of this pair.
        settings: how to decide; None for those of the model.
        scorer: who judges the beads in place of the model's words.
    """
    settings = settings or model.settings
    source, target = written(corpus.src), written(corpus.tgt)
    shown = Corpus(source.documents, target.documents)
    words = LexicalScorer(model).open(shown)
    judge: OpenScorer = words if scorer is None else scorer.open(shown)
    method = scorer.method if scorer is not None else ("lexical" if model.typical >= LEAST_EVIDENCE else "length")
    typical = model.typical if scorer is None else 0.0
    lengths = Lengths(model.ratio, model.variance, model.priors, settings.length_weight, model.spreads)
    least = least_related(typical, model.beads)
    if scorer is None:  # how sure a bead is, is known no better than its words
        settings = replace(settings, price=settings.price * min(1.0, model.beads / max(settings.few, 1.0)))
    found, shorter = [], []
    for document in range(len(corpus)):
        shorter.append(min(len(side.document(document)[2]) - 1 for side in (words.source, words.target)))
        beads = _aligned(words, judge, lengths, settings, typical, document)
        found.append(with_empty(beads, source.places_of(document), target.places_of(document)))
    ranges = np.concatenate([np.zeros((0, 4), np.int32), *(beads.ranges for beads in found)])
    return PairBeads(
        document=np.repeat(np.arange(len(corpus), dtype=np.int32), [len(beads.ranges) for beads in found]),
        src_start=ranges[:, 0].copy(),
        src_stop=ranges[:, 1].copy(),
        tgt_start=ranges[:, 2].copy(),
        tgt_stop=ranges[:, 3].copy(),
        score=np.concatenate([np.zeros(0, np.float32), *(beads.scores for beads in found)]).astype(np.float32),
        method=[method] * len(ranges),
        document_score=np.array([beads.document_score for beads in found], np.float32),
        reason=[_reason(beads, method, least, size) for beads, size in zip(found, shorter, strict=True)],
    )


def _reason(beads: DocumentBeads, method: str, least: float, segments: int) -> str:
    if not beads.both_sides:
        return "no_segments"
    if beads.document_score < least:
        return "unrelated"
    if method == "length":
        return "few_documents"
    return "too_short" if segments < SHORTEST else ""


def _aligned(
    words: OpenWords, judge: OpenScorer, lengths: Lengths, settings: Settings, typical: float, document: int
) -> DocumentBeads:
    """The beads of one document, and how sure they are."""
    _, left_words, left = words.source.document(document)
    _, right_words, right = words.target.document(document)
    band = first_band(left, right, words, document)
    decoded = aligned(lengths, left, right, band, judge, document, settings.price)
    narrow = next_band(left, right, decoded.way, settings)
    if narrow.cells[-1] != band.cells[-1]:
        decoded = aligned(lengths, left, right, narrow, judge, document, settings.price)
    return judged(decoded, (left, right), (left_words, right_words), typical)
