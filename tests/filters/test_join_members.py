"""Keys of several columns as one: different ones never meet, and what is shown stays readable."""

from itertools import product

import pyarrow as pa
from hexapla.filters.join_members import _joined

PARTS = ("", "a", "\t", "\\", "\\t", "a\tb", "b\\", "\u1230\t", "\\\\t", "C:\\text")


def test_different_keys_stay_different():
    keys = list(product(PARTS, repeat=3))
    found = _joined([pa.array(column, pa.string()) for column in zip(*keys, strict=True)])
    assert len(set(found.to_pylist())) == len(keys)
    (first, second) = _joined([pa.array(["a\tb", "a"]), pa.array(["c", "b\tc"])]).to_pylist()
    assert (first, second) == ("a\\tb\tc", "a\tb\\tc")


def test_usual_keys_are_what_they_were():
    columns = [pa.array(["GEN", None, "ዘፍ"]), pa.array(["1", "2", "3"]), pa.array(["7", "8", "9"])]
    assert _joined(columns).to_pylist() == ["GEN\t1\t7", None, "ዘፍ\t3\t9"]
    assert _joined([pa.array(["a\tb\\"])]).to_pylist() == ["a\tb\\"] and _joined([]) is None
