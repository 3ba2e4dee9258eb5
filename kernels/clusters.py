"""Leader clustering with verified similarity: who is a duplicate of whom, each shown against its own leader.

Documents are visited in survivor order. Each is compared with the leaders known under one of its band keys by the
similarity of the two shingle sets (Jaccard, or containment: Broder, On the resemblance and containment of documents,
1997). When the best of them reaches the threshold, the document is a duplicate of that leader; otherwise it becomes a
leader. So no duplicate hangs on a chain of other duplicates, and a template that glues thousands of distinct documents
into one component merges none of them.

`lead` compares the sets themselves, `lead_by_signature` the shares of equal minima, which it trusts only where they are
far from the threshold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .compile import inlined, kernel

Measure = Literal["jaccard", "containment"]

_AT_ONCE = 1 << 19
"""Bytes of shingle hashes that are visited between two calls of `Sets.release`: few, because a page of a mapped file
brings all with it that the system read at once."""

LEAST_OWN = 0.1
"""A document with a smaller share of shingles outside the frame has no content of its own."""

LIKE_OWN = 0.5
"""Similarity that the shingles outside the frame must have for two documents of one template to be duplicates."""


@inlined
def _overlap(values: NDArray[np.uint64], one: int, one_end: int, other: int, other_end: int, least: int) -> int:
    """Number of common values of two ascending ranges, or -1 as soon as it cannot reach `least` any more."""
    common = 0
    while one < one_end and other < other_end:
        left, right = values[one], values[other]
        if left == right:
            common += 1
            one += 1
            other += 1
        else:
            if left < right:
                one += 1
            else:
                other += 1
            if common + min(one_end - one, other_end - other) < least:
                return -1
    return common


@inlined
def _similarity(common, size, other_size, by_containment):
    """Jaccard similarity of two sets, or the share of the smaller one that is in both."""
    return common / (min(size, other_size) if by_containment else size + other_size - common)


@inlined
def _stays_beside(own_protection, other_protection):
    """Whether a document's protection keeps it beside another one (see `stages/dedup_scope.py`); 0 is none."""
    return own_protection != 0 and (
        own_protection == other_protection or own_protection == np.uint64(0xFFFFFFFFFFFFFFFF)
    )


@inlined
def _alike_outside(values, one, one_end, other, other_end, frame, place, frame_end, by_containment):
    """Whether two documents of one template are duplicates: alike outside the frame, or the first has nothing there."""
    size = one_end - one
    own, other_own, common = 0, 0, 0
    while one < one_end or other < other_end:
        left_first = other >= other_end or (one < one_end and values[one] <= values[other])
        right_first = one >= one_end or (other < other_end and values[other] <= values[one])
        value = values[one] if left_first else values[other]
        one += left_first
        other += right_first
        while place < frame_end and frame[place] < value:
            place += 1
        if place < frame_end and frame[place] == value:
            continue
        own += left_first
        other_own += right_first
        common += left_first and right_first
    if own < LEAST_OWN * size:
        return True
    return other_own > 0 and _similarity(common, own, other_own, by_containment) >= LIKE_OWN


