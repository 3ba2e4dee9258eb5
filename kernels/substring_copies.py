"""Which of the equal windows are copies of which: groups of equal windows in survivor order, and what follows of it.

Windows come in runs that share a fingerprint (see `substrings.py`). Two windows are taken as equal when their 64-bit
hashes and the 64-bit fingerprints of their minima are. An occurrence that overlaps an earlier one in its document is
no further copy but belongs to it (a line of one letter would be thousands of copies of itself), and so does one in a
row that is protected from the other's.
"""

# mypy: allow-untyped-calls
# (compiled functions have signatures of numba, not of Python)

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .compile import inlined, kernel

LEAD: Final = 0
MEMBER: Final = 1
BEYOND: Final = 2

Indexes = npt.NDArray[np.int32]


@inlined
def _home(hashes, table, mask, window):  # type: ignore[no-untyped-def]
    """The slot of a window's hash: of the first window with that hash, or free."""
    key = hashes[window]
    place = (key ^ (key >> np.uint64(32))) & mask
    while table[place] >= 0 and hashes[table[place]] != key:
        place = (place + np.uint64(1)) & mask
    return place


@inlined
def _is_of_copy(lead, window, run, run_of, runs, documents, groups, lengths, whole):  # type: ignore[no-untyped-def]
    """Whether a later window belongs to the copy that began with the window `lead`."""
    other = run_of[lead]
    if groups[run] != np.uint64(0) and groups[run] == groups[other]:
        return True
    if documents[run] != documents[other]:
        return False
    here = runs[run, 0] + window - runs[run, 1]
    there = runs[other, 0] + lead - runs[other, 1]
    return whole or here < there + lengths[lead]


@kernel(
    "void(int64[::1], uint64[::1], int64[:, ::1], int64[::1], uint64[::1], uint64[::1], uint16[::1], int64, boolean, "
    "boolean, int32[::1], int32[::1], int32[::1], int32[::1], int32[::1], int8[::1], int32[::1], int64[::1])"
)
def _rank(  # type: ignore[no-untyped-def]
    order, fingerprints, runs, documents, groups, hashes, lengths, most, whole, partial,
    table, run_of, last, following, counts, kinds, references, group_sizes,
):  # fmt: skip
    """See `rank_copies`. `table` has a power of two of places for the largest group, at least twice its windows."""
    begin = 0
    for group in range(group_sizes.shape[0]):
        windows = 0
        for turn in range(begin, begin + group_sizes[group]):
            windows += runs[order[turn], 2]
        size = 4
        while size < 2 * windows:
            size *= 2
        mask = np.uint64(size - 1)
        for place in range(size):
            table[place] = -1
        for turn in range(begin, begin + group_sizes[group]):
            run = order[turn]
            for window in range(runs[run, 1], runs[run, 1] + runs[run, 2]):
                run_of[window] = run
                following[window] = -1
                place = _home(hashes, table, mask, window)
                first = table[place]
                if first < 0:
                    table[place] = window
                    last[window], counts[window], kinds[window], references[window] = window, 1, 0, window
                    continue
                lead = last[first]
                found = _is_of_copy(lead, window, run, run_of, runs, documents, groups, lengths, whole)
                if not found and groups[run] != np.uint64(0):
                    lead = first
                    while lead >= 0 and groups[run_of[lead]] != groups[run]:
                        lead = following[lead]
                    found = lead >= 0
                counts[window] = 0
                if found:
                    kinds[window], references[window] = 1, lead
                elif counts[first] < most:
                    counts[first] += 1
                    following[last[first]] = window
                    last[first] = window
                    kinds[window], references[window] = 0, first
                else:
                    counts[first] = most + 1
                    kinds[window], references[window] = (0 if partial and groups[run] != np.uint64(0) else 2), first
        begin += group_sizes[group]


@dataclass(frozen=True)
class Copies:
    """What each of w windows is among those that are equal to it.

    Attributes:
        kinds: `LEAD`: the first of one of the first `most` copies (or what is undecided, see `rank_copies`); `MEMBER`:
            another window of such a copy; `BEYOND`: of a later copy.
        references: for a lead and for what is beyond, the first of all equal windows; for a member its copy's lead.
        counts: at the first of equal windows how many copies there are, `most` + 1 for all larger numbers; else 0.
        following: at a lead, the next copy's lead; -1 where there is none.
        run_of: the run of each window.
    """

    kinds: npt.NDArray[np.int8]
    references: Indexes
    counts: Indexes
    following: Indexes
    run_of: Indexes

    def firsts(self) -> Indexes:
        """The first of all windows that are equal to each window."""
        found: Indexes = self.references[self.references]
        return found


