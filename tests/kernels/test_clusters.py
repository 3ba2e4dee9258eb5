"""Leader clustering against plain Python."""

import numpy as np
import pytest
from hexapla.kernels.clusters import Sets, SharedKeys, lead, lead_by_signature
from hypothesis import given, settings
from hypothesis import strategies as st

DOCUMENT = st.tuples(st.sets(st.integers(0, 12), min_size=1, max_size=9), st.sets(st.integers(0, 8), max_size=4))


def pack(lists):
    borders = np.cumsum([0, *(len(part) for part in lists)])
    return np.array([value for part in lists for value in sorted(part)], np.uint64), borders


def cluster(documents, order, threshold, max_leaders=64):
    values, borders = pack([shingles for shingles, _ in documents])
    keys, key_borders = pack([bands for _, bands in documents])
    return lead(
        np.array(order, np.int64), Sets(values, borders), SharedKeys.of_lists(keys, key_borders),
        threshold=threshold, max_leaders=max_leaders,
    )  # fmt: skip


def reference(documents, order, threshold, max_leaders=64):
    known = {}
    leader, similarity = {}, {}
    for document in order:
        shingles, bands = documents[document]
        candidates = sorted({found for key in bands for found in known.get(key, [])}, key=order.index)
        scored = [
            (-(len(shingles & documents[c][0]) / len(shingles | documents[c][0])), order.index(c), c)
            for c in candidates
        ]
        scored = [entry for entry in sorted(scored) if -entry[0] >= threshold and entry[0] < 0]
        leader[document] = scored[0][2] if scored else document
        similarity[document] = -scored[0][0] if scored else 1.0
        for key in bands:
            there = known.setdefault(key, [])
            if leader[document] not in there and len(there) < max_leaders:
                there.append(leader[document])
    size = range(len(documents))
    return [leader[i] for i in size], [similarity[i] for i in size]


@settings(deadline=None)
@given(
    st.lists(DOCUMENT, max_size=25),
    st.randoms(use_true_random=False),
    st.sampled_from([0.2, 1 / 3, 0.5, 0.75, 1.0]),
    st.integers(1, 3),
)
def test_leaders_are_those_of_the_plain_definition(documents, chance, threshold, max_leaders):
    order = list(range(len(documents)))
    chance.shuffle(order)
    found = cluster(documents, order, threshold, max_leaders)
    leaders, similarities = reference(documents, order, threshold, max_leaders)
    assert found.leader.tolist() == leaders
    assert found.similarity.tolist() == similarities


@settings(deadline=None)
@given(st.lists(DOCUMENT, max_size=25))
def test_every_duplicate_reaches_the_threshold_against_its_own_leader(documents):
    found = cluster(documents, list(range(len(documents))), 0.6)
    for document, leader in enumerate(found.leader.tolist()):
        assert found.leader[leader] == leader
        one, other = documents[document][0], documents[leader][0]
        assert len(one & other) / len(one | other) >= 0.6


def test_a_chain_is_not_one_cluster():
    chain = [(set(range(start, start + 10)), {1}) for start in range(0, 10, 2)]
    assert cluster(chain, range(5), 0.6).leader.tolist() == [0, 0, 2, 2, 4]


def test_a_duplicate_is_found_through_another_duplicate():
    documents = [({1, 2, 3, 4}, {1}), ({1, 2, 3, 4}, {1, 2}), ({1, 2, 3, 4, 5}, {2})]
    assert cluster(documents, range(3), 0.75).leader.tolist() == [0, 0, 0]


def test_the_most_similar_leader_wins_and_the_earlier_one_of_two():
    documents = [({1, 2, 3, 9}, {1}), ({1, 2, 3, 4, 5}, {1}), ({1, 2, 3, 4, 5, 6}, {1}), ({1, 2, 3, 8}, {1})]
    found = cluster(documents, range(4), 0.55)
    assert found.leader.tolist() == [0, 1, 1, 0]
    assert found.similarity.tolist() == [1.0, 1.0, 5 / 6, 0.6]


