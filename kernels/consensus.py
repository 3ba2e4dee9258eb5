"""Groups of segments that any number of languages agree on, from the pairwise alignments of a document.

The document is laid out as a sequence of slots, as in progressive multiple alignment with refinement by leaving one
sequence out in turn (Barton and Sternberg, A strategy for the rapid multiple alignment of protein sequences, 1987).
What a segment is compared with is not a text but the slots' members in all other languages: every pairwise bead votes
with its weight for the slots that its other side stands in (the consistency of Notredame, Higgins and Heringa,
T-Coffee, 2000). A segment may stand in several neighbouring slots, where other languages cut finer; slots with a common
segment are one group.
"""

from __future__ import annotations

import numpy as np

from .compile import inlined

FLOOR = 0.05
"""The least weight of a bead: an unsure one still says something."""

DELETION = 0.2
"""What the bead of a segment without a counterpart counts beside others: aligners find those worse than links."""


@inlined
def _places(member, language, segments, first, width):
    """Where each segment of a language stands: its first slot (-1 for none) and in how many."""
    first[:segments] = -1
    width[:segments] = 0
    for slot in range(member.shape[0]):
        segment = member[slot, language]
        if segment >= 0:
            if first[segment] < 0:
                first[segment] = slot
            width[segment] += 1


@inlined
def _cells(language, counts, base, start, stop, weight, member, first, width, threshold, merge_threshold):
    """The slots that speak for each segment of a language, and by how much.

    Returns:
        `borders` (one more than segments): its cells; the slot of each, ascending; what is gained by standing there;
        what is gained when it is the second slot of a segment, or the second segment of a slot.
    """
    slots, languages, segments = member.shape[0], member.shape[1], counts[language]
    votes, touched = np.zeros(slots, np.float64), np.empty(slots, np.int64)
    borders = np.zeros(segments + 1, np.int64)
    room = max(16, 2 * segments)
    place, gain, more = np.empty(room, np.int64), np.empty(room, np.float64), np.empty(room, np.float64)
    size = 0
    for segment in range(segments):
        found = 0
        for other in range(languages):
            if base[language, other] < 0:
                continue
            link = base[language, other] + segment
            strength = max(FLOOR, np.float64(weight[link]))
            for linked in range(start[link], stop[link]):
                slot, left = first[other, linked], width[other, linked]
                share = strength / max(1, left)
                while left > 0:
                    if member[slot, other] == linked:
                        if votes[slot] == 0.0:
                            touched[found] = slot
                            found += 1
                        votes[slot] += share
                        left -= 1
                    slot += 1
        near = np.sort(touched[:found])
        for slot in near:
            possible = 0.0
            for other in range(languages):
                there = member[slot, other]
                if there < 0 or base[language, other] < 0:
                    continue
                link = base[language, other] + segment
                strength = max(FLOOR, np.float64(weight[link]))
                if stop[link] == start[link]:
                    strength *= DELETION
                possible += strength / width[other, there]
            if votes[slot] > threshold * possible:
                if size == room:
                    room *= 2
                    wide = np.empty(room, np.int64)
                    wide[:size] = place
                    place = wide
                    wider = np.empty((2, room), np.float64)
                    wider[0, :size] = gain
                    wider[1, :size] = more
                    gain, more = wider[0].copy(), wider[1].copy()
                place[size] = slot
                gain[size] = votes[slot] - threshold * possible
                more[size] = votes[slot] - merge_threshold * possible
                size += 1
            votes[slot] = 0.0
        borders[segment + 1] = size
    return borders, place[:size], gain[:size], more[:size]


@inlined
def _best_chain(borders, place, gain, more, slots):
    """The heaviest chain of cells in which segments and slots ascend: linear in the cells but for a logarithm.

    After a cell (i, j) may come one further on in both, or, as the same bead, (i, j + 1) or (i + 1, j).

    Returns:
        For each cell whether it is in the chain.
    """
    cells = place.shape[0]
    total, before = np.empty(cells, np.float64), np.full(cells, -1, np.int64)
    tree = np.full(slots + 1, -1, np.int64)  # the best chain that ends at or before a slot, as a Fenwick tree of cells
    for segment in range(borders.shape[0] - 1):
        for cell in range(borders[segment], borders[segment + 1]):
            node, best, last = place[cell], 0.0, -1
            while node > 0:
                known = tree[node]
                if known >= 0 and total[known] > best:
                    best, last = total[known], known
                node -= node & -node
            value = best + gain[cell]
            if cell > borders[segment] and place[cell - 1] == place[cell] - 1:
                joined = total[cell - 1] + more[cell]
                if joined > value:
                    value, last = joined, cell - 1
            if segment > 0:
                for above in range(borders[segment - 1], borders[segment]):
                    if place[above] == place[cell] and total[above] + more[cell] > value:
                        value, last = total[above] + more[cell], above
            total[cell], before[cell] = value, last
        for cell in range(borders[segment], borders[segment + 1]):
            node = place[cell] + 1
            while node <= slots:
                if tree[node] < 0 or total[cell] > total[tree[node]]:
                    tree[node] = cell
                node += node & -node
    chosen = np.zeros(cells, np.bool_)
    last = -1
    for cell in range(cells):
        if last < 0 or total[cell] > total[last]:
            last = cell
    while last >= 0:
        chosen[last] = True
        last = before[last]
    return chosen


