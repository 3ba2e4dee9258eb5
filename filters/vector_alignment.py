"""Sentence alignment by vectors: documents of segments and of runs of up to four, coarse to fine, in linear time.

After vecalign (Thompson and Koehn 2019), with what short documents need: random vectors to hold distances against come
from other documents, too, where a document has few of its own. Samples are taken at even steps, not drawn, and products
are whole numbers: the same vectors give the same beads on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..kernels.vector_alignment import Side, cheapest_beads, costs, inverse_lengths
from ..kernels.vectors import LENGTH, Whole, quantise

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
Runs = npt.NDArray[np.int16]
"""r x n x d: at [k, i] the vector of the k + 1 segments that end with i; zeros where there are none."""

FULL_SIZE: Final = 200
"""Documents of up to so many segments on both sides are aligned without a band."""

COARSE_SIZE: Final = 600
"""The same for the coarsest view of a longer document, in which beads are 1-1."""

PENALTY: Final = 0.75
"""A segment without counterpart costs so much of what cheap random pairs cost: two of them more than such a pair."""

TRUSTED: Final = 0.02
"""A coarse bead is believed that costs less than all but this share of random pairs."""

FEWEST_SAMPLES: Final = 48
"""A document with fewer vectors of its own is held against some of other documents as well."""

CLEARLY: Final = 0.9
"""A segment is left out of a bead that without it costs less than this share."""

LEAST_NORM: Final = 0.15
"""A mean distance to random vectors below it comes from too few of them."""

UNRELATED: Final = 0.2
"""Documents with a lower score have nothing to do with each other."""


@dataclass(frozen=True)
class VectorSettings:
    """How documents are aligned by vectors.

    Attributes:
        longest: segments in a bead on one side, at most; on both sides together one more.
        deletion: the share of random pairs that are cheap: what they cost at most sets the penalty of a segment without
            counterpart (see `PENALTY`).
        samples: random vectors that distances are held against.
        reach: places on both sides of the coarser path that are searched.
    """

    longest: int = 4
    deletion: float = 0.2
    samples: int = 100
    reach: int = 12


@dataclass(frozen=True)
class Background:
    """Vectors of segments of many documents: what is usual in both languages.

    Attributes:
        source: s x d.
        target: t x d.
    """

    source: Whole
    target: Whole


@dataclass(frozen=True)
class VectorBeads:
    """The beads of one document, in order.

    Attributes:
        ranges: b x 4: first source segment and one more than the last, the same of the target; equal on a side without.
        score: b values, 0 (as near as chance) to 1 (the same vector); 0 for beads with one side.
        document_score: the mean over all segments.
        reason: why there is nothing to be trusted: "no_segments", "unrelated", or "".
    """

    ranges: Places
    score: npt.NDArray[np.float32]
    document_score: float
    reason: str


@lru_cache(maxsize=16)
def bead_shapes(longest: int) -> npt.NDArray[np.int32]:
    """Numbers of segments of a bead on both sides, the simplest first: 1-1, 1-0, 0-1, then up to 1-longest."""
    sizes = range(1, longest + 1)
    many = [(one, other) for one in sizes for other in sizes if 2 < one + other <= longest + 1]
    return np.array([(1, 1), (1, 0), (0, 1), *sorted(many, key=sum)], np.int32)


def align_vectors(
    source: Runs, target: Runs, background: Background | None = None, settings: VectorSettings | None = None
) -> VectorBeads:
    """Align the segments of one document in two languages.

    Args:
        source: r x n x d; r is at least `settings.longest`, or what beads have there at most.
        target: r x m x d.
        background: vectors of other documents, for those that are short.
        settings: how.
    """
    settings = settings or VectorSettings()
    rows, columns = source.shape[1], target.shape[1]
    if not rows or not columns or not source[0].any() or not target[0].any():
        return VectorBeads(_alone(rows, columns), np.zeros(rows + columns, np.float32), 0.0, "no_segments")
    levels = [(source, target)]
    while max(levels[-1][0].shape[1], levels[-1][1].shape[1]) > (FULL_SIZE if len(levels) == 1 else COARSE_SIZE):
        levels.append((_halved(levels[-1][0]), _halved(levels[-1][1])))
    limits = np.zeros((levels[-1][0].shape[1] + 1, 2), np.int32)
    limits[:, 1] = levels[-1][1].shape[1]
    beads = np.zeros((0, 4), np.int64)
    for depth in range(len(levels) - 1, -1, -1):
        one, other = _sides(*levels[depth], None if depth else background, settings)
        chance = _random_costs(one, other, None if depth else background)
        penalty = _share(chance, TRUSTED) / 2 if depth else PENALTY * _share(chance, settings.deletion)
        shapes = bead_shapes(1 if depth else min(settings.longest, len(source), len(target)))
        beads = cheapest_beads(one, other, limits, shapes, penalty)
        if depth:
            finer = levels[depth - 1]
            beads = _believed(one, other, beads, _share(chance, TRUSTED))
            limits = band(beads, finer[0].shape[1], finer[1].shape[1], settings.reach)
    beads = _without_strangers(one, other, beads)
    score = _scores(one, other, beads)
    sizes = (beads[:, 1] - beads[:, 0]) + (beads[:, 3] - beads[:, 2])
    document = math.fsum(score * sizes) / int(sizes.sum())
    return VectorBeads(beads, score.astype(np.float32), document, "unrelated" if document < UNRELATED else "")


def _alone(rows: int, columns: int) -> Places:
    """Every segment by itself."""
    ends = [(place, place + 1, 0, 0) for place in range(rows)]
    return np.array([*ends, *((rows, rows, place, place + 1) for place in range(columns))], np.int64).reshape(-1, 4)


def _halved(runs: Runs) -> Runs:
    """Every two neighbours as one, as sums of their directions less the mean of all."""
    whole = runs[0].astype(np.int32)
    if len(whole) % 2:
        whole = np.concatenate([whole, whole[-1:]])
    sums = (whole[0::2] + whole[1::2]).astype(np.int64)
    # whole numbers up to here, so that the mean does not depend on the order of additions
    centred = sums * len(sums) - sums.sum(axis=0)
    return quantise(centred.astype(np.float32))[0][np.newaxis]


def _evenly(vectors: Whole, count: int) -> Whole:
    """At most `count` of n vectors with a direction, at even steps."""
    return _steps(vectors[vectors.any(axis=1)], count)


def _samples(runs: Runs, others: Whole | None, count: int) -> Whole:
    """Vectors of a side, of runs of every length, and of other documents where these are few."""
    each = -(-count // len(runs))
    own = np.concatenate([_evenly(run, each) for run in runs])
    if others is None or len(own) >= FEWEST_SAMPLES or not len(others):
        return own
    return np.concatenate([own, _evenly(others, FEWEST_SAMPLES)])


def _sides(source: Runs, target: Runs, background: Background | None, settings: VectorSettings) -> tuple[Side, Side]:
    """Both sides with their mean distances to samples of the other."""
    of_source = _samples(source, background.source if background else None, settings.samples)
    of_target = _samples(target, background.target if background else None, settings.samples)
    return Side(source, _norms(source, of_target)), Side(target, _norms(target, of_source))


def _norms(runs: Runs, samples: Whole) -> Floats:
    """The mean distance of each vector to the samples: one minus its cosine with their mean direction."""
    if not len(samples):
        return np.ones(runs.shape[:2])
    # whole numbers, so that sums are exact in whatever order they are made
    few = len(samples) < FEWEST_SAMPLES
    together = samples.astype(np.int64).sum(axis=0)
    sums = np.empty(runs.shape[:2], np.int64)
    for run, start in product(range(len(runs)), range(0, runs.shape[1], 4096)):
        some = runs[run, start : start + 4096].astype(np.int64)
        sums[run, start : start + 4096] = np.einsum("ij,j->i", some, together)
        if few and len(samples) > 1:
            # the nearest of few may be the translation
            sums[run, start : start + 4096] -= np.einsum("ij,kj->ik", some, samples.astype(np.int64)).max(axis=1)
    count = len(samples) - 1 if few and len(samples) > 1 else len(samples)
    norms: Floats = np.maximum(1.0 - sums * (1.0 / (LENGTH * count)) * inverse_lengths(runs), LEAST_NORM)
    return norms


def _random_costs(source: Side, target: Side, background: Background | None) -> Floats:
    """Costs of pairs of segments at even steps; of other documents, too, where these are few."""
    rows, columns = (np.flatnonzero(side.scale[0]) for side in (source, target))
    found = [_unlikely(source, target, _steps(rows, 64), _steps(columns, 64))]
    if background is not None and min(len(rows), len(columns)) < FEWEST_SAMPLES:
        found += [_against(source, background.target), _against(target, background.source)]
    costs_of_pairs = np.concatenate(found)
    return costs_of_pairs if len(costs_of_pairs) else np.ones(1)


def _unlikely(source: Side, target: Side, rows: Places, columns: Places) -> Floats:
    """Costs of all pairs of some segments; where these are few, without the cheapest of each, which may be right."""
    found = costs(source, target, _grid(rows, columns)).reshape(len(rows), len(columns))
    if min(found.shape) >= FEWEST_SAMPLES or not found.size:
        return found.ravel()
    right = (found == found.min(axis=0)) | (found == found.min(axis=1)[:, np.newaxis])
    random: Floats = found[~right]
    return random


def _share(costs_of_pairs: Floats, share: float) -> float:
    """What this share of pairs costs less than."""
    return float(np.quantile(costs_of_pairs, share, method="lower"))


def _against(side: Side, others: Whole) -> Floats:
    """Costs of the segments of a side with vectors of other documents."""
    some, rows = _evenly(others, FEWEST_SAMPLES), np.flatnonzero(side.scale[0])
    if not len(some) or not len(rows):
        return np.zeros(0)
    other = Side(some[np.newaxis], _norms(some[np.newaxis], side.vectors[0][rows]))
    return _unlikely(side, other, rows, np.arange(len(some)))


def _grid(rows: Places, columns: Places) -> Places:
    """All pairs of single segments, as `costs` takes them."""
    pairs = np.zeros((len(rows) * len(columns), 4), np.int64)
    pairs[:, 1], pairs[:, 3] = np.repeat(rows, len(columns)), np.tile(columns, len(rows))
    return pairs


def _steps(values: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """At most `count` of n values, at even steps."""
    return values if len(values) <= count else values[np.arange(count, dtype=np.int64) * len(values) // count]


def _believed(source: Side, target: Side, beads: Places, limit: float) -> Places:
    """The beads with two sides that cost less than a limit."""
    both = beads[(beads[:, 1] > beads[:, 0]) & (beads[:, 3] > beads[:, 2])]
    return both[costs(source, target, _runs(both)) < limit]


def band(beads: Places, rows: int, columns: int, reach: int) -> npt.NDArray[np.int32]:
    """Where to search at twice the resolution of an alignment.

    Between two matched places the way is straight, and the band as much wider as there is doubt about it.

    Args:
        beads: b x 4, of half as many segments (rounded up).
        rows: source segments.
        columns: target segments.
        reach: places on both sides.

    Returns:
        (rows + 1) x 2: for each place between source segments the first and the last place of the target.
    """
    matched = beads[(beads[:, 1] > beads[:, 0]) & (beads[:, 3] > beads[:, 2])]
    corners = np.concatenate([[[0, 0]], matched[:, [0, 2]] * 2, matched[:, [1, 3]] * 2, [[rows, columns]]])
    corners = np.minimum(corners, [rows, columns])
    corners = np.unique(corners, axis=0)
    low, high = np.full(rows + 1, columns, np.int64), np.zeros(rows + 1, np.int64)
    _widen(corners, low, high, reach)
    # neither end of a band ever falls
    low, high = np.minimum.accumulate(low[::-1])[::-1], np.maximum.accumulate(high)
    return np.clip(np.stack([low, high], axis=1), 0, columns).astype(np.int32)


def _widen(corners: Places, low: Places, high: Places, reach: int) -> None:
    for (row, column), (next_row, next_column) in zip(corners[:-1].tolist(), corners[1:].tolist(), strict=True):
        steps, rise = next_row - row, next_column - column
        doubt = reach + min(max(min(steps, rise) - 2, 0) // 2, 16 * reach)
        places = np.arange(row, next_row + 1)
        at = column + (places - row) * rise // max(steps, 1)
        until = column + np.minimum(places - row + 1, steps) * rise // max(steps, 1)
        low[places] = np.minimum(low[places], at - doubt)
        high[places] = np.maximum(high[places], (until if steps else next_column) + doubt)


def _without_strangers(source: Side, target: Side, beads: Places) -> Places:
    """Beads of several segments without the outer ones that make them clearly no nearer: those stand alone.

    The cheapest way takes a segment that has no counterpart into a neighbour's bead where that costs less than the
    penalty.
    """
    beads = beads.copy()
    alone: list[tuple[int, int, int, int]] = []
    left = np.arange(len(beads))
    while True:
        sizes = np.stack([beads[left, 1] - beads[left, 0], beads[left, 3] - beads[left, 2]], axis=1)
        left = left[(sizes.min(axis=1) > 0) & (sizes.max(axis=1) > 1)]
        if not len(left):
            break
        trimmed = np.repeat(beads[left][np.newaxis], 4, axis=0)
        for end, step in enumerate((1, -1, 1, -1)):
            trimmed[end, :, end] += step
        there = (trimmed[:, :, 1] > trimmed[:, :, 0]) & (trimmed[:, :, 3] > trimmed[:, :, 2])
        found = np.full(there.shape, np.inf)
        found[there] = costs(source, target, _runs(trimmed[there]))
        best = found.argmin(axis=0)
        own = costs(source, target, _runs(beads[left]))
        better = found[best, np.arange(len(left))] < CLEARLY * own
        for bead, end in zip(left[better].tolist(), best[better].tolist(), strict=True):
            first, stop, other_first, other_stop = beads[bead].tolist()
            place = (first, stop - 1, other_first, other_stop - 1)[end]
            # a stranger keeps its place in order: before what is left of the bead, or after it
            other = (other_first, other_stop, first, stop)[end]
            alone.append((place, place + 1, other, other) if end < 2 else (other, other, place, place + 1))
            beads[bead, end] += (1, -1, 1, -1)[end]
        left = left[better]
    if alone:
        beads = np.concatenate([beads, np.array(alone, np.int64)])
        beads = beads[np.lexsort((beads[:, 3], beads[:, 1], beads[:, 2], beads[:, 0]))]
    return beads


def _runs(beads: Places) -> Places:
    """Beads as pairs of runs (see `costs`)."""
    return np.stack(
        [beads[:, 1] - beads[:, 0] - 1, beads[:, 1] - 1, beads[:, 3] - beads[:, 2] - 1, beads[:, 3] - 1], axis=1
    )  # fmt: skip


def _scores(source: Side, target: Side, beads: Places) -> Floats:
    """How much nearer than chance the two sides of each bead are."""
    score = np.zeros(len(beads))
    both = (beads[:, 1] > beads[:, 0]) & (beads[:, 3] > beads[:, 2])
    pairs = _runs(beads[both])
    score[both] = np.clip(1.0 - costs(source, target, pairs), 0.0, 1.0)
    return score
