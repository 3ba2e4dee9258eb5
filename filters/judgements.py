"""What people's verdicts on a stratified sample of pairs say about all pairs: precision, a threshold, agreement.

Each judged pair stands for as many pairs as its weight says. Precision is the weighted share of good pairs (Hajek
1971); its interval is Wilson's (1927) on the effective number of judgements: the smaller one of Kish's (1965) and of
the one that the linearised variance amounts to, so that it is rather too wide than too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .calibration_intervals import CONFIDENCE, normal_quantile

VERDICTS = ("bad", "partial", "good")
"""From the worst to the best; "skip" and nothing are no verdicts."""

FEWEST = 20
"""With fewer judgements no threshold is looked for."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Precision:
    """A share of good pairs.

    Attributes:
        share: the estimate, 0 to 1; NaN without judgements.
        low, high: its interval.
        judged: number of judgements.
        effective: how many judgements of a plain random sample say as much.
    """

    share: float
    low: float
    high: float
    judged: int
    effective: float


@dataclass(frozen=True)
class Threshold:
    """A least score.

    Attributes:
        score: pairs with this score or more stay.
        precision: of what stays.
        kept: share of all pairs that stay, 0 to 1.
    """

    score: float
    precision: Precision
    kept: float


def wilson_interval(share: float, trials: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Wilson's score interval for a share seen in so many trials, which may be a fraction; (0, 1) without any."""
    if trials <= 0:
        return 0.0, 1.0
    z = normal_quantile(0.5 + confidence / 2)
    wide = z * z / trials
    middle = (share + wide / 2) / (1 + wide)
    half = math.sqrt(share * (1 - share) * wide + wide * wide / 4) / (1 + wide)
    return max(0.0, middle - half), min(1.0, middle + half)


def precision(good: Floats, weight: Floats) -> Precision:
    """The share of good pairs.

    Args:
        good: n values, 1 for a good pair and 0 for another.
        weight: for how many pairs each of them stands, above 0.
    """
    if not len(good):
        return Precision(math.nan, 0.0, 1.0, 0, 0.0)
    total = math.fsum(weight)
    share = min(1.0, math.fsum(weight * good) / total)
    effective = total * total / math.fsum(weight * weight)
    variance = math.fsum((weight * (good - share)) ** 2) / total**2 * len(good) / max(len(good) - 1, 1)
    if variance > 0:
        effective = min(effective, share * (1 - share) / variance)
    return Precision(share, *wilson_interval(share, effective), len(good), effective)


def threshold(good: Floats, weight: Floats, score: Floats, target: float, *, sure: bool = False) -> Threshold | None:
    """The least score from which on the share of good pairs is what is wanted.

    Args:
        good: n values, 1 for a good pair and 0 for another.
        weight: for how many pairs each of them stands, above 0.
        score: of the n pairs; those without one (NaN) are left out.
        target: the share, 0 to 1.
        sure: the lower end of the interval has to reach it, not the estimate.

    Returns:
        The one that keeps the most; None where none is found, or fewer than `FEWEST` judgements stand above it.
    """
    known = ~np.isnan(score)
    good, weight, score = good[known], weight[known], score[known]
    total = math.fsum(weight)
    for least in np.unique(score).tolist():
        above = score >= least
        if above.sum() < FEWEST:
            return None
        found = precision(good[above], weight[above])
        if (found.low if sure else found.share) >= target:
            return Threshold(least, found, math.fsum(weight[above]) / total)
    return None


def judgements_needed(target: float, share: float = 1.0) -> float:
    """How many judgements it takes to be sure of a share when another one, by default all, are good.

    Wilson's interval ends where the test of `target` does: z^2 t (1 - t) / (p - t)^2. Infinite where p is no larger.
    """
    if share <= target:
        return math.inf
    z = normal_quantile(0.5 + CONFIDENCE / 2)
    return math.ceil(z * z * target * (1 - target) / (share - target) ** 2)


def kappa(first: Sequence[str], second: Sequence[str]) -> float:
    """Agreement of two judges on the same n pairs beyond chance (Cohen 1960); NaN where chance explains all of it."""
    count = len(first)
    if not count:
        return math.nan
    same = sum(one == other for one, other in zip(first, second, strict=True)) / count
    chance = sum(first.count(name) * second.count(name) for name in {*first, *second}) / count**2
    return (same - chance) / (1 - chance) if chance < 1 else math.nan


def joint_verdict(verdicts: Iterable[str]) -> str:
    """What several judges say of a pair: the verdict of the most of them, the worse one where two are equally many."""
    counts: dict[str, int] = {}
    for verdict in verdicts:
        counts[verdict] = counts.get(verdict, 0) + 1
    return min(counts, key=lambda verdict: (-counts[verdict], VERDICTS.index(verdict)))


def agreements(judged: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str, int, float, float]]:
    """Every two judges: names, how many pairs both judged, share of equal verdicts, kappa.

    Args:
        judged: by judge the verdicts by uid.
    """
    found = []
    names = list(judged)
    for place, one in enumerate(names):
        for other in names[place + 1 :]:
            both = sorted(judged[one].keys() & judged[other].keys())
            left, right = [judged[one][uid] for uid in both], [judged[other][uid] for uid in both]
            same = sum(a == b for a, b in zip(left, right, strict=True)) / len(both) if both else math.nan
            found.append((one, other, len(both), same, kappa(left, right)))
    return found
