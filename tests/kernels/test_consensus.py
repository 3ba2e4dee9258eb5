"""Consensus of pairwise alignments: what it must not change, what it repairs, and its bounds."""

import itertools
import random
import time

import numpy as np
import pytest
from hexapla.filters.consensus import PairwiseBeads, find_consensus
from hypothesis import given
from hypothesis import strategies as st


def beads_of(documents):
    """Documents, each ({language number: segments}, {(one, other): [(start, stop, start, stop, score)]}), flat."""
    languages_of, counts, pairs_of, pairs, beads_of_pair, beads = [0], [], [0], [], [0], []
    for sizes, links in documents:
        counts += sizes
        languages_of.append(len(counts))
        for pair, found in sorted(links.items()):
            pairs.append(pair)
            beads += found
            beads_of_pair.append(len(beads))
        pairs_of.append(len(pairs))
    flat = np.array(beads, float).reshape(-1, 5)
    both = np.array(pairs, np.int64).reshape(-1, 2)
    whole = [np.array(array, np.int64) for array in (languages_of, counts, pairs_of, both[:, 0], both[:, 1], beads_of_pair)]
    return PairwiseBeads(*whole, *(flat[:, column].astype(np.int32) for column in range(4)), flat[:, 4].astype(np.float32))


def groups(documents, **settings):
    """For each document its groups, in order: sets of (language, segment)."""
    given_beads = beads_of(documents)
    found = find_consensus(given_beads, **settings)
    result = []
    for document, count in enumerate(found.groups):
        sets = [set() for _ in range(count)]
        first = given_beads.languages_of[document]
        for entry in range(first, given_beads.languages_of[document + 1]):
            for segment in range(given_beads.counts[entry]):
                sets[found.group[found.first_segment[entry] + segment]].add((entry - first, segment))
        result.append(sets)
    return result


def pair_labels(documents):
    """For each pair, in order, its beads as (segments of one, segments of the other), with score and as_given."""
    given_beads = beads_of(documents)
    found = find_consensus(given_beads)
    result = []
    for document in range(len(documents)):
        for pair in range(given_beads.pairs_of[document], given_beads.pairs_of[document + 1]):
            low, high = found.first_label[pair], found.first_label[pair + 1]
            count = given_beads.counts[given_beads.languages_of[document] + given_beads.source[pair]]
            beads = [([], []) for _ in range(found.beads[pair])]
            for place, label in enumerate(found.bead[low:high]):
                beads[label][int(place >= count)].append(int(place - count * (place >= count)))
            extra = zip(found.bead_score[low:high], found.as_given[low:high], strict=True)
            result.append([(one, other, float(score), bool(same)) for (one, other), (score, same) in zip(beads, extra, strict=False)])
    return result


def straight(size, score=0.9):
    return [(n, n + 1, n, n + 1, score) for n in range(size)]


def test_agreeing_pairs_stay_as_they_are():
    links = {pair: straight(5) for pair in itertools.combinations(range(4), 2)}
    (found,) = groups([([5] * 4, links)])
    assert found == [{(language, n) for language in range(4)} for n in range(5)]
    for beads in pair_labels([([5] * 4, links)]):
        assert [(one, other, same) for one, other, _, same in beads] == [([n], [n], True) for n in range(5)]
        assert all(score == pytest.approx(0.9) for *_, score, _ in beads)


def test_two_languages_keep_their_beads_even_large_and_crossing_ones():
    beads = [(0, 1, 1, 2, 0.8), (1, 2, 0, 1, 0.8), (2, 4, 2, 4, 0.7), (4, 5, 4, 4, 0.6), (5, 6, 4, 7, 0.3)]
    (found,) = pair_labels([([6, 7], {(0, 1): beads})])
    wanted = [([0], [1]), ([1], [0]), ([2, 3], [2, 3]), ([4], []), ([5], [4, 5, 6])]
    assert [(one, other) for one, other, *_ in found] == wanted
    assert all(same for *_, same in found)
    assert [score for *_, score, _ in found] == pytest.approx([0.8, 0.8, 0.7, 0.6, 0.3])


def test_one_wrong_pair_is_outvoted_and_says_so():
    links = {pair: straight(6) for pair in itertools.combinations(range(4), 2)}
    links[0, 1] = [(0, 2, 0, 1, 0.6), *((n + 1, n + 2, n, n + 1, 0.6) for n in range(1, 5)), (6, 6, 5, 6, 0.5)]
    (found,) = groups([([6] * 4, links)])
    assert found == [{(language, n) for language in range(4)} for n in range(6)]
    repaired = pair_labels([([6] * 4, links)])[0]
    assert [(one, other) for one, other, *_ in repaired] == [([n], [n]) for n in range(6)]
    assert not any(same for *_, same in repaired)
    assert [score for *_, score, _ in repaired] == pytest.approx([0.6, *[0.45] * 5])


