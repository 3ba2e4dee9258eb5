"""Pairs of near-duplicates among vectors against all pairs, and who follows whom against plain Python."""

import random

import numpy as np
import pytest
from hexapla.kernels.vector_clusters import MOST_MEMBERS, MOST_PAIRS, Pairs, leaders, settled, similar_pairs
from hexapla.kernels.vectors import quantise


def clouds(seed, rows, size, groups, spread):
    """Vectors around a few middles, and a random order of some of them."""
    chance = np.random.default_rng(seed)
    middles = chance.normal(size=(groups, size))
    vectors = middles[chance.integers(0, groups, rows)] + chance.normal(size=(rows, size)) * spread
    whole, squares = quantise(vectors.astype(np.float32))
    return whole, squares, chance.permutation(rows)[: rows - rows // 10]


def cosines(whole, squares):
    return (whole @ whole.T.astype(np.int64)) / np.sqrt(np.outer(squares, squares).astype(np.float64))


def reference(cosine, order, guards, threshold):
    """Who leads whom when all are compared with all that lead before them."""
    leader, leading = {}, []
    for row in order:
        follows = [
            hub for hub in leading
            if cosine[row, hub] >= threshold and not (guards[row] and guards[row] == guards[hub])
        ]  # fmt: skip
        leader[row] = follows[0] if follows else row
        if not follows:
            leading.append(row)
    return leader


def found_leaders(pairs, order, rows):
    rank = np.full(rows, -1)
    rank[order] = np.arange(len(order))
    return {order[n]: order[hub] for n, hub in enumerate(leaders(rank[pairs.row], rank[pairs.hub], len(order)))}


@pytest.mark.parametrize("seed", range(12))
def test_within_one_cell_the_leaders_are_those_of_all_comparisons(seed):
    chance = random.Random(seed)
    rows = chance.choice([1, 2, 30, 256, 257, 900])
    whole, squares, order = clouds(seed, rows, chance.choice([2, 16, 100]), chance.choice([1, 5, 40]), 0.25)
    guards = np.array([chance.choice([0, 0, 1, 2]) for _ in range(rows)], np.uint64)
    pairs = similar_pairs(whole, order, squares, guards, 0.95, 65536)
    cosine = cosines(whole, squares)
    assert found_leaders(pairs, order.tolist(), rows) == reference(cosine, order.tolist(), guards.tolist(), 0.95)
    assert np.allclose(pairs.similarity, cosine[pairs.row, pairs.hub])
    assert np.all(pairs.similarity >= 0.95 - 1e-12)
    assert np.all(np.bincount(pairs.row, minlength=1) <= MOST_PAIRS)
    rank = {row: place for place, row in enumerate(order.tolist())}
    assert all(rank[row] > rank[hub] for row, hub in zip(pairs.row.tolist(), pairs.hub.tolist(), strict=True))


def test_many_copies_make_few_pairs():
    whole, squares = quantise(np.repeat(np.array([[1.0, 2, 3], [3, 2, 1]], np.float32), 50_000, axis=0))
    pairs = similar_pairs(whole, np.arange(100_000), squares, np.zeros(100_000, np.uint64), 1.0, 65536)
    assert len(pairs.row) <= 100_000 * (MOST_MEMBERS + 1)
    assert np.unique(leaders(pairs.row, pairs.hub, 100_000)).tolist() == [0, 50_000]


def test_a_bound_on_what_is_remembered_only_misses():
    whole, squares, order = clouds(4, 2000, 20, 600, 0.1)
    guards = np.zeros(2000, np.uint64)
    every = similar_pairs(whole, order, squares, guards, 0.95, 65536)
    few = similar_pairs(whole, order, squares, guards, 0.95, 100)
    both = [set(zip(found.row.tolist(), found.hub.tolist(), strict=True)) for found in (every, few)]
    assert both[1] < both[0]
    assert len(np.unique(few.hub)) <= 100


def test_nothing_to_compare():
    whole, squares, _ = clouds(1, 3, 4, 1, 0.1)
    assert len(similar_pairs(whole, np.zeros(0, np.int64), squares, np.zeros(3, np.uint64), 0.9, 10).row) == 0
    assert leaders(np.zeros(0, np.int64), np.zeros(0, np.int64), 3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", range(10))
def test_leaders_against_plain_python(seed):
    chance = random.Random(seed)
    pairs = [sorted(chance.sample(range(40), 2), reverse=True) for _ in range(chance.randint(0, 90))]
    found = leaders(*(np.array([pair[end] for pair in pairs], np.int64) for end in (0, 1)), 40)
    expected = list(range(40))
    for row in range(40):
        leading = [hub for later, hub in pairs if later == row and expected[hub] == hub]
        expected[row] = min(leading, default=row)
    assert found.tolist() == expected


@pytest.mark.parametrize("seed", range(6))
def test_what_leads_only_because_its_hubs_gave_way_is_compared_with_what_they_follow(seed):
    whole, squares, order = clouds(seed, 400, 8, 12, 0.12)
    whole, squares = whole[order], squares[order]
    cosine, chance = cosines(whole, squares), np.random.default_rng(seed)
    cells = [np.flatnonzero(chance.random(len(order)) < 0.3) for _ in range(6)]
    guards = chance.integers(0, 3, len(order)).astype(np.uint64)
    parts = [similar_pairs(whole, cell, squares, guards, 0.97, 65536) for cell in cells]
    joined = Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "hub", "similarity")))
    leader, found = settled(joined, guards, 0.97, lambda ranks: whole[ranks])
    follows = np.flatnonzero(leader != np.arange(len(order)))
    assert np.all(leader[leader] == leader)
    assert np.allclose(found[follows], cosine[follows, leader[follows]])
    assert np.all(found[follows] >= 0.97 - 1e-12)
    assert not np.any((guards[follows] != 0) & (guards[follows] == guards[leader[follows]]))
    assert len(follows) >= np.sum(leaders(joined.row, joined.hub, len(order)) != np.arange(len(order)))
    assert np.isnan(np.delete(found, follows)).all()
