"""The stage `terms`."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hexapla.engine.errors import ConfigError
from hexapla.filters.unrender import unrender
from hexapla.stages.render import Render
from hexapla.stages.terms import Terms
from pydantic import ValidationError


def rows() -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([
        {"uid": "0" * 32, "src_lang": "eng_Latn", "tgt_lang": "fra_Latn", "src": "A cat.", "tgt": "Un chat."},
        {"uid": "1" * 32, "src_lang": "eng_Latn", "tgt_lang": "fra_Latn", "src": "A dog.", "tgt": "Un chien."},
    ])  # fmt: skip


def test_terms_reach_the_prompt(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_text("eng_Latn\tfra_Latn\tcat\tchat\n", encoding="utf-8")
    found = Terms(glossary=str(path)).map_shard(rows()).kept
    assert found["terms"].to_pylist() == [[{"src": "cat", "tgt": "chat"}], []]
    made = Render(format="bayling-constrained", direction="fixed", layout="text").map_shard(found).kept.to_pylist()
    assert [row["template_id"] for row in made] == ["bayling-constrained#t1", "bayling"]
    assert made[0]["text"] == (
        "Provide the French translation for this sentence: A cat.\nMake sure to include these words: chat\nUn chat."
    )
    assert unrender(made[0])["terms"] == [{"tgt": "chat"}]


def test_a_mistake_in_the_glossary_is_named(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_text("eng_Latn\tcat\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"terms\.tsv, line 1: 2 columns"):
        Terms(glossary=str(path)).map_shard(rows())


def test_a_glossary_that_is_not_there():
    with pytest.raises(ValidationError, match=r"there is no file 'nothing\.tsv'"):
        Terms(glossary="nothing.tsv")
