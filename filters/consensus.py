"""What any number of languages agree on: from the pairwise beads of documents to groups, and back to better beads.

Every pair of languages is aligned on its own; here the pairs of one document vote. A segment goes where most of the
other languages' segments with which it is linked stand, weighted by how sure each link is; order is kept. The method is
in `kernels/consensus.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Number = npt.NDArray[np.int32]
Real = npt.NDArray[np.float32]

THRESHOLD = 0.5
"""Share of the weighted votes that a segment needs for its place."""

MERGE_THRESHOLD = 0.6
"""The same for what makes a bead larger than one to one: a wrong merger costs the groups on both sides."""

ROUNDS = 2
"""How often every language is taken out and put in again at most; nothing changes after that on any set measured."""


@dataclass(frozen=True)
class PairwiseBeads:
    """The pairwise alignments of n documents, flat, in order of documents, pairs and beads.

    Attributes:
        languages_of: n + 1 borders in `counts`: the languages of each document.
        counts: segments of each document in each of its languages.
        pairs_of: n + 1 borders in `source` and `target`: the aligned pairs of languages of each document.
        source, target: the two languages of each pair, counted within the document.
        beads_of: pairs + 1 borders in the arrays of beads.
        src_start, src_stop, tgt_start, tgt_stop: ranges of segments; an empty one for a deletion or insertion.
        score: how sure each bead is, 0 to 1.
    """

    languages_of: Whole
    counts: Whole
    pairs_of: Whole
    source: Whole
    target: Whole
    beads_of: Whole
    src_start: Number
    src_stop: Number
    tgt_start: Number
    tgt_stop: Number
    score: Real


@dataclass(frozen=True)
class Consensus:
    """What the languages of n documents agree on.

    Attributes:
        first_segment: where the segments of each language of each document begin in `group`, and the end.
        group: for every segment the number of its group within the document, in reading order.
        groups: how many groups each document has.
        agreement: for every group, from the document's first segment on, how far the pairwise beads agree with it: the
            mean over its pairs of languages of the scores of links that stay inside it.
        first_label: where the labels of each pair begin in `bead`: of the source's segments, then of the target's.
        bead: for every label the number of the bead within the pair, in reading order.
        beads: how many beads each pair has.
        bead_score: for every bead, from the pair's first label on, how sure it is, 0 to 1: half the pair's own score,
            half those of the links that both sides have with the rest of the group.
        as_given: for every bead likewise, 1 where the pairwise alignment has the very same one.
    """

    first_segment: Whole
    group: Number
    groups: Whole
    agreement: Real
    first_label: Whole
    bead: Number
    beads: Whole
    bead_score: Real
    as_given: npt.NDArray[np.uint8]


def find_consensus(
    given: PairwiseBeads,
    *,
    threshold: float = THRESHOLD,
    merge_threshold: float = MERGE_THRESHOLD,
    rounds: int = ROUNDS,
) -> Consensus:
    """Let the pairs of each document vote; a document's result does not depend on the others.

    Args:
        given: n documents.
        threshold: share of the weighted votes that a segment needs for its place, 0 to 1.
        merge_threshold: share that it needs for a second place, or beside another segment of its language.
        rounds: how often every language is taken out and put in again at most.
    """
    from ..kernels.consensus_groups import find_groups

    documents, pairs = len(given.languages_of) - 1, len(given.source)
    first_segment = borders(given.counts)
    owner = np.repeat(np.arange(documents), np.diff(given.pairs_of))
    entries = given.languages_of[owner]
    first_label = borders(given.counts[entries + given.source] + given.counts[entries + given.target])
    found = Consensus(
        first_segment,
        np.zeros(first_segment[-1], np.int32),
        np.zeros(documents, np.int64),
        np.zeros(first_segment[-1], np.float32),
        first_label,
        np.zeros(first_label[-1], np.int32),
        np.zeros(pairs, np.int64),
        np.zeros(first_label[-1], np.float32),
        np.zeros(first_label[-1], np.uint8),
    )
    find_groups(
        *(np.require(array, np.int64, ["C", "W"]) for array in (given.languages_of, given.counts, first_segment)),
        *(np.require(array, np.int64, ["C", "W"]) for array in (given.pairs_of, given.source, given.target)),
        np.require(given.beads_of, np.int64, ["C", "W"]),
        *(np.require(array, np.int32, ["C", "W"]) for array in (given.src_start, given.src_stop)),
        *(np.require(array, np.int32, ["C", "W"]) for array in (given.tgt_start, given.tgt_stop)),
        np.require(given.score, np.float32, ["C", "W"]),
        threshold, merge_threshold, rounds,
        found.group, found.groups, found.agreement,
        first_label, found.bead, found.beads, found.bead_score, found.as_given,
    )  # fmt: skip
    return found


def borders(lengths: npt.NDArray[np.integer]) -> Whole:
    """Where pieces of the given lengths begin when they follow each other, and where the last one ends."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths, dtype=np.int64)])
