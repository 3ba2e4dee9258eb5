"""Votes for shifts, and cues that a cut would go through, beside plain Python."""

import numpy as np
import pytest
from hexapla.kernels.time_alignment import crossings, shift_votes


@pytest.mark.parametrize("seed", range(4))
def test_votes(seed):
    chance = np.random.default_rng(seed)
    reference, times = (np.sort(chance.uniform(0, 100, chance.integers(0, 60))) for _ in range(2))
    found = shift_votes(reference, times, -20.0, 0.5, 80)
    apart = (reference[:, None] - (times[None, :] - 20.0)).ravel()
    inside = apart[(apart >= 0) & (apart < 40)]
    assert (found == np.bincount((inside / 0.5).astype(int), minlength=80)).all()


def test_the_shift_that_is_there_wins():
    times = np.cumsum(np.random.default_rng(1).uniform(0.5, 4, 200))
    votes = shift_votes(times + 7.25, times, -30.0, 0.5, 120)
    assert -30 + (votes.argmax() + 0.5) * 0.5 == pytest.approx(7.25, abs=0.5) and votes.max() >= 200


@pytest.mark.parametrize("seed", range(4))
def test_crossings(seed):
    chance = np.random.default_rng(seed)
    tracks = [np.sort(chance.uniform(0, 60, 20)) for _ in range(3)]
    starts = np.concatenate(tracks)
    ends = starts + chance.uniform(0.2, 6, 60)
    cuts = np.sort(chance.uniform(-1, 65, 50))
    blocked, depth = crossings(cuts, np.array([0, 20, 40, 60]), starts, ends, 0.5, 0.35)
    for number, cut in enumerate(cuts):
        worst = [0.0] * 3
        over = [False] * 3
        for cue in range(60):
            if starts[cue] < cut < ends[cue]:
                inside = min(cut - starts[cue], ends[cue] - cut)
                worst[cue // 20] = max(worst[cue // 20], inside)
                over[cue // 20] |= inside > min(0.5, 0.35 * (ends[cue] - starts[cue]))
        assert (blocked[number], depth[number]) == (sum(over), pytest.approx(sum(worst)))
