"""Copies among equal windows."""

import numpy as np
from hexapla.kernels.substring_copies import BEYOND, LEAD, MEMBER, rank_copies, resolve, stretches


def ranked(rows, hashes, lengths=0, most=1, groups=None, **how):
    """Runs (document, first token, windows) of one fingerprint, in the order given."""
    rows = np.array(rows, np.int64)
    first = np.cumsum(rows[:, 2]) - rows[:, 2]
    runs = np.stack([rows[:, 1], first, rows[:, 2]], axis=1)
    groups = np.array(groups if groups else [0] * len(rows), np.uint64)
    how = {"whole": False, "partial": False} | how
    found = rank_copies(
        np.ones(len(rows), np.uint64), rows[:, 0], runs, rows[:, 0].copy(), groups, np.array(hashes, np.uint64),
        np.full(len(hashes), lengths, np.uint16), most=most, **how,
    )  # fmt: skip
    return found, runs, rows[:, 0].copy()


def test_later_copies_are_beyond():
    found, runs, documents = ranked([(2, 0, 3), (1, 5, 2), (3, 1, 2)], [1, 2, 3, 1, 2, 2, 3])
    assert found.kinds.tolist() == [BEYOND, BEYOND, LEAD, LEAD, LEAD, BEYOND, BEYOND]
    assert found.firsts().tolist() == [3, 4, 2, 3, 4, 4, 2]
    assert found.counts.tolist() == [0, 0, 2, 2, 2, 0, 0]
    places = stretches(found, runs, documents, np.zeros(3, bool))
    assert places[:, :6].tolist() == [
        [2, 0, 2, BEYOND, 1, 5], [2, 2, 3, LEAD, -1, -1], [1, 5, 7, LEAD, -1, -1],
        [3, 1, 2, BEYOND, 1, 6], [3, 2, 3, BEYOND, 2, 2],
    ]  # fmt: skip
    alone = stretches(found, runs, documents, np.ones(3, bool))
    assert alone[alone[:, 3] == LEAD, 1:3].tolist() == [[2, 3], [5, 6], [6, 7]]


def test_overlaps_and_protected_rows_belong_to_a_copy():
    found, _, _ = ranked([(1, 0, 6)], [7] * 6, lengths=3)
    assert found.kinds.tolist() == [LEAD, MEMBER, MEMBER, BEYOND, BEYOND, BEYOND]
    assert ranked([(1, 0, 6)], [7] * 6, whole=True)[0].kinds.tolist() == [LEAD, *[MEMBER] * 5]
    rows = [(1, 0, 1), (2, 0, 1), (3, 0, 1), (4, 0, 1)]
    assert ranked(rows, [7] * 4, groups=[5, 6, 5, 0])[0].kinds.tolist() == [LEAD, BEYOND, MEMBER, BEYOND]
    assert ranked(rows, [7] * 4, groups=[5, 6, 5, 0], partial=True)[0].kinds.tolist() == [LEAD, LEAD, MEMBER, BEYOND]
    assert ranked(rows, [7] * 4, most=2, groups=[5, 6, 5, 0])[0].kinds.tolist() == [LEAD, LEAD, MEMBER, BEYOND]


def test_what_became_of_windows_that_others_refer_to():
    rows, starts, stops = (np.array(column, np.int64) for column in ([1, 1], [2, 9], [5, 10]))
    given = np.array([[4, 0, 5, BEYOND, 1, 1], [1, 20, 23, BEYOND, 1, 4], [2, 3, 4, MEMBER, 0, 0]], np.int64)
    assert resolve(rows, starts, stops, given).tolist() == [
        [4, 0, 1, 0, -1, 1], [4, 1, 4, 0, 0, 2], [4, 4, 5, 0, -1, 5], [1, 20, 23, 1, 0, 4], [2, 3, 4, 2, -1, 0],
    ]  # fmt: skip
