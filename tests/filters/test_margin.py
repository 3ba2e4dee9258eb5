"""Margins and what is kept, against a plain reference in double precision; where margins beat cosines."""

import numpy as np
import pytest
from hexapla.filters.margin import candidates, confidence, matches
from hexapla.filters.vector_search import neighbourhood
from hexapla.kernels.vectors import quantise, squared_lengths


def planted(seed=0, said=150, alone=80, size=48, noise=0.4, hubs=0):
    """Vectors of two languages: `said` translations at equal numbers, others alone, and target rows near to all."""
    chance = np.random.default_rng(seed)
    common = 1.2 * chance.normal(size=size)
    meaning = chance.normal(size=(said, size)) + common
    sides = [
        np.concatenate([meaning + noise * chance.normal(size=meaning.shape), common + chance.normal(size=(alone, size))])
        for _ in range(2)
    ]
    if hubs:
        near = sides[0].mean(axis=0) + 0.15 * chance.normal(size=(hubs, size))
        sides[1] = np.concatenate([sides[1], near])
    return [quantise(side.astype(np.float32))[0] for side in sides]


def reference(source, target, kind, match, count, least=-1.0):
    """The same by loops, in double precision: a list of (margin, source, target), the surest first."""
    lengths = [np.sqrt(squared_lengths(side)) for side in (source, target)]
    products = source.astype(np.int64) @ target.T.astype(np.int64)
    cosine = products / (lengths[0][:, None] * lengths[1][None, :])
    near = [np.argsort(-one, axis=1, kind="stable")[:, :count] for one in (products, products.T)]
    means = [
        [sum(float(table[row, place]) for place in places) / len(places) for row, places in enumerate(one)]
        for one, table in ((near[0], cosine), (near[1], cosine.T))
    ]

    def margin(row, column):
        value, around = float(cosine[row, column]), (means[0][row] + means[1][column]) / 2
        return {"ratio": value / around, "distance": value - around, "absolute": value}[kind]

    there, back = {}, {}
    for best, one, turned in ((there, near[0], False), (back, near[1], True)):
        for row, places in enumerate(one):
            pairs = [(int(place), row) if turned else (row, int(place)) for place in places]
            pairs = [pair for pair in pairs if cosine[pair] >= least]
            if pairs:
                best[min(pairs, key=lambda pair: (-margin(*pair), pair[0] if turned else pair[1]))] = True
    kept = {
        "forward": there, "backward": back, "union": {**there, **back}, "max": {**there, **back},
        "intersect": {pair for pair in there if pair in back},
    }[match]  # fmt: skip
    order = sorted((-margin(*pair), *pair) for pair in kept)
    if match == "max":
        used, order, every = set(), [], order
        for value, row, column in every:
            if ("s", row) not in used and ("t", column) not in used:
                used |= {("s", row), ("t", column)}
                order.append((value, row, column))
    return [(-value, row, column) for value, row, column in order]


@pytest.mark.parametrize("match", ["forward", "backward", "union", "intersect", "max"])
@pytest.mark.parametrize("kind", ["ratio", "distance", "absolute"])
def test_against_the_reference(kind, match):
    for seed, count, least in ((1, 4, -1.0), (2, 16, 0.7), (3, 500, -1.0)):
        source, target = planted(seed, 40, 25)
        found = neighbourhood(source, target, count, "exact")
        pairs = matches(*candidates(source, target, found, kind, least), match)
        wanted = reference(source, target, kind, match, count, least)
        assert list(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)) == [pair[1:] for pair in wanted]
        assert pairs.margin.tolist() == [pair[0] for pair in wanted]


def f1(pairs, scores, said):
    """The best F1 that any threshold gives, where pair (i, i) is right for i below `said`."""
    good = (pairs.source == pairs.target) & (pairs.source < said)
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(good[order])
    precision, recall = hits / np.arange(1, len(hits) + 1), hits / said
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-9)))


@pytest.mark.parametrize("seed", range(4))
def test_margins_beat_cosines_where_some_vectors_are_near_to_everything(seed):
    source, target = planted(seed, noise=0.9, hubs=25)
    found = neighbourhood(source, target, 16, "exact")
    scores = {}
    for kind in ("ratio", "distance", "absolute"):
        pairs = matches(*candidates(source, target, found, kind), "forward")
        scores[kind] = f1(pairs, pairs.margin, 150)
    assert scores["ratio"] > scores["absolute"] + 0.1
    assert scores["distance"] > scores["absolute"] + 0.1


def test_equal_vectors_go_to_the_smaller_number_and_small_sides_work():
    source, _ = quantise(np.array([[1, 0], [1, 0], [0, 1]], np.float32))
    target, _ = quantise(np.array([[1, 0], [1, 0]], np.float32))
    found = neighbourhood(source, target, 16, "exact")
    pairs = matches(*candidates(source, target, found, "absolute"), "max")
    assert list(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True)) == [(0, 0)]
    for left, right in ((source[:0], target), (source, target[:0])):
        none = matches(*candidates(left, right, neighbourhood(left, right, 4, "exact"), "ratio"), "max")
        assert len(none.source) == 0


def test_a_ratio_needs_neighbours_with_a_positive_mean():
    source, _ = quantise(np.array([[1, 0]], np.float32))
    target, _ = quantise(np.array([[-1, 0.1], [-1, 0]], np.float32))
    pairs = matches(*candidates(source, target, neighbourhood(source, target, 2, "exact"), "ratio"), "max")
    assert not np.any(pairs.margin > 1.06)


def test_scores_lie_between_0_and_1_and_rise():
    for kind in ("ratio", "distance", "absolute"):
        found = confidence(np.array([-np.inf, -0.4, 0.0, 0.3, 1.0, 1.5, np.inf]), kind)
        assert found.dtype == np.float32
        assert np.all((found >= 0) & (found <= 1)) and np.all(np.diff(found) >= 0)


@pytest.mark.parametrize("search", ["cells", "faiss"])
def test_searches_that_skip_find_what_all_comparisons_find(search):
    if search == "faiss":
        pytest.importorskip("faiss")
    source, target = planted(7, 4000, 2000, noise=0.3)
    exact = neighbourhood(source, target, 4, "exact")
    quick = neighbourhood(source, target, 4, search, probes=16)
    assert np.mean(quick.forward[:4000, 0] == exact.forward[:4000, 0]) > 0.97
    assert np.mean(quick.backward[:4000, 0] == exact.backward[:4000, 0]) > 0.97
    known = quick.forward != -1
    products = (source.astype(np.int64) @ target.T.astype(np.int64))[np.arange(len(source))[:, None], quick.forward]
    assert np.array_equal(products[known], quick.forward_products[known])
    again = neighbourhood(source, target, 4, search, probes=16)
    assert np.array_equal(quick.forward, again.forward) and np.array_equal(quick.backward, again.backward)
