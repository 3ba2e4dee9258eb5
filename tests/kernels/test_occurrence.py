"""Where a pattern of each row occurs first, against `bytes.find`."""

from __future__ import annotations

import pyarrow as pa
from hexapla.kernels.occurrence import first_occurrences
from hypothesis import given, settings
from hypothesis import strategies as st

SHORT = st.one_of(st.text("ab\n", max_size=40), st.text(max_size=20))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(SHORT, st.one_of(st.text("ab\n", max_size=5), st.text(max_size=3)))))
def test_as_python_finds(rows):
    texts, patterns = (pa.array([row[side] for row in rows], pa.string()) for side in (0, 1))
    wanted = [text.encode().find(pattern.encode()) for text, pattern in rows]
    assert first_occurrences(texts, patterns).tolist() == wanted


def test_slices_nulls_and_a_hostile_text():
    texts = pa.array(["x", None, "a" * 200_000 + "b", "zab"])[1:]
    patterns = pa.array(["x", "", "a" * 1000 + "b", "ab"])[1:]
    assert first_occurrences(texts, patterns).tolist() == [0, 199_000, 1]
