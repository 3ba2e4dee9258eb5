"""Similar pairs of the corpus, whatever its cut into units."""

from __future__ import annotations

import random

import pyarrow as pa
from hexapla.filters.parallel_tables import PAIRS
from hexapla.stages.fuzzy_matches import FuzzyMatches
from stages.step_runner import cut, run_steps

WORDS = ["anchor", "bridge", "candle", "door", "evening", "forest", "garden", "harbour", "island", "journey", "kitchen", "lantern"]


def pairs(count: int) -> list[dict]:
    draw = random.Random(4)
    rows = []
    for number in range(count):
        words = draw.choices(WORDS, k=5)
        rows.append({
            "uid": f"{number * 0x9E3779B97F4A7C15:032x}", "src_lang": "eng_Latn", "src": " ".join(words),
            "tgt_lang": "fra_Latn" if number % 3 else "deu_Latn", "tgt": " ".join(word[::-1] for word in words),
        })  # fmt: skip
    return [*rows, {"uid": "f" * 32, "src_lang": "eng_Latn", "src": "anchor", "tgt_lang": "fra_Latn", "tgt": ""}]


def found(rows: list[dict], size: int, **keys) -> dict[str, tuple]:
    result = run_steps(FuzzyMatches(**keys), cut(pa.Table.from_pylist(rows, schema=PAIRS), size))
    assert result.kept.num_rows == len(rows)
    return {row["uid"]: (row["fuzzy_matches"], row["fuzzy_matches_back"]) for row in result.kept.to_pylist()}


def test_matches_are_other_pairs_of_the_same_languages():
    rows = pairs(150)
    by_uid = {row["uid"]: row for row in rows}
    matches = found(rows, 60, most=2)
    assert sum(len(forth or ()) for forth, _ in matches.values()) > 200
    for uid, (forth, back) in matches.items():
        row = by_uid[uid]
        if not row["tgt"]:
            assert not forth and not back
            continue
        same = {(other["src"], other["tgt"]) for other in rows if other["tgt_lang"] == row["tgt_lang"]}
        for match in [*forth, *back]:
            assert (match["src"], match["tgt"]) in same
            assert match["src"] != row["src"] and match["tgt"] != row["tgt"] and match["score"] >= 0.2


def test_the_cut_and_the_order_make_no_difference():
    rows = pairs(120)
    wanted = found(rows, 200, most=2, pools=2)
    random.Random(9).shuffle(rows)
    assert found(rows, 13, most=2, pools=2) == wanted
