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
def _as_given(one, begin, end, src_start, src_stop, tgt_start, tgt_stop):
    """The slots of a document in two languages, which has nothing to vote about: its beads, crossing ones as well."""
    rows = 0
    for bead in range(begin, end):
        left, right = src_stop[bead] - src_start[bead], tgt_stop[bead] - tgt_start[bead]
        rows += left + right - 1 if left and right else left + right
    member = np.full((rows, 2), -1, np.int32)
    row = 0
    for bead in range(begin, end):
        left, right = src_stop[bead] - src_start[bead], tgt_stop[bead] - tgt_start[bead]
        for step in range(left + right - 1 if left and right else left + right):
            if left:
                member[row, one] = src_start[bead] + min(step, left - 1)
            if right:
                member[row, 1 - one] = tgt_start[bead] + max(0, step - left + 1 if left else step)
            row += 1
    return member


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
def _shares(group, groups, counts, left, right, base, start, stop, weight):
    """For each group the mean score of the links between two languages that stay inside it; -1 where one is missing."""
    amount, segments, back = np.zeros(groups, np.float64), np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    _support(left, right, counts, base, start, stop, weight, group[left], group[right], amount, segments)
    _support(right, left, counts, base, start, stop, weight, group[right], group[left], amount, back)
    for where in range(groups):
        both = segments[where] > 0 and back[where] > 0
        amount[where] = amount[where] / (segments[where] + back[where]) if both else -1.0
    return amount


@inlined
def _agreements(group, groups, counts, one, other, base, start, stop, weight):
    """How far the pairwise alignments stay inside the groups.

    Returns:
        groups x languages: the sum of the shares of a language's pairs in the group, and their number; and per group
        the mean over its pairs of languages.
    """
    languages = counts.shape[0]
    by_language, partners = np.zeros((groups, languages), np.float64), np.zeros((groups, languages), np.int64)
    whole, pairs = np.zeros(groups, np.float64), np.zeros(groups, np.int64)
    for pair in range(one.shape[0]):
        left, right = one[pair], other[pair]
        share = _shares(group, groups, counts, left, right, base, start, stop, weight)
        for where in range(groups):
            if share[where] >= 0.0:
                by_language[where, left] += share[where]
                by_language[where, right] += share[where]
                partners[where, left] += 1
                partners[where, right] += 1
                whole[where] += share[where]
                pairs[where] += 1
    for where in range(groups):
        whole[where] /= max(1, pairs[where])
    return by_language, partners, whole


@inlined
def _with_others(share, where, language, by_language, partners):
    """The mean share of a language's pairs in a group, save the pair whose share is given; that where it is alone."""
    if partners[where, language] < 2:
        return share
    return (by_language[where, language] - share) / (partners[where, language] - 1)


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
        if high - low == 2 and end - begin == 1:
            first, last = beads_of[begin], beads_of[end]
            member = _as_given(left[0], first, last, src_start, src_stop, tgt_start, tgt_stop)
        else:
            member = lay_out(own, base, start, stop, weight, threshold, merge_threshold, rounds)
        label, found = _slot_groups(member, own)
        groups[document] = found
        for entry in range(low, high):
            for segment in range(counts[entry]):
                group[first_segment[entry] + segment] = label[entry - low, segment]
        by_language, partners, whole = _agreements(label, found, own, left, right, base, start, stop, weight)
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
            same, of = np.ones(number, np.bool_), np.full(number, -1, np.int64)
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
                    of[where] = label[source, segment]
            shares = _shares(label, found, own, source, target, base, start, stop, weight)
            for where in range(number):
                known = amount[where] / max(1, segments[where])
                if of[where] >= 0 and partners[of[where], source] + partners[of[where], target] > 2:
                    share = shares[of[where]]
                    others = _with_others(share, of[where], source, by_language, partners)
                    others += _with_others(share, of[where], target, by_language, partners)
                    known = 0.5 * known + 0.25 * others
                bead_score[place + where] = min(1.0, max(0.0, known))
                as_given[place + where] = same[where]