def test_a_template_with_distinct_content_merges_nothing_and_compares_a_bounded_number():
    size = 20_000
    frame = np.arange(6, dtype=np.uint64)
    values = np.column_stack([np.tile(frame, (size, 1)), np.arange(100, 100 + 4 * size).reshape(size, 4)]).astype(
        np.uint64
    )
    keys = SharedKeys.of_bands(np.full((size, 1), 5, np.uint64))
    found = lead(np.arange(size), Sets(values.ravel(), np.arange(size + 1) * 10), keys, threshold=0.75, max_leaders=16)
    assert (found.leader == np.arange(size)).all()
    assert found.compared <= 16 * size


def test_nothing_to_cluster():
    nothing = np.zeros(0, np.uint64)
    keys = SharedKeys.of_lists(nothing, np.zeros(1, np.int64))
    found = lead(np.zeros(0, np.int64), Sets(nothing, np.zeros(1, np.int64)), keys, threshold=0.5)
    assert len(found.leader) == 0


@pytest.mark.parametrize(("threshold", "leaders"), [(0.0, 1), (1.5, 1), (0.5, 0)])
def test_numbers_out_of_range_are_refused(threshold, leaders):
    with pytest.raises(ValueError, match="not"):
        cluster([({1}, {1})], [0], threshold, leaders)


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), max_size=12))
def test_keys_by_band_are_the_shared_ones_of_each_band(rows):
    keys = np.array(rows, np.uint64).reshape(len(rows), 3) + np.arange(3, dtype=np.uint64) * np.uint64(10)
    found = SharedKeys.of_bands(keys)
    lists = SharedKeys.of_lists(keys.ravel(), np.arange(len(rows) + 1) * 3)
    assert found.offsets.tolist() == lists.offsets.tolist()
    assert sorted(found.counts.tolist()) == sorted(lists.counts.tolist())
    same = {(one, other) for one, other in zip(found.numbers.tolist(), lists.numbers.tolist(), strict=True)}
    assert len(same) == len(found.counts) == len({one for one, _ in same})
    both = found.joined(lists)
    assert both.offsets.tolist() == (found.offsets * 2).tolist()
    for row in range(len(rows)):
        own = found.numbers[found.offsets[row] : found.offsets[row + 1]].tolist()
        more = lists.numbers[lists.offsets[row] : lists.offsets[row + 1]] + len(found.counts)
        assert both.numbers[both.offsets[row] : both.offsets[row + 1]].tolist() == [*own, *more.tolist()]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.lists(st.integers(0, 2), min_size=8, max_size=8), st.sets(st.integers(0, 3))), max_size=14),
    st.lists(st.integers(0, 2), min_size=14, max_size=14),
)
def test_signatures_decide_where_every_pair_of_a_group_is_clear(documents, groups):
    size = len(documents)
    minima = np.array([row for row, _ in documents], np.uint32).reshape(size, 8)
    keys, borders = pack([bands for _, bands in documents])
    group = np.array(groups[:size], np.int64)
    found, unclear = lead_by_signature(
        np.arange(size), minima, SharedKeys.of_lists(keys, borders), group, below=2, above=6
    )
    known, leader, doubt = {}, [], set()
    for document, (row, bands) in enumerate(documents):
        scored = []
        for other in sorted({one for key in bands for one in known.get(key, [])}):
            equal = sum(a == b for a, b in zip(row, documents[other][0], strict=True))
            if 2 < equal < 6 and groups[document] not in doubt:
                doubt.add(groups[document])
                scored = []
                break
            scored += [(-equal, other)] if equal >= 6 else []
        leader.append(min(scored)[1] if scored and groups[document] not in doubt else document)
        if groups[document] not in doubt:
            for key in bands:
                known.setdefault(key, []).append(leader[document])
    if not doubt:
        assert found.leader.tolist() == leader
    assert set(np.flatnonzero(unclear).tolist()) >= doubt or not doubt
    for document in range(size):
        other = int(found.leader[document])
        equal = int((minima[document] == minima[other]).sum())
        assert equal >= 6
        assert other == document or found.similarity[document] == equal / 8
