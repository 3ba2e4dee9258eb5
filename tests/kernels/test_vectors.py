"""Vectors as whole numbers: exact products, nearest centroids, k-means."""

import numpy as np
import pytest
from hexapla.kernels.vectors import LENGTH, MOST_DIMENSIONS, centroids_of, nearest, quantise, squared_lengths


def drawn(seed, rows, size):
    chance = np.random.default_rng(seed)
    return (chance.normal(size=(rows, size)) * 10.0 ** chance.integers(-6, 6, (rows, 1))).astype(np.float32)


@pytest.mark.parametrize("size", [1, 2, 7, 64, 384, 1023])
def test_directions_stay_and_lengths_become_one(size):
    vectors = drawn(size, 50, size)
    whole, squares = quantise(vectors)
    assert squares.tolist() == [sum(int(value) ** 2 for value in row) for row in whole.tolist()]
    assert squared_lengths(whole).tolist() == squares.tolist()
    assert np.all(abs(np.sqrt(squares) - LENGTH) <= np.sqrt(size))
    exact = vectors.astype(np.float64) / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    cosine = (whole @ whole.T.astype(np.int64)) / np.sqrt(np.outer(squares, squares))
    assert np.max(abs(cosine - exact @ exact.T)) < 1e-4


def test_what_has_no_direction():
    vectors = np.array([[0, 0], [np.nan, 1], [np.inf, 1], [1, -np.inf], [3e38, 3e38], [1e-30, 0]], np.float32)
    whole, squares = quantise(vectors)
    assert (squares > 0).tolist() == [False, False, False, False, True, True]
    assert whole[:4].tolist() == [[0, 0]] * 4
    assert whole[5].tolist() == [LENGTH, 0]
    with pytest.raises(ValueError, match="are the most"):
        quantise(np.zeros((1, MOST_DIMENSIONS + 1), np.float32))


def test_the_longest_products_do_not_overflow():
    for size in (1, 2, 3, 1000, MOST_DIMENSIONS):
        whole, squares = quantise(np.ones((2, size), np.float32))
        assert 0 < squares[0] < 2**31
        assert nearest(whole[:1], whole, 1).tolist() == [[0]]


@pytest.mark.parametrize("seed", range(8))
def test_nearest_against_a_sort(seed):
    chance = np.random.default_rng(seed)
    vectors = chance.integers(-3, 4, (chance.integers(1, 300), 5)).astype(np.int16)
    centroids = chance.integers(-3, 4, (chance.integers(1, 300), 5)).astype(np.int16)
    count = int(chance.integers(1, min(9, len(centroids)) + 1))
    products = vectors.astype(np.int64) @ centroids.T.astype(np.int64)
    assert np.array_equal(nearest(vectors, centroids, count), np.argsort(-products, axis=1, kind="stable")[:, :count])


def test_centroids_find_separate_groups_and_do_not_depend_on_memory_layout():
    chance = np.random.default_rng(3)
    middles = np.eye(6, 40, dtype=np.float32)
    whole, _ = quantise(middles[np.arange(600) % 6] + 0.05 * chance.normal(size=(600, 40)).astype(np.float32))
    found = centroids_of(whole, 6)
    assert sorted(found.argmax(axis=1).tolist()) == [0, 1, 2, 3, 4, 5]
    assert np.array_equal(found, centroids_of(np.asfortranarray(whole), 6))
    assert centroids_of(whole[:3], 5).shape == (3, 40)
    assert centroids_of(np.zeros((0, 4), np.int16), 5).shape == (0, 4)


def test_a_centroid_that_attracts_nothing_stays():
    whole, _ = quantise(np.array([[1, 0], [1, 0.001], [1, 0.002], [-1, 0]], np.float32))
    assert len(centroids_of(np.concatenate([whole, whole]), 4)) == 4
