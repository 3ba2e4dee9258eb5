"""Documents that say the same in different languages, gathered along links from the surest to the least sure.

Kruskal's order of edges with one constraint: no cluster has a language twice (as in the competitive linking of Melamed,
Models of translational equivalence among words, 2000, over any number of languages).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compile import inlined, kernel


@inlined
def _root(parent, node):
    """The root of a node, with path halving."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@inlined
def _shared(one, other, following, language, stamp):
    """How many languages two clusters share; marks those of `one` in `stamp` with its own number."""
    node = one
    while node >= 0:
        stamp[language[node]] = one
        node = following[node]
    count, node = 0, other
    while node >= 0:
        if stamp[language[node]] == one:
            count += 1
        node = following[node]
    node = one
    while node >= 0:
        stamp[language[node]] = -1
        node = following[node]
    return count


@kernel(
    "void(int64[::1], int64[::1], int32[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])"
)
def _gather(first, second, language, stamp, parent, following, last, joined, refused):
    """Merge the clusters of every edge's ends, in the order of the edges, where they share no language.

    `parent`, `last` hold 0..n-1 at first and `following`, `joined`, `refused`, `stamp` -1 everywhere. A cluster is a
    list from its root on; `joined` is the first edge that brought a node into company, `refused` the first that was
    not followed because of a language that both sides have.
    """
    for edge in range(first.shape[0]):
        one, other = _root(parent, first[edge]), _root(parent, second[edge])
        if one == other:
            continue
        if _shared(one, other, following, language, stamp):
            for node in (first[edge], second[edge]):
                if refused[node] < 0:
                    refused[node] = edge
            continue
        if other < one:
            one, other = other, one
        parent[other] = one
        following[last[one]] = other
        last[one] = last[other]
        for node in (first[edge], second[edge]):
            if joined[node] < 0:
                joined[node] = edge
    for node in range(parent.shape[0]):
        parent[node] = _root(parent, node)


def once_per_language(
    first: NDArray[np.int64], second: NDArray[np.int64], language: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Clusters of nodes in which every language occurs once.

    Args:
        first: one end of each edge, 0 <= end < n, the surest edges first.
        second: the other ends.
        language: n numbers, small and not below 0.

    Returns:
        For each of n nodes the smallest node of its cluster; the first edge that brought it into company, -1 for a node
        that is alone; and the first edge that was refused because of a language that both sides had, -1 for none.

    Raises:
        ValueError: the two arrays differ in length, or an end is no node.
    """
    first, second = (np.require(ends, np.int64, ["C", "W"]) for ends in (first, second))
    if first.shape != second.shape:
        raise ValueError(f"{first.shape[0]} first ends but {second.shape[0]} second ends")
    nodes = len(language)
    for ends in (first, second):
        if ends.size and (ends.min() < 0 or ends.max() >= nodes):
            raise ValueError(f"an edge ends outside 0..{nodes - 1}")
    language = np.require(language, np.int32, ["C", "W"])
    stamp = np.full(int(language.max(initial=-1)) + 1, -1, np.int64)
    parent, last = np.arange(nodes, dtype=np.int64), np.arange(nodes, dtype=np.int64)
    following, joined, refused = (np.full(nodes, -1, np.int64) for _ in range(3))
    _gather(first, second, language, stamp, parent, following, last, joined, refused)
    return parent, joined, refused