def rank_copies(
    fingerprints: npt.NDArray[np.uint64],
    ranks: npt.NDArray[np.int64],
    runs: npt.NDArray[np.int64],
    documents: npt.NDArray[np.int64],
    groups: npt.NDArray[np.uint64],
    hashes: npt.NDArray[np.uint64],
    lengths: npt.NDArray[np.uint16],
    *,
    most: int,
    whole: bool,
    partial: bool,
) -> Copies:
    """Find the copies of every window.

    Args:
        fingerprints: of r runs.
        ranks: each run's place in survivor order; runs of one document may have the same.
        runs: r x 3: number of the first window's first token, place of the first window in `hashes`, how many.
        documents: the document of each run.
        groups: runs of equal numbers are protected from each other; 0: not protected.
        hashes: of w windows.
        lengths: tokens of each window; 0 where overlaps do not count.
        most: of how many copies the leads are wanted, at least 1.
        whole: all occurrences in one document are one copy.
        partial: there may be more runs elsewhere. Then nothing that has a group is beyond: the group may have an
            earlier copy there.
    """
    fingerprints, groups, hashes = (
        np.require(column, np.uint64, ["C", "W"]) for column in (fingerprints, groups, hashes)
    )
    order = np.lexsort((runs[:, 0], ranks, fingerprints)).astype(np.int64)
    marks = fingerprints[order]
    begins = np.flatnonzero(np.append(True, marks[1:] != marks[:-1])) if len(order) else np.zeros(0, np.int64)
    sizes = np.diff(np.append(begins, len(order))).astype(np.int64)
    largest = int(np.add.reduceat(runs[order, 2], begins).max()) if len(begins) else 0
    table = np.empty(1 << max(2, int(2 * largest - 1).bit_length()), np.int32)
    run_of, last, following, counts, references = (np.empty(len(hashes), np.int32) for _ in range(5))
    kinds = np.empty(len(hashes), np.int8)
    _rank(
        order, fingerprints, runs, documents, groups, hashes, lengths, most, whole, partial,
        table, run_of, last, following, counts, kinds, references, sizes,
    )  # fmt: skip
    return Copies(kinds, references, counts, following, run_of)


@kernel(
    "int64(int64[:, ::1], int64[::1], int8[::1], int32[::1], int32[::1], boolean[::1], int64[:, ::1])",
)
def _stretches(runs, documents, kinds, references, run_of, single, out):  # type: ignore[no-untyped-def]
    """See `stretches`."""
    found = 0
    for run in range(runs.shape[0]):
        for window in range(runs[run, 1], runs[run, 1] + runs[run, 2]):
            place = runs[run, 0] + window - runs[run, 1]
            kind = kinds[window]
            document, start = np.int64(-1), np.int64(-1)
            if kind != 0:
                other = run_of[references[window]]
                document = documents[other]
                start = runs[other, 0] + references[window] - runs[other, 1]
            last = found - 1
            more = found > 0 and out[last, 0] == documents[run] and out[last, 2] == place and out[last, 3] == kind
            if more and kind == 0:
                more = out[last, 6] == run and not single[run]
            elif more:
                length = place - out[last, 1]
                more = out[last, 4] == document and (
                    (kind == 2 and document == documents[run]) or out[last, 5] + length == start
                )
            if not more:
                out[found, 0], out[found, 1], out[found, 3] = documents[run], place, kind
                out[found, 4], out[found, 5], out[found, 6], out[found, 7] = document, start, run, window
                found += 1
            out[found - 1, 2] = place + 1
    return found


def stretches(
    copies: Copies, runs: npt.NDArray[np.int64], documents: npt.NDArray[np.int64], single: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Windows in a row that are of one kind and, unless leads, refer to windows in a row of one document.

    What is beyond and refers to its own document may refer to any place there; only the first is named.

    Args:
        copies: what `rank_copies` found.
        runs: as there, in order of document and place.
        documents: as there.
        single: runs whose leads stand alone.

    Returns:
        m x 8: document, place of the first window, place behind the last, kind, document and place of what the first
        refers to (-1 for leads), run, first window.
    """
    out = np.empty((len(copies.kinds), 8), np.int64)
    found = _stretches(runs, documents, copies.kinds, copies.references, copies.run_of, single, out)
    return out[:found]


@inlined
def _covering(rows, starts, stops, row, place):  # type: ignore[no-untyped-def]
    """The stretch that has window `place` of `row`; -1 for none. Stretches stand in order and do not overlap."""
    low, high = 0, rows.shape[0]
    while low < high:
        middle = (low + high) // 2
        if rows[middle] < row or (rows[middle] == row and starts[middle] <= place):
            low = middle + 1
        else:
            high = middle
    low -= 1
    if low >= 0 and rows[low] == row and place < stops[low]:
        return low
    return -1


@kernel("int64(int64[::1], int64[::1], int64[::1], int64[:, ::1], int64[:, ::1], boolean)")
def _resolve(rows, starts, stops, given, out, write):  # type: ignore[no-untyped-def]
    """See `resolve`; without `write` only counts."""
    found = 0
    for stretch in range(given.shape[0]):
        row, start, stop, kind, target, place = given[stretch]
        previous = np.int64(-2)
        own = kind == 2 and target == row
        for window in range(start, stop):
            moved = place if own else place + window - start
            state = previous if own and window > start else _covering(rows, starts, stops, target, moved)
            if state != previous:
                previous = state
                if write:
                    out[found, 0], out[found, 1], out[found, 3], out[found, 4] = row, window, stretch, state
                    out[found, 5] = moved
                found += 1
            if write:
                out[found - 1, 2] = window + 1
    return found


def resolve(
    rows: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    stops: npt.NDArray[np.int64],
    given: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """What became of the windows that stretches refer to.

    Args:
        rows: of the stretches of leads that something is told of, in order of row and start.
        starts: their first windows.
        stops: behind their last ones.
        given: n x 6, members and what is beyond: the first six columns of `stretches`.

    Returns:
        m x 6: row, start, stop, which of the n, the marked stretch that it refers to (-1: one that stays), place
        referred to by the first window.
    """
    wanted = _resolve(rows, starts, stops, given, np.empty((0, 6), np.int64), False)
    out = np.empty((wanted, 6), np.int64)
    _resolve(rows, starts, stops, given, out, True)
    return out
