"""Ranges as they are written, and the unions of those that overlap, beside plain Python."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hexapla.filters.key_ranges import coverage, ranges_of, unite


def test_ranges_as_they_are_written():
    given = ["3", "3-4", " 3 – 4 ", "3,4", "3a", "3a-4b", "१-३", "٣", "3,4,5", "3/4", "", "x", "4-3", "-3", None, "3-4-5", "1234567890"]
    first, last = ranges_of(pa.array(given))
    assert list(zip(first.to_pylist(), last.to_pylist(), strict=True)) == [
        (3, 3), (3, 4), (3, 4), (3, 4), (3, 3), (3, 4), (1, 3), (3, 3), (3, 5), (3, 4), *[(None, None)] * 7,
    ]  # fmt: skip
    assert ranges_of(pa.array([7, None]))[0].to_pylist() == [7, None]


@pytest.mark.parametrize("seed", range(6))
def test_unions(seed):
    chance = random.Random(seed)
    ranges = []
    for _ in range(chance.randrange(1, 60)):
        first = chance.randrange(40)
        ranges.append((chance.randrange(3), first, first + chance.choice([0, 0, 1, 3])))
    keys, first, last = (np.array(column) for column in zip(*ranges, strict=True))
    found = unite(keys, first.astype(float), last.astype(float))
    names = list(range(len(ranges)))
    for _ in ranges:
        for one, (key, start, end) in enumerate(ranges):
            for other, (same, begin, stop) in enumerate(ranges):
                if key == same and start <= stop and begin <= end:
                    names[one] = names[other] = min(names[one], names[other])
    assert len(set(zip(found.tolist(), names, strict=True))) == len(set(names)) == len(set(found.tolist()))


def test_coverage():
    # English 1, 2, 3; German 1-2 alone: 3 of 3 and 2 of 3; then a group of one verse
    found = coverage(np.array([0, 0, 0, 1, 2]), np.array([0, 0, 0, 0, 1]), np.array([1.0, 2, 3, 1, 9]), np.array([1.0, 2, 3, 2, 9]))
    assert found.tolist() == pytest.approx([5 / 6] * 4 + [1.0])
