"""Nearest neighbours in both directions against sorted products."""

import numpy as np
import pytest
from hexapla.kernels.neighbours import LEAST, NONE, Neighbourhood


def drawn(seed, rows, size):
    return np.random.default_rng(seed).integers(-3, 4, (rows, size)).astype(np.int16)


@pytest.mark.parametrize("seed", range(8))
def test_all_pairs_against_a_sort_with_ties(seed):
    chance = np.random.default_rng(seed)
    source, target = drawn(seed, chance.integers(1, 400), 5), drawn(seed + 99, chance.integers(1, 400), 5)
    count = int(chance.integers(1, 20))
    found = Neighbourhood(source, target, count)
    found.compare()
    products = source.astype(np.int64) @ target.T.astype(np.int64)
    for numbers, values, near in (
        (found.forward, found.forward_products, products), (found.backward, found.backward_products, products.T)
    ):  # fmt: skip
        wanted = np.argsort(-near, axis=1, kind="stable")[:, :count]
        assert np.array_equal(numbers, wanted)
        assert np.array_equal(values, np.take_along_axis(near, wanted, axis=1))


def test_the_order_of_comparisons_makes_no_difference():
    source, target = drawn(1, 300, 4), drawn(2, 200, 4)
    whole, parts, pairs = (Neighbourhood(source, target, 7) for _ in range(3))
    whole.compare()
    chance = np.random.default_rng(5)
    for rows in np.array_split(chance.permutation(300), 9):
        for columns in np.array_split(chance.permutation(200), 4):
            parts.compare(rows, columns)
    every = chance.permutation(300 * 200)
    pairs.compare_pairs(every // 200, every % 200)
    for other in (parts, pairs):
        assert np.array_equal(whole.forward, other.forward)
        assert np.array_equal(whole.backward_products, other.backward_products)
        assert np.array_equal(whole.backward, other.backward)


def test_what_was_not_compared_has_no_neighbour():
    found = Neighbourhood(drawn(1, 3, 4), drawn(2, 5, 4), 2)
    found.compare(np.array([1]), np.array([4]))
    assert found.forward.tolist() == [[NONE, NONE], [4, NONE], [NONE, NONE]]
    assert found.backward[4].tolist() == [1, NONE]
    assert found.backward_products[0].tolist() == [LEAST, LEAST]
    empty = Neighbourhood(drawn(1, 3, 4), drawn(2, 0, 4), 2)
    empty.compare()
    assert empty.forward.shape == (3, 0) and empty.backward.shape == (0, 2)
