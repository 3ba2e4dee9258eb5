"""Lists are the same in memory and in a file."""

import numpy as np
import pytest
from hexapla.stages.spooled_lists import SpooledLists


@pytest.mark.parametrize("in_memory", [0, 100, 10**9])
def test_lists_come_back_as_they_were(in_memory):
    chance = np.random.default_rng(1)
    lists = [chance.integers(0, 2**63, chance.integers(0, 9)).astype(np.uint64) for _ in range(40)]
    spooled = SpooledLists(in_memory=in_memory)
    for start in range(0, 40, 7):
        part = lists[start : start + 7]
        spooled.append(np.concatenate(part), np.array([len(one) for one in part], np.int64))
    values, offsets = spooled.values(), spooled.offsets()
    assert values.tolist() == np.concatenate(lists).tolist()
    assert np.diff(offsets).tolist() == [len(one) for one in lists]
    spooled.release()
    assert values.tolist() == np.concatenate(lists).tolist()
    assert values.flags.writeable


def test_a_slice_of_an_arrow_buffer_is_spooled_as_a_slice():
    spooled = SpooledLists(in_memory=0)
    spooled.append(np.arange(10, dtype=np.uint64)[::3], np.array([4], np.int64))
    assert spooled.values().tolist() == [0, 3, 6, 9]


def test_nothing_was_added():
    spooled = SpooledLists()
    assert spooled.values().tolist() == []
    assert spooled.offsets().tolist() == [0]
    spooled.release()
