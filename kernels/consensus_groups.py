"""The groups and beads that the slots of a document say, and how far the pairwise alignments agree with them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .compile import inlined, kernel
from .consensus import lay_out

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float32]


@inlined
def _root(parent, node):
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@inlined
def _number(parent, nodes, label):
    """Number the components by their first node in the order given; `label` gets the number of each node."""
    label[:] = -1
    found = 0
    for place in range(nodes.shape[0]):
        root = _root(parent, nodes[place])
        if label[root] < 0:
            label[root] = found
            found += 1
    for node in range(parent.shape[0]):
        root = _root(parent, node)
        if root != node and label[root] >= 0:
            label[node] = label[root]
    return found


@inlined
def _slot_groups(member, counts):
    """The group of every segment, numbered by first slot: slots with a common segment are one group.

    Returns:
        languages x segments; the number of groups.
    """
    slots, languages = member.shape
    parent = np.arange(slots)
    most = max(1, counts.max()) if languages else 1
    group = np.full((languages, most), -1, np.int64)
    for language in range(languages):
        last = np.full(most, -1, np.int64)
        for slot in range(slots):
            segment = member[slot, language]
            if segment >= 0:
                if last[segment] >= 0:
                    one, other = _root(parent, last[segment]), _root(parent, slot)
                    parent[max(one, other)] = min(one, other)
                last[segment] = slot
    label = np.empty(slots, np.int64)
    found = _number(parent, np.arange(slots), label)
    for slot in range(slots):
        for language in range(languages):
            if member[slot, language] >= 0:
                group[language, member[slot, language]] = label[slot]
    return group, found


@inlined
def _pair_beads(member, one, other, count, other_count, label):
    """Number the beads of two languages by first slot; `label` gets the number for each segment of both.

    Returns:
        The number of beads.
    """
    parent = np.arange(count + other_count)
    nodes = np.empty(2 * member.shape[0], np.int64)
    used = 0
    for slot in range(member.shape[0]):
        left, right = member[slot, one], member[slot, other]
        if left >= 0:
            nodes[used] = left
            used += 1
        if right >= 0:
            nodes[used] = count + right
            used += 1
        if left >= 0 and right >= 0:
            first, second = _root(parent, left), _root(parent, count + right)
            parent[max(first, second)] = min(first, second)
    return _number(parent, nodes[:used], label)


@inlined
def _support(one, other, counts, base, start, stop, weight, label, other_label, amount, segments):
    """Add up, for each bead or group, the weights of the links from one language that stay inside it."""
    for segment in range(counts[one]):
        link = base[one, other] + segment
        where = label[segment]
        if where < 0:
            continue
        inside = stop[link] > start[link]
        for linked in range(start[link], stop[link]):
            inside = inside and other_label[linked] == where
        segments[where] += 1
        if inside:
            amount[where] += weight[link]


@inlined
def _links(counts, one, other, beads, src_start, src_stop, tgt_start, tgt_stop, score):
    """The beads of a document as links from each segment of each language, in both directions."""
    languages = counts.shape[0]
    base = np.full((languages, languages), -1, np.int64)
    size = 0
    for pair in range(one.shape[0]):
        base[one[pair], other[pair]] = size
        base[other[pair], one[pair]] = size + counts[one[pair]]
        size += counts[one[pair]] + counts[other[pair]]
    start, stop = np.zeros(size, np.int32), np.zeros(size, np.int32)
    weight = np.zeros(size, np.float32)
    for pair in range(one.shape[0]):
        there, back = base[one[pair], other[pair]], base[other[pair], one[pair]]
        for bead in range(beads[pair], beads[pair + 1]):
            for segment in range(src_start[bead], src_stop[bead]):
                start[there + segment], stop[there + segment] = tgt_start[bead], tgt_stop[bead]
                weight[there + segment] = score[bead]
            for segment in range(tgt_start[bead], tgt_stop[bead]):
                start[back + segment], stop[back + segment] = src_start[bead], src_stop[bead]
                weight[back + segment] = score[bead]
    return base, start, stop, weight


@inlined
def _agreements(group, groups, counts, one, other, base, start, stop, weight):
    """How far the pairwise alignments stay inside the groups.

    Returns:
        groups x languages: the mean support of each language's links to the others in the group; and per group the
        mean over its pairs of languages.
    """
    languages = counts.shape[0]
    by_language, partners = np.zeros((groups, languages), np.float64), np.zeros((groups, languages), np.float64)
    whole, pairs = np.zeros(groups, np.float64), np.zeros(groups, np.float64)
    amount, segments, back = np.zeros(groups, np.float64), np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    for pair in range(one.shape[0]):
        left, right = one[pair], other[pair]
        amount[:] = 0.0
        segments[:] = 0
        back[:] = 0
        _support(left, right, counts, base, start, stop, weight, group[left], group[right], amount, segments)
        _support(right, left, counts, base, start, stop, weight, group[right], group[left], amount, back)
        for where in range(groups):
            if segments[where] and back[where]:
                share = amount[where] / (segments[where] + back[where])
                by_language[where, left] += share
                by_language[where, right] += share
                partners[where, left] += 1.0
                partners[where, right] += 1.0
                whole[where] += share
                pairs[where] += 1.0
    for where in range(groups):
        whole[where] /= max(1.0, pairs[where])
        for language in range(languages):
            by_language[where, language] /= max(1.0, partners[where, language])
    return by_language, whole


@kernel(
    "void(int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1], int64[::1],"
    " int32[::1], int32[::1], int32[::1], int32[::1], float32[::1], float64, float64, int64,"
    " int32[::1], int64[::1], float32[::1], int64[::1], int32[::1], int64[::1], float32[::1], uint8[::1])"
)
def find_groups(
    languages_of: Whole, counts: Whole, first_segment: Whole,
    pairs_of: Whole, one: Whole, other: Whole, beads_of: Whole,
    src_start: npt.NDArray[np.int32], src_stop: npt.NDArray[np.int32],
    tgt_start: npt.NDArray[np.int32], tgt_stop: npt.NDArray[np.int32], score: Real,
    threshold: float, merge_threshold: float, rounds: int,
    group: npt.NDArray[np.int32], groups: Whole, agreement: Real,
    first_label: Whole, bead: npt.NDArray[np.int32], beads: Whole, bead_score: Real, as_given: npt.NDArray[np.uint8],
) -> None:  # fmt: skip
    """See `filters/consensus.py`; the last arguments are filled.

    Args:
        languages_of: documents + 1: the languages of document d are entries languages_of[d] to languages_of[d + 1].
        counts: of each entry, its segments.
        first_segment: of each entry, where its segments begin among all.
        pairs_of: documents + 1: likewise for pairs.
        one: of each pair the first language, counted within the document.
        other: the second one.
        beads_of: pairs + 1: likewise for beads.
        src_start: of each bead the first source segment.
        src_stop: one more than the last.
        tgt_start: the first target segment.
        tgt_stop: one more than the last.
        score: how sure it is.
        threshold: see `lay_out`, as for the next two.
        merge_threshold: a share.
        rounds: a number.
        group: for each segment the number of its group within the document.
        groups: documents: how many groups.
        agreement: of each group, from `first_segment` of the document's first entry on.
        first_label: pairs: where the labels of its segments begin, those of `one` before those of `other`.
        bead: for each label the number of its bead within the pair.
        beads: pairs: how many beads.
        bead_score: of each bead, from `first_label` on.
        as_given: likewise 1 where the pairwise alignment has the same one.
    """
    for document in range(languages_of.shape[0] - 1):
        low, high = languages_of[document], languages_of[document + 1]
        if low == high:
            groups[document] = 0
            continue
        begin, end = pairs_of[document], pairs_of[document + 1]
        own, left, right = counts[low:high], one[begin:end], other[begin:end]
        base, start, stop, weight = _links(
            own, left, right, beads_of[begin : end + 1], src_start, src_stop, tgt_start, tgt_stop, score
        )
        member = lay_out(own, base, start, stop, weight, threshold, merge_threshold, rounds)
        label, found = _slot_groups(member, own)
        groups[document] = found
        for entry in range(low, high):
            for segment in range(counts[entry]):
                group[first_segment[entry] + segment] = label[entry - low, segment]
        by_language, whole = _agreements(label, found, own, left, right, base, start, stop, weight)
        for where in range(found):
            agreement[first_segment[low] + where] = whole[where]
        for pair in range(begin, end):
            source, target = one[pair], other[pair]
            place, count, other_count = first_label[pair], own[source], own[target]
            labels = np.empty(count + other_count, np.int64)
            number = _pair_beads(member, source, target, count, other_count, labels)
            beads[pair] = number
            amount, segments = np.zeros(number, np.float64), np.zeros(number, np.int64)
            sides = np.zeros((2, number), np.int64)
            _support(source, target, own, base, start, stop, weight, labels[:count], labels[count:], amount, segments)
            _support(target, source, own, base, start, stop, weight, labels[count:], labels[:count], amount, segments)
            for segment in range(count):
                sides[0, labels[segment]] += 1
            for segment in range(other_count):
                sides[1, labels[count + segment]] += 1
            same = np.ones(number, np.bool_)
            for segment in range(count + other_count):
                where = labels[segment]
                bead[place + segment] = where
                forth = segment < count
                link = base[source, target] + segment if forth else base[target, source] + segment - count
                size = stop[link] - start[link]
                same[where] = same[where] and size == sides[1 if forth else 0, where]
                for linked in range(start[link], stop[link]):
                    same[where] = same[where] and labels[linked + count if forth else linked] == where
                if not (sides[0, where] and sides[1, where]):  # nothing on the other side: as sure as no link is
                    amount[where] += weight[link] if not size else 0.5 * (1.0 - weight[link])
                elif forth:
                    where_group = label[source, segment]
                    bead_score[place + where] = 0.25 * (
                        by_language[where_group, source] + by_language[where_group, target]
                    )
            for where in range(number):
                share = amount[where] / max(1, segments[where])
                both = sides[0, where] > 0 and sides[1, where] > 0
                known = bead_score[place + where] + 0.5 * share if both else share
                bead_score[place + where] = min(1.0, max(0.0, known))
                as_given[place + where] = same[where]