@kernel(
    "void(int64, int64, int64[::1], uint64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], "
    "int64[::1], int64[::1], uint64[::1], uint64[::1], int64[::1], int64[::1], float64, float64, boolean, "
    "int64[::1], float64[::1], int64[::1])"
)
def _lead(
    begin: int,
    stop: int,
    order: NDArray[np.int64],
    values: NDArray[np.uint64],
    value_offsets: NDArray[np.int64],
    keys: NDArray[np.int64],
    key_offsets: NDArray[np.int64],
    slot_offsets: NDArray[np.int64],
    slots: NDArray[np.int64],
    filled: NDArray[np.int64],
    seen: NDArray[np.int64],
    protected: NDArray[np.uint64],
    frame: NDArray[np.uint64],
    frame_offsets: NDArray[np.int64],
    frame_of: NDArray[np.int64],
    threshold: float,
    certain: float,
    by_containment: bool,
    leader: NDArray[np.int64],
    similarity: NDArray[np.float64],
    compared: NDArray[np.int64],
) -> None:
    """See `lead`. Leaders are kept by their position in `order`, so that the smaller number is the earlier one."""
    share = threshold / (1.0 + threshold)
    for position in range(begin, stop):
        document = order[position]
        start, end = value_offsets[document], value_offsets[document + 1]
        own_protection, own_frame = protected[document], frame_of[document]
        best, best_similarity = -1, -1.0
        for place in range(key_offsets[document], key_offsets[document + 1]):
            key = keys[place]
            for slot in range(slot_offsets[key], slot_offsets[key] + filled[key]):
                candidate = slots[slot]
                if seen[candidate] == position:
                    continue
                seen[candidate] = position
                other = order[candidate]
                if _stays_beside(own_protection, protected[other]):
                    continue
                other_start, other_end = value_offsets[other], value_offsets[other + 1]
                size, other_size = end - start, other_end - other_start
                smaller = min(size, other_size)
                least = int(np.ceil((threshold * smaller if by_containment else share * (size + other_size)) - 1e-6))
                if smaller < least:
                    continue
                compared[0] += 1
                common = _overlap(values, start, end, other_start, other_end, least)
                if common <= 0:
                    continue
                found = _similarity(common, size, other_size, by_containment)
                if found < threshold or found < best_similarity or (found == best_similarity and candidate > best):
                    continue
                if found < certain and (
                    own_frame < 0
                    or own_frame != frame_of[other]
                    or not _alike_outside(
                        values, start, end, other_start, other_end,
                        frame, frame_offsets[own_frame], frame_offsets[own_frame + 1], by_containment,
                    )
                ):  # fmt: skip
                    continue
                best, best_similarity = candidate, found
        known = position if best < 0 else best
        leader[document] = order[known]
        similarity[document] = 1.0 if best < 0 else best_similarity
        for place in range(key_offsets[document], key_offsets[document + 1]):
            _remember(known, keys[place], slot_offsets, slots, filled)


@inlined
def _remember(known, key, slot_offsets, slots, filled):
    """Know a leader under a key, if there is room and it is not known yet."""
    start, stop = slot_offsets[key], slot_offsets[key] + filled[key]
    if stop == slot_offsets[key + 1]:
        return
    for slot in range(start, stop):
        if slots[slot] == known:
            return
    slots[stop] = known
    filled[key] += 1


@kernel(
    "void(int64[::1], uint32[:,::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], "
    "uint64[::1], int64[::1], int64, int64, int64[::1], float64[::1], boolean[::1])"
)
def _lead_by_signature(
    order: NDArray[np.int64],
    minima: NDArray[np.uint32],
    keys: NDArray[np.int64],
    key_offsets: NDArray[np.int64],
    slot_offsets: NDArray[np.int64],
    slots: NDArray[np.int64],
    filled: NDArray[np.int64],
    seen: NDArray[np.int64],
    protected: NDArray[np.uint64],
    group: NDArray[np.int64],
    below: int,
    above: int,
    leader: NDArray[np.int64],
    similarity: NDArray[np.float64],
    unclear: NDArray[np.bool_],
) -> None:
    """See `lead_by_signature`."""
    size = minima.shape[1]
    for position in range(order.shape[0]):
        document = order[position]
        leader[document], similarity[document] = document, 1.0
        if unclear[group[document]]:
            continue
        own_protection = protected[document]
        best, most = -1, -1
        for place in range(key_offsets[document], key_offsets[document + 1]):
            key = keys[place]
            for slot in range(slot_offsets[key], slot_offsets[key] + filled[key]):
                candidate = slots[slot]
                if seen[candidate] == position:
                    continue
                seen[candidate] = position
                other = order[candidate]
                if _stays_beside(own_protection, protected[other]):
                    continue
                equal = 0
                for row in range(size):
                    equal += minima[document, row] == minima[other, row]
                if below < equal < above:
                    unclear[group[document]] = True
                elif equal >= above and (equal > most or (equal == most and candidate < best)):
                    best, most = candidate, equal
        known = position if best < 0 else best
        leader[document] = order[known]
        similarity[document] = 1.0 if best < 0 else most / size
        for place in range(key_offsets[document], key_offsets[document + 1]):
            _remember(known, keys[place], slot_offsets, slots, filled)


@dataclass(frozen=True)
class Leaders:
    """The result of leader clustering over n documents.

    Attributes:
        leader: n indexes: the document of which each is a duplicate, itself for a leader.
        similarity: n similarities to the leader; 1.0 for leaders.
        compared: how many pairs of shingle sets were compared.
    """

    leader: NDArray[np.int64]
    similarity: NDArray[np.float64]
    compared: int = 0


