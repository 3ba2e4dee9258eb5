"""MEXA's share against its definition."""

import math

import numpy as np
import pytest
from hexapla.filters.alignment_score import alignment_score
from hexapla.kernels.vectors import quantise, squared_lengths


def definition(source, target):
    """By the whole matrix of cosines."""
    lengths = [np.sqrt(squared_lengths(side)) for side in (source, target)]
    cosine = (source.astype(np.int64) @ target.T.astype(np.int64)) / np.outer(*lengths)
    hits = 0
    for place in range(len(source)):
        others = np.concatenate([np.delete(cosine[place], place), np.delete(cosine[:, place], place)])
        hits += bool(np.all(cosine[place, place] > others))
    return hits / len(source)


@pytest.mark.parametrize("noise", [0.3, 1.0, 2.0])
def test_against_the_definition(noise):
    chance = np.random.default_rng(int(noise * 10))
    said = chance.normal(size=(100, 24))
    source, target = (quantise((said + noise * chance.normal(size=said.shape)).astype(np.float32))[0] for _ in range(2))
    assert alignment_score(source, target) == definition(source, target)
    assert (alignment_score(source, target) > 0.9) == (noise < 0.5)


def test_ties_zeros_and_nothing():
    same, _ = quantise(np.ones((3, 4), np.float32))
    assert alignment_score(same, same) == 0.0
    assert alignment_score(same[:1], same[:1]) == 1.0
    assert alignment_score(np.zeros((1, 4), np.int16), same[:1]) == 0.0
    assert math.isnan(alignment_score(same[:0], same[:0]))
    with pytest.raises(ValueError, match="2 sentences and 3"):
        alignment_score(same[:2], same)
