"""Shift and speed, pieces where something was cut, and files that fit nowhere."""

import numpy as np
import pytest
from hexapla.filters.time_maps import fit


def film(seed, cues=500):
    chance = np.random.default_rng(seed)
    lengths = chance.uniform(1, 5, cues)
    gaps = np.maximum(0.04, chance.exponential(1.0, cues) * (chance.random(cues) < 0.7))
    starts = np.cumsum(lengths + gaps) - lengths
    return starts, starts + lengths


def jittered(starts, ends, seed, width=0.15):
    chance = np.random.default_rng(seed)
    starts = starts + chance.uniform(-width, width, len(starts))
    order = np.argsort(starts)
    return starts[order], (ends + chance.uniform(-width, width, len(ends)))[order]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("speed", "shift"),
    [(1.0, 0.0), (1.0, 36000.0), (25 / (24000 / 1001), -12.0), (24000 / 1001 / 25, 3.0), (24 / 25, 0.0), (1.001, 5.0), (1.0131, 3.0)],
)
def test_a_line_is_found(speed, shift, seed):
    starts, ends = film(seed, 1600)
    keep = np.random.default_rng(seed + 9).random(len(starts)) > 0.15
    track = jittered(starts[keep], ends[keep], seed)
    found = fit((starts, ends), tuple((times - shift) / speed for times in track))
    assert found.fitted and len(found.pieces) == 1
    assert np.abs(found.apply((track[0] - shift) / speed) - track[0]).max() < 0.2
    assert found.matched > 0.95 and found.residual < 0.15


@pytest.mark.parametrize("seed", range(5))
def test_cuts_are_found(seed):
    starts, ends = film(seed, 600)
    keep = np.r_[0:200, 240:600]
    there = starts[keep].copy(), ends[keep].copy()
    moved = np.zeros(len(keep))
    moved[200:] -= starts[240] - starts[200]
    moved[420:] += 95.0
    track = jittered(there[0] + moved, there[1] + moved, seed)
    found = fit((starts, ends), track)
    assert found.fitted and len(found.pieces) == 3
    wrong = np.abs(found.apply(track[0]) - there[0]) > 0.5
    assert wrong.sum() <= 4


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("cues", [60, 400])
def test_another_film_does_not_fit(seed, cues):
    assert not fit(film(seed, cues), film(seed + 50, cues)).fitted


def test_even_cues_stay_where_they_are():
    starts = np.arange(0, 300, 3.0)
    found = fit((starts, starts + 2.9), (starts + 0.2, starts + 3.0))
    assert found.fitted and abs(found.apply(starts)[0]) < 0.5


@pytest.mark.parametrize("cues", [1, 2, 5])
def test_a_few_cues_are_taken_as_they_are(cues):
    starts = np.arange(cues) * 4.0
    found = fit((starts, starts + 2), (starts + 100, starts + 102))
    assert found.fitted and found.apply(starts).tolist() == starts.tolist()


def even_film(seed, cues, shortest, longest):
    chance = np.random.default_rng(seed)
    lengths = chance.uniform(shortest, longest, cues) + np.where(chance.random(cues) < 0.1, chance.exponential(2, cues), 0)
    starts = np.cumsum(lengths)
    return starts, starts + lengths * 0.9


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("cues", "shortest", "longest"), [(100, 1, 5), (300, 1, 5), (30, 0.5, 2), (400, 0.5, 2), (1000, 0.8, 1.5), (1500, 1, 2.5)]
)
def test_cues_that_keep_a_distance_fit_only_their_own(cues, shortest, longest, seed):
    reference = even_film(seed, cues, shortest, longest)
    assert not fit(reference, even_film(seed + 50, cues, shortest, longest)).fitted
    keep = np.random.default_rng(seed).random(cues) > 0.15
    starts, ends = jittered(reference[0][keep] + 37, reference[1][keep] + 37, seed, 0.1)
    assert fit(reference, (starts, ends)).fitted


def test_a_map_of_many_pieces_pays_for_each():
    def track(chance, cues):
        lengths = chance.uniform(1, 5, cues) + np.where(chance.random(cues) < 0.1, chance.exponential(8, cues), 0)
        starts = np.cumsum(lengths)
        return starts, starts + np.minimum(lengths, chance.uniform(1, 4, cues))

    fitted = []
    for cues in (30, 100, 300):
        for seed in range(8):
            chance = np.random.default_rng(seed)
            fitted.append(fit(track(chance, cues), track(chance, cues)).fitted)
    assert not any(fitted)


def test_cues_written_twice_still_fit():
    starts, ends = film(3, 200)
    twice = np.repeat(starts, 2), np.repeat(ends, 2)
    found = fit(twice, (twice[0] + 20, twice[1] + 20))
    assert found.fitted and np.abs(found.apply(twice[0] + 20) - twice[0]).max() < 0.2
