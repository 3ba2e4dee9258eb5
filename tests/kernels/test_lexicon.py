"""Counting translations, against plain Python."""

import alignment_reference as reference
import numpy as np
import pytest
from hexapla.kernels.lexicon import expected_counts, pair_slots
from hypothesis import given, settings
from hypothesis import strategies as st

WORDS = 5
sides = st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=5)


def flat(lists):
    starts = np.concatenate([[0], np.cumsum([len(words) for words in lists])]).astype(np.int64)
    return np.array([word for words in lists for word in words], np.int32), starts


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(sides, sides), min_size=1, max_size=6), st.integers(0, 9))
def test_one_step_is_that_of_plain_python(beads, seed):
    random = np.random.default_rng(seed)
    left, left_starts = flat([bead[0] for bead in beads])
    right, right_starts = flat([bead[1] for bead in beads])
    numbers = np.arange(len(beads))
    ranges = np.stack([numbers, numbers + 1, numbers, numbers + 1], axis=1).astype(np.int32)
    pairs = sum(len(one) * len(other) for one, other in beads)
    keys, slots = np.empty(pairs, np.int64), np.empty(pairs, np.int32)
    args = (left, left_starts, right, right_starts, ranges)
    count = pair_slots(*args, WORDS, keys, slots, np.full(256, -1, np.int32))
    wanted = [one * WORDS + other for lefts, rights in beads for one in lefts for other in rights]
    assert keys[slots].tolist() == wanted
    assert len(set(keys[:count].tolist())) == count == len(set(wanted))
    forward, backward = (random.random(count).astype(np.float32) + np.float32(0.01) for _ in range(2))
    rest = [random.random(WORDS) * 0.8 + 0.1 for _ in range(4)]
    weights = random.random(len(beads))
    seen = np.zeros((2, count)), np.zeros((2, WORDS)), np.zeros((2, WORDS))
    expected_counts(*args, weights, slots, forward, backward, *rest, *seen)
    named = [divmod(key, WORDS) for key in keys[:count].tolist()]
    ahead, back, alone_left, alone_right = reference.expected_counts(
        beads, weights, dict(zip(named, forward, strict=True)), dict(zip(named, backward, strict=True)), *rest
    )
    assert seen[0][0] == pytest.approx([ahead[pair] for pair in named], rel=1e-5)
    assert seen[0][1] == pytest.approx([back[pair] for pair in named], rel=1e-5)
    assert seen[1][1] == pytest.approx([alone_left.get(word, 0.0) for word in range(WORDS)], rel=1e-5)
    assert seen[2][1] == pytest.approx([alone_right.get(word, 0.0) for word in range(WORDS)], rel=1e-5)
    words = sum(weight * len(lefts) for (lefts, _), weight in zip(beads, weights, strict=True))
    assert seen[1][0].sum() == pytest.approx(words)
