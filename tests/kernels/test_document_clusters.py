"""Clusters with every language once, against the same in plain Python."""

import random

import numpy as np
import pytest
from hexapla.kernels.document_clusters import once_per_language


def reference(edges, language):
    """Merge sets along edges where they share no language."""
    cluster = {node: {node} for node in range(len(language))}
    joined, refused = [-1] * len(language), [-1] * len(language)
    for number, (one, other) in enumerate(edges):
        if cluster[one] is cluster[other]:
            continue
        if {language[n] for n in cluster[one]} & {language[n] for n in cluster[other]}:
            seen = refused
        else:
            seen = joined
            merged = cluster[one] | cluster[other]
            for node in merged:
                cluster[node] = merged
        for node in (one, other):
            seen[node] = number if seen[node] < 0 else seen[node]
    return [min(cluster[node]) for node in range(len(language))], joined, refused


@pytest.mark.parametrize("seed", range(20))
def test_as_in_plain_python(seed):
    chance = random.Random(seed)
    nodes = chance.randrange(1, 60)
    language = [chance.randrange(1, 8) for _ in range(nodes)]
    edges = [(chance.randrange(nodes), chance.randrange(nodes)) for _ in range(chance.randrange(150))]
    ends = np.array(edges, np.int64).reshape(-1, 2)
    found = once_per_language(ends[:, 0], ends[:, 1], np.array(language, np.int32))
    assert [array.tolist() for array in found] == [list(array) for array in reference(edges, language)]
    for root in set(found[0].tolist()):
        spoken = [language[node] for node in range(nodes) if found[0][node] == root]
        assert len(spoken) == len(set(spoken))


def test_the_surest_edge_wins_a_language():
    root, joined, refused = once_per_language(np.array([0, 0]), np.array([1, 2]), np.array([0, 1, 1], np.int32))
    assert (root.tolist(), joined.tolist(), refused.tolist()) == ([0, 0, 2], [0, 0, -1], [1, -1, 1])


def test_no_nodes_no_edges_and_bad_edges():
    none = np.zeros(0, np.int64)
    assert [len(part) for part in once_per_language(none, none, np.zeros(0, np.int32))] == [0, 0, 0]
    with pytest.raises(ValueError, match="outside"):
        once_per_language(np.array([0]), np.array([3]), np.zeros(2, np.int32))
    with pytest.raises(ValueError, match="second ends"):
        once_per_language(np.array([0]), none, np.zeros(2, np.int32))
