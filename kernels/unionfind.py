"""Connected components over integer arrays, and the edges that equal keys make.

Components are found by union-find with path halving, always linking the larger root below the smaller one (Tarjan and
van Leeuwen, Worst-case analysis of set union algorithms, 1984, with linking by index). So `parent[i] <= i` holds at all
times, one ascending pass flattens the forest, and every component is named by its smallest node whatever the order of
the edges.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compile import kernel


@kernel("void(int64[::1], int64[::1], int64[::1])")
def _unite(first: NDArray[np.int64], second: NDArray[np.int64], parent: NDArray[np.int64]) -> None:
    """Join the ends of every edge in `parent`: at first 0..n-1, at last the smallest node of each component."""
    for edge in range(first.shape[0]):
        one, other = first[edge], second[edge]
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        while parent[other] != other:
            parent[other] = parent[parent[other]]
            other = parent[other]
        if one < other:
            parent[other] = one
        elif other < one:
            parent[one] = other
    for node in range(parent.shape[0]):
        parent[node] = parent[parent[node]]


@kernel("void(uint64[::1], int64[::1], int64[::1])")
def _first_with_key(keys: NDArray[np.uint64], table: NDArray[np.int64], out: NDArray[np.int64]) -> None:
    """For each key the index of its first occurrence; `table` holds -1 everywhere, its length is a power of two > n."""
    mask = np.uint64(table.shape[0] - 1)
    for index in range(keys.shape[0]):
        key = keys[index]
        mixed = key * np.uint64(0x9E3779B97F4A7C15)
        place = (mixed ^ (mixed >> np.uint64(32))) & mask
        while table[place] >= 0 and keys[table[place]] != key:
            place = (place + np.uint64(1)) & mask
        if table[place] < 0:
            table[place] = index
        out[index] = table[place]


def connected_components(first: NDArray[np.int64], second: NDArray[np.int64], nodes: int) -> NDArray[np.int64]:
    """Name the component of every node by its smallest node.

    Args:
        first: one end of each edge, 0 <= end < nodes; loops and repeats are allowed.
        second: the other ends.
        nodes: how many nodes there are.

    Returns:
        `nodes` labels; a node without edges is its own label.

    Raises:
        ValueError: the two arrays differ in length, or an end is no node.
    """
    first, second = np.require(first, np.int64, ["C", "W"]), np.require(second, np.int64, ["C", "W"])
    if first.shape != second.shape:
        raise ValueError(f"{first.shape[0]} first ends but {second.shape[0]} second ends")
    for ends in (first, second):
        if ends.size and (ends.min() < 0 or ends.max() >= nodes):
            raise ValueError(f"an edge ends outside 0..{nodes - 1}")
    parent = np.arange(nodes, dtype=np.int64)
    _unite(first, second, parent)
    return parent


def first_with_key(keys: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each of n keys the index of the first equal key (its own index where it is the first): linear in n."""
    table = np.full(1 << max(3, int(2 * len(keys)).bit_length()), -1, np.int64)
    out = np.empty(len(keys), np.int64)
    _first_with_key(np.require(keys, np.uint64, ["C", "W"]), table, out)
    return out


def components_of(
    first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Connected components of a graph whose nodes are any integers.

    Args:
        first: one end of each edge.
        second: the other ends.

    Returns:
        The nodes that have an edge, in the order in which they occur first (all of `first` before `second`); for each
        the number of its component, counted from 0 in that order; and for each the first node of its component.
    """
    ends = np.concatenate([first, second])
    index = first_with_key(ends.view(np.uint64))
    labels = connected_components(index[: len(first)], index[len(first) :], len(ends))
    kept = np.flatnonzero(index == np.arange(len(ends)))
    heads = labels[kept]
    numbers = np.zeros(len(ends), np.int64)
    numbers[kept] = np.cumsum(heads == kept) - 1
    return ends[kept], numbers[heads], ends[heads]


def spanning_forest(keys: NDArray[np.uint64], nodes: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges that connect all nodes with a common key, fewer than there are nodes.

    Every bucket of equal keys is a star around its first row, never all pairs; stars that overlap are joined at once,
    so that a spanning forest is left: one edge for each node but one of every component.

    Args:
        keys: n keys.
        nodes: n nodes (any integers; a node may have many keys).

    Returns:
        The two ends of each edge.
    """
    hub = first_with_key(keys)
    spokes = np.flatnonzero(nodes[hub] != nodes)
    ends, _, heads = components_of(nodes[spokes], nodes[hub[spokes]])
    away = ends != heads
    return ends[away], heads[away]


class SpanningForest:
    """A spanning forest of edges that come in pieces: what is held grows with the nodes, not with the edges.

    Attributes:
        piece: edges that are waited for at least before the forest is made anew.
    """

    def __init__(self, piece: int = 1 << 20) -> None:
        self.piece = piece
        self._first: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self._second: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
        self._waiting = 0

    def add(self, first: NDArray[np.int64], second: NDArray[np.int64]) -> None:
        """Take more edges.

        Args:
            first: one end of each edge (any integers).
            second: the other ends.
        """
        self._first.append(first)
        self._second.append(second)
        self._waiting += len(first)
        if self._waiting >= max(self.piece, len(self._first[0])):  # so every edge is looked at twice on average
            self._shrink()

    def edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The two ends of each edge of the forest: every node that had an edge to another one is an end."""
        if self._waiting:
            self._shrink()
        return self._first[0], self._second[0]

    def _shrink(self) -> None:
        ends, _, heads = components_of(np.concatenate(self._first), np.concatenate(self._second))
        away = ends != heads
        self._first, self._second, self._waiting = [ends[away]], [heads[away]], 0
