"""From scores to the beads of a document."""

# mypy: allow-untyped-calls

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..kernels.bead_alignment import bead_posteriors, best_way
from ..kernels.bead_scores import length_scores
from .alignment_bands import Band
from .alignment_model import SHAPES, TWO_SIDED
from .alignment_scorers import OpenScorer, Scores

Reals = npt.NDArray[np.float64]
UNPAIRED = -1.0
LEAST_GAIN = np.float32(1e-3)


@dataclass(frozen=True)
class Lengths:
    """What is known of a pair before any word is looked at."""

    ratio: float
    variance: float
    priors: tuple[float, ...]
    weight: float

    def scores(self, left: Reals, right: Reals, band: Band) -> Scores:
        """Scores of shape and length of all beads in the band (cells x shapes)."""
        out = np.empty((int(band.cells[-1]), len(SHAPES)), np.float32)
        length_scores(
            left, right, *band, SHAPES, np.log(np.array(self.priors)), self.ratio, self.variance, self.weight, UNPAIRED,
            out,
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


def decode(scores: Scores, band: Band, price: float) -> Decoded:
    """The way with the largest expected number of right beads (two-sided ones, at a price each)."""
    posteriors = np.empty_like(scores)
    total = bead_posteriors(scores, *band, SHAPES, posteriors)
    gains = np.where(TWO_SIDED, posteriors - np.float32(price), posteriors * LEAST_GAIN)
    gains[np.isneginf(scores)] = -np.inf
    way = np.empty((band.limits.shape[0] + int(band.limits[-1, 1]), 6), np.int64)
    count = best_way(gains, *band, SHAPES, way)
    return Decoded(way[:count], posteriors, total)


def scored(
    lengths: Lengths, left: Reals, right: Reals, band: Band, scorer: OpenScorer | None, document: int
) -> Scores:
    """All scores of a document's beads."""
    out = lengths.scores(left, right, band)
    if scorer is not None:
        scorer.add(document, band, out)
    return out
