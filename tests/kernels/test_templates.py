"""Frames and what stands outside them, against plain Python."""

import numpy as np
from hexapla.kernels.clusters import Frames, Sets
from hexapla.kernels.templates import FRAME_SHARE, MOST_SAMPLED, OWN_KEYS, frame_of, own_shingles
from hypothesis import given, settings
from hypothesis import strategies as st

DOCUMENTS = st.lists(st.sets(st.integers(0, 30), min_size=1, max_size=15), min_size=1, max_size=12)


def packed(documents):
    borders = np.cumsum([0, *map(len, documents)])
    return Sets(np.array([value for part in documents for value in sorted(part)], np.uint64), borders)


@settings(deadline=None)
@given(DOCUMENTS)
def test_the_frame_is_what_a_share_of_the_members_has(documents):
    found = frame_of(packed(documents), np.arange(len(documents)))
    values = sorted({value for part in documents for value in part})
    assert found.tolist() == [
        value for value in values if sum(value in part for part in documents) >= FRAME_SHARE * len(documents)
    ]


def test_a_large_cluster_is_sampled_evenly():
    count = 40 * MOST_SAMPLED
    documents = [{1, 2} if number % 40 else {1, 3} for number in range(count)]
    assert frame_of(packed(documents), np.arange(count)).tolist() == [1, 3]
    assert frame_of(packed(documents), np.arange(1, count, 40)).tolist() == [1, 2]


@settings(deadline=None)
@given(DOCUMENTS, st.sets(st.integers(0, 30), max_size=12), st.sets(st.integers(0, 30), max_size=12), st.randoms())
def test_own_shingles_are_those_outside_the_frame(documents, one, other, chance):
    frames = [one, other, set()]
    of = [chance.choice([-1, 0, 1]) for _ in documents]
    values = np.array([*sorted(one), *sorted(other)], np.uint64)
    given_frames = Frames(values, np.cumsum([0, len(one), len(other)]), np.array(of), 0.85)
    own, keys = own_shingles(packed(documents), given_frames)
    expected = [part - frames[number] if number >= 0 else set() for part, number in zip(documents, of, strict=True)]
    assert own.tolist() == [len(part) for part in expected]
    smallest = [sorted(part)[:OWN_KEYS] for part in expected]
    shared = {value for part in smallest for value in part if sum(value in other for other in smallest) > 1}
    assert np.diff(keys.offsets).tolist() == [len(shared & set(part)) for part in smallest]
    assert sorted(keys.counts.tolist()) == sorted(sum(value in part for part in smallest) for value in shared)
