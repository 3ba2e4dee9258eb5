"""From scores to the beads of a document."""

# mypy: allow-untyped-calls

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..kernels.bead_alignment import bead_posteriors, best_way
from ..kernels.bead_scores import length_scores
from .alignment_bands import Band
from .alignment_model import SHAPES, TWO_SIDED
from .alignment_scorers import OpenScorer, Scores

Reals = npt.NDArray[np.float64]
LEAST_FIT = -6.0
"""What two lengths lose at most, in nats: some translations are free."""
LEAST_GAIN = np.float32(1e-3)


@dataclass(frozen=True)
class Lengths:
    """What is known of a pair before any word is looked at."""

    ratio: float
    variance: float
    priors: tuple[float, ...]
    weight: float
    spreads: tuple[float, float, float, float]
    """Shape and scale of the gamma distribution of a segment's letters, on the left and on the right."""

    def scores(self, left: Reals, right: Reals, band: Band) -> Scores:
        """Scores of shape and length of all beads in the band (cells x shapes)."""
        out = np.empty((int(band.cells[-1]), len(SHAPES)), np.float32)
        length_scores(
            left, right, *band, SHAPES, np.log(np.array(self.priors)), self.ratio, self.variance,
            np.array(self.spreads), self.weight, LEAST_FIT, out,
        )  # fmt: skip
        return out


@dataclass(frozen=True)
class Decoded:
    """The beads of a document."""

    way: npt.NDArray[np.int64]
    """b x 6: segments on both sides (first and last + 1), cell and shape."""
    posteriors: Scores
    """Of all candidate beads."""
    total: float
    """Logarithm of the sum over all ways."""
    evidence: Reals
    """b: what a scorer added to the beads."""


def decode(scores: Scores, band: Band, price: float) -> Decoded:
    """The way with the largest expected number of right beads (two-sided ones, at a price each)."""
    posteriors = np.empty_like(scores)
    total = bead_posteriors(scores, *band, SHAPES, posteriors)
    gains = np.where(TWO_SIDED, posteriors - np.float32(price), posteriors * LEAST_GAIN)
    gains[np.isneginf(scores)] = -np.inf
    way = np.empty((band.limits.shape[0] + int(band.limits[-1, 1]), 6), np.int64)
    count = best_way(gains, *band, SHAPES, way)
    return Decoded(way[:count], posteriors, total, np.zeros(count))


def aligned(
    lengths: Lengths, left: Reals, right: Reals, band: Band, scorer: OpenScorer, document: int, price: float
) -> Decoded:
    """The beads of a document, and the scorer's evidence for each.

    Args:
        lengths: what is known of lengths and shapes.
        left: n + 1, letters before each segment of the left side.
        right: m + 1, the same of the right side.
        band: what is considered.
        scorer: who judges.
        document: its number for the scorer.
        price: what a bead costs.
    """
    scores = lengths.scores(left, right, band)
    before = scores.copy()
    scorer.add(document, band, scores)
    decoded = decode(scores, band, price)
    cells, shapes = decoded.way[:, 4], decoded.way[:, 5]
    return replace(decoded, evidence=(scores[cells, shapes] - before[cells, shapes]).astype(np.float64))
