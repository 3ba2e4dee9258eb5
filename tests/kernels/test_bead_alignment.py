"""Scores, probabilities and ways of beads, against plain Python."""

from itertools import pairwise

import alignment_reference as reference
import numpy as np
import pytest
from hexapla.filters.alignment_bands import band_around, whole_band
from hexapla.kernels.bead_alignment import bead_posteriors, best_way
from hexapla.kernels.bead_anchors import heaviest_chain
from hexapla.kernels.bead_scores import length_scores, lexical_scores
from hypothesis import given, settings
from hypothesis import strategies as st

SHAPES = np.array(reference.SHAPES, np.int32)
PRIORS = np.log(np.linspace(0.5, 0.01, len(SHAPES)))
WORDS = 7
SPREADS = (2.0, 3.0, 1.5, 4.0)
segments = st.lists(st.lists(st.integers(0, WORDS - 1), max_size=4), min_size=1, max_size=6)


def before(lengths):
    return np.concatenate([np.zeros(1), np.cumsum(np.array(lengths, np.float64))])


def at(band, i, j):
    return band.cells[i] + j - band.limits[i, 0]


def flat(lists):
    starts = np.concatenate([[0], np.cumsum([len(words) for words in lists])]).astype(np.int64)
    return np.array([word for words in lists for word in words], np.int32), starts


def kernel_scores(left, right, band):
    out = np.empty((band.cells[-1], len(SHAPES)), np.float32)
    length_scores(
        before([3 * len(words) for words in left]), before([4 * len(words) for words in right]),
        *band, SHAPES, PRIORS, 1.3, 6.8, np.array(SPREADS), 0.5, -3.0, out,
    )  # fmt: skip
    return out


def tables(seed):
    random = np.random.default_rng(seed)
    chances = [random.random((WORDS, WORDS)) * (random.random((WORDS, WORDS)) < 0.5) for _ in range(2)]
    rest = [random.random(WORDS) * 0.5 + 0.1 for _ in range(4)]
    return chances, rest


def rows(chances):
    places = [np.flatnonzero(row) for row in chances]
    starts = np.concatenate([[0], np.cumsum([len(place) for place in places])]).astype(np.int64)
    columns = np.concatenate(places).astype(np.int32)
    values = np.concatenate([row[place] for row, place in zip(chances, places, strict=True)])
    return starts, columns, values.astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(segments, segments, st.integers(0, 5))
def test_scores_are_those_of_plain_python(left, right, seed):
    chances, rest = tables(seed)
    band = whole_band(len(left), len(right))
    out = kernel_scores(left, right, band)
    none, nothing = np.full(WORDS, -1, np.int32), np.zeros(WORDS, np.float32)
    lexical_scores(
        *flat(left), *flat(right), *band, SHAPES, *rows(chances[0]), *rows(chances[1]), none, nothing, none, nothing,
        *(values.astype(np.float32) for values in rest), 0.9, 0.3, 5.0, out,
    )  # fmt: skip
    shaped = reference.shape_and_length(
        [3 * len(words) for words in left], [4 * len(words) for words in right], PRIORS.tolist(), 1.3, 6.8, 0.5, -3.0,
        SPREADS,
    )
    ahead = {(e, f): chances[0][e, f] for e in range(WORDS) for f in range(WORDS)}
    back = {(f, e): chances[1][f, e] for e in range(WORDS) for f in range(WORDS)}
    wanted = reference.lexical(left, right, shaped, ahead, back, rest[0], rest[1], rest[2], rest[3], 0.9, 0.3, 5.0)
    for (i, j, k), score in wanted.items():
        assert out[at(band, i, j), k] == pytest.approx(score, abs=1e-3)
    assert np.isfinite(out).sum() == len(wanted)


@settings(max_examples=40, deadline=None)
@given(segments, segments)
def test_probabilities_and_way_are_those_of_plain_python(left, right):
    n, m = len(left), len(right)
    band = whole_band(n, m)
    scores = kernel_scores(left, right, band)
    found = np.empty_like(scores)
    total = bead_posteriors(scores, *band, SHAPES, found)
    plain = {
        (i, j, k): float(scores[at(band, i, j), k])
        for i in range(n + 1)
        for j in range(m + 1)
        for k in range(len(SHAPES))
        if np.isfinite(scores[at(band, i, j), k])
    }
    probabilities, whole = reference.forward_backward(plain, n, m)
    assert total == pytest.approx(whole, abs=1e-9)
    for (i, j, k), probability in probabilities.items():
        assert found[at(band, i, j), k] == pytest.approx(probability, abs=1e-6)
    out = np.empty((n + m + 1, 6), np.int64)
    count = best_way(scores, *band, SHAPES, out)
    assert [(*row[:4], row[5]) for row in out[:count].tolist()] == reference.best_way(plain, n, m)
    covered = sum(probability * SHAPES[k].sum() for (_, _, k), probability in probabilities.items())
    assert covered == pytest.approx(n + m)  # every segment is in exactly one bead


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 9), st.randoms(use_true_random=False))
def test_a_way_leads_through_every_band(n, m, width, random):
    columns = np.sort([random.randint(0, m) for _ in range(n + 1)])
    band = band_around(columns, m, width)
    assert (np.diff(band.limits, axis=0) >= 0).all()
    gains = np.zeros((band.cells[-1], len(SHAPES)), np.float32)
    length_scores(before([1] * n), before([1] * m), *band, SHAPES, PRIORS, 1.0, 6.8, np.array(SPREADS), 0.5, -3.0, gains)
    out = np.empty((n + m + 1, 6), np.int64)
    count = best_way(gains, *band, SHAPES, out)
    assert count >= 0
    assert sum(out[:count, 1] - out[:count, 0]) == n
    assert sum(out[:count, 3] - out[:count, 2]) == m


def heaviest(points):
    best = 0.0
    sums = []
    for place, (i, j, weight) in enumerate(points):
        sums.append(weight + max((sums[k] for k in range(place) if points[k][0] < i and points[k][1] < j), default=0.0))
        best = max(best, sums[-1])
    return best


@settings(max_examples=60, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=20), st.randoms(use_true_random=False))
def test_the_heaviest_chain_grows_on_both_sides(places, random):
    points = [(i, j, float(random.randint(1, 9))) for i, j in sorted(places, key=lambda place: (place[0], -place[1]))]
    left, right = (np.array([point[k] for point in points], np.int64) for k in (0, 1))
    out = np.empty(len(points), np.int64)
    count = heaviest_chain(left, right, np.array([point[2] for point in points], np.float64), 9, out)
    chain = [points[place] for place in out[:count].tolist()]
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(chain))
    assert sum(point[2] for point in chain) == heaviest(points)
