"""Habits by language reach the kernel, whatever code names the language."""

from itertools import pairwise

import pyarrow as pa
from hexapla.filters.rules import stop_lists
from hexapla.filters.sentence_habits import sentence_habits
from hexapla.filters.signals import measure
from hexapla.kernels.sentence_marks import LIST_SHIFT, NUMBERS_STAY, TWO_CAPITALS


def test_habits_of_rows():
    codes = pa.array(["deu_Latn", "de", None, "eng_Latn", "xxx_Latn", "pes_Arab", "gsw_Latn"])
    german, same, nothing, english, unknown, persian, swiss = sentence_habits(codes, 7).habits.tolist()
    assert german == same == swiss
    assert german & NUMBERS_STAY
    assert german >> LIST_SHIFT not in (0, english >> LIST_SHIFT)
    assert nothing == unknown == 0
    assert persian == TWO_CAPITALS
    assert sentence_habits(None, 2).habits.tolist() == [0, 0]


def test_lists_are_sorted():
    known, starts, _ = sentence_habits(None, 0)
    assert starts[0] == 0
    assert starts[-1] == len(known)
    for first, last in pairwise(starts):
        assert all(known[first : last - 1] < known[first + 1 : last])


def test_rows_of_one_batch_keep_their_habits():
    text = "Am 3. Mai kam er. Das war 1990. Dann ging er."
    found = measure(pa.array([text, text]), pa.array(["deu_Latn", "fra_Latn"]), stop_lists({}))
    assert found.field("sentences").to_pylist() == [2, 4]
