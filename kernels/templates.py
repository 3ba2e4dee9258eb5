"""Templates: clusters whose members share a frame (menus, notices, forms) and differ in what stands in it.

The frame of a cluster is what at least `FRAME_SHARE` of its members have: all that is not a member's own. So much less
than all, because editions of one text are no template: what one edition changes, many that follow it share, and only
content that (almost) nobody shares makes a page a page of its own. The frame is read from at most `MOST_SAMPLED`
members, taken evenly in survivor order, so that it costs the same however large the cluster is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .clusters import Frames, Sets, SharedKeys
from .compile import kernel

FRAME_SHARE = 0.2
MOST_SAMPLED = 256
WITHIN_SHARE = 0.5
"""A document is a page of a template when so much of it stands in the frame."""

MOST_FRAMES = 16
"""Frames that a document is compared with at most."""

OWN_KEYS = 8
"""Of two documents whose own shingles have a similarity of .5, one of the eight smallest is common in 996 of 1,000."""


def frame_of(sets: Sets, members: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The frame of a cluster: shingle hashes, ascending.

    Args:
        sets: the shingle sets of n documents.
        members: the cluster's documents in survivor order.
    """
    sampled = members[np.arange(min(len(members), MOST_SAMPLED)) * len(members) // min(len(members), MOST_SAMPLED)]
    parts = [sets.values[sets.offsets[member] : sets.offsets[member + 1]] for member in sampled.tolist()]
    values, counts = np.unique(np.concatenate(parts), return_counts=True)
    found: NDArray[np.uint64] = values[counts >= FRAME_SHARE * len(sampled)]
    return found


@kernel("void(uint64[::1], int64[::1], uint64[::1], int64[::1], int64[::1], uint64[:,::1], int64[::1], int64[::1])")
def _own(
    values: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    frame: NDArray[np.uint64],
    frame_offsets: NDArray[np.int64],
    frame_of_document: NDArray[np.int64],
    smallest: NDArray[np.uint64],
    filled: NDArray[np.int64],
    own: NDArray[np.int64],
) -> None:
    """See `own_shingles`."""
    for document in range(offsets.shape[0] - 1):
        number = frame_of_document[document]
        if number < 0:
            continue
        place, end = frame_offsets[number], frame_offsets[number + 1]
        for position in range(offsets[document], offsets[document + 1]):
            value = values[position]
            while place < end and frame[place] < value:
                place += 1
            if place < end and frame[place] == value:
                continue
            own[document] += 1
            if filled[document] < smallest.shape[1]:
                smallest[document, filled[document]] = value
                filled[document] += 1


def own_shingles(sets: Sets, frames: Frames) -> tuple[NDArray[np.int64], SharedKeys]:
    """What documents have outside their frames.

    Args:
        sets: the shingle sets of n documents.
        frames: their frames.

    Returns:
        How many shingles each has outside (0 without a frame), and the smallest `OWN_KEYS` of them as keys under which
        documents with like contents meet.
    """
    size = len(sets.offsets) - 1
    smallest, filled = np.zeros((size, OWN_KEYS), np.uint64), np.zeros(size, np.int64)
    own = np.zeros(size, np.int64)
    _own(
        np.require(sets.values, np.uint64, ["C", "W"]), np.require(sets.offsets, np.int64, ["C", "W"]),
        np.require(frames.values, np.uint64, ["C", "W"]), np.require(frames.offsets, np.int64, ["C", "W"]),
        np.require(frames.of, np.int64, ["C", "W"]), smallest, filled, own,
    )  # fmt: skip
    borders = np.concatenate([np.zeros(1, np.int64), np.cumsum(filled)])
    used = np.arange(OWN_KEYS) < filled[:, np.newaxis]
    return own, SharedKeys.of_lists(smallest[used], borders)


@kernel("void(uint64[::1], int64[::1], uint64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])")
def _within(
    values: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    frame: NDArray[np.uint64],
    frame_offsets: NDArray[np.int64],
    documents: NDArray[np.int64],
    first: NDArray[np.int64],
    stop: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    """See `frames_around`."""
    for row in range(documents.shape[0]):
        start, end = offsets[documents[row]], offsets[documents[row] + 1]
        most = int(np.ceil(WITHIN_SHARE * (end - start))) - 1
        out[row] = -1
        for number in range(first[row], min(stop[row], first[row] + MOST_FRAMES)):
            place, frame_end = frame_offsets[number], frame_offsets[number + 1]
            common = 0
            for position in range(start, end):
                value = values[position]
                while place < frame_end and frame[place] < value:
                    place += 1
                common += place < frame_end and frame[place] == value
            if common > most:
                most = common
                out[row] = number


def frames_around(
    sets: Sets,
    values: NDArray[np.uint64],
    frame_offsets: NDArray[np.int64],
    documents: NDArray[np.int64],
    first: NDArray[np.int64],
    stop: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The frame that most of each document stands in.

    Args:
        sets: the shingle sets of n documents.
        values: shingle hashes of the frames.
        frame_offsets: borders of the frames in `values`.
        documents: k of the n documents.
        first: for each the first frame that it is compared with.
        stop: for each the frame after the last one; at most `MOST_FRAMES` are looked at.

    Returns:
        k numbers of frames, -1 where less than `WITHIN_SHARE` of the document stands in any.
    """
    out = np.empty(len(documents), np.int64)
    _within(
        np.require(sets.values, np.uint64, ["C", "W"]), np.require(sets.offsets, np.int64, ["C", "W"]),
        np.require(values, np.uint64, ["C", "W"]), np.require(frame_offsets, np.int64, ["C", "W"]),
        np.require(documents, np.int64, ["C", "W"]), np.require(first, np.int64, ["C", "W"]),
        np.require(stop, np.int64, ["C", "W"]), out,
    )  # fmt: skip
    return out