def test_a_merged_segment_joins_what_the_others_keep_apart():
    cut = [(0, 2, 0, 1, 0.9), (2, 3, 1, 2, 0.9)]
    links = {(0, 1): straight(3), (0, 2): cut, (1, 2): cut}
    (found,) = groups([([3, 3, 2], links)])
    assert found == [{(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)}, {(0, 2), (1, 2), (2, 1)}]
    first, second, third = pair_labels([([3, 3, 2], links)])
    assert [(one, other) for one, other, *_ in first] == [([n], [n]) for n in range(3)], "a pair's own beads stay fine"
    assert [(one, other) for one, other, *_ in second] == [([0, 1], [0]), ([2], [1])]
    assert [(one, other) for one, other, *_ in third] == [([0, 1], [0]), ([2], [1])]


def test_a_missing_segment_and_a_missing_pair():
    without = [(0, 1, 0, 1, 0.9), (1, 2, 1, 1, 0.8), (2, 3, 1, 2, 0.9)]
    links = {(0, 1): straight(3), (0, 2): without}
    (found,) = groups([([3, 3, 2], links)])
    assert found == [{(0, 0), (1, 0), (2, 0)}, {(0, 1), (1, 1)}, {(0, 2), (1, 2), (2, 1)}]


def test_languages_without_links_and_empty_documents():
    assert groups([([2, 3], {(0, 1): [(0, 2, 0, 0, 0.5), (2, 2, 0, 3, 0.5)]})])[0] is not None
    alone = groups([([2, 2], {(0, 1): [(0, 1, 0, 0, 0.5), (1, 2, 0, 0, 0.5), (2, 2, 0, 1, 0.5), (2, 2, 1, 2, 0.5)]})])[0]
    assert sorted(map(len, alone)) == [1, 1, 1, 1]
    assert groups([([0, 0], {}), ([], {}), ([1, 1], {(0, 1): straight(1)})]) == [[], [], [{(0, 0), (1, 0)}]]


@st.composite
def any_document(draw):
    """Alignments of nothing in particular: every segment of a pair is in one bead, in order."""
    sizes = draw(st.lists(st.integers(0, 6), min_size=2, max_size=5))
    links = {}
    for one, other in itertools.combinations(range(len(sizes)), 2):
        if draw(st.booleans()):
            continue
        left = right = 0
        beads = []
        while left < sizes[one] or right < sizes[other]:
            more = draw(st.integers(0, min(3, sizes[one] - left)))
            also = draw(st.integers(0 if more else min(1, sizes[other] - right), min(3, sizes[other] - right)))
            if more + also == 0:
                more = min(1, sizes[one] - left)
            beads.append((left, left + more, right, right + also, draw(st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]))))
            left, right = left + more, right + also
        links[one, other] = beads
    return sizes, links


@given(st.lists(any_document(), min_size=1, max_size=3))
def test_any_alignments_give_a_partition_and_documents_do_not_see_each_other(documents):
    together = groups(documents)
    for (sizes, links), found in zip(documents, together, strict=True):
        assert groups([(sizes, links)]) == [found]
        members = [member for group in found for member in group]
        assert sorted(members) == sorted((language, n) for language, size in enumerate(sizes) for n in range(size))
        assert all(group for group in found)
    labelled = iter(pair_labels(documents))
    for sizes, links in documents:
        for one, other in sorted(links):
            beads = next(labelled)
            assert sorted(n for left, *_ in beads for n in left) == list(range(sizes[one]))
            assert sorted(n for _, right, *_ in beads for n in right) == list(range(sizes[other]))
            assert all(0 <= score <= 1 for *_, score, _ in beads)


def noisy(size, languages, chance, wrong=0.1):
    """Pairs of equal documents, of whose beads some are shifted by one."""
    links = {}
    for pair in itertools.combinations(range(languages), 2):
        beads, left, right = [], 0, 0
        while left < size or right < size:
            if chance.random() < wrong and left + 1 < size and right + 1 < size:
                beads += [(left, left + 1, right, right, 0.4), (left + 1, left + 2, right, right + 1, 0.4), (left + 2, left + 2, right + 1, right + 2, 0.4)]
                left, right = left + 2, right + 2
            else:
                beads.append((left, left + 1, right, right + 1, 0.9))
                left, right = left + 1, right + 1
        links[pair] = beads
    return [size] * languages, links


def test_noise_in_every_pair_is_voted_away():
    (found,) = groups([noisy(300, 7, random.Random(1))])
    right = sum(len(group) == 7 and len({n for _, n in group}) == 1 for group in found)
    assert right >= 297


def test_ten_times_the_segments_cost_ten_times_the_time():
    find_consensus(beads_of([noisy(10, 3, random.Random(1))]))  # compiled
    small, large = (beads_of([noisy(size, 6, random.Random(2))]) for size in (1500, 15000))
    times = []
    for each in (small, large):
        started = time.process_time()
        find_consensus(each)
        times.append(time.process_time() - started)
    assert times[1] < 25 * max(times[0], 0.02)
