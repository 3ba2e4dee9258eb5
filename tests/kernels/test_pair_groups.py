"""Which languages a group loses."""

import numpy as np
from hexapla.kernels.pair_groups import outvoted


def test_the_worst_language_goes_first():
    # four languages, of which two are wrong: the others stay, though each of them is broken with two of three
    pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    broken = np.array([pair != (2, 3) for pair in pairs])
    starts, pair_starts = np.array([0, 4]), np.array([0, 6])
    left, right = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    none = np.zeros(4, bool)
    assert outvoted(starts, pair_starts, left, right, broken, none, none).tolist() == [True, True, False, False]
    alone = np.array([True, False, False, False])
    assert outvoted(starts, pair_starts, left, right, broken, none, alone).tolist() == [True, True, False, False]
    pivot = np.array([False, False, False, True])
    assert outvoted(starts, pair_starts, left, right, broken & (right == 3), pivot, none).tolist() == [
        True,
        True,
        False,
        False,
    ]
