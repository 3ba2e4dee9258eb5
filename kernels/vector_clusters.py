"""Near-duplicates among vectors: pairs within a cell, and which vector of each cluster leads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .compile import inlined, kernel
from .vectors import Places, Whole, dot, squared_lengths

Unsigned = npt.NDArray[np.uint64]

_ROWS = 256
"""Vectors that are taken at once, in order."""

MOST_MEMBERS = 4
"""Duplicates of a leader that are representatives, too: they serve when the leader itself gives way elsewhere."""

MOST_PAIRS = 8
"""Pairs of one vector within a cell: those with the first vectors in order."""

MOST_ROUNDS = 8
"""How often those whose hubs all gave way are compared with what these follow."""

REPRESENTATIVE_BYTES = 256 << 20


@dataclass(frozen=True)
class Pairs:
    """Pairs of near-duplicates, in order of `row`.

    Attributes:
        row: n positions, those that come later in order.
        hub: n positions, those that come earlier.
        similarity: n cosines.
    """

    row: Places
    hub: Places
    similarity: npt.NDArray[np.float64]


@inlined
def _are_similar(product, square, other_square, limit, guard, other_guard):
    """Whether a cosine reaches a limit (given squared) and no protection is shared."""
    if product <= 0 or (guard != 0 and guard == other_guard):
        return False
    wide = np.float64(product)
    return wide * wide >= limit * (np.float64(square) * np.float64(other_square))


@kernel(
    "void(int16[:,::1], int64[::1], uint64[::1], int16[:,::1], int64[::1], uint64[::1], int64[::1], float64, "
    "int64[::1], int64[:,::1], int64[:,::1], int64[::1])"
)
def _find(
    vectors: Whole,
    squares: Places,
    guards: Unsigned,
    others: Whole,
    other_squares: Places,
    other_guards: Unsigned,
    leads: Places,
    limit: float,
    counts: Places,
    hubs: Places,
    found: Places,
    leader: Places,
) -> None:
    """Note the first pairs of each row with representatives, and its first leader (see `similar_pairs`).

    The representatives are taken by the hundred, as many as stay in the cache while all rows pass.
    """
    most = hubs.shape[1]
    for first in range(0, others.shape[0], 128):
        stop = min(first + 128, others.shape[0])
        for row in range(vectors.shape[0]):
            if leader[row] >= 0 and counts[row] == most:
                continue
            for column in range(first, stop):
                product = dot(vectors, row, others, column)
                if not _are_similar(
                    product, squares[row], other_squares[column], limit, guards[row], other_guards[column]
                ):
                    continue
                if counts[row] < most:
                    hubs[row, counts[row]] = column
                    found[row, counts[row]] = product
                    counts[row] += 1
                if leader[row] < 0 and leads[column] >= 0:
                    leader[row] = column


@kernel(
    "int64(int16[:,::1], int64[::1], uint64[::1], float64, int64, int64, int64[::1], int64[:,::1], int64[:,::1], "
    "int64[::1], int64[::1], int64[::1])"
)
def _lead(
    vectors: Whole,
    squares: Places,
    guards: Unsigned,
    limit: float,
    known: int,
    room: int,
    counts: Places,
    hubs: Places,
    found: Places,
    leader: Places,
    members: Places,
    chosen: Places,
) -> np.int64:
    """Within a block, in order: pairs with representatives of the block, and who becomes one (numbers from `known`).

    `members` counts by number of the representative; `chosen` gets the rows that become representatives.
    """
    count = np.int64(0)
    for row in range(vectors.shape[0]):
        for place in range(count):
            if leader[row] >= 0 and counts[row] == hubs.shape[1]:
                break
            other = chosen[place]
            product = dot(vectors, row, vectors, other)
            if not _are_similar(product, squares[row], squares[other], limit, guards[row], guards[other]):
                continue
            if counts[row] < hubs.shape[1]:
                hubs[row, counts[row]] = known + place
                found[row, counts[row]] = product
                counts[row] += 1
            if leader[row] < 0 and leader[other] == known + place:
                leader[row] = known + place
        if known + count >= room:
            continue
        if leader[row] < 0:
            leader[row] = known + count
            chosen[count] = row
            count += 1
        elif members[leader[row]] < MOST_MEMBERS:
            members[leader[row]] += 1
            chosen[count] = row
            count += 1
    return count


@kernel("void(int64[::1], int64[::1], int64[::1])")
def _settle(rows: Places, hubs: Places, leader: Places) -> None:
    """See `leaders`."""
    for pair in range(rows.shape[0]):
        row, hub = rows[pair], hubs[pair]
        if leader[row] == row and leader[hub] == hub:
            leader[row] = hub


class _Representatives:
    """Vectors that later ones are compared with, in order."""

    def __init__(self, room: int, dimensions: int) -> None:
        self.room, self.count = room, 0
        self.vectors = np.empty((min(room, 1024), dimensions), np.int16)
        self.rows, self.squares, self.leads, self.members = (np.empty(len(self.vectors), np.int64) for _ in range(4))
        self.guards = np.empty(len(self.vectors), np.uint64)

    def reserve(self, more: int) -> None:
        """See that there is room for so many more."""
        wanted = min(self.room, self.count + more)
        if wanted > len(self.vectors):
            size = min(self.room, max(wanted, 2 * len(self.vectors)))
            for name in ("vectors", "rows", "squares", "leads", "members", "guards"):
                old = getattr(self, name)
                new = np.empty((size, *old.shape[1:]), old.dtype)
                new[: self.count] = old[: self.count]
                setattr(self, name, new)


def similar_pairs(
    vectors: Whole, order: Places, squares: Places, guards: Unsigned, threshold: float, most: int
) -> Pairs:
    """Pairs of vectors whose cosine reaches a threshold, without comparing all with all.

    The vectors are taken in order. Each is compared with the representatives before it: the leaders, which were similar
    to no leader before them, and the first `MOST_MEMBERS` vectors that followed each. So a million copies of one text
    make a few pairs each.

    Args:
        vectors: n x d of `quantise`, possibly a file that is mapped into memory.
        order: m positions in `vectors`, of those that are compared.
        squares: n squares of their lengths.
        guards: n protections; two that are equal and not 0 make no pair.
        threshold: the least cosine, above 0.
        most: of no more representatives than so many is anything remembered.

    Returns:
        At most `MOST_PAIRS` pairs for each vector; the later ones first in `order` are `hub`.
    """
    room = max(1, min(most, REPRESENTATIVE_BYTES // (2 * max(1, vectors.shape[1])), len(order)))
    seen = _Representatives(room, vectors.shape[1])
    limit = threshold * threshold
    parts: list[tuple[Places, Places, npt.NDArray[np.float64]]] = []
    for start in range(0, len(order), _ROWS):
        rows = order[start : start + _ROWS]
        block, square, guard = np.ascontiguousarray(vectors[rows]), squares[rows], guards[rows]
        counts, leader = np.zeros(len(rows), np.int64), np.full(len(rows), -1, np.int64)
        hubs, found = np.empty((len(rows), MOST_PAIRS), np.int64), np.empty((len(rows), MOST_PAIRS), np.int64)
        known, chosen = seen.count, np.empty(len(rows), np.int64)
        before = (seen.vectors[:known], seen.squares[:known], seen.guards[:known], seen.leads[:known])
        _find(block, square, guard, *before, limit, counts, hubs, found, leader)
        seen.reserve(len(rows))
        seen.members[known:] = 0
        fresh = _lead(block, square, guard, limit, known, room, counts, hubs, found, leader, seen.members, chosen)
        chosen, stop = chosen[:fresh], known + fresh
        seen.vectors[known:stop], seen.rows[known:stop] = block[chosen], rows[chosen]
        seen.squares[known:stop], seen.guards[known:stop] = square[chosen], guard[chosen]
        numbers = np.arange(known, stop)
        seen.leads[known:stop] = np.where(leader[chosen] == numbers, numbers, -1)
        seen.count = stop
        used = np.arange(MOST_PAIRS) < counts[:, np.newaxis]
        row = np.repeat(rows, counts)
        hub = seen.rows[hubs[used]]
        parts.append((row, hub, found[used] / np.sqrt((squares[row] * squares[hub]).astype(np.float64))))
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Pairs(nothing, nothing, np.zeros(0))
    return Pairs(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def leaders(rows: Places, hubs: Places, count: int) -> Places:
    """Who leads whom: in order, a vector that is similar to one that leads follows the first of them; others lead.

    Args:
        rows: m ranks of vectors that come later.
        hubs: m ranks, `hubs < rows`, of what each is similar to.
        count: how many ranks there are.

    Returns:
        For each rank the rank of its leader, its own where it leads. A leader's leader is itself.
    """
    leader = np.arange(count, dtype=np.int64)
    order = np.lexsort((hubs, rows))
    _settle(rows[order], hubs[order], leader)
    return leader


def settled(
    pairs: Pairs, guards: Unsigned, threshold: float, fetch: Callable[[Places], Whole]
) -> tuple[Places, npt.NDArray[np.float64]]:
    """Who leads whom when pairs come from several cells.

    What leads in one cell may follow in another, and those that were only compared with it would lead in their turn.
    So these are compared with what it follows, and all is settled anew, until nothing changes.

    Args:
        pairs: pairs of ranks, `hub < row`.
        guards: n protections by rank, as in `similar_pairs`.
        threshold: the least cosine.
        fetch: gives the vectors of some ranks.

    Returns:
        For each rank that of its leader (see `leaders`), and their cosine, NaN where it leads.
    """
    rows, hubs, cosine = pairs.row, pairs.hub, pairs.similarity
    count, tried = len(guards), np.zeros(0, np.int64)
    for _ in range(MOST_ROUNDS):
        leader = leaders(rows, hubs, count)
        more = np.setdiff1d(_forsaken(rows, hubs, leader), tried)
        if not len(more):
            break
        tried = np.concatenate([tried, more])
        later, earlier = more // count, more % count
        needed = np.unique(np.concatenate([later, earlier]))
        vectors = fetch(needed)
        squares = squared_lengths(vectors).astype(np.float64)
        one, other = np.searchsorted(needed, later), np.searchsorted(needed, earlier)
        product = _products(vectors, one, other).astype(np.float64)
        guard = (guards[later] != 0) & (guards[later] == guards[earlier])
        square = squares[one] * squares[other]
        good = (product > 0) & (product * product >= threshold * threshold * square) & ~guard
        rows, hubs = np.concatenate([rows, later[good]]), np.concatenate([hubs, earlier[good]])
        cosine = np.concatenate([cosine, product[good] / np.sqrt(square[good])])
    leader, found = leaders(rows, hubs, count), np.full(count, np.nan)
    chosen = leader[rows] == hubs
    found[rows[chosen]] = cosine[chosen]
    return leader, found


def _forsaken(rows: Places, hubs: Places, leader: Places) -> Places:
    """Pairs (later times n plus earlier rank) of those that lead, though similar to others, and what these follow."""
    count = len(leader)
    away = (leader[rows] == rows) & (leader[hubs] != hubs)
    ends = np.stack([rows[away], leader[hubs[away]]])
    ends = ends[:, ends[0] != ends[1]]
    found: Places = np.unique(ends.max(axis=0) * count + ends.min(axis=0))
    return found


def _products(vectors: Whole, one: Places, other: Places) -> Places:
    """Sums of products of pairs of vectors."""
    parts = [
        np.einsum("ij,ij->i", vectors[one[start : start + 4096]], vectors[other[start : start + 4096]], dtype=np.int64)
        for start in range(0, len(one), 4096)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
