"""Members of one partition become groups."""

import numpy as np
import pyarrow as pa
from hexapla.filters.group_joining import MOST_COMPARED, evidence_of
from hexapla.filters.join_schemas import MEMBERS


def members(rows):
    """Members of (key, language, text)."""
    columns = {name: pa.nulls(len(rows), kind) for name, kind in zip(MEMBERS.names, MEMBERS.types, strict=True)}
    columns["document"] = columns["key"] = pa.array([row[0] for row in rows])
    columns["language"], columns["text"] = pa.array([row[1] for row in rows]), pa.array([row[2] for row in rows])
    columns["tie"] = pa.array(np.arange(len(rows), dtype=np.uint64))
    return pa.RecordBatch.from_pydict(columns, schema=MEMBERS)


def counts(rows):
    return evidence_of(members(rows), "key", 1).to_pylist()


def test_equal_texts_of_a_language_are_compared_once():
    rows = [("k", "eng_Latn", "over here now"), ("k", "fra_Latn", "over here now")]
    assert counts(rows * 3) == counts(rows)
    assert [(row["both"], row["equal"]) for row in counts(rows)] == [(1, 1)]


def test_a_key_of_very_many_texts_is_compared_in_bounded_time():
    rows = [("Yes.", "eng_Latn", "Yes.")] * 100_000
    rows += [("Yes.", "fra_Latn", f"Oui {number}.") for number in range(100_000)]
    (found,) = counts(rows)
    assert (found["one"], found["other"], found["both"]) == ("eng_Latn", "fra_Latn", MOST_COMPARED)
    assert counts(rows[::-1]) == [found]