@inlined
def _bound(member, slot):
    """Whether a segment stands on both sides of the border before a slot."""
    if slot <= 0 or slot >= member.shape[0]:
        return False
    for language in range(member.shape[1]):
        if member[slot, language] >= 0 and member[slot, language] == member[slot - 1, language]:
            return True
    return False


@inlined
def _added(member, language, borders, place, chosen):
    """The slots with a language put in: one that several of its segments share is split, those without get new ones."""
    slots, segments = member.shape[0], borders.shape[0] - 1
    lowest, highest = np.full(segments, -1, np.int64), np.full(segments, -1, np.int64)
    users = np.zeros(slots, np.int64)
    for segment in range(segments):
        for cell in range(borders[segment], borders[segment + 1]):
            if chosen[cell]:
                if lowest[segment] < 0:
                    lowest[segment] = place[cell]
                highest[segment] = place[cell]
                users[place[cell]] += 1
    following = np.empty(segments + 1, np.int64)
    following[segments] = slots
    new = 0
    for segment in range(segments - 1, -1, -1):
        following[segment] = following[segment + 1] if lowest[segment] < 0 else lowest[segment]
        new += lowest[segment] < 0
    rows = new
    for slot in range(slots):
        rows += max(1, users[slot])
    out = np.full((rows, member.shape[1]), -1, np.int32)
    row = slot = 0
    for segment in range(segments):
        if lowest[segment] < 0:
            while slot < following[segment] and _bound(member, slot):
                out[row] = member[slot]
                row, slot = row + 1, slot + 1
            out[row, language] = segment
            row += 1
            continue
        while slot < lowest[segment]:
            out[row] = member[slot]
            row, slot = row + 1, slot + 1
        for taken in range(lowest[segment], highest[segment] + 1):
            out[row] = member[taken]
            out[row, language] = segment
            row += 1
        slot = highest[segment] + 1
    while slot < slots:
        out[row] = member[slot]
        row, slot = row + 1, slot + 1
    return out[:row]


@inlined
def _removed(member, language):
    """The slots with a language taken out: empty ones go, and so does what only that language told from the next."""
    slots, languages = member.shape
    out = np.empty((slots, languages), np.int32)
    rows = 0
    for slot in range(slots):
        filled, same = False, True
        for other in range(languages):
            value = member[slot, other] if other != language else np.int32(-1)
            out[rows, other] = value
            if value >= 0:
                filled = True
            if rows and value != out[rows - 1, other]:
                same = False
        if filled and not (rows and same):
            rows += 1
    return out[:rows]


@inlined
def _equal(one, other):
    if one.shape[0] != other.shape[0]:
        return False
    for row in range(one.shape[0]):
        for column in range(one.shape[1]):
            if one[row, column] != other[row, column]:
                return False
    return True


@inlined
def lay_out(counts, base, start, stop, weight, threshold, merge_threshold, rounds):
    """The slots of one document: a matrix slots x languages of segments, -1 for none.

    Args:
        counts: segments per language.
        base: languages x languages: where the links of a language's segments to another one begin, -1 for none.
        start: for each link the first segment on the other side.
        stop: one more than the last; equal to `start` where there is no counterpart.
        weight: how sure each link is.
        threshold: share of the votes that a segment needs for a slot.
        merge_threshold: the share that it needs for a further slot, or a slot for a further segment.
        rounds: how often every language is taken out and put in again at most.
    """
    languages = counts.shape[0]
    mass = np.zeros(languages, np.float64)
    for one in range(languages):
        for other in range(languages):
            if base[one, other] >= 0:
                for link in range(base[one, other], base[one, other] + counts[one]):
                    if stop[link] > start[link]:
                        mass[one] += weight[link]
    order = np.argsort(-mass, kind="mergesort")
    most = max(1, counts.max()) if languages else 1
    first, width = np.full((languages, most), -1, np.int64), np.zeros((languages, most), np.int64)
    member = np.empty((0, languages), np.int32)
    for turn in range(rounds + 1):
        before = member
        for language in order:
            if turn:
                member = _removed(member, language)
            for other in range(languages):
                if other != language:
                    _places(member, other, counts[other], first[other], width[other])
            borders, place, gain, more = _cells(
                language, counts, base, start, stop, weight, member, first, width, threshold, merge_threshold
            )
            chosen = _best_chain(borders, place, gain, more, member.shape[0])
            member = _added(member, language, borders, place, chosen)
        if _equal(before, member):
            break
    return member
