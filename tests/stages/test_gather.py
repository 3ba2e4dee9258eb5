"""Beads become whole documents."""

from __future__ import annotations

import random

import pyarrow as pa
from hexapla.filters.parallel_tables import BEADS
from hexapla.filters.unrender import unrender
from hexapla.stages.gather import Gather
from hexapla.stages.render import Render
from stages.step_runner import cut, run_steps


def beads(count: int) -> list[dict]:
    return [
        {"uid": f"{n * 7919:032x}", "doc_key": f"d{n % 3}" if n != 5 else None, "src_lang": "eng_Latn",
         "tgt_lang": "fra_Latn" if n % 2 else "deu_Latn", "src_index": [n], "tgt_index": [n], "src": f"s{n}",
         "tgt": f"t{n}" if n % 10 else "", "score": 1.0, "method": "key"} for n in range(count)
    ]  # fmt: skip


def test_documents_are_in_order_whatever_the_order_of_rows():
    rows = beads(90)
    wanted = run_steps(Gather(), cut(pa.Table.from_pylist(rows, schema=BEADS), 90)).kept.sort_by("uid")
    random.Random(2).shuffle(rows)
    found = run_steps(Gather(), cut(pa.Table.from_pylist(rows, schema=BEADS), 17), partitions=3)
    assert found.kept.sort_by("uid").to_pylist() == wanted.to_pylist()
    assert found.removed["reason"].to_pylist() == ["one_sided"] * 10
    document = next(row for row in wanted.to_pylist() if (row["doc_key"], row["tgt_lang"]) == ("d0", "fra_Latn"))
    assert document["src_segments"] == [f"s{n}" for n in range(3, 90, 6)]
    assert document["tgt_segments"] == [f"t{n}" for n in range(3, 90, 6)]


def test_interlinear_documents_come_back():
    rows = run_steps(Gather(), cut(pa.Table.from_pylist(beads(60), schema=BEADS), 60)).kept
    outcome = Render(format="interlinear", direction="both").map_shard(rows.combine_chunks().to_batches()[0])
    originals = {row["uid"]: row for row in rows.to_pylist()}
    assert outcome.kept.num_rows == 2 * rows.num_rows
    for row in outcome.kept.to_pylist():
        was, found = originals[row["source"]], unrender(row)["segments"]
        first, second = row["direction"].split("-")
        said = {was["src_lang"]: was["src_segments"], was["tgt_lang"]: was["tgt_segments"]}
        assert [text for _, text in found[::2]] == said[first] and [text for _, text in found[1::2]] == said[second]
        assert row["text"].split("\n")[:2] == [said[first][0], said[second][0]]
