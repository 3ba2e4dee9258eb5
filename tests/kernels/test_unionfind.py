"""Connected components and key edges against plain Python."""

import numpy as np
import pytest
from hexapla.kernels.unionfind import (
    SpanningForest,
    components_of,
    connected_components,
    first_with_key,
    spanning_forest,
)
from hypothesis import given, settings
from hypothesis import strategies as st

EDGES = st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=60)
KEYED = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 2**40)), max_size=80)


def smallest_reachable(edges, nodes):
    label = list(range(nodes))
    changed = True
    while changed:
        changed = False
        for one, other in edges:
            least = min(label[one], label[other])
            changed = changed or label[one] != label[other]
            label[one] = label[other] = least
    return label


def components(edges, nodes):
    ends = np.array(edges, np.int64).reshape(-1, 2)
    return connected_components(ends[:, 0], ends[:, 1], nodes).tolist()


@settings(deadline=None)
@given(EDGES)
def test_components_are_named_by_their_smallest_node(edges):
    assert components(edges, 40) == smallest_reachable(edges, 40)


@settings(deadline=None)
@given(EDGES, st.randoms(use_true_random=False))
def test_neither_order_nor_direction_of_edges_matters(edges, chance):
    shuffled = [edge if chance.random() < 0.5 else edge[::-1] for edge in edges]
    chance.shuffle(shuffled)
    assert components(shuffled, 40) == components(edges, 40)


def test_a_long_path_is_one_component_from_either_end():
    nodes = 200_000
    path = np.arange(nodes - 1)
    for order in (slice(None), slice(None, None, -1)):
        assert not connected_components(path[order], path[order] + 1, nodes).any()


def test_an_end_that_is_no_node_is_refused():
    with pytest.raises(ValueError, match="outside"):
        connected_components(np.array([0]), np.array([3]), 3)
    with pytest.raises(ValueError, match="first ends"):
        connected_components(np.array([0, 1]), np.array([1]), 3)


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2**64 - 1)), max_size=200))
def test_first_with_key(keys):
    assert first_with_key(np.array(keys, np.uint64)).tolist() == [keys.index(key) for key in keys]


@settings(deadline=None)
@given(KEYED)
def test_a_spanning_forest_connects_what_the_keys_connect(rows):
    keys = np.array([key for key, _ in rows], np.uint64)
    nodes = np.array([node for _, node in rows], np.int64)
    found, hubs = spanning_forest(keys, nodes)
    names = sorted(set(nodes.tolist()))
    place = {node: index for index, node in enumerate(names)}
    all_pairs = [(place[a], place[b]) for k, a in rows for other, b in rows if k == other]
    expected = smallest_reachable(all_pairs, len(names))
    edges = [(place[one], place[other]) for one, other in zip(found.tolist(), hubs.tolist(), strict=True)]
    assert smallest_reachable(edges, len(names)) == expected
    assert len(edges) == len(names) - len(set(expected))


def test_a_bucket_of_a_million_rows_gives_a_million_edges():
    nodes = np.arange(1_000_000)
    found, hubs = spanning_forest(np.full(1_000_000, 7, np.uint64), nodes)
    assert len(found) == 999_999
    assert len(set(hubs.tolist())) == 1


@settings(deadline=None)
@given(EDGES)
def test_components_of_any_integers(edges):
    far = np.array(edges, np.int64).reshape(-1, 2) * 10**15 - 3
    nodes, numbers, heads = components_of(far[:, 0], far[:, 1])
    used = list(dict.fromkeys([one for one, _ in edges] + [other for _, other in edges]))
    assert nodes.tolist() == [node * 10**15 - 3 for node in used]
    expected = [smallest_reachable(edges, 40)[node] for node in used]
    assert numbers.tolist() == [list(dict.fromkeys(expected)).index(label) for label in expected]
    assert heads.tolist() == [nodes[expected.index(label)] for label in expected]


@given(st.lists(st.tuples(st.integers(-(2**40), 2**40), st.integers(0, 40)), max_size=200), st.integers(1, 30))
def test_a_forest_of_edges_in_pieces_connects_what_all_edges_connect(edges, piece):
    first, second = (np.array([edge[end] for edge in edges], np.int64) for end in (0, 1))
    forest = SpanningForest(piece)
    for start in range(0, len(edges), 7):
        forest.add(first[start : start + 7], second[start : start + 7])
    ones, others = forest.edges()

    def groups(one, other):
        ends, number, _ = components_of(one, other)
        found = {}
        for node, component in zip(ends.tolist(), number.tolist(), strict=True):
            found.setdefault(component, set()).add(node)
        return {frozenset(group) for group in found.values() if len(group) > 1}

    assert groups(ones, others) == groups(first, second)
    ends = np.concatenate([ones, others])
    assert len(ones) == len(np.unique(ends)) - len(groups(ones, others))  # a tree of each group


def test_a_forest_holds_no_more_edges_than_nodes_and_a_piece():
    forest, chance = SpanningForest(1000), np.random.default_rng(1)
    for _ in range(100):
        forest.add(chance.integers(0, 500, 400), chance.integers(0, 500, 400))
        assert sum(map(len, forest._first)) < 500 + 1000 + 400
    assert len(forest.edges()[0]) == 499
