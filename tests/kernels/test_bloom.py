"""Bloom filters: nothing that was put in is missed, and the rate of false positives is the one that was asked for."""

import numpy as np
import pytest
from hexapla.kernels.bloom import add, contains, shape_for


def keys(seed, count):
    return np.random.default_rng(seed).integers(0, 1 << 63, (count, 2), np.uint64) * np.uint64(2) + np.uint64(1)


@pytest.mark.parametrize("rate", [0.1, 1e-2, 1e-3])
@pytest.mark.parametrize("count", [3000, 100_000])
def test_no_key_is_missed_and_few_are_claimed_wrongly(count, rate):
    words, hashes = shape_for(count, rate)
    bits = np.zeros(words, np.uint64)
    add(keys(1, count), bits, hashes)
    assert contains(keys(1, count), bits, hashes).all()
    wrong = contains(keys(2, 200_000), bits, hashes).mean()
    assert 0.7 * rate < wrong < 1.3 * rate


def test_keys_that_differ_in_one_half_only_are_told_apart():
    bits = np.zeros(1000, np.uint64)
    add(np.array([[7, 7]], np.uint64), bits, 20)
    others = np.array([[7, 7], [7, 8], [8, 7], [0, 0]], np.uint64)
    assert contains(others, bits, 20).tolist() == [True, False, False, False]


def test_the_same_bits_in_any_order():
    one, other = np.zeros(5000, np.uint64), np.zeros(5000, np.uint64)
    add(keys(3, 5000), one, 7)
    add(keys(3, 5000)[::-1], other, 7)
    assert np.array_equal(one, other)
    assert not contains(keys(3, 10)[:0], one, 7).size


def test_shapes():
    assert shape_for(0, 1e-6) == (8, 20)
    words, hashes = shape_for(1_000_000, 1e-6)
    assert hashes == 20
    assert words * 64 / 1_000_000 == pytest.approx(28.76, abs=0.01)
    with pytest.raises(ValueError, match="too many"):
        shape_for(1e9, 1e-6)
