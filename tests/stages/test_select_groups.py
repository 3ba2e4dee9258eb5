"""Groups by languages, degree and agreement."""

import pyarrow as pa
import pytest
from hexapla.filters.parallel_tables import GROUPS
from hexapla.stages.select_groups import SelectGroups

GIVEN = {
    "a": (["deu_Latn", "eng_Latn", "jpn_Jpan"], 0.9),
    "b": (["deu_Latn", "fra_Latn"], 0.8),
    "c": (["eng_Latn"], 0.0),
    "d": (["eng_Latn", "jpn_Jpan"], 0.3),
    "e": ([], 0.0),
}


def batch():
    rows = [
        {"uid": uid, "doc_key": "k", "parallelism": len(names), "agreement": agreement,
         "segments": [{"lang": name, "text": f"{uid} in {name}", "index": [n]} for n, name in enumerate(names)]}
        for uid, (names, agreement) in GIVEN.items()
    ]  # fmt: skip
    return pa.RecordBatch.from_pylist([*rows, rows[0]], GROUPS).slice(0, len(rows))


@pytest.mark.parametrize(
    ("config", "kept", "reasons"),
    [
        ({}, "abd", ["few_languages"] * 2),
        ({"min_languages": 1}, "abcd", ["few_languages"]),
        ({"min_languages": 3}, "a", ["few_languages"] * 4),
        ({"having": ["en"]}, "ad", ["language_missing", "few_languages", "language_missing"]),
        ({"having": ["eng_Latn", "deu_Latn"]}, "a", ["language_missing"] * 4),
        ({"min_agreement": 0.8}, "ab", ["few_languages", "low_agreement", "few_languages"]),
        ({"languages": ["deu_Latn", "eng_Latn"], "min_languages": 2}, "a", ["few_languages"] * 4),
    ],
)
def test_what_stays_and_why_the_others_go(config, kept, reasons):
    found = SelectGroups(**config).map_shard(batch())
    assert "".join(found.kept.column("uid").to_pylist()) == kept
    assert found.removed.column("reason").to_pylist() == reasons


def test_only_some_languages_are_left():
    found = SelectGroups(languages=["jpn_Jpan", "eng_Latn"], min_languages=1).map_shard(batch()).kept
    left = {row["uid"]: [segment["text"] for segment in row["segments"]] for row in found.to_pylist()}
    assert left == {"a": ["a in eng_Latn", "a in jpn_Jpan"], "c": ["c in eng_Latn"], "d": ["d in eng_Latn", "d in jpn_Jpan"]}
    assert found.column("parallelism").to_pylist() == [2, 1, 2]
    assert found.schema == GROUPS
