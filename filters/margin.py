"""Which sentences of two languages are translations of each other, by their vectors: margins and what is kept.

The margin of a pair holds its cosine against those with the nearest neighbours of both sides (Artetxe and Schwenk
2019), so that a sentence that is near to everything is near to nothing in particular. Cosines come from products of
whole numbers, and every sum has a fixed order: the same vectors give the same numbers on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from ..kernels.neighbours import LEAST, NONE, Neighbourhood
from ..kernels.vectors import Whole, squared_lengths

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Margin = Literal["ratio", "distance", "absolute"]
Match = Literal["max", "intersect", "union", "forward", "backward"]

DEFAULT_THRESHOLDS: Final[dict[Margin, float]] = {"ratio": 1.06, "distance": 0.06, "absolute": 0.8}
"""The ratio is that of stopes; the distance is about the same at cosines near 1."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of m vectors, the surest first; of equally sure ones those with the smaller numbers.

    Attributes:
        source, target: m numbers of vectors.
        margin: m margins.
        cosine: m cosines.
    """

    source: Numbers
    target: Numbers
    margin: Floats
    cosine: Floats

    def take(self, chosen: npt.NDArray[np.bool_] | Numbers) -> Pairs:
        """Some of them."""
        return Pairs(self.source[chosen], self.target[chosen], self.margin[chosen], self.cosine[chosen])


def neighbour_cosines(source: Whole, target: Whole, found: Neighbourhood) -> tuple[Floats, Floats]:
    """The cosines with the neighbours of each source (n x k) and of each target vector (m x k); NaN where is none."""
    lengths = [np.sqrt(squared_lengths(side).astype(np.float64)) for side in (source, target)]
    return (
        _cosines(lengths[0], lengths[1], found.forward, found.forward_products),
        _cosines(lengths[1], lengths[0], found.backward, found.backward_products),
    )


def _cosines(own: Floats, others: Floats, numbers: npt.NDArray[np.int32], products: npt.NDArray[np.int32]) -> Floats:
    if not products.size:
        return np.zeros(products.shape)
    cosines: Floats = products / (own[:, np.newaxis] * others[numbers])
    cosines[products == LEAST] = np.nan
    return cosines


def mean_cosine(cosines: Floats) -> Floats:
    """The mean cosine of each row (n x k, NaN for none) with its neighbours, nearest first; NaN without neighbours."""
    total, count = np.zeros(len(cosines)), np.zeros(len(cosines))
    for column in cosines.T:
        known = ~np.isnan(column)
        total[known] += column[known]
        count += known
    with np.errstate(invalid="ignore"):
        means: Floats = total / count
    return means


def margins(cosine: Floats, source_mean: Floats, target_mean: Floats, kind: Margin) -> Floats:
    """Margins of n pairs.

    Args:
        cosine: of each pair.
        source_mean: the mean cosine of its source vector with that one's nearest target vectors.
        target_mean: the other way round.
        kind: `ratio` divides the cosine by the mean of both, `distance` subtracts it, `absolute` is the cosine.

    Returns:
        n margins; -inf where the ratio has no meaning, since the neighbours' mean is not above 0.
    """
    if kind == "absolute":
        return cosine
    around = (source_mean + target_mean) / 2.0
    if kind == "distance":
        return cosine - around
    ratio: Floats = np.full(len(cosine), -np.inf)
    np.divide(cosine, around, out=ratio, where=around > 0.0)
    return ratio


def candidates(
    source: Whole, target: Whole, found: Neighbourhood, kind: Margin, least_cosine: float = -1.0
) -> tuple[Pairs, Pairs]:
    """For each source vector the neighbour with the largest margin, and for each target vector, as `Pairs` unsorted.

    Args:
        source: n x d.
        target: m x d.
        found: their neighbours.
        kind: see `margins`.
        least_cosine: pairs below it are no candidates.
    """
    forward, backward = neighbour_cosines(source, target, found)
    source_mean, target_mean = mean_cosine(forward), mean_cosine(backward)
    there = _best(found.forward, forward, source_mean, target_mean, kind, least_cosine)
    back = _best(found.backward, backward, target_mean, source_mean, kind, least_cosine)
    return there, Pairs(back.target, back.source, back.margin, back.cosine)


def _best(
    numbers: npt.NDArray[np.int32], cosines: Floats, own: Floats, others: Floats, kind: Margin, least: float
) -> Pairs:
    """The neighbour of each row with the largest margin; of equal ones that with the smaller number."""
    best = np.full(len(numbers), -np.inf)
    chosen = np.full(len(numbers), NONE, np.int64)
    cosine = np.zeros(len(numbers))
    for place in range(numbers.shape[1]):
        number, near = numbers[:, place].astype(np.int64), cosines[:, place]
        value = margins(near, own, others[number], kind)
        known = (number != NONE) & (near >= least)
        better = known & ((value > best) | ((value == best) & (chosen != NONE) & (number < chosen)))
        best[better], chosen[better], cosine[better] = value[better], number[better], near[better]
    rows = np.flatnonzero(chosen != NONE)
    return Pairs(rows, chosen[rows], best[rows], cosine[rows])


def matches(forward: Pairs, backward: Pairs, match: Match) -> Pairs:
    """Which candidates are kept, sorted.

    Args:
        forward: at most one pair for each source vector.
        backward: at most one pair for each target vector.
        match: `forward` and `backward` keep those of one side, `union` those of either, `intersect` those of both
            (mutual best), and `max` goes through the union, the surest first, and keeps a pair when neither of its ends
            is in one already (names as in LASER and stopes).
    """
    if match == "forward":
        return _sorted(forward)
    if match == "backward":
        return _sorted(backward)
    both = Pairs(*(np.concatenate(ends) for ends in zip(_columns(forward), _columns(backward), strict=True)))
    keys = both.source << np.int64(32) | both.target
    _, first, times = np.unique(keys, return_index=True, return_counts=True)
    if match == "intersect":
        return _sorted(both.take(first[times == 2]))
    found = _sorted(both.take(first))
    return found if match == "union" else found.take(_one_to_one(found))


def _columns(pairs: Pairs) -> tuple[Numbers, Numbers, Floats, Floats]:
    return pairs.source, pairs.target, pairs.margin, pairs.cosine


def _sorted(pairs: Pairs) -> Pairs:
    return pairs.take(np.lexsort((pairs.target, pairs.source, -pairs.margin)))


def _one_to_one(pairs: Pairs) -> Numbers:
    """Of sorted pairs those whose ends are in no earlier pair that is kept."""
    kept: list[Numbers] = []
    left = np.arange(len(pairs.source))
    while len(left):
        # whoever comes first at both of its ends is kept, whatever else is; then what it excludes goes
        source, target = pairs.source[left], pairs.target[left]
        is_first = np.zeros((2, len(left)), np.bool_)
        for row, ends in enumerate((source, target)):
            is_first[row, np.unique(ends, return_index=True)[1]] = True
        chosen = is_first.all(axis=0)
        kept.append(left[chosen])
        taken = np.isin(source, source[chosen]) | np.isin(target, target[chosen])
        left = left[~taken]
    return np.sort(np.concatenate([np.zeros(0, np.int64), *kept]))


def confidence(margin: Floats, kind: Margin) -> npt.NDArray[np.float32]:
    """Margins as scores in [0, 1], the larger the surer: r / (1 + r), (1 + d) / 2, or the cosine above 0."""
    if kind == "ratio":
        above = np.maximum(margin, 0.0)
        return np.where(np.isinf(above), 1.0, above / (1.0 + np.where(np.isinf(above), 0.0, above))).astype(np.float32)
    shifted = (1.0 + margin) / 2.0 if kind == "distance" else margin
    return np.clip(shifted, 0.0, 1.0).astype(np.float32)
