"""Terms of a glossary in pairs of texts."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hexapla.filters.terminology import Glossary, read, terms_of

ENTRIES = [
    ("eng_Latn", "fra_Latn", "power supply", "alimentation"),
    ("eng_Latn", "fra_Latn", "power", "puissance"),
    ("eng_Latn", "fra_Latn", "cat", "chat"),
    ("eng_Latn", "jpn_Jpan", "cat", "猫"),
]


def terms(src_lang, tgt_lang, src, tgt, most=5):
    found = Glossary(ENTRIES).terms(src_lang, tgt_lang, src, tgt, most)
    return [(term["src"], term["tgt"]) for term in found]


def test_whole_words_on_both_sides():
    assert terms("eng_Latn", "fra_Latn", "The Cat sleeps.", "Le chat dort.") == [("cat", "chat")]
    assert terms("eng_Latn", "fra_Latn", "The category", "le chat") == []
    assert terms("eng_Latn", "fra_Latn", "The cat", "le château") == []
    assert terms("fra_Latn", "eng_Latn", "Le CHAT dort.", "The cat sleeps.") == [("chat", "cat")]
    assert terms("eng_Latn", "jpn_Jpan", "The cat sleeps.", "その猫は眠る。") == [("cat", "猫")]
    assert terms("deu_Latn", "fra_Latn", "cat", "chat") == []


def test_the_longest_of_those_that_overlap_counts():
    said = ("The power supply and the cat", "L'alimentation, la puissance et le chat")
    assert terms("eng_Latn", "fra_Latn", *said) == [("power supply", "alimentation"), ("cat", "chat")]
    assert terms("eng_Latn", "fra_Latn", *said, most=1) == [("power supply", "alimentation")]


def test_columns():
    columns = [pa.array(values) for values in (["eng_Latn"] * 2, ["fra_Latn"] * 2, ["a cat", None], ["un chat", "x"])]
    assert terms_of(Glossary(ENTRIES), columns, 5).to_pylist() == [[{"src": "cat", "tgt": "chat"}], []]


def test_a_file_and_its_mistakes(tmp_path):
    path = tmp_path / "terms.tsv"
    path.write_text("src_lang\ttgt_lang\tsrc\ttgt\n# note\n\nen\tfr\tcat\tchat\n", encoding="utf-8")
    assert read(str(path)) == [("eng_Latn", "fra_Latn", "cat", "chat")]
    for line, said in (("en\tfr\tcat\n", "line 1: 3 columns"), ("en\tfr\t\tx\n", "line 1: src is empty")):
        path.write_text(line, encoding="utf-8")
        with pytest.raises(ValueError, match=said):
            read(str(path))
    path.write_text("english\tfr\ta\tb\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1: 'english' is no language code"):
        read(str(path))


def test_a_frequent_term_is_looked_for_in_the_other_text_once():
    glossary = Glossary([("eng_Latn", "fra_Latn", "the", "le")])
    assert glossary.terms("eng_Latn", "fra_Latn", "the " * 200_000, "x " * 200_000, 5) == []
