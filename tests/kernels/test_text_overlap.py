"""Equal texts and shared words of every two languages, beside plain Python."""

import itertools
import random
from collections import Counter

import numpy as np
import pytest
from hexapla.kernels.text_overlap import pair_counts


def plainly(groups, most):
    out = np.zeros((most, most, 4), np.int64)
    for rows in groups:
        for (one, text, words), (other, same, others) in itertools.combinations(rows, 2):
            if one == other:
                continue
            low, high = sorted((one, other))
            found = Counter({0: 1})
            if text == same:
                found[1] += text >= 0
            else:
                found[2] += 2 * len(words & others)
                found[3] += len(words) + len(others)
            for kind, number in found.items():
                out[low, high, kind] += number
    return out


@pytest.mark.parametrize("seed", range(5))
def test_counts(seed):
    chance = random.Random(seed)
    most = chance.randrange(2, 8)
    groups = [
        [
            (chance.randrange(most), chance.randrange(-2, 4), set(chance.sample(range(50), chance.randrange(6))))
            for _ in range(chance.randrange(7))
        ]
        for _ in range(40)
    ]
    rows = [row for group in groups for row in group]
    words = [sorted(row[2]) for row in rows]
    found = pair_counts(
        np.cumsum([0, *(len(group) for group in groups)]),
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.array([word for some in words for word in some], np.uint64),
        np.cumsum([0, *(len(some) for some in words)]),
        most,
    )
    assert (found == plainly(groups, most)).all() and found.any()
