"""What was said before each segment."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.filters.parallel_tables import BEADS, PAIRS
from hexapla.stages.context import Context
from stages.step_runner import cut, run_steps


def test_the_segments_before_are_those_of_the_document():
    rows = [
        {"uid": f"{n * 7919:032x}", "doc_key": f"d{n % 3}" if n != 7 else None, "src_lang": "eng_Latn",
         "tgt_lang": "fra_Latn", "src_index": [n], "tgt_index": [n], "src": f"s{n}", "tgt": f"t{n}" if n != 9 else "",
         "score": 1.0, "method": "key"} for n in range(30)
    ]  # fmt: skip
    random.Random(1).shuffle(rows)
    found = run_steps(Context(previous=2), cut(pa.Table.from_pylist(rows, schema=BEADS), 7))
    assert found.kept.num_rows == 30 and found.removed.num_rows == 0
    assert found.kept["uid"].to_pylist() == [row["uid"] for row in rows]
    context = {row["src"]: row["context"] for row in found.kept.to_pylist()}
    for number in range(30):
        usable = [n for n in range(number % 3, number, 3) if n not in (7, 9)]
        wanted = [{"src": f"s{n}", "tgt": f"t{n}"} for n in usable[-2:]]
        assert (context[f"s{number}"] or []) == ([] if number in (7, 9) else wanted), number


def test_the_order_has_to_be_there():
    with pytest.raises(ConfigError, match="no column 'src_index'"):
        Context().output_schema(PAIRS)