@dataclass(frozen=True)
class Sets:
    """The shingle sets of n documents.

    Attributes:
        values: shingle hashes, ascending and distinct within each document.
        offsets: n + 1 borders of the documents in `values`.
        release: called now and then while the sets are read; lets go of memory that holds what can be read again.
    """

    values: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    release: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class SharedKeys:
    """The band keys that more than one document has, numbered from 0.

    Attributes:
        numbers: the numbers of all documents' keys.
        offsets: n + 1 borders of the documents in `numbers`.
        counts: how many documents have each.
    """

    numbers: NDArray[np.int64]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of_lists(cls, keys: NDArray[np.uint64], offsets: NDArray[np.int64]) -> SharedKeys:
        """From all keys, and n + 1 borders of the documents in them; a document's keys differ from each other."""
        _, dense, counts = np.unique(keys, return_inverse=True, return_counts=True)
        numbers, shared = _only_shared(dense, counts)
        borders = np.concatenate([np.zeros(1, np.int64), np.cumsum(shared)])
        return cls(numbers[shared], borders[offsets], counts[counts > 1])

    @classmethod
    def of_bands(cls, keys: NDArray[np.uint64]) -> SharedKeys:
        """From n x bands keys; those of different bands are never the same. Works band by band, in little memory."""
        numbers, counts, first = np.full(keys.shape, -1, np.int64), [np.zeros(0, np.int64)], 0
        for band in range(keys.shape[1]):
            _, dense, count = np.unique(keys[:, band], return_inverse=True, return_counts=True)
            found, shared = _only_shared(dense, count)
            numbers[shared, band] = found[shared] + first
            counts.append(count[count > 1])
            first += len(counts[-1])
        shared = numbers >= 0
        borders = np.concatenate([np.zeros(1, np.int64), np.cumsum(shared.sum(axis=1))])
        return cls(numbers[shared], borders, np.concatenate(counts))

    def joined(self, other: SharedKeys) -> SharedKeys:
        """The keys of both, each document's own before the other's."""
        size = len(self.offsets) - 1
        owners = [np.repeat(np.arange(size), np.diff(keys.offsets)) for keys in (self, other)]
        numbers = np.concatenate([self.numbers, other.numbers + len(self.counts)])
        order = np.argsort(np.concatenate(owners), kind="stable")
        return SharedKeys(numbers[order], self.offsets + other.offsets, np.concatenate([self.counts, other.counts]))

    def slots(self, max_leaders: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Room for the leaders known under each key: borders, the room, and how much of it is filled."""
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.minimum(self.counts, max_leaders))])
        return offsets, np.empty(int(offsets[-1]), np.int64), np.zeros(len(self.counts), np.int64)


def _only_shared(dense: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Numbers among the shared keys (those of others mean nothing), and which keys are shared."""
    return (np.cumsum(counts > 1) - 1)[dense], (counts > 1)[dense]


@dataclass(frozen=True)
class Frames:
    """The frames of templates: shingles that most documents of a cluster have.

    Attributes:
        values: shingle hashes, ascending and distinct within each frame.
        offsets: m + 1 borders of the frames in `values`.
        of: the frame of each of n documents; -1 for none.
        certain: documents of one template that are at least so similar are duplicates whatever is in the frame.
    """

    values: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    of: NDArray[np.int64]
    certain: float


def lead(
    order: NDArray[np.int64],
    sets: Sets,
    keys: SharedKeys,
    *,
    threshold: float,
    max_leaders: int = 64,
    measure: Measure = "jaccard",
    protected: NDArray[np.uint64] | None = None,
    frames: Frames | None = None,
) -> Leaders:
    """Cluster documents around leaders.

    A document is compared with every leader that is known under one of its band keys: the leaders that have the key
    themselves, and those of which an earlier document with that key is a duplicate. At most `max_leaders` are
    remembered per key, the first ones; so the work is at most documents x keys x max_leaders comparisons however large
    a bucket is. What the bound costs is recall (a duplicate may stay), never precision.

    Args:
        order: m <= n documents' indexes in survivor order: the earlier of two duplicates stays. Others are left out.
        sets: the shingle sets of n documents.
        keys: the band keys of n documents.
        threshold: similarity that a duplicate must reach, 0 < threshold <= 1.
        max_leaders: leaders remembered per band key.
        measure: Jaccard similarity, or containment: the share of the smaller set that is in both.
        protected: n values; documents of equal values (but 0) are no duplicates, and those of the largest none of any.
        frames: with them, two documents less similar than `frames.certain` are duplicates only when they have the same
            frame, and are alike (`LIKE_OWN`) outside it or the one that goes has nothing there (`LEAST_OWN`).

    Raises:
        ValueError: the threshold or the number of leaders is out of range.
    """
    _check(threshold, max_leaders)
    size = len(sets.offsets) - 1
    leader, similarity = np.arange(size, dtype=np.int64), np.ones(size, np.float64)
    compared, nothing = np.zeros(1, np.int64), np.zeros(0, np.uint64)
    frames = frames or Frames(nothing, np.zeros(1, np.int64), np.full(size, -1, np.int64), threshold)
    order = np.require(order, np.int64, ["C", "W"])
    arrays = (
        order,
        np.require(sets.values, np.uint64, ["C", "W"]),
        np.require(sets.offsets, np.int64, ["C", "W"]),
        np.require(keys.numbers, np.int64, ["C", "W"]),
        np.require(keys.offsets, np.int64, ["C", "W"]),
        *keys.slots(max_leaders),
        np.full(len(order), -1, np.int64),
        np.zeros(size, np.uint64) if protected is None else np.require(protected, np.uint64, ["C", "W"]),
        np.require(frames.values, np.uint64, ["C", "W"]),
        np.require(frames.offsets, np.int64, ["C", "W"]),
        np.require(frames.of, np.int64, ["C", "W"]),
        float(threshold),
        float(frames.certain),
        measure == "containment",
        leader,
        similarity,
        compared,
    )
    read = np.cumsum(np.diff(sets.offsets)[order]) * 8 // _AT_ONCE
    borders = [0, *(np.flatnonzero(np.diff(read)) + 1).tolist(), len(order)]
    for begin, stop in pairwise(borders):
        _lead(begin, stop, *arrays)
        sets.release()
    return Leaders(leader, similarity, int(compared[0]))


def lead_by_signature(
    order: NDArray[np.int64],
    minima: NDArray[np.uint32],
    keys: SharedKeys,
    group: NDArray[np.int64],
    *,
    below: int,
    above: int,
    max_leaders: int = 64,
    protected: NDArray[np.uint64] | None = None,
) -> tuple[Leaders, NDArray[np.bool_]]:
    """Cluster documents around leaders by the number of equal minima, where that is clear.

    Args:
        order: n documents' indexes in survivor order.
        minima: n x k signatures.
        keys: the band keys.
        group: n numbers of groups from 0 on; one pair that is not clear makes its whole group unclear.
        below: two documents with at most so many equal minima are no duplicates.
        above: two documents with at least so many are; what lies between is not clear.
        max_leaders: as in `lead`.
        protected: as in `lead`.

    Returns:
        The clusters, with estimated similarities (worth nothing in unclear groups), and which groups are unclear.
    """
    _check(0.5, max_leaders)
    size = len(minima)
    leader, similarity = np.arange(size, dtype=np.int64), np.ones(size, np.float64)
    unclear = np.zeros(int(group.max(initial=-1)) + 1, np.bool_)
    _lead_by_signature(
        np.require(order, np.int64, ["C", "W"]),
        np.require(minima, np.uint32, ["C", "W"]),
        np.require(keys.numbers, np.int64, ["C", "W"]),
        np.require(keys.offsets, np.int64, ["C", "W"]),
        *keys.slots(max_leaders),
        np.full(size, -1, np.int64),
        np.zeros(size, np.uint64) if protected is None else np.require(protected, np.uint64, ["C", "W"]),
        np.require(group, np.int64, ["C", "W"]),
        below,
        above,
        leader,
        similarity,
        unclear,
    )
    return Leaders(leader, similarity), unclear


def _check(threshold: float, max_leaders: int) -> None:
    if not 0.0 < threshold <= 1.0:
        raise ValueError(f"a similarity threshold lies above 0 and is at most 1, not {threshold}")
    if max_leaders < 1:
        raise ValueError(f"at least one leader must be remembered per band key, not {max_leaders}")
