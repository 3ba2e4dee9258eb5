"""How sure beads and documents are: probabilities of the alignment, tempered by what the words say.

The probability of a bead says that it is the best of this document's beads, not that the document is a translation: two
texts that have nothing to do with each other have a best alignment, too. So it is multiplied by how likely the sides of
the bead are to be translations of each other, from the evidence of its own words and that of the whole document.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .alignment_decoding import Decoded
from .alignment_model import TWO_SIDED

Reals = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

TEMPER = 0.5
"""Of the evidence: words of a sentence do not stand for themselves."""
EXPECTED = 0.2
"""The part of the evidence that is usual of a pair that a bead has to bring to be as likely right as wrong."""
CONTEXT = 8.0
LEAST_EVIDENCE = 0.02
"""Nats per word; with less, the words of a model say nothing."""
LEAST_RELATED, MOST_RELATED, STRONG_EVIDENCE, MANY_BEADS = 0.1, 0.4, 0.4, 300.0
"""A document with a lower score is called unrelated: lower than the first where little was learned, near the second
where words say so many nats each and were learned from more than so many beads: then what all texts of a corpus share
makes unrelated ones look alike, and true ones score high."""


@dataclass(frozen=True)
class DocumentBeads:
    """The beads of one document."""

    ranges: npt.NDArray[np.int32]
    """b x 4: segments of the source (first and last + 1) and of the target."""
    scores: npt.NDArray[np.float32]
    document_score: float
    both_sides: bool
    """Whether both sides have text."""


def judged(
    decoded: Decoded, letters: tuple[Reals, Reals], words: tuple[Places, Places], typical: float
) -> DocumentBeads:
    """Scores of the beads and of the document.

    Args:
        decoded: the beads, with evidence.
        letters: n + 1 and m + 1, letters before each segment.
        words: n + 1 and m + 1, words before each segment.
        typical: nats per word that are usual for the pair.
    """
    way = decoded.way
    both = TWO_SIDED[way[:, 5]]
    certainty = decoded.posteriors[way[:, 4], way[:, 5]].astype(np.float64)
    size = (_within(words[0], way[:, 0:2]) + _within(words[1], way[:, 2:4])) / 2.0
    evidence = TEMPER * (decoded.evidence - EXPECTED * typical * size)
    length = _within(letters[0], way[:, 0:2]) + _within(letters[1], way[:, 2:4])
    whole = max(float(length.sum()), 1.0)
    alone = float((length * certainty * _logistic(evidence))[both].sum()) / whole
    scores = np.where(both, certainty * _logistic(evidence + CONTEXT * (alone - 0.5)), certainty)
    related = float((length * scores)[both].sum()) / whole
    sides = len(letters[0]) > 1 and len(letters[1]) > 1
    return DocumentBeads(way[:, :4].astype(np.int32), scores.astype(np.float32), related if sides else 0.0, sides)


def least_related(typical: float, beads: float) -> float:
    """The score below which documents are unrelated, for what a model knows (`Model.typical`, `Model.beads`)."""
    trust = min(1.0, typical / STRONG_EVIDENCE) * beads / (beads + MANY_BEADS)
    return LEAST_RELATED + (MOST_RELATED - LEAST_RELATED) * trust


def _within(before: Reals | Places, ranges: Places) -> Reals:
    return (before[ranges[:, 1]] - before[ranges[:, 0]]).astype(np.float64)


def _logistic(values: Reals) -> Reals:
    found: Reals = 1.0 / (1.0 + np.exp(-np.clip(values, -50.0, 50.0)))
    return found


def with_empty(beads: DocumentBeads, source: tuple[Places, int], target: tuple[Places, int]) -> DocumentBeads:
    """The beads in the numbers that segments have when the empty ones are counted, and a bead for each empty one.

    Args:
        beads: of the segments that are not empty.
        source: numbers of these segments on the source side, and how many there are with the empty ones; `target` the
            same of the target side.
        target: as `source`.
    """
    if len(source[0]) == source[1] and len(target[0]) == target[1]:
        return beads
    rows: list[tuple[int, int, int, int]] = []
    scores: list[float] = []
    at = [0, 0]

    def skip(side: int, stop: int) -> None:
        for place in range(at[side], stop):
            rows.append((place, place + 1, at[1], at[1]) if side == 0 else (at[0], at[0], place, place + 1))
            scores.append(1.0)
        at[side] = max(at[side], stop)

    for (first, last, other_first, other_last), score in zip(beads.ranges.tolist(), beads.scores.tolist(), strict=True):
        bounds = []
        for side, (low, high) in enumerate(((first, last), (other_first, other_last))):
            places = (source, target)[side][0]
            if high > low:
                skip(side, int(places[low]))
                at[side] = int(places[high - 1]) + 1
                bounds.append((int(places[low]), at[side]))
            else:
                bounds.append((-1, -1))
        bounds = [(at[side], at[side]) if bound[0] < 0 else bound for side, bound in enumerate(bounds)]
        rows.append((*bounds[0], *bounds[1]))
        scores.append(score)
    skip(0, source[1])
    skip(1, target[1])
    ranges = np.array(rows, np.int32).reshape(-1, 4)
    return DocumentBeads(ranges, np.array(scores, np.float32), beads.document_score, beads.both_sides)
